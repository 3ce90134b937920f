/*===- state_model.h - what the tests know about state_model.c ------------===*/

#ifndef BITNET_RUNTIME_TEST_STATE_MODEL_H
#define BITNET_RUNTIME_TEST_STATE_MODEL_H

/* Bytes of the state `past`: mapped memory. */
enum { STATE_PAST_BYTES = 9 << 20 };

#endif /* BITNET_RUNTIME_TEST_STATE_MODEL_H */
