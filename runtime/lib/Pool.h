/*===- Pool.h - settings and placement of a thread pool -----------*- C -*-===*/

#ifndef BITNET_RUNTIME_LIB_POOL_H
#define BITNET_RUNTIME_LIB_POOL_H

#include "Internal.h"

#include <pthread.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* bitnet_pool_options with every default filled in. */
typedef struct bn_pool_settings {
  int threads;
  int affinity; /* bitnet_affinity, not DEFAULT */
  int cores;    /* available to this thread */
  int64_t spin_us;
} bn_pool_settings;

/* Fills in `settings` from `options` (may be NULL), the environment, and the
 * machine. BITNET_INVALID_ARGUMENT, with an error line, for a value that makes
 * no sense. */
bitnet_status bn_read_pool_options(const bitnet_pool_options *options,
                                   bn_pool_settings *settings);

/* Fills cpus[0, count) with the CPUs that threads 0, 1, ... should be on; a
 * CPU is used again once all available ones are taken. */
void bn_choose_cpus(int affinity, int32_t *cpus, int count);
/* Best effort: a thread that cannot be pinned runs anywhere. */
void bn_pin(pthread_t thread, int32_t cpu);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif /* BITNET_RUNTIME_LIB_POOL_H */
