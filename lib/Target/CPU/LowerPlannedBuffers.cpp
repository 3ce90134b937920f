//===- LowerPlannedBuffers.cpp - allocations with a slot ------------------===//
//
// --bitnet-lower-planned-buffers: an allocation with a slot becomes
// bitnet_rt_slot, or bitnet_rt_result where it holds an output of the model;
// its deallocation becomes bitnet_rt_release.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"
#include "TensorAccess.h"

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERPLANNEDBUFFERS
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The context is added later, by --bitnet-thread-context.
static func::CallOp callRuntime(OpBuilder &builder, Location loc,
                                ModuleOp module, StringRef name,
                                ValueRange operands, TypeRange results) {
  auto callee = declareFunction(
      module, name, builder.getFunctionType(operands.getTypes(), results));
  return func::CallOp::create(builder, loc, callee, operands);
}

/// The extents as i64, and their product with the size of an element.
static Value computeBytes(TensorAccess &access, OpBuilder &builder,
                          memref::AllocOp alloc, SmallVector<Value> &dims) {
  MemRefType type = alloc.getType();
  Type element = type.getElementType();
  int64_t fixed =
      element.isIntOrFloat() ? (element.getIntOrFloatBitWidth() + 7) / 8 : 8;
  Value bytes;
  auto next = alloc.getDynamicSizes().begin();
  for (int64_t dim : type.getShape()) {
    bool isDynamic = ShapedType::isDynamic(dim);
    dims.push_back(isDynamic ? access.toI64(*next++) : access.i64(dim));
    if (!isDynamic)
      fixed *= dim;
    else
      bytes = bytes ? arith::MulIOp::create(builder, alloc.getLoc(), bytes,
                                            dims.back())
                    : dims.back();
  }
  Value factor = access.i64(fixed);
  return bytes ? arith::MulIOp::create(builder, alloc.getLoc(), bytes, factor)
               : factor;
}

/// Checks for null, as for every allocation, and makes a memref of the pointer.
static void lower(memref::AllocOp alloc, int64_t slot, ModuleOp module,
                  LLVMTypeConverter &converter) {
  OpBuilder builder(alloc);
  Location loc = alloc.getLoc();
  auto ptr = LLVM::LLVMPointerType::get(builder.getContext());
  TensorAccess access(builder, loc, converter);
  SmallVector<Value> dims;
  Value bytes = computeBytes(access, builder, alloc, dims);
  SmallVector<Value> operands{access.i64(slot), bytes};
  auto output = alloc->getAttrOfType<IntegerAttr>(kResultAttr);
  if (output)
    operands.insert(operands.begin(),
                    arith::ConstantOp::create(builder, loc, output));
  Value data = callRuntime(builder, loc, module,
                           output ? "bitnet_rt_result" : "bitnet_rt_slot",
                           operands, {ptr})
                   .getResult(0);
  Value null = LLVM::ZeroOp::create(builder, loc, ptr);
  Value ok =
      LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne, data, null);
  // The runtime has recorded the reason already, and the first message of a run
  // wins.
  cf::AssertOp::create(builder, loc, ok, "out of memory");
  Value buffer = access.toMemRef(alloc.getType(), data, dims);
  for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
    if (isa<memref::DeallocOp>(user)) {
      builder.setInsertionPoint(user);
      callRuntime(builder, user->getLoc(), module, "bitnet_rt_release", {data},
                  {});
      user->erase();
    }
  alloc.replaceAllUsesWith(buffer);
  alloc.erase();
}

namespace {
struct BitNetLowerPlannedBuffers
    : bitnet::impl::BitNetLowerPlannedBuffersBase<BitNetLowerPlannedBuffers> {
  void runOnOperation() override {
    LLVMTypeConverter converter(&getContext());
    SmallVector<std::pair<memref::AllocOp, int64_t>> planned;
    getOperation().walk([&](memref::AllocOp alloc) {
      if (auto slot = alloc->getAttrOfType<IntegerAttr>(kSlotAttr))
        planned.emplace_back(alloc, slot.getInt());
    });
    for (auto [alloc, slot] : planned)
      lower(alloc, slot, getOperation(), converter);
  }
};
} // namespace
