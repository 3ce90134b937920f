//===- Reshaping.cpp - building blocks that move or rename elements -------===//
//
// Shapes change without copies where the groups of axes that correspond to each
// other are known (collapse_shape, expand_shape); else the tensor is collapsed
// to one axis and expanded again.
//
//===----------------------------------------------------------------------===//

#include "NodeLowering.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

using Groups = SmallVector<ReassociationIndices>;

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

/// Pairs runs of `from` with runs of `to` whose products are provably equal.
/// False when the shapes do not decompose that way.
static bool pairGroups(DimBuilder &dims, ArrayRef<OpFoldResult> from,
                       ArrayRef<OpFoldResult> to, Groups &fromGroups,
                       Groups &toGroups) {
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    size_t bestI = 0, bestJ = 0;
    // The smallest pair of runs, so that groups stay fine.
    for (size_t total = 2; !bestI && total <= from.size() - i + to.size() - j;
         ++total)
      for (size_t m = 1; m < total && !bestI; ++m) {
        size_t n = total - m;
        if (i + m <= from.size() && j + n <= to.size() &&
            dims.sameProduct(from.slice(i, m), to.slice(j, n)))
          bestI = m, bestJ = n;
      }
    if (!bestI)
      return false;
    fromGroups.emplace_back(llvm::to_vector(llvm::seq<int64_t>(i, i + bestI)));
    toGroups.emplace_back(llvm::to_vector(llvm::seq<int64_t>(j, j + bestJ)));
    i += bestI;
    j += bestJ;
  }
  // Extents of 1 that are left over join the last group.
  for (; i < from.size(); ++i) {
    if (fromGroups.empty() || !isOneInteger(dims.simplify(from[i])))
      return false;
    fromGroups.back().push_back(i);
  }
  for (; j < to.size(); ++j) {
    if (toGroups.empty() || !isOneInteger(dims.simplify(to[j])))
      return false;
    toGroups.back().push_back(j);
  }
  return true;
}

/// Whether any group has more than one axis.
static bool hasRuns(const Groups &groups) {
  return llvm::any_of(groups, [](auto &group) { return group.size() > 1; });
}

/// The type in which every group of `type` is one axis: static where all its
/// members are, as collapse_shape and expand_shape want it.
static RankedTensorType collapsedType(RankedTensorType type,
                                      const Groups &groups) {
  SmallVector<int64_t> shape;
  for (const ReassociationIndices &group : groups) {
    int64_t product = 1;
    for (int64_t axis : group)
      product = type.isDynamicDim(axis) || product == ShapedType::kDynamic
                    ? ShapedType::kDynamic
                    : product * type.getDimSize(axis);
    shape.push_back(product);
  }
  return type.clone(shape);
}

/// A check: an error where it is known to fail, else an assertion of the run.
static LogicalResult requireSameCount(NodeLowering &n,
                                      ArrayRef<OpFoldResult> from,
                                      ArrayRef<OpFoldResult> to) {
  return n.requireSame(n.dims.product(from), n.dims.product(to),
                       "numbers of elements before and after");
}

/// Whether an extent is known to be 0.
static bool isEmpty(ArrayRef<OpFoldResult> extents) {
  return llvm::any_of(extents,
                      [](OpFoldResult d) { return isConstantIntValue(d, 0); });
}

/// Checks that the numbers of elements agree.
FailureOr<Value> NodeLowering::reshape(Value v,
                                       ArrayRef<OpFoldResult> extents) {
  Dims from = dimsOf(v), to;
  for (OpFoldResult d : extents)
    to.push_back(dims.simplify(d));
  Groups fromGroups, toGroups;
  if (isEmpty(from) || isEmpty(to)) {
    // MLIR pairs axes by their static extents, which says nothing here: any
    // number of elements times 0 is the same.
    if (failed(requireSameCount(*this, from, to)))
      return failure();
    return empty(to, elementType(v));
  }
  if (!pairGroups(dims, from, to, fromGroups, toGroups)) {
    // When no groups are found, all axes are one group each way, and the
    // numbers of elements are compared at run time.
    if (failed(requireSameCount(*this, from, to)))
      return failure();
    fromGroups.assign(1, {});
    toGroups.assign(1, {});
    llvm::append_range(fromGroups[0], llvm::seq<int64_t>(0, from.size()));
    llvm::append_range(toGroups[0], llvm::seq<int64_t>(0, to.size()));
  }
  if (from.empty() || to.empty()) {
    // Rank 0 on one side: every axis of the other is a unit.
    fromGroups.clear();
    toGroups.clear();
    from.assign(from.size(), dims.constant(1));
    to.assign(to.size(), dims.constant(1));
  }
  Value result = refine(v, from);
  if (hasRuns(fromGroups) || (to.empty() && !from.empty()))
    result = tensor::CollapseShapeOp::create(
        b, loc, collapsedType(typeOf(result), fromGroups), result, fromGroups);
  RankedTensorType target = tensorType(to, elementType(v));
  if (hasRuns(toGroups) || (from.empty() && !to.empty())) {
    RankedTensorType middle = collapsedType(target, toGroups);
    if (middle != result.getType())
      result = tensor::CastOp::create(b, loc, middle, result);
    result =
        tensor::ExpandShapeOp::create(b, loc, target, result, toGroups, to);
  } else if (target != result.getType()) {
    result = tensor::CastOp::create(b, loc, target, result);
  }
  state.extents[result] = std::move(to);
  return result;
}

/// All axes from `axis` on as one.
Value NodeLowering::collapseFrom(Value v, int64_t axis) {
  Dims extents = dimsOf(v);
  // The extents beside a 0 may have any product.
  if (axis + 1 >= int64_t(extents.size()) || isEmpty(extents))
    return v;
  Groups groups;
  for (int64_t kept : llvm::seq<int64_t>(0, axis))
    groups.push_back({kept});
  groups.emplace_back(
      llvm::to_vector(llvm::seq<int64_t>(axis, extents.size())));
  v = refine(v, extents);
  Value result = tensor::CollapseShapeOp::create(
      b, loc, collapsedType(typeOf(v), groups), v, groups);
  OpFoldResult row = dims.product(ArrayRef(extents).drop_front(axis));
  extents.truncate(axis);
  extents.push_back(row);
  state.extents[result] = std::move(extents);
  return result;
}

/// Prepends dimensions of 1 to an operand of lower rank that broadcasts.
Value NodeLowering::prependOnes(Value v, int64_t newRank) {
  Dims extents(newRank - rank(v), dims.constant(1));
  llvm::append_range(extents, Dims(dimsOf(v)));
  return *reshape(v, extents); // units only: always possible
}

//===----------------------------------------------------------------------===//
// transpose, slice, concat
//===----------------------------------------------------------------------===//

/// Axis i of the result is axis permutation[i] of v.
Value NodeLowering::transpose(Value v, ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return v;
  Dims from = dimsOf(v), to;
  for (int64_t axis : permutation)
    to.push_back(from[axis]);
  v = refine(v, from); // linalg.transpose wants equally static types
  Value init = empty(to, elementType(v));
  Value result =
      linalg::TransposeOp::create(b, loc, v, init, permutation)->getResult(0);
  state.extents[result] = std::move(to);
  return result;
}

/// A slice; callers have checked the bounds.
Value NodeLowering::slice(Value v, ArrayRef<OpFoldResult> offsets,
                          ArrayRef<OpFoldResult> sizes,
                          ArrayRef<OpFoldResult> strides) {
  RankedTensorType type = tensorType(sizes, elementType(v));
  // An empty piece may begin at the end, where a slice must not.
  bool beginsAtEnd = false;
  for (auto [offset, extent] : llvm::zip_equal(offsets, Dims(dimsOf(v))))
    beginsAtEnd |= isa<Attribute>(dims.simplify(offset)) &&
                   isa<Attribute>(dims.simplify(extent)) &&
                   dims.same(offset, extent);
  if (beginsAtEnd || llvm::is_contained(type.getShape(), 0))
    return empty(sizes, elementType(v));
  auto simplified = [&](ArrayRef<OpFoldResult> list) {
    return llvm::map_to_vector(
        list, [&](OpFoldResult d) { return dims.simplify(d); });
  };
  Value result =
      tensor::ExtractSliceOp::create(b, loc, type, v, simplified(offsets),
                                     simplified(sizes), simplified(strides));
  state.extents[result] = Dims(sizes);
  return result;
}

/// Each piece is inserted into what the pieces before it have made, and
/// bufferization looks at every pair of insertions into one tensor: long lists
/// are joined in parts, which are made in place and then copied.
static constexpr size_t kMaxPieces = 16;

/// Checks that all extents but that of `axis` agree.
Value NodeLowering::concat(ArrayRef<Value> values, int64_t axis) {
  // An empty piece would begin where the result ends.
  SmallVector<Value> parts;
  for (Value v : values)
    if (!isConstantIntValue(dims.simplify(dim(v, axis)), 0))
      parts.push_back(v);
  if (parts.empty())
    return values.front();
  if (parts.size() <= kMaxPieces)
    return concatInPlace(parts, axis);
  SmallVector<Value> joined;
  for (ArrayRef<Value> rest = parts; !rest.empty();
       rest = rest.drop_front(std::min(kMaxPieces, rest.size())))
    joined.push_back(concatInPlace(rest.take_front(kMaxPieces), axis));
  return concatCopies(joined, axis);
}

/// The extents of the result.
Dims NodeLowering::joinedExtents(ArrayRef<Value> values, int64_t axis) {
  Dims extents = dimsOf(values.front());
  for (Value v : values.drop_front()) {
    Dims more = dimsOf(v);
    for (auto [i, extent] : llvm::enumerate(extents)) {
      if (int64_t(i) == axis)
        extent = dims.add(extent, more[i]);
      else if (isa<Attribute>(more[i]))
        extent = more[i]; // the caller has checked that they agree
    }
  }
  return extents;
}

/// `v` with these extents, which a check says it has.
Value NodeLowering::agree(Value v, ArrayRef<OpFoldResult> extents) {
  bool known = true;
  for (auto [have, want] : llvm::zip_equal(Dims(dimsOf(v)), extents))
    known &= dims.same(have, want);
  if (known)
    return refine(v, extents);
  SmallVector<OpFoldResult> offsets(extents.size(), dims.constant(0));
  SmallVector<OpFoldResult> strides(extents.size(), dims.constant(1));
  return slice(v, offsets, extents, strides);
}

/// tensor.concat copies each piece once.
Value NodeLowering::concatCopies(ArrayRef<Value> values, int64_t axis) {
  Dims extents = joinedExtents(values, axis);
  RankedTensorType type = tensorType(extents, elementType(values.front()));
  if (llvm::is_contained(type.getShape(), 0))
    return empty(extents, type.getElementType());
  SmallVector<Value> refined;
  for (Value v : values) {
    Dims sizes = extents;
    sizes[axis] = dim(v, axis);
    refined.push_back(agree(v, sizes));
  }
  Value result = tensor::ConcatOp::create(b, loc, type, axis, refined);
  state.extents[result] = std::move(extents);
  return result;
}

/// Pieces are inserted one after the other, so that they may be computed where
/// they will lie.
Value NodeLowering::concatInPlace(ArrayRef<Value> values, int64_t axis) {
  if (values.size() == 1)
    return values.front();
  Dims extents = joinedExtents(values, axis);
  Value result = empty(extents, elementType(values.front()));
  Dims offsets(extents.size(), dims.constant(0));
  Dims strides(extents.size(), dims.constant(1));
  for (Value v : values) {
    Dims sizes = extents;
    sizes[axis] = dim(v, axis);
    v = agree(v, sizes);
    // MLIR takes an insertion into a tensor without elements for out of bounds.
    if (!llvm::is_contained(cast<RankedTensorType>(v.getType()).getShape(), 0))
      result = tensor::InsertSliceOp::create(b, loc, v, result, offsets, sizes,
                                             strides);
    offsets[axis] = dims.add(offsets[axis], sizes[axis]);
  }
  state.extents[result] = std::move(extents);
  return result;
}
