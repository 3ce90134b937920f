/*===- PoolTest.c - coverage, nesting, sharing, fork
 * -----------------------===*/

#include "Test.h"
#include "bitnet/runtime/runtime.h"

#include <pthread.h>
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

static void test_environment(void) {
  setenv("BITNET_NUM_THREADS", "5", 1);
  bitnet_pool *pool = bitnet_pool_create(0);
  CHECK(bitnet_pool_threads(pool) == 5);
  bitnet_pool_free(pool);
  setenv("BITNET_NUM_THREADS", "many", 1);
  pool = bitnet_pool_create(0);
  CHECK(bitnet_pool_threads(pool) >= 1);
  bitnet_pool_free(pool);
  unsetenv("BITNET_NUM_THREADS");
  bitnet_pool_free(NULL);
  CHECK(bitnet_pool_threads(NULL) == 1);
}

void test_pool(void) {
  test_coverage();
  test_sleep();
  test_nested();
  test_shared();
  test_fork();
  test_environment();
}
