//===- LowerConstants.cpp - --bitnet-lower-constants ----------------------===//
//
// --bitnet-lower-constants gives each distinct constant of @main a range of the
// weights image and replaces it by a view of the weights argument. What lies
// where is left on the module for lib/Target/CPU (WeightImage.h).
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERCONSTANTS
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {

/// Every range starts on a cache line: kernels use aligned 64-byte loads.
constexpr uint64_t kAlignment = 64;

/// The byte offsets of a table's constants.
using Offsets = SmallVector<int64_t>;

struct LowerConstants
    : public bitnet::impl::BitNetLowerConstantsBase<LowerConstants> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal())
      return;
    SmallVector<Operation *> constants;
    main.walk([&](Operation *op) {
      if (isa<ConstantOp, ConstantTableOp>(op))
        constants.push_back(op);
    });
    if (constants.empty())
      return;
    if (failed(assignOffsets(constants)))
      return signalPassFailure();
    replaceByViews(main, constants);
    recordContents();
  }

private:
  /// Equal constants share a range. Fills `offsets` and `size`.
  LogicalResult assignOffsets(ArrayRef<Operation *> constants);
  LogicalResult assignTables(Block &body);
  LogicalResult assignOffset(Operation *op, Attribute value);
  /// @main gets the weights as its first argument.
  void replaceByViews(func::FuncOp main, ArrayRef<Operation *> constants);
  Value getOffset(OpBuilder &b, Operation *op);
  Value chooseOffset(OpBuilder &b, Location loc, ArrayRef<int64_t> list,
                     Value index);
  Value loadOffset(OpBuilder &b, Location loc, ArrayRef<int64_t> list,
                   Value index);
  /// The module attributes `bitnet.weight_entries` and `bitnet.weights_size`.
  void recordContents();

  llvm::MapVector<Attribute, uint64_t> offsets;
  llvm::SmallPtrSet<Block *, 2> assigned;
  unsigned numLists = 0;
  uint64_t size = 0;
};

} // namespace

LogicalResult LowerConstants::assignOffsets(ArrayRef<Operation *> constants) {
  for (Operation *op : constants) {
    if (!isa<MemRefType>(op->getResult(0).getType()))
      return op->emitOpError("expects buffers: run one-shot-bufferize first");
    LogicalResult status = success();
    if (auto constant = dyn_cast<ConstantOp>(op))
      status = assignOffset(op, constant.getValue());
    else if (assigned.insert(op->getBlock()).second)
      status = assignTables(*op->getBlock());
    if (failed(status))
      return failure();
  }
  return success();
}

/// What one iteration reads lies side by side: so the constants of all tables
/// are equally far apart, and their offsets follow from the index.
LogicalResult LowerConstants::assignTables(Block &body) {
  auto tables = llvm::to_vector(body.getOps<ConstantTableOp>());
  size_t longest = 0;
  for (ConstantTableOp table : tables)
    longest = std::max(longest, table.getValues().size());
  for (size_t i = 0; i < longest; ++i)
    for (ConstantTableOp table : tables)
      if (i < table.getValues().size() &&
          failed(assignOffset(table, table.getValues()[i])))
        return failure();
  return success();
}

LogicalResult LowerConstants::assignOffset(Operation *op, Attribute value) {
  if (!offsets.insert({value, size}).second)
    return success();
  auto type = dyn_cast<MemRefType>(op->getResult(0).getType());
  FailureOr<uint64_t> bytes = failure();
  if (type)
    bytes = getStorageBytes(type);
  if (failed(bytes))
    return op->emitOpError("has a type without storage size: ")
           << op->getResult(0).getType();
  size = llvm::alignTo(size + *bytes, kAlignment);
  return success();
}

void LowerConstants::replaceByViews(func::FuncOp main,
                                    ArrayRef<Operation *> constants) {
  OpBuilder b(main.getContext());
  auto bytes = MemRefType::get({ShapedType::kDynamic}, b.getI8Type());
  auto argAttrs =
      b.getDictionaryAttr(b.getNamedAttr(kWeightsArgAttr, b.getUnitAttr()));
  (void)main.insertArgument(0, bytes, argAttrs, main.getLoc());
  Value weights = main.getArgument(0);
  for (Operation *op : constants) {
    b.setInsertionPoint(op);
    Value view = memref::ViewOp::create(
        b, op->getLoc(), cast<MemRefType>(op->getResult(0).getType()), weights,
        getOffset(b, op), ValueRange());
    op->getResult(0).replaceAllUsesWith(view);
    op->erase();
  }
}

Value LowerConstants::getOffset(OpBuilder &b, Operation *op) {
  if (auto constant = dyn_cast<ConstantOp>(op))
    return arith::ConstantIndexOp::create(b, op->getLoc(),
                                          offsets.lookup(constant.getValue()));
  auto table = cast<ConstantTableOp>(op);
  Offsets list;
  for (Attribute value : table.getValues())
    list.push_back(offsets.lookup(value));
  return chooseOffset(b, op->getLoc(), list, table.getIndex());
}

/// base + index * stride where the offsets allow it: no load, and whoever
/// prefetches knows the next one.
Value LowerConstants::chooseOffset(OpBuilder &b, Location loc,
                                   ArrayRef<int64_t> list, Value index) {
  int64_t stride = list.size() > 1 ? list[1] - list[0] : 0;
  for (size_t i = 1; i < list.size(); ++i)
    if (list[i] - list[i - 1] != stride)
      return loadOffset(b, loc, list, index);
  Value base = arith::ConstantIndexOp::create(b, loc, list[0]);
  Value step = arith::ConstantIndexOp::create(b, loc, stride);
  Value distance = arith::MulIOp::create(b, loc, index, step);
  return arith::AddIOp::create(b, loc, base, distance);
}

/// From a list in the module: constants that several layers share lie at no
/// regular distance.
Value LowerConstants::loadOffset(OpBuilder &b, Location loc,
                                 ArrayRef<int64_t> list, Value index) {
  auto type = MemRefType::get({int64_t(list.size())}, b.getI64Type());
  auto elements = DenseElementsAttr::get(
      RankedTensorType::get(type.getShape(), type.getElementType()), list);
  std::string name = "bitnet_offsets_" + std::to_string(numLists++);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(getOperation().getBody());
    memref::GlobalOp::create(b, loc, name, b.getStringAttr("private"), type,
                             elements, /*constant=*/true, IntegerAttr());
  }
  Value array = memref::GetGlobalOp::create(b, loc, type, name);
  Value offset = memref::LoadOp::create(b, loc, array, index);
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), offset);
}

void LowerConstants::recordContents() {
  Builder b(&getContext());
  SmallVector<Attribute> entries;
  for (auto &[value, offset] : offsets)
    entries.push_back(
        b.getArrayAttr({value, b.getI64IntegerAttr(int64_t(offset))}));
  getOperation()->setAttr(kWeightsAttr, b.getArrayAttr(entries));
  getOperation()->setAttr(kWeightsSizeAttr, b.getI64IntegerAttr(int64_t(size)));
}
