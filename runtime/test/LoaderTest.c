/*===- LoaderTest.c - files that are no model, weight files
 * ----------------===*/

#include "Test.h"
#include "fake_model.h"

#include "bitnet/runtime/runtime.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path_buffer[512];

static const char *in_folder(const char *folder, const char *name) {
  snprintf(path_buffer, sizeof(path_buffer), "%s/%s", folder, name);
  return path_buffer;
}

static void write_file(const char *path, const void *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  CHECK(file && fwrite(bytes, 1, size, file) == size);
  CHECK(fclose(file) == 0);
}

static void expect_failure(const char *path, bitnet_status status,
                           const char *text) {
  bitnet_model *model = (bitnet_model *)path;
  CHECK(bitnet_model_load(path, &model) == status && !model);
  CHECK_TEXT(bitnet_last_error(), text);
}

/* Every prefix and some flipped bytes of a real model: an error or a model,
 * never a signal. */
static void test_damaged(const char *folder) {
  static char bytes[1 << 20];
  bitnet_model *model;
  FILE *file = fopen(in_folder(folder, "fake.so"), "rb");
  CHECK(file);
  const size_t size = fread(bytes, 1, sizeof(bytes), file);
  fclose(file);
  CHECK(size > 4096 && size < sizeof(bytes));
  const char *path = in_folder(folder, "damaged.so");
  for (size_t part = 0; part < size; part += part < 256 ? 16 : 997) {
    write_file(path, bytes, part);
    CHECK(bitnet_model_load(path, &model) != BITNET_OK);
  }
  for (size_t at = 0; at < 64; ++at) {
    bytes[at] ^= 0x40;
    /* A new file each time: dlopen knows files by their inode. */
    unlink(path);
    write_file(path, bytes, size);
    if (bitnet_model_load(path, &model) == BITNET_OK)
      bitnet_model_free(model);
    bytes[at] ^= 0x40;
  }
  unlink(path);
}

static void test_garbage(const char *folder) {
  char text[256];
  bitnet_model *model;
  expect_failure(in_folder(folder, "none.so"), BITNET_IO_ERROR, "No such file");
  expect_failure(folder, BITNET_IO_ERROR, "not a regular file");
  expect_failure("", BITNET_INVALID_ARGUMENT, "no model file");
  CHECK(bitnet_model_load(NULL, &model) == BITNET_INVALID_ARGUMENT);
  CHECK(bitnet_model_load("x", NULL) == BITNET_INVALID_ARGUMENT);
  const char *path = in_folder(folder, "garbage.so");
  memset(text, 'a', sizeof(text));
  write_file(path, text, 0);
  expect_failure(path, BITNET_BAD_MODEL, "too short");
  write_file(path, text, sizeof(text));
  expect_failure(path, BITNET_BAD_MODEL, "not a compiled model");
  unlink(path);
  CHECK(mkfifo(path, 0600) == 0);
  expect_failure(path, BITNET_IO_ERROR, "not a regular file");
  unlink(path);
  expect_failure(in_folder(folder, "no_model.so"), BITNET_BAD_MODEL,
                 "a shared library, but not a compiled model");
  bitnet_model_free(NULL);
}

/* The same hash whatever the pieces. */
static void test_hash(void) {
  unsigned char bytes[200];
  for (size_t i = 0; i < sizeof(bytes); ++i)
    bytes[i] = (unsigned char)(i * 37 + 11);
  for (size_t size = 0; size <= sizeof(bytes); ++size) {
    const uint64_t whole = bitnet_hash64(bytes, size);
    for (size_t piece = 1; piece <= 70; piece += 3) {
      bitnet_hash hash;
      bitnet_hash_begin(&hash);
      for (size_t at = 0; at < size; at += piece)
        bitnet_hash_add(&hash, bytes + at,
                        size - at < piece ? size - at : piece);
      CHECK(bitnet_hash_end(&hash) == whole);
    }
  }
  /* Lengths and single bits count. */
  CHECK(bitnet_hash64(bytes, 0) != bitnet_hash64("\0", 1));
  const uint64_t before = bitnet_hash64(bytes, sizeof(bytes));
  for (size_t bit = 0; bit < 8 * sizeof(bytes); ++bit) {
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    CHECK(bitnet_hash64(bytes, sizeof(bytes)) != before);
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
}

static void test_weight_file(const char *folder) {
  const float weights[FAKE_WEIGHTS_COUNT] = {1.0f, 2.0f};
  float other[FAKE_WEIGHTS_COUNT] = {1.0f, 2.0f};
  char model_path[512], weights_path[512];
  bitnet_model *model = NULL;
  strcpy(model_path, in_folder(folder, "fake_file.so"));
  strcpy(weights_path, in_folder(folder, "fake.weights"));
  CHECK(bitnet_hash64(weights, sizeof(weights)) == FAKE_WEIGHTS_HASH);
  unlink(weights_path);
  expect_failure(model_path, BITNET_IO_ERROR,
                 "cannot open the weight file 'fake.weights'");
  write_file(weights_path, weights, sizeof(weights) - 1);
  expect_failure(model_path, BITNET_BAD_MODEL,
                 "has 39 bytes, the model "
                 "expects 40");
  other[9] = 1.0f;
  write_file(weights_path, other, sizeof(other));
  expect_failure(model_path, BITNET_BAD_MODEL, "wrong hash");
  write_file(weights_path, weights, sizeof(weights));
  CHECK(bitnet_model_load(model_path, &model) == BITNET_OK);
  float x[4] = {0}, y[4] = {0};
  int64_t mask = 0, rows = 0;
  uint16_t half = 0, half_out = 0;
  const bitnet_tensor in[] = {
      {.data = x, .dtype = BITNET_DTYPE_F32, .rank = 2, .dims = {1, 4}},
      {.data = &mask, .dtype = BITNET_DTYPE_I64, .rank = 1, .dims = {1}},
      {.data = &half, .dtype = BITNET_DTYPE_F16, .rank = 1, .dims = {1}}};
  bitnet_tensor out[] = {
      {.data = y, .dtype = BITNET_DTYPE_F32, .capacity = sizeof(y)},
      {.data = &rows, .dtype = BITNET_DTYPE_I64, .capacity = sizeof(rows)},
      {.data = &half_out, .dtype = BITNET_DTYPE_F16, .capacity = 2}};
  CHECK(bitnet_model_invoke(model, in, 3, out, 3, NULL) == BITNET_OK);
  CHECK(y[3] == 1.0f && rows == 1);
  CHECK(bitnet_model_invoke(model, in, 2, out, 3, NULL) ==
        BITNET_INVALID_ARGUMENT);
  CHECK_TEXT(bitnet_last_error(), "expected 3 input(s), got 2");
  CHECK(bitnet_model_memory_use(model).arenas == 1);
  bitnet_model_release_memory(model);
  CHECK(bitnet_model_memory_use(model).arenas == 0);
  CHECK(bitnet_model_shapes(model, in, 3, out, 3) == BITNET_OK);
  CHECK(bitnet_model_find_input(model, "mask") == 1);
  CHECK(bitnet_model_find_output(model, "mask") == -1);
  bitnet_model_free(model);
}

/* A run on the default pool reports what is wrong with its settings. The child
 * has no default pool yet. */
static void test_environment(const char *folder) {
  const pid_t child = fork();
  if (child == 0) {
    bitnet_model *model = NULL;
    CHECK(bitnet_model_load(in_folder(folder, "fake.so"), &model) == BITNET_OK);
    setenv("BITNET_NUM_THREADS", "some", 1);
    CHECK(!bitnet_default_pool());
    CHECK(bitnet_model_invoke(model, NULL, 0, NULL, 0, NULL) ==
          BITNET_INVALID_ARGUMENT);
    CHECK_TEXT(bitnet_last_error(), "BITNET_NUM_THREADS: expected a number");
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_cpu(const char *folder) {
  bitnet_model *model = NULL;
  CHECK(bitnet_model_load(in_folder(folder, "fake_cpu.so"), &model) ==
        BITNET_OK);
  CHECK(bitnet_model_invoke(model, NULL, 0, NULL, 0, NULL) ==
        BITNET_UNSUPPORTED_CPU);
  CHECK_TEXT(bitnet_last_error(), "this CPU has no ");
  CHECK_TEXT(bitnet_last_error(),
             "'fake.onnx' needs; it was compiled for: base");
  bitnet_model_free(model);
}

static void expect_refusal(const bitnet_model *model, const char *text) {
  CHECK(bitnet_model_isa_name(model) == NULL);
  CHECK(bitnet_model_invoke(model, NULL, 0, NULL, 0, NULL) ==
        BITNET_UNSUPPORTED_CPU);
  CHECK_TEXT(bitnet_last_error(), text);
}

static void test_isas(const char *folder) {
  bitnet_model *model = NULL;
  CHECK(bitnet_model_load(in_folder(folder, "fake_isas.so"), &model) ==
        BITNET_OK);
  setenv("BITNET_ISA", "best", 1);
  expect_refusal(model, "BITNET_ISA=best: this CPU has no ");
  CHECK_TEXT(bitnet_last_error(), "; variants that run here: base");
  unsetenv("BITNET_ISA");
  CHECK_TEXT(bitnet_model_isa_name(model), "base");
  bitnet_model_free(model);
  CHECK(bitnet_model_load(in_folder(folder, "fake_both.so"), &model) ==
        BITNET_OK);
  setenv("BITNET_ISA", "foo", 1);
  expect_refusal(model, "BITNET_ISA=foo: the model 'fake.onnx' has no such "
                        "variant; variants that run here: base, best");
  setenv("BITNET_ISA", "", 1);
  CHECK_TEXT(bitnet_model_isa_name(model), "best");
  /* Chosen once: too late. */
  setenv("BITNET_ISA", "base", 1);
  CHECK_TEXT(bitnet_model_isa_name(model), "best");
  unsetenv("BITNET_ISA");
  bitnet_model_free(model);
}

void test_loader(const char *folder) {
  CHECK(bitnet_runtime_abi_version() == BITNET_ABI_VERSION);
  CHECK(bitnet_dtype_bytes(BITNET_DTYPE_BF16) == 2);
  CHECK(!bitnet_dtype_name(8) && !bitnet_dtype_name(-1));
  test_hash();
  test_garbage(folder);
  test_damaged(folder);
  test_weight_file(folder);
  test_environment(folder);
  test_cpu(folder);
  test_isas(folder);
}
