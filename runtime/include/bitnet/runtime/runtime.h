/*===- runtime.h - load and run compiled models -------------------*- C -*-===*\
|*                                                                            *|
|* Optional: a model.so also works with dlopen and abi.h alone. This library  *|
|* adds a loader that checks what it loads, maps the weight file beside the   *|
|* model, and supplies threads.                                               *|
|*                                                                            *|
|*   bitnet_model *model;                                                     *|
|*   if (bitnet_model_load("m.so", &model) != BITNET_OK)                      *|
|*     puts(bitnet_last_error());                                             *|
|*   bitnet_model_invoke(model, inputs, 1, outputs, 1, NULL);                 *|
|*   bitnet_model_free(model);                                                *|
|*                                                                            *|
|* Every function may be called from several threads; a model must not be     *|
|* freed while it runs.                                                       *|
\*===----------------------------------------------------------------------===*/

#ifndef BITNET_RUNTIME_RUNTIME_H
#define BITNET_RUNTIME_RUNTIME_H

#include "bitnet/runtime/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BITNET_API __attribute__((visibility("default")))
#else
#define BITNET_API
#endif

/* A loaded model, and a pool of threads; made and freed by the functions below.
 */
typedef struct bitnet_model bitnet_model;
typedef struct bitnet_pool bitnet_pool;

/* The BITNET_ABI_VERSION that this library was built for. */
BITNET_API uint32_t bitnet_runtime_abi_version(void);

/* Loads the model at `path` and, when it has one, the weight file beside it.
 * The result goes to `*model`, NULL after a failure. BITNET_IO_ERROR: a file
 * cannot be read; BITNET_BAD_MODEL: no model, another ABI version, or a weight
 * file that is missing parts or belongs to another model. Weights are mapped
 * and not read: what is wrong inside of them only bitnet_model_verify finds. */
BITNET_API bitnet_status bitnet_model_load(const char *path,
                                           bitnet_model **model);
/* Closes the model and unmaps its weights; accepts NULL. Outputs that a run
 * allocated stay valid. */
BITNET_API void bitnet_model_free(bitnet_model *model);

/* Reads all weights and compares their hash with what the compiler wrote;
 * BITNET_BAD_MODEL when a bit has changed. It takes as long as the disk does.
 */
BITNET_API bitnet_status bitnet_model_verify(const bitnet_model *model);

/* Inputs, outputs, target CPU; lives as long as the model. */
BITNET_API const bitnet_model_desc *
bitnet_model_description(const bitnet_model *model);
/* The ISA variant that runs here (bitnet_model_isa_fn), NULL when there is
 * none. */
BITNET_API const char *bitnet_model_isa_name(const bitnet_model *model);
/* How many inputs and outputs a run has. */
BITNET_API uint32_t bitnet_model_num_inputs(const bitnet_model *model);
BITNET_API uint32_t bitnet_model_num_outputs(const bitnet_model *model);
/* Name, dtype, dims and names of dims by index; NULL beyond the last. */
BITNET_API const bitnet_value_desc *
bitnet_model_input(const bitnet_model *model, uint32_t index);
BITNET_API const bitnet_value_desc *
bitnet_model_output(const bitnet_model *model, uint32_t index);
/* What a session of the model keeps from run to run. */
BITNET_API uint32_t bitnet_model_num_states(const bitnet_model *model);
BITNET_API const bitnet_value_desc *
bitnet_model_state(const bitnet_model *model, uint32_t index);
/* The name alone; NULL beyond the last. */
BITNET_API const char *bitnet_model_input_name(const bitnet_model *model,
                                               uint32_t index);
BITNET_API const char *bitnet_model_output_name(const bitnet_model *model,
                                                uint32_t index);
/* Index of an input or output, -1 when there is none of that name. */
BITNET_API int bitnet_model_find_input(const bitnet_model *model,
                                       const char *name);
BITNET_API int bitnet_model_find_output(const bitnet_model *model,
                                        const char *name);

/* Runs the model. NULL options, or options without parallel_for, run on the
 * default pool; `weights` is filled in. */
BITNET_API bitnet_status bitnet_model_invoke(const bitnet_model *model,
                                             const bitnet_tensor *inputs,
                                             uint32_t num_inputs,
                                             bitnet_tensor *outputs,
                                             uint32_t num_outputs,
                                             const bitnet_run_options *options);
/* Output shapes for inputs whose dims are given; -1 depends on values. */
BITNET_API bitnet_status bitnet_model_shapes(const bitnet_model *model,
                                             const bitnet_tensor *inputs,
                                             uint32_t num_inputs,
                                             bitnet_tensor *outputs,
                                             uint32_t num_outputs);

/* A conversation with the model, for bitnet_run_options.session; its states are
 * zeros. Any number of sessions may be at work at once, each with one run at a
 * time. BITNET_OUT_OF_MEMORY, and `*session` is NULL, when their states
 * (bitnet_model_desc.state_bytes) find no room. */
BITNET_API bitnet_status bitnet_session_create(const bitnet_model *model,
                                               bitnet_session **session);
/* Sets the states to zeros; a session whose run has failed needs it. */
BITNET_API void bitnet_session_reset(const bitnet_model *model,
                                     bitnet_session *session);
/* Accepts NULL. Sessions end before their model does. */
BITNET_API void bitnet_session_free(const bitnet_model *model,
                                    bitnet_session *session);

/* Memory that the model holds between runs; zeros for a model that does not
 * tell. */
BITNET_API bitnet_memory bitnet_model_memory_use(const bitnet_model *model);
/* Gives back what no run uses at the moment. */
BITNET_API void bitnet_model_release_memory(const bitnet_model *model);

/* The regions that bitnet_run_options.mark tells about; NULL and 0 for a model
 * without. */
BITNET_API const bitnet_region_desc *
bitnet_model_region_table(const bitnet_model *model, uint32_t *count);

/* The text of this thread's latest failure; never NULL. */
BITNET_API const char *bitnet_last_error(void);
/* The status in words ("bad model"), for messages. */
BITNET_API const char *bitnet_status_name(bitnet_status status);
/* "f32"; NULL for numbers that are no dtype of a model. */
BITNET_API const char *bitnet_dtype_name(int32_t dtype);
/* Bytes of one element; 0 for numbers that are no dtype of a model. */
BITNET_API uint64_t bitnet_dtype_bytes(int32_t dtype);

/* On which CPUs the threads of a pool run. The calling thread is never moved;
 * the first CPU is left to it. */
typedef enum bitnet_affinity {
  BITNET_AFFINITY_DEFAULT = 0, /* BITNET_AFFINITY, else NONE */
  BITNET_AFFINITY_NONE = 1,    /* where the system likes */
  BITNET_AFFINITY_COMPACT = 2, /* siblings of a core next to each other */
  BITNET_AFFINITY_SPREAD = 3   /* every core once before any sibling */
} bitnet_affinity;
/* "none", "compact", "spread"; -1 for anything else. */
BITNET_API int bitnet_affinity_parse(const char *name);

/* Zeros, or NULL, are the defaults. Environment variables fill in what is 0;
 * one that holds nonsense is an error. */
typedef struct bitnet_pool_options {
  uint64_t struct_size; /* sizeof(bitnet_pool_options) of the host */
  /* The calling one included, at most 1024. 0: BITNET_NUM_THREADS, else one
   * per available core. */
  int32_t threads;
  int32_t affinity; /* bitnet_affinity */
  /* How long a thread without work spins before it sleeps. 0: BITNET_SPIN_US,
   * else 200; negative: it sleeps at once, as it does with more threads than
   * available cores. */
  int64_t spin_us;
} bitnet_pool_options;

/* NULL after a failure (bitnet_last_error). Ranges are contiguous and fixed by
 * n and the thread count. A call from inside a task, while the pool serves
 * another caller, or in a forked child runs inline. */
BITNET_API bitnet_pool *
bitnet_pool_create_with(const bitnet_pool_options *options);
/* A pool of so many threads (0: the default) with defaults for all else. */
BITNET_API bitnet_pool *bitnet_pool_create(int threads);
/* Accepts NULL. No call may be in progress. */
BITNET_API void bitnet_pool_free(bitnet_pool *pool);
/* How many threads a loop runs on, the calling one included; 1 for NULL. */
BITNET_API int bitnet_pool_threads(const bitnet_pool *pool);
/* Fits bitnet_run_options.parallel_for, with a bitnet_pool as `pool`. */
BITNET_API void bitnet_pool_parallel_for(void *pool, bitnet_task task,
                                         void *context, int64_t n);
/* Made on first use with defaults, in a forked child again; never freed. NULL
 * after a failure. */
BITNET_API bitnet_pool *bitnet_default_pool(void);

#ifdef __cplusplus
}
#endif

#endif /* BITNET_RUNTIME_RUNTIME_H */
