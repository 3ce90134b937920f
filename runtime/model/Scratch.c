/*===- Scratch.c - scratch blocks of tasks --------------------------------===*\
|*                                                                            *|
|* A task needs some tens of KB that no other task may touch. On the stack    *|
|* they would decide how small the threads of a host may be, so a task takes  *|
|* a scratch block and gives it back. Blocks are kept: after some runs        *|
|* nothing is allocated. A task cannot fail, so each level has one block, the *|
|* reserve, that is never allocated: a task that finds no memory waits for    *|
|* it. Code that holds a block of one level takes blocks of lower levels      *|
|* only, so whoever has the reserve of a level comes to an end and gives it   *|
|* back, and nobody waits forever.                                            *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

enum { ALIGNMENT = 64, MOST_IDLE = 64 };

/* Blocks that no task uses. They are taken and given back with one atomic
 * exchange each. */
static void *idle_blocks[BITNET_SCRATCH_LEVELS][MOST_IDLE];
static int32_t reserve_taken[BITNET_SCRATCH_LEVELS];

/* The block lies behind this; `base` is what malloc gave. */
typedef struct header {
  void *base;
  char padding[ALIGNMENT - sizeof(void *)];
} header;

/* Bytes of malloc for a block: its data, the header, and room to align both. */
static uint64_t block_bytes(int32_t level) {
  return bitnet_generated_scratch[level].bytes + sizeof(header) + ALIGNMENT;
}

static void *make_block(int32_t level) {
  char *base = malloc((size_t)block_bytes(level));
  if (!base)
    return NULL;
  header *block =
      (header *)(((uintptr_t)base + ALIGNMENT - 1) & ~(uintptr_t)63);
  block->base = base;
  bn_count_memory((int64_t)block_bytes(level));
  return block + 1;
}

/* Frees a block of make_block; reserves are not of its kind. */
static void drop_block(int32_t level, void *block) {
  bn_count_memory(-(int64_t)block_bytes(level));
  free(((header *)block)[-1].base);
}

/* An idle block, else a new one, else the reserve, for which this waits. */
void *bitnet_scratch_take(int32_t level) {
  for (int i = 0; i < MOST_IDLE; ++i) {
    void **place = &idle_blocks[level][i];
    /* A load first: an exchange would move the cache line. */
    void *block = __atomic_load_n(place, __ATOMIC_RELAXED)
                      ? __atomic_exchange_n(place, NULL, __ATOMIC_ACQUIRE)
                      : NULL;
    if (block)
      return block;
  }
  void *block = make_block(level);
  if (block)
    return block;
  while (__atomic_exchange_n(&reserve_taken[level], 1, __ATOMIC_ACQUIRE))
    continue;
  return bitnet_generated_scratch[level].reserve;
}

void bitnet_scratch_give(int32_t level, void *block) {
  if (block == bitnet_generated_scratch[level].reserve) {
    __atomic_store_n(&reserve_taken[level], 0, __ATOMIC_RELEASE);
    return;
  }
  for (int i = 0; i < MOST_IDLE; ++i) {
    void *none = NULL;
    if (!__atomic_load_n(&idle_blocks[level][i], __ATOMIC_RELAXED) &&
        __atomic_compare_exchange_n(&idle_blocks[level][i], &none, block, 0,
                                    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
      return;
  }
  drop_block(level, block);
}

void bn_trim_scratch(void) {
  for (int32_t level = 0; level < BITNET_SCRATCH_LEVELS; ++level)
    for (int i = 0; i < MOST_IDLE; ++i) {
      void *block =
          __atomic_exchange_n(&idle_blocks[level][i], NULL, __ATOMIC_ACQUIRE);
      if (block)
        drop_block(level, block);
    }
}
