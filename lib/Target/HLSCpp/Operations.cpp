//===- Operations.cpp - C++ expressions of arith and math -----------------===//
//
// A table from operations of arith and math to C++ expressions, with operands
// and types filled in. Integers are computed in the unsigned type where they
// may wrap, because signed overflow is undefined in C++.
//
//===----------------------------------------------------------------------===//

#include "Operations.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The C++ type; empty for types that have none, such as 16-bit floats.
StringRef bitnet::cppType(Type type) {
  if (type.isIndex())
    return "int";
  if (type.isF32())
    return "float";
  if (type.isF64())
    return "double";
  if (!type.isSignlessInteger())
    return "";
  switch (type.getIntOrFloatBitWidth()) {
  case 1:
    return "bool";
  case 8:
    return "int8_t";
  case 16:
    return "int16_t";
  case 32:
    return "int32_t";
  case 64:
    return "int64_t";
  default:
    return "";
  }
}

StringRef bitnet::cppUnsignedType(Type type) {
  if (type.isIndex() || type.isInteger(32))
    return "uint32_t";
  if (type.isInteger(1))
    return "bool";
  if (type.isInteger(8))
    return "uint8_t";
  return type.isInteger(16) ? "uint16_t" : "uint64_t";
}

/// $0 $1 $2: operands; $T: result type; $U: the unsigned type of the result, at
/// least 32 bits (narrower ones would be promoted to int); $N: the unsigned
/// type of the operands. The key may end in a variant: see `variants`.
static const llvm::StringMap<StringRef> &expressions() {
  static const llvm::StringMap<StringRef> table{
      // Floats: the operators of C++, whose operands have one type, so nothing
      // is promoted. -ffp-contract=off keeps multiplications and additions
      // apart.
      {"arith.addf", "$0 + $1"},
      {"arith.subf", "$0 - $1"},
      {"arith.mulf", "$0 * $1"},
      {"arith.divf", "$0 / $1"},
      {"arith.negf", "-$0"},
      // C++ has no maximum that treats NaN and -0 as IEEE 754 asks for.
      {"arith.maximumf", "bitnet_hls::maximumf($0, $1)"},
      {"arith.minimumf", "bitnet_hls::minimumf($0, $1)"},
      {"arith.maxnumf", "bitnet_hls::maxnumf($0, $1)"},
      {"arith.minnumf", "bitnet_hls::minnumf($0, $1)"},
      // Conversions. A bool that is true is -1 as a signed number.
      {"arith.extf", "($T)$0"},
      {"arith.truncf", "($T)$0"},
      {"arith.fptosi", "($T)$0"},
      {"arith.fptoui", "($T)($U)$0"},
      {"arith.sitofp", "($T)$0"},
      {"arith.sitofp:i1", "$0 ? -($T)1 : ($T)0"},
      {"arith.uitofp", "($T)($N)$0"},
      {"arith.bitcast", "bitnet_hls::bitcast<$T>($0)"},
      {"arith.select", "$0 ? $1 : $2"},
      // Integers wrap: the sum is formed in the unsigned type and cut to the
      // result's. Indices and sums that are known not to wrap are plain
      // (`variant`).
      {"arith.addi", "($T)(($U)$0 + ($U)$1)"},
      {"arith.subi", "($T)(($U)$0 - ($U)$1)"},
      {"arith.muli", "($T)(($U)$0 * ($U)$1)"},
      {"arith.addi:plain", "$0 + $1"},
      {"arith.subi:plain", "$0 - $1"},
      {"arith.muli:plain", "$0 * $1"},
      {"arith.addi:i1", "$0 != $1"},
      {"arith.subi:i1", "$0 != $1"},
      {"arith.muli:i1", "$0 && $1"},
      // MLIR leaves division by zero and overflow undefined, as C++ does.
      {"arith.divsi", "($T)($0 / $1)"},
      {"arith.remsi", "($T)($0 % $1)"},
      {"arith.divui", "($T)(($N)$0 / ($N)$1)"},
      {"arith.remui", "($T)(($N)$0 % ($N)$1)"},
      {"arith.divsi:plain", "$0 / $1"},
      {"arith.remsi:plain", "$0 % $1"},
      {"arith.divui:plain", "$0 / $1"},
      {"arith.remui:plain", "$0 % $1"},
      {"arith.floordivsi", "bitnet_hls::floordiv($0, $1)"},
      {"arith.ceildivsi", "-bitnet_hls::floordiv(-$0, $1)"},
      {"arith.maxsi", "$0 > $1 ? $0 : $1"},
      {"arith.minsi", "$0 < $1 ? $0 : $1"},
      // Narrow operands are promoted to int, so the result is cut again.
      {"arith.andi", "($T)($0 & $1)"},
      {"arith.ori", "($T)($0 | $1)"},
      {"arith.xori", "($T)($0 ^ $1)"},
      {"arith.shli", "($T)(($U)$0 << $1)"},
      {"arith.shrsi", "($T)($0 >> $1)"},
      {"arith.shrui", "($T)(($N)$0 >> $1)"},
      // Widening keeps the sign, or casts it away first.
      {"arith.extsi", "($T)$0"},
      {"arith.extsi:i1", "$0 ? ($T)-1 : ($T)0"},
      {"arith.extui", "($T)($N)$0"},
      {"arith.trunci", "($T)$0"},
      {"arith.trunci:toi1", "($0 & 1) != 0"},
      {"arith.index_cast", "($T)$0"},
      {"arith.index_castui", "($T)($N)$0"},
      // <cmath> has an overload for float and one for double.
      {"math.absf", "std::fabs($0)"},
      {"math.ceil", "std::ceil($0)"},
      {"math.copysign", "std::copysign($0, $1)"},
      {"math.cos", "std::cos($0)"},
      {"math.exp", "std::exp($0)"},
      {"math.floor", "std::floor($0)"},
      {"math.fma", "std::fma($0, $1, $2)"},
      {"math.log", "std::log($0)"},
      {"math.powf", "std::pow($0, $1)"},
      {"math.roundeven", "bitnet_hls::roundeven($0)"},
      {"math.sin", "std::sin($0)"},
      {"math.sqrt", "std::sqrt($0)"},
      {"math.trunc", "std::trunc($0)"},
  };
  return table;
}

/// Ordered and unordered comparisons; NaN compares false in C++.
static StringRef comparison(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::AlwaysFalse:
    return "false";
  case arith::CmpFPredicate::OEQ:
    return "$0 == $1";
  case arith::CmpFPredicate::OGT:
    return "$0 > $1";
  case arith::CmpFPredicate::OGE:
    return "$0 >= $1";
  case arith::CmpFPredicate::OLT:
    return "$0 < $1";
  case arith::CmpFPredicate::OLE:
    return "$0 <= $1";
  case arith::CmpFPredicate::ONE:
    return "$0 < $1 || $0 > $1";
  case arith::CmpFPredicate::ORD:
    return "!bitnet_hls::unordered($0, $1)";
  case arith::CmpFPredicate::UEQ:
    return "!($0 < $1 || $0 > $1)";
  case arith::CmpFPredicate::UGT:
    return "!($0 <= $1)";
  case arith::CmpFPredicate::UGE:
    return "!($0 < $1)";
  case arith::CmpFPredicate::ULT:
    return "!($0 >= $1)";
  case arith::CmpFPredicate::ULE:
    return "!($0 > $1)";
  case arith::CmpFPredicate::UNE:
    return "$0 != $1";
  case arith::CmpFPredicate::UNO:
    return "bitnet_hls::unordered($0, $1)";
  case arith::CmpFPredicate::AlwaysTrue:
    return "true";
  }
  return "";
}

/// Unsigned comparisons cast both sides.
static StringRef comparison(arith::CmpIPredicate predicate) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return "$0 == $1";
  case arith::CmpIPredicate::ne:
    return "$0 != $1";
  case arith::CmpIPredicate::slt:
    return "$0 < $1";
  case arith::CmpIPredicate::sle:
    return "$0 <= $1";
  case arith::CmpIPredicate::sgt:
    return "$0 > $1";
  case arith::CmpIPredicate::sge:
    return "$0 >= $1";
  case arith::CmpIPredicate::ult:
    return "($N)$0 < ($N)$1";
  case arith::CmpIPredicate::ule:
    return "($N)$0 <= ($N)$1";
  case arith::CmpIPredicate::ugt:
    return "($N)$0 > ($N)$1";
  case arith::CmpIPredicate::uge:
    return "($N)$0 >= ($N)$1";
  }
  return "";
}

/// The suffix of the key that decides between forms of one operation.
static StringRef variant(Operation *op) {
  Type in = op->getOperand(0).getType(), out = op->getResult(0).getType();
  if (in.isInteger(1))
    return ":i1";
  if (out.isInteger(1))
    return ":toi1";
  if (out.isIndex())
    return ":plain";
  auto flags = dyn_cast<arith::ArithIntegerOverflowFlagsInterface>(op);
  // Narrow sums are computed in int and cut, so only wide ones may be plain.
  return flags && flags.hasNoSignedWrap() && out.getIntOrFloatBitWidth() >= 32
             ? ":plain"
             : "";
}

/// The text of the table; empty for operations without one.
static StringRef findForm(Operation *op) {
  if (auto cmp = dyn_cast<arith::CmpFOp>(op))
    return comparison(cmp.getPredicate());
  if (auto cmp = dyn_cast<arith::CmpIOp>(op))
    return comparison(cmp.getPredicate());
  if (op->getNumResults() != 1 || op->getNumOperands() == 0)
    return "";
  std::string key = (op->getName().getStringRef() + variant(op)).str();
  const llvm::StringMap<StringRef> &table = expressions();
  if (auto it = table.find(key); it != table.end())
    return it->second;
  return table.lookup(op->getName().getStringRef());
}

/// The type to compute in. It has at least 32 bits, because C++ promotes
/// narrower types to int.
static StringRef arithmeticType(Type type) {
  return type.isInteger(64) || type.isF64() ? "uint64_t" : "uint32_t";
}

std::optional<std::string>
bitnet::printExpression(Operation *op, ArrayRef<std::string> operands) {
  StringRef form = findForm(op);
  if (form.empty())
    return std::nullopt;
  Type result = op->getResult(0).getType();
  std::string text;
  for (size_t i = 0; i < form.size(); ++i) {
    if (form[i] != '$') {
      text += form[i];
      continue;
    }
    // A digit is an operand, a letter a type.
    char what = form[++i];
    if (llvm::isDigit(what))
      text += operands[what - '0'];
    else if (what == 'T')
      text += cppType(result);
    else if (what == 'U')
      text += arithmeticType(result);
    else
      text += cppUnsignedType(op->getOperand(0).getType());
  }
  return text;
}

/// Nine digits give every float back, seventeen every double.
static std::string printFloat(const APFloat &value, Type type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  bool wide = type.isF64();
  if (!value.isFinite()) {
    os << "bitnet_hls::bitcast<" << cppType(type) << ">(";
    os << llvm::format_hex(value.bitcastToAPInt().getZExtValue(),
                           wide ? 18 : 10)
       << (wide ? "ull)" : "u)");
    return text;
  }
  if (wide)
    os << llvm::format("%.17g", value.convertToDouble());
  else
    os << llvm::format("%.9g", double(value.convertToFloat()));
  // A literal needs a point to be a floating-point number.
  if (StringRef(text).find_first_of(".e") == StringRef::npos)
    text += ".0";
  if (!wide)
    text += "f";
  return text[0] == '-' ? "(" + text + ")" : text;
}

std::optional<std::string> bitnet::printLiteral(TypedAttr value) {
  if (cppType(value.getType()).empty())
    return std::nullopt;
  if (auto number = dyn_cast<FloatAttr>(value))
    return printFloat(number.getValue(), number.getType());
  auto number = dyn_cast<IntegerAttr>(value);
  if (!number)
    return std::nullopt;
  if (number.getType().isInteger(1))
    return std::string(number.getValue().isZero() ? "false" : "true");
  int64_t v = number.getValue().getSExtValue();
  if (number.getType().isInteger(64))
    return "(int64_t)" + llvm::utostr(uint64_t(v)) + "u";
  // -2147483648 is an expression of a literal that is too large for int.
  if (v == INT32_MIN)
    return std::string("INT32_MIN");
  return v < 0 ? "(" + std::to_string(v) + ")" : std::to_string(v);
}
