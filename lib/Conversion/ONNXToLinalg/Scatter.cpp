//===- Scatter.cpp - ScatterND, ScatterElements, Scatter ------------------===//
//
// Updates are written one after the other into a copy of data, because two may
// go to the same place. Indices are checked before.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// How an update meets the element it goes to.
enum class Reduction { None, Add, Mul, Max, Min };
} // namespace

/// Reads the attribute `reduction`, which exists since opset 16.
static FailureOr<Reduction> readReduction(NodeLowering &n) {
  std::string name = n.stringAttr("reduction", "none");
  auto kind = llvm::StringSwitch<std::optional<Reduction>>(name)
                  .Case("none", Reduction::None)
                  .Case("add", Reduction::Add)
                  .Case("mul", Reduction::Mul)
                  .Case("max", Reduction::Max)
                  .Case("min", Reduction::Min)
                  .Default(std::nullopt);
  if (!kind)
    return n.emitError() << "has an unknown reduction '" << name << "'",
           failure();
  return *kind;
}

/// Folds an update into an element; narrow floats are folded in f32.
template <typename FloatOp, typename SignedOp, typename UnsignedOp>
static Value fold(ScalarBuilder &s, Value a, Value c, bool isUnsigned) {
  if (!isa<FloatType>(a.getType()))
    return isUnsigned ? s.make<UnsignedOp>(a, c) : s.make<SignedOp>(a, c);
  Type element = a.getType(), wide = computeType(element);
  Value r = s.make<FloatOp>(convertFloat(s, a, wide), convertFloat(s, c, wide));
  return convertFloat(s, r, element);
}

/// The element after the update.
static Value combine(ScalarBuilder &s, Reduction kind, Value old, Value update,
                     bool isUnsigned) {
  using namespace arith;
  switch (kind) {
  case Reduction::None:
    return update;
  case Reduction::Add:
    // The sum of bools is their or, as in NumPy and onnxruntime.
    if (old.getType().isInteger(1))
      return s.make<OrIOp>(old, update);
    return fold<AddFOp, AddIOp, AddIOp>(s, old, update, isUnsigned);
  case Reduction::Mul:
    return fold<MulFOp, MulIOp, MulIOp>(s, old, update, isUnsigned);
  case Reduction::Max:
    return fold<MaximumFOp, MaxSIOp, MaxUIOp>(s, old, update, isUnsigned);
  case Reduction::Min:
    return fold<MinimumFOp, MinSIOp, MinUIOp>(s, old, update, isUnsigned);
  }
  llvm_unreachable("all reductions handled");
}

/// Sequential loops over `extents` that carry one tensor. Updates may hit one
/// place twice, so nothing here is parallel.
static Value
loopOver(NodeLowering &n, ArrayRef<OpFoldResult> extents, Value init,
         llvm::function_ref<Value(ScalarBuilder &, ValueRange, Value)> body) {
  Dims dims(n.dimsOf(init));
  SmallVector<Value> upper = n.dims.values(extents);
  Value zero = n.dims.value(n.dims.constant(0));
  Value one = n.dims.value(n.dims.constant(1));
  SmallVector<Value> lower(extents.size(), zero), steps(extents.size(), one);
  auto build = [&](OpBuilder &b, Location loc, ValueRange ivs,
                   ValueRange carried) -> scf::ValueVector {
    ScalarBuilder s{b, loc};
    return {body(s, ivs, carried[0])};
  };
  scf::LoopNest nest =
      scf::buildLoopNest(n.b, n.loc, lower, upper, steps, init, build);
  return n.refine(nest.results[0], dims);
}

//===----------------------------------------------------------------------===//
// ScatterND
//===----------------------------------------------------------------------===//

/// Writes one update slice at `tuple`.
static Value insertSlice(ScalarBuilder &s, Value out, Value updates,
                         ValueRange ivs, ArrayRef<Value> tuple,
                         ArrayRef<OpFoldResult> dataDims) {
  OpFoldResult one = s.b.getIndexAttr(1), zero = s.b.getIndexAttr(0);
  Dims fromOffsets(ivs.begin(), ivs.end()),
      toOffsets(tuple.begin(), tuple.end());
  Dims fromSizes(ivs.size(), one), toSizes(tuple.size(), one);
  for (OpFoldResult d : dataDims.drop_front(tuple.size())) {
    fromOffsets.push_back(zero);
    toOffsets.push_back(zero);
    fromSizes.push_back(d);
    toSizes.push_back(d);
  }
  Dims fromStrides(fromSizes.size(), one), toStrides(toSizes.size(), one);
  auto outType = cast<RankedTensorType>(out.getType());
  SmallVector<int64_t> shape;
  for (OpFoldResult d : dataDims.drop_front(tuple.size()))
    shape.push_back(getConstantIntValue(d).value_or(ShapedType::kDynamic));
  Value slice = tensor::ExtractSliceOp::create(
      s.b, s.loc, RankedTensorType::get(shape, outType.getElementType()),
      updates, fromOffsets, fromSizes, fromStrides);
  return tensor::InsertSliceOp::create(s.b, s.loc, slice, out, toOffsets,
                                       toSizes, toStrides);
}

/// The index tuple at `ivs`, each component checked beforehand.
static SmallVector<Value> readTuple(ScalarBuilder &s, Value indices,
                                    ValueRange ivs, ArrayRef<Value> sizes) {
  SmallVector<Value> at(ivs.begin(), ivs.end()), tuple;
  for (auto [j, size] : llvm::enumerate(sizes)) {
    at.push_back(s.make<arith::ConstantIndexOp>(j));
    tuple.push_back(wrapIndex(s, s.make<tensor::ExtractOp>(indices, at), size));
    at.pop_back();
  }
  return tuple;
}

/// Checks that the shapes of indices and updates fit data.
static LogicalResult checkScatterND(NodeLowering &n, int64_t width) {
  Value data = n.operand(0), indices = n.operand(1), updates = n.operand(2);
  Dims dataDims = n.dimsOf(data), indexDims = n.dimsOf(indices);
  Dims expected(indexDims.begin(), indexDims.end() - 1);
  expected.append(dataDims.begin() + width, dataDims.end());
  if (n.rank(updates) != int64_t(expected.size()))
    return n.emitError() << "has updates of the wrong rank";
  for (auto [want, have] : llvm::zip_equal(expected, Dims(n.dimsOf(updates))))
    if (failed(n.requireSame(want, have, "sizes of updates")))
      return failure();
  Dims offsets(n.rank(indices), n.dims.constant(0));
  Dims strides(n.rank(indices), n.dims.constant(1));
  indexDims.back() = n.dims.constant(1);
  for (int64_t j = 0; j < width; ++j) {
    offsets.back() = n.dims.constant(j);
    Value component =
        width == 1 ? indices : n.slice(indices, offsets, indexDims, strides);
    if (failed(checkIndices(n, component, dataDims[j])))
      return failure();
  }
  return success();
}

/// Slices of data are replaced or combined.
static LogicalResult lowerScatterND(NodeLowering &n) {
  Value data = n.operand(0), indices = n.operand(1), updates = n.operand(2);
  FailureOr<Reduction> kind = readReduction(n);
  if (failed(kind))
    return failure();
  Dims dataDims = n.dimsOf(data), indexDims = n.dimsOf(indices);
  auto width =
      indexDims.empty() ? std::nullopt : getConstantIntValue(indexDims.back());
  if (!width || *width < 1 || *width > n.rank(data))
    return n.emitError() << "needs index tuples of a constant length that "
                            "fits the data";
  if (failed(checkScatterND(n, *width)))
    return failure();
  // A slice without elements is one out of bounds for MLIR.
  if (llvm::is_contained(cast<RankedTensorType>(data.getType()).getShape(), 0))
    return n.setResult(0, data), success();
  Dims loops(indexDims.begin(), indexDims.end() - 1);
  SmallVector<Value> sizes =
      n.dims.values(ArrayRef<OpFoldResult>(dataDims).take_front(*width));
  bool bySlice = *kind == Reduction::None && *width < n.rank(data);
  unsigned tupleLoops = loops.size();
  if (!bySlice)
    loops.append(dataDims.begin() + *width, dataDims.end());
  bool isUnsigned = n.isUnsigned(0);
  auto body = [&](ScalarBuilder &s, ValueRange ivs, Value out) -> Value {
    SmallVector<Value> tuple =
        readTuple(s, indices, ivs.take_front(tupleLoops), sizes);
    if (bySlice)
      return insertSlice(s, out, updates, ivs, tuple, dataDims);
    llvm::append_range(tuple, ivs.drop_front(tupleLoops));
    Value update = s.make<tensor::ExtractOp>(updates, ivs);
    Value old = s.make<tensor::ExtractOp>(out, tuple);
    Value result = combine(s, *kind, old, update, isUnsigned);
    return tensor::InsertOp::create(s.b, s.loc, result, out, tuple);
  };
  n.setResult(0, loopOver(n, loops, data, body));
  return success();
}

//===----------------------------------------------------------------------===//
// ScatterElements
//===----------------------------------------------------------------------===//

/// Single elements: data with i[axis] replaced by indices[i...].
static LogicalResult lowerScatterElements(NodeLowering &n) {
  Value data = n.operand(0), indices = n.operand(1), updates = n.operand(2);
  int64_t rank = n.rank(data);
  FailureOr<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), rank);
  FailureOr<Reduction> kind = readReduction(n);
  if (failed(axis) || failed(kind))
    return failure();
  if (n.rank(indices) != rank || n.rank(updates) != rank)
    return n.emitError() << "needs data, indices, updates of equal rank";
  Dims dataDims = n.dimsOf(data), loops = n.dimsOf(indices);
  if (failed(checkIndices(n, indices, dataDims[*axis])))
    return failure();
  for (int64_t i = 0; i < rank; ++i) {
    if (failed(n.requireSame(loops[i], n.dim(updates, i),
                             "sizes of indices and updates")))
      return failure();
    if (i == *axis || n.dims.same(loops[i], dataDims[i]))
      continue;
    OpFoldResult limit = n.dims.add(dataDims[i], n.dims.constant(1));
    n.dims.require(n.dims.isLess(loops[i], limit),
                   n.name() + ": more indices than data in dimension " +
                       Twine(i));
  }
  Value size = n.dims.value(dataDims[*axis]);
  bool isUnsigned = n.isUnsigned(0);
  auto body = [&](ScalarBuilder &s, ValueRange ivs, Value out) -> Value {
    SmallVector<Value> at(ivs.begin(), ivs.end());
    at[*axis] = wrapIndex(s, s.make<tensor::ExtractOp>(indices, ivs), size);
    Value update = s.make<tensor::ExtractOp>(updates, ivs);
    Value old = s.make<tensor::ExtractOp>(out, at);
    Value result = combine(s, *kind, old, update, isUnsigned);
    return tensor::InsertOp::create(s.b, s.loc, result, out, at);
  };
  n.setResult(0, loopOver(n, loops, data, body));
  return success();
}

void bitnet::registerScatterOps(OpRegistry &r) {
  r.add("ScatterND", 11, lowerScatterND);
  r.add("Scatter", 9, lowerScatterElements);
  r.add("ScatterElements", 11, lowerScatterElements);
}
