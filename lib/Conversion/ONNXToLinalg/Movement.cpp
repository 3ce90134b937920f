//===- Movement.cpp - Transpose, Concat, Split, DepthToSpace --------------===//
//
// Operators that move elements and compute nothing.
//
//===----------------------------------------------------------------------===//

#include "NodeLowering.h"
#include "OpRegistry.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The longest list that stays a list.
static constexpr size_t kMaxList = 64;

/// Transpose reverses the axes when it has no `perm`.
static LogicalResult lowerTranspose(NodeLowering &n) {
  Value x = n.operand(0);
  int64_t rank = n.rank(x);
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (auto given = n.intsAttr("perm"))
    permutation = *given;
  if (int64_t(permutation.size()) != rank || !isPermutationVector(permutation))
    return n.emitError() << "has a 'perm' that is no permutation of " << rank
                         << " dimensions";
  n.setResult(0, n.transpose(x, permutation));
  return success();
}

/// The operands' scalars one after the other, when all are known lists.
static std::optional<Elements> concatLists(NodeLowering &n,
                                           ArrayRef<Value> values) {
  Elements all;
  for (Value v : values) {
    std::optional<Elements> list = n.elements(v);
    if (!list || n.rank(v) != 1)
      return std::nullopt;
    llvm::append_range(all, *list);
  }
  return all.size() <= kMaxList ? std::optional(all) : std::nullopt;
}

/// Concat: lists stay a list; tensors are joined along the axis.
static LogicalResult lowerConcat(NodeLowering &n) {
  SmallVector<Value> values = n.operands();
  int64_t given = n.intAttr("axis", 1);
  if (auto list = concatLists(n, values)) {
    n.setResult(0, n.fromElements(*list, n.elementType(values[0])));
    return success();
  }
  int64_t rank = n.rank(values[0]);
  FailureOr<int64_t> axis = n.normalizeAxis(given, rank);
  if (failed(axis))
    return failure();
  for (Value v : llvm::drop_begin(values)) {
    if (n.rank(v) != rank || n.elementType(v) != n.elementType(values[0]))
      return n.emitError() << "has inputs of different rank or element type";
    for (int64_t i = 0; i < rank; ++i)
      if (i != *axis && failed(n.requireSame(n.dim(values[0], i), n.dim(v, i),
                                             "sizes of dimension " + Twine(i))))
        return failure();
  }
  n.setResult(0, values.size() == 1 ? values[0] : n.concat(values, *axis));
  return success();
}

/// The sizes of the pieces when the node leaves them out: equal ones up to
/// opset 17; from 18 on the last may be smaller.
static FailureOr<Dims> equalPieces(NodeLowering &n, OpFoldResult extent,
                                   unsigned count) {
  OpFoldResult parts = n.dims.constant(count);
  if (n.version() < 18) {
    OpFoldResult size = n.dims.div(extent, parts);
    if (failed(n.requireSame(n.dims.mul(size, parts), extent,
                             "the split dimension and the sum of its parts")))
      return failure();
    return Dims(count, size);
  }
  OpFoldResult size = n.dims.ceilDiv(extent, parts);
  Dims sizes(count, size);
  OpFoldResult before = n.dims.mul(size, n.dims.constant(count - 1));
  sizes.back() = n.dims.sub(extent, before);
  OpFoldResult fits = n.dims.compare(arith::CmpIPredicate::sge, sizes.back(),
                                     n.dims.constant(0));
  if (isConstantIntValue(fits, 0))
    return n.emitError() << "cannot split a dimension into " << count
                         << " pieces of which only the last is smaller",
           failure();
  n.dims.require(n.dims.value(fits),
                 n.name() + ": the dimension is too short for its pieces");
  return sizes;
}

/// The extents of the pieces of a Split: from an attribute, an input, or the
/// number of outputs, depending on the opset.
static FailureOr<Dims> pieceSizes(NodeLowering &n, OpFoldResult extent) {
  unsigned count = n.node.getNumResults();
  int64_t asked = n.intAttr("num_outputs", count);
  if (asked != count)
    return n.emitError() << "has num_outputs " << asked << " but " << count
                         << " outputs",
           failure();
  auto given = n.intsFrom(n.version() < 13 ? -1 : 1, "split");
  if (failed(given))
    return failure();
  if (!*given)
    return equalPieces(n, extent, count);
  if ((*given)->size() != count)
    return n.emitError() << "has " << count << " outputs but "
                         << (*given)->size() << " sizes",
           failure();
  Dims sizes;
  int64_t sum = 0;
  for (int64_t size : **given) {
    if (size < 0 || llvm::AddOverflow(sum, size, sum))
      return n.emitError() << "has the size " << size, failure();
    sizes.push_back(n.dims.constant(size));
  }
  if (failed(n.requireSame(extent, n.dims.constant(sum),
                           "the split dimension and the sum of its parts")))
    return failure();
  return sizes;
}

/// Each output is a slice.
static LogicalResult lowerSplit(NodeLowering &n) {
  Value x = n.operand(0);
  int64_t rank = n.rank(x);
  FailureOr<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), rank);
  if (failed(axis))
    return failure();
  FailureOr<Dims> pieces = pieceSizes(n, n.dim(x, *axis));
  if (failed(pieces))
    return failure();
  Dims offsets(rank, n.dims.constant(0)), sizes = n.dimsOf(x);
  Dims strides(rank, n.dims.constant(1));
  for (auto [i, size] : llvm::enumerate(*pieces)) {
    sizes[*axis] = size;
    n.setResult(i, n.slice(x, offsets, sizes, strides));
    offsets[*axis] = n.dims.add(offsets[*axis], size);
  }
  return success();
}

/// The most rows of a block: the elements of a block, its square, can be
/// counted.
static constexpr int64_t kMaxBlockRows = int64_t(1) << 28;
static_assert(kMaxBlockRows * kMaxBlockRows == kMaxTensorElements);

namespace {
/// What the attributes of both operators on blocks say.
struct Blocks {
  /// Rows of a block, which has as many columns.
  int64_t rows;
  /// Whether channels of a picture in blocks are [depth, row, column] (the mode
  /// CRD), with row and column those inside a block; else they are [row,
  /// column, depth].
  bool depthFirst;
};
} // namespace

/// Also checks the rank of the input.
static FailureOr<Blocks> readBlocks(NodeLowering &n) {
  int64_t rank = n.rank(n.operand(0)), rows = n.intAttr("blocksize", 0);
  std::string mode = n.stringAttr("mode", "DCR");
  if (rank != 4)
    return n.emitError() << "needs an input of rank 4, got rank " << rank,
           failure();
  if (rows < 1 || rows > kMaxBlockRows)
    return n.emitError() << "has the blocksize " << rows, failure();
  if (mode != "DCR" && mode != "CRD")
    return n.emitError() << "has the unknown mode '" << mode << "'", failure();
  return Blocks{rows, mode == "CRD"};
}

/// extent / parts; checks that nothing is left over.
static FailureOr<OpFoldResult> divideExactly(NodeLowering &n,
                                             OpFoldResult extent, int64_t parts,
                                             const Twine &what) {
  OpFoldResult count = n.dims.constant(parts);
  OpFoldResult part = n.dims.div(extent, count);
  if (failed(n.requireSame(extent, n.dims.mul(part, count),
                           what + " and a multiple of " + Twine(parts))))
    return failure();
  return part;
}

/// Sets the result: the input as `split`, axes permuted, as `joined`.
static LogicalResult regroup(NodeLowering &n, ArrayRef<OpFoldResult> split,
                             ArrayRef<int64_t> permutation,
                             ArrayRef<OpFoldResult> joined) {
  // An extent beside a 0 may become larger than any tensor. Those of `split`
  // have the same product as those of `joined`, which may have overflowed.
  if (failed(n.requireSizes(split, /*grow=*/true)))
    return failure();
  FailureOr<Value> blocks = n.reshape(n.operand(0), split);
  if (failed(blocks))
    return failure();
  FailureOr<Value> result =
      n.reshape(n.transpose(*blocks, permutation), joined);
  if (failed(result))
    return failure();
  n.setResult(0, *result);
  return success();
}

/// DepthToSpace: the channels of a pixel become a block of pixels.
static LogicalResult lowerDepthToSpace(NodeLowering &n) {
  FailureOr<Blocks> blocks = readBlocks(n);
  if (failed(blocks))
    return failure();
  if (blocks->rows == 1)
    return n.setResult(0, n.operand(0)), success();
  Dims x = n.dimsOf(n.operand(0));
  FailureOr<OpFoldResult> depth = divideExactly(
      n, x[1], blocks->rows * blocks->rows, "the number of channels");
  if (failed(depth))
    return failure();
  OpFoldResult block = n.dims.constant(blocks->rows);
  Dims joined{x[0], *depth, n.dims.mul(x[2], block), n.dims.mul(x[3], block)};
  if (blocks->depthFirst)
    return regroup(n, {x[0], *depth, block, block, x[2], x[3]},
                   {0, 1, 4, 2, 5, 3}, joined);
  return regroup(n, {x[0], block, block, *depth, x[2], x[3]},
                 {0, 3, 4, 1, 5, 2}, joined);
}

/// SpaceToDepth, the reverse. Its mode is one of opset 28.
static LogicalResult lowerSpaceToDepth(NodeLowering &n) {
  FailureOr<Blocks> blocks = readBlocks(n);
  if (failed(blocks))
    return failure();
  if (blocks->rows == 1)
    return n.setResult(0, n.operand(0)), success();
  Dims x = n.dimsOf(n.operand(0));
  auto height = divideExactly(n, x[2], blocks->rows, "the height");
  if (failed(height))
    return failure();
  auto width = divideExactly(n, x[3], blocks->rows, "the width");
  if (failed(width))
    return failure();
  OpFoldResult block = n.dims.constant(blocks->rows);
  Dims split{x[0], x[1], *height, block, *width, block};
  Dims joined{x[0],
              n.dims.mul(x[1], n.dims.constant(blocks->rows * blocks->rows)),
              *height, *width};
  if (blocks->depthFirst)
    return regroup(n, split, {0, 1, 3, 5, 2, 4}, joined);
  return regroup(n, split, {0, 3, 5, 1, 2, 4}, joined);
}

void bitnet::registerMovementOps(OpRegistry &r) {
  r.add("Transpose", 1, lowerTranspose);
  r.add("Concat", 4, lowerConcat);
  r.add("Split", 2, lowerSplit, "sizes must be constant");
  r.add("DepthToSpace", 1, lowerDepthToSpace);
  r.add("SpaceToDepth", 1, lowerSpaceToDepth);
}
