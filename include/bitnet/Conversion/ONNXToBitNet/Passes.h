//===- Passes.h - recognition passes ----------------------------*- C++ -*-===//
//
// --convert-onnx-to-bitnet finds layers with constant weights in a graph and
// makes a bitnet.linear of each. It runs first in stage 1, while all nodes are
// still onnx.node; what it leaves goes to --convert-onnx-to-linalg.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_ONNXTOBITNET_PASSES_H
#define BITNET_CONVERSION_ONNXTOBITNET_PASSES_H

#include "bitnet/Conversion/ONNXToBitNet/FloatWeights.h"

#include "mlir/Pass/Pass.h"

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Conversion/ONNXToBitNet/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOBITNET_PASSES_H
