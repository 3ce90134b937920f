//===- ThreadContext.cpp - context argument and status result -------------===//
//
// --bitnet-thread-context: a model has no global state, so every function that
// can fail or calls the glue gets the run's context as its first argument and
// returns a status first. Assertions become a branch to bitnet_rt_fail and
// status 1, and so does a call that failed.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/UB/IR/UBOps.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETTHREADCONTEXT
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Functions of the glue, which take the context, too.
static bool isRuntime(StringRef name) {
  return name.starts_with(kRuntimePrefix);
}

/// Functions over a range: they run as tasks and have no context.
static bool isParallel(func::FuncOp function) {
  return function->hasAttr(kParallelFunctionAttr);
}

namespace {
/// Which functions get a context: the roots, all that can fail or call the
/// runtime, and their callers.
class ContextUsers {
public:
  explicit ContextUsers(ModuleOp module) {
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      byName[function.getName()] = function;
    for (bool changed = true; changed;) {
      changed = false;
      for (func::FuncOp function : functions)
        if (!users.contains(function) && needsContext(function))
          changed = users.insert(function).second;
    }
  }
  bool contains(func::FuncOp function) const {
    return users.contains(function);
  }
  func::FuncOp lookup(StringRef name) const { return byName.lookup(name); }

private:
  bool needsContext(func::FuncOp function) {
    if (function.isExternal() || isParallel(function))
      return false;
    if (function.getName() == kMain || function.getName() == kShapes)
      return true;
    auto result = function.walk([&](Operation *op) {
      return usesContext(op) ? WalkResult::interrupt() : WalkResult::advance();
    });
    return result.wasInterrupted();
  }
  bool usesContext(Operation *op) {
    if (isa<cf::AssertOp, memref::AllocOp, memref::DeallocOp>(op))
      return true;
    auto call = dyn_cast<func::CallOp>(op);
    if (!call)
      return false;
    func::FuncOp callee = lookup(call.getCallee());
    return isRuntime(call.getCallee()) ||
           (callee && (isParallel(callee) || users.contains(callee)));
  }

  llvm::DenseSet<func::FuncOp> users;
  llvm::StringMap<func::FuncOp> byName;
};

/// Rewrites the body of one function that got a context.
class FunctionRewriter {
public:
  FunctionRewriter(func::FuncOp function, const ContextUsers &users)
      : function(function), users(users),
        module(function->getParentOfType<ModuleOp>()),
        builder(function.getContext()) {}

  void run();

private:
  void lowerAssert(cf::AssertOp op);
  void lowerCall(func::CallOp call);
  void branchUnless(Value ok, Operation *before, Block *otherwise);
  Block *getExit();
  Block *getFailBlock(Location loc, StringRef message);
  Value createI32(Location loc, int32_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(value));
  }

  func::FuncOp function;
  const ContextUsers &users;
  ModuleOp module;
  OpBuilder builder;
  Value context;
  Block *exit = nullptr;
  llvm::StringMap<Block *> failBlocks;
};
} // namespace

/// Changes the signature first, then asserts, calls and returns.
void FunctionRewriter::run() {
  auto ptr = LLVM::LLVMPointerType::get(builder.getContext());
  (void)function.insertArgument(0, ptr, DictionaryAttr(), function.getLoc());
  (void)function.insertResult(0, builder.getI32Type(), DictionaryAttr());
  context = function.getArgument(0);
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa<cf::AssertOp, func::CallOp, func::ReturnOp>(op))
      ops.push_back(op);
  });
  // Each check splits its basic block, which moves all that follows. Going from
  // the end, nothing moves twice.
  for (Operation *op : llvm::reverse(ops)) {
    builder.setInsertionPoint(op);
    if (auto assertOp = dyn_cast<cf::AssertOp>(op))
      lowerAssert(assertOp);
    else if (auto call = dyn_cast<func::CallOp>(op))
      lowerCall(call);
    else
      op->insertOperands(0, createI32(op->getLoc(), 0));
  }
}

/// Splits the basic block in front of `before`: control goes on there when `ok`
/// holds, else to `otherwise`.
void FunctionRewriter::branchUnless(Value ok, Operation *before,
                                    Block *otherwise) {
  Block *block = before->getBlock();
  Block *next = block->splitBlock(before);
  builder.setInsertionPointToEnd(block);
  cf::CondBranchOp::create(builder, before->getLoc(), ok, next, otherwise);
}

/// The basic block that returns 1; the other results are poison, because nobody
/// reads them.
Block *FunctionRewriter::getExit() {
  if (exit)
    return exit;
  OpBuilder::InsertionGuard guard(builder);
  exit = builder.createBlock(&function.getBody(), function.getBody().end());
  Location loc = function.getLoc();
  SmallVector<Value> results{createI32(loc, 1)};
  for (Type type : function.getResultTypes().drop_front())
    results.push_back(ub::PoisonOp::create(builder, loc, type));
  func::ReturnOp::create(builder, loc, results);
  return exit;
}

/// There is one basic block per message, which keeps the code of models with
/// many asserts small.
Block *FunctionRewriter::getFailBlock(Location loc, StringRef message) {
  Block *&block = failBlocks[message];
  if (block)
    return block;
  Block *target = getExit();
  OpBuilder::InsertionGuard guard(builder);
  block = builder.createBlock(&function.getBody(), function.getBody().end());
  Value text = createCString(builder, loc, module, message);
  auto callee =
      declareFunction(module, "bitnet_rt_fail",
                      builder.getFunctionType(
                          {context.getType(), text.getType()}, TypeRange()));
  func::CallOp::create(builder, loc, callee, ValueRange{context, text});
  cf::BranchOp::create(builder, loc, target);
  return block;
}

/// An assert becomes one branch; all asserts of the same message share its
/// text.
void FunctionRewriter::lowerAssert(cf::AssertOp op) {
  branchUnless(op.getArg(), op, getFailBlock(op.getLoc(), op.getMsg()));
  op.erase();
}

/// A callee that fails makes its caller fail.
void FunctionRewriter::lowerCall(func::CallOp call) {
  func::FuncOp callee = users.lookup(call.getCallee());
  if (isRuntime(call.getCallee())) {
    call->insertOperands(0, context);
    return;
  }
  if (!callee || !users.contains(callee))
    return;
  SmallVector<Value> operands{context};
  llvm::append_range(operands, call.getOperands());
  SmallVector<Type> types{builder.getI32Type()};
  llvm::append_range(types, call.getResultTypes());
  auto threaded = func::CallOp::create(builder, call.getLoc(), call.getCallee(),
                                       types, operands);
  call.replaceAllUsesWith(threaded.getResults().drop_front());
  Value zero = createI32(call.getLoc(), 0);
  Value ok =
      arith::CmpIOp::create(builder, call.getLoc(), arith::CmpIPredicate::eq,
                            threaded.getResult(0), zero);
  branchUnless(ok, call, getExit());
  call.erase();
}

/// Refuses operations that a task may not have, because a task cannot report a
/// failure.
static LogicalResult verifyKernel(func::FuncOp function) {
  auto result = function.walk([&](Operation *op) {
    auto call = dyn_cast<func::CallOp>(op);
    if (!isa<cf::AssertOp, memref::AllocOp, memref::DeallocOp>(op) &&
        !(call && isRuntime(call.getCallee())))
      return WalkResult::advance();
    op->emitOpError("is not allowed in a parallel kernel");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

/// Declarations of runtime functions that earlier passes made lack the context,
/// so they get it here.
static void addContextToDeclarations(ModuleOp module) {
  auto ptr = LLVM::LLVMPointerType::get(module.getContext());
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isExternal() && isRuntime(function.getName()))
      (void)function.insertArgument(0, ptr, DictionaryAttr(),
                                    function.getLoc());
}

namespace {
struct BitNetThreadContext
    : bitnet::impl::BitNetThreadContextBase<BitNetThreadContext> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto function : module.getOps<func::FuncOp>())
      if (isParallel(function) && failed(verifyKernel(function)))
        return signalPassFailure();
    ContextUsers users(module);
    addContextToDeclarations(module);
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (users.contains(function))
        FunctionRewriter(function, users).run();
  }
};
} // namespace
