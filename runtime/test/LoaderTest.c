/*===- LoaderTest.c - files that are no model, weight files
 * ----------------===*/

#include "Test.h"
#include "fake_model.h"

#include "bitnet/runtime/runtime.h"

#include <dlfcn.h>
#include <sys/resource.h>
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

static bitnet_model *load(const char *path) {
  bitnet_model *model = NULL;
  if (bitnet_model_load(path, &model) != BITNET_OK)
    fprintf(stderr, "%s\n", bitnet_last_error());
  CHECK(model);
  return model;
}

/* Runs fake_model.c, whose weights are 1, 2, 0... */
static void check_runs(const bitnet_model *model) {
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
}

/* fake.weights: weights, zeros up to a multiple of 64, the seal. */
typedef struct weight_file {
  float weights[FAKE_WEIGHTS_COUNT];
  char zeros[64 - FAKE_WEIGHTS_COUNT * sizeof(float)];
  bitnet_weights_seal seal;
} weight_file;

static const weight_file good_file = {
    .weights = {1.0f, 2.0f},
    .seal = {.magic = BITNET_SEAL_MAGIC,
             .version = BITNET_SEAL_VERSION,
             .size = FAKE_WEIGHTS_COUNT * sizeof(float),
             .hash = FAKE_WEIGHTS_HASH}};

/* Files that are cut, of another model, or no weight files: the size and the
 * seal tell, without a look at the weights. */
static void test_wrong_weight_files(const char *folder) {
  char model_path[512], path[512];
  weight_file file = good_file;
  strcpy(model_path, in_folder(folder, "fake_file.so"));
  strcpy(path, in_folder(folder, "fake.weights"));
  unlink(path);
  expect_failure(model_path, BITNET_IO_ERROR,
                 "cannot open the weight file 'fake.weights'");
  for (size_t size = 0; size < sizeof(file); size += 13) {
    write_file(path, &file, size);
    expect_failure(model_path, BITNET_BAD_MODEL,
                   "bytes, the model expects 128");
  }
  file.seal.hash ^= 1;
  write_file(path, &file, sizeof(file));
  expect_failure(model_path, BITNET_BAD_MODEL,
                 "the weight file 'fake.weights' belongs to another model");
  memset(&file.seal, 0, sizeof(file.seal));
  write_file(path, &file, sizeof(file));
  expect_failure(model_path, BITNET_BAD_MODEL,
                 "'fake.weights' is not a weight file, or damaged");
}

/* A bit that has changed is found on request and not by loading. */
static void test_weight_file(const char *folder) {
  char path[512];
  weight_file file = good_file;
  CHECK(sizeof(file) == 128);
  CHECK(bitnet_hash64(file.weights, sizeof(file.weights)) == FAKE_WEIGHTS_HASH);
  strcpy(path, in_folder(folder, "fake.weights"));
  write_file(path, &file, sizeof(file));
  bitnet_model *model = load(in_folder(folder, "fake_file.so"));
  check_runs(model);
  CHECK(bitnet_model_verify(model) == BITNET_OK);
  bitnet_model_free(model);
  file.weights[9] = 1.0f;
  write_file(path, &file, sizeof(file));
  model = load(in_folder(folder, "fake_file.so"));
  CHECK(bitnet_model_verify(model) == BITNET_BAD_MODEL);
  CHECK_TEXT(bitnet_last_error(),
             "the weights of 'fake.weights' are damaged (wrong hash)");
  bitnet_model_free(model);
  CHECK(bitnet_model_verify(NULL) == BITNET_INVALID_ARGUMENT);
}

/* The bytes of the weights and of their seal in fake.so, each flipped. */
static void test_embedded_weights(const char *folder) {
  static char bytes[1 << 20];
  char path[512];
  bitnet_model *model = load(in_folder(folder, "fake.so"));
  CHECK(bitnet_model_verify(model) == BITNET_OK);
  bitnet_model_free(model);
  FILE *file = fopen(in_folder(folder, "fake.so"), "rb");
  const size_t size = fread(bytes, 1, sizeof(bytes), file);
  fclose(file);
  size_t at = 0;
  while (at < size && memcmp(bytes + at, &good_file, sizeof(good_file)) != 0)
    at += 4;
  CHECK(at < size);
  strcpy(path, in_folder(folder, "flipped.so"));
  bytes[at + 39] ^= 4;
  write_file(path, bytes, size);
  model = load(path);
  CHECK(bitnet_model_verify(model) == BITNET_BAD_MODEL);
  CHECK_TEXT(bitnet_last_error(), "the weights of 'fake.onnx' are damaged");
  bitnet_model_free(model);
  unlink(path);
  bytes[at + offsetof(weight_file, seal)] ^= 4;
  write_file(path, bytes, size);
  expect_failure(path, BITNET_BAD_MODEL, "the seal of its weights");
  unlink(path);
}

/* 390,000 pages, of which a fault brings 16 at most when all are read. qemu has
 * some thousand faults of its own for such a mapping. */
enum { MOST_FAULTS = 12000 };

/* 1.6 GB, a hole in the file, are loaded without a read: what is not touched
 * causes no page fault. */
static void test_big_weights(const char *folder) {
  char path[512];
  struct rusage before, after;
  bitnet_weights_seal seal = good_file.seal;
  seal.size = FAKE_BIG_BYTES;
  strcpy(path, in_folder(folder, "big.weights"));
  FILE *file = fopen(path, "wb");
  CHECK(file && fseek(file, (long)bitnet_seal_offset(seal.size), 0) == 0);
  CHECK(fwrite(&seal, sizeof(seal), 1, file) == 1 && fclose(file) == 0);
  CHECK(getrusage(RUSAGE_SELF, &before) == 0);
  bitnet_model *model = load(in_folder(folder, "fake_big.so"));
  CHECK(getrusage(RUSAGE_SELF, &after) == 0);
  CHECK(after.ru_minflt + after.ru_majflt <
        before.ru_minflt + before.ru_majflt + MOST_FAULTS);
  bitnet_model_free(model);
  CHECK(truncate(path, FAKE_BIG_BYTES) == 0);
  expect_failure(in_folder(folder, "fake_big.so"), BITNET_BAD_MODEL,
                 "has 1600000000 bytes, the model expects 1600000064");
  unlink(path);
}

/* Libraries of an older and of a newer compiler, and an older host. */
static void test_versions(const char *folder) {
  bitnet_model_describe_fn describe;
  expect_failure(in_folder(folder, "fake_abi1.so"), BITNET_BAD_MODEL,
                 "made for version 1 of the model ABI, this runtime needs "
                 "version 2: compile the model again");
  expect_failure(in_folder(folder, "fake_abi3.so"), BITNET_BAD_MODEL,
                 "made for version 3 of the model ABI, this runtime needs "
                 "version 2: compile the model again, or take a newer runtime");
  expect_failure(in_folder(folder, "fake_abi99.so"), BITNET_BAD_MODEL,
                 "made for an unknown version of the model ABI");
  void *library = dlopen(in_folder(folder, "fake.so"), RTLD_NOW | RTLD_LOCAL);
  CHECK(library);
  *(void **)&describe = dlsym(library, "bitnet_model_describe");
  CHECK(!describe(1) && describe(2)->abi_version == 2);
  dlclose(library);
}

static void test_values(const char *folder) {
  bitnet_model *model = load(in_folder(folder, "fake.so"));
  CHECK(bitnet_model_num_inputs(model) == 3);
  CHECK(bitnet_model_num_outputs(model) == 3);
  const bitnet_value_desc *x = bitnet_model_input(model, 0);
  CHECK(x->dtype == BITNET_DTYPE_F32 && x->rank == 2 && x->dims[0] == -1);
  CHECK(strcmp(x->dim_names[0], "batch") == 0 && !x->dim_names[1]);
  CHECK(strcmp(bitnet_model_input_name(model, 1), "mask") == 0);
  CHECK(strcmp(bitnet_model_output_name(model, 2), "half_out") == 0);
  CHECK(bitnet_model_output(model, 1)->rank == 0);
  CHECK(!bitnet_model_input(model, 3) && !bitnet_model_output_name(model, 3));
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
  test_versions(folder);
  test_wrong_weight_files(folder);
  test_weight_file(folder);
  test_embedded_weights(folder);
  test_big_weights(folder);
  test_values(folder);
  test_environment(folder);
  test_cpu(folder);
  test_isas(folder);
}
