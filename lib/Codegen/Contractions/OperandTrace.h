//===- OperandTrace.h - where elements of an operand come from --*- C++ -*-===//
//
// Used by --bitnet-fold-operand-copies: with the answer a product can index the
// source of an operand itself, and the copies in between are not made.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_CONTRACTIONS_OPERANDTRACE_H
#define BITNET_CODEGEN_CONTRACTIONS_OPERANDTRACE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::bitnet {

/// A factor of a dimension: a dimension of the source, or a repetition.
struct Atom {
  std::optional<unsigned> source;
  int64_t extent;
};

/// Follows a tensor up through reshapes, transpositions, repetitions and
/// functions of single elements, to the tensor that holds its elements.
class OperandTrace {
public:
  /// Traces `value`. The trace ends at the result of the first operation that
  /// it cannot pass.
  explicit OperandTrace(Value value);

  Value getSource() const { return source; }
  ArrayRef<Atom> getAtoms() const { return atoms; }
  /// Atoms of each dimension of the value, outermost first; none: extent 1.
  ArrayRef<SmallVector<unsigned>> getDims() const { return dims; }
  /// Functions of single elements on the way, from the source on.
  ArrayRef<linalg::GenericOp> getFunctions() const { return functions; }
  /// Whether anything on the way moves or repeats elements in memory.
  bool hasCopies() const { return copies; }

private:
  using Dims = SmallVector<SmallVector<unsigned>>;

  void start(Value value);
  bool pass(Operation *op);
  bool expand(Operation *op);
  void collapse(ArrayRef<ReassociationIndices> groups);
  bool copy(linalg::GenericOp op);
  unsigned addAtom(std::optional<unsigned> dim, int64_t extent);
  std::optional<SmallVector<unsigned>> takeLast(SmallVectorImpl<unsigned> &from,
                                                int64_t extent);

  Value source;
  SmallVector<Atom> atoms;
  Dims dims;
  SmallVector<linalg::GenericOp> functions;
  bool copies = false;
};

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_CONTRACTIONS_OPERANDTRACE_H
