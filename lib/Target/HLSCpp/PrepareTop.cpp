//===- PrepareTop.cpp - --bitnet-prepare-top ------------------------------===//
//
// --bitnet-prepare-top: @main becomes what a top function can be. Results
// become arguments, ports get names, copies become loops, probes and
// deallocations go.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/HLSCpp/HLSCpp.h"
#include "bitnet/Target/HLSCpp/Passes.h"

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETPREPARETOP
#include "bitnet/Target/HLSCpp/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Makes a loop nest that loads and stores every element. Copies of dynamic
/// shapes stay, and bitnet-check-hls lists them.
static void expandCopy(memref::CopyOp op) {
  auto type = cast<MemRefType>(op.getSource().getType());
  if (!type.hasStaticShape())
    return;
  OpBuilder b(op);
  Location loc = op.getLoc();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  SmallVector<Value> indices;
  for (int64_t extent : type.getShape()) {
    Value high = arith::ConstantIndexOp::create(b, loc, extent);
    auto loop = scf::ForOp::create(b, loc, zero, high, one);
    indices.push_back(loop.getInductionVar());
    b.setInsertionPointToStart(loop.getBody());
  }
  Value v = memref::LoadOp::create(b, loc, op.getSource(), indices);
  memref::StoreOp::create(b, loc, v, op.getTarget(), indices);
  op.erase();
}

/// Makes `value`, a result, the argument `arg`.
static void redirect(func::ReturnOp ret, Value value, BlockArgument arg) {
  auto alloc = value.getDefiningOp<memref::AllocOp>();
  if (alloc && alloc.getType() == arg.getType() &&
      alloc->getBlock() == ret->getBlock()) {
    value.replaceAllUsesWith(arg);
    alloc.erase();
    return;
  }
  // Several results may be one buffer, or an argument: those are copied.
  OpBuilder b(ret);
  memref::CopyOp::create(b, ret.getLoc(), value, arg);
}

/// An output's attributes move with it.
static void moveResultsToArguments(func::FuncOp main) {
  auto ret = cast<func::ReturnOp>(main.getBody().front().getTerminator());
  Builder b(main.getContext());
  for (unsigned i = 0, e = ret.getNumOperands(); i < e; ++i) {
    Value value = ret.getOperand(i);
    auto type = dyn_cast<MemRefType>(value.getType());
    if (!type)
      continue;
    NamedAttrList attrs(main.getResultAttrDict(i));
    attrs.set(kOutputAttr, b.getUnitAttr());
    // A port is a dense array whatever the layout of the value was.
    auto plain = MemRefType::get(type.getShape(), type.getElementType());
    unsigned index = main.getNumArguments();
    (void)main.insertArgument(index, plain, attrs.getDictionary(b.getContext()),
                              value.getLoc());
    redirect(ret, value, main.getArgument(index));
  }
  BitVector all(main.getNumResults(), true);
  (void)main.eraseResults(all);
  ret->setOperands({});
}

/// The ONNX name of an argument, or "in_0", "out_1".
static std::string portName(func::FuncOp main, unsigned index,
                            unsigned position) {
  StringRef name = onnx::ValueInfo::ofArgument(main, index).getName();
  if (!name.empty())
    return toIdentifier(name);
  bool output = bool(main.getArgAttr(index, kOutputAttr));
  return ((output ? "out_" : "in_") + Twine(position)).str();
}

/// Names the ports by identifiers, each of which is used once and none of which
/// is that of the top.
static void namePorts(func::FuncOp main, StringRef top) {
  llvm::StringSet<> used{top};
  unsigned inputs = 0, outputs = 0;
  for (unsigned i = 0, e = main.getNumArguments(); i < e; ++i) {
    if (main.getArgAttr(i, kWeightsArgAttr))
      continue;
    bool output = bool(main.getArgAttr(i, kOutputAttr));
    std::string base = portName(main, i, output ? outputs++ : inputs++);
    std::string name = base;
    for (unsigned n = 2; !used.insert(name).second; ++n)
      name = base + "_" + std::to_string(n);
    main.setArgAttr(i, kPortAttr, StringAttr::get(main.getContext(), name));
  }
}

namespace {
struct PrepareTop : public bitnet::impl::BitNetPrepareTopBase<PrepareTop> {
  using Base::Base;

  void runOnOperation() override {
    // @bitnet_shapes is dropped: shapes are static, so nobody asks for them.
    if (Operation *shapes = getOperation().lookupSymbol(kShapesFunction))
      shapes->erase();
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal() || !main.getBody().hasOneBlock()) {
      mlir::emitError(getOperation().getLoc(),
                      "expects a function @main of one block");
      return signalPassFailure();
    }
    main.walk([](Operation *op) {
      if (isa<ProbeOp, memref::DeallocOp>(op))
        op->erase();
    });
    moveResultsToArguments(main);
    main.walk([](memref::CopyOp op) { expandCopy(op); });
    namePorts(main, top);
    main->setAttr(kTopAttr, StringAttr::get(&getContext(), top));
  }
};
} // namespace
