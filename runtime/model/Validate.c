/*===- Validate.c - every run checks what it was given --------------------===*\
|*                                                                            *|
|* Generated code trusts its inputs: it computes addresses from dims without  *|
|* further checks. Whatever would lead it out of a buffer is refused here,    *|
|* with a line that names the input.                                          *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

int64_t bn_dtype_size(int32_t dtype) {
  switch (dtype) {
  case BITNET_DTYPE_U8:
  case BITNET_DTYPE_I8:
  case BITNET_DTYPE_BOOL:
    return 1;
  case BITNET_DTYPE_U16:
  case BITNET_DTYPE_I16:
  case BITNET_DTYPE_F16:
  case BITNET_DTYPE_BF16:
    return 2;
  case BITNET_DTYPE_F32:
  case BITNET_DTYPE_I32:
  case BITNET_DTYPE_U32:
    return 4;
  case BITNET_DTYPE_F64:
  case BITNET_DTYPE_I64:
  case BITNET_DTYPE_U64:
    return 8;
  default:
    return 0;
  }
}

int64_t bn_byte_size(int32_t dtype, int32_t rank, const int64_t *dims) {
  int64_t size = bn_dtype_size(dtype);
  int empty = 0;
  for (int32_t i = 0; i < rank; ++i) {
    if (dims[i] < 0)
      return -1;
    empty |= dims[i] == 0;
  }
  if (empty)
    return 0;
  for (int32_t i = 0; i < rank; ++i)
    if (__builtin_mul_overflow(size, dims[i], &size))
      return -1;
  return size;
}

/* "input 'x': expected f32[batch,160], got f32[4,161]" */
static bn_text mismatch(bn_run *run, bitnet_status status,
                        const bitnet_value_desc *value,
                        const bitnet_tensor *got) {
  bn_text text = bn_fail_value(run, status, "input", value);
  bn_put(&text, "expected ");
  bn_put_type(&text, value->dtype, value->rank, value->dims, value->dim_names);
  bn_put(&text, ", got ");
  bn_put_type(&text, got->dtype, got->rank, got->dims, NULL);
  return text;
}

/* Fails the run with what differs between `value` and what the host gave;
 * `index` follows the text `what` unless it is negative. Returns 0. */
static int reject(bn_run *run, const bitnet_value_desc *value,
                  const bitnet_tensor *got, const char *what, int64_t index) {
  bn_text text = mismatch(run, BITNET_INVALID_ARGUMENT, value, got);
  bn_put(&text, " (");
  bn_put(&text, what);
  if (index >= 0)
    bn_put_int(&text, index);
  bn_put(&text, ")");
  return 0;
}

/* Checks one input against its description; without `needs_data` only its type.
 */
static int check_input(bn_run *run, const bitnet_value_desc *value,
                       const bitnet_tensor *got, int needs_data) {
  if (got->dtype != value->dtype)
    return reject(run, value, got, "dtype", -1);
  if (got->rank != value->rank)
    return reject(run, value, got, "rank ", got->rank);
  for (int32_t i = 0; i < value->rank; ++i)
    if (got->dims[i] < 0 ||
        (value->dims[i] >= 0 && value->dims[i] != got->dims[i]))
      return reject(run, value, got, "dim ", i);
  const int64_t bytes = bn_byte_size(got->dtype, got->rank, got->dims);
  if (bytes < 0)
    return reject(run, value, got, "the size overflows", -1);
  if (needs_data && bytes > 0 && !got->data)
    return reject(run, value, got, "data is NULL", -1);
  return 1;
}

/* A named dim and where its value was first seen. */
typedef struct bound_dim {
  const char *name;
  int64_t size;
  const char *input;
} bound_dim;

/* Fails the run for a named dim with two sizes: `dim` of `value`, and where the
 * other was seen first. Returns 0. */
static int disagree(bn_run *run, const bitnet_value_desc *value,
                    const bitnet_tensor *got, int32_t dim,
                    const bound_dim *first) {
  bn_text text = mismatch(run, BITNET_SHAPE_MISMATCH, value, got);
  bn_put(&text, " (dim ");
  bn_put_int(&text, dim);
  bn_put(&text, ": '");
  bn_put(&text, first->name);
  bn_put(&text, "' is ");
  bn_put_int(&text, first->size);
  bn_put(&text, " in input '");
  bn_put(&text, first->input);
  bn_put(&text, "')");
  return 0;
}

/* Adds the named dims of one input to `bound`, or finds a contradiction. */
static int bind_dims(bn_run *run, const bitnet_value_desc *value,
                     const bitnet_tensor *got, bound_dim *bound,
                     uint32_t *count) {
  for (int32_t i = 0; i < value->rank && value->dim_names; ++i) {
    const char *name = value->dim_names[i];
    uint32_t at = 0;
    if (!name || !bitnet_dim_name_binds(name))
      continue;
    while (at < *count && bound[at].name != name &&
           strcmp(bound[at].name, name) != 0)
      ++at;
    if (at == *count)
      bound[(*count)++] = (bound_dim){name, got->dims[i], value->name};
    else if (bound[at].size != got->dims[i])
      return disagree(run, value, got, i, &bound[at]);
  }
  return 1;
}

/* Checks that dims of one name have one size in all inputs. */
static int check_names_agree(bn_run *run, const bitnet_tensor *inputs) {
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  uint64_t most = 0;
  uint32_t count = 0;
  int ok = 1;
  for (uint32_t i = 0; i < desc->num_inputs; ++i)
    most += (uint64_t)desc->inputs[i].rank;
  bound_dim *bound = bn_glue_slot(run, BN_SLOT_DIMS, most * sizeof(bound_dim));
  if (!bound)
    return 0;
  for (uint32_t i = 0; i < desc->num_inputs && ok; ++i)
    ok = bind_dims(run, &desc->inputs[i], &inputs[i], bound, &count);
  return ok;
}

/* Checks how many tensors the host gave, and that there is an array of them. */
static int check_count(bn_run *run, const char *kind, uint32_t expected,
                       uint32_t got, const void *array) {
  if (got == expected && (array || !expected))
    return 1;
  bn_text text = bn_fail(run, BITNET_INVALID_ARGUMENT);
  bn_put(&text, "expected ");
  bn_put_int(&text, expected);
  bn_put(&text, kind);
  bn_put(&text, ", got ");
  if (got == expected)
    bn_put(&text, "NULL");
  else
    bn_put_int(&text, got);
  return 0;
}

int bn_check_inputs(bn_run *run, const bitnet_tensor *inputs, uint32_t count,
                    int needs_data) {
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  if (!check_count(run, " input(s)", desc->num_inputs, count, inputs))
    return 0;
  for (uint32_t i = 0; i < count; ++i)
    if (!check_input(run, &desc->inputs[i], &inputs[i], needs_data))
      return 0;
  return check_names_agree(run, inputs);
}

int bn_check_outputs(bn_run *run, const bitnet_tensor *outputs, uint32_t count,
                     int needs_room) {
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  if (!check_count(run, " output(s)", desc->num_outputs, count, outputs))
    return 0;
  for (uint32_t i = 0; i < count && needs_room; ++i) {
    const bitnet_value_desc *value = &desc->outputs[i];
    const char *what = NULL;
    if (outputs[i].data && outputs[i].dtype != value->dtype)
      what = "the buffer has another dtype than the output";
    else if (outputs[i].strides)
      what = "strided outputs are not supported";
    if (!what)
      continue;
    bn_text text = bn_fail_value(run, BITNET_INVALID_ARGUMENT, "output", value);
    bn_put(&text, what);
    return 0;
  }
  return 1;
}
