//===- BitNetOps.cpp - verifiers and folds of bitnet operations -----------===//
//
// Verifiers, inferred types and folds of the operations. A verifier says what
// an operation means: shapes as the descriptions in BitNetOps.td give them, and
// rules by their labels.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/IR/Constants.h"
#include "bitnet/Dialect/BitNet/IR/Packing.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::bitnet;

#define GET_OP_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

/// Whether two extents may be equal: they are, or one is known at run time
/// only.
static bool compatible(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}

/// Codes and bytes are signless integers.
static bool isInteger(Type type, unsigned width) {
  return type.isSignlessInteger(width);
}

/// w_c3: scalar, `[N]`, or `[N, K/G]` weight scales.
static LogicalResult verifyWeightScale(Operation *op, RankedTensorType scale,
                                       int64_t rows, int64_t groups) {
  bool ok = isa<FloatType>(scale.getElementType());
  if (groups > 1 || scale.getRank() == 2)
    ok &= scale.getRank() == 2 && compatible(scale.getDimSize(0), rows) &&
          compatible(scale.getDimSize(1), groups);
  else
    ok &= scale.getRank() == 0 ||
          (scale.getRank() == 1 && compatible(scale.getDimSize(0), rows));
  if (ok)
    return success();
  return op->emitOpError("w_c3: expects a weight scale that is a scalar, [N] "
                         "or [N, K/G] with N = ")
         << rows << ", got " << scale;
}

//===----------------------------------------------------------------------===//
// bitnet.constant
//===----------------------------------------------------------------------===//

/// Whether `value` and `packing` describe a constant of the result's type:
/// the value must have as many bytes.
static LogicalResult verifyConstant(Operation *op, Attribute value,
                                    PackingAttr packing) {
  auto type = cast<ShapedType>(op->getResult(0).getType());
  if (packing && (!isInteger(type.getElementType(), 8) ||
                  type.getShape() != ArrayRef(packing.getPackedShape())))
    return op->emitOpError("expects the packed shape of ") << packing;
  if (auto elements = dyn_cast<ElementsAttr>(value)) {
    if (elements.getShapedType().getShape() != type.getShape() ||
        elements.getElementType() != type.getElementType())
      return op->emitOpError("has a value of type ")
             << elements.getShapedType() << " but a result of type " << type;
    return success();
  }
  auto blob = dyn_cast<bitnet::BlobAttr>(value);
  if (!blob)
    return op->emitOpError("expects a dense or #bitnet.blob value");
  FailureOr<uint64_t> bytes = getStorageBytes(type);
  if (failed(bytes) || *bytes != blob.getLength())
    return op->emitOpError("has a blob of ")
           << blob.getLength() << " bytes but a result of type " << type;
  return success();
}

LogicalResult ConstantOp::verify() {
  return verifyConstant(*this, getValue(), getPackingAttr());
}

//===----------------------------------------------------------------------===//
// bitnet.constant_table
//===----------------------------------------------------------------------===//

LogicalResult ConstantTableOp::verify() {
  if (getValues().empty())
    return emitOpError("expects at least one constant");
  for (Attribute value : getValues())
    if (failed(verifyConstant(*this, value, getPackingAttr())))
      return failure();
  APInt index;
  if (matchPattern(getIndex(), m_ConstantInt(&index)) &&
      index.uge(getValues().size()))
    return emitOpError("has ") << getValues().size() << " constants, but index "
                               << index.getSExtValue();
  return success();
}

//===----------------------------------------------------------------------===//
// bitnet.linear
//===----------------------------------------------------------------------===//

/// The element type of the weights says which kind of layer it is.
bool LinearOp::isTernary() {
  auto type = dyn_cast<RankedTensorType>(getW().getType());
  return type && isInteger(type.getElementType(), 2);
}

bool LinearOp::hasInt8Rows() {
  auto type = dyn_cast<RankedTensorType>(getW().getType());
  return type && isInteger(type.getElementType(), 8);
}

/// Checks the operands that weights of each kind need beside them.
static LogicalResult verifyWeightKind(LinearOp op, Type element) {
  if (op.isTernary())
    return success();
  bool rows = op.hasInt8Rows();
  if (!rows && !isa<FloatType>(element))
    return op.emitOpError("expects weights of type i2, i8 or float");
  if (op.getAct() || op.getGroupSize() || (op.getScale() && !rows))
    return op.emitOpError("float weights take no scale, act or group");
  auto scale = rows && op.getScale()
                   ? dyn_cast<RankedTensorType>(op.getScale().getType())
                   : RankedTensorType();
  if (rows && (!scale || scale.getRank() != 1))
    return op.emitOpError("w_c7: int8 weights take a scale of type [N]");
  return success();
}

/// Extent of a convolution's output along spatial axis `i` (0 or 1).
static int64_t convExtent(int64_t in, ConvAttr conv, unsigned i) {
  if (ShapedType::isDynamic(in))
    return in;
  int64_t span = conv.getDilations()[i] * (conv.getKernel()[i] - 1) + 1;
  int64_t padded = in + conv.getPads()[i] + conv.getPads()[i + 2];
  return padded < span ? 0 : (padded - span) / conv.getStrides()[i] + 1;
}

/// The type of the result; null where x and w cannot be multiplied. Integers
/// give i32.
RankedTensorType LinearOp::inferType(RankedTensorType x, RankedTensorType w,
                                     ConvAttr conv) {
  if (w.getRank() != 2 || x.getRank() < 1)
    return {};
  int64_t rows = w.getDimSize(0), cols = w.getDimSize(1);
  Type element = x.getElementType();
  if (isa<IntegerType>(element))
    element = IntegerType::get(x.getContext(), 32);
  SmallVector<int64_t> shape(x.getShape());
  if (conv) {
    if (x.getRank() != 4)
      return {};
    if (!ShapedType::isDynamic(shape[1]) && shape[1] * conv.getArea() != cols)
      return {};
    shape[1] = rows;
    for (unsigned i : {0u, 1u})
      shape[2 + i] = convExtent(shape[2 + i], conv, i);
  } else {
    if (!compatible(shape.back(), cols))
      return {};
    shape.back() = rows;
  }
  return RankedTensorType::get(shape, element);
}

/// The axis of x whose extent the weights fix: 1 of a convolution, else the
/// last.
int64_t LinearOp::getChannelAxis() {
  return getConvAttr() ? 1
                       : cast<RankedTensorType>(getX().getType()).getRank() - 1;
}

int64_t LinearOp::getChannels() {
  int64_t columns = cast<RankedTensorType>(getW().getType()).getDimSize(1);
  return getConvAttr() ? columns / getConvAttr().getArea() : columns;
}

/// The text of the run's error when x has another extent there.
std::string LinearOp::getWrongChannels() {
  StringRef what = getConvAttr() ? "channels" : "columns";
  return ("layer '" + getName() + "': wrong number of " + what).str();
}

/// Checks the weights first, then what belongs to them: scale, bias, groups,
/// activations.
LogicalResult LinearOp::verify() {
  auto w = dyn_cast<RankedTensorType>(getW().getType());
  if (!w || w.getRank() != 2 || !w.hasStaticShape())
    return emitOpError("expects static two-dimensional weights [N, K]");
  if (failed(verifyWeightKind(*this, w.getElementType())))
    return failure();
  int64_t rows = w.getDimSize(0), cols = w.getDimSize(1);
  int64_t group = getGroupSize().value_or(cols);
  if (group < 1 || cols % group != 0 || (group != cols && group % 16 != 0))
    return emitOpError("w_c3: expects a group size that divides K = ")
           << cols << " and is a multiple of 16, got " << group;
  if (Value scale = getScale())
    if (failed(verifyWeightScale(*this, cast<RankedTensorType>(scale.getType()),
                                 rows, cols / group)))
      return failure();
  if (Value bias = getBias()) {
    auto type = cast<RankedTensorType>(bias.getType());
    if (type.getRank() != 1 || !compatible(type.getDimSize(0), rows))
      return emitOpError("expects a bias of type [N], N = ") << rows;
  }
  auto x = dyn_cast<RankedTensorType>(getX().getType());
  auto y = dyn_cast<RankedTensorType>(getY().getType());
  if (!x || !y)
    return success();
  RankedTensorType inferred = inferType(x, w, getConvAttr());
  if (!inferred || failed(verifyCompatibleShape(inferred, y)))
    return emitOpError("mm_c1: x ")
           << x << " and w " << w << " do not give a result " << y;
  return success();
}

//===----------------------------------------------------------------------===//
// bitnet.quantize_weights, bitnet.quantize_activations, bitnet.rescale
//===----------------------------------------------------------------------===//

LogicalResult QuantizeWeightsOp::verify() {
  auto codes = cast<RankedTensorType>(getCodes().getType());
  auto weights = cast<RankedTensorType>(getWeights().getType());
  auto scale = cast<RankedTensorType>(getScale().getType());
  if (!isInteger(codes.getElementType(), 2) ||
      codes.getShape() != weights.getShape())
    return emitOpError("w_c1: expects i2 codes of the weights' shape");
  if (scale.getRank() != 0 || !scale.getElementType().isF32())
    return emitOpError("w_c1: expects a scale of type tensor<f32>");
  return success();
}

LogicalResult QuantizeActivationsOp::verify() {
  auto x = cast<RankedTensorType>(getX().getType());
  auto codes = cast<RankedTensorType>(getCodes().getType());
  auto scale = cast<RankedTensorType>(getScale().getType());
  unsigned width = getAct().fitsInt8() ? 8 : 16;
  if (codes.getShape() != x.getShape() ||
      !isInteger(codes.getElementType(), width))
    return emitOpError("act_c1: expects i") << width << " codes of x's shape";
  SmallVector<int64_t> reduced(x.getShape());
  for (int64_t axis : getAct().getAxes()) {
    if (axis < -x.getRank() || axis >= x.getRank())
      return emitOpError("act_c1: axis ")
             << axis << " is out of range for " << x;
    reduced[axis < 0 ? axis + x.getRank() : axis] = 1;
  }
  if (scale.getShape() != ArrayRef<int64_t>(reduced) ||
      scale.getElementType() != x.getElementType())
    return emitOpError("act_c1: expects scales of x's type with the reduced "
                       "axes set to 1, got ")
           << scale;
  return success();
}

/// acc is [M, N], or [K/G, M, N] with groups.
LogicalResult RescaleOp::verify() {
  auto acc = cast<RankedTensorType>(getAcc().getType());
  auto y = cast<RankedTensorType>(getY().getType());
  if (acc.getRank() != 2 && acc.getRank() != 3)
    return emitOpError("mm_c2: expects acc of rank 2, or 3 when grouped");
  ArrayRef<int64_t> tail = acc.getShape().take_back(2);
  if (y.getRank() != 2 || !isa<FloatType>(y.getElementType()) ||
      !compatible(y.getDimSize(0), tail[0]) ||
      !compatible(y.getDimSize(1), tail[1]))
    return emitOpError("mm_c2: expects a float result [M, N]");
  if (Value scale = getScale()) {
    auto type = cast<RankedTensorType>(scale.getType());
    if (type.getRank() != 2 || type.getDimSize(1) != 1 ||
        !compatible(type.getDimSize(0), tail[0]))
      return emitOpError("mm_c2: expects activation scales [M, 1]");
  }
  int64_t groups = acc.getRank() == 3 ? acc.getDimSize(0) : 1;
  if (acc.getRank() == 3 && !getWeightScale())
    return emitOpError("mm_c2: grouped accumulators need weight scales");
  if (Value scale = getWeightScale())
    return verifyWeightScale(*this, cast<RankedTensorType>(scale.getType()),
                             tail[1], groups);
  return success();
}

//===----------------------------------------------------------------------===//
// bitnet.matmul
//===----------------------------------------------------------------------===//

/// The operation is in destination style: the accumulator is the init.
MutableOperandRange MatMulOp::getDpsInitsMutable() { return getInitMutable(); }

void MatMulOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  auto isBuffer = [](Value v) { return v && isa<MemRefType>(v.getType()); };
  for (OpOperand *operand : getDpsInputOperands())
    if (isBuffer(operand->get()))
      effects.emplace_back(MemoryEffects::Read::get(), operand);
  if (isBuffer(getInit()))
    effects.emplace_back(MemoryEffects::Write::get(), &getInitMutable());
}

/// Whether `type` has the packed shape. A memref may be some of the blocks:
/// then its first extent is dynamic.
static bool isPackedShape(ShapedType type, PackingAttr packing) {
  SmallVector<int64_t> shape(packing.getPackedShape());
  if (isa<MemRefType>(type) && type.hasRank() && type.getRank() > 0 &&
      type.isDynamicDim(0))
    shape[0] = ShapedType::kDynamic;
  return type.getShape() == ArrayRef<int64_t>(shape);
}

/// Tensors and buffers obey the same rules; without packing rhs is [N, K] of
/// i2.
LogicalResult MatMulOp::verify() {
  auto lhs = cast<ShapedType>(getLhs().getType());
  auto rhs = cast<ShapedType>(getRhs().getType());
  auto init = cast<ShapedType>(getInit().getType());
  bool integer = isa<IntegerType>(lhs.getElementType());
  if (!lhs.hasRank() || lhs.getRank() != 2 ||
      (integer && !isInteger(lhs.getElementType(), 8) &&
       !isInteger(lhs.getElementType(), 16)))
    return emitOpError("mm_c1: expects lhs [M, K] of i8, i16 or float");
  if (integer ? !isInteger(init.getElementType(), 32)
              : !init.getElementType().isF32())
    return emitOpError("mm_c1: expects an i32 accumulator for integer lhs and "
                       "f32 for float lhs");
  PackingAttr packing = getPackingAttr();
  if (packing ? (!isInteger(rhs.getElementType(), 8) ||
                 !isPackedShape(rhs, packing))
              : (!isInteger(rhs.getElementType(), 2) || rhs.getRank() != 2))
    return emitOpError("expects rhs [N, K] of i2, or the packed shape");
  int64_t rows = packing ? packing.getPaddedRows() : rhs.getDimSize(0);
  int64_t cols = packing ? packing.getPaddedCols() : rhs.getDimSize(1);
  if (!compatible(lhs.getDimSize(1), cols))
    return emitOpError("mm_c1: lhs has K = ")
           << lhs.getDimSize(1) << " but rhs has K = " << cols;
  int64_t rank = getGroupSize() ? 3 : 2;
  if (init.getRank() != rank ||
      !compatible(init.getDimSize(rank - 2), lhs.getDimSize(0)) ||
      !compatible(init.getDimSize(rank - 1), rows))
    return emitOpError("mm_c1: expects an accumulator [M, N] ([G, M, N] when "
                       "grouped) with N = ")
           << rows;
  if (std::optional<uint64_t> group = getGroupSize()) {
    int64_t step = packing ? packing.getLayout().chunkCols() : 16;
    if (*group == 0 || *group % step != 0)
      return emitOpError("w_c3: expects a group size that is a multiple of ")
             << step;
  }
  bool wantsSums = packing && integer;
  if (wantsSums != bool(getSums()))
    return emitOpError(wantsSums ? "packed integer form expects sums"
                                 : "expects sums only in the packed integer "
                                   "form");
  return success();
}

//===----------------------------------------------------------------------===//
// bitnet.pack, bitnet.unpack
//===----------------------------------------------------------------------===//

/// Codes and bytes of the same weights.
static LogicalResult verifyPacking(Operation *op, PackingAttr packing,
                                   RankedTensorType codes,
                                   RankedTensorType packed) {
  if (!isInteger(codes.getElementType(), 2) ||
      codes.getShape() !=
          ArrayRef<int64_t>({packing.getRows(), packing.getCols()}))
    return op->emitOpError("expects i2 codes [rows, cols] of ") << packing;
  if (!isInteger(packed.getElementType(), 8) ||
      packed.getShape() != ArrayRef<int64_t>(packing.getPackedShape()))
    return op->emitOpError("expects i8 bytes in the packed shape of ")
           << packing;
  return success();
}

LogicalResult PackOp::verify() {
  return verifyPacking(*this, getPacking(),
                       cast<RankedTensorType>(getCodes().getType()),
                       cast<RankedTensorType>(getPacked().getType()));
}

LogicalResult UnpackOp::verify() {
  return verifyPacking(*this, getPacking(),
                       cast<RankedTensorType>(getCodes().getType()),
                       cast<RankedTensorType>(getPacked().getType()));
}

/// pack(unpack(x)) and unpack(pack(x)) under one packing are x: padding holds
/// code 1 by definition. Inline constants are packed at once; larger ones wait
/// for `bitnet-pack-weights`, which streams them.
OpFoldResult PackOp::fold(FoldAdaptor adaptor) {
  if (auto unpack = getCodes().getDefiningOp<UnpackOp>())
    if (unpack.getPacking() == getPacking())
      return unpack.getPacked();
  auto codes = dyn_cast_if_present<DenseElementsAttr>(adaptor.getCodes());
  if (!codes)
    return {};
  FailureOr<std::vector<uint8_t>> bytes =
      packCodes(getStorage(codes), getPacking());
  if (failed(bytes))
    return {};
  return makeDense(cast<RankedTensorType>(getType()), *bytes);
}

OpFoldResult UnpackOp::fold(FoldAdaptor adaptor) {
  if (auto pack = getPacked().getDefiningOp<PackOp>())
    if (pack.getPacking() == getPacking())
      return pack.getCodes();
  auto packed = dyn_cast_if_present<DenseElementsAttr>(adaptor.getPacked());
  if (!packed)
    return {};
  return makeDense(cast<RankedTensorType>(getType()),
                   unpackCodes(getStorage(packed), getPacking()));
}

//===----------------------------------------------------------------------===//
// bitnet.probe
//===----------------------------------------------------------------------===//

void ProbeOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                    Value value) {
  build(builder, state, builder.getStringAttr(name), value, ArrayAttr(),
        Value());
}

LogicalResult ProbeOp::verify() {
  if (bool(getTable()) != bool(getIndex()))
    return emitOpError("expects a table of names and an index, or neither");
  if (getTable() && (getTable()->empty() || (*getTable())[0] != getNameAttr()))
    return emitOpError("expects a table that begins with its name");
  return success();
}

/// A probe reads its buffer. It also writes to the outside, so that it is not
/// dropped as dead code.
void ProbeOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  if (isa<MemRefType>(getValue().getType()))
    effects.emplace_back(MemoryEffects::Read::get(), &getValueMutable());
  effects.emplace_back(MemoryEffects::Write::get());
}
