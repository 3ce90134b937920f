//===- RegisterDialects.cpp - dialects of every stage ---------------------===//
//
// Upstream's dialects are registered too: the text of any stage must parse.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Pipelines/Register.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"

void mlir::bitnet::registerAllDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<BitNetDialect, onnx::ONNXDialect>();
  registerBitNetBufferization(registry);
  registerDispatchBufferization(registry);
}
