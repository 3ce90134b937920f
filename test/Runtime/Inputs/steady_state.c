/* steady_state MODEL.so: random dims for 1000 runs, then counts what one more
 * run asks of malloc and mmap. Outputs of each run go to the buffers of the
 * first. Only dlopen and abi.h. */
#define _GNU_SOURCE
#include "bitnet/runtime/abi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 9, RUNS = 1000, OUTPUT_BYTES = 1 << 22 };

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
static int calls;

void *malloc(size_t size) {
  ++calls;
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  ++calls;
  return __libc_calloc(count, size);
}
void *realloc(void *block, size_t size) {
  ++calls;
  return __libc_realloc(block, size);
}
void *mmap(void *at, size_t size, int protection, int flags, int fd,
           off_t from) {
  ++calls;
  return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, from);
}

static const bitnet_model_desc *model;
static bitnet_model_run_fn run;
static bitnet_model_memory_fn get_memory;
static bitnet_tensor inputs[32], outputs[32];

/* Dims of one name agree. */
static int64_t choose_dim(const char *name, int seed) {
  unsigned hash = (unsigned)seed * 2654435761u;
  for (; name && *name; ++name)
    hash = (hash ^ (unsigned char)*name) * 16777619u;
  return 1 + hash % MOST;
}

/* A sum of two dims: all the past and what is new. */
static int64_t dim_of(const bitnet_value_desc *value, int d, int seed) {
  const char *name = value->dim_names ? value->dim_names[d] : NULL;
  if (value->dims[d] >= 0)
    return value->dims[d];
  if (name && strcmp(name, "total") == 0)
    return choose_dim("past", seed) + choose_dim("seq", seed);
  return choose_dim(name, seed);
}

static void set_dims(int seed) {
  for (uint32_t i = 0; i < model->num_inputs; ++i)
    for (int d = 0; d < model->inputs[i].rank; ++d)
      inputs[i].dims[d] = dim_of(&model->inputs[i], d, seed);
}

static int run_once(void) {
  char error[256] = "";
  const bitnet_run_options options = {.struct_size = sizeof(options),
                                      .error = error,
                                      .error_size = sizeof(error)};
  const int before = calls;
  if (run(inputs, model->num_inputs, outputs, model->num_outputs, &options)) {
    printf("error: %s\n", error);
    exit(1);
  }
  return calls - before;
}

int main(int argc, char **argv) {
  bitnet_memory middle, end;
  void *so = dlopen(argv[argc - 1], RTLD_NOW);
  *(void **)&run = dlsym(so, "bitnet_model_run");
  *(void **)&get_memory = dlsym(so, "bitnet_model_memory");
  bitnet_model_describe_fn describe;
  *(void **)&describe = dlsym(so, "bitnet_model_describe");
  model = describe(BITNET_ABI_VERSION);
  for (uint32_t i = 0; i < model->num_inputs; ++i) {
    inputs[i].dtype = model->inputs[i].dtype;
    inputs[i].rank = model->inputs[i].rank;
    inputs[i].data = calloc(OUTPUT_BYTES, 1);
  }
  for (uint32_t i = 0; i < model->num_outputs; ++i) {
    outputs[i].dtype = model->outputs[i].dtype;
    outputs[i].data = malloc(OUTPUT_BYTES);
    outputs[i].capacity = OUTPUT_BYTES;
  }
  set_dims(1);
  printf("first run: %d calls\n", run_once());
  printf("second run: %d calls\n", run_once());
  printf("third run: %d calls\n", run_once());
  for (int i = 0; i < RUNS; ++i) {
    set_dims(i % 100);
    run_once();
    if (i == RUNS / 2)
      get_memory(&middle);
  }
  get_memory(&end);
  printf("growth in the last %d runs: %d bytes\n", RUNS / 2,
         (int)(end.bytes - middle.bytes));
  return 0;
}
