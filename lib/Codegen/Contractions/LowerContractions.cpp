//===- LowerContractions.cpp - products of floats to kernel calls ---------===//
//
// --bitnet-lower-contractions: products of floats on buffers become calls of
// contraction kernels. Products that no kernel can address stay linalg.
//
//===----------------------------------------------------------------------===//

#include "ContractionKernel.h"

#include "bitnet/Codegen/Contractions/Passes.h"
#include "bitnet/Codegen/Loops/CallWork.h"
#include "bitnet/Codegen/Partition/Dispatches.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERCONTRACTIONS
#include "bitnet/Codegen/Contractions/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Another thread is worth waking for at least so many MACs: they take about as
/// long as waking it.
static constexpr int64_t kPartWork = 1 << 15;

/// How many parts a product is divided into. The number depends on the size
/// alone, so that results do not depend on threads.
static Value emitParts(LoopBuilder &b, Value lhs, Value out) {
  Value work = b.dim(lhs, kBatchAxes + 1);
  for (unsigned i = 0; i < kBatchAxes + 2; ++i)
    work = b.mul(work, b.dim(out, i));
  Value parts = b.add(b.div(work, b.index(kPartWork)), 1);
  return b.max(b.min(parts, emitTiles(b, out).total), b.index(1));
}

/// The MACs of a product: every element of the result is a sum over k.
static CallWork getWork(Value lhs, Value out) {
  CallWork work{1, {{lhs, kBatchAxes + 1}}};
  for (unsigned i = 0; i < kBatchAxes + 2; ++i)
    work.extents.emplace_back(out, i);
  return work;
}

namespace {
/// A product and the fill that it begins with, if it has one.
struct Product {
  Contraction contraction;
  linalg::FillOp zeros;
};
} // namespace

/// Replaces the product by a call. Its arguments are the views of the operands,
/// whether the result starts at zero, and a range of parts that OutlineParallel
/// may divide among threads.
static void lower(const Product &product, const ContractionPlan &plan,
                  ModuleOp module, ArrayRef<RegisterFile> registers) {
  linalg::LinalgOp op = product.contraction.op;
  LoopBuilder b(op.getLoc(), op);
  SmallVector<Value> args;
  for (unsigned i = 0; i < plan.operands.size(); ++i)
    args.push_back(emitView(b, plan, i));
  Value parts = emitParts(b, args[0], args[2]);
  args.append({b.flag(bool(product.zeros)), parts, b.index(0), parts});
  func::FuncOp kernel = getOrCreateContraction(module, plan, registers);
  setWork(func::CallOp::create(b, kernel, args), getWork(args[0], args[2]));
  op.erase();
  if (product.zeros)
    linalg::FillOp(product.zeros).erase();
}

/// The fill in the body of a dispatch, if `contraction` is all that there is
/// besides and begins with it.
static linalg::FillOp findZeros(DispatchOp dispatch, Contraction &contraction) {
  linalg::FillOp zeros;
  for (Operation &op : dispatch.getBody().front().without_terminator()) {
    if (&op == contraction.op || isPure(&op))
      continue;
    auto fill = dyn_cast<linalg::FillOp>(op);
    if (!fill || zeros || contraction.op->isBeforeInBlock(fill))
      return {};
    zeros = fill;
  }
  bool isInit = zeros && zeros.getOutputs()[0] == contraction.getOperands()[2];
  return isInit && isZeroInit(zeros, contraction) ? zeros : linalg::FillOp();
}

/// The products in `module`, those of dispatches in place of their dispatches.
static std::vector<Product> takeProducts(ModuleOp module) {
  std::vector<Product> products;
  SmallVector<DispatchOp> dispatches;
  module.walk([&](linalg::LinalgOp op) {
    std::optional<Contraction> contraction = matchContraction(op);
    if (!contraction)
      return;
    Product &product = products.emplace_back(Product{*contraction, {}});
    auto dispatch = dyn_cast<DispatchOp>(op->getParentOp());
    if (dispatch && dispatch.getKind() == DispatchKind::Product)
      product.zeros = findZeros(dispatch, *contraction);
  });
  module.walk([&](DispatchOp dispatch) {
    if (dispatch.getKind() == DispatchKind::Product)
      dispatches.push_back(dispatch);
  });
  llvm::for_each(dispatches, inlineDispatch);
  return products;
}

namespace {
/// Products are collected first, because lowering one erases operations.
struct LowerContractions
    : public bitnet::impl::BitNetLowerContractionsBase<LowerContractions> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<RegisterFile> files(registers.begin(), registers.end());
    if (files.empty())
      files.push_back(RegisterFile::YMM16);
    for (Product &product : takeProducts(getOperation()))
      if (auto plan = planContraction(product.contraction))
        lower(product, *plan, getOperation(), files);
  }
};
} // namespace
