/* The working memory of tasks with a malloc that fails on demand. */
#define malloc bitnet_test_malloc
#include "Scratch.c"
#undef malloc

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BYTES = 5056, MANY = 70, THREADS = 4, ROUNDS = 2000 };

static _Alignas(64) char reserves[2][BYTES];
const bitnet_scratch bitnet_generated_scratch[BITNET_SCRATCH_LEVELS] = {
    {BYTES, reserves[0]}, {BYTES, reserves[1]}};

static int no_memory;
static int64_t held, allocations;

void *bitnet_test_malloc(size_t size) {
  return no_memory ? NULL : malloc(size);
}

void bn_count_memory(int64_t bytes) {
  __atomic_fetch_add(&held, bytes, __ATOMIC_RELAXED);
  if (bytes > 0)
    __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
}

static void expect(int condition, const char *what) {
  if (condition)
    return;
  printf("failed: %s\n", what);
  exit(1);
}

/* Each holder has all bytes of a block for itself. */
static void test_blocks(void) {
  char *blocks[MANY];
  for (int i = 0; i < MANY; ++i) {
    blocks[i] = bitnet_scratch_take(i % 2);
    expect((uintptr_t)blocks[i] % 64 == 0, "alignment");
    memset(blocks[i], i, BYTES);
  }
  for (int i = 0; i < MANY; ++i) {
    for (int j = 0; j < BYTES; ++j)
      expect(blocks[i][j] == (char)i, "bytes that nobody else writes");
    bitnet_scratch_give(i % 2, blocks[i]);
  }
  expect(allocations == MANY, "one allocation for each holder");
  puts("blocks: ok");
}

/* Blocks are taken again, not made again, until they are trimmed. */
static void test_kept(void) {
  int64_t before = allocations;
  for (int i = 0; i < 10; ++i)
    bitnet_scratch_give(0, bitnet_scratch_take(0));
  expect(allocations == before && held > 0, "blocks that are kept");
  bn_trim_scratch();
  expect(held == 0, "nothing left after a trim");
  /* No more than 64 of a level are kept. */
  void *blocks[MANY];
  for (int i = 0; i < MANY; ++i)
    blocks[i] = bitnet_scratch_take(0);
  int64_t most = held;
  for (int i = 0; i < MANY; ++i)
    bitnet_scratch_give(0, blocks[i]);
  expect(held * MANY == most * MOST_IDLE, "64 blocks at most are kept");
  bn_trim_scratch();
  expect(held == 0, "nothing left after a trim");
  puts("kept: ok");
}

static void test_reserve(void) {
  no_memory = 1;
  for (int i = 0; i < 3; ++i) {
    void *outer = bitnet_scratch_take(1), *inner = bitnet_scratch_take(0);
    expect(outer == reserves[1] && inner == reserves[0], "reserves by level");
    bitnet_scratch_give(0, inner);
    bitnet_scratch_give(1, outer);
  }
  expect(held == 0, "the reserve is not counted");
  puts("reserve: ok");
}

/* Threads share the reserve: who has it is alone with it. */
static void *work(void *number) {
  for (int i = 0; i < ROUNDS; ++i) {
    char *outer = bitnet_scratch_take(1), *inner = bitnet_scratch_take(0);
    memset(outer, *(char *)number, 64);
    memset(inner, *(char *)number, 64);
    for (int j = 0; j < 64; ++j)
      expect(outer[j] == *(char *)number && inner[j] == *(char *)number,
             "a block with one holder");
    bitnet_scratch_give(0, inner);
    bitnet_scratch_give(1, outer);
  }
  return NULL;
}

static void test_threads(void) {
  alarm(60); /* A task that waits for ever is a failure. */
  for (no_memory = 1; no_memory >= 0; --no_memory) {
    pthread_t threads[THREADS];
    char numbers[THREADS];
    for (int i = 0; i < THREADS; ++i) {
      numbers[i] = (char)(i + 1);
      expect(!pthread_create(&threads[i], NULL, work, &numbers[i]), "threads");
    }
    for (int i = 0; i < THREADS; ++i)
      pthread_join(threads[i], NULL);
  }
  no_memory = 0;
  bn_trim_scratch();
  expect(held == 0, "nothing left after a trim");
  puts("threads: ok");
}

int main(void) {
  test_blocks();
  test_kept();
  test_reserve();
  test_threads();
}
