/*===- ModelTest.c - the glue: checks, outputs, memory
 * ---------------------===*/

#include "Test.h"
#include "fake_model.h"

#include "bitnet/runtime/runtime.h"

#include <dlfcn.h>
#include <pthread.h>

typedef struct fixture {
  float x[12];
  int64_t mask[3];
  uint16_t half[3];
  bitnet_tensor in[3];
  bitnet_tensor out[3];
  char error[256];
  bitnet_run_options options;
} fixture;

static bitnet_model_run_fn run_model;
static bitnet_model_output_shapes_fn shape_model;
static bitnet_model_memory_fn get_memory;
static bitnet_model_trim_fn trim_model;
static bitnet_model_regions_fn get_regions;

static bitnet_tensor tensor(void *data, int32_t dtype, int32_t rank,
                            int64_t rows, int64_t columns) {
  bitnet_tensor t;
  memset(&t, 0, sizeof(t));
  t.data = data;
  t.dtype = dtype;
  t.rank = rank;
  t.dims[0] = rows;
  t.dims[1] = columns;
  return t;
}

static void set_up(fixture *f) {
  memset(f, 0, sizeof(*f));
  for (int i = 0; i < 12; ++i)
    f->x[i] = (float)i;
  f->half[1] = 0x3c00;
  f->in[0] = tensor(f->x, BITNET_DTYPE_F32, 2, 3, 4);
  f->in[1] = tensor(f->mask, BITNET_DTYPE_I64, 1, 3, 0);
  f->in[2] = tensor(f->half, BITNET_DTYPE_F16, 1, 3, 0);
  f->options.struct_size = sizeof(f->options);
  f->options.error = f->error;
  f->options.error_size = sizeof(f->error);
}

static bitnet_status run(fixture *f) {
  return run_model(f->in, 3, f->out, 3, &f->options);
}

static void free_outputs(fixture *f) {
  for (int i = 0; i < 3; ++i) {
    free(f->out[i].data);
    memset(&f->out[i], 0, sizeof(f->out[i]));
  }
}

static void check_y(const fixture *f) {
  const float *y = f->out[0].data;
  CHECK(f->out[0].dtype == BITNET_DTYPE_F32 && f->out[0].rank == 2);
  CHECK(f->out[0].dims[0] == 3 && f->out[0].dims[1] == 4);
  for (int i = 0; i < 12; ++i)
    CHECK(y[i] == f->x[i] + 1.0f);
  CHECK(f->out[1].rank == 0 && *(int64_t *)f->out[1].data == 3);
}

static void test_runs(void) {
  fixture f;
  set_up(&f);
  CHECK(run(&f) == BITNET_OK);
  check_y(&f);
  /* The memory of a former run is used again. */
  void *before = f.out[0].data;
  CHECK(run(&f) == BITNET_OK && f.out[0].data == before);
  free_outputs(&f);
  CHECK(run_model(f.in, 3, f.out, 3, NULL) == BITNET_OK);
  check_y(&f);
  free_outputs(&f);
}

static void test_layouts(void) {
  fixture f;
  char bytes[12 * 4 + 1];
  float columns[12];
  const int64_t by_column[] = {1, 3};
  set_up(&f);
  for (int i = 0; i < 12; ++i)
    columns[i % 4 * 3 + i / 4] = f.x[i];
  f.in[0].data = columns;
  f.in[0].strides = by_column;
  CHECK(run(&f) == BITNET_OK);
  check_y(&f);
  free_outputs(&f);
  memcpy(bytes + 1, f.x, sizeof(f.x));
  f.in[0].data = bytes + 1;
  f.in[0].strides = NULL;
  CHECK(run(&f) == BITNET_OK);
  check_y(&f);
  free_outputs(&f);
}

static void test_empty(void) {
  fixture f;
  set_up(&f);
  for (int i = 0; i < 3; ++i) {
    f.in[i].data = NULL;
    f.in[i].dims[0] = 0;
  }
  CHECK(run(&f) == BITNET_OK);
  CHECK(f.out[0].dims[0] == 0 && f.out[0].data);
  free_outputs(&f);
}

static void expect(fixture *f, bitnet_status status, const char *text) {
  CHECK(run(f) == status);
  CHECK_TEXT(f->error, text);
  CHECK(!strchr(f->error, '\n'));
  for (int i = 0; i < 3; ++i)
    CHECK(!f->out[i].data || f->out[i].capacity == 4);
  set_up(f);
}

static void test_input_checks(void) {
  fixture f;
  set_up(&f);
  f.in[0].dims[1] = 5;
  expect(&f, BITNET_INVALID_ARGUMENT,
         "input 'x': expected f32[batch,4], got f32[3,5] (dim 1)");
  f.in[0].dims[0] = -2;
  expect(&f, BITNET_INVALID_ARGUMENT, "got f32[-2,4] (dim 0)");
  f.in[0].dtype = BITNET_DTYPE_F64;
  expect(&f, BITNET_INVALID_ARGUMENT, "got f64[3,4] (dtype)");
  f.in[0].dtype = 77;
  expect(&f, BITNET_INVALID_ARGUMENT, "got dtype 77[3,4] (dtype)");
  f.in[1].rank = 2;
  expect(&f, BITNET_INVALID_ARGUMENT,
         "input 'mask': expected i64[batch], got i64[3,0] (rank 2)");
  f.in[0].data = NULL;
  expect(&f, BITNET_INVALID_ARGUMENT, "got f32[3,4] (data is NULL)");
  f.in[0].dims[0] = INT64_MAX / 2;
  expect(&f, BITNET_INVALID_ARGUMENT, "(the size overflows)");
  f.in[1].dims[0] = 2;
  expect(&f, BITNET_SHAPE_MISMATCH,
         "input 'mask': expected i64[batch], got i64[2] (dim 0: 'batch' is 3 "
         "in input 'x')");
  f.mask[1] = -1;
  expect(&f, BITNET_SHAPE_MISMATCH, "mask must not be negative");
}

static void test_argument_checks(void) {
  fixture f;
  float small = 0;
  set_up(&f);
  CHECK(run_model(f.in, 2, f.out, 3, &f.options) == BITNET_INVALID_ARGUMENT);
  CHECK_TEXT(f.error, "expected 3 input(s), got 2");
  CHECK(run_model(NULL, 3, f.out, 3, &f.options) == BITNET_INVALID_ARGUMENT);
  CHECK_TEXT(f.error, "expected 3 input(s), got NULL");
  CHECK(run_model(f.in, 3, f.out, 1, &f.options) == BITNET_INVALID_ARGUMENT);
  CHECK_TEXT(f.error, "expected 3 output(s), got 1");
  f.out[0] = tensor(&small, BITNET_DTYPE_F32, 0, 0, 0);
  f.out[0].capacity = sizeof(small);
  expect(&f, BITNET_INVALID_ARGUMENT,
         "output 'y': f32[3,4] needs 48 bytes, the buffer has 4");
  f.options.struct_size = 0;
  CHECK(run(&f) == BITNET_INVALID_ARGUMENT);
  /* A truncated error stays terminated. */
  set_up(&f);
  f.options.error_size = 9;
  f.in[0].rank = 1;
  CHECK(run(&f) == BITNET_INVALID_ARGUMENT);
  CHECK(strcmp(f.error, "input 'x") == 0);
}

static void *allocate(void *user, uint32_t output, uint64_t bytes) {
  CHECK(output < 3 && bytes <= 64);
  return (char *)user + 64 * output;
}

static void probe(void *user, const char *name, const bitnet_tensor *value) {
  CHECK(strcmp(name, "fc") == 0 && value->dtype == BITNET_DTYPE_I8);
  CHECK(value->rank == 2 && ((const int8_t *)value->data)[11] == 11);
  ((char *)user)[0] = 'p';
}

static void note_mark(void *user, int32_t region) {
  int *marks = user;
  CHECK(region == (*marks == 0 ? 0 : -1));
  ++*marks;
}

static void note_work(void *user, uint64_t macs) {
  CHECK(macs == 3 * FAKE_WEIGHTS_COUNT);
  *(uint64_t *)user += macs;
}

static void test_work(void) {
  fixture f;
  uint64_t macs = 0;
  set_up(&f);
  f.options.work = note_work;
  f.options.user = &macs;
  CHECK(run(&f) == BITNET_OK && macs == 3 * FAKE_WEIGHTS_COUNT);
  free_outputs(&f);
  /* A host that is older than the field. */
  memset(f.out, 0, sizeof(f.out));
  macs = 0;
  f.options.struct_size = offsetof(bitnet_run_options, work);
  CHECK(run(&f) == BITNET_OK && macs == 0);
  free_outputs(&f);
}

static void test_marks(void) {
  fixture f;
  int marks = 0;
  uint32_t count = 0;
  set_up(&f);
  f.options.mark = note_mark;
  f.options.user = &marks;
  CHECK(run(&f) == BITNET_OK && marks == 2);
  free_outputs(&f);
  const bitnet_region_desc *regions = get_regions(&count);
  CHECK(count == 1 && regions[0].kind == BITNET_REGION_TERNARY_MATMUL);
}

static void test_callbacks(void) {
  fixture f;
  char memory[3 * 64];
  set_up(&f);
  f.options.user = memory;
  f.options.allocate = allocate;
  CHECK(run(&f) == BITNET_OK && f.out[2].data == memory + 128);
  check_y(&f);
  memset(f.out, 0, sizeof(f.out));
  f.options.allocate = NULL;
  f.options.probe = probe;
  CHECK(run(&f) == BITNET_OK && memory[0] == 'p');
  free_outputs(&f);
  bitnet_pool *pool = bitnet_pool_create(3);
  f.options.probe = NULL;
  f.options.parallel_for = bitnet_pool_parallel_for;
  f.options.pool = pool;
  CHECK(run(&f) == BITNET_OK);
  check_y(&f);
  free_outputs(&f);
  bitnet_pool_free(pool);
}

static void copy_codes(void *user, const char *layer,
                       const bitnet_tensor *codes) {
  (void)layer;
  memcpy(user, codes->data, 12);
}

/* An output that lies over an input is written when that has been read. */
static void test_overlap(void) {
  fixture f;
  int8_t codes[12];
  float y[13];
  set_up(&f);
  f.options.user = codes;
  f.options.probe = copy_codes;
  for (int shift = 0; shift < 2; ++shift) {
    for (int i = 0; i < 12; ++i)
      y[i] = (float)i;
    f.in[0].data = y;
    f.out[0].data = y + shift;
    f.out[0].dtype = BITNET_DTYPE_F32;
    f.out[0].capacity = sizeof(f.x);
    CHECK(run(&f) == BITNET_OK && f.out[0].data == y + shift);
    check_y(&f);
    for (int i = 0; i < 12; ++i)
      CHECK(codes[i] == i);
  }
  f.out[0].data = NULL;
  free_outputs(&f);
}

static void test_shapes(void) {
  fixture f;
  set_up(&f);
  f.in[0].data = NULL;
  CHECK(shape_model(f.in, 3, f.out, 3, &f.options) == BITNET_OK);
  CHECK(f.out[0].rank == 2 && f.out[0].dims[0] == 3 && f.out[0].dims[1] == 4);
  CHECK(f.out[2].dtype == BITNET_DTYPE_F16 && f.out[2].dims[0] == -1);
  f.in[0].rank = 1;
  CHECK(shape_model(f.in, 3, f.out, 3, &f.options) == BITNET_INVALID_ARGUMENT);
}

/* Inputs of `rows` rows, to be freed. */
static void set_rows(fixture *f, int64_t rows) {
  set_up(f);
  f->in[0].data = calloc((size_t)rows, 16);
  f->in[1].data = calloc((size_t)rows, 8);
  f->in[2].data = calloc((size_t)rows, 2);
  for (int i = 0; i < 3; ++i)
    f->in[i].dims[0] = rows;
}

static void run_rows(int64_t rows) {
  fixture f;
  set_rows(&f, rows);
  ((float *)f.in[0].data)[4 * rows - 1] = 5;
  CHECK(run(&f) == BITNET_OK);
  CHECK(((float *)f.out[0].data)[4 * rows - 1] == 6);
  free_outputs(&f);
  for (int i = 0; i < 3; ++i)
    free(f.in[i].data);
}

static bitnet_memory memory_now(void) {
  bitnet_memory memory;
  get_memory(&memory);
  return memory;
}

/* Small and mapped (6 MB) arenas: no run with the same or smaller dims asks for
 * memory, changing dims do not add up, trim frees all. */
static void test_memory(void) {
  trim_model();
  CHECK(memory_now().arenas == 0 && memory_now().bytes == 0);
  static const int64_t most[] = {100, 400000};
  for (int i = 0; i < 2; ++i) {
    run_rows(most[i]);
    run_rows(most[i]);
    const bitnet_memory before = memory_now();
    CHECK(before.arenas == 1 && before.bytes >= 20 * (uint64_t)most[i]);
    CHECK(before.largest >= before.bytes);
    /* y, 16 bytes a row more, is made in the caller's memory. */
    CHECK(i == 0 || before.bytes < 36 * (uint64_t)most[i]);
    run_rows(most[i]);
    CHECK(memory_now().allocations == before.allocations);
  }
  const uint64_t bytes = memory_now().bytes;
  for (int i = 0; i < 1000; ++i)
    run_rows(1 + i * 37 % 5000);
  /* One unplanned block of each size up to 32 KB. */
  CHECK(memory_now().bytes < bytes + (80 << 10));
  trim_model();
  CHECK(memory_now().arenas == 0 && memory_now().bytes == 0);
}

/* Rows that grow one by one ask for memory now and then only. */
static void test_growth(void) {
  const uint64_t before = memory_now().allocations;
  for (int rows = 1; rows <= 1000; ++rows)
    run_rows(rows);
  CHECK(memory_now().allocations < before + 200);
  trim_model();
}

static void test_no_memory(void) {
  fixture f;
  set_up(&f);
  for (int i = 0; i < 3; ++i)
    f.in[i].dims[0] = (int64_t)1 << 57;
  expect(&f, BITNET_OUT_OF_MEMORY,
         "out of memory: a buffer of 2305843009213693952 bytes");
  CHECK(memory_now().arenas == 0 && memory_now().bytes == 0);
}

static void *run_often(void *unused) {
  fixture f;
  (void)unused;
  set_up(&f);
  f.options.parallel_for = bitnet_pool_parallel_for;
  f.options.pool = bitnet_default_pool();
  for (int i = 0; i < 200; ++i) {
    CHECK(run(&f) == BITNET_OK);
    check_y(&f);
  }
  free_outputs(&f);
  return NULL;
}

static void test_concurrent(void) {
  pthread_t threads[16];
  for (int i = 0; i < 16; ++i)
    CHECK(pthread_create(&threads[i], NULL, run_often, NULL) == 0);
  for (int i = 0; i < 16; ++i)
    pthread_join(threads[i], NULL);
  CHECK(memory_now().arenas >= 1 && memory_now().arenas <= 16);
}

/* Only dlopen and abi.h, as a host without libbitnet_runtime would do. */
void test_model(const char *folder) {
  char path[512];
  bitnet_model_describe_fn describe;
  snprintf(path, sizeof(path), "%s/fake.so", folder);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  CHECK(library);
  *(void **)&describe = dlsym(library, "bitnet_model_describe");
  *(void **)&run_model = dlsym(library, "bitnet_model_run");
  *(void **)&shape_model = dlsym(library, "bitnet_model_output_shapes");
  *(void **)&get_memory = dlsym(library, "bitnet_model_memory");
  *(void **)&trim_model = dlsym(library, "bitnet_model_trim");
  *(void **)&get_regions = dlsym(library, "bitnet_model_regions");
  CHECK(describe && run_model && shape_model && get_memory && trim_model);
  CHECK(get_regions);
  CHECK(!dlsym(library, "bitnet_rt_alloc") && !dlsym(library, "bn_put"));
  CHECK(!describe(BITNET_ABI_VERSION + 1));
  CHECK(describe(BITNET_ABI_VERSION)->magic == BITNET_MODEL_MAGIC);
  test_runs();
  test_layouts();
  test_empty();
  test_input_checks();
  test_argument_checks();
  test_callbacks();
  test_overlap();
  test_marks();
  test_work();
  test_shapes();
  test_memory();
  test_growth();
  test_no_memory();
  test_concurrent();
  dlclose(library);
}
