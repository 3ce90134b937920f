//===- LowerProbes.cpp - bitnet.probe to bitnet_rt_probe ------------------===//
//
// --bitnet-lower-probes: bitnet.probe becomes a call of bitnet_rt_probe with
// name, type, dims and data, which does nothing unless the host has set a hook.
//
//===----------------------------------------------------------------------===//

#include "EntrySlots.h"
#include "Runtime.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERPROBES
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

static Value createI32(OpBuilder &builder, Location loc, int32_t value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getI32IntegerAttr(value));
}

static Value toI64(OpBuilder &builder, Location loc, Value index) {
  return arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
}

static SmallVector<Value> getDims(OpBuilder &builder, Location loc,
                                  Value value) {
  SmallVector<Value> dims;
  for (int64_t i = 0, e = cast<MemRefType>(value.getType()).getRank(); i < e;
       ++i)
    dims.push_back(memref::DimOp::create(builder, loc, value, i));
  return dims;
}

/// `value` itself when its layout is dense, else a dense copy.
static Value getDense(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<MemRefType>(value.getType());
  if (type.getLayout().isIdentity())
    return value;
  SmallVector<Value> dynamicDims;
  for (auto [i, dim] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(dim))
      dynamicDims.push_back(memref::DimOp::create(builder, loc, value, i));
  auto dense = MemRefType::get(type.getShape(), type.getElementType());
  Value copy = memref::AllocOp::create(builder, loc, dense, dynamicDims);
  memref::CopyOp::create(builder, loc, value, copy);
  return copy;
}

/// The array of the function that holds `probe`, filled with `dims`.
static Value storeDims(OpBuilder &builder, ProbeOp probe, ArrayRef<Value> dims,
                       EntrySlots &slots) {
  Location loc = probe.getLoc();
  Value array = slots.get(probe->getParentOfType<func::FuncOp>(),
                          std::max<size_t>(dims.size(), 1));
  auto ptr = LLVM::LLVMPointerType::get(builder.getContext());
  for (auto [i, dim] : llvm::enumerate(dims)) {
    Value slot = LLVM::GEPOp::create(builder, loc, ptr, builder.getI64Type(),
                                     array, ArrayRef<LLVM::GEPArg>{int32_t(i)});
    LLVM::StoreOp::create(builder, loc, toI64(builder, loc, dim), slot);
  }
  return array;
}

/// The names of a table lie in rows of equal length, so that no address of one
/// has to be stored.
static Value getName(OpBuilder &builder, ProbeOp probe, ModuleOp module) {
  Location loc = probe.getLoc();
  if (!probe.getTable())
    return createCString(builder, loc, module, probe.getName());
  size_t width = 0;
  for (auto name : probe.getTable()->getAsRange<StringAttr>())
    width = std::max(width, name.size() + 1);
  std::string names;
  for (auto name : probe.getTable()->getAsRange<StringAttr>())
    names += name.str() + std::string(width - name.size(), '\0');
  Value base = createCString(builder, loc, module, names);
  auto row = LLVM::LLVMArrayType::get(builder.getI8Type(), width);
  Value index = toI64(builder, loc, probe.getIndex());
  return LLVM::GEPOp::create(builder, loc, base.getType(), row, base, index);
}

/// The hook sees dense data only, so a strided value is copied for it.
static LogicalResult lowerProbe(ProbeOp probe, ModuleOp module,
                                EntrySlots &slots) {
  auto type = dyn_cast<MemRefType>(probe.getValue().getType());
  if (!type)
    return probe.emitOpError("must be on memrefs to be lowered");
  int32_t dtype = getDtype(type.getElementType());
  if (!dtype)
    return probe.emitOpError("cannot show element type ")
           << type.getElementType();
  OpBuilder builder(probe);
  Location loc = probe.getLoc();
  auto ptr = LLVM::LLVMPointerType::get(builder.getContext());
  Value dense = getDense(builder, loc, probe.getValue());
  Value dims = storeDims(builder, probe, getDims(builder, loc, dense), slots);
  Value address = toI64(
      builder, loc,
      memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, dense));
  Value data = LLVM::IntToPtrOp::create(builder, loc, ptr, address);
  SmallVector<Value> operands{
      getName(builder, probe, module), createI32(builder, loc, dtype),
      createI32(builder, loc, type.getRank()), dims, data};
  auto callee = declareFunction(
      module, "bitnet_rt_probe",
      builder.getFunctionType(ValueRange(operands).getTypes(), {}));
  func::CallOp::create(builder, loc, callee, operands);
  if (dense != probe.getValue())
    memref::DeallocOp::create(builder, loc, dense);
  probe.erase();
  return success();
}

namespace {
struct BitNetLowerProbes
    : bitnet::impl::BitNetLowerProbesBase<BitNetLowerProbes> {
  void runOnOperation() override {
    SmallVector<ProbeOp> probes;
    getOperation().walk([&](ProbeOp probe) { probes.push_back(probe); });
    EntrySlots slots(IntegerType::get(&getContext(), 64));
    for (ProbeOp probe : probes)
      if (failed(lowerProbe(probe, getOperation(), slots)))
        signalPassFailure();
  }
};
} // namespace
