//===- MatMulNBits.cpp - com.microsoft.MatMulNBits ------------------------===//
//
// The fallback for weights that are not ternary: unpack to floats, multiply.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"
#include "Parameters.h"
#include "Product.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// B is [N, blocks, block * bits / 8] of bytes, lowest bits first; a block here
/// is ONNX's quantization block, `block_size` columns that share a scale.
/// Scales (and float zero points) have one number per row and block; packed
/// zero points are rows of `bits`-wide numbers padded to whole bytes.
struct Packing {
  int64_t rows, columns, bits, block, blocks;
};
} // namespace

/// A constant in the body of a linalg operation.
static Value constantIndex(ScalarBuilder &s, int64_t v) {
  return s.make<arith::ConstantIndexOp>(v);
}

/// Bits [i * bits, (i + 1) * bits) of a row of bytes; `read` loads one byte.
static Value unpack(ScalarBuilder &s, Value i, int64_t bits,
                    llvm::function_ref<Value(Value)> read) {
  Value perByte = constantIndex(s, 8 / bits);
  Value byte = read(s.make<arith::DivUIOp>(i, perByte));
  Value place = s.make<arith::RemUIOp>(i, perByte);
  Value shift = s.make<arith::IndexCastOp>(
      byte.getType(), s.make<arith::MulIOp>(place, constantIndex(s, bits)));
  Value shifted = s.make<arith::ShRUIOp>(byte, shift);
  int64_t mask = (int64_t(1) << bits) - 1;
  Value code = s.make<arith::AndIOp>(
      shifted, s.make<arith::ConstantOp>(
                   s.b.getIntegerAttr(byte.getType(), bits == 8 ? -1 : mask)));
  return s.make<arith::ExtUIOp>(s.b.getI32Type(), code);
}

/// Scales and zero points as a vector, whatever their rank is.
static FailureOr<Value> flatten(NodeLowering &n, Value v) {
  OpFoldResult size = n.dims.product(n.dimsOf(v));
  return n.reshape(v, {size});
}

/// The zero point of `row` and `block` as a float of type `wide`.
static Value zeroPoint(ScalarBuilder &s, const Packing &p, Value zeros,
                       Value row, Value block, Type wide) {
  if (!zeros)
    return s.constant(wide, double(int64_t(1) << (p.bits - 1)));
  if (isa<FloatType>(cast<ShapedType>(zeros.getType()).getElementType())) {
    Value at = s.make<arith::MulIOp>(row, constantIndex(s, p.blocks));
    at = s.make<arith::AddIOp>(at, block);
    return convertFloat(s, s.make<tensor::ExtractOp>(zeros, at), wide);
  }
  int64_t rowBytes = (p.blocks * p.bits + 7) / 8;
  Value code = unpack(s, block, p.bits, [&](Value byte) -> Value {
    Value at = s.make<arith::MulIOp>(row, constantIndex(s, rowBytes));
    at = s.make<arith::AddIOp>(at, byte);
    return s.make<tensor::ExtractOp>(zeros, at);
  });
  return s.make<arith::UIToFPOp>(wide, code);
}

/// The weights as [N, K] in the compute type.
static FailureOr<Value> unpackWeights(NodeLowering &n, const Packing &p,
                                      Type wide) {
  Value packed = n.operand(1);
  FailureOr<Value> scales = flatten(n, n.operand(2));
  FailureOr<Value> zeros =
      n.operand(3) ? flatten(n, n.operand(3)) : FailureOr<Value>(Value());
  if (failed(scales) || failed(zeros))
    return failure();
  OpFoldResult count = n.dims.constant(p.rows * p.blocks);
  if (failed(n.requireSame(n.dim(*scales, 0), count,
                           "numbers of scales and blocks")))
    return failure();
  bool packedZeros = *zeros && isa<IntegerType>(n.elementType(*zeros));
  if (packedZeros)
    count = n.dims.constant(p.rows * ((p.blocks * p.bits + 7) / 8));
  if (*zeros && failed(n.requireSame(n.dim(*zeros, 0), count,
                                     "numbers of zero points and blocks")))
    return failure();
  Dims extents{n.dims.constant(p.rows), n.dims.constant(p.columns)};
  auto body = [&](ScalarBuilder &s, ValueRange) -> Value {
    SmallVector<Value> loops = loopIndices(s, 2);
    Value size = constantIndex(s, p.block);
    Value block = s.make<arith::DivUIOp>(loops[1], size);
    Value inside = s.make<arith::RemUIOp>(loops[1], size);
    Value code = unpack(s, inside, p.bits, [&](Value byte) -> Value {
      SmallVector<Value> at{loops[0], block, byte};
      return s.make<tensor::ExtractOp>(packed, at);
    });
    Value v = s.make<arith::UIToFPOp>(wide, code);
    Value zero = zeroPoint(s, p, *zeros, loops[0], block, wide);
    Value at = s.make<arith::MulIOp>(loops[0], constantIndex(s, p.blocks));
    at = s.make<arith::AddIOp>(at, block);
    Value scale = convertFloat(s, s.make<tensor::ExtractOp>(*scales, at), wide);
    return s.make<arith::MulFOp>(s.make<arith::SubFOp>(v, zero), scale);
  };
  return buildParallel(n, extents, wide, {}, {}, body);
}

/// The attributes N, K, bits and block_size, and the shapes that follow from
/// them.
static FailureOr<Packing> readPacking(NodeLowering &n) {
  Packing p{n.intAttr("N", 0), n.intAttr("K", 0), n.intAttr("bits", 4),
            n.intAttr("block_size", 0), 0};
  if (p.rows < 1 || p.columns < 1 || !llvm::is_contained({2, 4, 8}, p.bits))
    return n.emitError() << "needs N, K and 2, 4 or 8 bits", failure();
  if (p.block < 16 || !llvm::isPowerOf2_64(p.block))
    return n.emitError() << "needs a block_size that is a power of two and at "
                            "least 16, got "
                         << p.block,
           failure();
  n.ignoreAttrs({"accuracy_level"}); // we round nothing
  if (n.intAttr("weight_prepacked", 0) != 0)
    return n.emitError() << "does not support prepacked weights", failure();
  p.blocks = llvm::divideCeil(p.columns, p.block);
  if (n.operand(4))
    return n.emitError() << "does not support g_idx", failure();
  ArrayRef<int64_t> shape = n.typeOf(n.operand(1)).getShape();
  if (shape != ArrayRef<int64_t>({p.rows, p.blocks, p.block / 8 * p.bits}))
    return n.emitError() << "needs B of shape [N, blocks, block bytes]",
           failure();
  return p;
}

/// x [.., K] times the weights [N, K] plus a bias.
static LogicalResult lowerMatMulNBits(NodeLowering &n) {
  FailureOr<Packing> packing = readPacking(n);
  if (failed(packing))
    return failure();
  Value x = n.operand(0), bias = n.operand(5);
  Type element = n.elementType(x), wide = computeType(element);
  FailureOr<Value> weights = unpackWeights(n, *packing, wide);
  if (failed(weights))
    return failure();
  Product product;
  product.lhs = x;
  product.rhs = *weights;
  product.transB = true;
  product.accType = wide;
  FailureOr<Value> acc = emitProduct(n, product);
  if (failed(acc))
    return failure();
  SmallVector<Value> values{*acc};
  if (bias && failed(alongAxis(n, bias, *acc, n.rank(*acc) - 1, "bias")))
    return failure();
  if (bias)
    values.push_back(bias);
  FailureOr<Value> y = n.elementwise(
      values, element, [&](ScalarBuilder &s, ValueRange args) -> Value {
        return bias ? s.make<arith::AddFOp>(args[0], args[1]) : args[0];
      });
  if (failed(y))
    return failure();
  n.setResult(0, *y);
  return success();
}

void bitnet::registerMatMulNBitsOps(OpRegistry &r) {
  r.add(kMicrosoftDomain, "MatMulNBits", 1, lowerMatMulNBits,
        "2, 4 or 8 bits, no g_idx");
}
