//===- SubByte.cpp - constants of 2- and 4-bit integers -------------------===//
//
// ONNX packs integers of 2 and 4 bits; tensors of MLIR have a byte per element.
//
//===----------------------------------------------------------------------===//

#include "SubByte.h"

#include "NodeLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bitnet;

bool bitnet::isSubByte(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  return integer && integer.getWidth() > 1 && integer.getWidth() < 8;
}

/// The row-major number of the element the loops are at.
static Value linearIndex(ScalarBuilder &s, ArrayRef<int64_t> shape) {
  Value index = s.intConstant(s.b.getIndexType(), 0);
  for (auto [axis, size] : llvm::enumerate(shape)) {
    Value extent = s.intConstant(s.b.getIndexType(), size);
    index = s.make<arith::MulIOp>(index, extent);
    index = s.make<arith::AddIOp>(index, s.make<linalg::IndexOp>(axis));
  }
  return index;
}

/// A nest that shifts and masks; later stages evaluate it where they can.
Value bitnet::unpackSubByte(OpBuilder &b, Location loc, Value bytes,
                            RankedTensorType type) {
  Type element = type.getElementType(), i8 = b.getI8Type();
  unsigned bits = element.getIntOrFloatBitWidth();
  Value init = tensor::EmptyOp::create(b, loc, type.getShape(), element);
  auto build = [&](OpBuilder &nested, Location at, ValueRange) {
    ScalarBuilder s{nested, at};
    Value index = linearIndex(s, type.getShape());
    Value perByte = s.intConstant(b.getIndexType(), 8 / bits);
    Value byte = s.make<tensor::ExtractOp>(
        bytes, ValueRange{s.make<arith::DivUIOp>(index, perByte)});
    Value place =
        s.make<arith::IndexCastOp>(i8, s.make<arith::RemUIOp>(index, perByte));
    Value shift = s.make<arith::MulIOp>(place, s.intConstant(i8, bits));
    Value code =
        s.make<arith::TruncIOp>(element, s.make<arith::ShRUIOp>(byte, shift));
    linalg::YieldOp::create(nested, at, code);
  };
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, loc, type, ValueRange(), init,
             ArrayRef<AffineMap>{b.getMultiDimIdentityMap(type.getRank())},
             iterators, build)
      .getResult(0);
}
