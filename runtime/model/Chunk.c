/*===- Chunk.c - memory that the glue asks the system for -----------------===*\
|*                                                                            *|
|* Small pieces come from malloc, large ones are mapped on huge pages: a run  *|
|* streams through them, and small pages would cost it misses of the TLB.     *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

enum { ALIGNMENT = 64 };
static const uint64_t huge_page = 2u << 20;
/* From this size on, memory is mapped, on huge pages. */
static const uint64_t map_from = 4u << 20;

uint64_t bn_round_up(uint64_t bytes, uint64_t unit) {
  return (bytes + unit - 1) & ~(unit - 1);
}

/* Whether the chunk is from mmap. The size tells, because no memory of malloc
 * is that large. */
static int is_mapped(const bn_chunk *chunk) {
  return chunk->bytes >= map_from + huge_page;
}

int bn_get_chunk(bn_chunk *chunk, uint64_t bytes) {
  const int mapped = bytes >= map_from;
  chunk->bytes =
      mapped ? bn_round_up(bytes, huge_page) + huge_page : bytes + ALIGNMENT;
  chunk->base = mapped ? mmap(NULL, chunk->bytes, BN_PROT_READ_WRITE,
                              BN_MAP_PRIVATE_ANONYMOUS, -1, 0)
                       : malloc(chunk->bytes);
  if (mapped && chunk->base == BN_MAP_FAILED)
    chunk->base = NULL;
  if (!chunk->base) {
    chunk->bytes = 0;
    return 0;
  }
  if (mapped)
    madvise(bn_chunk_data(chunk), chunk->bytes - huge_page, BN_MADV_HUGEPAGE);
  bn_count_memory((int64_t)chunk->bytes);
  return 1;
}

char *bn_chunk_data(const bn_chunk *chunk) {
  const uint64_t unit = is_mapped(chunk) ? huge_page : ALIGNMENT;
  return (char *)bn_round_up((uintptr_t)chunk->base, unit);
}

/* Mapped pages are given back, which come again as zeros: that costs less than
 * to write them, and no memory for what is never used. */
void bn_clear_chunk(bn_chunk *chunk) {
  if (!chunk->base)
    return;
  if (!is_mapped(chunk) ||
      madvise(chunk->base, chunk->bytes, BN_MADV_DONTNEED) != 0)
    memset(chunk->base, 0, chunk->bytes);
}

void bn_free_chunk(bn_chunk *chunk) {
  if (!chunk->base)
    return;
  bn_count_memory(-(int64_t)chunk->bytes);
  if (is_mapped(chunk))
    munmap(chunk->base, chunk->bytes);
  else
    free(chunk->base);
  *chunk = (bn_chunk){NULL, 0};
}
