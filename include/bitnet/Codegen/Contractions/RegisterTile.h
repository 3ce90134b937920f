//===- RegisterTile.h - how much of a product fits registers ----*- C++ -*-===//
//
// The only place that knows how many accumulators fit the vector registers of a
// CPU. lib/Pipelines chooses a register file for each CPU level of a library;
// --bitnet-lower-contractions makes one kernel for each.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_CONTRACTIONS_REGISTERTILE_H
#define BITNET_CODEGEN_CONTRACTIONS_REGISTERTILE_H

#include "llvm/Support/CommandLine.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// Registers that hold vectors of floats: the tile of accumulators follows from
/// them. It never changes a result: each has an order of its own (mm_c5).
enum class RegisterFile {
  /// 16 registers of 4 floats: plain x86-64.
  XMM16,
  /// 16 registers of 8 floats: AVX.
  YMM16,
  /// 32 registers of 16 floats: AVX-512.
  ZMM32,
  /// 32 registers of 4 floats: Arm NEON.
  NEON32,
  /// 32 registers of at least 4 floats, of which four together hold a vector of
  /// 16: RISC-V V.
  RVV32
};

/// Accumulators that one tile of a product holds in registers.
///
/// Columns form: `rows` of the result by `vectors` vectors of 16 columns. Rows
/// form: `dotRows` of the result by `dotColumns` single columns, each with a
/// vector of 16 partial sums; `vectorColumns` columns where the result has one
/// row only.
struct RegisterTile {
  int64_t rows, vectors;
  int64_t dotRows, dotColumns, vectorColumns;
};

/// The tile that leaves registers for the operands of one step.
RegisterTile getRegisterTile(RegisterFile registers);

/// The name of a register file ("zmm32"), which options take and print.
llvm::StringRef getName(RegisterFile registers);
llvm::raw_ostream &operator<<(llvm::raw_ostream &os, RegisterFile registers);

/// The LLVM feature that a CPU with these registers has; empty for those of
/// every CPU.
llvm::StringRef getNeededFeature(RegisterFile registers);

/// The registers of a CPU with these LLVM features, with or without a leading
/// '+'.
RegisterFile getRegisterFile(const std::vector<std::string> &features);

} // namespace mlir::bitnet

namespace llvm::cl {
/// Lets an option hold a list of register files; upstream has no list option of
/// an enumeration's values.
template <>
class parser<mlir::bitnet::RegisterFile>
    : public basic_parser<mlir::bitnet::RegisterFile> {
public:
  using basic_parser::basic_parser;
  /// Reads a name. For an unknown one it reports an error of `option` that
  /// lists the names, and returns true.
  bool parse(Option &option, StringRef name, StringRef text,
             mlir::bitnet::RegisterFile &registers);
  StringRef getValueName() const override { return "registers"; }
};
} // namespace llvm::cl

#endif // BITNET_CODEGEN_CONTRACTIONS_REGISTERTILE_H
