//===- LowerRows.cpp - chains of nests into one loop over rows ------------===//
//
// --bitnet-lower-rows, on buffers: a bitnet.dispatch of kind rows becomes one
// parallel loop over rows, whose iteration runs all nests on one row. Buffers
// of the body shrink to one row on the stack of the task. A body that
// bufferization has added something to is inlined instead.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Partition/Dispatches.h"
#include "bitnet/Codegen/Partition/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERROWS
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// What the body of a dispatch holds, in order.
struct RowBody {
  SmallVector<linalg::LinalgOp> nests;
  SmallVector<memref::AllocOp> locals; ///< used by `nests` alone
  unsigned rowLoops = 0;               ///< outer loops that all nests share
};

/// Rewrites one dispatch.
class Lowering {
public:
  Lowering(DispatchOp rows, const RowBody &body)
      : rows(rows), body(body), b(rows.getLoc(), rows) {}
  void run();

private:
  scf::ParallelOp makeLoop();
  Value makeLocal(memref::AllocOp alloc);
  Value slice(Value source, ValueRange at);
  void emit(linalg::LinalgOp nest, ValueRange at);

  DispatchOp rows;
  const RowBody &body;
  ImplicitLocOpBuilder b;
  /// Row buffers that replace allocations, slices by their source.
  llvm::DenseMap<Value, Value> rowOf;
};
} // namespace

/// Whether one row of `alloc` is all that an iteration needs, and is of a known
/// size.
static bool isDividable(memref::AllocOp alloc, unsigned rowLoops) {
  ArrayRef<int64_t> shape = alloc.getType().getShape();
  return shape.size() >= rowLoops &&
         !ShapedType::isDynamicShape(shape.drop_front(rowLoops)) &&
         llvm::all_of(alloc->getUses(), [](OpOperand &use) {
           return isa<linalg::LinalgOp>(use.getOwner()) && isDividedByRows(use);
         });
}

/// The outer loops that all `nests` share, without the innermost loop of the
/// longest one; 0: none.
static unsigned getSharedRowLoops(ArrayRef<linalg::LinalgOp> nests) {
  if (!llvm::all_of(nests, [](linalg::LinalgOp nest) {
        return nest.hasPureBufferSemantics() && nest.getNumLoops() != 0;
      }))
    return 0;
  unsigned shared = ~0u, most = 1;
  for (linalg::LinalgOp nest : nests) {
    shared = std::min(shared, getNumRowLoops(nest));
    most = std::max(most, nest.getNumLoops());
  }
  return std::min(shared, most - 1);
}

/// The nests of `rows` and their buffers; nothing where bufferization had to
/// place something else.
static std::optional<RowBody> readBody(DispatchOp rows) {
  RowBody body;
  for (Operation &op : rows.getBody().front().without_terminator()) {
    if (auto nest = dyn_cast<linalg::LinalgOp>(op))
      body.nests.push_back(nest);
    else if (auto alloc = dyn_cast<memref::AllocOp>(op))
      body.locals.push_back(alloc);
    else if (!isPure(&op))
      return std::nullopt;
  }
  body.rowLoops = getSharedRowLoops(body.nests);
  auto isLocal = [&](memref::AllocOp alloc) {
    return isDividable(alloc, body.rowLoops);
  };
  bool isLoop = body.rowLoops != 0 && llvm::all_of(body.locals, isLocal);
  return isLoop ? std::optional(body) : std::nullopt;
}

/// Makes a parallel loop for each row dimension of the nests, all of which have
/// the extents of every init.
scf::ParallelOp Lowering::makeLoop() {
  Value init = rows.getInits().front();
  SmallVector<Value> low, high, step;
  for (unsigned dim = 0; dim < body.rowLoops; ++dim) {
    low.push_back(arith::ConstantIndexOp::create(b, 0));
    high.push_back(b.createOrFold<memref::DimOp>(init, dim));
    step.push_back(arith::ConstantIndexOp::create(b, 1));
  }
  return scf::ParallelOp::create(b, low, high, step);
}

/// One row of `alloc`: the row dimensions have extent 1.
Value Lowering::makeLocal(memref::AllocOp alloc) {
  SmallVector<int64_t> shape(alloc.getType().getShape());
  std::fill_n(shape.begin(), body.rowLoops, 1);
  auto type = MemRefType::get(shape, alloc.getType().getElementType());
  return memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64));
}

/// The row of `source` that this iteration works on.
Value Lowering::slice(Value source, ValueRange at) {
  int64_t rank = cast<MemRefType>(source.getType()).getRank();
  SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(rank, b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      memref::getMixedSizes(b, b.getLoc(), source);
  for (auto [dim, row] : llvm::enumerate(at)) {
    offsets[dim] = row;
    sizes[dim] = b.getIndexAttr(1);
  }
  return memref::SubViewOp::create(b, source, offsets, sizes, strides);
}

/// `nest` on its operands of one row; operands that all rows share stay whole.
void Lowering::emit(linalg::LinalgOp nest, ValueRange at) {
  SmallVector<Value> operands;
  for (OpOperand &operand : nest->getOpOperands()) {
    Value source = operand.get();
    if (isa<MemRefType>(source.getType()) && isDividedByRows(operand)) {
      Value &row = rowOf[source];
      if (!row)
        row = slice(source, at);
      source = row;
    }
    operands.push_back(source);
  }
  b.clone(*nest)->setOperands(operands);
}

/// The body is inlined first, so that the rows replace whole nests in a place
/// where all that they use is visible.
void Lowering::run() {
  b.setInsertionPointAfter(rows);
  scf::ParallelOp loop = makeLoop();
  inlineDispatch(rows);
  b.setInsertionPointToStart(loop.getBody());
  for (memref::AllocOp alloc : body.locals)
    rowOf[alloc] = makeLocal(alloc);
  for (linalg::LinalgOp nest : body.nests)
    emit(nest, loop.getInductionVars());
  for (linalg::LinalgOp nest : body.nests)
    nest->erase();
  for (memref::AllocOp alloc : body.locals)
    alloc->erase();
}

namespace {
struct LowerRows : public bitnet::impl::BitNetLowerRowsBase<LowerRows> {
  void runOnOperation() override {
    SmallVector<DispatchOp> found;
    getOperation().walk([&](DispatchOp op) {
      if (op.getKind() == DispatchKind::Rows)
        found.push_back(op);
    });
    for (DispatchOp rows : found) {
      if (std::optional<RowBody> body = readBody(rows)) {
        Lowering(rows, *body).run();
        ++numLoops;
        continue;
      }
      inlineDispatch(rows);
      ++numInlined;
    }
  }
};
} // namespace
