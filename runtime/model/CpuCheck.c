/*===- CpuCheck.c - refuse a CPU that lacks what the model uses -----------===*\
|*                                                                            *|
|* Without this, a model compiled for a newer CPU dies of SIGILL. All glue is *|
|* compiled for the architecture's baseline, so it runs everywhere.           *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

static const char *features_of_level(const char *cpu) {
  if (strcmp(cpu, "x86-64-v2") == 0)
    return "+cx16,+popcnt,+sahf,+sse3,+sse4.1,+sse4.2,+ssse3";
  if (strcmp(cpu, "x86-64-v3") == 0)
    return "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+popcnt,+sse4.2";
  if (strcmp(cpu, "x86-64-v4") == 0)
    return "+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+avx512f,+avx512bw,"
           "+avx512cd,+avx512dq,+avx512vl";
  return "";
}

static void put_span(bn_text *text, const char *string, int size) {
  char name[32];
  int i = 0;
  for (; i < size && i < (int)sizeof(name) - 1; ++i)
    name[i] = string[i];
  name[i] = 0;
  bn_put(text, name);
}

static int refuse(bn_run *run, const char *missing, int size) {
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  bn_text text = bn_fail(run, BITNET_UNSUPPORTED_CPU);
  bn_put(&text, "this CPU has no ");
  put_span(&text, missing, size);
  bn_put(&text, ", which the model '");
  bn_put(&text, desc->name);
  bn_put(&text, "' needs; it was compiled for --mcpu=");
  bn_put(&text, desc->cpu);
  return 0;
}

int bn_same(const char *string, const char *name, int size) {
  for (int i = 0; i < size; ++i)
    if (string[i] != name[i])
      return 0;
  return string[size] == 0;
}

/* The first feature of "+a,+b" that this CPU lacks, its length in `size`. */
static const char *first_missing(const char *features, int *size) {
  while (*features) {
    const char *name = features + 1;
    int length = 0;
    while (name[length] && name[length] != ',')
      ++length;
    if (*features == '+' && !bn_cpu_has(name, length)) {
      *size = length;
      return name;
    }
    features = name + length + (name[length] == ',');
  }
  return NULL;
}

int bn_check_cpu(bn_run *run) {
  /* The only state that outlives a run; every thread computes the same. */
  static int passed;
  if (__atomic_load_n(&passed, __ATOMIC_RELAXED))
    return 1;
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  int size = 0;
  const char *missing = NULL;
  if (desc->cpu)
    missing = first_missing(features_of_level(desc->cpu), &size);
  if (!missing && desc->features)
    missing = first_missing(desc->features, &size);
  if (missing)
    return refuse(run, missing, size);
  __atomic_store_n(&passed, 1, __ATOMIC_RELAXED);
  return 1;
}
