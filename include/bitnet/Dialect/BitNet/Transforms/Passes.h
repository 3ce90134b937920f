//===- Passes.h - passes on the bitnet dialect ------------------*- C++ -*-===//
//
// Stages 2 and 3: --bitnet-quantize-linears, --bitnet-fold-empty,
// --bitnet-decompose-linear and --bitnet-pack-weights; --bitnet-verify-stage
// ends every stage.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/PackingPolicy.h"

#include "mlir/Pass/Pass.h"

namespace llvm::cl {
/// Lets an option of a pass hold a stage, by its word.
template <>
class parser<mlir::bitnet::Stage> : public basic_parser<mlir::bitnet::Stage> {
public:
  using basic_parser::basic_parser;
  /// Reads a word. For an unknown one it reports an error of `option` and
  /// returns true.
  bool parse(Option &option, StringRef name, StringRef text,
             mlir::bitnet::Stage &stage);
  /// For --print-all-options.
  void printOptionDiff(const Option &option, mlir::bitnet::Stage stage,
                       const OptionValue<mlir::bitnet::Stage> &,
                       size_t width) const;
  StringRef getValueName() const override { return "stage"; }
};
} // namespace llvm::cl

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_H
