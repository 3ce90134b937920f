/* Decode-shaped products (M = 1, 2560 x 2560) over more distinct weights than
 * any cache holds, beside a raw read of the same bytes in the same run. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { N = 2560, K = 2560, M = 64, BLOCKS = N / 64, CHUNKS = K / 16 };
#define MATRIX_BYTES ((size_t)N * K / 4)
#define TOTAL_BYTES ((size_t)672 << 20)
#define REPEATS 9

/* The compiled kernel: memref descriptors are passed field by field. */
#define VIEW1 const void *, const void *, int64_t, int64_t, int64_t
#define VIEW2                                                                  \
  const void *, const void *, int64_t, int64_t, int64_t, int64_t, int64_t
#define VIEW4                                                                  \
  const void *, const void *, int64_t, int64_t, int64_t, int64_t, int64_t,     \
      int64_t, int64_t, int64_t, int64_t
extern void KERNEL(VIEW4 w, VIEW2 x, VIEW1 sums, VIEW2 y, int64_t, int64_t);

static int8_t x[M * K];
static int32_t sums[M], y[M * N], want[N];

static void product(const uint8_t *w, int64_t rows, int64_t begin,
                    int64_t end) {
  KERNEL(w, w, 0, BLOCKS, CHUNKS, 4, 64, CHUNKS * 256, 256, 64, 1, x, x, 0,
         rows, K, K, 1, sums, sums, 0, rows, 1, y, y, 0, rows, N, N, 1, begin,
         end);
}

static void gemv(const uint8_t *w, int64_t begin, int64_t end) {
  product(w, 1, begin, end);
}

static uint64_t sink;

static void read_raw(const uint8_t *w, int64_t begin, int64_t end) {
  const uint64_t *p = (const uint64_t *)(w + begin * CHUNKS * 256);
  const uint64_t *stop = (const uint64_t *)(w + end * CHUNKS * 256);
  uint64_t a[32] = {0};
  for (; p < stop; p += 32) {
    __builtin_prefetch((const char *)p + 2048);
    __builtin_prefetch((const char *)p + 2112);
    __builtin_prefetch((const char *)p + 2176);
    __builtin_prefetch((const char *)p + 2240);
    for (int i = 0; i < 32; ++i)
      a[i] ^= p[i];
  }
  for (int i = 0; i < 32; ++i)
    __atomic_fetch_xor(&sink, a[i], __ATOMIC_RELAXED);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

typedef void body(const uint8_t *, int64_t, int64_t);
typedef struct {
  body *run;
  const uint8_t *weights;
  int64_t begin, end;
} job;

static void *run_job(void *data) {
  const job *j = data;
  for (size_t at = 0; at + MATRIX_BYTES <= TOTAL_BYTES; at += MATRIX_BYTES)
    j->run(j->weights + at, j->begin, j->end);
  return 0;
}

/* GB/s of one pass over all matrices; each thread takes its share of rows. */
static double pass(body *run, const uint8_t *weights, int threads) {
  job a = {run, weights, 0, BLOCKS / threads},
      b = {run, weights, BLOCKS / 2, BLOCKS};
  pthread_t other;
  double start = now();
  if (threads == 2)
    pthread_create(&other, 0, run_job, &b);
  run_job(&a);
  if (threads == 2)
    pthread_join(other, 0);
  return TOTAL_BYTES / MATRIX_BYTES * MATRIX_BYTES / (now() - start) * 1e-9;
}

/* From a chain of multiplications, 3 cycles each on every x86-64 core of today
 * (additions may be renamed away). */
static double core_ghz(void) {
  double best = 0;
  for (int r = 0; r < 50; ++r) {
    uint64_t v = 3;
    const int rounds = 100000;
    double start = now();
    for (int i = 0; i < rounds; ++i)
      __asm__ volatile(
          "imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0"
          : "+r"(v));
    double ghz = 12.0 * rounds / (now() - start) * 1e-9;
    best = ghz > best ? ghz : best;
  }
  return best;
}

static double cycles_in_cache(const uint8_t *weights, double ghz) {
  double best = 1e9;
  const int blocks = 4, rounds = 50;
  for (int r = 0; r < 200; ++r) {
    double start = now();
    for (int i = 0; i < rounds; ++i)
      gemv(weights, 0, blocks);
    double t = (now() - start) / rounds;
    best = t < best ? t : best;
  }
  return best * ghz * 1e9 / (64.0 * blocks * K / 64);
}

/* 1e9 weights times activations per second, 64 rows of activations at a time.
 */
static double blocked_gmacs(const uint8_t *weights) {
  double best = 0;
  for (int r = 0; r < 20; ++r) {
    double start = now();
    product(weights, M, 0, BLOCKS);
    double rate = (double)M * N * K / (now() - start) * 1e-9;
    best = rate > best ? rate : best;
  }
  return best;
}

static int exact(const uint8_t *weights) {
  for (int n = 0; n < N; ++n) {
    int32_t acc = 0;
    for (int k = 0; k < K; ++k) {
      const uint8_t *chunk =
          weights +
          (((size_t)(n / 64) * CHUNKS + k / 16) * 4 + n % 64 / 16) * 64;
      int code = chunk[4 * (n % 16) + k % 4] >> (k % 16 / 4 * 2) & 3;
      acc += (code - 1) * x[k];
    }
    want[n] = acc;
  }
  gemv(weights, 0, BLOCKS);
  return !memcmp(y, want, sizeof want);
}

int main(void) {
  uint8_t *w = mmap(0, TOTAL_BYTES + (2 << 20), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (w == MAP_FAILED)
    return 1;
  w += -(uintptr_t)w & ((2 << 20) - 1);
  madvise(w, TOTAL_BYTES, MADV_HUGEPAGE);
  uint64_t seed = 7;
  for (size_t i = 0; i < TOTAL_BYTES / 8; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    uint64_t bits = seed ^ seed >> 29;
    /* Code 3 does not exist: clear the low bit where both are set. */
    ((uint64_t *)w)[i] = bits & ~(bits >> 1 & 0x5555555555555555u);
  }
  for (int k = 0; k < K; ++k)
    sums[0] += x[k] = (int8_t)(k < 64 ? -128 : k * 2654435761u >> 13);
  for (int m = 1; m < M; ++m)
    memcpy(x + m * K, x, K);
  for (int m = 1; m < M; ++m)
    sums[m] = sums[0];
  double ghz = core_ghz();
  printf("bit-exact: %s; %.2f GHz; in cache %.2f cycles per 64 weights\n",
         exact(w) ? "yes" : "NO", ghz, cycles_in_cache(w, ghz));
  printf("blocked form, %d rows: %.0f GMAC/s on one thread\n", M,
         blocked_gmacs(w));
  for (int threads = 1; threads <= 2; ++threads) {
    double raw = 0, best = 0;
    for (int r = 0; r < REPEATS; ++r) {
      double a = pass(read_raw, w, threads), b = pass(gemv, w, threads);
      raw = a > raw ? a : raw;
      best = b > best ? b : best;
    }
    printf("%d thread%s: %.1f GB/s of weights, raw read %.1f GB/s: %.0f %%\n",
           threads, threads > 1 ? "s" : "", best, raw, 100 * best / raw);
  }
  return 0;
}
