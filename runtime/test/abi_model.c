/*===- abi_model.c - a library that is made for another ABI ---------------===*\
|*                                                                            *|
|* Exports what a library of ABI 1 exported, with the structs of that version *|
|* written out, because abi.h has those of today. With FAKE_ABI=3 it stands   *|
|* for what a later compiler makes.                                           *|
\*===----------------------------------------------------------------------===*/

#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

typedef struct value_desc_1 {
  const char *name;
  int32_t dtype, rank;
  const int64_t *dims;
  const char *const *dim_names;
} value_desc_1;

typedef struct model_desc_1 {
  uint32_t magic, abi_version;
  uint64_t struct_size;
  const char *name, *cpu, *features, *producer;
  uint32_t num_inputs, num_outputs;
  const value_desc_1 *inputs, *outputs;
  const void *weights;
  uint64_t weights_size, weights_hash;
  const char *weights_file;
  const void *isas;
  uint32_t num_isas, reserved;
} model_desc_1;

static const int64_t dims[] = {4};
static const value_desc_1 x = {"x", 1, 1, dims, NULL};
static const value_desc_1 y = {"y", 1, 1, dims, NULL};
static const model_desc_1 desc = {
    .magic = 0x314e5442u,
    .abi_version = FAKE_ABI,
    .struct_size = sizeof(model_desc_1),
    .name = "old.onnx",
    .producer = "bitnet-compile 0.1.0",
    .num_inputs = 1,
    .num_outputs = 1,
    .inputs = &x,
    .outputs = &y,
};

EXPORT const void *bitnet_model_describe(uint32_t version);
EXPORT int bitnet_model_run(void);
EXPORT int bitnet_model_output_shapes(void);
EXPORT const char *bitnet_model_isa(void);

const void *bitnet_model_describe(uint32_t version) {
  return version == FAKE_ABI ? &desc : NULL;
}

/* The loader must not come so far. */
int bitnet_model_run(void) { return 6; }
int bitnet_model_output_shapes(void) { return 6; }
const char *bitnet_model_isa(void) { return "base"; }
