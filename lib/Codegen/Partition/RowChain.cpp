//===- RowChain.cpp - nests that go over the same rows --------------------===//
//
// Which nests may share a loop over rows: their leading loops must be rows of
// every operand, with the same extents, and no nest may read a row that another
// iteration writes.
//
//===----------------------------------------------------------------------===//

#include "RowChain.h"

#include "bitnet/Codegen/Partition/Rows.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

Value RowChain::getDestination(Value value) const {
  while (makes(value)) {
    auto nest = cast<linalg::LinalgOp>(value.getDefiningOp());
    value = nest.getTiedOpOperand(cast<OpResult>(value))->get();
  }
  return value;
}

/// The tensor whose elements `value` shows in another shape.
static Value getRoot(Value value) {
  while (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
                         tensor::CastOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// Leading extents of `tensor`: those of its type, and where it was empty those
/// that it was made with. None if an extent is known in neither way.
static SmallVector<OpFoldResult> getLeadingExtents(Value tensor,
                                                   unsigned count) {
  auto type = cast<RankedTensorType>(tensor.getType());
  while (auto op = tensor.getDefiningOp<DestinationStyleOpInterface>())
    tensor = op.getTiedOpOperand(cast<OpResult>(tensor))->get();
  auto empty = tensor.getDefiningOp<tensor::EmptyOp>();
  SmallVector<OpFoldResult> extents;
  for (unsigned dim = 0; dim < count; ++dim) {
    if (!type.isDynamicDim(dim))
      extents.push_back(
          OpBuilder(type.getContext()).getIndexAttr(type.getDimSize(dim)));
    else if (empty)
      extents.push_back(empty.getDynamicSize(dim));
    else
      return {};
  }
  return extents;
}

bool RowChain::hasSameExtents(linalg::LinalgOp nest, unsigned loops) const {
  auto own = getLeadingExtents(nest.getDpsInits().front(), loops);
  if (own.size() != loops)
    return false;
  return nests.empty() || llvm::equal(ArrayRef(extents).take_front(loops), own);
}

/// Notes that the owner of `operand` uses it. False where a row would see what
/// another one writes, or where bufferization would have to copy the tensor
/// that a nest updates in place, because it is read in another shape.
bool RowChain::note(Accesses &changed, OpOperand &operand) const {
  Value value = operand.get(), root = getRoot(value);
  auto known = changed.find(root);
  if (known == changed.end()) {
    auto before = accesses.find(root);
    Access fresh;
    fresh.value = value;
    known =
        changed
            .insert({root, before == accesses.end() ? fresh : before->second})
            .first;
  }
  Access &access = known->second;
  auto nest = cast<linalg::LinalgOp>(operand.getOwner());
  bool writes = nest.isDpsInit(&operand);
  if (writes && access.isWritten)
    return false;
  access.isWritten |= writes;
  access.isByRow &= isDividedByRows(operand);
  access.isOneShape &= access.value == value;
  return !access.isWritten || (access.isByRow && access.isOneShape);
}

/// Whether `nest` and the chain exchange values within a row only. A result
/// that another nest updates must have no reader besides the chain: it would
/// have to be kept as it was.
bool RowChain::isIndependent(linalg::LinalgOp nest, Accesses &changed) const {
  for (OpOperand &operand : nest->getOpOperands()) {
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    if (!makes(operand.get())) {
      if (!note(changed, operand))
        return false;
      continue;
    }
    auto isInside = [&](Operation *user) {
      return user == nest || contains(user);
    };
    if (!isDividedByRows(operand) ||
        (nest.isDpsInit(&operand) &&
         !llvm::all_of(operand.get().getUsers(), isInside)))
      return false;
  }
  return true;
}

/// Whether the body reads elements of tensors, which may be those of other
/// rows.
static bool capturesTensors(linalg::LinalgOp nest) {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(nest->getRegions(), captured);
  return llvm::any_of(
      captured, [](Value value) { return isa<TensorType>(value.getType()); });
}

/// All conditions are checked before the chain changes.
bool RowChain::append(linalg::LinalgOp nest) {
  // Products, also those with a vector, are left out, because they have code of
  // their own.
  if (!nest.hasPureTensorSemantics() || nest.hasIndexSemantics() ||
      nest.getNumDpsInits() != 1 || linalg::isaContractionOpInterface(nest) ||
      capturesTensors(nest))
    return false;
  unsigned loops = getNumRowLoops(nest);
  if (!nests.empty())
    loops = std::min(loops, numRowLoops);
  unsigned most = std::max(maxLoops, unsigned(nest.getNumLoops()));
  // All loops but one must be rows, because fewer would cost parallelism.
  if (loops == 0 || loops + 1 < most || !hasSameExtents(nest, loops))
    return false;
  Accesses changed;
  if (!isIndependent(nest, changed))
    return false;
  if (nests.empty())
    extents = getLeadingExtents(nest.getDpsInits().front(), loops);
  for (auto &[root, access] : changed)
    accesses[root] = access;
  numRowLoops = loops;
  maxLoops = most;
  nests.push_back(nest);
  members.insert(nest);
  return true;
}
