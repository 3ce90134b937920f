/*===- Session.c - state that outlives a run ------------------------------===*\
|*                                                                            *|
|* All states of a session lie in one piece of memory, at offsets that the    *|
|* compiler has chosen. A session also keeps the arena of its last run, so    *|
|* that its runs meet the sizes of their own conversation.                    *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

struct bitnet_session {
  const bitnet_model_desc *model; /* to know the sessions of other models */
  bn_chunk state;
  bitnet_arena *arena; /* of the last run; NULL before the first */
  int32_t busy;        /* a run is in progress */
  int32_t spoiled;     /* a run has failed halfway */
};

BITNET_EXPORT bitnet_session *bitnet_model_session_create(void) {
  bitnet_session *session = malloc(sizeof(*session));
  if (!session)
    return NULL;
  memset(session, 0, sizeof(*session));
  session->model = &bitnet_generated_desc;
  const uint64_t bytes = bitnet_generated_desc.state_bytes;
  if (bytes && !bn_get_chunk(&session->state, bytes)) {
    free(session);
    return NULL;
  }
  bn_clear_chunk(&session->state);
  return session;
}

BITNET_EXPORT void bitnet_model_session_reset(bitnet_session *session) {
  bn_clear_chunk(&session->state);
  session->spoiled = 0;
}

BITNET_EXPORT void bitnet_model_session_free(bitnet_session *session) {
  if (!session)
    return;
  if (session->arena)
    bn_keep_arena(session->arena);
  bn_free_chunk(&session->state);
  free(session);
}

/* Fails the run for a session that cannot be used. Returns 0. */
static int refuse(bn_run *run, const char *why) {
  bn_text text = bn_fail(run, BITNET_INVALID_ARGUMENT);
  bn_put(&text, why);
  return 0;
}

int bn_enter_session(bn_run *run) {
  bitnet_session *session = run->options.session;
  if (!session && bitnet_generated_desc.num_states == 0)
    return 1;
  if (!session)
    return refuse(run, "the model has states, so its runs need a session "
                       "(bitnet_run_options.session)");
  if (session->model != &bitnet_generated_desc)
    return refuse(run, "the session belongs to another model");
  if (__atomic_exchange_n(&session->busy, 1, __ATOMIC_ACQUIRE))
    return refuse(run, "the session is at work in another run");
  run->session = session;
  if (session->spoiled)
    return refuse(run, "a run of this session has failed halfway, which may "
                       "have left half of its state: reset the session");
  run->ctx.state = bn_chunk_data(&session->state);
  run->ctx.arena = session->arena;
  session->arena = NULL;
  return 1;
}

void bn_leave_session(bn_run *run) {
  bitnet_session *session = run->session;
  if (!session)
    return;
  /* Runs that were refused before the model began have changed nothing. */
  if (run->started && run->ctx.status != BITNET_OK)
    session->spoiled = bitnet_generated_desc.num_states != 0;
  if (run->ctx.arena)
    session->arena = run->ctx.arena;
  __atomic_store_n(&session->busy, 0, __ATOMIC_RELEASE);
}
