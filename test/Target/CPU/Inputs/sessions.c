/*===- sessions.c - two conversations with a model, with abi.h alone ------===*\
|* Runs state.mlir: x is 1 2 3 4, total has three elements, which all runs *|
|* add to. *|
\*===----------------------------------------------------------------------===*/

#include "bitnet/runtime/abi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void *library;
static bitnet_model_run_fn run_model;
static float x[4] = {1, 2, 3, 4}, total[3];

/* dlsym as a function pointer: ISO C has no cast for it. */
static void find(const char *name, void *function) {
  *(void **)function = dlsym(library, name);
  if (!*(void **)function)
    exit(2);
}

static void print_values(const char *kind, const bitnet_value_desc *values,
                         uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    printf("%s %s: flags %u", kind, values[i].name, values[i].flags);
    if (values[i].flags)
      printf(", alias %d", values[i].alias);
    printf("\n");
  }
}

static void run(const char *name, bitnet_session *session) {
  char error[200];
  float y[4];
  int64_t count;
  const bitnet_run_options options = {.struct_size = sizeof(options),
                                      .error = error,
                                      .error_size = sizeof(error),
                                      .session = session};
  const bitnet_tensor inputs[] = {
      {.data = x, .dtype = BITNET_DTYPE_F32, .rank = 1, .dims = {4}},
      {.data = total, .dtype = BITNET_DTYPE_F32, .rank = 1, .dims = {3}}};
  bitnet_tensor outputs[] = {
      {.data = y, .dtype = BITNET_DTYPE_F32, .capacity = sizeof(y)},
      {.data = NULL},
      {.data = &count, .dtype = BITNET_DTYPE_I64, .capacity = 8}};
  if (run_model(inputs, 2, outputs, 3, &options) != BITNET_OK) {
    printf("%s: %s\n", name, error);
    return;
  }
  const float *now = outputs[1].data;
  if (now != total)
    printf("total is elsewhere\n");
  printf("%s: y %g %g %g %g, total %g %g %g, count %d\n", name, y[0], y[1],
         y[2], y[3], now[0], now[1], now[2], (int)count);
}

int main(int argc, char **argv) {
  bitnet_model_describe_fn describe;
  bitnet_model_session_create_fn create;
  bitnet_model_session_reset_fn reset;
  bitnet_model_session_free_fn end;
  library = dlopen(argv[argc - 1], RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return 2;
  find("bitnet_model_describe", &describe);
  find("bitnet_model_run", &run_model);
  find("bitnet_model_session_create", &create);
  find("bitnet_model_session_reset", &reset);
  find("bitnet_model_session_free", &end);
  const bitnet_model_desc *desc = describe(BITNET_ABI_VERSION);
  print_values("input", desc->inputs, desc->num_inputs);
  print_values("output", desc->outputs, desc->num_outputs);
  for (uint32_t i = 0; i < desc->num_states; ++i)
    printf("state %s: rank %d, offset %d\n", desc->states[i].value.name,
           desc->states[i].value.rank, (int)desc->states[i].offset);
  printf("%d bytes\n", (int)desc->state_bytes);
  bitnet_session *a = create(), *b = create();
  run("no session", NULL);
  run("a", a);
  run("a", a);
  run("b", b);
  run("a", a);
  reset(a);
  printf("reset a\n");
  run("a", a);
  run("b", b);
  end(a);
  end(b);
  return 0;
}
