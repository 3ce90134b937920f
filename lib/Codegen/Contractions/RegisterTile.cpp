//===- RegisterTile.cpp - tiles by register file --------------------------===//
//
// The table of register files, and the tile of each.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Contractions/RegisterTile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// An entry: the name of the option's value, and the LLVM feature that a CPU
/// with these registers has, if they are not on every CPU.
struct RegisterFileRow {
  RegisterFile registers;
  llvm::StringLiteral name, feature;
};
} // namespace

/// From worst to best within an architecture.
static constexpr RegisterFileRow kTable[] = {
    {RegisterFile::XMM16, "xmm16", ""},
    {RegisterFile::YMM16, "ymm16", "avx"},
    {RegisterFile::ZMM32, "zmm32", "avx512f"},
    {RegisterFile::NEON32, "neon32", "neon"},
    {RegisterFile::RVV32, "rvv32", "v"},
};

static const RegisterFileRow &getRow(RegisterFile registers) {
  return *llvm::find_if(kTable, [&](const RegisterFileRow &row) {
    return row.registers == registers;
  });
}

llvm::StringRef bitnet::getName(RegisterFile registers) {
  return getRow(registers).name;
}

llvm::raw_ostream &bitnet::operator<<(llvm::raw_ostream &os,
                                      RegisterFile registers) {
  return os << getName(registers);
}

llvm::StringRef bitnet::getNeededFeature(RegisterFile registers) {
  return getRow(registers).feature;
}

bool llvm::cl::parser<RegisterFile>::parse(Option &option, StringRef,
                                           StringRef text,
                                           RegisterFile &registers) {
  for (const RegisterFileRow &row : kTable) {
    if (row.name != text)
      continue;
    registers = row.registers;
    return false;
  }
  llvm::SmallVector<llvm::StringRef> names;
  for (const RegisterFileRow &row : kTable)
    names.push_back(row.name);
  return option.error("'" + text + "' is not one of " +
                      llvm::join(names, ", "));
}

/// A tile has as many accumulators as leave registers for the operands of one
/// step, and at least eight where possible, because two additions start in each
/// cycle and each takes four cycles. A single row of x streams the weights:
/// taking more of their rows at a time keeps more reads from memory under way.
RegisterTile bitnet::getRegisterTile(RegisterFile registers) {
  switch (registers) {
  case RegisterFile::XMM16:
    return {/*rows=*/2, /*vectors=*/1, /*dotRows=*/2, /*dotColumns=*/1,
            /*vectorColumns=*/4};
  case RegisterFile::YMM16:
    return {/*rows=*/6, /*vectors=*/1, /*dotRows=*/2, /*dotColumns=*/2,
            /*vectorColumns=*/4};
  case RegisterFile::ZMM32:
    return {/*rows=*/6, /*vectors=*/4, /*dotRows=*/4, /*dotColumns=*/4,
            /*vectorColumns=*/8};
  case RegisterFile::NEON32:
  case RegisterFile::RVV32:
    return {/*rows=*/5, /*vectors=*/1, /*dotRows=*/2, /*dotColumns=*/2,
            /*vectorColumns=*/4};
  }
  llvm_unreachable("a register file without a tile");
}

/// The last entry that the features allow.
RegisterFile bitnet::getRegisterFile(const std::vector<std::string> &features) {
  auto has = [&](llvm::StringRef name) {
    return llvm::any_of(features, [&](llvm::StringRef feature) {
      feature.consume_front("+");
      return feature == name;
    });
  };
  for (const RegisterFileRow &row : llvm::reverse(kTable))
    if (row.feature.empty() || has(row.feature))
      return row.registers;
  llvm_unreachable("the first register file needs no feature");
}
