/*===- stray_model.c - a model that may leave its tensors -----------------===*\
|* y = the sum of x's elements and of STRAY ones more: behind x when it is    *|
|* positive, before x when it is negative. STRAY_WRITE: y gets an element     *|
|* more than it has. STRAY_INPUT: x is written to. STRAY_STALE: y is left as  *|
|* it was. STRAY_SHAPE: y is told to have so many elements. STRAY_IN and      *|
|* STRAY_OUT: ONNX types that x and y are said to have.                       *|
\*===----------------------------------------------------------------------===*/

#include "bitnet/runtime/abi.h"

#ifndef STRAY
#define STRAY 0
#endif
#ifndef STRAY_IN
#define STRAY_IN BITNET_DTYPE_F32
#endif
#ifndef STRAY_OUT
#define STRAY_OUT BITNET_DTYPE_F32
#endif
#ifndef STRAY_SHAPE
#define STRAY_SHAPE 1
#endif

static const int64_t any[] = {-1};
static const char *const names[] = {"n"};
static const bitnet_value_desc x = {
    .name = "x", .dtype = STRAY_IN, .rank = 1, .dims = any, .dim_names = names};
static const bitnet_value_desc y = {
    .name = "y", .dtype = STRAY_OUT, .rank = 1, .dims = any};
static const bitnet_isa_desc isa = {"base", ""};
const bitnet_region_desc *const bitnet_generated_regions = 0;
const uint32_t bitnet_generated_num_regions = 0;
const bitnet_scratch bitnet_generated_scratch[BITNET_SCRATCH_LEVELS] = {{0}};

const bitnet_model_desc bitnet_generated_desc = {
    .magic = BITNET_MODEL_MAGIC,
    .abi_version = BITNET_ABI_VERSION,
    .struct_size = sizeof(bitnet_model_desc),
    .name = "stray.onnx",
    .cpu = "any",
    .features = "",
    .producer = "by hand",
    .num_inputs = 1,
    .num_outputs = 1,
    .inputs = &x,
    .outputs = &y,
    .weights = &isa, /* none */
    .isas = &isa,
    .num_isas = 1,
};

static int32_t run_main(bitnet_context *ctx, const bitnet_tensor *in) {
  const int64_t n = in->dims[0], one = 1;
  const int64_t first = STRAY < 0 ? STRAY : 0, end = STRAY > 0 ? n + STRAY : n;
  /* volatile: what is read and not needed shall be read. */
  volatile float *from = in->data;
  volatile float *sum = bitnet_rt_result(ctx, 0, 0, sizeof(float));
  float total = 0;
  int64_t i;
  if (!sum)
    return 1;
  for (i = first; i < end; ++i)
    total += from[i];
#ifndef STRAY_STALE
  *sum = total;
#endif
#ifdef STRAY_WRITE
  sum[1] = total;
#endif
#ifdef STRAY_INPUT
  from[0] = total;
#endif
  bitnet_rt_output(ctx, 0, 1, &one, (const void *)sum);
  return 0;
}

const bitnet_main bitnet_generated_mains[] = {run_main};

int32_t bitnet_generated_shapes(bitnet_context *ctx, const bitnet_tensor *in,
                                bitnet_tensor *out) {
  (void)ctx;
  (void)in;
  out->rank = 1;
  out->dims[0] = STRAY_SHAPE;
  return 0;
}
