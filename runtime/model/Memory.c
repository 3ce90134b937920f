/*===- Memory.c - dense inputs, outputs -----------------------------------===*\
|*                                                                            *|
|* Generated code takes dense, aligned inputs and gives dense outputs. What   *|
|* the host passes otherwise is copied here; inputs that are dense are not.   *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

/* Whether the strides, if any, are those of a dense row-major tensor. Dims of 1
 * may have any stride, and so may tensors without elements. */
static int is_dense(const bitnet_tensor *tensor) {
  int64_t expected = 1;
  if (!tensor->strides)
    return 1;
  for (int32_t i = tensor->rank - 1; i >= 0; --i) {
    if (tensor->dims[i] == 0)
      return 1;
    if (tensor->dims[i] != 1 && tensor->strides[i] != expected)
      return 0;
    expected *= tensor->dims[i];
  }
  return 1;
}

/* Generated code reads whole elements: each must be aligned to its size. */
int bn_is_usable(const bitnet_tensor *tensor) {
  const uintptr_t mask = (uintptr_t)bn_dtype_size(tensor->dtype) - 1;
  return ((uintptr_t)tensor->data & mask) == 0 && is_dense(tensor);
}

/* Copies the sub-tensor of `from` that begins at dimension `dim` and byte
 * `data` to dense memory at `to`; `size` is the bytes of an element. */
static void copy_strided(char *to, const bitnet_tensor *from, int32_t dim,
                         const char *data, int64_t size) {
  if (dim == from->rank) {
    memcpy(to, data, (size_t)size);
    return;
  }
  int64_t block = size;
  for (int32_t i = dim + 1; i < from->rank; ++i)
    block *= from->dims[i];
  for (int64_t i = 0; i < from->dims[dim]; ++i)
    copy_strided(to + i * block, from, dim + 1,
                 data + i * from->strides[dim] * size, size);
}

/* Replaces the data of input `index` by a dense copy in a slot; 0 after
 * bn_fail. */
static int make_dense(bn_run *run, uint32_t index, bitnet_tensor *tensor) {
  const int64_t bytes = bn_byte_size(tensor->dtype, tensor->rank, tensor->dims);
  char *copy = bn_glue_slot(run, BN_SLOT_INPUTS + index, (uint64_t)bytes);
  if (!copy)
    return 0;
  if (bytes > 0 && is_dense(tensor))
    memcpy(copy, tensor->data, (size_t)bytes);
  else if (bytes > 0)
    copy_strided(copy, tensor, 0, tensor->data, bn_dtype_size(tensor->dtype));
  tensor->data = copy;
  tensor->strides = NULL;
  return 1;
}

const bitnet_tensor *bn_dense_inputs(bn_run *run, const bitnet_tensor *inputs,
                                     uint32_t count) {
  uint32_t usable = 0;
  while (usable < count && bn_is_usable(&inputs[usable]))
    ++usable;
  if (usable == count)
    return count ? inputs : (const bitnet_tensor *)run;
  bitnet_tensor *dense =
      bn_glue_slot(run, BN_SLOT_TENSORS, count * sizeof(bitnet_tensor));
  if (!dense)
    return NULL;
  memcpy(dense, inputs, count * sizeof(bitnet_tensor));
  for (uint32_t i = usable; i < count; ++i)
    if (!bn_is_usable(&inputs[i]) && !make_dense(run, i, &dense[i]))
      return NULL;
  return dense;
}

/* Memory for an output that came without any. */
static int allocate_output(bn_run *run, uint32_t index, int64_t bytes) {
  bitnet_tensor *out = &run->ctx.outputs[index];
  const uint64_t size = bytes ? (uint64_t)bytes : 1;
  if (run->options.allocate)
    out->data = run->options.allocate(run->options.user, index, size);
  else
    out->data = malloc(size);
  if (!out->data) {
    bn_text text = bn_fail_value(run, BITNET_OUT_OF_MEMORY, "output",
                                 &bitnet_generated_desc.outputs[index]);
    bn_put(&text, "out of memory: ");
    bn_put_int(&text, bytes);
    bn_put(&text, " bytes");
    return 0;
  }
  run->owned[index] = !run->options.allocate;
  out->capacity = size;
  return 1;
}

void bitnet_rt_output(bitnet_context *ctx, uint32_t index, int32_t rank,
                      const int64_t *dims, const void *data) {
  bn_run *run = (bn_run *)ctx;
  const bitnet_value_desc *value = &bitnet_generated_desc.outputs[index];
  bitnet_tensor *out = &ctx->outputs[index];
  const int64_t bytes = bn_byte_size(value->dtype, rank, dims);
  if (ctx->status != BITNET_OK)
    return;
  if (out->data && out->capacity < (uint64_t)bytes) {
    bn_text text = bn_fail_value(run, BITNET_INVALID_ARGUMENT, "output", value);
    bn_put_type(&text, value->dtype, rank, dims, NULL);
    bn_put(&text, " needs ");
    bn_put_int(&text, bytes);
    bn_put(&text, " bytes, the buffer has ");
    bn_put_int(&text, (int64_t)out->capacity);
    return;
  }
  /* An output in place has no data when it has no elements. */
  if (!out->data && !(value->flags & BITNET_VALUE_IN_PLACE) &&
      !allocate_output(run, index, bytes))
    return;
  out->dtype = value->dtype;
  out->rank = rank;
  out->strides = NULL;
  for (int32_t i = 0; i < rank; ++i)
    out->dims[i] = dims[i];
  if (bytes > 0 && out->data != data)
    memcpy(out->data, data, (size_t)bytes);
}

/* The model must not write over what it has yet to read. */
static int is_input(const bn_run *run, const char *data, uint64_t bytes) {
  for (uint32_t i = 0; i < run->num_inputs; ++i) {
    const bitnet_tensor *in = &run->inputs[i];
    const char *from = in->data;
    const int64_t size = bn_byte_size(in->dtype, in->rank, in->dims);
    if (size > 0 && data < from + size && from < data + bytes)
      return 1;
  }
  return 0;
}

void *bitnet_rt_result(bitnet_context *ctx, uint32_t output, int64_t slot,
                       uint64_t bytes) {
  bn_run *run = (bn_run *)ctx;
  const int32_t dtype = bitnet_generated_desc.outputs[output].dtype;
  const uintptr_t mask = (uintptr_t)bn_dtype_size(dtype) - 1;
  bitnet_tensor *out = &ctx->outputs[output];
  if (bytes == 0)
    return bitnet_rt_slot(ctx, slot, bytes);
  if (!out->data && !allocate_output(run, output, (int64_t)bytes))
    return NULL;
  if (out->capacity < bytes || ((uintptr_t)out->data & mask) ||
      is_input(run, out->data, bytes))
    return bitnet_rt_slot(ctx, slot, bytes);
  return out->data;
}

void bn_drop_outputs(bn_run *run) {
  for (uint32_t i = 0; run->owned && i < bitnet_generated_desc.num_outputs;
       ++i) {
    if (!run->owned[i])
      continue;
    free(run->ctx.outputs[i].data);
    run->ctx.outputs[i].data = NULL;
    run->ctx.outputs[i].capacity = 0;
  }
}
