/*===- PoolOptions.c - options, environment, defaults ---------------------===*\
|*                                                                            *|
|* An option that is 0 is taken from an environment variable, and without one *|
|* from the machine. A variable that holds nonsense is an error, so that a    *|
|* misspelt setting is not ignored.                                           *|
\*===----------------------------------------------------------------------===*/

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Pool.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The limits that runtime.h names; a spin of more than a second is cut to one.
 */
enum { MAX_THREADS = 1024, DEFAULT_SPIN_US = 200, MAX_SPIN_US = 1000000 };

static const char *const affinity_names[] = {"default", "none", "compact",
                                             "spread"};

int bitnet_affinity_parse(const char *name) {
  for (int i = BITNET_AFFINITY_NONE; i <= BITNET_AFFINITY_SPREAD; ++i)
    if (name && strcmp(name, affinity_names[i]) == 0)
      return i;
  return -1;
}

/* CPUs in this thread's affinity mask, which containers narrow; else those
 * online. */
static int available_cores(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
    return CPU_COUNT(&set);
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

/* The variable's text; NULL when it is unset or empty. */
static const char *read_variable(const char *name) {
  const char *text = getenv(name);
  return text && *text ? text : NULL;
}

/* An integer variable in [low, high]; `value` stays when it is unset. */
static bitnet_status read_number(const char *name, long low, long high,
                                 int64_t *value) {
  const char *text = read_variable(name);
  char *end = NULL;
  if (!text)
    return BITNET_OK;
  errno = 0;
  const long number = strtol(text, &end, 10);
  if (errno || end == text || *end || number < low || number > high)
    return bn_error(BITNET_INVALID_ARGUMENT,
                    "%s: expected a number from %ld to %ld, got '%s'", name,
                    low, high, text);
  *value = number;
  return BITNET_OK;
}

/* The option, else BITNET_NUM_THREADS, else one thread for each available core.
 */
static bitnet_status choose_threads(const bitnet_pool_options *options,
                                    bn_pool_settings *settings) {
  int64_t threads = options->threads;
  if (threads < 0 || threads > MAX_THREADS)
    return bn_error(BITNET_INVALID_ARGUMENT, "expected 0 to %d threads, got %d",
                    MAX_THREADS, options->threads);
  if (threads == 0) {
    threads = settings->cores < MAX_THREADS ? settings->cores : MAX_THREADS;
    const bitnet_status status =
        read_number("BITNET_NUM_THREADS", 1, MAX_THREADS, &threads);
    if (status != BITNET_OK)
      return status;
  }
  settings->threads = (int)threads;
  return BITNET_OK;
}

/* The option, else BITNET_AFFINITY, else NONE: a library should not pin threads
 * of its host unasked. */
static bitnet_status choose_affinity(const bitnet_pool_options *options,
                                     bn_pool_settings *settings) {
  settings->affinity = options->affinity;
  if (settings->affinity < 0 || settings->affinity > BITNET_AFFINITY_SPREAD)
    return bn_error(BITNET_INVALID_ARGUMENT, "%d is no bitnet_affinity",
                    options->affinity);
  if (settings->affinity != BITNET_AFFINITY_DEFAULT)
    return BITNET_OK;
  const char *text = read_variable("BITNET_AFFINITY");
  settings->affinity =
      text ? bitnet_affinity_parse(text) : BITNET_AFFINITY_NONE;
  if (settings->affinity >= 0)
    return BITNET_OK;
  return bn_error(BITNET_INVALID_ARGUMENT,
                  "BITNET_AFFINITY: expected none, compact or spread, got '%s'",
                  text);
}

/* Spinning with more threads than cores only delays the others. */
static bitnet_status choose_spin(const bitnet_pool_options *options,
                                 bn_pool_settings *settings) {
  int64_t spin = options->spin_us;
  bitnet_status status = BITNET_OK;
  if (spin == 0) {
    spin = DEFAULT_SPIN_US;
    status = read_number("BITNET_SPIN_US", 0, MAX_SPIN_US, &spin);
  }
  if (spin < 0 || settings->threads > settings->cores)
    spin = 0;
  settings->spin_us = spin < MAX_SPIN_US ? spin : MAX_SPIN_US;
  return status;
}

/* A host built for an older header gives fewer bytes: the rest are zeros. */
bitnet_status bn_read_pool_options(const bitnet_pool_options *options,
                                   bn_pool_settings *settings) {
  bitnet_pool_options full;
  memset(&full, 0, sizeof(full));
  if (options)
    memcpy(&full, options,
           options->struct_size < sizeof(full) ? options->struct_size
                                               : sizeof(full));
  settings->cores = available_cores();
  bitnet_status status = choose_threads(&full, settings);
  if (status == BITNET_OK)
    status = choose_affinity(&full, settings);
  if (status == BITNET_OK)
    status = choose_spin(&full, settings);
  return status;
}
