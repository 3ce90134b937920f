//===- LowerPacking.cpp - pack and unpack as loops ------------------------===//

#include "Patterns.h"

#include "bitnet/Dialect/BitNet/Transforms/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Index arithmetic on loop counters.
class Indices {
public:
  explicit Indices(ImplicitLocOpBuilder &b) : b(b) {}
  Value loop(int64_t dim) { return linalg::IndexOp::create(b, dim); }
  Value div(Value v, int64_t by) {
    return arith::DivUIOp::create(b, v, constant(by));
  }
  Value rem(Value v, int64_t by) {
    return arith::RemUIOp::create(b, v, constant(by));
  }
  /// v * by + add.
  Value scaled(Value v, int64_t by, Value add) {
    Value product = arith::MulIOp::create(b, v, constant(by));
    return arith::AddIOp::create(b, product, add);
  }
  Value constant(int64_t v) { return arith::ConstantIndexOp::create(b, v); }

private:
  ImplicitLocOpBuilder &b;
};
} // namespace

static Value makeI8(ImplicitLocOpBuilder &b, int64_t v) {
  return arith::ConstantOp::create(b, b.getI8IntegerAttr(v));
}

/// A loop nest over `shape` without inputs.
static Value generate(ImplicitLocOpBuilder &b, ArrayRef<int64_t> shape,
                      Type element, BodyBuilder body) {
  Value init =
      makeEmpty(b, getAsIndexOpFoldResult(b.getContext(), shape), element);
  return makeGeneric(b, ValueRange(), init,
                     b.getMultiDimIdentityMap(shape.size()), shape.size(),
                     body);
}

Value mlir::bitnet::lowerUnpack(ImplicitLocOpBuilder &b, Value packed,
                                PackingAttr packing) {
  Type i2 = b.getIntegerType(2), i8 = b.getI8Type();
  return generate(b, {packing.getRows(), packing.getCols()}, i2,
                  [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
                    Indices at(b);
                    Value n = at.loop(0), k = at.loop(1);
                    // Byte 4r+j of chunk [n/64, k/16, n/16%4], field k/4%4.
                    Value lane = at.scaled(at.rem(n, 16), 4, at.rem(k, 4));
                    Value byte = tensor::ExtractOp::create(
                        b, packed,
                        ValueRange{at.div(n, 64), at.div(k, 16),
                                   at.rem(at.div(n, 16), 4), lane});
                    Value field = at.rem(at.div(k, 4), 4);
                    Value shift = arith::IndexCastOp::create(
                        b, i8, at.scaled(field, 2, at.constant(0)));
                    Value code = arith::ShRUIOp::create(b, byte, shift);
                    code = arith::AndIOp::create(b, code, makeI8(b, 3));
                    code = arith::SubIOp::create(b, code, makeI8(b, 1));
                    return arith::TruncIOp::create(b, i2, code);
                  });
}

Value mlir::bitnet::lowerPack(ImplicitLocOpBuilder &b, PackOp op) {
  PackingAttr packing = op.getPacking();
  Value codes = padWithZeros(b, op.getCodes(), {0, 0},
                             {packing.getPaddedRows() - packing.getRows(),
                              packing.getPaddedCols() - packing.getCols()});
  Type i8 = b.getI8Type();
  return generate(
      b, packing.getPackedShape(), i8,
      [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
        Indices at(b);
        Value lane = at.loop(3);
        Value n = at.scaled(at.loop(2), 16, at.div(lane, 4));
        n = at.scaled(at.loop(0), 64, n);
        Value byte = makeI8(b, 0);
        for (int64_t field = 0; field < 4; ++field) {
          Value k =
              arith::AddIOp::create(b, at.rem(lane, 4), at.constant(4 * field));
          k = at.scaled(at.loop(1), 16, k);
          Value code = tensor::ExtractOp::create(b, codes, ValueRange{n, k});
          code = arith::ExtSIOp::create(b, i8, code);
          code = arith::AddIOp::create(b, code, makeI8(b, 1));
          code = arith::ShLIOp::create(b, code, makeI8(b, 2 * field));
          byte = arith::OrIOp::create(b, byte, code);
        }
        return byte;
      });
}
