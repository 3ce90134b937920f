//===- Axes.h - a product's loops as at most six axes -----------*- C++ -*-===//
//
// A kernel has fixed loops, a linalg operation any number of them.
// planContraction joins loops that memory allows to treat as one, so that few
// kernels serve all.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_CONTRACTIONS_AXES_H
#define BITNET_CODEGEN_CONTRACTIONS_AXES_H

#include "Match.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// Loops that an address treats as one, outermost first. Empty: extent 1.
using Axis = SmallVector<unsigned, 2>;

/// Where the elements of one vector lie. It decides the order of additions
/// (mm_c5) and is part of the kernel's name.
enum class ContractionForm {
  /// Along n: vectors of rhs and of out.
  Columns,
  /// Along k: vectors of lhs and of rhs.
  Rows
};

/// How many batch axes a kernel has.
inline constexpr unsigned kBatchAxes = 3;

/// A product as a kernel takes it: three batch axes, m, n and k.
struct ContractionPlan {
  ContractionForm form = ContractionForm::Columns;
  /// lhs, rhs, out; lhs and rhs trade places when that makes out contiguous.
  SmallVector<Value, 3> operands;
  /// For each operand, the map from the loops of the linalg operation to the
  /// operand's dimensions.
  SmallVector<AffineMap, 3> maps;
  SmallVector<Axis, kBatchAxes> batch;
  Axis m, n, k;

  /// Axes of operand 0, 1 or 2, as the kernel's dimensions.
  SmallVector<Axis> getAxes(unsigned operand) const;
};

/// The plan of `contraction` on memrefs, or nothing when a kernel cannot
/// address it.
std::optional<ContractionPlan> planContraction(Contraction &contraction);

/// The operands as memrefs of rank 5 with run-time extents and strides; the
/// last stride is 1 where `isUnit`.
Value emitView(ImplicitLocOpBuilder &b, const ContractionPlan &plan,
               unsigned operand);

/// The type of such a view. `operand` is 0 for lhs, 1 for rhs, 2 for out.
MemRefType getViewType(ContractionForm form, unsigned operand, Type element);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_CONTRACTIONS_AXES_H
