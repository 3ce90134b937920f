//===- Gather.cpp - Gather, GatherElements, GatherND, OneHot --------------===//
//
// Operators that read at indices which are data. Constant indices into lists
// give lists (shapes); indices that are not constant are checked before
// anything is read.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"
#include "Parameters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

/// Constant indices into a known list pick its scalars.
static std::optional<Elements> gatherList(NodeLowering &n, Value data,
                                          Value indices) {
  std::optional<Elements> list = n.elements(data);
  auto constants = n.constantInts(indices);
  if (!list || !constants || n.rank(data) != 1)
    return std::nullopt;
  Elements picked;
  int64_t size = list->size();
  for (int64_t i : *constants) {
    if (i < -size || i >= size)
      return std::nullopt;
    picked.push_back((*list)[i < 0 ? i + size : i]);
  }
  return picked;
}

/// When the index is one constant, the result is a view.
static FailureOr<Value> gatherOne(NodeLowering &n, Value data, int64_t axis,
                                  int64_t index) {
  Dims extents = n.dimsOf(data);
  Dims offsets(extents.size(), n.dims.constant(0));
  Dims strides(extents.size(), n.dims.constant(1));
  offsets[axis] = n.dims.constant(index);
  if (index < 0)
    offsets[axis] = n.dims.add(extents[axis], offsets[axis]);
  extents[axis] = n.dims.constant(1);
  Value one = n.slice(data, offsets, extents, strides);
  extents.erase(extents.begin() + axis);
  return n.reshape(one, extents);
}

/// out[a, i, b] = data[a, indices[i], b], as one parallel nest.
static Value gatherMany(NodeLowering &n, Value data, Value indices,
                        int64_t axis, Type element) {
  Dims dataDims = n.dimsOf(data), indexDims = n.dimsOf(indices);
  Dims extents(dataDims.begin(), dataDims.begin() + axis);
  llvm::append_range(extents, indexDims);
  extents.append(dataDims.begin() + axis + 1, dataDims.end());
  unsigned rank = extents.size(), indexRank = indexDims.size();
  auto targets = llvm::to_vector(llvm::seq<unsigned>(axis, axis + indexRank));
  Value size = n.dims.value(dataDims[axis]);
  auto body = [&](ScalarBuilder &s, ValueRange args) -> Value {
    SmallVector<Value> loops = loopIndices(s, rank);
    SmallVector<Value> at(loops.begin(), loops.begin() + axis);
    at.push_back(wrapIndex(s, args[0], size));
    at.append(loops.begin() + axis + indexRank, loops.end());
    return s.make<tensor::ExtractOp>(data, at);
  };
  return buildParallel(n, extents, element, {indices},
                       {pickDims(n.b, rank, targets)}, body);
}

/// Negative indices count from the end.
static LogicalResult lowerGather(NodeLowering &n) {
  Value data = n.operand(0), indices = n.operand(1);
  FailureOr<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), n.rank(data));
  if (failed(axis))
    return failure();
  Type element = n.elementType(data);
  bool scalar = n.rank(indices) == 0;
  if (auto list = gatherList(n, data, indices)) {
    n.setResult(0, n.fromElements(*list, element, scalar));
    return success();
  }
  if (failed(checkIndices(n, indices, n.dim(data, *axis))))
    return failure();
  auto constants = n.constantInts(indices);
  data = skipWidening(data);
  if (!scalar || !constants) {
    n.setResult(0, gatherMany(n, data, indices, *axis, element));
    return success();
  }
  FailureOr<Value> one = gatherOne(n, data, *axis, constants->front());
  if (failed(one))
    return failure();
  n.setResult(0, n.convert(*one, n.elementType(*one), element));
  return success();
}

//===----------------------------------------------------------------------===//
// GatherElements
//===----------------------------------------------------------------------===//

/// out[i...] = data with i[axis] replaced by indices[i...].
static LogicalResult lowerGatherElements(NodeLowering &n) {
  Value data = n.operand(0), indices = n.operand(1);
  int64_t rank = n.rank(data);
  FailureOr<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), rank);
  if (failed(axis))
    return failure();
  if (n.rank(indices) != rank)
    return n.emitError() << "needs data and indices of equal rank";
  Dims dataDims = n.dimsOf(data), extents = n.dimsOf(indices);
  if (failed(checkIndices(n, indices, dataDims[*axis])))
    return failure();
  for (int64_t i = 0; i < rank; ++i) {
    // Indices may have smaller extents than data; larger ones would read
    // outside.
    if (i == *axis || n.dims.same(extents[i], dataDims[i]))
      continue;
    OpFoldResult limit = n.dims.add(dataDims[i], n.dims.constant(1));
    n.dims.require(n.dims.isLess(extents[i], limit),
                   n.name() + ": more indices than data in dimension " +
                       Twine(i));
  }
  Value size = n.dims.value(dataDims[*axis]);
  auto body = [&](ScalarBuilder &s, ValueRange args) -> Value {
    SmallVector<Value> at = loopIndices(s, rank);
    at[*axis] = wrapIndex(s, args[0], size);
    return s.make<tensor::ExtractOp>(data, at);
  };
  n.setResult(0, buildParallel(n, extents, n.elementType(data), {indices},
                               {n.b.getMultiDimIdentityMap(rank)}, body));
  return success();
}

//===----------------------------------------------------------------------===//
// GatherND
//===----------------------------------------------------------------------===//

/// Component `j` of every index tuple lies in `data`'s dimension `first + j`.
static LogicalResult checkTuples(NodeLowering &n, Value indices,
                                 ArrayRef<OpFoldResult> bounds) {
  Dims offsets(n.rank(indices), n.dims.constant(0)), sizes = n.dimsOf(indices);
  Dims strides(n.rank(indices), n.dims.constant(1));
  if (llvm::all_equal(llvm::map_range(
          bounds, [&](OpFoldResult d) { return n.dims.simplify(d); })))
    return bounds.empty() ? success() : checkIndices(n, indices, bounds[0]);
  sizes.back() = n.dims.constant(1);
  for (auto [j, bound] : llvm::enumerate(bounds)) {
    offsets.back() = n.dims.constant(j);
    Value component = n.slice(indices, offsets, sizes, strides);
    if (failed(checkIndices(n, component, bound)))
      return failure();
  }
  return success();
}

/// The last dimension of the indices is a tuple that addresses a slice of data,
/// behind `batch_dims` common dimensions.
static LogicalResult lowerGatherND(NodeLowering &n) {
  Value data = n.operand(0), indices = n.operand(1);
  int64_t batch = n.intAttr("batch_dims", 0);
  Dims dataDims = n.dimsOf(data), indexDims = n.dimsOf(indices);
  int64_t ranks = std::min(n.rank(data), n.rank(indices));
  if (ranks < 1 || batch < 0 || batch >= ranks)
    return n.emitError() << "needs batch_dims from 0 on that are fewer than "
                            "the dimensions of data and indices, got "
                         << batch << " for " << ranks;
  auto width = getConstantIntValue(indexDims.back());
  if (!width || *width < 1 || batch + *width > n.rank(data))
    return n.emitError() << "needs index tuples of a constant length that "
                            "fits the data";
  Dims bounds(ArrayRef<OpFoldResult>(dataDims).slice(batch, *width));
  for (int64_t i = 0; i < batch; ++i)
    if (failed(n.requireSame(dataDims[i], indexDims[i], "batch sizes")))
      return failure();
  if (failed(checkTuples(n, indices, bounds)))
    return failure();
  Dims extents(indexDims.begin(), indexDims.end() - 1);
  unsigned tupleRank = extents.size();
  extents.append(dataDims.begin() + batch + *width, dataDims.end());
  SmallVector<Value> sizes = n.dims.values(bounds);
  auto body = [&](ScalarBuilder &s, ValueRange) -> Value {
    SmallVector<Value> loops = loopIndices(s, extents.size());
    SmallVector<Value> tuple(loops.begin(), loops.begin() + tupleRank);
    SmallVector<Value> at(loops.begin(), loops.begin() + batch);
    for (auto [j, size] : llvm::enumerate(sizes)) {
      tuple.push_back(s.make<arith::ConstantIndexOp>(j));
      Value index = s.make<tensor::ExtractOp>(indices, tuple);
      tuple.pop_back();
      at.push_back(wrapIndex(s, index, size));
    }
    at.append(loops.begin() + tupleRank, loops.end());
    return s.make<tensor::ExtractOp>(data, at);
  };
  n.setResult(0, buildParallel(n, extents, n.elementType(data), {}, {}, body));
  return success();
}

//===----------------------------------------------------------------------===//
// OneHot
//===----------------------------------------------------------------------===//

/// The number of classes: a one-element tensor of any number type, cast to i64.
static FailureOr<OpFoldResult> readDepth(NodeLowering &n) {
  Value depth = n.operand(1);
  auto list =
      n.extractElements(n.convert(depth, n.onnxType(1), n.b.getI64Type()));
  if (!list || list->size() != 1)
    return n.emitError() << "needs one number as its depth", failure();
  OpFoldResult classes = (*list)[0];
  if (failed(requireCompare(n, arith::CmpIPredicate::sge, classes,
                            n.dims.constant(1), "the depth is less than 1")))
    return failure();
  return classes;
}

/// values: "off" and "on".
static LogicalResult checkValues(NodeLowering &n, Value values) {
  if (n.rank(values) != 1)
    return n.emitError() << "needs values of rank 1, got rank "
                         << n.rank(values);
  return n.requireSame(n.dim(values, 0), n.dims.constant(2),
                       "the number of values and 2");
}

/// "on" where the position along the new axis equals the index.
static LogicalResult lowerOneHot(NodeLowering &n) {
  Value indices = n.operand(0), values = n.operand(2);
  int64_t rank = n.rank(indices) + 1;
  FailureOr<int64_t> axis = n.normalizeAxis(n.intAttr("axis", -1), rank);
  FailureOr<OpFoldResult> depth = readDepth(n);
  if (failed(axis) || failed(depth) || failed(checkValues(n, values)))
    return failure();
  if (!isa<IntegerType>(n.elementType(indices)))
    return n.emitError() << "needs integer indices";
  Dims extents = n.dimsOf(indices);
  extents.insert(extents.begin() + *axis, *depth);
  if (failed(n.requireSizes(extents)))
    return failure();
  SmallVector<unsigned> targets;
  for (int64_t i = 0; i < rank; ++i)
    if (i != *axis)
      targets.push_back(i);
  Value size = n.dims.value(*depth);
  bool isUnsigned = n.isUnsigned(0);
  auto body = [&](ScalarBuilder &s, ValueRange args) -> Value {
    Value zero = s.make<arith::ConstantIndexOp>(0);
    Value one = s.make<arith::ConstantIndexOp>(1);
    // An index out of range matches no position, so its row stays "off".
    Value index =
        isUnsigned ? s.make<arith::IndexCastUIOp>(s.b.getIndexType(), args[0])
                   : wrapIndex(s, args[0], size);
    Value here = s.make<linalg::IndexOp>(*axis);
    Value hit = s.make<arith::CmpIOp>(arith::CmpIPredicate::eq, index, here);
    Value at = s.make<arith::SelectOp>(hit, one, zero);
    return s.make<tensor::ExtractOp>(values, at);
  };
  n.setResult(0,
              buildParallel(n, extents, n.elementType(values), {indices},
                            {pickDims(n.b, rank, targets)}, body),
              n.onnxType(2));
  return success();
}

void bitnet::registerGatherOps(OpRegistry &r) {
  r.add("Gather", 1, lowerGather);
  r.add("GatherElements", 11, lowerGatherElements);
  r.add("GatherND", 11, lowerGatherND);
  r.add("OneHot", 9, lowerOneHot, "integer indices");
}
