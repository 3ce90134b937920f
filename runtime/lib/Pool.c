/*===- Pool.c - threads behind parallel_for -------------------------------===*\
|*                                                                            *|
|* One job at a time, split into one contiguous range per thread. Workers     *|
|* spin for a moment between jobs (the layers of a model follow each other    *|
|* closely), then sleep.                                                      *|
\*===----------------------------------------------------------------------===*/

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Internal.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_THREADS = 1024, SPINS = 4000 };

struct worker {
  bitnet_pool *pool;
  pthread_t thread;
  int index;
};

struct bitnet_pool {
  int threads; /* workers plus the caller */
  int spins;
  unsigned forks; /* value of fork_count when made */
  atomic_int busy;
  /* The job; written by the caller before `generation` moves. */
  bitnet_task task;
  void *context;
  int64_t n;
  atomic_uint generation;
  atomic_int pending;
  atomic_int stopping;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  pthread_cond_t done;
  struct worker *workers;
};

/* Set while this thread executes a task: nested calls run inline. */
static _Thread_local int inside_task;

/* Threads do not survive fork: a pool made before it has none in the child. */
static atomic_uint fork_count;
static void count_fork(void) { atomic_fetch_add(&fork_count, 1); }
static void watch_forks(void) { pthread_atfork(NULL, NULL, count_fork); }
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

static void pause_cpu(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int64_t range_start(const bitnet_pool *pool, int part) {
  const int64_t each = pool->n / pool->threads;
  const int64_t rest = pool->n % pool->threads;
  return each * part + (part < rest ? part : rest);
}

static void run_part(const bitnet_pool *pool, int part) {
  const int64_t begin = range_start(pool, part);
  const int64_t end = range_start(pool, part + 1);
  if (begin < end)
    pool->task(pool->context, begin, end);
}

static unsigned wait_for_job(bitnet_pool *pool, unsigned seen) {
  for (int i = 0; i < pool->spins; ++i) {
    const unsigned now =
        atomic_load_explicit(&pool->generation, memory_order_acquire);
    if (now != seen)
      return now;
    pause_cpu();
  }
  pthread_mutex_lock(&pool->mutex);
  while (atomic_load(&pool->generation) == seen)
    pthread_cond_wait(&pool->wake, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
  return seen + 1; /* the caller waits for us before the next job */
}

static void *work(void *argument) {
  const struct worker *self = argument;
  bitnet_pool *pool = self->pool;
  unsigned seen = 0;
  inside_task = 1;
  for (;;) {
    seen = wait_for_job(pool, seen);
    if (atomic_load(&pool->stopping))
      return NULL;
    run_part(pool, self->index);
    if (atomic_fetch_sub(&pool->pending, 1) == 1) {
      pthread_mutex_lock(&pool->mutex);
      pthread_cond_signal(&pool->done);
      pthread_mutex_unlock(&pool->mutex);
    }
  }
}

static void publish(bitnet_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->generation, 1);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_workers(bitnet_pool *pool) {
  for (int i = 0; i < pool->spins; ++i) {
    if (atomic_load_explicit(&pool->pending, memory_order_acquire) == 0)
      return;
    pause_cpu();
  }
  pthread_mutex_lock(&pool->mutex);
  while (atomic_load(&pool->pending) != 0)
    pthread_cond_wait(&pool->done, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
}

void bitnet_pool_parallel_for(void *opaque, bitnet_task task, void *context,
                              int64_t n) {
  bitnet_pool *pool = opaque;
  if (n <= 0)
    return;
  if (!pool || pool->threads == 1 || n == 1 || inside_task ||
      pool->forks != atomic_load(&fork_count) ||
      atomic_exchange_explicit(&pool->busy, 1, memory_order_acquire)) {
    task(context, 0, n);
    return;
  }
  pool->task = task;
  pool->context = context;
  pool->n = n;
  atomic_store(&pool->pending, pool->threads - 1);
  publish(pool);
  inside_task = 1;
  run_part(pool, 0);
  inside_task = 0;
  wait_for_workers(pool);
  atomic_store_explicit(&pool->busy, 0, memory_order_release);
}

static int available_cores(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
    return CPU_COUNT(&set);
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

static int default_threads(void) {
  const char *text = getenv("BITNET_NUM_THREADS");
  char *end = NULL;
  const long wanted = text ? strtol(text, &end, 10) : 0;
  if (wanted > 0 && end && !*end)
    return wanted < MAX_THREADS ? (int)wanted : MAX_THREADS;
  return available_cores();
}

/* As many as the system grants: fewer threads give the same results. */
static void start_workers(bitnet_pool *pool, int threads) {
  pool->threads = 1;
  for (int i = 1; i < threads; ++i) {
    struct worker *worker = &pool->workers[i - 1];
    worker->pool = pool;
    worker->index = i;
    if (pthread_create(&worker->thread, NULL, work, worker) != 0)
      break;
    pool->threads = i + 1;
  }
}

bitnet_pool *bitnet_pool_create(int threads) {
  if (threads <= 0)
    threads = default_threads();
  if (threads > MAX_THREADS)
    threads = MAX_THREADS;
  pthread_once(&watch_once, watch_forks);
  bitnet_pool *pool = calloc(1, sizeof(*pool));
  if (!pool)
    return NULL;
  pool->workers = calloc((size_t)threads, sizeof(struct worker));
  if (!pool->workers) {
    free(pool);
    return NULL;
  }
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  pthread_cond_init(&pool->done, NULL);
  pool->forks = atomic_load(&fork_count);
  /* Spinning with more threads than cores only delays the others. */
  pool->spins = threads <= available_cores() ? SPINS : 0;
  start_workers(pool, threads);
  return pool;
}

void bitnet_pool_free(bitnet_pool *pool) {
  if (!pool)
    return;
  /* In a forked child the workers are gone and the mutex may be held. */
  if (pool->forks == atomic_load(&fork_count)) {
    atomic_store(&pool->stopping, 1);
    publish(pool);
    for (int i = 1; i < pool->threads; ++i)
      pthread_join(pool->workers[i - 1].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
  }
  free(pool->workers);
  free(pool);
}

int bitnet_pool_threads(const bitnet_pool *pool) {
  return pool ? pool->threads : 1;
}

static bitnet_pool *default_pool;
static pthread_once_t default_once = PTHREAD_ONCE_INIT;
static void make_default_pool(void) { default_pool = bitnet_pool_create(0); }

bitnet_pool *bitnet_default_pool(void) {
  pthread_once(&default_once, make_default_pool);
  return default_pool;
}
