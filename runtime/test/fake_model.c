/*===- fake_model.c - a model written by hand -----------------------------===*\
|*                                                                            *|
|* Stands where the compiler's output would: linked with the glue it is a     *|
|* model.so, so that glue, loader and bitnet-run are tested without the       *|
|* compiler.   y = x + weights[0];  rows = number of rows;  half passes.      *|
|*                                                                            *|
|* FAKE_FEATURES: what it claims to need. FAKE_WEIGHTS_FILE: weights beside   *|
|* the .so instead of inside. FAKE_BIG: many of them.                         *|
\*===----------------------------------------------------------------------===*/

#include "fake_model.h"
#include "bitnet/runtime/abi.h"

#ifndef FAKE_FEATURES
#define FAKE_FEATURES "+sse2,+fast-bextr,-avx512f"
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#ifdef FAKE_BIG
#define FAKE_WEIGHTS_FILE "big.weights"
#define FAKE_BYTES FAKE_BIG_BYTES
#else
#define FAKE_BYTES (FAKE_WEIGHTS_COUNT * sizeof(float))
#endif

/* As the compiler lays them out: the seal follows embedded weights, and is
 * alone when they are in a file. */
static const struct {
#ifndef FAKE_WEIGHTS_FILE
  _Alignas(64) float weights[FAKE_WEIGHTS_COUNT];
#endif
  _Alignas(64) bitnet_weights_seal seal;
} image = {
#ifndef FAKE_WEIGHTS_FILE
    .weights = {1.0f, 2.0f},
#endif
    .seal = {.magic = BITNET_SEAL_MAGIC,
             .version = BITNET_SEAL_VERSION,
             .size = FAKE_BYTES,
             .hash = FAKE_WEIGHTS_HASH},
};

static const int64_t rows_by_four[] = {-1, 4};
static const int64_t rows_only[] = {-1};
static const char *const rows_by_four_names[] = {"batch", NULL};
static const char *const rows_names[] = {"batch"};

static const bitnet_value_desc inputs[] = {
    {.name = "x",
     .dtype = BITNET_DTYPE_F32,
     .rank = 2,
     .dims = rows_by_four,
     .dim_names = rows_by_four_names},
    {.name = "mask",
     .dtype = BITNET_DTYPE_I64,
     .rank = 1,
     .dims = rows_only,
     .dim_names = rows_names},
    {.name = "half",
     .dtype = BITNET_DTYPE_F16,
     .rank = 1,
     .dims = rows_only,
     .dim_names = rows_names},
};
static const bitnet_value_desc outputs[] = {
    {.name = "y",
     .dtype = BITNET_DTYPE_F32,
     .rank = 2,
     .dims = rows_by_four,
     .dim_names = rows_by_four_names},
    {.name = "rows",
     .dtype = BITNET_DTYPE_I64,
     .rank = 0,
     .dims = NULL,
     .dim_names = NULL},
    {.name = "half_out",
     .dtype = BITNET_DTYPE_F16,
     .rank = 1,
     .dims = rows_only,
     .dim_names = rows_names},
};

/* FAKE_BEST_FEATURES: a second variant, for a better machine. */
static const bitnet_isa_desc isas[] = {
    {"base", FAKE_FEATURES},
#ifdef FAKE_BEST_FEATURES
    {"best", FAKE_BEST_FEATURES},
#endif
};

const bitnet_model_desc bitnet_generated_desc = {
    .magic = BITNET_MODEL_MAGIC,
    .abi_version = BITNET_ABI_VERSION,
    .struct_size = sizeof(bitnet_model_desc),
    .name = "fake.onnx",
    .cpu = "x86-64",
    .features = FAKE_FEATURES,
    .producer = "by hand",
    .num_inputs = COUNT(inputs),
    .num_outputs = COUNT(outputs),
    .inputs = inputs,
    .outputs = outputs,
    .weights_size = FAKE_BYTES,
    .weights_seal = &image.seal,
#ifdef FAKE_WEIGHTS_FILE
    .weights_file = FAKE_WEIGHTS_FILE,
#else
    .weights = image.weights,
#endif
    .isas = isas,
    .num_isas = COUNT(isas),
};

static const bitnet_region_desc regions[] = {
    {"fc", BITNET_REGION_TERNARY_MATMUL, 0, FAKE_WEIGHTS_COUNT * sizeof(float)},
};
const bitnet_region_desc *const bitnet_generated_regions = regions;
const uint32_t bitnet_generated_num_regions = COUNT(regions);

static _Alignas(64) char reserve[FAKE_SCRATCH_BYTES];
const bitnet_scratch bitnet_generated_scratch[BITNET_SCRATCH_LEVELS] = {
    {FAKE_SCRATCH_BYTES, reserve},
};

typedef struct add_job {
  const float *x;
  float *y, *sums;
  int8_t *codes;
  float bias;
} add_job;

static void add_rows(void *context, int64_t begin, int64_t end) {
  const add_job *job = context;
  for (int64_t i = begin * 4; i < end * 4; ++i) {
    job->sums[i] = job->x[i] + job->bias;
    job->y[i] = job->sums[i];
    job->codes[i] = (int8_t)job->x[i];
  }
}

static int32_t run_main(bitnet_context *ctx, const bitnet_tensor *in) {
  const int64_t batch = in[0].dims[0];
  const int64_t *mask = in[1].data;
  const uint64_t bytes = (uint64_t)batch * 4 * sizeof(float);
  add_job job = {in[0].data, NULL, NULL, NULL, *(const float *)ctx->weights};
  job.sums = bitnet_rt_slot(ctx, 1, bytes);
  job.y = job.sums ? bitnet_rt_result(ctx, 0, 0, bytes) : NULL;
  job.codes = job.y ? bitnet_rt_alloc(ctx, (uint64_t)batch * 4) : NULL;
  if (!job.codes)
    return 1;
  bitnet_rt_mark(ctx, 0);
  bitnet_rt_work(ctx, batch * FAKE_WEIGHTS_COUNT);
  bitnet_rt_parallel(ctx, add_rows, &job, batch);
  bitnet_rt_mark(ctx, -1);
  bitnet_rt_probe(ctx, "fc", BITNET_DTYPE_I8, 2, in[0].dims, job.codes);
  bitnet_rt_output(ctx, 0, 2, in[0].dims, job.y);
  bitnet_rt_output(ctx, 1, 0, NULL, &batch);
  bitnet_rt_release(ctx, job.sums); /* codes stay: the glue takes them back */
  for (int64_t i = 0; i < batch; ++i) {
    if (mask[i] >= 0)
      continue;
    bitnet_rt_fail(ctx, "mask must not be negative");
    return 1;
  }
  bitnet_rt_output(ctx, 2, 1, in[0].dims, in[2].data);
  return 0;
}

const bitnet_main bitnet_generated_mains[] = {run_main, run_main};

int32_t bitnet_generated_shapes(bitnet_context *ctx, const bitnet_tensor *in,
                                bitnet_tensor *out) {
  (void)ctx;
  out[0].rank = 2;
  out[0].dims[0] = in[0].dims[0];
  out[0].dims[1] = 4;
  out[1].rank = 0;
  out[2].rank = 1;
  out[2].dims[0] = -1;
  return 0;
}
