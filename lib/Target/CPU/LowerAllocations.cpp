//===- LowerAllocations.cpp - malloc and free to the runtime --------------===//
//
// --bitnet-lower-allocations: calls of malloc and free, which upstream makes of
// memref.alloc and dealloc, become bitnet_rt_alloc and bitnet_rt_free with the
// run's context. A null pointer ends the run with status 1.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include "bitnet/Target/CPU/Passes.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERALLOCATIONS
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Splits the basic block: what follows runs only when there is memory.
static void lowerMalloc(LLVM::CallOp call, ModuleOp module) {
  OpBuilder builder(call);
  Location loc = call.getLoc();
  auto ptr = LLVM::LLVMPointerType::get(builder.getContext());
  auto function = call->getParentOfType<LLVM::LLVMFuncOp>();
  auto type = LLVM::LLVMFunctionType::get(ptr, {ptr, builder.getI64Type()});
  auto callee = declareLLVMFunction(module, "bitnet_rt_alloc", type);
  auto alloc = LLVM::CallOp::create(
      builder, loc, callee,
      ValueRange{function.getArgument(0), call.getOperand(0)});
  call.replaceAllUsesWith(alloc);
  Value null = LLVM::ZeroOp::create(builder, loc, ptr);
  Value ok = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne,
                                  alloc.getResult(), null);
  Block *block = call->getBlock();
  Block *next = block->splitBlock(call);
  builder.setInsertionPointToEnd(block);
  LLVM::CondBrOp::create(builder, loc, ok, next,
                         getFailureExit(builder, function));
  call.erase();
}

static void lowerFree(LLVM::CallOp call, ModuleOp module) {
  OpBuilder builder(call);
  auto ptr = LLVM::LLVMPointerType::get(builder.getContext());
  auto function = call->getParentOfType<LLVM::LLVMFuncOp>();
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(builder.getContext()), {ptr, ptr});
  auto callee = declareLLVMFunction(module, "bitnet_rt_free", type);
  LLVM::CallOp::create(builder, call.getLoc(), callee,
                       ValueRange{function.getArgument(0), call.getOperand(0)});
  call.erase();
}

namespace {
struct BitNetLowerAllocations
    : bitnet::impl::BitNetLowerAllocationsBase<BitNetLowerAllocations> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<LLVM::CallOp> mallocs, frees;
    module.walk([&](LLVM::CallOp call) {
      StringRef callee = call.getCallee().value_or("");
      if (callee == "malloc")
        mallocs.push_back(call);
      else if (callee == "free")
        frees.push_back(call);
    });
    for (LLVM::CallOp call : mallocs)
      lowerMalloc(call, module);
    for (LLVM::CallOp call : frees)
      lowerFree(call, module);
    for (StringRef name : {"malloc", "free"})
      if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
        function.erase();
  }
};
} // namespace
