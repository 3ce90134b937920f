/*===- Status.c - names of statuses and dtypes, the last error ------------===*/

#include "Internal.h"

#include <stdarg.h>
#include <stdio.h>

/* One line per thread: a failure on another thread does not overwrite it. */
static _Thread_local char last_error[BN_ERROR_SIZE];

char *bn_error_buffer(void) { return last_error; }

const char *bitnet_last_error(void) { return last_error; }

uint32_t bitnet_runtime_abi_version(void) { return BITNET_ABI_VERSION; }

bitnet_status bn_error(bitnet_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof(last_error), format, arguments);
  va_end(arguments);
  /* Paths may hold line breaks; the error is one line. */
  for (char *c = last_error; *c; ++c)
    if ((unsigned char)*c < 0x20)
      *c = '?';
  return status;
}

const char *bitnet_status_name(bitnet_status status) {
  switch (status) {
  case BITNET_OK:
    return "ok";
  case BITNET_INVALID_ARGUMENT:
    return "invalid argument";
  case BITNET_SHAPE_MISMATCH:
    return "shape mismatch";
  case BITNET_OUT_OF_MEMORY:
    return "out of memory";
  case BITNET_UNSUPPORTED_CPU:
    return "unsupported CPU";
  case BITNET_BAD_MODEL:
    return "bad model";
  case BITNET_IO_ERROR:
    return "input/output error";
  }
  return "unknown status";
}

/* The table is indexed by the number of the dtype; numbers that are none have
 * no name and 0 bytes. */
static const struct {
  const char *name;
  uint64_t bytes;
} dtypes[] = {
    [BITNET_DTYPE_F32] = {"f32", 4},   [BITNET_DTYPE_U8] = {"u8", 1},
    [BITNET_DTYPE_I8] = {"i8", 1},     [BITNET_DTYPE_U16] = {"u16", 2},
    [BITNET_DTYPE_I16] = {"i16", 2},   [BITNET_DTYPE_I32] = {"i32", 4},
    [BITNET_DTYPE_I64] = {"i64", 8},   [BITNET_DTYPE_BOOL] = {"bool", 1},
    [BITNET_DTYPE_F16] = {"f16", 2},   [BITNET_DTYPE_F64] = {"f64", 8},
    [BITNET_DTYPE_U32] = {"u32", 4},   [BITNET_DTYPE_U64] = {"u64", 8},
    [BITNET_DTYPE_BF16] = {"bf16", 2},
};

/* Whether `dtype` is an index of the table. */
static int is_dtype(int32_t dtype) {
  return dtype >= 0 && dtype < (int)(sizeof(dtypes) / sizeof(dtypes[0]));
}

const char *bitnet_dtype_name(int32_t dtype) {
  return is_dtype(dtype) ? dtypes[dtype].name : NULL;
}

uint64_t bitnet_dtype_bytes(int32_t dtype) {
  return is_dtype(dtype) ? dtypes[dtype].bytes : 0;
}
