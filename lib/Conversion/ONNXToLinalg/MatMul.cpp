//===- MatMul.cpp - MatMul, Gemm, FusedMatMul, MatMulInteger --------------===//
//
// Float and integer products. A Product (Product.h) says what is multiplied;
// its body adds zero points. Sums are in f32 for narrow floats and in i32 for
// 8-bit integers, and rounded once.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"
#include "Parameters.h"
#include "Product.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

/// v * factor. For integers the factor is whole (checkFactor).
static Value scale(ScalarBuilder &s, Value v, double factor) {
  if (factor == 1.0)
    return v;
  Value c = s.constant(v.getType(), factor);
  return isa<FloatType>(v.getType()) ? s.make<arith::MulFOp>(v, c)
                                     : s.make<arith::MulIOp>(v, c);
}

/// alpha * acc rounded to `element`; acc itself when nothing changes.
static Value finish(NodeLowering &n, Value acc, Type element, double alpha) {
  if (alpha == 1.0 && n.elementType(acc) == element)
    return acc;
  return n.map(acc, element, [&](ScalarBuilder &s, ValueRange args) -> Value {
    return scale(s, args[0], alpha);
  });
}

/// NumPy's matmul: the last two axes are multiplied, all others broadcast.
static LogicalResult lowerMatMul(NodeLowering &n) {
  Value lhs = n.operand(0), rhs = n.operand(1);
  Type element = n.elementType(lhs);
  FailureOr<Value> acc =
      emitProduct(n, {lhs, rhs, false, false, computeType(element)});
  if (failed(acc))
    return failure();
  n.setResult(0, finish(n, *acc, element, 1.0));
  return success();
}

//===----------------------------------------------------------------------===//
// com.microsoft.FusedMatMul
//===----------------------------------------------------------------------===//

/// transBatchA: [M, batch..., K] is meant as [batch..., M, K].
static Value moveBatch(NodeLowering &n, Value v, bool asked) {
  int64_t rank = n.rank(v);
  if (!asked || rank < 3)
    return v;
  auto order = llvm::to_vector(llvm::seq<int64_t>(1, rank - 1));
  order.append({0, rank - 1});
  return n.transpose(v, order);
}

/// MatMul with transposed operands and a factor.
static LogicalResult lowerFusedMatMul(NodeLowering &n) {
  Type element = n.elementType(n.operand(0));
  Value lhs = moveBatch(n, n.operand(0), n.intAttr("transBatchA", 0));
  Value rhs = moveBatch(n, n.operand(1), n.intAttr("transBatchB", 0));
  bool transA = n.intAttr("transA", 0) && n.rank(lhs) > 1;
  bool transB = n.intAttr("transB", 0) && n.rank(rhs) > 1;
  FailureOr<Value> acc =
      emitProduct(n, {lhs, rhs, transA, transB, computeType(element)});
  if (failed(acc))
    return failure();
  n.setResult(0, finish(n, *acc, element, n.floatAttr("alpha", 1.0)));
  return success();
}

//===----------------------------------------------------------------------===//
// Gemm
//===----------------------------------------------------------------------===//

/// ONNX does not say how integers are multiplied by a fraction.
static LogicalResult checkFactor(NodeLowering &n, Type element,
                                 StringRef name) {
  double factor = n.floatAttr(name, 1.0);
  if (isa<FloatType>(element) ||
      (factor == std::trunc(factor) && std::abs(factor) <= 0x1p31))
    return success();
  return n.emitError() << "supports only a whole '" << name
                       << "' for integers, got " << factor;
}

/// alpha * acc + beta * C, in the compute type, rounded once.
static FailureOr<Value> addBias(NodeLowering &n, Value acc, Value bias,
                                Type element) {
  double alpha = n.floatAttr("alpha", 1.0), beta = n.floatAttr("beta", 1.0);
  return n.elementwise(
      {acc, bias}, element, [&](ScalarBuilder &s, ValueRange args) -> Value {
        Value a = scale(s, args[0], alpha);
        Value c = scale(s, args[1], beta);
        return isa<FloatType>(a.getType()) ? s.make<arith::AddFOp>(a, c)
                                           : s.make<arith::AddIOp>(a, c);
      });
}

/// alpha A' B' + beta C, where C broadcasts to the result.
static LogicalResult lowerGemm(NodeLowering &n) {
  Value lhs = n.operand(0), rhs = n.operand(1), bias = n.operand(2);
  if (n.rank(lhs) != 2 || n.rank(rhs) != 2)
    return n.emitError() << "needs matrices";
  Type element = n.elementType(lhs);
  if (failed(checkFactor(n, element, "alpha")) ||
      failed(checkFactor(n, element, "beta")))
    return failure();
  bool transA = n.intAttr("transA", 0), transB = n.intAttr("transB", 0);
  FailureOr<Value> acc =
      emitProduct(n, {lhs, rhs, transA, transB, computeType(element)});
  if (failed(acc))
    return failure();
  double alpha = n.floatAttr("alpha", 1.0), beta = n.floatAttr("beta", 1.0);
  if (!bias || beta == 0.0) {
    n.setResult(0, finish(n, *acc, element, alpha));
    return success();
  }
  if (failed(requireBroadcastTo(n, bias, n.dimsOf(*acc), "C")))
    return failure();
  FailureOr<Value> sum = addBias(n, *acc, bias, element);
  if (failed(sum))
    return failure();
  n.setResult(0, *sum);
  return success();
}

//===----------------------------------------------------------------------===//
// MatMulInteger
//===----------------------------------------------------------------------===//

/// An 8-bit integer as i32.
static Value widen(ScalarBuilder &s, Value v, bool isUnsigned) {
  Type i32 = s.b.getI32Type();
  return isUnsigned ? s.make<arith::ExtUIOp>(i32, v)
                    : s.make<arith::ExtSIOp>(i32, v);
}

/// The zero point in slot `slot`: a number, or one per row / column.
static LogicalResult addZeroPoint(NodeLowering &n, unsigned slot,
                                  ProductInput::Kind kind, Product &product) {
  Value zero = n.operand(slot);
  if (!zero)
    return success();
  int64_t rank = n.rank(zero);
  bool single =
      rank == 0 || (rank == 1 && isConstantIntValue(n.dim(zero, 0), 1));
  if (!single && rank != 1)
    return n.emitError() << "needs zero points of rank 0 or 1";
  bool ofRows = kind == ProductInput::PerRow;
  Value matrix = ofRows ? product.lhs : product.rhs;
  int64_t axis = n.rank(matrix) - (ofRows ? 2 : 1);
  if (!single && axis < 0)
    return n.emitError() << "has several zero points for a vector";
  if (!single && failed(n.requireSame(n.dim(zero, 0), n.dim(matrix, axis),
                                      ofRows ? "numbers of zero points and rows"
                                             : "numbers of zero points and "
                                               "columns")))
    return failure();
  product.extra.push_back({zero, single ? ProductInput::Scalar : kind});
  return success();
}

/// (A - zero of A) (B - zero of B), exact in i32 (mm_c6).
static LogicalResult lowerMatMulInteger(NodeLowering &n) {
  Product product{n.operand(0), n.operand(1), false, false, n.b.getI32Type()};
  if (failed(addZeroPoint(n, 2, ProductInput::PerRow, product)) ||
      failed(addZeroPoint(n, 3, ProductInput::PerColumn, product)))
    return failure();
  bool unsignedA = n.isUnsigned(0), unsignedB = n.isUnsigned(1);
  bool hasA = n.operand(2) != nullptr, hasB = n.operand(3) != nullptr;
  auto body = [&](ScalarBuilder &s, ValueRange args) -> Value {
    Value a = widen(s, args[0], unsignedA), c = widen(s, args[1], unsignedB);
    if (hasA)
      a = s.make<arith::SubIOp>(a, widen(s, args[2], unsignedA));
    if (hasB)
      c = s.make<arith::SubIOp>(c, widen(s, args[hasA ? 3 : 2], unsignedB));
    return s.make<arith::MulIOp>(a, c);
  };
  FailureOr<Value> acc = emitProduct(n, product, body);
  if (failed(acc))
    return failure();
  n.setResult(0, *acc, n.b.getI32Type());
  return success();
}

void bitnet::registerMatMulOps(OpRegistry &r) {
  r.add("MatMul", 1, lowerMatMul);
  r.add("Gemm", 7, lowerGemm);
  r.add("MatMulInteger", 10, lowerMatMulInteger, "zero points of rank 0 or 1");
  r.add(kMicrosoftDomain, "FusedMatMul", 1, lowerFusedMatMul);
}
