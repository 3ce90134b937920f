/*===- Affinity.c - which CPU a thread should be on -----------------------===*\
|*                                                                            *|
|* The CPUs that this thread may use, ordered by package, core and sibling as *|
|* sysfs tells them. Without sysfs every CPU counts as a core of its own.     *|
\*===----------------------------------------------------------------------===*/

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Pool.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* A CPU of this thread's mask and where it lies. */
typedef struct place {
  int32_t cpu;
  int32_t package;
  int32_t core;
  int32_t sibling; /* 0 for the first of its core, 1 for the second, ... */
} place;

/* A file without a number (no sysfs) counts as `otherwise`. */
static int32_t read_topology(int32_t cpu, const char *what, int32_t otherwise) {
  char path[128];
  int32_t value = otherwise;
  snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/%s",
           (int)cpu, what);
  FILE *file = fopen(path, "r");
  if (!file)
    return otherwise;
  if (fscanf(file, "%d", &value) != 1)
    value = otherwise;
  fclose(file);
  return value;
}

/* The order of qsort: below 0, 0, above 0. */
static int by_number(int32_t a, int32_t b) { return (a > b) - (a < b); }

/* Neighbours first: siblings of a core, then the package's next core. */
static int compare_compact(const void *left, const void *right) {
  const place *a = left, *b = right;
  int order = by_number(a->package, b->package);
  if (!order)
    order = by_number(a->core, b->core);
  return order ? order : by_number(a->cpu, b->cpu);
}

/* Every core once before any sibling. */
static int compare_spread(const void *left, const void *right) {
  const place *a = left, *b = right;
  const int order = by_number(a->sibling, b->sibling);
  return order ? order : compare_compact(a, b);
}

/* Fills `places` with the CPUs of this thread's affinity mask, at most `most`;
 * returns how many. 0 when the system does not tell. */
static int list_places(place *places, int most) {
  cpu_set_t set;
  int count = 0;
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return 0;
  for (int32_t cpu = 0; cpu < CPU_SETSIZE && count < most; ++cpu)
    if (CPU_ISSET((size_t)cpu, &set))
      places[count++] =
          (place){cpu, read_topology(cpu, "physical_package_id", 0),
                  read_topology(cpu, "core_id", cpu), 0};
  return count;
}

/* Numbers the siblings of each core, for which the compact order is needed
 * first, and then brings the places into the order of `affinity`. */
static void sort_places(int affinity, place *places, int count) {
  qsort(places, (size_t)count, sizeof(*places), compare_compact);
  for (int i = 1; i < count; ++i)
    if (places[i].package == places[i - 1].package &&
        places[i].core == places[i - 1].core)
      places[i].sibling = places[i - 1].sibling + 1;
  if (affinity == BITNET_AFFINITY_SPREAD)
    qsort(places, (size_t)count, sizeof(*places), compare_spread);
}

void bn_choose_cpus(int affinity, int32_t *cpus, int count) {
  place places[CPU_SETSIZE];
  const int available = list_places(places, CPU_SETSIZE);
  sort_places(affinity, places, available);
  for (int i = 0; i < count; ++i)
    cpus[i] = available ? places[i % available].cpu : -1;
}

void bn_pin(pthread_t thread, int32_t cpu) {
  cpu_set_t set;
  if (cpu < 0)
    return;
  CPU_ZERO(&set);
  CPU_SET((size_t)cpu, &set);
  pthread_setaffinity_np(thread, sizeof(set), &set);
}
