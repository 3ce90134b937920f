//===- TensorData.h - checked contents of a TensorProto ---------*- C++ -*-===//
//
// Shared by the importer and by readTensorProtoFile, which needs no MLIR.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_IMPORT_ONNX_TENSORDATA_H
#define BITNET_LIB_IMPORT_ONNX_TENSORDATA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace onnx {
class TensorProto;
} // namespace onnx

namespace mlir::bitnet::onnximport {

/// Bits of one element, 8 for BOOL; 0 for STRING; none for unknown enums.
std::optional<unsigned> getElementBits(int32_t dtype);

/// The most dims of a tensor: more than any operator knows are a sign of a
/// broken file.
inline constexpr int kMaxRank = 64;

/// Product of `dims`; errors on negative dimensions and overflow.
llvm::Expected<uint64_t> countElements(llvm::ArrayRef<int64_t> dims);

/// A tensor whose size has been compared with its bytes. The bytes are owned
/// (`owned`), strings (`strings`), or a range of `file`.
struct TensorData {
  int32_t dtype = 0;
  llvm::SmallVector<int64_t, 4> dims;
  uint64_t numElements = 0;
  uint64_t numBytes = 0;
  std::vector<uint8_t> owned;
  std::vector<std::string> strings;
  std::string file;
  uint64_t offset = 0;

  bool inFile() const { return !file.empty(); }
};

/// Finds the bytes of tensors that do not carry them.
class TensorSource {
public:
  /// The importer is such a source. Test data has none, because it has neither
  /// segments nor external data.
  virtual ~TensorSource() = default;
  /// The file that TensorProto.segment refers to (see WireFormat.h).
  virtual llvm::StringRef getModelFile() const { return {}; }
  /// Opens external data; `file` becomes its name. Returns its size.
  virtual llvm::Expected<uint64_t> openExternalData(llvm::StringRef location,
                                                    std::string &file) = 0;
};

/// Checks dtype, dims and size, and finds the bytes.
llvm::Expected<TensorData> readTensor(const ::onnx::TensorProto &proto,
                                      TensorSource &source);

} // namespace mlir::bitnet::onnximport

#endif // BITNET_LIB_IMPORT_ONNX_TENSORDATA_H
