//===- Rotary.cpp - RotaryEmbedding of ONNX and of com.microsoft ----------===//
//
// Pairs of elements of each head are rotated by angles whose cosines and sines
// come from tables, by position. The two domains differ in slots and attributes
// only.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"
#include "Parameters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// x as [B, S, H, D] or [B, H, S, D] (`headsFirst`), and the angles' tables as
/// [B or 1, S, half].
struct Rotary {
  Value x, cosines, sines;
  bool headsFirst, interleaved;
  int64_t half;
};
} // namespace

//===----------------------------------------------------------------------===//
// The rotation
//===----------------------------------------------------------------------===//

/// v[..., offset : offset + size * step : step]
static Value sliceLast(NodeLowering &n, Value v, int64_t offset,
                       OpFoldResult size, int64_t step = 1) {
  Dims sizes = n.dimsOf(v), offsets(sizes.size(), n.dims.constant(0));
  Dims strides(sizes.size(), n.dims.constant(1));
  offsets.back() = n.dims.constant(offset);
  sizes.back() = size;
  strides.back() = n.dims.constant(step);
  return n.slice(v, offsets, sizes, strides);
}

/// [B, S, half] with a unit axis for the heads.
static FailureOr<Value> withHeadAxis(NodeLowering &n, Value table,
                                     bool headsFirst) {
  Dims extents = n.dimsOf(table);
  extents.insert(extents.begin() + (headsFirst ? 1 : 2), n.dims.constant(1));
  return n.reshape(table, extents);
}

/// a * c -+ b * s, rounded once.
static FailureOr<Value> combine(NodeLowering &n, Value a, Value c, Value b,
                                Value s, bool add) {
  return n.elementwise({a, c, b, s}, n.elementType(a),
                       [&](ScalarBuilder &sb, ValueRange v) -> Value {
                         Value l = sb.make<arith::MulFOp>(v[0], v[1]);
                         Value r = sb.make<arith::MulFOp>(v[2], v[3]);
                         return add ? sb.make<arith::AddFOp>(l, r)
                                    : sb.make<arith::SubFOp>(l, r);
                       });
}

/// The rotated pairs as they stand in the result: halves one after the other,
/// or alternating.
static FailureOr<Value> joinPairs(NodeLowering &n, Value first, Value second,
                                  bool interleaved) {
  int64_t last = n.rank(first) - 1;
  if (!interleaved)
    return n.concat({first, second}, last);
  Dims whole = n.dimsOf(first), unit = whole;
  whole.back() = n.dims.mul(whole.back(), n.dims.constant(2));
  unit.push_back(n.dims.constant(1));
  FailureOr<Value> a = n.reshape(first, unit), c = n.reshape(second, unit);
  if (failed(a) || failed(c))
    return failure();
  return n.reshape(n.concat({*a, *c}, last + 1), whole);
}

/// (x1 c - x2 s, x1 s + x2 c) for all pairs.
static FailureOr<Value> rotate(NodeLowering &n, const Rotary &r) {
  OpFoldResult half = n.dims.constant(r.half);
  int64_t second = r.interleaved ? 1 : r.half, step = r.interleaved ? 2 : 1;
  Value x1 = sliceLast(n, r.x, 0, half, step);
  Value x2 = sliceLast(n, r.x, second, half, step);
  FailureOr<Value> c = withHeadAxis(n, r.cosines, r.headsFirst);
  FailureOr<Value> s = withHeadAxis(n, r.sines, r.headsFirst);
  if (failed(c) || failed(s))
    return failure();
  FailureOr<Value> y1 = combine(n, x1, *c, x2, *s, /*add=*/false);
  FailureOr<Value> y2 = combine(n, x2, *c, x1, *s, /*add=*/true);
  if (failed(y1) || failed(y2))
    return failure();
  FailureOr<Value> rotated = joinPairs(n, *y1, *y2, r.interleaved);
  OpFoldResult width = n.dims.constant(2 * r.half);
  OpFoldResult all = n.dim(r.x, n.rank(r.x) - 1);
  if (failed(rotated) || n.dims.same(width, all))
    return rotated;
  // Beyond rotary_embedding_dim elements pass through.
  Value rest = sliceLast(n, r.x, 2 * r.half, n.dims.sub(all, width));
  return n.concat({*rotated, rest}, n.rank(r.x) - 1);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// table[position[b, s], :] as [B, S, half].
static FailureOr<Value> gatherRows(NodeLowering &n, Value table,
                                   Value positions) {
  Dims extents = n.dimsOf(positions);
  extents.push_back(n.dim(table, 1));
  auto body = [&](ScalarBuilder &s, ValueRange args) -> Value {
    Value row = s.make<arith::IndexCastOp>(s.b.getIndexType(), args[0]);
    Value column = loopIndices(s, 3)[2];
    return s.make<tensor::ExtractOp>(table, ValueRange{row, column});
  };
  return buildParallel(n, extents, n.elementType(table), {positions},
                       {pickDims(n.b, 3, {0, 1})}, body);
}

/// Rows `first` .. `first + length` of the table as [1, S, half].
static FailureOr<Value> sliceRows(NodeLowering &n, Value table,
                                  OpFoldResult first, OpFoldResult length) {
  OpFoldResult zero = n.dims.constant(0), one = n.dims.constant(1);
  Dims sizes{length, n.dim(table, 1)};
  Value rows = n.slice(table, {first, zero}, sizes, {one, one});
  sizes.insert(sizes.begin(), one);
  return n.reshape(rows, sizes);
}

/// One position serves all batches: the table's rows from it on are taken. The
/// check has no sum that an extreme position could overflow.
static FailureOr<OpFoldResult> firstPosition(NodeLowering &n, Value positions,
                                             Value table, OpFoldResult length) {
  auto list = n.extractElements(positions);
  if (!list || list->size() != 1)
    return n.emitError() << "needs position_ids of shape [1] or [B, S]",
           failure();
  OpFoldResult first = (*list)[0];
  if (auto v = dyn_cast<Value>(first); v && !v.getType().isIndex())
    first = n.dims.cse(
        arith::IndexCastOp::create(n.b, n.loc, n.b.getIndexType(), v));
  OpFoldResult most = n.dims.sub(n.dim(table, 0), length);
  if (failed(requireCompare(n, arith::CmpIPredicate::sle, first, most,
                            "position out of range")) ||
      failed(requireCompare(n, arith::CmpIPredicate::sge, first,
                            n.dims.constant(0), "position out of range")))
    return failure();
  return first;
}

/// [B, S, H * D] as [B, S, H, D].
static FailureOr<Value> splitHeads(NodeLowering &n, Value x, int64_t heads,
                                   int64_t width) {
  Dims extents = n.dimsOf(x);
  OpFoldResult hidden = extents.pop_back_val();
  if (heads > 0) {
    extents.push_back(n.dims.constant(heads));
    extents.push_back(n.dims.div(hidden, n.dims.constant(heads)));
  } else {
    extents.push_back(n.dims.div(hidden, n.dims.constant(width)));
    extents.push_back(n.dims.constant(width));
  }
  return n.reshape(x, extents);
}

/// How much of a head is rotated: all of it, or its first
/// `rotary_embedding_dim` elements.
static LogicalResult checkHeadSize(NodeLowering &n, const Rotary &r,
                                   bool inPart) {
  OpFoldResult head = n.dim(r.x, 3), width = n.dims.constant(2 * r.half);
  if (!inPart)
    return n.requireSame(head, width,
                         "the head size and twice the tables' width");
  return requireCompare(n, arith::CmpIPredicate::sge, head, width,
                        "the head size is less than rotary_embedding_dim");
}

/// position_ids [B, S]: nothing broadcasts, and no position counts from the
/// end.
static LogicalResult checkPositions(NodeLowering &n, Value positions,
                                    OpFoldResult batch, OpFoldResult length,
                                    OpFoldResult rows) {
  for (auto [have, want] :
       llvm::zip_equal(Dims(n.dimsOf(positions)), Dims{batch, length}))
    if (failed(n.requireSame(have, want,
                             "the sizes of position_ids and its input")))
      return failure();
  return checkIndices(n, positions, rows, /*fromEnd=*/false);
}

/// Selects the rows of both tables.
static LogicalResult selectRows(NodeLowering &n, Rotary &r, Value positions,
                                OpFoldResult length) {
  Value tables[] = {r.cosines, r.sines};
  if (n.rank(r.cosines) != 2)
    return n.emitError() << "needs tables of rank 2 with position_ids";
  if (n.rank(positions) == 2 &&
      failed(checkPositions(n, positions, n.dim(r.x, 0), length,
                            n.dim(r.cosines, 0))))
    return failure();
  for (Value &table : tables) {
    FailureOr<Value> rows = failure();
    if (n.rank(positions) == 2) {
      rows = gatherRows(n, table, positions);
    } else {
      auto first = firstPosition(n, positions, table, length);
      if (failed(first))
        return failure();
      rows = sliceRows(n, table, *first, length);
    }
    if (failed(rows))
      return failure();
    table = *rows;
  }
  r.cosines = tables[0];
  r.sines = tables[1];
  return success();
}

/// Slots of position_ids and of the tables differ between the domains.
static LogicalResult lowerRotary(NodeLowering &n, unsigned cosSlot,
                                 unsigned positionSlot) {
  Value x = n.operand(0), positions = n.operand(positionSlot);
  Rotary r{x,
           n.operand(cosSlot),
           n.operand(cosSlot + 1),
           n.rank(x) == 4,
           n.intAttr("interleaved", 0) != 0,
           0};
  if (n.intAttr("is_packed_batching", 0) || n.floatAttr("scale", 1.0) != 1.0)
    return n.emitError() << "supports neither packed batches nor a scale";
  Dims table = n.dimsOf(r.cosines);
  auto half = table.empty() ? std::nullopt : getConstantIntValue(table.back());
  if (!half || (n.rank(x) != 3 && n.rank(x) != 4))
    return n.emitError() << "needs x of rank 3 or 4 and tables of known width";
  r.half = *half;
  int64_t rotated = n.intAttr("rotary_embedding_dim", 0);
  int64_t heads = n.intAttr("num_heads", 0);
  if (rotated != 0 && rotated != 2 * r.half)
    return n.emitError() << "has a rotary_embedding_dim that does not fit the "
                            "tables";
  Dims whole = n.dimsOf(x);
  OpFoldResult length = whole[n.rank(x) == 4 ? 2 : 1];
  if (n.rank(x) == 3) {
    if (heads < 0 || (heads == 0 && rotated != 0))
      return n.emitError() << "needs num_heads of 1 or more, got " << heads;
    FailureOr<Value> split = splitHeads(n, x, heads, 2 * r.half);
    if (failed(split))
      return failure();
    r.x = *split;
  }
  if (failed(requireSameShape(n, r.cosines, r.sines, "the two tables")) ||
      failed(checkHeadSize(n, r, /*inPart=*/rotated != 0)))
    return failure();
  if (positions && failed(selectRows(n, r, positions, length)))
    return failure();
  if (n.rank(r.cosines) != 3)
    return n.emitError() << "needs tables of rank 3 without position_ids";
  if (failed(requireBroadcastTo(
          n, r.cosines, {whole[0], length, n.dims.constant(r.half)}, "table")))
    return failure();
  FailureOr<Value> y = rotate(n, r);
  if (failed(y))
    return failure();
  FailureOr<Value> result = n.reshape(*y, whole);
  if (failed(result))
    return failure();
  n.setResult(0, *result);
  return success();
}

/// Packed batches and scales of com.microsoft are not supported.
void bitnet::registerRotaryOps(OpRegistry &r) {
  r.add("RotaryEmbedding", 23,
        [](NodeLowering &n) { return lowerRotary(n, 1, 3); });
  r.add(
      kMicrosoftDomain, "RotaryEmbedding", 1,
      [](NodeLowering &n) { return lowerRotary(n, 2, 1); },
      "no packed batches, no scale");
}
