/*===- driver.c - runs a model on raw files, loaded by dlopen -------------===*\
|* driver model.so folder [threads]: folder/<i>.in holds input i as text      *|
|* `rank d0 d1 ...` in one line, then the bytes. Writes <i>.out and, per      *|
|* probe, <n>.probe, and prints the chosen ISA variant.                       *|
\*===----------------------------------------------------------------------===*/

#include "bitnet/runtime/runtime.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;
static int probes;

static uint64_t element_bytes(int32_t dtype) {
  switch (dtype) {
  case BITNET_DTYPE_F32:
  case BITNET_DTYPE_I32:
  case BITNET_DTYPE_U32:
    return 4;
  case BITNET_DTYPE_I64:
  case BITNET_DTYPE_U64:
  case BITNET_DTYPE_F64:
    return 8;
  case BITNET_DTYPE_I16:
  case BITNET_DTYPE_U16:
  case BITNET_DTYPE_F16:
  case BITNET_DTYPE_BF16:
    return 2;
  default:
    return 1;
  }
}

static uint64_t bytes_of(const bitnet_tensor *value) {
  uint64_t bytes = element_bytes(value->dtype);
  int i;
  for (i = 0; i < value->rank; ++i)
    bytes *= (uint64_t)value->dims[i];
  return bytes;
}

static FILE *open_file(int index, const char *extension, const char *mode) {
  char path[4096];
  FILE *file;
  snprintf(path, sizeof(path), "%s/%d.%s", folder, index, extension);
  file = fopen(path, mode);
  if (!file) {
    perror(path);
    exit(2);
  }
  return file;
}

static void read_input(int index, int32_t dtype, bitnet_tensor *value) {
  FILE *file = open_file(index, "in", "rb");
  long long dim;
  int i;
  memset(value, 0, sizeof(*value));
  value->dtype = dtype;
  if (fscanf(file, "%d", &value->rank) != 1)
    exit(2);
  for (i = 0; i < value->rank; ++i) {
    if (fscanf(file, "%lld", &dim) != 1)
      exit(2);
    value->dims[i] = dim;
  }
  fgetc(file); /* the newline */
  value->data = malloc(bytes_of(value) + 1);
  if (fread(value->data, 1, bytes_of(value), file) != bytes_of(value))
    exit(2);
  fclose(file);
}

static void write_value(int index, const char *extension,
                        const bitnet_tensor *value) {
  FILE *file = open_file(index, extension, "wb");
  fwrite(value->data, 1, bytes_of(value), file);
  fclose(file);
}

static void on_probe(void *user, const char *name, const bitnet_tensor *value) {
  (void)user;
  (void)name;
  write_value(probes++, "probe", value);
}

/* dlsym as a function pointer: ISO C has no cast for it. */
static void find_symbol(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  if (!symbol) {
    fprintf(stderr, "%s\n", dlerror());
    exit(2);
  }
  memcpy(function, &symbol, sizeof(symbol));
}

int main(int argc, char **argv) {
  bitnet_model_describe_fn describe;
  bitnet_model_run_fn run;
  bitnet_model_isa_fn isa;
  const bitnet_model_desc *desc;
  bitnet_tensor inputs[64], outputs[64];
  bitnet_run_options options;
  char error[256] = "";
  void *library;
  uint32_t i;
  if (argc < 3)
    return 2;
  folder = argv[2];
  library = dlopen(argv[1], RTLD_NOW);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  find_symbol(library, "bitnet_model_describe", &describe);
  find_symbol(library, "bitnet_model_run", &run);
  find_symbol(library, "bitnet_model_isa", &isa);
  desc = describe(BITNET_ABI_VERSION);
  if (!desc || desc->num_inputs > 64 || desc->num_outputs > 64)
    return 2;
  for (i = 0; i < desc->num_inputs; ++i)
    read_input((int)i, desc->inputs[i].dtype, &inputs[i]);
  memset(outputs, 0, sizeof(outputs));
  memset(&options, 0, sizeof(options));
  options.struct_size = sizeof(options);
  if (argc > 3) {
    options.parallel_for = bitnet_pool_parallel_for;
    options.pool = bitnet_pool_create(atoi(argv[3]));
  }
  options.probe = on_probe;
  options.error = error;
  options.error_size = sizeof(error);
  if (run(inputs, desc->num_inputs, outputs, desc->num_outputs, &options)) {
    fprintf(stderr, "run: %s\n", error);
    return 1;
  }
  for (i = 0; i < desc->num_outputs; ++i)
    write_value((int)i, "out", &outputs[i]);
  puts(isa());
  return 0;
}
