//===- TensorFile.cpp - TensorProto files ---------------------------------===//
//
// Test data of ONNX, which bitnet-run reads: one TensorProto per file, small
// enough to be read whole.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Import/ONNX/TensorFile.h"

#include "TensorData.h"

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/Twine.h"

#include "onnx-ml.pb.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <unistd.h>

using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;

namespace {
/// Test tensors carry their bytes, so this source has none.
class NoSource : public TensorSource {
  llvm::Expected<uint64_t> openExternalData(llvm::StringRef location,
                                            std::string &file) override {
    return llvm::createStringError(
        "refers to external data, which a tensor file may not");
  }
};
} // namespace

/// Reads the whole file; one that shrinks meanwhile is an error.
static llvm::Expected<std::string> readAll(const OpenFile &file) {
  std::string bytes(file.getSize(), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t got =
        ::read(file.getFd(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return llvm::createStringError(got < 0 ? std::strerror(errno)
                                             : "file shrank while reading");
    done += size_t(got);
  }
  return std::move(bytes);
}

/// Reads the file; readTensorProtoFile adds the path to messages.
static llvm::Expected<TensorFile> read(llvm::StringRef path) {
  llvm::Expected<OpenFile> file = openRegularFile(path);
  if (!file)
    return llvm::createStringError("the file " +
                                   llvm::toString(file.takeError()));
  // Larger files are refused, because protobuf aborts the process for them.
  if (file->getSize() > INT_MAX)
    return llvm::createStringError("larger than the 2 GiB protobuf can hold");
  llvm::Expected<std::string> bytes = readAll(*file);
  if (!bytes)
    return bytes.takeError();
  ::onnx::TensorProto proto;
  if (!proto.ParseFromArray(bytes->data(), int(bytes->size())))
    return llvm::createStringError("not a TensorProto");
  std::string().swap(*bytes);
  NoSource source;
  llvm::Expected<TensorData> data = readTensor(proto, source);
  if (!data)
    return llvm::createStringError("tensor " + quoteName(proto.name()) + " " +
                                   llvm::toString(data.takeError()));
  TensorFile result;
  result.name = proto.name();
  result.dtype = data->dtype;
  result.dims.assign(data->dims.begin(), data->dims.end());
  result.bytes = std::move(data->owned);
  result.strings = std::move(data->strings);
  return std::move(result);
}

llvm::Expected<TensorFile>
mlir::bitnet::readTensorProtoFile(llvm::StringRef path) {
  llvm::Expected<TensorFile> tensor = read(path);
  if (!tensor)
    return llvm::createStringError(path + ": " +
                                   llvm::toString(tensor.takeError()));
  return tensor;
}
