//===- TensorFile.h - TensorProto files -------------------------*- C++ -*-===//
//
// Reads the `input_0.pb` files of ONNX test data without MLIR.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_IMPORT_ONNX_TENSORFILE_H
#define BITNET_IMPORT_ONNX_TENSORFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// One tensor. `dtype` is TensorProto.DataType. `bytes` are laid out as
/// raw_data: little-endian, row-major, elements under a byte packed low bits
/// first. String tensors leave `bytes` empty and fill `strings`.
struct TensorFile {
  std::string name;
  int32_t dtype = 0;
  std::vector<int64_t> dims;
  std::vector<uint8_t> bytes;
  std::vector<std::string> strings;
};

/// Reads a file that holds one TensorProto.
llvm::Expected<TensorFile> readTensorProtoFile(llvm::StringRef path);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_ONNX_TENSORFILE_H
