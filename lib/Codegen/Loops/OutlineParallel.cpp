//===- OutlineParallel.cpp - parallel loops to functions over a range -----===//
//
// --bitnet-outline-parallel: each parallel loop becomes a private function over
// a range of iterations and a call of it with the whole range. lib/Target/CPU
// makes a task of the function (bitnet_rt_parallel). Equal functions are
// shared. Loops that cannot be a task become sequential.
//
//===----------------------------------------------------------------------===//

#include "WorkEstimate.h"

#include "bitnet/Codegen/Functions/FunctionPool.h"
#include "bitnet/Codegen/Loops/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETOUTLINEPARALLEL
#include "bitnet/Codegen/Loops/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// What one task may put on the stack of a worker thread.
static constexpr int64_t kMaxStackBytes = 256 << 10;

//===----------------------------------------------------------------------===//
// What a task may hold
//===----------------------------------------------------------------------===//

/// Bytes that a buffer of `type` takes; a number above the limit when they are
/// not known.
static int64_t getStackBytes(MemRefType type) {
  Type element = type.getElementType();
  if (!type.hasStaticShape() || !type.getLayout().isIdentity() ||
      !element.isIntOrIndexOrFloat())
    return kMaxStackBytes + 1;
  int64_t bytes = element.isIndex()
                      ? 8
                      : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  return std::min(type.getNumElements(), kMaxStackBytes + 1) * bytes;
}

/// A buffer that does not leave its iteration.
static bool isLocal(Value buffer) {
  return llvm::none_of(buffer.getUsers(), [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>();
  });
}

/// A call of a function over a range, which needs no context either.
static bool isTaskCall(func::CallOp call) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      call, call.getCalleeAttr());
  return callee && callee->hasAttr(kParallelFunctionAttr);
}

/// Whether `op` may run in a task, which has no context and so can neither fail
/// nor allocate nor report.
static bool isAllowed(Operation *op) {
  if (isa<memref::AllocOp, memref::AllocaOp>(op))
    return isLocal(op->getResult(0));
  if (auto dealloc = dyn_cast<memref::DeallocOp>(op))
    return bool(dealloc.getMemref().getDefiningOp<memref::AllocOp>());
  if (auto call = dyn_cast<func::CallOp>(op))
    return isTaskCall(call);
  return !isa<cf::AssertOp, memref::ReallocOp, CallOpInterface>(op) &&
         op->getName().getDialectNamespace() != "bitnet";
}

/// Whether a function of the loop's body could run on another thread: it must
/// need no context, return nothing, and have room on a small stack.
static bool canBeTask(scf::ParallelOp loop) {
  if (!loop.getInitVals().empty())
    return false;
  int64_t bytes = 0;
  WalkResult result = loop.getRegion().walk([&](Operation *op) {
    if (!isAllowed(op))
      return WalkResult::interrupt();
    if (isa<memref::AllocOp, memref::AllocaOp>(op))
      bytes += getStackBytes(cast<MemRefType>(op->getResultTypes().front()));
    return bytes > kMaxStackBytes ? WalkResult::interrupt()
                                  : WalkResult::advance();
  });
  return !result.wasInterrupted();
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

namespace {
/// One loop on its way to a function and a call.
class Outliner {
public:
  Outliner(scf::ParallelOp loop, int64_t grain)
      : loop(loop), grain(grain), b(loop.getLoc(), loop) {
    collectInputs();
  }

  /// Makes the function, at the end of `module`.
  func::FuncOp createFunction(ModuleOp module);
  void replaceByCall(func::FuncOp function);

private:
  void collectInputs();
  SmallVector<Value> emitCounters(ImplicitLocOpBuilder &f, Value begin);
  SmallVector<Value> emitNext(ImplicitLocOpBuilder &f, ValueRange counters);
  void emitBody(ImplicitLocOpBuilder &f, ValueRange counters);
  void moveAllocations(func::FuncOp function);
  func::CallOp emitCall(func::FuncOp function, Value each, Value parts);
  unsigned rank() { return loop.getNumLoops(); }

  scf::ParallelOp loop;
  int64_t grain;
  ImplicitLocOpBuilder b;
  /// Values from outside: constants are cloned, others become arguments.
  SmallVector<Value> constants, inputs;
  SmallVector<Value> trips;
  IRMapping map;
};
} // namespace

/// Trip counts join the values that the loop uses: delinearisation needs them.
void Outliner::collectInputs() {
  llvm::SetVector<Value> used;
  getUsedValuesDefinedAbove(loop.getRegion(), used);
  used.insert(loop.getLowerBound().begin(), loop.getLowerBound().end());
  used.insert(loop.getStep().begin(), loop.getStep().end());
  for (auto [lower, upper, step] :
       llvm::zip(loop.getLowerBound(), loop.getUpperBound(), loop.getStep()))
    trips.push_back(getTripCount(b, lower, upper, step));
  used.insert(trips.begin() + 1, trips.end());
  for (Value value : used)
    (matchPattern(value, m_Constant()) ? constants : inputs).push_back(value);
}

/// Its arguments are the values from outside, then how many iterations a part
/// has, and the range of parts [begin, end).
func::FuncOp Outliner::createFunction(ModuleOp module) {
  SmallVector<Type> types(ValueRange(inputs).getTypes());
  types.push_back(b.getIndexType());
  ImplicitLocOpBuilder f(b.getLoc(), b.getContext());
  func::FuncOp function = createRangeFunction(f, module, "bitnet_nest", types);
  Block *entry = &function.front();
  map.map(inputs, entry->getArguments().drop_back(3));
  for (Value constant : constants)
    f.clone(*constant.getDefiningOp(), map);
  ValueRange range = entry->getArguments().take_back(3);
  Value first = arith::MulIOp::create(f, range[1], range[0]);
  Value last = arith::MulIOp::create(f, range[2], range[0]);
  Value one = arith::ConstantIndexOp::create(f, 1);
  // One loop over all iterations; several loops keep a counter each.
  SmallVector<Value> start = emitCounters(f, first);
  auto nest = scf::ForOp::create(
      f, first, last, one, rank() == 1 ? ValueRange() : ValueRange(start),
      [&](OpBuilder &inner, Location loc, Value i, ValueRange counters) {
        ImplicitLocOpBuilder body(loc, inner);
        emitBody(body, rank() == 1 ? ValueRange(i) : counters);
        scf::YieldOp::create(body, rank() == 1 ? SmallVector<Value>()
                                               : emitNext(body, counters));
      });
  f.setInsertionPointAfter(nest);
  func::ReturnOp::create(f);
  moveAllocations(function);
  return function;
}

/// The iteration `begin` as one counter per loop, the last one fastest.
SmallVector<Value> Outliner::emitCounters(ImplicitLocOpBuilder &f,
                                          Value begin) {
  SmallVector<Value> counters(rank());
  Value rest = begin, one = arith::ConstantIndexOp::create(f, 1);
  for (unsigned d = rank() - 1; d > 0; --d) {
    // The range is empty where a trip count is 0.
    Value trip = f.createOrFold<arith::MaxSIOp>(map.lookup(trips[d]), one);
    counters[d] = f.createOrFold<arith::RemUIOp>(rest, trip);
    rest = f.createOrFold<arith::DivUIOp>(rest, trip);
  }
  counters[0] = rest;
  return counters;
}

/// Advances the counters by one iteration, which is cheaper than a division per
/// iteration.
SmallVector<Value> Outliner::emitNext(ImplicitLocOpBuilder &f,
                                      ValueRange counters) {
  SmallVector<Value> next(counters);
  Value zero = arith::ConstantIndexOp::create(f, 0);
  Value carry = arith::ConstantIndexOp::create(f, 1);
  for (unsigned d = rank() - 1; d > 0; --d) {
    Value sum = f.createOrFold<arith::AddIOp>(counters[d], carry);
    Value wraps = arith::CmpIOp::create(f, arith::CmpIPredicate::eq, sum,
                                        map.lookup(trips[d]));
    next[d] = arith::SelectOp::create(f, wraps, zero, sum);
    carry = arith::IndexCastUIOp::create(f, f.getIndexType(), wraps);
  }
  next[0] = f.createOrFold<arith::AddIOp>(counters[0], carry);
  return next;
}

/// The body at the iteration that `counters` say.
void Outliner::emitBody(ImplicitLocOpBuilder &f, ValueRange counters) {
  for (unsigned d = 0; d < rank(); ++d) {
    Value scaled = f.createOrFold<arith::MulIOp>(counters[d],
                                                 map.lookup(loop.getStep()[d]));
    map.map(loop.getInductionVars()[d],
            f.createOrFold<arith::AddIOp>(map.lookup(loop.getLowerBound()[d]),
                                          scaled));
  }
  for (Operation &op : loop.getBody()->without_terminator())
    f.clone(op, map);
}

/// One stack slot per buffer: an alloca in the loop would grow the stack.
void Outliner::moveAllocations(func::FuncOp function) {
  SmallVector<Operation *> buffers;
  function.walk([&](memref::DeallocOp op) { op.erase(); });
  function.walk([&](Operation *op) {
    if (isa<memref::AllocOp, memref::AllocaOp>(op))
      buffers.push_back(op);
  });
  OpBuilder entry = OpBuilder::atBlockBegin(&function.front());
  for (Operation *op : buffers) {
    auto type = cast<MemRefType>(op->getResultTypes().front());
    auto alloca = memref::AllocaOp::create(
        entry, op->getLoc(), type, op->getAttrOfType<IntegerAttr>("alignment"));
    op->replaceAllUsesWith(alloca);
    op->erase();
  }
}

//===----------------------------------------------------------------------===//
// The call
//===----------------------------------------------------------------------===//

/// Calls `function` for `parts` parts of `each` iterations.
func::CallOp Outliner::emitCall(func::FuncOp function, Value each,
                                Value parts) {
  SmallVector<Value> operands(inputs);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  operands.append({each, zero, parts});
  return func::CallOp::create(b, function, operands);
}

/// Where only the run knows how much work there is, it decides how many items
/// there are: one, which needs no other thread, or one for each iteration. A
/// branch with a serial and a parallel call would be twice the code.
void Outliner::replaceByCall(func::FuncOp function) {
  b.setInsertionPoint(loop);
  Value total = trips.front();
  for (Value trip : ArrayRef(trips).drop_front())
    total = b.createOrFold<arith::MulIOp>(total, trip);
  Value work =
      b.createOrFold<arith::MulIOp>(estimateWork(b, loop.getRegion()), total);
  Value least = arith::ConstantIndexOp::create(b, grain);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value enough =
      b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sge, work, least);
  // Known at compile time: a call that stays serial says so by an attribute.
  if (std::optional<int64_t> known = getConstantIntValue(enough)) {
    func::CallOp call = emitCall(function, one, total);
    if (*known == 0)
      call->setAttr(kSerialCallAttr, b.getUnitAttr());
  } else {
    Value each = arith::SelectOp::create(b, enough, one, total);
    emitCall(function, each, arith::SelectOp::create(b, enough, total, one));
  }
  loop.erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct OutlineParallel
    : public bitnet::impl::BitNetOutlineParallelBase<OutlineParallel> {
  using Base::Base;

  void runOnOperation() override;

private:
  LogicalResult convertForalls(IRRewriter &rewriter);
  LogicalResult makeSequential(IRRewriter &rewriter, Operation *root);
};
} // namespace

/// scf.forall comes from upstream passes; it has the same meaning here.
LogicalResult OutlineParallel::convertForalls(IRRewriter &rewriter) {
  SmallVector<scf::ForallOp> loops;
  getOperation().walk([&](scf::ForallOp loop) { loops.push_back(loop); });
  for (scf::ForallOp loop : loops) {
    rewriter.setInsertionPoint(loop);
    if (failed(scf::forallToParallelLoop(rewriter, loop)))
      return loop.emitOpError("has results: bufferize first");
  }
  return success();
}

/// Loops inside of tasks, and those that cannot be one.
LogicalResult OutlineParallel::makeSequential(IRRewriter &rewriter,
                                              Operation *root) {
  SmallVector<scf::ParallelOp> loops;
  root->walk([&](scf::ParallelOp loop) { loops.push_back(loop); });
  for (scf::ParallelOp loop : loops) {
    rewriter.setInsertionPoint(loop);
    if (failed(scf::parallelForToNestedFors(rewriter, loop)))
      return loop.emitOpError("cannot become a sequential loop");
  }
  return success();
}

void OutlineParallel::runOnOperation() {
  IRRewriter rewriter(&getContext());
  if (failed(convertForalls(rewriter)))
    return signalPassFailure();
  SmallVector<scf::ParallelOp> tasks;
  getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<func::FuncOp>(op) && op->hasAttr(kParallelFunctionAttr))
      return WalkResult::skip();
    auto loop = dyn_cast<scf::ParallelOp>(op);
    if (!loop || !canBeTask(loop))
      return WalkResult::advance();
    tasks.push_back(loop);
    return WalkResult::skip();
  });
  FunctionPool pool(getOperation());
  for (scf::ParallelOp loop : tasks) {
    Outliner outliner(loop, grain);
    outliner.replaceByCall(
        pool.unique(outliner.createFunction(getOperation())));
  }
  if (failed(makeSequential(rewriter, getOperation())))
    signalPassFailure();
}
