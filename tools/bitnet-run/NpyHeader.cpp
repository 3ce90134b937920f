//===- NpyHeader.cpp - the dictionary that begins .npy files --------------===//
//
// The header is a Python dictionary, in practice written by NumPy, but other
// programs write other orders and spaces. It is parsed, not evaluated.
//
//===----------------------------------------------------------------------===//

#include "NpyHeader.h"
#include "Errors.h"
#include "bitnet/Support/SafeFile.h"
#include "bitnet/runtime/runtime.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace bitnet::run;

/// The dtype of a NumPy name, with its aliases; 0 for one that no model takes,
/// such as big-endian or complex numbers.
static int32_t parseDtype(StringRef descr) {
  // Byte order: '<' and '=' are ours, '|' says that there is none.
  if (descr.starts_with("<") || descr.starts_with("=") ||
      descr.starts_with("|"))
    descr = descr.drop_front();
  return StringSwitch<int32_t>(descr)
      .Cases({"f2", "float16"}, BITNET_DTYPE_F16)
      .Cases({"f4", "float32"}, BITNET_DTYPE_F32)
      .Cases({"f8", "float64"}, BITNET_DTYPE_F64)
      .Cases({"i1", "int8"}, BITNET_DTYPE_I8)
      .Cases({"i2", "int16"}, BITNET_DTYPE_I16)
      .Cases({"i4", "int32"}, BITNET_DTYPE_I32)
      .Cases({"i8", "int64"}, BITNET_DTYPE_I64)
      .Cases({"u1", "uint8"}, BITNET_DTYPE_U8)
      .Cases({"u2", "uint16"}, BITNET_DTYPE_U16)
      .Cases({"u4", "uint32"}, BITNET_DTYPE_U32)
      .Cases({"u8", "uint64"}, BITNET_DTYPE_U64)
      .Cases({"b1", "bool"}, BITNET_DTYPE_BOOL)
      .Case("V2", BITNET_DTYPE_BF16) // how ml_dtypes' bfloat16 is saved
      .Default(0);
}

namespace {
/// Takes the dictionary from the front of `text`.
class Parser {
public:
  explicit Parser(StringRef text) : text(text) {}
  bool parseDictionary();
  bool hasAllKeys() const { return hasDescr && hasOrder && hasShape; }
  bool hasFields() const { return fields; }

  StringRef descr;
  NpyHeader header;

private:
  void skipSpace() { text = text.ltrim(" \t\r\n"); }
  /// Skips spaces and takes `token` if it is next.
  bool take(StringRef token) {
    skipSpace();
    return text.consume_front(token);
  }
  bool parseEntry();
  bool parseString(StringRef &value);
  bool parseDescr();
  bool parseBool();
  bool parseShape();

  StringRef text;
  bool fields = false, hasDescr = false, hasOrder = false, hasShape = false;
};
} // namespace

/// A Python string without escapes, in either kind of quotes.
bool Parser::parseString(StringRef &value) {
  skipSpace();
  const StringRef quote = text.take_front(1);
  if (quote != "'" && quote != "\"")
    return false;
  const size_t end = text.find(quote, 1);
  if (end == StringRef::npos)
    return false;
  value = text.slice(1, end);
  text = text.drop_front(end + 1);
  return true;
}

/// A list of fields, or a type and a shape, are dtypes too, but none of ours.
bool Parser::parseDescr() {
  hasDescr = true;
  skipSpace();
  fields = text.starts_with("[") || text.starts_with("(");
  return parseString(descr);
}

/// Python's True or False.
bool Parser::parseBool() {
  hasOrder = true;
  header.fortranOrder = take("True");
  return header.fortranOrder || take("False");
}

/// A tuple of sizes. "(3)" is refused: in Python it is a number, "(3,)" a
/// tuple.
bool Parser::parseShape() {
  hasShape = true;
  header.shape.clear();
  bool comma = true;
  if (!take("("))
    return false;
  while (!take(")")) {
    int64_t dim;
    skipSpace();
    if (!comma || text.consumeInteger(10, dim) || dim < 0)
      return false;
    header.shape.push_back(dim);
    comma = take(",");
  }
  return comma || header.shape.size() > 1;
}

/// Parses one entry. Like in Python, the last of two entries of one key counts.
bool Parser::parseEntry() {
  StringRef key;
  if (!parseString(key) || !take(":"))
    return false;
  if (key == "descr")
    return parseDescr();
  if (key == "fortran_order")
    return parseBool();
  return key == "shape" && parseShape();
}

/// Entries between braces; a comma may stand behind the last one.
bool Parser::parseDictionary() {
  if (!take("{"))
    return false;
  bool comma = true;
  while (!take("}")) {
    if (!comma || !parseEntry())
      return false;
    comma = take(",");
  }
  skipSpace();
  return text.empty();
}

/// Errors show the header, as far as it is text.
Expected<NpyHeader> bitnet::run::parseNpyHeader(StringRef text,
                                                const Twine &origin) {
  Parser parser(text);
  const bool parsed = parser.parseDictionary();
  if (parser.hasFields())
    return badData(origin + ": a dtype with fields is not supported");
  if (!parsed || !parser.hasAllKeys())
    return badData(origin +
                   ": header: expected {'descr': <dtype>, 'fortran_order': "
                   "<True or False>, 'shape': (<sizes>)}, got " +
                   mlir::bitnet::quoteName(text.rtrim()));
  parser.header.dtype = parseDtype(parser.descr);
  if (!parser.header.dtype)
    return badData(origin + ": dtype " + mlir::bitnet::quoteName(parser.descr) +
                   " is not supported");
  return std::move(parser.header);
}
