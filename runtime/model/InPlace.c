/*===- InPlace.c - inputs that a run updates ------------------------------===*\
|*                                                                            *|
|* What a host passes for such an input is what generated code writes to, so  *|
|* nothing may be copied, and no other tensor may lie there: generated code   *|
|* takes all arguments for separate memory.                                   *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

/* Whether two inputs share a byte. */
static int overlap(const bitnet_tensor *a, const bitnet_tensor *b) {
  const int64_t a_bytes = bn_byte_size(a->dtype, a->rank, a->dims);
  const int64_t b_bytes = bn_byte_size(b->dtype, b->rank, b->dims);
  const char *from = a->data, *other = b->data;
  return a_bytes > 0 && b_bytes > 0 && from < other + b_bytes &&
         other < from + a_bytes;
}

/* Begins the error line of input `index`: "input 'x': updated in place, so ".
 */
static bn_text fail_input(bn_run *run, uint32_t index) {
  bn_text text = bn_fail_value(run, BITNET_INVALID_ARGUMENT, "input",
                               &bitnet_generated_desc.inputs[index]);
  bn_put(&text, "updated in place, so ");
  return text;
}

/* Checks one input that is updated in place. Strided inputs may reach further
 * than dense ones, so they are compared by what a dense one takes: the check is
 * for mistakes, not for all that a host can do. */
static int check_input(bn_run *run, const bitnet_tensor *inputs,
                       uint32_t index) {
  if (!bn_is_usable(&inputs[index])) {
    bn_text text = fail_input(run, index);
    bn_put(&text, "its data must be dense and aligned");
    return 0;
  }
  for (uint32_t i = 0; i < bitnet_generated_desc.num_inputs; ++i) {
    if (i == index || !overlap(&inputs[index], &inputs[i]))
      continue;
    bn_text text = fail_input(run, index);
    bn_put(&text, "it must not share memory with input '");
    bn_put(&text, bitnet_generated_desc.inputs[i].name);
    bn_put(&text, "'");
    return 0;
  }
  return 1;
}

/* Makes an output the memory of its input; 0 after bn_fail when the host wants
 * it elsewhere. */
static int bind_output(bn_run *run, const bitnet_tensor *inputs,
                       uint32_t index) {
  const bitnet_value_desc *value = &bitnet_generated_desc.outputs[index];
  const bitnet_tensor *in = &inputs[value->alias];
  bitnet_tensor *out = &run->ctx.outputs[index];
  if (out->data && out->data != in->data) {
    bn_text text = bn_fail_value(run, BITNET_INVALID_ARGUMENT, "output", value);
    bn_put(&text, "it is the memory of input '");
    bn_put(&text, bitnet_generated_desc.inputs[value->alias].name);
    bn_put(&text, "': pass that, or NULL");
    return 0;
  }
  out->data = in->data;
  out->capacity = (uint64_t)bn_byte_size(in->dtype, in->rank, in->dims);
  return 1;
}

int bn_bind_in_place(bn_run *run, const bitnet_tensor *inputs) {
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  for (uint32_t i = 0; i < desc->num_inputs; ++i)
    if (desc->inputs[i].flags & BITNET_VALUE_IN_PLACE &&
        !check_input(run, inputs, i))
      return 0;
  for (uint32_t i = 0; i < desc->num_outputs; ++i)
    if (desc->outputs[i].flags & BITNET_VALUE_IN_PLACE &&
        !bind_output(run, inputs, i))
      return 0;
  return 1;
}
