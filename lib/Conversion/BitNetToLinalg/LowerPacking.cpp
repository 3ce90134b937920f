//===- LowerPacking.cpp - pack and unpack as loops ------------------------===//
//
// Codes to packed bytes and back as linalg operations, for weights that are no
// constants (tests, and layers that end up unpacked).
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "bitnet/Dialect/BitNet/Transforms/Builders.h"
#include "bitnet/Dialect/BitNet/Transforms/PackedDigits.h"

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

/// A constant of the packed bytes' type.
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

/// Digit k/4 % F of byte 4r+j of chunk [n / rows, k / cols, n % rows / 16].
Value mlir::bitnet::lowerUnpack(ImplicitLocOpBuilder &b, Value packed,
                                PackingAttr packing) {
  const PackedLayout &layout = packing.getLayout();
  Type i2 = b.getIntegerType(2);
  return generate(b, {packing.getRows(), packing.getCols()}, i2,
                  [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
                    Indices at(b);
                    Value n = at.loop(0), k = at.loop(1);
                    Value row = at.rem(n, PackedLayout::kChunkRows);
                    Value lane = at.scaled(row, PackedLayout::kLaneBytes,
                                           at.rem(k, PackedLayout::kLaneBytes));
                    Value chunk = at.rem(at.div(n, PackedLayout::kChunkRows),
                                         layout.blockChunks);
                    Value byte = tensor::ExtractOp::create(
                        b, packed,
                        ValueRange{at.div(n, layout.blockRows()),
                                   at.div(k, layout.chunkCols()), chunk, lane});
                    Value field = at.rem(at.div(k, PackedLayout::kLaneBytes),
                                         layout.fields);
                    Value code = emitDigit(b, byte, field, layout);
                    code = arith::SubIOp::create(b, code, makeI8(b, 1));
                    return arith::TruncIOp::create(b, i2, code);
                  });
}

/// The inverse of lowerUnpack: each byte gathers its four or five digits out of
/// the padded codes.
Value mlir::bitnet::lowerPack(ImplicitLocOpBuilder &b, PackOp op) {
  PackingAttr packing = op.getPacking();
  const PackedLayout &layout = packing.getLayout();
  Value codes = padWithZeros(b, op.getCodes(), {0, 0},
                             {packing.getPaddedRows() - packing.getRows(),
                              packing.getPaddedCols() - packing.getCols()});
  Type i8 = b.getI8Type();
  return generate(
      b, packing.getPackedShape(), i8,
      [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
        Indices at(b);
        Value lane = at.loop(3);
        Value n = at.scaled(at.loop(2), PackedLayout::kChunkRows,
                            at.div(lane, PackedLayout::kLaneBytes));
        n = at.scaled(at.loop(0), layout.blockRows(), n);
        Value j = at.rem(lane, PackedLayout::kLaneBytes);
        Value first = at.scaled(at.loop(1), layout.chunkCols(), j);
        SmallVector<Value> weights;
        for (int64_t field = 0; field < layout.fields; ++field) {
          Value k = arith::AddIOp::create(
              b, first, at.constant(PackedLayout::kLaneBytes * field));
          Value code = tensor::ExtractOp::create(b, codes, ValueRange{n, k});
          weights.push_back(arith::ExtSIOp::create(b, i8, code));
        }
        return emitByte(b, weights, layout);
      });
}
