//===- Names.cpp - C identifiers ------------------------------------------===//
//
// Turns any name of an ONNX model into an identifier of C++ that no header can
// break.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/HLSCpp/HLSCpp.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

/// Keywords of C++ and macros that its headers may define.
static const llvm::StringSet<> &reservedWords() {
  static const llvm::StringSet<> words{
      "alignas",   "alignof",    "and",       "and_eq",   "asm",
      "auto",      "bitand",     "bitor",     "bool",     "break",
      "case",      "catch",      "char",      "class",    "compl",
      "concept",   "const",      "constexpr", "continue", "decltype",
      "default",   "delete",     "do",        "double",   "else",
      "enum",      "explicit",   "export",    "extern",   "false",
      "float",     "for",        "friend",    "goto",     "if",
      "inline",    "int",        "long",      "main",     "mutable",
      "namespace", "new",        "noexcept",  "not",      "not_eq",
      "nullptr",   "operator",   "or",        "or_eq",    "private",
      "protected", "public",     "register",  "requires", "return",
      "short",     "signed",     "sizeof",    "static",   "struct",
      "switch",    "template",   "this",      "throw",    "true",
      "try",       "typedef",    "typeid",    "typename", "union",
      "unsigned",  "using",      "virtual",   "void",     "volatile",
      "wchar_t",   "while",      "xor",       "xor_eq",   "char8_t",
      "char16_t",  "char32_t",   "co_await",  "co_yield", "co_return",
      "consteval", "constinit",  "EOF",       "NULL",     "NAN",
      "INFINITY",  "HUGE_VAL",   "errno",     "assert",   "stdin",
      "stdout",    "stderr",     "linux",     "unix",     "std",
      "hls",       "bitnet_hls", "int8_t",    "int16_t",  "int32_t",
      "int64_t",   "uint8_t",    "uint16_t",  "uint32_t", "uint64_t"};
  return words;
}

std::string mlir::bitnet::toIdentifier(StringRef name) {
  std::string id;
  for (char c : name.take_front(60))
    id += llvm::isAlnum(c) ? c : '_';
  // Leading underscores and doubled ones belong to the C++ implementation.
  std::string clean;
  for (char c : id)
    if (c != '_' || (!clean.empty() && clean.back() != '_'))
      clean += c;
  if (clean.empty() || llvm::isDigit(clean[0]) ||
      reservedWords().contains(clean))
    clean = "p_" + clean;
  return clean;
}
