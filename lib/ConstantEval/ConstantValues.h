//===- ConstantValues.h - computed tensors as onnx.constant -----*- C++ -*-===//

#ifndef BITNET_LIB_CONSTANTEVAL_CONSTANTVALUES_H
#define BITNET_LIB_CONSTANTEVAL_CONSTANTVALUES_H

#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/ConstantEval/ConstantRunner.h"

#include "mlir/IR/Builders.h"

namespace mlir::bitnet {

/// Whether doubles give every value of `view` as it is, in elements that ONNX
/// stores in whole bytes.
bool isExact(const fold::View &view);

/// Bytes of all values of `view` as ONNX stores them.
uint64_t getByteSize(const fold::View &view);

/// All values of `view`, which is exact.
ComputedTensor readTensor(const fold::View &view);

/// `tensor` as a constant: inline up to `inlineBytes`, else a memory blob. It
/// keeps the names and bytes of what it was computed of, `origin`.
onnx::ConstantOp makeConstant(OpBuilder &builder, Location loc,
                              ComputedTensor tensor, const fold::Origin &origin,
                              uint64_t inlineBytes);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONSTANTEVAL_CONSTANTVALUES_H
