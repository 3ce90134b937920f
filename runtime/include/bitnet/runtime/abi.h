/*===- abi.h - contract between a compiled model and its host ----*- C -*-===*\
|*                                                                            *|
|* The one header shared by the compiler, the model .so and the runtime.      *|
|* A model needs nothing but libc/libm; a host can use it with dlopen alone:  *|
|*                                                                            *|
|*   describe = dlsym(so, "bitnet_model_describe");                           *|
|*   run      = dlsym(so, "bitnet_model_run");                                *|
|*                                                                            *|
|* Can: call run concurrently, but for runs of one session; pass any dims     *|
|* that fit the description; pass strided inputs. Cannot: pass inputs that    *|
|* alias outputs, but for those that the model updates in place.              *|
\*===----------------------------------------------------------------------===*/

#ifndef BITNET_RUNTIME_ABI_H
#define BITNET_RUNTIME_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version changes when a host built for the old header would misread a
 * model. New fields at the end of a struct do not change it: struct_size tells
 * how much of a struct the other side knows. In every version a description
 * begins with its magic number and its version. */
#define BITNET_ABI_VERSION 2u
#define BITNET_MODEL_MAGIC 0x314e5442u /* "BTN1" */
/* Dims of a tensor at most; the compiler refuses models that need more. */
#define BITNET_MAX_RANK 8

/* Element types: the numbers of ONNX TensorProto.DataType. */
typedef enum bitnet_dtype {
  BITNET_DTYPE_F32 = 1,
  BITNET_DTYPE_U8 = 2,
  BITNET_DTYPE_I8 = 3,
  BITNET_DTYPE_U16 = 4,
  BITNET_DTYPE_I16 = 5,
  BITNET_DTYPE_I32 = 6,
  BITNET_DTYPE_I64 = 7,
  BITNET_DTYPE_BOOL = 9,
  BITNET_DTYPE_F16 = 10,
  BITNET_DTYPE_F64 = 11,
  BITNET_DTYPE_U32 = 12,
  BITNET_DTYPE_U64 = 13,
  BITNET_DTYPE_BF16 = 16
} bitnet_dtype;

/* What every call returns; the text is in bitnet_run_options.error. */
typedef enum bitnet_status {
  BITNET_OK = 0,
  BITNET_INVALID_ARGUMENT = 1, /* wrong name, count, dtype, rank, dim */
  BITNET_SHAPE_MISMATCH = 2,   /* dims that disagree with each other */
  BITNET_OUT_OF_MEMORY = 3,
  BITNET_UNSUPPORTED_CPU = 4,
  BITNET_BAD_MODEL = 5, /* not a model, wrong ABI version, bad weight file */
  BITNET_IO_ERROR = 6
} bitnet_status;

/* A tensor. `strides` (in elements) may be NULL: dense, row-major. `data` may
 * be NULL when there are no elements. Outputs are always dense; memory that
 * the model allocated for one is released with free(). */
typedef struct bitnet_tensor {
  void *data;
  int32_t dtype; /* bitnet_dtype */
  int32_t rank;
  int64_t dims[BITNET_MAX_RANK];
  const int64_t *strides;
  uint64_t capacity; /* outputs: bytes at `data`; 0 with NULL data = allocate */
} bitnet_tensor;

/* Flags of a value. An input that is IN_PLACE is written by the run, and must
 * be dense, aligned, and apart from all other tensors; an output that is
 * IN_PLACE is the memory of such an input. The other inputs are only read. */
enum { BITNET_VALUE_IN_PLACE = 1 };

/* One input, output or state. dims[i] < 0 is dynamic. Dims of inputs whose
 * names are equal must agree when the name is one that binds
 * (bitnet_dim_name_binds).
 */
typedef struct bitnet_value_desc {
  const char *name;
  int32_t dtype;
  int32_t rank;
  const int64_t *dims;
  const char *const *dim_names; /* NULL entries where unnamed */
  uint32_t flags;
  /* When it is IN_PLACE: the input whose memory this output is; the first
   * output that is this input's memory, or -1. */
  int32_t alias;
} bitnet_value_desc;

/* A value that a session keeps from run to run, like keys and values of past
 * tokens: runs read and write it, hosts do not see it. Its dims are static. */
typedef struct bitnet_state_desc {
  bitnet_value_desc value;
  uint64_t offset; /* in the state of a session, a multiple of 64 */
} bitnet_state_desc;

/* State of one conversation with a model, and memory for its runs
 * (bitnet_model_session_create). */
typedef struct bitnet_session bitnet_session;

/* Whether a dim's name stands for one size wherever it occurs. Identifiers do;
 * expressions ("past + 1"), which exporters derive and users do not keep, and
 * what means "any size" ("?", "None") bind nothing. */
static inline int bitnet_dim_name_binds(const char *name) {
  static const char *const wildcards[] = {"None",    "none", "null",    "any",
                                          "unknown", "unk",  "dynamic", "_"};
  size_t i;
  for (i = 0; name[i]; ++i) {
    const char c = name[i];
    const int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const int later = (c >= '0' && c <= '9') || c == '.' || c == ':';
    if (!letter && c != '_' && !(later && i > 0))
      return 0;
  }
  for (i = 0; i < sizeof(wildcards) / sizeof(wildcards[0]); ++i) {
    size_t at = 0;
    while (name[at] && name[at] == wildcards[i][at])
      ++at;
    if (!name[at] && !wildcards[i][at])
      return 0;
  }
  return name[0] != 0;
}

/* A class of machines that the model has code for. */
typedef struct bitnet_isa_desc {
  const char *name; /* "avx512vnni", what BITNET_ISA may say; or the --mcpu */
  /* Every CPU feature that its code may use, in LLVM's spelling: "+avx2,...".
   * Checked before any of it runs; names that are no instruction set (tuning
   * flags) are ignored. */
  const char *features;
} bitnet_isa_desc;

#define BITNET_SEAL_MAGIC 0x574e5442u /* "BTNW" */
#define BITNET_SEAL_VERSION 1u

/* Which weights these are: 64 bytes behind the weights image, in the library or
 * in the file beside it, and written last, when all bytes have passed. The
 * library has one in either case, and a file that is its own has an equal one
 * at bitnet_seal_offset, so that loading need not read the weights. */
typedef struct bitnet_weights_seal {
  uint32_t magic;
  uint32_t version; /* of the seal and of what lies before it */
  uint64_t size;    /* bytes of the weights */
  uint64_t hash;    /* bitnet_hash64 of them */
  uint64_t reserved[5];
} bitnet_weights_seal;

/* Where the seal of `size` bytes of weights lies; zeros fill the gap. */
static inline uint64_t bitnet_seal_offset(uint64_t size) {
  return (size + 63) / 64 * 64;
}

/* What a model says of itself. It and all it points to are constants of the .so
 * and live until the .so is closed. */
typedef struct bitnet_model_desc {
  uint32_t magic;
  uint32_t abi_version;
  uint64_t struct_size;
  const char *name;     /* file name of the source model */
  const char *cpu;      /* --mcpu it was compiled for, or that of isas[0] */
  const char *features; /* those of isas[0] */
  const char *producer; /* "bitnet-compile 0.1.0" */
  uint32_t num_inputs;
  uint32_t num_outputs;
  const bitnet_value_desc *inputs;
  const bitnet_value_desc *outputs;
  const void *weights; /* embedded bytes, or NULL */
  uint64_t weights_size;
  const bitnet_weights_seal *weights_seal; /* NULL without weights */
  const char *weights_file; /* base name beside the .so, or NULL if embedded */
  const bitnet_isa_desc *isas; /* from worst to best */
  uint32_t num_isas;           /* at least 1 */
  uint32_t num_states;
  const bitnet_state_desc *states;
  uint64_t state_bytes; /* of all states of a session; 0 without */
} bitnet_model_desc;

/* One part of a parallel loop. The host calls task(context, begin, end) for
 * disjoint ranges that cover [0, n), in any order and on any threads. */
typedef void (*bitnet_task)(void *context, int64_t begin, int64_t end);

/* NULL options, or zeros after struct_size, are the defaults. */
typedef struct bitnet_run_options {
  uint64_t struct_size; /* sizeof(bitnet_run_options) of the host */
  const void *weights;  /* mapped weight file; NULL when embedded */
  /* Runs all ranges of `task` and returns when the last is done; may call from
   * several threads. NULL runs them all on the calling thread. */
  void (*parallel_for)(void *pool, bitnet_task task, void *context, int64_t n);
  void *pool;
  /* Memory for output number `output`, whose `data` is NULL; without this
   * function malloc gives it. When it returns NULL, the run fails with
   * BITNET_OUT_OF_MEMORY. */
  void *(*allocate)(void *user, uint32_t output, uint64_t bytes);
  /* Called with the value of each bitnet.probe, whose data is valid during the
   * call only (bitnet-run --dump-codes). Usually NULL. */
  void (*probe)(void *user, const char *name, const bitnet_tensor *value);
  /* First argument of allocate, probe, mark and work. */
  void *user;
  char *error; /* receives one line of text on failure */
  uint64_t error_size;
  /* Called when the run goes on to another region (bitnet_model_regions), -1
   * for what is in none. */
  void (*mark)(void *user, int32_t region);
  /* Called before the current region multiplies: so many multiply-accumulates,
   * those of ternary weights included. */
  void (*work)(void *user, uint64_t macs);
  /* Whose state the run reads and writes; a model with states must have one.
   * A session does one run at a time. */
  bitnet_session *session;
} bitnet_run_options;

/* What a region of a model computes: the unit of work that it comes from. */
typedef enum bitnet_region_kind {
  BITNET_REGION_OTHER = 0,
  BITNET_REGION_TERNARY_MATMUL = 1, /* with what is fused into it */
  BITNET_REGION_MATMUL = 2,         /* of floats */
  BITNET_REGION_EXPONENTIAL = 3,    /* softmax, activation functions */
  BITNET_REGION_QUANTIZE = 4,       /* with the norm fused into it */
  BITNET_REGION_NORM = 5,
  BITNET_REGION_ELEMENTWISE = 6, /* also sums and maxima */
  BITNET_REGION_COPY = 7
} bitnet_region_kind;

/* One region of a model: the code of one fused group of ONNX nodes, whose time
 * a profile shows as one line. */
typedef struct bitnet_region_desc {
  const char *name; /* of the ONNX nodes; empty when nameless */
  int32_t kind;     /* bitnet_region_kind */
  int32_t reserved;
  uint64_t bytes; /* of weights that its matmuls read in one run */
} bitnet_region_desc;
/* The table of regions; their number goes to `count`. */
typedef const bitnet_region_desc *(*bitnet_model_regions_fn)(uint32_t *count);

/* The symbols that a model exports are named like these types, without _fn.
 * describe returns NULL to a host of another ABI version. */
typedef const bitnet_model_desc *(*bitnet_model_describe_fn)(
    uint32_t abi_version);
/* Runs the model once. The options' error text is set when it fails, and
 * outputs that malloc made are freed again. Several threads may run one model
 * at the same time. */
typedef bitnet_status (*bitnet_model_run_fn)(const bitnet_tensor *inputs,
                                             uint32_t num_inputs,
                                             bitnet_tensor *outputs,
                                             uint32_t num_outputs,
                                             const bitnet_run_options *options);
/* Fills rank and dims of each output for inputs whose dims are given (data may
 * be NULL). A dim that depends on values is -1. */
typedef bitnet_status (*bitnet_model_output_shapes_fn)(
    const bitnet_tensor *inputs, uint32_t num_inputs, bitnet_tensor *outputs,
    uint32_t num_outputs, const bitnet_run_options *options);

/* Makes a session, whose states are zeros; NULL when there is no memory.
 * Sessions of a model are independent: each may run on a thread of its own. All
 * must be freed before the model is closed. */
typedef bitnet_session *(*bitnet_model_session_create_fn)(void);
/* Sets the states to zeros, for another conversation or after a run that has
 * failed. No run of the session may be in progress. */
typedef void (*bitnet_model_session_reset_fn)(bitnet_session *session);
/* Frees a session; accepts NULL. */
typedef void (*bitnet_model_session_free_fn)(bitnet_session *session);

/* What a model holds between runs. A run gets an arena; as many are kept as
 * runs were at work at once, at most 64. */
typedef struct bitnet_memory {
  uint64_t arenas;
  uint64_t bytes;       /* of all arenas and the states of sessions */
  uint64_t largest;     /* bytes of the largest arena so far */
  uint64_t allocations; /* how often memory was asked for so far */
} bitnet_memory;
/* Fills in what the model holds at the moment. */
typedef void (*bitnet_model_memory_fn)(bitnet_memory *memory);
/* Frees the arenas that no run uses; closing the model does so too. */
typedef void (*bitnet_model_trim_fn)(void);

/* The name of the ISA variant that runs here: the best one that the CPU and its
 * operating system can run, or what the environment variable BITNET_ISA says.
 * NULL when there is none; bitnet_model_run then says why. Chosen once. */
typedef const char *(*bitnet_model_isa_fn)(void);

/* One little-endian word; compilers make one load of it. */
static inline uint64_t bitnet_hash_word(const unsigned char *at) {
  return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
         (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
         (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
}

/* Takes one word into a hash lane: xor, a rotation by 29, and a multiplication
 * by 2^64 divided by the golden ratio. */
static inline uint64_t bitnet_hash_mix(uint64_t lane, uint64_t word) {
  const uint64_t mixed = lane ^ word;
  return ((mixed << 29) | (mixed >> 35)) * 0x9e3779b97f4a7c15u;
}

/* The hash of weight bytes: four 64-bit lanes in turn, the last 32 bytes padded
 * with zeros, then the length. It finds damage and mix-ups, not forgery.
 * begin, add (any number of pieces of any size), end; or bitnet_hash64. */
typedef struct bitnet_hash {
  uint64_t lanes[4];
  uint64_t size; /* bytes so far; size % 32 of them are in `pending` */
  unsigned char pending[32];
} bitnet_hash;

/* Starts a hash; the four hash lanes get different seeds. */
static inline void bitnet_hash_begin(bitnet_hash *hash) {
  uint64_t i;
  for (i = 0; i < 4; ++i)
    hash->lanes[i] = i + 1;
  hash->size = 0;
}

/* Takes 32 bytes at `at`, one word into each hash lane. */
static inline void bitnet_hash_block(bitnet_hash *hash,
                                     const unsigned char *at) {
  int i;
  for (i = 0; i < 4; ++i)
    hash->lanes[i] =
        bitnet_hash_mix(hash->lanes[i], bitnet_hash_word(at + 8 * i));
}

/* Takes `size` more bytes. Pieces may be split anywhere: what does not fill 32
 * bytes waits in `pending`. */
static inline void bitnet_hash_add(bitnet_hash *hash, const void *bytes,
                                   uint64_t size) {
  const unsigned char *at = (const unsigned char *)bytes;
  const unsigned char *const end = at + size;
  uint64_t held = hash->size % 32;
  hash->size += size;
  while (held && at != end) {
    hash->pending[held++] = *at++;
    if (held == 32) {
      bitnet_hash_block(hash, hash->pending);
      held = 0;
    }
  }
  for (; end - at >= 32; at += 32)
    bitnet_hash_block(hash, at);
  while (at != end)
    hash->pending[held++] = *at++;
}

/* The hash of all bytes so far. The hash can take no more bytes afterwards. */
static inline uint64_t bitnet_hash_end(bitnet_hash *hash) {
  uint64_t held = hash->size % 32, result = hash->size;
  int i;
  if (held) {
    while (held < 32)
      hash->pending[held++] = 0;
    bitnet_hash_block(hash, hash->pending);
  }
  for (i = 0; i < 4; ++i) {
    result = (result ^ hash->lanes[i]) * 0x9e3779b97f4a7c15u;
    result ^= result >> 32;
  }
  return result;
}

/* The hash of bytes that are all in memory. */
static inline uint64_t bitnet_hash64(const void *bytes, uint64_t size) {
  bitnet_hash hash;
  bitnet_hash_begin(&hash);
  bitnet_hash_add(&hash, bytes, size);
  return bitnet_hash_end(&hash);
}

/*===- Between generated code and the glue inside the same .so -----------===*/

typedef struct bitnet_arena bitnet_arena;

/* Scratch memory of tasks, a kind of block for each level: the size of its
 * blocks, and one block that is used when there is no memory. */
enum { BITNET_SCRATCH_LEVELS = 4 };
typedef struct bitnet_scratch {
  uint64_t bytes;
  void *reserve;
} bitnet_scratch;

/* State of one run; generated code sees it as an opaque pointer, except that it
 * knows where `weights`, `outputs` and `state` are. */
typedef struct bitnet_context {
  const void *weights;
  const bitnet_run_options *options;
  bitnet_tensor *outputs; /* the caller's */
  char *state;            /* of the session, or NULL */
  struct bitnet_block *blocks;
  int32_t status; /* bitnet_status, first failure wins */
  const char *message;
  bitnet_arena *arena;
} bitnet_context;

/* What follows is defined by the glue (runtime/model) and called by generated
 * code. */

/* A buffer of the run without a slot, 64-aligned; NULL after the run has failed
 * for lack of memory. */
void *bitnet_rt_alloc(bitnet_context *ctx, uint64_t bytes);
/* Frees a buffer of bitnet_rt_alloc; accepts NULL. */
void bitnet_rt_free(bitnet_context *ctx, void *block);
/* Slot `index` (small numbers) with room for `bytes`, 64-aligned; NULL after
 * the run has failed. What the slot held is gone: one buffer at most lives in a
 * slot, from here to bitnet_rt_release. */
void *bitnet_rt_slot(bitnet_context *ctx, int64_t index, uint64_t bytes);
/* Ends the life of the buffer in a slot. */
void bitnet_rt_release(bitnet_context *ctx, void *data);
/* Room for `bytes` of output `output`, aligned to its elements: the caller's
 * buffer where that is large enough, aligned and no input, else slot `slot`.
 * NULL after the run has failed. */
void *bitnet_rt_result(bitnet_context *ctx, uint32_t output, int64_t slot,
                       uint64_t bytes);
/* A scratch block for one task, bitnet_generated_scratch[level].bytes long and
 * 64-aligned; never NULL. Code that holds a block of one level takes only
 * blocks of lower levels, so that nobody waits forever. */
void *bitnet_scratch_take(int32_t level);
/* Gives a block of bitnet_scratch_take back. */
void bitnet_scratch_give(int32_t level, void *block);
/* Ends the run with BITNET_SHAPE_MISMATCH and `message`, a constant, unless it
 * has failed before; generated code then returns 1. */
void bitnet_rt_fail(bitnet_context *ctx, const char *message);
/* Runs `task` over [0, n) on the host's threads
 * (bitnet_run_options.parallel_for); returns when all of it is done. */
void bitnet_rt_parallel(bitnet_context *ctx, bitnet_task task, void *context,
                        int64_t n);
/* Shows a value to bitnet_run_options.probe; costs a comparison when it is
 * NULL. */
void bitnet_rt_probe(bitnet_context *ctx, const char *name, int32_t dtype,
                     int32_t rank, const int64_t *dims, void *data);
/* Region `region` of bitnet_generated_regions begins, -1 for none
 * (bitnet_run_options.mark). */
void bitnet_rt_mark(bitnet_context *ctx, int32_t region);
/* The current region is about to do `macs` multiply-accumulates
 * (bitnet_run_options.work). */
void bitnet_rt_work(bitnet_context *ctx, int64_t macs);
/* Hands output `index` (dense) over: copies it to the caller's buffer or to
 * memory from `allocate`, unless it is there. */
void bitnet_rt_output(bitnet_context *ctx, uint32_t index, int32_t rank,
                      const int64_t *dims, const void *data);

/* The chosen one of bitnet_generated_desc.isas, set before any of these. */
extern int32_t bitnet_rt_isa;
/* The family of the core, where kernels have a loop of their own for it. */
typedef enum bitnet_core {
  BITNET_CORE_OTHER = 0,
  BITNET_CORE_ZEN = 1,  /* AMD family 0x17 and 0x19: Zen 1 to 4 */
  BITNET_CORE_ZEN5 = 2, /* AMD family 0x1a */
} bitnet_core;
extern int32_t bitnet_rt_core;

/* Defined by generated code, called by the glue: one entry for each ISA. Inputs
 * are dense. Returns 0, or 1 after bitnet_rt_fail. */
typedef int32_t (*bitnet_main)(bitnet_context *ctx,
                               const bitnet_tensor *inputs);
extern const bitnet_main bitnet_generated_mains[];
/* Writes rank dims of each output; -1 where a dim depends on values. */
int32_t bitnet_generated_shapes(bitnet_context *ctx,
                                const bitnet_tensor *inputs,
                                bitnet_tensor *outputs);
/* Constants of the model: its description, its regions, and the scratch memory
 * of its tasks. */
extern const bitnet_model_desc bitnet_generated_desc;
extern const bitnet_region_desc *const bitnet_generated_regions;
extern const uint32_t bitnet_generated_num_regions;
extern const bitnet_scratch bitnet_generated_scratch[BITNET_SCRATCH_LEVELS];

#ifdef __cplusplus
}
#endif

#endif /* BITNET_RUNTIME_ABI_H */
