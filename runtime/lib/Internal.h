/*===- Internal.h - shared by the files of libbitnet_runtime ------*- C -*-===*/

#ifndef BITNET_RUNTIME_LIB_INTERNAL_H
#define BITNET_RUNTIME_LIB_INTERNAL_H

#include "bitnet/runtime/runtime.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Bytes of an error line with its terminator; longer lines are cut. */
enum { BN_ERROR_SIZE = 1024 };

/* This thread's error line, BN_ERROR_SIZE bytes; a run without a buffer of its
 * own writes its error here. */
char *bn_error_buffer(void);
/* Formats the error line and returns `status`. */
bitnet_status bn_error(bitnet_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether `path` is a whole ELF shared object for this machine: dlopen itself
 * trusts the headers and may fault on a truncated file. */
bitnet_status bn_check_elf(const char *path);

/* Maps the weight file that `desc` names, beside the model, after checks of its
 * size and seal. `*weights` is NULL for a model with embedded weights, whose
 * seal is checked, or none. The caller unmaps desc->weights_size bytes. */
bitnet_status bn_map_weights(const char *model_path,
                             const bitnet_model_desc *desc, void **weights);

/* Compares the hash of all weights, those at `mapped` or embedded ones, with
 * the seal. */
bitnet_status bn_verify_weights(const bitnet_model_desc *desc,
                                const void *mapped);

/* bitnet_pool_create_with and bitnet_default_pool with a status instead of
 * NULL; the pool goes to `*pool`. */
bitnet_status bn_make_pool(const bitnet_pool_options *options,
                           bitnet_pool **pool);
bitnet_status bn_default_pool(bitnet_pool **pool);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif /* BITNET_RUNTIME_LIB_INTERNAL_H */
