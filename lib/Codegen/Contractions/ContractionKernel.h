//===- ContractionKernel.h - one function per form of product ---*- C++ -*-===//
//
// getOrCreateContraction makes the function and divides the result among tasks;
// ColumnsForm.cpp and RowsForm.cpp emit one matrix product each.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_CONTRACTIONS_CONTRACTIONKERNEL_H
#define BITNET_CODEGEN_CONTRACTIONS_CONTRACTIONKERNEL_H

#include "Axes.h"
#include "LoopBuilder.h"

#include "bitnet/Codegen/Contractions/RegisterTile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::bitnet {

/// One matrix product c += a * b, or c = a * b where c is `fresh`: matrices of
/// rank 2, extents of c, depth of the sums.
struct MatrixProduct {
  /// `a` is [rows, depth], `c` is [rows, columns]; `b` is [depth, columns] in
  /// the columns form and [columns, depth] in the rows form.
  Value a, b, c;
  Value rows, columns, depth;
  Value fresh;
  /// Memory for a panel of b, which the columns form uses.
  Value panel;
};

/// Columns that threads divide c by, rows of one item.
inline constexpr int64_t kWorkColumns = 64, kWorkRows = 256;
/// Rows of the panel: 64 KB of stack.
inline constexpr int64_t kPanelDepth = 256;

/// b [k, n]: each element of c is one chain of additions in the order of k.
void emitColumnsForm(LoopBuilder &b, const RegisterTile &tile,
                     const MatrixProduct &product);

/// The same for few rows and columns, such as one token's attention to many
/// values: a function of its own, so that registers are not short in both.
void emitNarrowForm(LoopBuilder &b, const RegisterTile &tile,
                    const MatrixProduct &product);
/// Whether that is the form for a result `c`.
Value isNarrowProduct(LoopBuilder &b, Value c);

/// b [n, k]: each element of c is 16 chains, one per k mod 16, added in pairs.
void emitRowsForm(LoopBuilder &b, const RegisterTile &tile,
                  const MatrixProduct &product);

/// The function for the form and element types of `plan`, made if absent:
///
///   func private @bitnet_contraction_<form>_<lhs>_<rhs>(%lhs, %rhs, %out:
///   views
///     of rank 5 (Axes.h), %fresh: i1, %parts, %begin, %end)
///     attributes {bitnet.parallel}
///
/// It computes parts [%begin, %end) of %parts of the result. With several
/// `registers`, worst first, it is a dispatch function with a kernel for each.
func::FuncOp getOrCreateContraction(ModuleOp module,
                                    const ContractionPlan &plan,
                                    llvm::ArrayRef<RegisterFile> registers);

/// Items of a product: [rows / kWorkRows] x [columns / kWorkColumns] of
/// each batch. `c` is the view of the result.
struct ContractionTiles {
  Value perRow, perColumn, total;
};
ContractionTiles emitTiles(LoopBuilder &b, Value c);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_CONTRACTIONS_CONTRACTIONKERNEL_H
