//===- DotForms.cpp - the arithmetic of one step over K -------------------===//
//
// One function for each part of a step, with a case for each DotForm:
// activations as the unit wants them, packed bytes to codes, the product, and
// what turns accumulators into one i32 (or f32) per row of weights behind the
// loop.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Kernels/DotForms.h"

#include "bitnet/Dialect/BitNet/Transforms/PackedDigits.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

static VectorType vectorOf(int64_t lanes, Type element) {
  return VectorType::get({lanes}, element);
}

/// `lanes` integers of `w` bits.
static VectorType intVector(MLIRContext *context, int64_t lanes, unsigned w) {
  return vectorOf(lanes, IntegerType::get(context, w));
}

VectorType mlir::bitnet::getByteType(const DotUnit &dot, MLIRContext *context) {
  return intVector(context, dot.registerBytes, 8);
}

VectorType mlir::bitnet::getResultType(const DotUnit &dot,
                                       MLIRContext *context) {
  if (dot.form == DotForm::FloatLanes)
    return vectorOf(dot.registerBytes / 4, Float32Type::get(context));
  return intVector(context, dot.registerBytes / 4, 32);
}

/// Dot2 adds pairs of bytes in lanes of 16 bits, Widening every byte; all
/// others accumulate in the lanes of the result.
VectorType mlir::bitnet::getAccType(const DotUnit &dot, MLIRContext *context) {
  if (dot.form == DotForm::Dot2 || dot.form == DotForm::PortableDot2)
    return intVector(context, dot.registerBytes / 2, 16);
  if (dot.form == DotForm::Widening)
    return intVector(context, dot.registerBytes, 16);
  return getResultType(dot, context);
}

Value mlir::bitnet::emitSplat(ImplicitLocOpBuilder &b, VectorType type,
                              int64_t value) {
  Type element = type.getElementType();
  Attribute scalar =
      isa<FloatType>(element)
          ? Attribute(b.getFloatAttr(element, double(value)))
          : Attribute(b.getIntegerAttr(
                element, APInt(element.getIntOrFloatBitWidth(), uint64_t(value),
                               /*isSigned=*/true, /*implicitTrunc=*/true)));
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, scalar));
}

static Value addIndex(ImplicitLocOpBuilder &b, Value base, int64_t offset) {
  if (offset == 0)
    return base;
  Value c = arith::ConstantIndexOp::create(b, offset);
  return arith::AddIOp::create(b, base, c);
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// Four bytes from memory to every 32-bit lane: vpbroadcastd on x86.
static Value broadcastQuad(ImplicitLocOpBuilder &b, const DotUnit &dot, Value x,
                           Value m, Value k) {
  MLIRContext *context = b.getContext();
  Value quad =
      vector::LoadOp::create(b, intVector(context, 4, 8), x, ValueRange{m, k});
  Value word = vector::BitCastOp::create(b, intVector(context, 1, 32), quad);
  Value lanes = vector::BroadcastOp::create(
      b, intVector(context, dot.registerBytes / 4, 32), word);
  return vector::BitCastOp::create(b, getByteType(dot, context), lanes);
}

/// A lane of one 16-byte load: `sdot ..., v.4b[lane]` on aarch64.
static Value shuffleQuad(ImplicitLocOpBuilder &b, const DotUnit &dot, Value x,
                         Value m, Value k, int64_t field) {
  Value chunk = vector::LoadOp::create(b, intVector(b.getContext(), 16, 8), x,
                                       ValueRange{m, k});
  SmallVector<int64_t> lanes;
  for (int64_t i = 0; i < dot.registerBytes; ++i)
    lanes.push_back(4 * field + i % 4);
  return vector::ShuffleOp::create(b, chunk, chunk, lanes);
}

/// The even and the odd bytes of `v`, as i16 lanes. Shifts move bytes within a
/// lane, so this is free of shuffles; it relies on little-endian lanes, as the
/// packed layout does.
static LhsValues splitBytes(ImplicitLocOpBuilder &b, const DotUnit &dot,
                            Value v) {
  VectorType type = intVector(b.getContext(), dot.registerBytes / 2, 16);
  Value wide = vector::BitCastOp::create(b, type, v);
  Value eight = emitSplat(b, type, 8);
  Value up = arith::ShLIOp::create(b, wide, eight);
  Value even = arith::ShRSIOp::create(b, up, eight);
  Value odd = arith::ShRSIOp::create(b, wide, eight);
  return {even, odd};
}

/// One activation, as the lane type of the accumulator.
static Value broadcastOne(ImplicitLocOpBuilder &b, const DotUnit &dot, Value x,
                          Value m, Value k) {
  VectorType type = getResultType(dot, b.getContext());
  Type lane = type.getElementType();
  Value v = memref::LoadOp::create(b, x, ValueRange{m, k});
  if (isa<IntegerType>(lane))
    v = arith::ExtSIOp::create(b, lane, v);
  else if (v.getType().getIntOrFloatBitWidth() < 32)
    v = arith::ExtFOp::create(b, lane, v);
  else if (v.getType().getIntOrFloatBitWidth() > 32)
    v = arith::TruncFOp::create(b, lane, v);
  return vector::BroadcastOp::create(b, type, v);
}

LhsValues mlir::bitnet::emitLhs(ImplicitLocOpBuilder &b, const DotUnit &dot,
                                Value x, Value m, Value k, int64_t field) {
  // The fifth field would be the first lane of the next load, which may lie
  // behind the row's end, so its four bytes are loaded by themselves.
  if (dot.form == DotForm::Dot4ByLane && field < 4)
    return {shuffleQuad(b, dot, x, m, k, field)};
  Value first = addIndex(b, k, 4 * field);
  if (dot.form == DotForm::Dot4 || dot.form == DotForm::Dot2 ||
      dot.form == DotForm::Dot4ByLane)
    return {broadcastQuad(b, dot, x, m, first)};
  // Activations are widened to lanes of 16 bits, like codes are.
  if (dot.form == DotForm::Widening)
    return {arith::ExtSIOp::create(b, getAccType(dot, b.getContext()),
                                   broadcastQuad(b, dot, x, m, first))};
  if (dot.form == DotForm::PortableDot2)
    return splitBytes(b, dot, broadcastQuad(b, dot, x, m, first));
  LhsValues lanes;
  for (int64_t j = 0; j < 4; ++j)
    lanes.push_back(broadcastOne(b, dot, x, m, addIndex(b, first, j)));
  return lanes;
}

//===----------------------------------------------------------------------===//
// Weights and products
//===----------------------------------------------------------------------===//

/// Calls the LLVM intrinsic `name` by its name, so that no dialect of a target
/// is needed.
static Value callIntrinsic(ImplicitLocOpBuilder &b, StringRef name, Type type,
                           ValueRange args) {
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), args)
      .getResult(0);
}

/// The digits t+1 of v to the base 3, `count` of them from `first` on, as
/// crumbs. A v beyond the largest number reads as that number.
static uint8_t crumbsOf(int64_t v, const PackedLayout &layout, int64_t first,
                        int64_t count) {
  int64_t zero = 0, power = 1;
  for (int64_t f = 0; f < layout.fields; ++f, power *= 3)
    zero += power;
  int64_t rest = std::min(v, zero) + zero;
  for (int64_t f = 0; f < first; ++f)
    rest /= 3;
  uint8_t crumbs = 0;
  for (int64_t f = 0; f < count; ++f, rest /= 3)
    crumbs |= uint8_t(rest % 3) << 2 * f;
  return crumbs;
}

/// `count` digits from `first` on: a table gives those of |v|, and those of -v
/// are 2 minus them.
static Value lookUp(ImplicitLocOpBuilder &b, const KernelRow &row, Value bytes,
                    Value negative, int64_t first, int64_t count) {
  auto type = cast<VectorType>(bytes.getType());
  SmallVector<int8_t> table;
  uint8_t twos = 0;
  for (int64_t v = 0; v < 2 * type.getNumElements(); ++v)
    table.push_back(int8_t(crumbsOf(v, row.layout, first, count)));
  for (int64_t f = 0; f < count; ++f)
    twos |= uint8_t(2) << 2 * f;
  auto half = [&](ArrayRef<int8_t> values) -> Value {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, values));
  };
  ArrayRef<int8_t> all(table);
  size_t middle = all.size() / 2;
  Value positive = callIntrinsic(
      b, row.lookupIntrinsic, type,
      {half(all.take_front(middle)), bytes, half(all.drop_front(middle))});
  Value mirrored = arith::SubIOp::create(b, emitSplat(b, type, twos), positive);
  return arith::SelectOp::create(b, negative, mirrored, positive);
}

SmallVector<Value> mlir::bitnet::emitPlanes(ImplicitLocOpBuilder &b,
                                            const KernelRow &row, Value bytes) {
  switch (row.unpack) {
  case Unpack::None:
    return {bytes};
  case Unpack::Compare:
    return emitDigits(b, bytes, row.layout);
  // The sign is bit 7 of the byte, so a signed comparison finds it.
  case Unpack::Lookup: {
    Value zero = emitSplat(b, cast<VectorType>(bytes.getType()), 0);
    Value negative =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, bytes, zero);
    return {lookUp(b, row, bytes, negative, 0, 4),
            lookUp(b, row, bytes, negative, 4, 1)};
  }
  }
  llvm_unreachable("every way to unpack is handled");
}

Value mlir::bitnet::emitDecode(ImplicitLocOpBuilder &b, Value plane,
                               FieldDecode field) {
  auto type = cast<VectorType>(plane.getType());
  if (field.shift)
    plane = arith::ShRUIOp::create(b, plane, emitSplat(b, type, field.shift));
  if (field.mask == 0xff)
    return plane;
  return arith::AndIOp::create(b, plane, emitSplat(b, type, field.mask));
}

/// acc + even bytes * even lhs + odd bytes * odd lhs, in i16.
static Value portableDot2(ImplicitLocOpBuilder &b, Value acc, Value codes,
                          const LhsValues &lhs) {
  auto type = cast<VectorType>(acc.getType());
  Value wide = vector::BitCastOp::create(b, type, codes);
  Value even = arith::AndIOp::create(b, wide, emitSplat(b, type, 0xff));
  Value odd = arith::ShRUIOp::create(b, wide, emitSplat(b, type, 8));
  Value low = arith::MulIOp::create(b, even, lhs[0]);
  Value high = arith::MulIOp::create(b, odd, lhs[1]);
  acc = arith::AddIOp::create(b, acc, low);
  return arith::AddIOp::create(b, acc, high);
}

/// acc + x where the code is 2, acc - x where it is 0. Elsewhere acc + (x - x),
/// which is acc unless x is a NaN or an infinity (act_c2).
static Value addOrSub(ImplicitLocOpBuilder &b, Value acc, Value code, Value x) {
  auto type = cast<VectorType>(code.getType());
  Value plus = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, code,
                                     emitSplat(b, type, 2));
  Value minus = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, code,
                                      emitSplat(b, type, 0));
  Value none = arith::SubFOp::create(b, x, x);
  Value term =
      arith::SelectOp::create(b, minus, arith::NegFOp::create(b, x), none);
  term = arith::SelectOp::create(b, plus, x, term);
  return arith::AddFOp::create(b, acc, term);
}

/// One weight row per 32-bit lane: byte j of the lane belongs to k + j.
static Value laneDot(ImplicitLocOpBuilder &b, const DotUnit &dot, Value acc,
                     Value codes, const LhsValues &lhs) {
  VectorType type = intVector(b.getContext(), dot.registerBytes / 4, 32);
  Value word = vector::BitCastOp::create(b, type, codes);
  Value mask = emitSplat(b, type, 0xff);
  for (auto [j, x] : llvm::enumerate(lhs)) {
    Value code = word;
    if (j)
      code = arith::ShRUIOp::create(b, word, emitSplat(b, type, 8 * j));
    code = arith::AndIOp::create(b, code, mask);
    if (dot.form == DotForm::FloatLanes) {
      acc = addOrSub(b, acc, code, x);
      continue;
    }
    Value product = arith::MulIOp::create(b, code, x);
    acc = arith::AddIOp::create(b, acc, product);
  }
  return acc;
}

Value mlir::bitnet::emitDot(ImplicitLocOpBuilder &b, const DotUnit &dot,
                            Value acc, Value codes, const LhsValues &lhs) {
  switch (dot.form) {
  case DotForm::Dot4:
  case DotForm::Dot4ByLane:
  case DotForm::Dot8Pairs:
    return callIntrinsic(b, dot.intrinsic, acc.getType(), {acc, codes, lhs[0]});
  case DotForm::MatrixTile:
    llvm_unreachable("tiles are not vectors: emitMatrixTiles");
  // vpmaddubsw has no accumulator: sums of pairs are added by a second
  // instruction.
  case DotForm::Dot2: {
    Value pairs =
        callIntrinsic(b, dot.intrinsic, acc.getType(), {codes, lhs[0]});
    return arith::AddIOp::create(b, acc, pairs);
  }
  case DotForm::PortableDot2:
    return portableDot2(b, acc, codes, lhs);
  case DotForm::Widening: {
    Value wide = arith::ExtSIOp::create(b, acc.getType(), codes);
    Value products = arith::MulIOp::create(b, wide, lhs[0]);
    return arith::AddIOp::create(b, acc, products);
  }
  case DotForm::Lanes:
  case DotForm::FloatLanes:
    return laneDot(b, dot, acc, codes, lhs);
  }
  llvm_unreachable("every dot form is handled");
}

/// A register holds four bytes of each of four rows of weights; usmmla wants
/// eight columns of two rows: bytes 0..3 and 16..19 are the two fields of row
/// 0, and so on.
PairCodes mlir::bitnet::emitPairCodes(ImplicitLocOpBuilder &b, Value codes,
                                      Value nextCodes) {
  SmallVector<int64_t> low, high;
  for (int64_t lane : {0, 16, 4, 20})
    for (int64_t j = 0; j < 4; ++j) {
      low.push_back(lane + j);
      high.push_back(lane + 8 + j);
    }
  return {vector::ShuffleOp::create(b, codes, nextCodes, low),
          vector::ShuffleOp::create(b, codes, nextCodes, high)};
}

Value mlir::bitnet::emitPairLhs(ImplicitLocOpBuilder &b, Value x, Value m,
                                Value nextM, Value k, int64_t field) {
  VectorType type = intVector(b.getContext(), 16, 8);
  Value first = vector::LoadOp::create(b, type, x, ValueRange{m, k});
  Value second = vector::LoadOp::create(b, type, x, ValueRange{nextM, k});
  SmallVector<int64_t> lanes;
  for (int64_t base : {0, 16})
    for (int64_t j = 0; j < 8; ++j)
      lanes.push_back(base + 4 * field + j);
  return vector::ShuffleOp::create(b, first, second, lanes);
}

void mlir::bitnet::emitUnzip(ImplicitLocOpBuilder &b, Value &low, Value &high) {
  int64_t even[] = {0, 2, 4, 6}, odd[] = {1, 3, 5, 7};
  Value first = vector::ShuffleOp::create(b, low, high, even);
  high = vector::ShuffleOp::create(b, low, high, odd);
  low = first;
}

//===----------------------------------------------------------------------===//
// After the loop
//===----------------------------------------------------------------------===//

/// Adds adjacent lanes, which leaves half as many.
static Value addAdjacent(ImplicitLocOpBuilder &b, Value v) {
  int64_t lanes = cast<VectorType>(v.getType()).getDimSize(0);
  SmallVector<int64_t> even, odd;
  for (int64_t i = 0; i < lanes; i += 2) {
    even.push_back(i);
    odd.push_back(i + 1);
  }
  Value first = vector::ShuffleOp::create(b, v, v, even);
  Value second = vector::ShuffleOp::create(b, v, v, odd);
  return arith::AddIOp::create(b, first, second);
}

/// Adds the i16 lanes of each weight row up, at 32 bits.
static Value widen(ImplicitLocOpBuilder &b, const DotUnit &dot, Value v) {
  VectorType type = getResultType(dot, b.getContext());
  if (dot.form == DotForm::Widening) {
    VectorType wide = intVector(b.getContext(), dot.registerBytes, 32);
    return addAdjacent(b, addAdjacent(b, arith::ExtSIOp::create(b, wide, v)));
  }
  if (!dot.widenIntrinsic.empty()) {
    Value one = emitSplat(b, cast<VectorType>(v.getType()), 1);
    return callIntrinsic(b, dot.widenIntrinsic, type, {v, one});
  }
  Value word = vector::BitCastOp::create(b, type, v);
  Value sixteen = emitSplat(b, type, 16);
  Value up = arith::ShLIOp::create(b, word, sixteen);
  Value low = arith::ShRSIOp::create(b, up, sixteen);
  Value high = arith::ShRSIOp::create(b, word, sixteen);
  return arith::AddIOp::create(b, low, high);
}

Value mlir::bitnet::emitFold(ImplicitLocOpBuilder &b, const DotUnit &dot,
                             ValueRange accs, ArrayRef<int> shifts) {
  Value total;
  for (auto [acc, shift] : llvm::zip_equal(accs, shifts)) {
    Value v = acc;
    if (shift)
      v = arith::ShRSIOp::create(
          b, v, emitSplat(b, cast<VectorType>(v.getType()), shift));
    total = total ? arith::AddIOp::create(b, total, v).getResult() : v;
  }
  return total.getType() == getResultType(dot, b.getContext())
             ? total
             : widen(b, dot, total);
}
