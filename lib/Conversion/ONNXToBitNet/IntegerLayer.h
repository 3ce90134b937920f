//===- IntegerLayer.h - integer products in ONNX graphs ---------*- C++ -*-===//
//
// MatMul on integers and MatMulInteger: exact products whose i32 result the
// graph scales itself.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_INTEGERLAYER_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_INTEGERLAYER_H

#include "LayerForm.h"
#include "TernaryJudge.h"

namespace mlir::bitnet {

/// Why ternary weights cannot serve the integer layer `form`, or empty.
std::string refuseInteger(const LayerForm &form, const TernaryWeight &weight,
                          ConstantFolder &folder);

/// The activations of `form` as int8: u8 values move down by 128.
Value makeInt8Codes(OpBuilder &builder, const LayerForm &form);

/// Gives the product of those codes the meaning of the node: adds what the
/// zero point and the move by 128 take away, and casts to the node's type.
/// `rowSums` are the sums of each row of the weights' codes.
Value finishInteger(OpBuilder &builder, const LayerForm &form, Value product,
                    ArrayRef<int32_t> rowSums);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_INTEGERLAYER_H
