/*===- Arena.c - memory that outlives a run -------------------------------===*\
|*                                                                            *|
|* An arena serves one run at a time and is kept for the next. A planned      *|
|* buffer has a slot: a place that grows while a run meets larger dims and    *|
|* afterwards lies, with all others, in one piece of memory. Since the slot   *|
|* of a buffer does not depend on sizes, a run whose dims are the same as     *|
|* those of an earlier run in the arena, or smaller, finds room everywhere    *|
|* and allocates nothing. A buffer without a plan gets 2^n bytes of its own,  *|
|* which the arena keeps in a list when the buffer is freed.                  *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

enum { ALIGNMENT = 64, MOST_IDLE = 64 };

/* A place for planned buffers, one at a time. `capacity` bytes at `data`, which
 * lies in `own` or in the arena's `common`. */
typedef struct slot {
  char *data;
  uint64_t capacity;
  bn_chunk own; /* holds data until the slot moves into the arena's `common` */
} slot;

/* An unplanned buffer. This header lies in the 64 bytes before the data; a run
 * links its buffers both ways, an arena its idle ones by `next`. */
struct bitnet_block {
  struct bitnet_block *previous;
  struct bitnet_block *next;
  bn_chunk memory;
  uint64_t capacity;
};

/* What one run at a time works in. `idle` lists unplanned buffers that no run
 * uses; `held` is the sum of all bytes, for bitnet_model_memory. */
struct bitnet_arena {
  bn_chunk slot_table;
  slot *slots;
  uint64_t num_slots;
  bn_chunk common;
  int grown; /* some slot has memory of its own */
  struct bitnet_block *idle;
  uint64_t held;
};

/* Arenas that no run uses. They are taken and given back with one atomic
 * exchange each. */
static bitnet_arena *idle_arenas[MOST_IDLE];
static bitnet_memory totals;

void bn_count_memory(int64_t bytes) {
  __atomic_fetch_add(&totals.bytes, (uint64_t)bytes, __ATOMIC_RELAXED);
  if (bytes > 0)
    __atomic_fetch_add(&totals.allocations, 1, __ATOMIC_RELAXED);
}

/* Counts bytes that the arena got and raises the largest arena so far. Another
 * thread may raise it at the same time, hence the exchange in a loop. */
static void count_bytes(bitnet_arena *arena, uint64_t bytes) {
  uint64_t most = __atomic_load_n(&totals.largest, __ATOMIC_RELAXED);
  arena->held += bytes;
  while (most < arena->held &&
         !__atomic_compare_exchange_n(&totals.largest, &most, arena->held, 1,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    continue;
}

/* A chunk that belongs to the arena, which counts its bytes; 0 when there is no
 * memory. */
static int get_chunk(bitnet_arena *arena, bn_chunk *memory, uint64_t bytes) {
  if (!bn_get_chunk(memory, bytes))
    return 0;
  count_bytes(arena, memory->bytes);
  return 1;
}

/* Gives the chunk back, if there is any, and leaves `memory` empty. */
static void free_chunk(bitnet_arena *arena, bn_chunk *memory) {
  arena->held -= memory->bytes;
  bn_free_chunk(memory);
}

/* Fails the run for a buffer of `bytes`; returns NULL for the caller to return.
 */
static void *out_of_memory(bn_run *run, uint64_t bytes) {
  bn_text text = bn_fail(run, BITNET_OUT_OF_MEMORY);
  bn_put(&text, "out of memory: a buffer of ");
  bn_put_int(&text, (int64_t)bytes);
  bn_put(&text, " bytes");
  return NULL;
}

/* Larger sizes come from an overflow, and sums of them would overflow again. */
static int is_size(uint64_t bytes) { return bytes >> 62 == 0; }

/* Makes the table long enough for slot `index`. It doubles, so that a run that
 * meets its slots one by one copies it rarely. */
static int grow_table(bitnet_arena *arena, uint64_t index) {
  bn_chunk table;
  const uint64_t count = 2 * index + 16;
  if (!get_chunk(arena, &table, count * sizeof(slot)))
    return 0;
  slot *slots = (slot *)bn_chunk_data(&table);
  memset(slots, 0, count * sizeof(slot));
  if (arena->num_slots)
    memcpy(slots, arena->slots, arena->num_slots * sizeof(slot));
  free_chunk(arena, &arena->slot_table);
  arena->slot_table = table;
  arena->slots = slots;
  arena->num_slots = count;
  return 1;
}

/* Dims that grow with every run (a cache of past tokens) should not grow memory
 * with every run: from the second time on a slot gets a quarter more. */
static void *grow_slot(bn_run *run, uint64_t index, uint64_t bytes) {
  bitnet_arena *arena = run->ctx.arena;
  if (!is_size(bytes) ||
      (index >= arena->num_slots && !grow_table(arena, index)))
    return out_of_memory(run, bytes);
  slot *grown = &arena->slots[index];
  const uint64_t capacity = bn_round_up(
      bytes + (grown->capacity ? bytes / 4 : 0) + !bytes, ALIGNMENT);
  free_chunk(arena, &grown->own);
  grown->data = NULL;
  grown->capacity = 0;
  if (!get_chunk(arena, &grown->own, capacity))
    return out_of_memory(run, bytes);
  grown->data = bn_chunk_data(&grown->own);
  grown->capacity = capacity;
  arena->grown = 1;
  return grown->data;
}

/* The common case is the first: after one run every slot has room. */
void *bn_glue_slot(bn_run *run, uint64_t index, uint64_t bytes) {
  bitnet_arena *arena = run->ctx.arena;
  if (index < arena->num_slots && arena->slots[index].data &&
      bytes <= arena->slots[index].capacity)
    return arena->slots[index].data;
  return grow_slot(run, index, bytes);
}

void *bitnet_rt_slot(bitnet_context *ctx, int64_t index, uint64_t bytes) {
  const uint64_t first = BN_SLOT_INPUTS + bitnet_generated_desc.num_inputs;
  return bn_glue_slot((bn_run *)ctx, first + (uint64_t)index, bytes);
}

/* Compilers must see that the buffer's bytes are used here and by whoever gets
 * the slot next: they may not move an access from one life to the other. */
void bitnet_rt_release(bitnet_context *ctx, void *data) {
  (void)ctx;
  __asm__ volatile("" : : "r"(data) : "memory");
}

/* Moves all slots into one piece of memory at the end of a run in which one of
 * them grew; their contents are not needed any more. When there is no memory
 * for that, the slots are left empty, and the next run lets them grow again. */
static void consolidate(bitnet_arena *arena) {
  uint64_t total = 0;
  for (uint64_t i = 0; i < arena->num_slots; ++i) {
    free_chunk(arena, &arena->slots[i].own);
    total += arena->slots[i].capacity;
  }
  free_chunk(arena, &arena->common);
  const int ok = get_chunk(arena, &arena->common, total);
  char *data = bn_chunk_data(&arena->common);
  for (uint64_t i = 0; i < arena->num_slots; ++i) {
    slot *moved = &arena->slots[i];
    if (!ok)
      moved->capacity = 0;
    moved->data = moved->capacity ? data : NULL;
    data += moved->capacity;
  }
  arena->grown = 0;
}

/* Takes memory of exactly `capacity` bytes off the idle list; NULL when there
 * is none. More bytes would do, too, but a later request for that many would
 * then have to allocate: with exact sizes a run that repeats the last one finds
 * all its buffers here. */
static struct bitnet_block *find_idle(bitnet_arena *arena, uint64_t capacity) {
  struct bitnet_block **at = &arena->idle;
  while (*at && (*at)->capacity != capacity)
    at = &(*at)->next;
  struct bitnet_block *found = *at;
  if (found)
    *at = found->next;
  return found;
}

/* Memory for a buffer of `capacity` bytes; NULL when there is none. */
static struct bitnet_block *make_block(bitnet_arena *arena, uint64_t capacity) {
  bn_chunk memory;
  if (!get_chunk(arena, &memory, capacity + ALIGNMENT))
    return NULL;
  struct bitnet_block *block = (struct bitnet_block *)bn_chunk_data(&memory);
  block->memory = memory;
  block->capacity = capacity;
  return block;
}

/* Sizes are powers of two, so that few different ones are on the idle list. */
void *bitnet_rt_alloc(bitnet_context *ctx, uint64_t bytes) {
  uint64_t capacity = ALIGNMENT;
  struct bitnet_block *block = NULL;
  while (is_size(bytes) && capacity < bytes)
    capacity *= 2;
  if (is_size(bytes))
    block = find_idle(ctx->arena, capacity);
  if (is_size(bytes) && !block)
    block = make_block(ctx->arena, capacity);
  if (!block)
    return out_of_memory((bn_run *)ctx, bytes);
  block->previous = NULL;
  block->next = ctx->blocks;
  if (ctx->blocks)
    ctx->blocks->previous = block;
  ctx->blocks = block;
  return (char *)block + ALIGNMENT;
}

void bitnet_rt_free(bitnet_context *ctx, void *data) {
  if (!data)
    return;
  bitnet_rt_release(ctx, data);
  struct bitnet_block *block =
      (struct bitnet_block *)((char *)data - ALIGNMENT);
  if (block->previous)
    block->previous->next = block->next;
  else
    ctx->blocks = block->next;
  if (block->next)
    block->next->previous = block->previous;
  block->next = ctx->arena->idle;
  ctx->arena->idle = block;
}

/* Frees an arena that no run uses, and everything in it. */
static void free_arena(bitnet_arena *arena) {
  while (arena->idle) {
    struct bitnet_block *block = arena->idle;
    bn_chunk memory = block->memory;
    arena->idle = block->next;
    free_chunk(arena, &memory);
  }
  for (uint64_t i = 0; i < arena->num_slots; ++i)
    free_chunk(arena, &arena->slots[i].own);
  free_chunk(arena, &arena->slot_table);
  free_chunk(arena, &arena->common);
  free(arena);
  __atomic_fetch_sub(&totals.arenas, 1, __ATOMIC_RELAXED);
}

/* Takes the arena at `place` of the idle ones; NULL when there is none, or
 * another thread was faster. */
static bitnet_arena *take_idle(uint64_t place) {
  /* A load first: an exchange would move the cache line. */
  if (!__atomic_load_n(&idle_arenas[place], __ATOMIC_RELAXED))
    return NULL;
  return __atomic_exchange_n(&idle_arenas[place], NULL, __ATOMIC_ACQUIRE);
}

int bn_take_arena(bn_run *run) {
  for (uint64_t i = 0; i < MOST_IDLE && !run->ctx.arena; ++i)
    run->ctx.arena = take_idle(i);
  if (run->ctx.arena)
    return 1;
  run->ctx.arena = malloc(sizeof(bitnet_arena));
  if (!run->ctx.arena) {
    out_of_memory(run, sizeof(bitnet_arena));
    return 0;
  }
  memset(run->ctx.arena, 0, sizeof(bitnet_arena));
  __atomic_fetch_add(&totals.arenas, 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&totals.allocations, 1, __ATOMIC_RELAXED);
  return 1;
}

void bn_keep_arena(bitnet_arena *arena) {
  for (int i = 0; i < MOST_IDLE; ++i) {
    bitnet_arena *none = NULL;
    if (__atomic_compare_exchange_n(&idle_arenas[i], &none, arena, 0,
                                    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
      return;
  }
  free_arena(arena);
}

/* Buffers that a failed run has not freed go to the idle list first. */
void bn_give_back_arena(bn_run *run) {
  bitnet_arena *arena = run->ctx.arena;
  if (!arena)
    return;
  while (run->ctx.blocks)
    bitnet_rt_free(&run->ctx, (char *)run->ctx.blocks + ALIGNMENT);
  if (arena->grown)
    consolidate(arena);
  if (run->ctx.status != BITNET_OUT_OF_MEMORY && run->session)
    return;
  run->ctx.arena = NULL;
  if (run->ctx.status == BITNET_OUT_OF_MEMORY)
    free_arena(arena);
  else
    bn_keep_arena(arena);
}

BITNET_EXPORT void bitnet_model_trim(void) {
  for (uint64_t i = 0; i < MOST_IDLE; ++i) {
    bitnet_arena *arena = take_idle(i);
    if (arena)
      free_arena(arena);
  }
  bn_trim_scratch();
}

BITNET_EXPORT void bitnet_model_memory(bitnet_memory *memory) {
  memory->arenas = __atomic_load_n(&totals.arenas, __ATOMIC_RELAXED);
  memory->bytes = __atomic_load_n(&totals.bytes, __ATOMIC_RELAXED);
  memory->largest = __atomic_load_n(&totals.largest, __ATOMIC_RELAXED);
  memory->allocations = __atomic_load_n(&totals.allocations, __ATOMIC_RELAXED);
}

/* Runs at dlclose. */
__attribute__((destructor)) static void free_arenas(void) {
  bitnet_model_trim();
}
