/*===- Test.h - the smallest test harness
 * ----------------------------------===*/

#ifndef BITNET_RUNTIME_TEST_TEST_H
#define BITNET_RUNTIME_TEST_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* assert() that release builds keep. */
#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);  \
      abort();                                                                 \
    }                                                                          \
  } while (0)

#define CHECK_TEXT(got, expected)                                              \
  do {                                                                         \
    const char *got_text = (got);                                              \
    if (!strstr(got_text, (expected))) {                                       \
      fprintf(stderr, "%s:%d: expected \"%s\" in \"%s\"\n", __FILE__,          \
              __LINE__, (expected), got_text);                                 \
      abort();                                                                 \
    }                                                                          \
  } while (0)

/* `folder` holds fake.so, fake_file.so (weights in fake.weights), fake_cpu.so
 * (needs what no CPU has), fake_state.so (state_model.c), and the others of
 * CMakeLists.txt, and is writable. */
void test_pool(void);
void test_model(const char *folder);
void test_loader(const char *folder);
void test_sessions(const char *folder);

#endif /* BITNET_RUNTIME_TEST_TEST_H */
