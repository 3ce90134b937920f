//===- WireFormat.h - a model without its weights ---------------*- C++ -*-===//
//
// Parsing a model with protobuf would copy its weights. This pass over the wire
// format copies everything else: each large raw_data becomes the (otherwise
// unused) field TensorProto.segment, which then holds its byte range in the
// model file.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_IMPORT_ONNX_WIREFORMAT_H
#define BITNET_LIB_IMPORT_ONNX_WIREFORMAT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace mlir::bitnet::onnximport {

/// The ModelProto in `file` with raw_data over `inlineBytes` replaced by
/// segments, and without documentation. Errors: not protobuf, or graphs nested
/// deeper than `maxDepth`.
llvm::Expected<std::string> stripWeights(llvm::ArrayRef<uint8_t> file,
                                         uint64_t inlineBytes,
                                         unsigned maxDepth);

} // namespace mlir::bitnet::onnximport

#endif // BITNET_LIB_IMPORT_ONNX_WIREFORMAT_H
