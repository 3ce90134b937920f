//===- EntrySlots.cpp - one place on the stack for many uses --------------===//
//
// An LLVM alloca in the entry block of a function, whose size is a constant
// that grows with the largest use.
//
//===----------------------------------------------------------------------===//

#include "EntrySlots.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::bitnet;

Value EntrySlots::get(FunctionOpInterface function, int64_t count) {
  auto [entry, isNew] = slots.try_emplace(function);
  Slot &slot = entry->second;
  Block &block = function.getFunctionBody().front();
  ImplicitLocOpBuilder b(function.getLoc(), &block, block.begin());
  if (isNew) {
    auto ptr = LLVM::LLVMPointerType::get(b.getContext());
    slot.size =
        LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(count));
    slot.address =
        LLVM::AllocaOp::create(b, ptr, element, slot.size, alignment);
  } else if (cast<IntegerAttr>(slot.size.getValue()).getInt() < count) {
    slot.size.setValueAttr(b.getI64IntegerAttr(count));
  }
  return slot.address;
}
