/*===- Pool.c - threads behind parallel_for -------------------------------===*\
|*                                                                            *|
|* One job at a time, split into one contiguous range per thread. Caller and  *|
|* worker talk through one word per worker, alone on its cache line: a fork   *|
|* and its join move that line there and back, with no lock and, while both   *|
|* sides spin, no system call. A side that has spun for some microseconds     *|
|* sleeps in a futex wait on that word until the other one changes it.        *|
\*===----------------------------------------------------------------------===*/

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Pool.h"

#include "Host.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What a worker's word says. The caller makes it JOB or STOP; the worker makes
 * it IDLE when the job is done. ASLEEP is an idle worker that wants to be
 * woken, AWAITED a job whose end the caller sleeps for. */
enum { IDLE, JOB, STOP, ASLEEP, AWAITED };

/* A worker's word is alone on two cache lines, because the CPU fetches a
 * neighbouring line along. */
enum { LINE = 128, PAUSES_PER_LOOK = 16, YIELDS = 4 };

struct worker {
  _Alignas(LINE) _Atomic(uint32_t) word;
  bitnet_pool *pool;
  pthread_t thread;
  int index;
};

struct bitnet_pool {
  int threads; /* workers plus the caller */
  int cores;
  int64_t spin_ns;
  unsigned forks; /* value of fork_count when made */
  int32_t *cpus;  /* of thread i at i; NULL: anywhere */
  struct worker *workers;
  atomic_int busy;
  /* The job. It is written before a worker's word says JOB, and stays until all
   * workers are done. */
  bitnet_task task;
  void *context;
  int64_t n;
  int parts;
};

/* Set while this thread executes a task: nested calls run inline. */
static _Thread_local int inside_task;

/* How many threads of this process serve pools and are awake. When there are
 * more than cores, a spinning thread would only hold up those that compute, so
 * it sleeps. */
static atomic_int awake;

/* Threads do not survive fork: a pool made before it has none in the child. */
static atomic_uint fork_count;
static void count_fork(void) {
  atomic_fetch_add(&fork_count, 1);
  atomic_store(&awake, 0);
}
static void watch_forks(void) { pthread_atfork(NULL, NULL, count_fork); }
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

/* Whether this process is a child forked after the pool was made, where the
 * pool's workers do not exist. */
static int was_forked(const bitnet_pool *pool) {
  return pool->forks != atomic_load_explicit(&fork_count, memory_order_relaxed);
}

/* Sleeps while the word is `value`; may also return early, so callers look
 * again. */
static void futex_wait(_Atomic(uint32_t) *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

/* Wakes the one thread that sleeps on the word. */
static void futex_wake(_Atomic(uint32_t) *word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Acquire: what the other side wrote before it changed the word is seen after
 * this. */
static uint32_t look(_Atomic(uint32_t) *word) {
  return atomic_load_explicit(word, memory_order_acquire);
}

/* Spins until the word has left `value`, the pool's time is over, or the
 * machine is crowded. Returns the word. */
static uint32_t spin(const bitnet_pool *pool, _Atomic(uint32_t) *word,
                     uint32_t value) {
  int64_t end = 0;
  while (pool->spin_ns > 0) {
    for (int i = 0; i < PAUSES_PER_LOOK; ++i) {
      if (look(word) != value)
        return look(word);
      BN_PAUSE();
    }
    const int64_t now = now_ns();
    if (!end)
      end = now + pool->spin_ns;
    if (now >= end ||
        atomic_load_explicit(&awake, memory_order_relaxed) > pool->cores)
      break;
  }
  return look(word);
}

/* Tells the other side that we sleep (`asleep` instead of `value`), then does.
 */
static void sleep_on(_Atomic(uint32_t) *word, uint32_t value, uint32_t asleep) {
  if (!atomic_compare_exchange_strong(word, &value, asleep))
    return;
  atomic_fetch_sub(&awake, 1);
  while (look(word) == asleep)
    futex_wait(word, asleep);
  atomic_fetch_add(&awake, 1);
}

/* Gives a worker its next word, and wakes it when it sleeps. */
static void send(struct worker *worker, uint32_t value) {
  if (atomic_exchange(&worker->word, value) == ASLEEP)
    futex_wake(&worker->word);
}

static void wait_for_worker(const bitnet_pool *pool, struct worker *worker) {
  uint32_t word = spin(pool, &worker->word, JOB);
  /* A pool that does not spin may have threads that share a core, so this one
   * first lends its core to the worker. Other pools do not yield, because among
   * other processes a thread that yields waits longer than one that sleeps. */
  for (int i = 0; word == JOB && !pool->spin_ns && i < YIELDS; ++i) {
    sched_yield();
    word = look(&worker->word);
  }
  if (word == JOB)
    sleep_on(&worker->word, JOB, AWAITED);
}

/* Where range `part` of [0, n) begins. The ranges differ by one element at
 * most; the longer ones come first. */
static int64_t range_start(const bitnet_pool *pool, int part) {
  const int64_t each = pool->n / pool->parts;
  const int64_t rest = pool->n % pool->parts;
  return each * part + (part < rest ? part : rest);
}

/* Runs the range of one thread. */
static void run_part(const bitnet_pool *pool, int part) {
  pool->task(pool->context, range_start(pool, part),
             range_start(pool, part + 1));
}

/* A worker thread: waits for a word other than IDLE, runs its range, says IDLE.
 */
static void *work(void *argument) {
  struct worker *self = argument;
  bitnet_pool *pool = self->pool;
  inside_task = 1;
  atomic_fetch_add(&awake, 1);
  for (;;) {
    if (spin(pool, &self->word, IDLE) == IDLE)
      sleep_on(&self->word, IDLE, ASLEEP);
    if (look(&self->word) == STOP)
      break;
    run_part(pool, self->index);
    if (atomic_exchange(&self->word, IDLE) == AWAITED)
      futex_wake(&self->word);
  }
  atomic_fetch_sub(&awake, 1);
  return NULL;
}

/* Runs the loop on this thread while the pool serves another caller. The thread
 * counts as awake: workers that spin must not hold it up. */
static void run_alone(bitnet_task task, void *context, int64_t n) {
  atomic_fetch_add_explicit(&awake, 1, memory_order_relaxed);
  task(context, 0, n);
  atomic_fetch_sub_explicit(&awake, 1, memory_order_relaxed);
}

/* Sends the ranges 1, 2, ... to the workers, runs range 0 itself, and waits for
 * the others. One caller at a time (`busy`). */
static void run_job(bitnet_pool *pool, bitnet_task task, void *context,
                    int64_t n) {
  pool->task = task;
  pool->context = context;
  pool->n = n;
  pool->parts = n < pool->threads ? (int)n : pool->threads;
  atomic_fetch_add_explicit(&awake, 1, memory_order_relaxed);
  for (int i = 1; i < pool->parts; ++i)
    send(&pool->workers[i - 1], JOB);
  inside_task = 1;
  run_part(pool, 0);
  inside_task = 0;
  for (int i = 1; i < pool->parts; ++i)
    wait_for_worker(pool, &pool->workers[i - 1]);
  atomic_fetch_sub_explicit(&awake, 1, memory_order_relaxed);
}

void bitnet_pool_parallel_for(void *opaque, bitnet_task task, void *context,
                              int64_t n) {
  bitnet_pool *pool = opaque;
  if (n <= 0)
    return;
  if (!pool || pool->threads == 1 || n == 1 || inside_task ||
      was_forked(pool)) {
    task(context, 0, n);
    return;
  }
  if (atomic_exchange_explicit(&pool->busy, 1, memory_order_acquire)) {
    run_alone(task, context, n);
    return;
  }
  run_job(pool, task, context, n);
  atomic_store_explicit(&pool->busy, 0, memory_order_release);
}

/* Names the thread, which debuggers and top show, and pins it. */
static void place(const bitnet_pool *pool, const struct worker *worker) {
  char name[16];
  snprintf(name, sizeof(name), "bitnet-%d", worker->index);
  pthread_setname_np(worker->thread, name);
  if (pool->cpus)
    bn_pin(worker->thread, pool->cpus[worker->index]);
}

/* Starts as many threads as the system grants, because fewer threads give the
 * same results. Signals are blocked: they are for the host's own threads. */
static void start_workers(bitnet_pool *pool, int threads) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pool->threads = 1;
  for (int i = 1; i < threads; ++i) {
    struct worker *worker = &pool->workers[i - 1];
    worker->pool = pool;
    worker->index = i;
    atomic_init(&worker->word, IDLE);
    if (pthread_create(&worker->thread, NULL, work, worker) != 0)
      break;
    place(pool, worker);
    pool->threads = i + 1;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* A pool with its threads started; NULL without memory. */
static bitnet_pool *new_pool(const bn_pool_settings *settings) {
  bitnet_pool *pool = calloc(1, sizeof(*pool));
  const size_t threads = (size_t)settings->threads;
  if (!pool)
    return NULL;
  pool->cores = settings->cores;
  pool->spin_ns = settings->spin_us * 1000;
  pool->forks = atomic_load(&fork_count);
  pool->workers = aligned_alloc(LINE, threads * sizeof(struct worker));
  if (settings->affinity != BITNET_AFFINITY_NONE)
    pool->cpus = calloc(threads, sizeof(*pool->cpus));
  if (!pool->workers ||
      (settings->affinity != BITNET_AFFINITY_NONE && !pool->cpus)) {
    pool->threads = 1;
    bitnet_pool_free(pool);
    return NULL;
  }
  if (pool->cpus)
    bn_choose_cpus(settings->affinity, pool->cpus, settings->threads);
  start_workers(pool, settings->threads);
  return pool;
}

bitnet_status bn_make_pool(const bitnet_pool_options *options,
                           bitnet_pool **pool) {
  bn_pool_settings settings;
  *pool = NULL;
  pthread_once(&watch_once, watch_forks);
  const bitnet_status status = bn_read_pool_options(options, &settings);
  if (status != BITNET_OK)
    return status;
  *pool = new_pool(&settings);
  return *pool ? BITNET_OK
               : bn_error(BITNET_OUT_OF_MEMORY, "no memory for a thread pool");
}

bitnet_pool *bitnet_pool_create_with(const bitnet_pool_options *options) {
  bitnet_pool *pool;
  bn_make_pool(options, &pool);
  return pool;
}

bitnet_pool *bitnet_pool_create(int threads) {
  const bitnet_pool_options options = {.struct_size = sizeof(options),
                                       .threads = threads};
  return bitnet_pool_create_with(&options);
}

void bitnet_pool_free(bitnet_pool *pool) {
  if (!pool)
    return;
  /* In a forked child the workers do not exist. */
  const int workers = was_forked(pool) ? 0 : pool->threads - 1;
  for (int i = 0; i < workers; ++i)
    send(&pool->workers[i], STOP);
  for (int i = 0; i < workers; ++i)
    pthread_join(pool->workers[i].thread, NULL);
  free(pool->cpus);
  free(pool->workers);
  free(pool);
}

int bitnet_pool_threads(const bitnet_pool *pool) {
  return pool ? pool->threads : 1;
}

/* A forked child leaves its parent's pool alone and makes its own. */
bitnet_status bn_default_pool(bitnet_pool **result) {
  static _Atomic(bitnet_pool *) shared;
  bitnet_pool *known = atomic_load_explicit(&shared, memory_order_acquire);
  *result = known;
  if (known && !was_forked(known))
    return BITNET_OK;
  bitnet_pool *fresh;
  const bitnet_status status = bn_make_pool(NULL, &fresh);
  *result = fresh;
  if (status == BITNET_OK &&
      !atomic_compare_exchange_strong(&shared, &known, fresh)) {
    bitnet_pool_free(fresh);
    *result = known;
  }
  return status;
}

bitnet_pool *bitnet_default_pool(void) {
  bitnet_pool *pool;
  bn_default_pool(&pool);
  return pool;
}
