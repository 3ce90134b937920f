/*===- state_model.c - a model with state, written by hand ----------------===*\
|*                                                                            *|
|* For each run:  total += x, in place;  sum += x and steps += 1, which are   *|
|* states;  y = sum;  count = steps.  The state `past` is larger than what    *|
|* malloc gives. A negative x[0] fails the run when steps are counted.        *|
\*===----------------------------------------------------------------------===*/

#include "state_model.h"
#include "bitnet/runtime/abi.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int64_t any[] = {-1};
static const int64_t four[] = {4};
static const int64_t many[] = {STATE_PAST_BYTES};

static const bitnet_value_desc inputs[] = {
    {.name = "x", .dtype = BITNET_DTYPE_F32, .rank = 1, .dims = four},
    {.name = "total",
     .dtype = BITNET_DTYPE_F32,
     .rank = 1,
     .dims = any,
     .flags = BITNET_VALUE_IN_PLACE,
     .alias = 1},
};
static const bitnet_value_desc outputs[] = {
    {.name = "y", .dtype = BITNET_DTYPE_F32, .rank = 1, .dims = four},
    {.name = "total_out",
     .dtype = BITNET_DTYPE_F32,
     .rank = 1,
     .dims = any,
     .flags = BITNET_VALUE_IN_PLACE,
     .alias = 1},
    {.name = "count", .dtype = BITNET_DTYPE_I64},
};
static const bitnet_state_desc states[] = {
    {{.name = "steps", .dtype = BITNET_DTYPE_I64}, 0},
    {{.name = "sum", .dtype = BITNET_DTYPE_F32, .rank = 1, .dims = four}, 64},
    {{.name = "past", .dtype = BITNET_DTYPE_U8, .rank = 1, .dims = many}, 128},
};
static const bitnet_isa_desc isas[] = {{"base", ""}};

const bitnet_model_desc bitnet_generated_desc = {
    .magic = BITNET_MODEL_MAGIC,
    .abi_version = BITNET_ABI_VERSION,
    .struct_size = sizeof(bitnet_model_desc),
    .name = "state.onnx",
    .num_inputs = COUNT(inputs),
    .num_outputs = COUNT(outputs),
    .inputs = inputs,
    .outputs = outputs,
    .isas = isas,
    .num_isas = COUNT(isas),
    .num_states = COUNT(states),
    .states = states,
    .state_bytes = 128 + STATE_PAST_BYTES,
};

const bitnet_region_desc *const bitnet_generated_regions = NULL;
const uint32_t bitnet_generated_num_regions = 0;
const bitnet_scratch bitnet_generated_scratch[BITNET_SCRATCH_LEVELS] = {
    {0, NULL}};

static int32_t run_main(bitnet_context *ctx, const bitnet_tensor *in) {
  int64_t *steps = (int64_t *)ctx->state;
  float *sum = (float *)(ctx->state + 64);
  char *past = ctx->state + 128;
  const float *x = in[0].data;
  float *total = in[1].data;
  const int64_t four_floats = 4, count = ++*steps;
  if (x[0] < 0) {
    bitnet_rt_fail(ctx, "x must not be negative");
    return 1;
  }
  float *y = bitnet_rt_result(ctx, 0, 0, sizeof(float) * 4);
  if (!y)
    return 1;
  past[0] = past[STATE_PAST_BYTES - 1] = (char)count;
  for (int i = 0; i < 4; ++i)
    y[i] = sum[i] += x[i];
  for (int64_t i = 0; i < in[1].dims[0]; ++i)
    total[i] += x[i % 4];
  bitnet_rt_output(ctx, 0, 1, &four_floats, y);
  bitnet_rt_output(ctx, 1, 1, in[1].dims, total);
  bitnet_rt_output(ctx, 2, 0, NULL, &count);
  return 0;
}

const bitnet_main bitnet_generated_mains[] = {run_main};

int32_t bitnet_generated_shapes(bitnet_context *ctx, const bitnet_tensor *in,
                                bitnet_tensor *out) {
  (void)ctx;
  out[0].rank = out[1].rank = 1;
  out[0].dims[0] = 4;
  out[1].dims[0] = in[1].dims[0];
  out[2].rank = 0;
  return 0;
}
