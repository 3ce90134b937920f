/*===- SessionTest.c - states, sessions, inputs updated in place ----------===*/

#include "Test.h"
#include "state_model.h"

#include "bitnet/runtime/runtime.h"

#include <pthread.h>

static bitnet_model *model;

/* The tensors of one run. */
typedef struct fixture {
  float x[4], total[8];
  bitnet_tensor in[2], out[3];
  bitnet_run_options options;
} fixture;

static void set_up(fixture *f, bitnet_session *session) {
  memset(f, 0, sizeof(*f));
  for (int i = 0; i < 4; ++i)
    f->x[i] = (float)(i + 1);
  f->in[0] = (bitnet_tensor){
      .data = f->x, .dtype = BITNET_DTYPE_F32, .rank = 1, .dims = {4}};
  f->in[1] = (bitnet_tensor){
      .data = f->total, .dtype = BITNET_DTYPE_F32, .rank = 1, .dims = {8}};
  f->options.struct_size = sizeof(f->options);
  f->options.session = session;
}

static bitnet_status run(fixture *f) {
  return bitnet_model_invoke(model, f->in, 2, f->out, 3, &f->options);
}

/* total_out is ours; the other two are from malloc. */
static void free_outputs(fixture *f) {
  free(f->out[0].data);
  free(f->out[2].data);
  memset(f->out, 0, sizeof(f->out));
}

/* One run that is refused, after which the tensors are as at first. */
static void expect(fixture *f, const char *text) {
  CHECK(run(f) == BITNET_INVALID_ARGUMENT);
  CHECK_TEXT(bitnet_last_error(), text);
  free_outputs(f);
  set_up(f, f->options.session);
}

static bitnet_session *make_session(void) {
  bitnet_session *session = NULL;
  CHECK(bitnet_session_create(model, &session) == BITNET_OK && session);
  return session;
}

/* Runs once and checks that it is run number `count` of its session. */
static void step(bitnet_session *session, int count) {
  fixture f;
  set_up(&f, session);
  CHECK(run(&f) == BITNET_OK);
  CHECK(*(int64_t *)f.out[2].data == count);
  for (int i = 0; i < 4; ++i)
    CHECK(((float *)f.out[0].data)[i] == f.x[i] * (float)count);
  free_outputs(&f);
}

static void test_description(void) {
  CHECK(bitnet_model_num_states(model) == 3);
  CHECK(strcmp(bitnet_model_state(model, 1)->name, "sum") == 0);
  CHECK(!bitnet_model_state(model, 3));
  CHECK(!bitnet_model_input(model, 0)->flags);
  CHECK(bitnet_model_input(model, 1)->flags == BITNET_VALUE_IN_PLACE);
  CHECK(bitnet_model_output(model, 1)->alias == 1);
  const bitnet_model_desc *desc = bitnet_model_description(model);
  CHECK(desc->states[2].offset == 128 &&
        desc->state_bytes == 128 + STATE_PAST_BYTES);
}

/* The output is the input's memory, whether the host says so or not. */
static void test_in_place(void) {
  fixture f;
  bitnet_session *session = make_session();
  set_up(&f, session);
  CHECK(run(&f) == BITNET_OK && f.out[1].data == f.total);
  CHECK(f.out[1].dims[0] == 8 && f.out[1].capacity == sizeof(f.total));
  CHECK(f.total[0] == 1 && f.total[7] == 4);
  CHECK(run(&f) == BITNET_OK && f.out[1].data == f.total);
  CHECK(f.total[0] == 2 && f.total[7] == 8);
  free_outputs(&f);
  /* Without elements there is no memory. */
  f.in[1].data = NULL;
  f.in[1].dims[0] = 0;
  CHECK(run(&f) == BITNET_OK && !f.out[1].data && f.out[1].dims[0] == 0);
  free_outputs(&f);
  bitnet_session_free(model, session);
}

static void test_in_place_errors(void) {
  fixture f;
  const int64_t backwards[] = {-1};
  float other[8];
  bitnet_session *session = make_session();
  set_up(&f, session);
  f.in[1].strides = backwards;
  f.in[1].data = &f.total[7];
  expect(&f, "input 'total': updated in place, so its data must be dense and "
             "aligned");
  f.in[1].data = (char *)f.total + 1;
  f.in[1].dims[0] = 2;
  expect(&f, "must be dense and aligned");
  f.in[0].data = &f.total[7];
  expect(&f, "input 'total': updated in place, so it must not share memory "
             "with input 'x'");
  f.out[1].data = other;
  f.out[1].dtype = BITNET_DTYPE_F32;
  f.out[1].capacity = sizeof(other);
  expect(&f, "output 'total_out': it is the memory of input 'total': pass "
             "that, or NULL");
  /* Runs that were refused have not begun: the state is as before. */
  step(session, 1);
  bitnet_session_free(model, session);
}

/* Two conversations take turns; one is begun anew. */
static void test_states(void) {
  bitnet_session *a = make_session(), *b = make_session();
  step(a, 1);
  step(a, 2);
  step(b, 1);
  step(a, 3);
  bitnet_session_reset(model, a);
  step(a, 1);
  step(b, 2);
  bitnet_session_free(model, a);
  step(b, 3);
  bitnet_session_free(model, b);
  bitnet_session_free(model, NULL);
  CHECK(bitnet_session_create(NULL, &a) == BITNET_INVALID_ARGUMENT && !a);
  CHECK(bitnet_session_create(model, NULL) == BITNET_INVALID_ARGUMENT);
}

static void test_session_errors(const char *folder) {
  fixture f;
  char path[512];
  bitnet_model *other = NULL;
  bitnet_session *stray = NULL, *session = make_session();
  set_up(&f, NULL);
  expect(&f, "the model has states, so its runs need a session");
  f.options.struct_size = offsetof(bitnet_run_options, session);
  expect(&f, "the model has states, so its runs need a session");
  snprintf(path, sizeof(path), "%s/fake.so", folder);
  CHECK(bitnet_model_load(path, &other) == BITNET_OK);
  CHECK(bitnet_session_create(other, &stray) == BITNET_OK);
  f.options.session = stray;
  expect(&f, "the session belongs to another model");
  bitnet_session_free(other, stray);
  bitnet_model_free(other);
  /* A run that fails halfway may have written half of the state. */
  set_up(&f, session);
  f.x[0] = -1;
  CHECK(run(&f) == BITNET_SHAPE_MISMATCH);
  CHECK_TEXT(bitnet_last_error(), "x must not be negative");
  set_up(&f, session);
  expect(&f, "a run of this session has failed halfway");
  bitnet_session_reset(model, session);
  step(session, 1);
  bitnet_session_free(model, session);
}

/* The session of `options` is at work. */
static void run_again(const bitnet_run_options *options) {
  fixture f;
  set_up(&f, options->session);
  CHECK(run(&f) == BITNET_INVALID_ARGUMENT);
  CHECK_TEXT(bitnet_last_error(), "the session is at work in another run");
}

/* Called within a run, for output 2. */
static void *allocate(void *user, uint32_t output, uint64_t bytes) {
  if (output == 2)
    run_again(user);
  return malloc(bytes);
}

static void test_busy(void) {
  fixture f;
  bitnet_session *session = make_session();
  set_up(&f, session);
  f.options.allocate = allocate;
  f.options.user = &f.options;
  CHECK(run(&f) == BITNET_OK);
  free_outputs(&f);
  step(session, 2);
  bitnet_session_free(model, session);
}

/* A thread's conversation of 100 runs. */
static void *converse(void *unused) {
  bitnet_session *session = make_session();
  (void)unused;
  for (int i = 1; i <= 100; ++i)
    step(session, i);
  bitnet_session_free(model, session);
  return NULL;
}

/* Sessions at the same time, and what is left of them. */
static void test_concurrent(void) {
  pthread_t threads[8];
  for (int i = 0; i < 8; ++i)
    CHECK(pthread_create(&threads[i], NULL, converse, NULL) == 0);
  for (int i = 0; i < 8; ++i)
    pthread_join(threads[i], NULL);
  bitnet_session *session = make_session();
  CHECK(bitnet_model_memory_use(model).bytes >= STATE_PAST_BYTES);
  step(session, 1);
  const uint64_t allocations = bitnet_model_memory_use(model).allocations;
  for (int i = 2; i < 10; ++i)
    step(session, i);
  CHECK(bitnet_model_memory_use(model).allocations == allocations);
  bitnet_session_free(model, session);
  bitnet_model_release_memory(model);
  CHECK(bitnet_model_memory_use(model).bytes == 0);
  CHECK(bitnet_model_memory_use(model).arenas == 0);
}

void test_sessions(const char *folder) {
  char path[512];
  snprintf(path, sizeof(path), "%s/fake_state.so", folder);
  CHECK(bitnet_model_load(path, &model) == BITNET_OK);
  test_description();
  test_in_place();
  test_in_place_errors();
  test_states();
  test_session_errors(folder);
  test_busy();
  test_concurrent();
  bitnet_model_free(model);
}
