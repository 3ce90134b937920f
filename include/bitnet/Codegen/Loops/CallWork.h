//===- CallWork.h - how much a call multiplies -----------------*- C++ -*-===//
//
// The number goes to the hook `work` of abi.h (bitnet-run --profile): kernels
// and contractions set it where they make a call, --bitnet-mark-regions reads
// it.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_LOOPS_CALLWORK_H
#define BITNET_CODEGEN_LOOPS_CALLWORK_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>

namespace mlir::bitnet {

/// Array attribute of calls, `array<i64: 2560, 0, 0>`: a factor, then pairs of
/// an operand and a dimension of it. It survives until the calls of @main are
/// counted; what a callee multiplies is not visible in it by then.
inline constexpr llvm::StringLiteral kMacsAttr =
    BitNetDialect::MacsAttrHelper::getNameStr();

/// Multiply-accumulates of a call: `factor` times all `extents`. Those of
/// ternary weights, which are additions, count as well.
struct CallWork {
  using Extent = std::pair<Value, int64_t>;
  int64_t factor = 0;
  /// The extents that are multiplied: operands and their dimensions.
  llvm::SmallVector<Extent> extents;
};

/// Sets the attribute of `call`. Extents must be of its operands.
void setWork(func::CallOp call, const CallWork &work);
/// Reads the attribute; nothing for calls without it, or with one that does not
/// fit.
std::optional<CallWork> getWork(func::CallOp call);
/// Emits the number of MACs, an i64.
Value emitWork(OpBuilder &builder, Location loc, const CallWork &work);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_LOOPS_CALLWORK_H
