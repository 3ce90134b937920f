/*===- CpuCheck.c - choose the code for this CPU, or refuse it ------------===*\
|*                                                                            *|
|* Without this, a model compiled for a newer CPU dies of SIGILL. All glue is *|
|* compiled for the architecture's baseline, so it runs everywhere.           *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

/* Puts name[0, size), a feature's name, which no zero ends. */
static void put_span(bn_text *text, const char *string, int size) {
  char name[32];
  int i = 0;
  for (; i < size && i < (int)sizeof(name) - 1; ++i)
    name[i] = string[i];
  name[i] = 0;
  bn_put(text, name);
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

/* Whether this CPU runs variant `isa`; else what it lacks. */
static int can_run(uint32_t isa, const char **missing, int *size) {
  *missing = first_missing(bitnet_generated_desc.isas[isa].features, size);
  return !*missing;
}

/* What the user asked for, or NULL. */
static const char *wished_isa(void) {
  const char *wish = getenv("BITNET_ISA");
  return wish && *wish ? wish : NULL;
}

/* Index of the variant `name`, -1 when the model has none. */
static int find_isa(const char *name) {
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  for (uint32_t i = 0; i < desc->num_isas; ++i)
    if (strcmp(desc->isas[i].name, name) == 0)
      return (int)i;
  return -1;
}

/* The best variant that the CPU can run, or the one wished for; -1: none. */
static int find_choice(void) {
  const char *wish = wished_isa(), *missing;
  int size;
  if (wish) {
    const int isa = find_isa(wish);
    return isa >= 0 && can_run((uint32_t)isa, &missing, &size) ? isa : -1;
  }
  for (uint32_t i = bitnet_generated_desc.num_isas; i-- > 0;)
    if (can_run(i, &missing, &size))
      return (int)i;
  return -1;
}

int32_t bitnet_rt_isa, bitnet_rt_core;

/* Every thread finds the same: they may store it at the same time. */
static int choose(void) {
  static int chosen;
  if (__atomic_load_n(&chosen, __ATOMIC_ACQUIRE))
    return 1;
  const int isa = find_choice();
  if (isa < 0)
    return 0;
  __atomic_store_n(&bitnet_rt_isa, isa, __ATOMIC_RELAXED);
  __atomic_store_n(&bitnet_rt_core, bn_cpu_core(), __ATOMIC_RELAXED);
  __atomic_store_n(&chosen, 1, __ATOMIC_RELEASE);
  return 1;
}

BITNET_EXPORT const char *bitnet_model_isa(void) {
  if (!choose())
    return NULL;
  return bitnet_generated_desc
      .isas[__atomic_load_n(&bitnet_rt_isa, __ATOMIC_RELAXED)]
      .name;
}

/* ": a, b, c", those that this CPU runs or all. */
static void put_isas(bn_text *text, int all) {
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  const char *missing, *separator = ": ";
  int size;
  for (uint32_t i = 0; i < desc->num_isas; ++i) {
    if (!all && !can_run(i, &missing, &size))
      continue;
    bn_put(text, separator);
    bn_put(text, desc->isas[i].name);
    separator = ", ";
  }
}

/* "this CPU has no avx512vnni": the first feature of `isa` that is missing. */
static void put_missing(bn_text *text, uint32_t isa) {
  const char *missing = NULL;
  int size = 0;
  can_run(isa, &missing, &size);
  bn_put(text, "this CPU has no ");
  if (missing)
    put_span(text, missing, size);
}

/* The error line for a BITNET_ISA that does not exist or cannot run here. */
static void refuse_wish(bn_text *text, const char *wish) {
  const int isa = find_isa(wish);
  bn_put(text, "BITNET_ISA=");
  bn_put(text, wish);
  bn_put(text, ": ");
  if (isa < 0) {
    bn_put(text, "the model '");
    bn_put(text, bitnet_generated_desc.name);
    bn_put(text, "' has no such variant");
  } else {
    put_missing(text, (uint32_t)isa);
  }
  bn_put(text, "; variants that run here");
  put_isas(text, /*all=*/0);
}

/* The worst variant asks for least: what it lacks, all lack. */
static void refuse_cpu(bn_text *text) {
  const bitnet_model_desc *desc = &bitnet_generated_desc;
  put_missing(text, 0);
  bn_put(text, ", which the model '");
  bn_put(text, desc->name);
  bn_put(text, "' needs; it was compiled for");
  put_isas(text, /*all=*/1);
}

int bn_check_cpu(bn_run *run) {
  if (choose())
    return 1;
  bn_text text = bn_fail(run, BITNET_UNSUPPORTED_CPU);
  const char *wish = wished_isa();
  if (wish)
    refuse_wish(&text, wish);
  else
    refuse_cpu(&text);
  return 0;
}
