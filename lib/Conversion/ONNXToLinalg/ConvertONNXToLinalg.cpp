//===- ConvertONNXToLinalg.cpp - the convert-onnx-to-linalg pass ----------===//
//
// --convert-onnx-to-linalg: GraphConverter walks @main once.
//
//===----------------------------------------------------------------------===//

#include "GraphConverter.h"

#include "bitnet/Conversion/ONNXToLinalg/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_CONVERTONNXTOLINALG
#include "bitnet/Conversion/ONNXToLinalg/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
struct ConvertONNXToLinalg
    : public bitnet::impl::ConvertONNXToLinalgBase<ConvertONNXToLinalg> {
  using ConvertONNXToLinalgBase::ConvertONNXToLinalgBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal())
      return;
    if (failed(GraphConverter(main, OpRegistry::get(), strictShapes).run()))
      signalPassFailure();
  }
};
} // namespace
