//===- OperandTrace.cpp - where the elements of an operand come from ------===//
//
// The way from a value up to the source is collected first and then walked down
// again, so that each step only says what it does to the dimensions. A
// dimension is a list of atoms, outermost first; where a step cannot be said of
// whole atoms, its result becomes the source.
//
//===----------------------------------------------------------------------===//

#include "OperandTrace.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::bitnet;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// Whether `op` has one input and one result of the same element type, which it
/// writes in the order of its loops.
static bool isElementwise(linalg::GenericOp op) {
  return op.getNumDpsInputs() == 1 && op.getNumResults() == 1 &&
         op.hasPureTensorSemantics() &&
         op.getNumParallelLoops() == op.getNumLoops() &&
         isa<RankedTensorType>(op.getInputs()[0].getType()) &&
         getElementTypeOrSelf(op.getInputs()[0]) ==
             getElementTypeOrSelf(op.getResult(0)) &&
         op.getIndexingMapsArray()[1].isIdentity() &&
         op.getBlock()->getArgument(1).use_empty();
}

/// Whether `op` moves or repeats elements and computes nothing.
static bool isCopy(linalg::GenericOp op) {
  return isElementwise(op) && op.getBlock()->getOperations().size() == 1 &&
         op.getBlock()->getTerminator()->getOperand(0) ==
             op.getBlock()->getArgument(0) &&
         op.getIndexingMapsArray()[0].isProjectedPermutation(
             /*allowZeroInResults=*/true);
}

/// Whether `op` is a function of single elements, which can be computed once
/// per element of the source, even if that is read many times.
static bool isFunction(linalg::GenericOp op) {
  return isElementwise(op) && op->hasOneUse() &&
         op.getIndexingMapsArray()[0].isIdentity() &&
         llvm::all_of(op.getBlock()->without_terminator(),
                      [](Operation &inner) {
                        return isPure(&inner) && !isa<linalg::IndexOp>(inner);
                      });
}

/// Whether `pass` knows how `op` changes the dimensions.
static bool mayPass(Operation *op) {
  if (auto generic = dyn_cast_or_null<linalg::GenericOp>(op))
    return isCopy(generic) || isFunction(generic);
  return isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
                         tensor::CastOp, linalg::TransposeOp>(op) &&
         isa<RankedTensorType>(op->getOperand(0).getType());
}

OperandTrace::OperandTrace(Value value) {
  SmallVector<Operation *> way;
  for (Value v = value; mayPass(v.getDefiningOp());
       v = way.back()->getOperand(0))
    way.push_back(v.getDefiningOp());
  start(way.empty() ? value : way.back()->getOperand(0));
  for (Operation *op : llvm::reverse(way))
    if (!pass(op))
      start(op->getResult(0));
}

/// `value` is the source: an atom for each dimension that is not 1.
void OperandTrace::start(Value value) {
  source = value;
  atoms.clear(), dims.clear(), functions.clear();
  copies = false;
  for (auto [dim, extent] : llvm::enumerate(getShape(value))) {
    dims.emplace_back();
    if (extent != 1)
      dims.back().push_back(addAtom(dim, extent));
  }
}

unsigned OperandTrace::addAtom(std::optional<unsigned> dim, int64_t extent) {
  atoms.push_back({dim, extent});
  return atoms.size() - 1;
}

/// Moves `op` from what goes into it to its result; false if that cannot be
/// said of whole atoms.
bool OperandTrace::pass(Operation *op) {
  if (auto reshape = dyn_cast<tensor::CollapseShapeOp>(op))
    return collapse(reshape.getReassociationIndices()), true;
  if (isa<tensor::ExpandShapeOp>(op))
    return expand(op);
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    Dims result;
    for (int64_t from : transpose.getPermutation())
      result.push_back(dims[from]);
    dims = std::move(result);
    return copies = true;
  }
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (generic && isCopy(generic))
    return copy(generic);
  if (generic)
    functions.push_back(generic);
  return true;
}

/// A joined dimension consists of the atoms of all that it joins.
void OperandTrace::collapse(ArrayRef<ReassociationIndices> groups) {
  Dims result(groups.size());
  for (auto [dim, group] : llvm::zip_equal(result, groups))
    for (int64_t from : group)
      llvm::append_range(dim, dims[from]);
  dims = std::move(result);
}

/// The last atoms of `from`, of `extent` elements together.
std::optional<SmallVector<unsigned>>
OperandTrace::takeLast(SmallVectorImpl<unsigned> &from, int64_t extent) {
  SmallVector<unsigned> taken;
  for (int64_t product = 1; product != extent;) {
    if (from.empty() || ShapedType::isDynamic(atoms[from.back()].extent))
      return std::nullopt;
    taken.insert(taken.begin(), from.pop_back_val());
    product *= atoms[taken.front()].extent;
    if (product == 0 || product > extent)
      return std::nullopt;
  }
  return taken;
}

/// Static extents are taken from the end of a group; what is left is that of
/// its first dimension.
bool OperandTrace::expand(Operation *op) {
  auto reshape = cast<tensor::ExpandShapeOp>(op);
  ArrayRef<int64_t> shape = getShape(reshape.getResult());
  Dims result(shape.size());
  auto groups = reshape.getReassociationIndices();
  for (auto [from, group] : llvm::zip_equal(dims, groups)) {
    SmallVector<int64_t> left(group.begin(), group.end());
    // Extents of 1 before the first other one change nothing.
    auto first = llvm::find_if(left, [&](int64_t d) { return shape[d] != 1; });
    int64_t rest = first == left.end() ? left.front() : *first;
    for (int64_t dim : llvm::reverse(ArrayRef(left))) {
      if (dim == rest)
        break;
      auto taken = ShapedType::isDynamic(shape[dim])
                       ? std::nullopt
                       : takeLast(from, shape[dim]);
      if (!taken)
        return false;
      result[dim] = *taken;
    }
    result[rest] = from;
  }
  dims = std::move(result);
  return true;
}

/// Dimensions that the input does not move in are repetitions.
bool OperandTrace::copy(linalg::GenericOp op) {
  AffineMap map = op.getIndexingMapsArray()[0];
  Dims result;
  for (auto [loop, extent] : llvm::enumerate(getShape(op.getResult(0)))) {
    AffineExpr dim = getAffineDimExpr(loop, op.getContext());
    result.emplace_back();
    if (std::optional<unsigned> position = map.getResultPosition(dim))
      result.back() = dims[*position];
    else if (ShapedType::isDynamic(extent))
      return false;
    else if (extent != 1)
      result.back().push_back(addAtom(std::nullopt, extent));
  }
  dims = std::move(result);
  return copies = true;
}
