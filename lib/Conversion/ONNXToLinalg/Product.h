//===- Product.h - sums of products as linalg.generic -----------*- C++ -*-===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_PRODUCT_H
#define BITNET_CONVERSION_ONNXTOLINALG_PRODUCT_H

#include "NodeLowering.h"

namespace mlir::bitnet {

/// A further input of a product's body: one number for all, per row of lhs
/// (result dimension m) or per column of rhs (n). Rank 0, or the last
/// dimension is the one that counts and all others have extent 1.
struct ProductInput {
  enum Kind { Scalar, PerRow, PerColumn };
  Value value;
  Kind kind;
};

/// acc[batch..., m, n] = sum_k body(lhs, rhs): numpy's matmul, 1-D operands
/// included. transA/transB swap the last two dimensions of an operand.
struct Product {
  Value lhs, rhs;
  bool transA = false, transB = false;
  Type accType;
  SmallVector<ProductInput> extra = {};
};

/// The accumulated product. `body` turns the elements (lhs, rhs, extra...) into
/// one term; without it the term is their product in `accType`.
///
/// The loop order decides whether LLVM can vectorise: n is innermost when rhs
/// rows are [K, N], k when they are [N, K].
FailureOr<Value> emitProduct(NodeLowering &n, Product product,
                             ScalarFn body = nullptr);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_PRODUCT_H
