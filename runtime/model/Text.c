/*===- Text.c - error lines without a C library ---------------------------===*/

#include "Internal.h"

/* Adds a character and the terminator, if there is room for both. */
static void put_char(bn_text *text, char c) {
  if (!text->end || text->at == text->end)
    return;
  *text->at++ = c;
  *text->at = 0;
}

/* Names come from the model file: control characters must not break the one
 * line that we promise. */
static void put_escaped(bn_text *text, unsigned char c) {
  static const char digits[] = "0123456789abcdef";
  put_char(text, '\\');
  put_char(text, 'x');
  put_char(text, digits[c >> 4]);
  put_char(text, digits[c & 15]);
}

void bn_put(bn_text *text, const char *string) {
  for (; string && *string; ++string) {
    if ((unsigned char)*string < 0x20 || *string == 0x7f)
      put_escaped(text, (unsigned char)*string);
    else
      put_char(text, *string);
  }
}

void bn_put_int(bn_text *text, int64_t value) {
  char digits[20];
  int count = 0;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  if (value < 0)
    put_char(text, '-');
  do {
    digits[count++] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  while (count)
    put_char(text, digits[--count]);
}

/* NULL for a number that is no dtype. The runtime library has these names, too
 * (Status.c), but a model also works without that library. */
static const char *dtype_name(int32_t dtype) {
  switch (dtype) {
  case BITNET_DTYPE_F32:
    return "f32";
  case BITNET_DTYPE_U8:
    return "u8";
  case BITNET_DTYPE_I8:
    return "i8";
  case BITNET_DTYPE_U16:
    return "u16";
  case BITNET_DTYPE_I16:
    return "i16";
  case BITNET_DTYPE_I32:
    return "i32";
  case BITNET_DTYPE_I64:
    return "i64";
  case BITNET_DTYPE_BOOL:
    return "bool";
  case BITNET_DTYPE_F16:
    return "f16";
  case BITNET_DTYPE_F64:
    return "f64";
  case BITNET_DTYPE_U32:
    return "u32";
  case BITNET_DTYPE_U64:
    return "u64";
  case BITNET_DTYPE_BF16:
    return "bf16";
  default:
    return NULL;
  }
}

void bn_put_type(bn_text *text, int32_t dtype, int32_t rank,
                 const int64_t *dims, const char *const *names) {
  const char *name = dtype_name(dtype);
  bn_put(text, name ? name : "dtype ");
  if (!name)
    bn_put_int(text, dtype);
  bn_put(text, "[");
  for (int32_t i = 0; i < rank && i < BITNET_MAX_RANK; ++i) {
    if (i)
      bn_put(text, ",");
    if (names && dims[i] < 0)
      bn_put(text, names[i] ? names[i] : "?");
    else
      bn_put_int(text, dims[i]);
  }
  bn_put(text, "]");
}

bn_text bn_fail(bn_run *run, bitnet_status status) {
  bn_text text = {NULL, NULL};
  if (run->ctx.status != BITNET_OK)
    return text;
  run->ctx.status = status;
  if (!run->options.error || !run->options.error_size)
    return text;
  text.at = run->options.error;
  text.end = text.at + (run->options.error_size - 1);
  *text.at = 0;
  return text;
}

bn_text bn_fail_value(bn_run *run, bitnet_status status, const char *kind,
                      const bitnet_value_desc *value) {
  bn_text text = bn_fail(run, status);
  bn_put(&text, kind);
  bn_put(&text, " '");
  bn_put(&text, value->name);
  bn_put(&text, "': ");
  return text;
}
