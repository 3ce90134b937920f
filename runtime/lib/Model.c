/*===- Model.c - a loaded model and its runs ------------------------------===*\
|*                                                                            *|
|* Loading checks the file, opens it with dlopen, looks up what abi.h lists,  *|
|* and maps the weight file. Runs only fill in options that the host left out.*|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct bitnet_model {
  void *library;
  const bitnet_model_desc *desc;
  bitnet_model_run_fn run;
  bitnet_model_output_shapes_fn shapes;
  bitnet_model_memory_fn memory;
  bitnet_model_trim_fn trim;
  bitnet_model_regions_fn regions;
  bitnet_model_isa_fn isa;
  bitnet_model_session_create_fn create_session;
  bitnet_model_session_reset_fn reset_session;
  bitnet_model_session_free_fn free_session;
  void *weights; /* the mapped weight file, or NULL */
};

/* dlsym as a function pointer: ISO C has no cast for it. */
static void find_symbol(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  memcpy(function, &symbol, sizeof(symbol));
}

/* The version that a library is made for, when it is not ours: it describes
 * itself to hosts of its version only. 0 when it knows none of the first 64. */
static uint32_t find_version(bitnet_model_describe_fn describe) {
  for (uint32_t version = 1; version <= 64; ++version)
    if (version != BITNET_ABI_VERSION && describe(version))
      return version;
  return 0;
}

/* A library of another version is whole; both versions help to see which side
 * is the older one. */
static bitnet_status refuse_version(const char *path,
                                    bitnet_model_describe_fn describe) {
  const uint32_t version = find_version(describe);
  if (!version)
    return bn_error(BITNET_BAD_MODEL,
                    "%s: made for an unknown version of the model ABI, this "
                    "runtime needs version %u: compile the model again",
                    path, BITNET_ABI_VERSION);
  return bn_error(BITNET_BAD_MODEL,
                  "%s: made for version %u of the model ABI, this runtime "
                  "needs version %u: compile the model again%s",
                  path, version, BITNET_ABI_VERSION,
                  version > BITNET_ABI_VERSION ? ", or take a newer runtime"
                                               : "");
}

/* Whether the model's description is one that this library understands. */
static bitnet_status describe_model(const char *path, bitnet_model *model) {
  bitnet_model_describe_fn describe;
  find_symbol(model->library, "bitnet_model_describe", &describe);
  if (!describe)
    return bn_error(BITNET_BAD_MODEL,
                    "%s: a shared library, but not a "
                    "compiled model",
                    path);
  const bitnet_model_desc *desc = model->desc = describe(BITNET_ABI_VERSION);
  if (!desc)
    return refuse_version(path, describe);
  if (desc->magic != BITNET_MODEL_MAGIC ||
      desc->abi_version != BITNET_ABI_VERSION ||
      desc->struct_size < sizeof(bitnet_model_desc))
    return bn_error(BITNET_BAD_MODEL, "%s: its description is damaged", path);
  return BITNET_OK;
}

/* Looks up what the model exports beside its description; memory, trim and
 * regions may be missing. */
static bitnet_status find_functions(const char *path, bitnet_model *model) {
  find_symbol(model->library, "bitnet_model_run", &model->run);
  find_symbol(model->library, "bitnet_model_output_shapes", &model->shapes);
  find_symbol(model->library, "bitnet_model_memory", &model->memory);
  find_symbol(model->library, "bitnet_model_trim", &model->trim);
  find_symbol(model->library, "bitnet_model_regions", &model->regions);
  find_symbol(model->library, "bitnet_model_isa", &model->isa);
  find_symbol(model->library, "bitnet_model_session_create",
              &model->create_session);
  find_symbol(model->library, "bitnet_model_session_reset",
              &model->reset_session);
  find_symbol(model->library, "bitnet_model_session_free",
              &model->free_session);
  if (model->run && model->shapes && model->isa && model->create_session &&
      model->reset_session && model->free_session)
    return BITNET_OK;
  return bn_error(BITNET_BAD_MODEL, "%s: exports no functions of a model",
                  path);
}

/* Opens the .so and fills in `model`; what is opened before a failure is left
 * for bitnet_model_free. The version comes first: what else another version
 * exports is not ours to know. */
static bitnet_status bind_model(const char *path, bitnet_model *model) {
  char named[PATH_MAX];
  /* Without a slash dlopen would search the library path. */
  const int size = snprintf(named, sizeof(named), "%s%s",
                            strchr(path, '/') ? "" : "./", path);
  if (size < 0 || size >= (int)sizeof(named))
    return bn_error(BITNET_IO_ERROR, "%s: the name is too long", path);
  model->library = dlopen(named, RTLD_NOW | RTLD_LOCAL);
  if (!model->library)
    return bn_error(BITNET_BAD_MODEL, "%s", dlerror());
  bitnet_status status = describe_model(path, model);
  if (status == BITNET_OK)
    status = find_functions(path, model);
  if (status == BITNET_OK)
    status = bn_map_weights(path, model->desc, &model->weights);
  return status;
}

bitnet_status bitnet_model_load(const char *path, bitnet_model **result) {
  if (!result)
    return bn_error(BITNET_INVALID_ARGUMENT, "no place for the model");
  *result = NULL;
  if (!path || !*path)
    return bn_error(BITNET_INVALID_ARGUMENT, "no model file given");
  bitnet_status status = bn_check_elf(path);
  if (status != BITNET_OK)
    return status;
  bitnet_model *model = calloc(1, sizeof(*model));
  if (!model)
    return bn_error(BITNET_OUT_OF_MEMORY, "%s: out of memory", path);
  status = bind_model(path, model);
  if (status != BITNET_OK)
    bitnet_model_free(model);
  else
    *result = model;
  return status;
}

void bitnet_model_free(bitnet_model *model) {
  if (!model)
    return;
  if (model->weights)
    munmap(model->weights, model->desc->weights_size);
  if (model->library)
    dlclose(model->library);
  free(model);
}

const bitnet_model_desc *bitnet_model_description(const bitnet_model *model) {
  return model->desc;
}

const char *bitnet_model_isa_name(const bitnet_model *model) {
  return model->isa();
}

bitnet_status bitnet_session_create(const bitnet_model *model,
                                    bitnet_session **session) {
  if (session)
    *session = NULL;
  if (!model || !session)
    return bn_error(BITNET_INVALID_ARGUMENT, "no model or no place given");
  *session = model->create_session();
  if (*session)
    return BITNET_OK;
  return bn_error(BITNET_OUT_OF_MEMORY,
                  "out of memory: a session of %llu bytes",
                  (unsigned long long)model->desc->state_bytes);
}

void bitnet_session_reset(const bitnet_model *model, bitnet_session *session) {
  model->reset_session(session);
}

void bitnet_session_free(const bitnet_model *model, bitnet_session *session) {
  if (session)
    model->free_session(session);
}

bitnet_status bitnet_model_verify(const bitnet_model *model) {
  if (!model)
    return bn_error(BITNET_INVALID_ARGUMENT, "no model given");
  return bn_verify_weights(model->desc, model->weights);
}

/* The caller's options, completed with what this library provides. */
static bitnet_run_options complete_options(const bitnet_model *model,
                                           const bitnet_run_options *options) {
  bitnet_run_options full;
  memset(&full, 0, sizeof(full));
  if (options && options->struct_size >= sizeof(uint64_t))
    memcpy(&full, options,
           options->struct_size < sizeof(full) ? options->struct_size
                                               : sizeof(full));
  full.struct_size = sizeof(full);
  full.weights = model->weights;
  if (!full.error || !full.error_size) {
    full.error = bn_error_buffer();
    full.error_size = BN_ERROR_SIZE;
  }
  return full;
}

/* An error in the host's own buffer goes to this thread's error line, too, so
 * that bitnet_last_error tells it. */
static bitnet_status finish(bitnet_status status,
                            const bitnet_run_options *options) {
  if (status != BITNET_OK && options->error != bn_error_buffer())
    bn_error(status, "%s", options->error);
  return status;
}

bitnet_status bitnet_model_invoke(const bitnet_model *model,
                                  const bitnet_tensor *inputs,
                                  uint32_t num_inputs, bitnet_tensor *outputs,
                                  uint32_t num_outputs,
                                  const bitnet_run_options *options) {
  if (!model)
    return bn_error(BITNET_INVALID_ARGUMENT, "no model given");
  bitnet_run_options full = complete_options(model, options);
  if (!full.parallel_for) {
    bitnet_pool *pool;
    const bitnet_status status = bn_default_pool(&pool);
    if (status != BITNET_OK)
      return status;
    full.parallel_for = bitnet_pool_parallel_for;
    full.pool = pool;
  }
  return finish(model->run(inputs, num_inputs, outputs, num_outputs, &full),
                &full);
}

bitnet_status bitnet_model_shapes(const bitnet_model *model,
                                  const bitnet_tensor *inputs,
                                  uint32_t num_inputs, bitnet_tensor *outputs,
                                  uint32_t num_outputs) {
  if (!model)
    return bn_error(BITNET_INVALID_ARGUMENT, "no model given");
  const bitnet_run_options full = complete_options(model, NULL);
  return finish(model->shapes(inputs, num_inputs, outputs, num_outputs, &full),
                &full);
}

bitnet_memory bitnet_model_memory_use(const bitnet_model *model) {
  bitnet_memory memory;
  memset(&memory, 0, sizeof(memory));
  if (model && model->memory)
    model->memory(&memory);
  return memory;
}

void bitnet_model_release_memory(const bitnet_model *model) {
  if (model && model->trim)
    model->trim();
}

const bitnet_region_desc *bitnet_model_region_table(const bitnet_model *model,
                                                    uint32_t *count) {
  *count = 0;
  return model && model->regions ? model->regions(count) : NULL;
}
