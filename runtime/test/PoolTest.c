/*===- PoolTest.c - coverage, nesting, sharing, fork
 * -----------------------===*/

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Test.h"
#include "bitnet/runtime/runtime.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 1000 };

typedef struct visits {
  atomic_int count[MOST];
  bitnet_pool *pool;
} visits;

static void visit(void *context, int64_t begin, int64_t end) {
  visits *seen = context;
  CHECK(begin < end);
  for (int64_t i = begin; i < end; ++i)
    atomic_fetch_add(&seen->count[i], 1);
}

static void check_visits(const visits *seen, int64_t n, int expected) {
  for (int64_t i = 0; i < MOST; ++i)
    CHECK(atomic_load(&seen->count[i]) == (i < n ? expected : 0));
}

static void test_coverage(void) {
  static const int64_t sizes[] = {0, 1, 2, 3, 7, 8, 9, 64, 999, MOST};
  for (int threads = 1; threads <= 8; ++threads) {
    bitnet_pool *pool = bitnet_pool_create(threads);
    CHECK(bitnet_pool_threads(pool) == threads);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
      visits *seen = calloc(1, sizeof(visits));
      for (int repeat = 0; repeat < 50; ++repeat)
        bitnet_pool_parallel_for(pool, visit, seen, sizes[i]);
      check_visits(seen, sizes[i], 50);
      free(seen);
    }
    bitnet_pool_free(pool);
  }
}

/* Workers asleep must wake: longer pauses than they spin. */
static void test_sleep(void) {
  bitnet_pool *pool = bitnet_pool_create(4);
  visits *seen = calloc(1, sizeof(visits));
  for (int repeat = 0; repeat < 20; ++repeat) {
    usleep(3000);
    bitnet_pool_parallel_for(pool, visit, seen, 100);
  }
  check_visits(seen, 100, 20);
  free(seen);
  bitnet_pool_free(pool);
}

static void visit_nested(void *context, int64_t begin, int64_t end) {
  visits *seen = context;
  (void)begin;
  (void)end;
  bitnet_pool_parallel_for(seen->pool, visit, seen, 100);
}

static void count_ranges(void *context, int64_t begin, int64_t end) {
  (void)begin;
  (void)end;
  atomic_fetch_add((atomic_int *)context, 1);
}

static void test_nested(void) {
  bitnet_pool *pool = bitnet_pool_create(3);
  visits *seen = calloc(1, sizeof(visits));
  seen->pool = pool;
  bitnet_pool_parallel_for(pool, visit_nested, seen, 3);
  check_visits(seen, 100, 3);
  free(seen);
  atomic_int ranges = 0;
  bitnet_pool_parallel_for(pool, count_ranges, &ranges, 30);
  CHECK(ranges == 3);
  bitnet_pool_free(pool);
}

static void *use_pool(void *context) {
  visits *seen = context;
  for (int i = 0; i < 500; ++i)
    bitnet_pool_parallel_for(seen->pool, visit, seen, MOST);
  return NULL;
}

static void test_shared(void) {
  enum { USERS = 6 };
  bitnet_pool *pool = bitnet_pool_create(4);
  visits *seen = calloc(1, sizeof(visits));
  pthread_t users[USERS];
  seen->pool = pool;
  for (int i = 0; i < USERS; ++i)
    CHECK(pthread_create(&users[i], NULL, use_pool, seen) == 0);
  for (int i = 0; i < USERS; ++i)
    pthread_join(users[i], NULL);
  check_visits(seen, MOST, 500 * USERS);
  free(seen);
  bitnet_pool_free(pool);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
/* It cannot start threads after a fork. */
#define NO_THREADS_AFTER_FORK 1
#endif
#endif

/* A pool made in the child works as any other. */
static void use_fresh_pool(visits *seen) {
#ifndef NO_THREADS_AFTER_FORK
  bitnet_pool *fresh = bitnet_pool_create(3);
  bitnet_pool_parallel_for(fresh, visit, seen, 10);
  check_visits(seen, 10, 3);
  bitnet_pool_free(fresh);
#endif
  free(seen);
}

static void test_fork(void) {
  bitnet_pool *pool = bitnet_pool_create(4);
  visits *seen = calloc(1, sizeof(visits));
  bitnet_pool_parallel_for(pool, visit, seen, 10);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    alarm(20);
    bitnet_pool_parallel_for(pool, visit, seen, 10);
    check_visits(seen, 10, 2);
    bitnet_pool_free(pool);
    use_fresh_pool(seen);
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  bitnet_pool_parallel_for(pool, visit, seen, 10);
  check_visits(seen, 10, 2);
  free(seen);
  bitnet_pool_free(pool);
}

/* The shared pool works in a forked child, with its own threads. */
static void test_fork_default(void) {
#ifndef NO_THREADS_AFTER_FORK
  bitnet_pool *pool = bitnet_default_pool();
  CHECK(pool && pool == bitnet_default_pool());
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    visits *seen = calloc(1, sizeof(visits));
    CHECK(bitnet_default_pool() != pool);
    CHECK(bitnet_default_pool() == bitnet_default_pool());
    bitnet_pool_parallel_for(bitnet_default_pool(), visit, seen, MOST);
    check_visits(seen, MOST, 1);
    free(seen);
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
#endif
}

static bitnet_pool *make(int threads, int affinity, int64_t spin_us) {
  const bitnet_pool_options options = {sizeof(options), threads, affinity,
                                       spin_us};
  return bitnet_pool_create_with(&options);
}

/* Sleeping at once, and for long spinning, are only slower. */
static void test_spin(void) {
  static const int64_t spins[] = {-1, 1, 100000};
  for (int i = 0; i < 3; ++i)
    for (int threads = 2; threads <= 5; ++threads) {
      bitnet_pool *pool = make(threads, BITNET_AFFINITY_NONE, spins[i]);
      visits *seen = calloc(1, sizeof(visits));
      for (int repeat = 0; repeat < 200; ++repeat)
        bitnet_pool_parallel_for(pool, visit, seen, MOST);
      check_visits(seen, MOST, 200);
      free(seen);
      bitnet_pool_free(pool);
    }
}

static void note_places(void *context, int64_t begin, int64_t end) {
  cpu_set_t *sets = context;
  CHECK(end == begin + 1);
  CHECK(sched_getaffinity(0, sizeof(cpu_set_t), &sets[begin]) == 0);
}

static void test_affinity(void) {
  enum { THREADS = 5 };
  cpu_set_t before, sets[THREADS];
  CHECK(sched_getaffinity(0, sizeof(before), &before) == 0);
  for (int kind = BITNET_AFFINITY_NONE; kind <= BITNET_AFFINITY_SPREAD;
       ++kind) {
    bitnet_pool *pool = make(THREADS, kind, 0);
    CHECK(bitnet_pool_threads(pool) == THREADS);
    bitnet_pool_parallel_for(pool, note_places, sets, THREADS);
    CHECK(CPU_EQUAL(&sets[0], &before)); /* the caller stays free */
    for (int i = 1; i < THREADS; ++i)
      CHECK(kind == BITNET_AFFINITY_NONE ? CPU_EQUAL(&sets[i], &before)
                                         : CPU_COUNT(&sets[i]) == 1);
    bitnet_pool_free(pool);
  }
  CHECK(bitnet_affinity_parse("spread") == BITNET_AFFINITY_SPREAD);
  CHECK(bitnet_affinity_parse("default") == -1);
  CHECK(bitnet_affinity_parse(NULL) == -1);
}

static void test_options(void) {
  CHECK(!bitnet_pool_create(-1));
  CHECK_TEXT(bitnet_last_error(), "expected 0 to 1024 threads, got -1");
  CHECK(!bitnet_pool_create(1025));
  CHECK(!make(2, 7, 0));
  CHECK_TEXT(bitnet_last_error(), "7 is no bitnet_affinity");
  /* An older host knows fewer fields. */
  const bitnet_pool_options old = {12, 3, 99, 99};
  bitnet_pool *pool = bitnet_pool_create_with(&old);
  CHECK(bitnet_pool_threads(pool) == 3);
  bitnet_pool_free(pool);
  bitnet_pool_free(NULL);
  CHECK(bitnet_pool_threads(NULL) == 1);
}

static void expect_refused(const char *variable, const char *value,
                           const char *expected) {
  setenv(variable, value, 1);
  CHECK(!bitnet_pool_create(0));
  CHECK_TEXT(bitnet_last_error(), variable);
  CHECK_TEXT(bitnet_last_error(), expected);
  CHECK_TEXT(bitnet_last_error(), value);
  unsetenv(variable);
}

static void test_environment(void) {
  setenv("BITNET_NUM_THREADS", "5", 1);
  setenv("BITNET_AFFINITY", "compact", 1);
  setenv("BITNET_SPIN_US", "0", 1);
  bitnet_pool *pool = bitnet_pool_create(0);
  CHECK(bitnet_pool_threads(pool) == 5);
  bitnet_pool_free(pool);
  setenv("BITNET_NUM_THREADS", "", 1);
  setenv("BITNET_AFFINITY", "", 1);
  unsetenv("BITNET_SPIN_US");
  pool = bitnet_pool_create(0);
  CHECK(bitnet_pool_threads(pool) >= 1);
  bitnet_pool_free(pool);
  static const char *const bad[] = {"many", "0", "-2", "2x", "1025", "1e3"};
  for (int i = 0; i < 6; ++i)
    expect_refused("BITNET_NUM_THREADS", bad[i],
                   "expected a number from 1 to 1024, got '");
  expect_refused("BITNET_AFFINITY", "scatter",
                 "expected none, compact or spread, got '");
  expect_refused("BITNET_SPIN_US", "-1", "expected a number from 0 to");
  /* What the API sets, the environment does not change. */
  setenv("BITNET_NUM_THREADS", "many", 1);
  pool = bitnet_pool_create(2);
  CHECK(bitnet_pool_threads(pool) == 2);
  bitnet_pool_free(pool);
  unsetenv("BITNET_NUM_THREADS");
}

void test_pool(void) {
  test_coverage();
  test_sleep();
  test_spin();
  test_nested();
  test_shared();
  test_fork();
  test_fork_default();
  test_affinity();
  test_options();
  test_environment();
}
