//===- LowerParallelCalls.cpp - kernels through bitnet_rt_parallel --------===//
//
// --bitnet-lower-parallel-calls: a call of a function over a range becomes a
// call of bitnet_rt_parallel with a task: a function that reads its arguments
// from a struct on the caller's stack. Calls marked serial stay calls.
//
//===----------------------------------------------------------------------===//

#include "EntrySlots.h"
#include "Runtime.h"

#include "bitnet/Codegen/Loops/Passes.h"
#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERPARALLELCALLS
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The alignment of the struct, which the stack of every target has without
/// realignment.
static constexpr unsigned kSlotAlignment = 16;

/// Serial calls of one function that LLVM may inline. Its passes take more than
/// linear time for a function, so that long graphs would take minutes (F13),
/// while a call is a few nanoseconds.
static constexpr size_t kInlinedCalls = 256;

namespace {
class ParallelLowering {
public:
  explicit ParallelLowering(ModuleOp module)
      : module(module), builder(module.getContext()),
        ptr(LLVM::LLVMPointerType::get(module.getContext())),
        i64(builder.getI64Type()), slots(builder.getI8Type(), kSlotAlignment) {}

  void lower(LLVM::CallOp call, LLVM::LLVMFuncOp kernel);

private:
  /// Parameters of `kernel` that its task hands on, in order.
  ArrayRef<unsigned> getPassed(LLVM::LLVMFuncOp kernel);
  LLVM::LLVMStructType getStructType(LLVM::LLVMFuncOp kernel);
  LLVM::LLVMFuncOp getTask(LLVM::LLVMFuncOp kernel);
  LLVM::LLVMFuncOp declareParallel();
  /// The alignment of a field of the struct. A vector may want more than the
  /// struct has, and then gets that of the struct.
  unsigned getFieldAlignment(Type field) const {
    uint64_t natural = DataLayout(module).getTypeABIAlignment(field);
    return std::min<uint64_t>(natural, kSlotAlignment);
  }
  Value fieldAddress(Location loc, Type type, Value base, unsigned index) {
    return LLVM::GEPOp::create(builder, loc, ptr, type, base,
                               ArrayRef<LLVM::GEPArg>{0, int32_t(index)});
  }

  ModuleOp module;
  OpBuilder builder;
  Type ptr, i64;
  llvm::DenseMap<LLVM::LLVMFuncOp, LLVM::LLVMFuncOp> tasks;
  llvm::DenseMap<LLVM::LLVMFuncOp, SmallVector<unsigned>> passed;
  /// Byte arrays that hold the arguments of parallel calls.
  EntrySlots slots;
};
} // namespace

/// All parameters that the kernel reads, except for the end of the range: the
/// begin is the offset of the distributed range [0, end - begin). Of a buffer's
/// descriptor most kernels read one pointer.
ArrayRef<unsigned> ParallelLowering::getPassed(LLVM::LLVMFuncOp kernel) {
  auto [entry, isNew] = passed.try_emplace(kernel);
  if (!isNew)
    return entry->second;
  unsigned begin = kernel.getNumArguments() - 2;
  for (unsigned i = 0; i < begin; ++i)
    if (kernel.isExternal() || !kernel.getArgument(i).use_empty())
      entry->second.push_back(i);
  entry->second.push_back(begin);
  return entry->second;
}

/// The arguments that the task hands on, in order.
LLVM::LLVMStructType ParallelLowering::getStructType(LLVM::LLVMFuncOp kernel) {
  SmallVector<Type> types;
  for (unsigned i : getPassed(kernel))
    types.push_back(kernel.getFunctionType().getParamType(i));
  return LLVM::LLVMStructType::getLiteral(module.getContext(), types);
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
  BitNetDialect::IsaAttrHelper helper(kernel->getContext());
  if (ISAAttr isa = helper.getAttr(kernel))
    helper.setAttr(task, isa);
  builder.setInsertionPointToStart(task.addEntryBlock(builder));
  LLVM::LLVMStructType packed = getStructType(kernel);
  SmallVector<Value> operands(kernel.getNumArguments());
  for (auto [i, number] : llvm::enumerate(getPassed(kernel))) {
    Type field = packed.getBody()[i];
    operands[number] = LLVM::LoadOp::create(
        builder, loc, field, fieldAddress(loc, packed, task.getArgument(0), i),
        getFieldAlignment(field));
  }
  Value offset = operands[operands.size() - 2];
  for (unsigned bound : {1u, 2u})
    operands[operands.size() - 3 + bound] =
        LLVM::AddOp::create(builder, loc, offset, task.getArgument(bound));
  for (auto [operand, type] :
       llvm::zip_equal(operands, kernel.getFunctionType().getParams()))
    if (!operand)
      operand = LLVM::PoisonOp::create(builder, loc, type);
  LLVM::CallOp::create(builder, loc, kernel, operands);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  return task;
}

/// An upper bound on the bytes that a struct takes on any target. The module
/// has no data layout yet, and MLIR's default aligns an i64 to 4 bytes only.
static int64_t getBytes(ModuleOp module, LLVM::LLVMStructType type) {
  DataLayout layout(module);
  uint64_t bytes = 0;
  for (Type field : type.getBody()) {
    uint64_t size = layout.getTypeSize(field).getFixedValue();
    bytes = llvm::alignTo(bytes, llvm::PowerOf2Ceil(size)) + size;
  }
  return int64_t(llvm::alignTo(bytes, kSlotAlignment));
}

LLVM::LLVMFuncOp ParallelLowering::declareParallel() {
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(module.getContext()), {ptr, ptr, ptr, i64});
  return declareLLVMFunction(module, "bitnet_rt_parallel", type);
}

/// Stores the arguments, then calls bitnet_rt_parallel, which returns when all
/// ranges are done; the struct may be reused then.
void ParallelLowering::lower(LLVM::CallOp call, LLVM::LLVMFuncOp kernel) {
  builder.setInsertionPoint(call);
  Location loc = call.getLoc();
  auto caller = call->getParentOfType<LLVM::LLVMFuncOp>();
  LLVM::LLVMStructType packed = getStructType(kernel);
  Value slot = slots.get(caller, getBytes(module, packed));
  OperandRange operands = call.getArgOperands();
  for (auto [i, number] : llvm::enumerate(getPassed(kernel)))
    LLVM::StoreOp::create(builder, loc, operands[number],
                          fieldAddress(loc, packed, slot, i),
                          getFieldAlignment(operands[number].getType()));
  Value task = LLVM::AddressOfOp::create(builder, loc, getTask(kernel));
  Value trips = LLVM::SubOp::create(builder, loc, operands.back(),
                                    operands[operands.size() - 2]);
  LLVM::CallOp::create(builder, loc, declareParallel(),
                       ValueRange{caller.getArgument(0), task, slot, trips});
  call.erase();
}

/// A function that is marked parallel may come from the text of a stage, so its
/// type is checked.
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
      bool isKernel = function->hasAttr(kParallelFunctionAttr);
      if (isKernel && failed(verifyKernel(function)))
        return signalPassFailure();
      if (isKernel) {
        // Descriptors that are made and taken apart again are folded first,
        // because they hide what the kernel reads.
        RewritePatternSet none(&getContext());
        (void)applyPatternsGreedily(function, std::move(none));
        continue;
      }
      SmallVector<LLVM::CallOp> serial;
      function.walk([&](LLVM::CallOp call) {
        auto callee =
            symbols.lookup<LLVM::LLVMFuncOp>(call.getCallee().value_or(""));
        if (!callee || !callee->hasAttr(kParallelFunctionAttr))
          return;
        if (call->removeAttr(kSerialCallAttr))
          serial.push_back(call);
        else
          calls.emplace_back(call, callee);
      });
      if (serial.size() > kInlinedCalls)
        for (LLVM::CallOp call : serial)
          call.setNoInline(true);
    }
    ParallelLowering lowering(module);
    for (auto [call, kernel] : calls)
      lowering.lower(call, kernel);
  }
};
} // namespace
