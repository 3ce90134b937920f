/*===- Internal.h - shared by the glue inside a compiled model ----*- C -*-===*\
|*                                                                            *|
|* The glue is linked into every compiled model. It is freestanding: the few  *|
|* libc functions below (and getauxval on Arm) are all it asks of its host,   *|
|* so that it compiles for any target without a sysroot.                      *|
\*===----------------------------------------------------------------------===*/

#ifndef BITNET_RUNTIME_MODEL_INTERNAL_H
#define BITNET_RUNTIME_MODEL_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

void *malloc(size_t size);
void free(void *block);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int strcmp(const char *a, const char *b);
char *getenv(const char *name);
void *mmap(void *at, size_t size, int protection, int flags, int fd, long from);
int munmap(void *at, size_t size);
int madvise(void *at, size_t size, int advice);

/* Linux has these values on every architecture that we compile for. */
#define BN_PROT_READ_WRITE 3
#define BN_MAP_PRIVATE_ANONYMOUS 0x22
#define BN_MAP_FAILED ((void *)-1)
#define BN_MADV_DONTNEED 4
#define BN_MADV_HUGEPAGE 14

#define BITNET_EXPORT __attribute__((visibility("default")))

#pragma GCC visibility push(hidden)

#include "bitnet/runtime/abi.h"

/* One run. Generated code gets a pointer to `ctx` and must not see the rest. */
typedef struct bn_run {
  bitnet_context ctx;
  bitnet_run_options options; /* the caller's, completed with zeros */
  unsigned char *owned;       /* per output: 1 = malloc'ed by allocate_output */
  const bitnet_tensor *inputs; /* dense */
  uint32_t num_inputs;
  bitnet_session *session; /* NULL until bn_enter_session has succeeded */
  int started;             /* generated code has begun */
} bn_run;

/* A line of text under construction; drops what does not fit. */
typedef struct bn_text {
  char *at;
  char *end; /* the last byte, kept for the terminator; NULL = drop all */
} bn_text;

void bn_put(bn_text *text, const char *string);
void bn_put_int(bn_text *text, int64_t value);
/* "f32[batch,160]"; names may be NULL. */
void bn_put_type(bn_text *text, int32_t dtype, int32_t rank,
                 const int64_t *dims, const char *const *names);

/* Records the first failure of a run and returns the line to describe it in:
 * the caller's error buffer. After a second failure, or without a buffer, what
 * is put into the line is dropped. */
bn_text bn_fail(bn_run *run, bitnet_status status);
/* The same with the line begun: "input 'x': ". */
bn_text bn_fail_value(bn_run *run, bitnet_status status, const char *kind,
                      const bitnet_value_desc *value);

/* Bytes of one element; 0 for a dtype that no model takes. */
int64_t bn_dtype_size(int32_t dtype);
/* Bytes of a dense tensor, -1 when dims are negative or the size overflows. */
int64_t bn_byte_size(int32_t dtype, int32_t rank, const int64_t *dims);

/* The checks of a run. Each returns 1, or 0 after bn_fail. bn_check_cpu also
 * chooses the ISA variant, once for all runs. */
int bn_check_cpu(bn_run *run);
/* Counts, dtypes, ranks, dims, and that dims of one name agree; with
 * `needs_data` also that data is there. */
int bn_check_inputs(bn_run *run, const bitnet_tensor *inputs, uint32_t count,
                    int needs_data);
/* Counts; with `needs_room` also the dtype of given buffers. Room for the
 * result is checked when its size is known (bitnet_rt_output). */
int bn_check_outputs(bn_run *run, const bitnet_tensor *outputs, uint32_t count,
                     int needs_room);

/* Whether this CPU and its kernel have the LLVM feature in name[0, size). True
 * for names that are no instruction set. */
int bn_cpu_has(const char *name, int size);
/* The family of this core. */
bitnet_core bn_cpu_core(void);
/* Whether `string` is exactly name[0, size). */
int bn_same(const char *string, const char *name, int size);

/* Checks inputs that are updated in place, and makes outputs that are their
 * memory point there; after the checks above, 0 after bn_fail. */
int bn_bind_in_place(bn_run *run, const bitnet_tensor *inputs);

/* Whether generated code can use the tensor where it lies: dense and aligned to
 * its elements. */
int bn_is_usable(const bitnet_tensor *tensor);
/* Inputs as dense, aligned tensors; NULL when out of memory. */
const bitnet_tensor *bn_dense_inputs(bn_run *run, const bitnet_tensor *inputs,
                                     uint32_t count);

/* What the glue keeps in slots of its own, before those of generated code. */
enum {
  BN_SLOT_OWNED,
  BN_SLOT_DIMS,
  BN_SLOT_TENSORS,
  BN_SLOT_INPUTS /* one for each input */
};
/* At least `bytes` bytes until the end of the run; NULL after bn_fail. */
void *bn_glue_slot(bn_run *run, uint64_t index, uint64_t bytes);

/* Takes the session of the options, with its state and its arena; 0 after
 * bn_fail. Leaving it is the end of the run. */
int bn_enter_session(bn_run *run);
void bn_leave_session(bn_run *run);

/* Memory of a run, from bn_take_arena (1, or 0 after bn_fail) on, unless the
 * session has brought it. Giving it back keeps it for the next run, or for
 * bn_leave_session; after a lack of memory it is freed. */
int bn_take_arena(bn_run *run);
void bn_give_back_arena(bn_run *run);
/* Keeps an arena that no run uses for any run. */
void bn_keep_arena(bitnet_arena *arena);

/* Frees the outputs that malloc made in a run that has failed. */
void bn_drop_outputs(bn_run *run);

/* A piece of memory from malloc or mmap; `base` is NULL when there is none. */
typedef struct bn_chunk {
  void *base;
  uint64_t bytes;
} bn_chunk;

/* Gets room for `bytes` bytes and counts it (bn_count_memory); 0, and an empty
 * chunk, when there is no memory. */
int bn_get_chunk(bn_chunk *chunk, uint64_t bytes);
/* Its first byte, 64-aligned; in mapped memory that of a huge page. */
char *bn_chunk_data(const bn_chunk *chunk);
/* Makes all bytes zeros. */
void bn_clear_chunk(bn_chunk *chunk);
/* Gives the memory back, if there is any, and leaves `chunk` empty. */
void bn_free_chunk(bn_chunk *chunk);
/* `bytes` rounded up to a multiple of `unit`, a power of two. */
uint64_t bn_round_up(uint64_t bytes, uint64_t unit);

/* Adds to what bitnet_model_memory tells: bytes got (an allocation more) or,
 * below 0, given back. */
void bn_count_memory(int64_t bytes);
/* Frees the scratch blocks that no task uses. */
void bn_trim_scratch(void);

#pragma GCC visibility pop

#endif /* BITNET_RUNTIME_MODEL_INTERNAL_H */
