/* CASES CORE: runs kernels on the cases of run-kernels.py: bit-equal
 * accumulators, nothing written outside of them. Built for the kernel's target,
 * run there or under qemu. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

typedef void function(void *, void *, void *, void *);
#define FUNCTION(name) extern function name;
#include "table.inc"
#undef FUNCTION
#define FUNCTION(name) name,
static function *const table[] = {
#include "table.inc"
};

/* Of kernels that have forms for a family of cores; the second argument. */
extern int32_t bitnet_rt_core __attribute__((weak));

/* A memref descriptor of up to four dimensions. */
typedef struct {
  void *base, *aligned;
  int64_t offset, dims[8];
} memref;

static memref make(void *data, int rank, const int64_t *sizes,
                   const int64_t *strides) {
  memref m = {data, data, 0, {0}};
  for (int i = 0; i < rank; ++i) {
    m.dims[i] = sizes[i];
    m.dims[rank + i] = strides[i];
  }
  return m;
}

static void *read_bytes(FILE *file, size_t bytes) {
  void *p = malloc(bytes ? bytes : 1);
  if (!p || fread(p, 1, bytes, file) != bytes) {
    puts("short case file");
    exit(1);
  }
  return p;
}

enum {
  INDEX,
  M,
  KP,
  NP,
  GROUPS,
  XPAD,
  YPAD,
  XSIZE,
  FLOAT,
  COLS,   /* of a chunk */
  CHUNKS, /* of a block */
  HEADER
};

static void call(const int32_t *h, void *x, void *w, void *sums, int32_t *y) {
  int64_t m = h[M], line = h[NP] + h[YPAD], kp = h[KP];
  memref mx = make(x, 2, (int64_t[]){m, kp}, (int64_t[]){kp + h[XPAD], 1});
  int64_t columns = kp / h[COLS], bytes = 64 * h[CHUNKS];
  memref mw =
      make(w, 4, (int64_t[]){h[NP] / 16 / h[CHUNKS], columns, h[CHUNKS], 64},
           (int64_t[]){columns * bytes, bytes, 64, 1});
  memref ms = make(sums, 1, &m, (int64_t[]){1});
  memref my = make(y, 2, (int64_t[]){m, h[NP]}, (int64_t[]){line, 1});
  if (h[GROUPS] > 1) {
    ms = make(sums, 2, (int64_t[]){h[GROUPS], m}, (int64_t[]){m, 1});
    my = make(y, 3, (int64_t[]){h[GROUPS], m, h[NP]},
              (int64_t[]){m * line, line, 1});
  }
  if (h[FLOAT])
    table[h[INDEX]](&mx, &mw, &my, 0);
  else
    table[h[INDEX]](&mx, &mw, &ms, &my);
}

static int check(const int32_t *h, const int32_t *y, const int32_t *want) {
  int64_t line = h[NP] + h[YPAD], lines = (int64_t)h[GROUPS] * h[M];
  for (int64_t i = 0; i < lines; ++i)
    for (int64_t n = 0; n < line; ++n) {
      int32_t expected = n < h[NP] ? want[i * h[NP] + n] : 0x5a5a5a5a;
      if (y[i * line + n] == expected)
        continue;
      printf("function %d M %d K %d N %d line %ld column %ld: %08x, not %08x\n",
             h[INDEX], h[M], h[KP], h[NP], (long)i, (long)n,
             (unsigned)y[i * line + n], (unsigned)expected);
      return 0;
    }
  return 1;
}

int main(int argc, char **argv) {
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : 0;
  int32_t h[HEADER];
  int count = 0;
  if (!file || argc < 3)
    return 1;
  if (&bitnet_rt_core)
    bitnet_rt_core = atoi(argv[2]);
#if defined(__x86_64__)
  /* The system gives tile registers only to those who ask: ARCH_REQ_XCOMP_PERM.
   */
  syscall(SYS_arch_prctl, 0x1023, 18);
#endif
  while (fread(h, 4, 1, file) == 1 && h[INDEX] >= 0) {
    if (fread(h + 1, 4, HEADER - 1, file) != HEADER - 1)
      return 1;
    size_t lines = (size_t)h[GROUPS] * h[M], kp = h[KP];
    void *x = read_bytes(file, (size_t)h[M] * (kp + h[XPAD]) * h[XSIZE]);
    void *w = read_bytes(file, kp / h[COLS] * h[NP] * 4);
    void *sums = read_bytes(file, lines * 4);
    void *want = read_bytes(file, lines * h[NP] * 4);
    size_t bytes = lines * (h[NP] + h[YPAD]) * 4;
    int32_t *y = malloc(bytes);
    memset(y, 0x5a, bytes);
    call(h, x, w, sums, y);
    if (!check(h, y, want))
      return 0;
    ++count;
    free(x), free(w), free(sums), free(want), free(y);
  }
  printf("%d cases bit-equal\n", count);
  return 0;
}
