//===- Dispatches.h - operations into a dispatch and out --------*- C++ -*-===//
//
// What the passes that form dispatches share, on tensors: finding what
// operations need from outside and moving them into an isolated body; and the
// way back, on buffers.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_PARTITION_DISPATCHES_H
#define BITNET_CODEGEN_PARTITION_DISPATCHES_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/PatternMatch.h"

namespace mlir::bitnet {

/// How the body of a dispatch sees a tensor that is one of its inits.
enum class InitReads {
  /// What reads it has an input of its own; the destinations of the last
  /// operation become the arguments of the inits.
  Apart,
  /// Reading and writing are one argument.
  InPlace
};

/// What is to become a dispatch.
struct DispatchParts {
  DispatchKind kind;
  SmallVector<Operation *> body; ///< of one block, in order
  SmallVector<Value> inits;      ///< tensors that `body` writes, one a result
  SmallVector<Value> results;    ///< of `body`, tied to `inits`
  SmallVector<Location> names;   ///< where the dispatch came from
  InitReads reads = InitReads::Apart;
};

/// Makes the dispatch in place of the last operation of `parts.body`; what read
/// a result reads that of the dispatch. Operations of the body are erased
/// unless something else uses them.
DispatchOp formDispatch(IRRewriter &rewriter, const DispatchParts &parts);

/// Puts the operations of the body in place of `dispatch`, which must be on
/// buffers.
void inlineDispatch(DispatchOp dispatch);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_PARTITION_DISPATCHES_H
