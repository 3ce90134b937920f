//===- TensorAttr.h - ONNX tensors as attributes ----------------*- C++ -*-===//
//
// The second half of reading a tensor; TensorData.h is the first.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_IMPORT_ONNX_TENSORATTR_H
#define BITNET_LIB_IMPORT_ONNX_TENSORATTR_H

#include "TensorData.h"

#include "bitnet/Support/BlobStore.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace onnx {
class SparseTensorProto;
} // namespace onnx

namespace mlir::bitnet::onnximport {

/// A tensor's value (dense, or #bitnet.blob) and its type.
/// Both are what onnx.constant holds.
struct TensorValue {
  RankedTensorType type;
  Attribute value;
};

/// Turns checked data into an attribute: bytes over `inlineBytes` stay in their
/// file or move to a memory blob of `blobs`.
llvm::Expected<TensorValue> makeTensorValue(MLIRContext *context,
                                            BlobStore &blobs, TensorData data,
                                            uint64_t inlineBytes);

/// The dense form of a sparse tensor.
llvm::Expected<TensorData>
readSparseTensor(const ::onnx::SparseTensorProto &proto, BlobStore &blobs,
                 TensorSource &source);

} // namespace mlir::bitnet::onnximport

#endif // BITNET_LIB_IMPORT_ONNX_TENSORATTR_H
