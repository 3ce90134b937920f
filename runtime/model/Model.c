/*===- Model.c - what a compiled model exports ----------------------------===*\
|*                                                                            *|
|* A run checks its inputs, takes an arena, calls the code of the chosen ISA  *|
|* variant, and gives the arena back. Everything that outlives a run is in    *|
|* Arena.c, Session.c, Scratch.c and CpuCheck.c.                              *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

BITNET_EXPORT const bitnet_model_desc *
bitnet_model_describe(uint32_t abi_version) {
  return abi_version == BITNET_ABI_VERSION ? &bitnet_generated_desc : NULL;
}

BITNET_EXPORT const bitnet_region_desc *bitnet_model_regions(uint32_t *count) {
  *count = bitnet_generated_num_regions;
  return bitnet_generated_regions;
}

/* Fills in the state of a run; 0 for options that are too short to have a size.
 * A failure here has no error line: the options that hold it are not read. */
static int begin(bn_run *run, bitnet_tensor *outputs,
                 const bitnet_run_options *options) {
  memset(run, 0, sizeof(*run));
  run->ctx.options = &run->options;
  run->ctx.outputs = outputs;
  run->ctx.weights = bitnet_generated_desc.weights;
  if (!options)
    return 1;
  /* A host built against an older or newer header has another size. */
  const uint64_t size = options->struct_size;
  if (size < sizeof(uint64_t)) {
    run->ctx.status = BITNET_INVALID_ARGUMENT;
    return 0;
  }
  memcpy(&run->options, options,
         size < sizeof(*options) ? size : sizeof(*options));
  if (!run->ctx.weights)
    run->ctx.weights = run->options.weights;
  if (run->options.error && run->options.error_size)
    run->options.error[0] = 0;
  return 1;
}

/* Whether there are weights: embedded ones, or those the host has mapped. */
static int check_weights(bn_run *run) {
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  if (run->ctx.weights || desc->weights_size == 0)
    return 1;
  bn_text text = bn_fail(run, BITNET_BAD_MODEL);
  bn_put(&text, "the weights file '");
  bn_put(&text, desc->weights_file);
  bn_put(&text, "' is not mapped (bitnet_run_options.weights)");
  return 0;
}

/* Gets the flags that tell which outputs malloc made (bn_run.owned). */
static int track_outputs(bn_run *run, uint32_t count) {
  run->owned = bn_glue_slot(run, BN_SLOT_OWNED, count);
  if (run->owned)
    memset(run->owned, 0, count);
  return run->owned != NULL;
}

/* Gives back what the run took, and after a failure the outputs, too. */
static bitnet_status end(bn_run *run) {
  if (run->ctx.status != BITNET_OK)
    bn_drop_outputs(run);
  bn_give_back_arena(run);
  bn_leave_session(run);
  return (bitnet_status)run->ctx.status;
}

BITNET_EXPORT bitnet_status bitnet_model_run(
    const bitnet_tensor *inputs, uint32_t num_inputs, bitnet_tensor *outputs,
    uint32_t num_outputs, const bitnet_run_options *options) {
  bn_run run;
  if (begin(&run, outputs, options) && bn_check_cpu(&run) &&
      check_weights(&run) && bn_enter_session(&run) && bn_take_arena(&run) &&
      bn_check_inputs(&run, inputs, num_inputs, 1) &&
      bn_check_outputs(&run, outputs, num_outputs, 1) &&
      bn_bind_in_place(&run, inputs) && track_outputs(&run, num_outputs)) {
    const bitnet_tensor *dense = bn_dense_inputs(&run, inputs, num_inputs);
    run.inputs = dense;
    run.num_inputs = num_inputs;
    run.started = dense != NULL;
    if (dense && bitnet_generated_mains[bitnet_rt_isa](&run.ctx, dense) != 0)
      bitnet_rt_fail(&run.ctx, "the model stopped without a reason");
  }
  return end(&run);
}

BITNET_EXPORT bitnet_status bitnet_model_output_shapes(
    const bitnet_tensor *inputs, uint32_t num_inputs, bitnet_tensor *outputs,
    uint32_t num_outputs, const bitnet_run_options *options) {
  bn_run run;
  if (begin(&run, outputs, options) && bn_check_cpu(&run) &&
      bn_take_arena(&run) && bn_check_inputs(&run, inputs, num_inputs, 0) &&
      bn_check_outputs(&run, outputs, num_outputs, 0)) {
    for (uint32_t i = 0; i < num_outputs; ++i)
      outputs[i].dtype = bitnet_generated_desc.outputs[i].dtype;
    if (bitnet_generated_shapes(&run.ctx, inputs, outputs) != 0)
      bitnet_rt_fail(&run.ctx, "the shapes of the inputs do not fit together");
  }
  return end(&run);
}

void bitnet_rt_fail(bitnet_context *ctx, const char *message) {
  bn_text text = bn_fail((bn_run *)ctx, BITNET_SHAPE_MISMATCH);
  if (!ctx->message)
    ctx->message = message;
  bn_put(&text, message);
}

void bitnet_rt_parallel(bitnet_context *ctx, bitnet_task task, void *context,
                        int64_t n) {
  const bitnet_run_options *options = ctx->options;
  if (n <= 0)
    return;
  if (n > 1 && options->parallel_for)
    options->parallel_for(options->pool, task, context, n);
  else
    task(context, 0, n);
}

void bitnet_rt_mark(bitnet_context *ctx, int32_t region) {
  if (__builtin_expect(ctx->options->mark != NULL, 0))
    ctx->options->mark(ctx->options->user, region);
}

void bitnet_rt_work(bitnet_context *ctx, int64_t macs) {
  if (__builtin_expect(ctx->options->work != NULL, 0))
    ctx->options->work(ctx->options->user, (uint64_t)macs);
}

void bitnet_rt_probe(bitnet_context *ctx, const char *name, int32_t dtype,
                     int32_t rank, const int64_t *dims, void *data) {
  if (!ctx->options->probe)
    return;
  bitnet_tensor value;
  memset(&value, 0, sizeof(value));
  value.data = data;
  value.dtype = dtype;
  value.rank = rank;
  for (int32_t i = 0; i < rank; ++i)
    value.dims[i] = dims[i];
  ctx->options->probe(ctx->options->user, name, &value);
}
