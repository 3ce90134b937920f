//===- LowerParallelCalls.cpp - kernels through bitnet_rt_parallel --------===//

#include "Runtime.h"

#include "bitnet/Codegen/Loops/Passes.h"
#include "bitnet/Target/CPU/Passes.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERPARALLELCALLS
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
class ParallelLowering {
public:
  explicit ParallelLowering(ModuleOp module)
      : module(module), builder(module.getContext()),
        ptr(LLVM::LLVMPointerType::get(module.getContext())),
        i64(builder.getI64Type()) {}

  void lower(LLVM::CallOp call, LLVM::LLVMFuncOp kernel);

private:
  LLVM::LLVMStructType getStructType(LLVM::LLVMFuncOp kernel);
  LLVM::LLVMFuncOp getTask(LLVM::LLVMFuncOp kernel);
  Value getStorage(LLVM::LLVMFuncOp caller, Type type);
  LLVM::LLVMFuncOp declareParallel();
  Value fieldAddress(Location loc, Type type, Value base, unsigned index) {
    return LLVM::GEPOp::create(builder, loc, ptr, type, base,
                               ArrayRef<LLVM::GEPArg>{0, int32_t(index)});
  }

  ModuleOp module;
  OpBuilder builder;
  Type ptr, i64;
  llvm::DenseMap<LLVM::LLVMFuncOp, LLVM::LLVMFuncOp> tasks;
  /// The slot of each caller and its size.
  llvm::DenseMap<LLVM::LLVMFuncOp, std::pair<LLVM::ConstantOp, Value>> storage;
};
} // namespace

/// All parameters but the end of the range: the begin is the offset of the
/// distributed range [0, end - begin).
LLVM::LLVMStructType ParallelLowering::getStructType(LLVM::LLVMFuncOp kernel) {
  ArrayRef<Type> types = kernel.getFunctionType().getParams();
  return LLVM::LLVMStructType::getLiteral(module.getContext(),
                                          types.drop_back());
}

/// `void <kernel>_task(void *struct, int64_t begin, int64_t end)`
LLVM::LLVMFuncOp ParallelLowering::getTask(LLVM::LLVMFuncOp kernel) {
  LLVM::LLVMFuncOp &task = tasks[kernel];
  if (task)
    return task;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfter(kernel);
  Location loc = kernel.getLoc();
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(module.getContext()), {ptr, i64, i64});
  std::string name = (kernel.getName() + "_task").str();
  task = LLVM::LLVMFuncOp::create(builder, loc, name, type,
                                  LLVM::Linkage::Internal);
  if (Attribute isa = kernel->getAttr(kISAAttr))
    task->setAttr(kISAAttr, isa);
  builder.setInsertionPointToStart(task.addEntryBlock(builder));
  LLVM::LLVMStructType packed = getStructType(kernel);
  SmallVector<Value> operands;
  for (auto [i, field] : llvm::enumerate(packed.getBody()))
    operands.push_back(LLVM::LoadOp::create(
        builder, loc, field,
        fieldAddress(loc, packed, task.getArgument(0), i)));
  Value offset = operands.pop_back_val();
  for (unsigned argument : {1u, 2u})
    operands.push_back(
        LLVM::AddOp::create(builder, loc, offset, task.getArgument(argument)));
  LLVM::CallOp::create(builder, loc, kernel, operands);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  return task;
}

/// One stack slot per caller, as large as its largest call needs: calls follow
/// one another, so that a model of many layers takes no more stack than one,
/// and the entry block keeps loops from growing the stack.
Value ParallelLowering::getStorage(LLVM::LLVMFuncOp caller, Type type) {
  auto bytes = int64_t(DataLayout(module).getTypeSize(type).getFixedValue());
  auto &[size, slot] = storage[caller];
  if (slot) {
    if (bytes > cast<IntegerAttr>(size.getValue()).getInt())
      size.setValueAttr(builder.getI64IntegerAttr(bytes));
    return slot;
  }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&caller.front());
  size = LLVM::ConstantOp::create(builder, caller.getLoc(), i64,
                                  builder.getI64IntegerAttr(bytes));
  constexpr unsigned kAlignment = 16; // of any field
  slot = LLVM::AllocaOp::create(builder, caller.getLoc(), ptr,
                                builder.getI8Type(), size, kAlignment);
  return slot;
}

LLVM::LLVMFuncOp ParallelLowering::declareParallel() {
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(module.getContext()), {ptr, ptr, ptr, i64});
  return declareLLVMFunction(module, "bitnet_rt_parallel", type);
}

void ParallelLowering::lower(LLVM::CallOp call, LLVM::LLVMFuncOp kernel) {
  builder.setInsertionPoint(call);
  Location loc = call.getLoc();
  auto caller = call->getParentOfType<LLVM::LLVMFuncOp>();
  LLVM::LLVMStructType packed = getStructType(kernel);
  Value slot = getStorage(caller, packed);
  OperandRange operands = call.getArgOperands();
  for (auto [i, operand] : llvm::enumerate(operands.drop_back()))
    LLVM::StoreOp::create(builder, loc, operand,
                          fieldAddress(loc, packed, slot, i));
  Value task = LLVM::AddressOfOp::create(builder, loc, getTask(kernel));
  Value trips = LLVM::SubOp::create(builder, loc, operands.back(),
                                    operands[operands.size() - 2]);
  LLVM::CallOp::create(builder, loc, declareParallel(),
                       ValueRange{caller.getArgument(0), task, slot, trips});
  call.erase();
}

static LogicalResult verifyKernel(LLVM::LLVMFuncOp kernel) {
  ArrayRef<Type> types = kernel.getFunctionType().getParams();
  bool hasRange = types.size() >= 2 && types.back().isInteger(64) &&
                  types[types.size() - 2].isInteger(64);
  if (hasRange &&
      isa<LLVM::LLVMVoidType>(kernel.getFunctionType().getReturnType()))
    return success();
  return kernel.emitError("a parallel kernel ends in two index arguments and "
                          "returns nothing");
}

namespace {
struct BitNetLowerParallelCalls
    : bitnet::impl::BitNetLowerParallelCallsBase<BitNetLowerParallelCalls> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    SmallVector<std::pair<LLVM::CallOp, LLVM::LLVMFuncOp>> calls;
    for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
      bool isKernel = function->hasAttr(kParallelAttr);
      if (isKernel && failed(verifyKernel(function)))
        return signalPassFailure();
      if (isKernel)
        continue;
      function.walk([&](LLVM::CallOp call) {
        auto callee =
            symbols.lookup<LLVM::LLVMFuncOp>(call.getCallee().value_or(""));
        if (callee && callee->hasAttr(kParallelAttr) &&
            !call->removeAttr(kSerialCallAttr))
          calls.emplace_back(call, callee);
      });
    }
    ParallelLowering lowering(module);
    for (auto [call, kernel] : calls)
      lowering.lower(call, kernel);
  }
};
} // namespace
