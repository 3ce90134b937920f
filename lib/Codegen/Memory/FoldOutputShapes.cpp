//===- FoldOutputShapes.cpp - --bitnet-fold-output-shapes -----------------===//
//
// --bitnet-fold-output-shapes makes @bitnet_shapes: a copy of @main that
// returns the dims of all results, of which only arithmetic on dims of the
// inputs is kept. The glue calls it for bitnet_model_output_shapes.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFOLDOUTPUTSHAPES
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {

/// A copy of `main` that returns the dims of its results.
func::FuncOp cloneReturningDims(func::FuncOp main) {
  auto clone = cast<func::FuncOp>(main->clone());
  clone.setName(kShapesFunction);
  auto ret = cast<func::ReturnOp>(clone.getBody().back().getTerminator());
  OpBuilder b(ret);
  SmallVector<Value> dims;
  for (Value result : ret.getOperands())
    for (int64_t i :
         llvm::seq(cast<RankedTensorType>(result.getType()).getRank()))
      dims.push_back(tensor::DimOp::create(b, ret.getLoc(), result, i));
  func::ReturnOp::create(b, ret.getLoc(), dims);
  ret.erase();
  SmallVector<Type> types(dims.size(), b.getIndexType());
  clone.setFunctionType(
      b.getFunctionType(main.getFunctionType().getInputs(), types));
  clone.removeResAttrsAttr();
  return clone;
}

/// Whether `value` follows from input shapes alone: scalar arithmetic over
/// dims of function arguments.
bool dependsOnShapesOnly(Value value, DenseMap<Value, bool> &known) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  Operation *op = value.getDefiningOp();
  bool ok = false;
  if (auto dim = dyn_cast_or_null<tensor::DimOp>(op))
    ok = isa<BlockArgument>(dim.getSource());
  else if (op && op->getName().getDialectNamespace() == "arith")
    ok = llvm::all_of(op->getOperands(), [&](Value operand) {
      return dependsOnShapesOnly(operand, known);
    });
  return known[value] = ok;
}

struct FoldOutputShapes
    : public bitnet::impl::BitNetFoldOutputShapesBase<FoldOutputShapes> {
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<tensor::TensorDialect, arith::ArithDialect>();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    // A module that was read from the text of stage 4a has the function
    // already.
    if (!main || main.isExternal() || module.lookupSymbol(kShapesFunction) ||
        !llvm::all_of(main.getResultTypes(), llvm::IsaPred<RankedTensorType>))
      return;
    func::FuncOp shapes = cloneReturningDims(main);
    module.insert(std::next(Block::iterator(main)), shapes);

    OpPassManager simplify(ModuleOp::getOperationName());
    OpPassManager &nested = simplify.nest<func::FuncOp>();
    nested.addPass(memref::createResolveShapedTypeResultDimsPass());
    nested.addPass(createCanonicalizerPass());
    nested.addPass(createCSEPass());
    if (failed(runPipeline(simplify, module)))
      return signalPassFailure();

    keepShapeArithmetic(shapes);
  }

private:
  /// A dim that depends on values becomes -1.
  void keepShapeArithmetic(func::FuncOp shapes) {
    auto ret = cast<func::ReturnOp>(shapes.getBody().back().getTerminator());
    DenseMap<Value, bool> known;
    OpBuilder b(ret);
    for (OpOperand &dim : ret->getOpOperands())
      if (!dependsOnShapesOnly(dim.get(), known))
        dim.set(arith::ConstantIndexOp::create(b, ret.getLoc(), -1));
    // Erases all operations that no dim needs, those with side effects
    // (asserts, probes) included.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(shapes.getBody().front())))
      if (!op.hasTrait<OpTrait::IsTerminator>() && op.use_empty())
        op.erase();
  }
};

} // namespace
