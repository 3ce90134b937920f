/*===- fake_model.h - what the tests know about fake_model.c
 * ---------------===*/

#ifndef BITNET_RUNTIME_TEST_FAKE_MODEL_H
#define BITNET_RUNTIME_TEST_FAKE_MODEL_H

enum { FAKE_WEIGHTS_COUNT = 10, FAKE_SCRATCH_BYTES = 4096 };
/* Bytes of the weights of fake_big, too many to be read at each load. */
#define FAKE_BIG_BYTES 1600000000u
/* bitnet_hash64 of the floats 1, 2, 0, 0, ...: pins the hash function. */
#define FAKE_WEIGHTS_HASH 0xdb2d94ac1f174bb4u

#endif /* BITNET_RUNTIME_TEST_FAKE_MODEL_H */
