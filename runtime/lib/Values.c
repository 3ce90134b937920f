/*===- Values.c - inputs, outputs, states by index, name ---------------===*\
|*                                                                            *|
|* For hosts that cannot read the structs of abi.h, like bindings of other    *|
|* languages: the same facts as functions that check what they are given.     *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

#include <string.h>

/* Value `index` of `count`, NULL beyond the last. */
static const bitnet_value_desc *at(const bitnet_value_desc *values,
                                   uint32_t count, uint32_t index) {
  return index < count ? &values[index] : NULL;
}

/* The name of a value, NULL for none. */
static const char *name_of(const bitnet_value_desc *value) {
  return value ? value->name : NULL;
}

/* Index of the value `name`, -1 when there is none. */
static int find_value(const bitnet_value_desc *values, uint32_t count,
                      const char *name) {
  for (uint32_t i = 0; i < count; ++i)
    if (strcmp(values[i].name, name) == 0)
      return (int)i;
  return -1;
}

uint32_t bitnet_model_num_inputs(const bitnet_model *model) {
  return bitnet_model_description(model)->num_inputs;
}

uint32_t bitnet_model_num_outputs(const bitnet_model *model) {
  return bitnet_model_description(model)->num_outputs;
}

const bitnet_value_desc *bitnet_model_input(const bitnet_model *model,
                                            uint32_t index) {
  const bitnet_model_desc *desc = bitnet_model_description(model);
  return at(desc->inputs, desc->num_inputs, index);
}

const bitnet_value_desc *bitnet_model_output(const bitnet_model *model,
                                             uint32_t index) {
  const bitnet_model_desc *desc = bitnet_model_description(model);
  return at(desc->outputs, desc->num_outputs, index);
}

uint32_t bitnet_model_num_states(const bitnet_model *model) {
  return bitnet_model_description(model)->num_states;
}

const bitnet_value_desc *bitnet_model_state(const bitnet_model *model,
                                            uint32_t index) {
  const bitnet_model_desc *desc = bitnet_model_description(model);
  return index < desc->num_states ? &desc->states[index].value : NULL;
}

const char *bitnet_model_input_name(const bitnet_model *model, uint32_t index) {
  return name_of(bitnet_model_input(model, index));
}

const char *bitnet_model_output_name(const bitnet_model *model,
                                     uint32_t index) {
  return name_of(bitnet_model_output(model, index));
}

int bitnet_model_find_input(const bitnet_model *model, const char *name) {
  const bitnet_model_desc *desc = bitnet_model_description(model);
  return find_value(desc->inputs, desc->num_inputs, name);
}

int bitnet_model_find_output(const bitnet_model *model, const char *name) {
  const bitnet_model_desc *desc = bitnet_model_description(model);
  return find_value(desc->outputs, desc->num_outputs, name);
}
