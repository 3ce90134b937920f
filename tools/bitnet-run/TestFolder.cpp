//===- TestFolder.cpp - ONNX test_data_set folders ------------------------===//
//
// The layout of the ONNX test suite: input_0.pb, output_0.pb and so on in one
// folder, serialised TensorProtos. .npy files in their place are our addition.
//
//===----------------------------------------------------------------------===//

#include "DataSet.h"
#include "Errors.h"
#include "Npy.h"
#include "bitnet/Import/ONNX/TensorFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace bitnet::run;

/// The importer's reader checks the file and decodes all ways to store data.
static Expected<Array> readProto(StringRef path) {
  Expected<mlir::bitnet::TensorFile> file =
      mlir::bitnet::readTensorProtoFile(path);
  if (!file)
    return badData(toString(file.takeError()));
  Array array;
  array.dtype = file->dtype;
  array.shape = file->dims;
  array.bytes.assign(file->bytes.begin(), file->bytes.end());
  if (!bitnet_dtype_name(array.dtype) ||
      byteSize(array.dtype, array.shape) != array.bytes.size())
    return badData(path + ": a tensor of this type is no input of a model");
  return array;
}

/// "folder/input_0.pb".
static std::string nameFile(StringRef folder, StringRef kind, size_t index,
                            StringRef extension) {
  SmallString<128> path(folder);
  sys::path::append(path, kind + "_" + Twine(index) + extension);
  return path.str().str();
}

/// Names of both kinds of files, whether they exist or not.
std::vector<std::string>
bitnet::run::listDataFolder(StringRef path, const bitnet_model_desc &desc) {
  std::vector<std::string> names;
  for (StringRef extension : {".pb", ".npy"}) {
    for (uint32_t i = 0; i < desc.num_inputs; ++i)
      names.push_back(nameFile(path, "input", i, extension));
    for (uint32_t i = 0; i < desc.num_outputs; ++i)
      names.push_back(nameFile(path, "output", i, extension));
  }
  return names;
}

/// Reads input_0.pb (or .npy), input_1.pb, ... up to the first that is not
/// there, and gives each the name of the value at its index.
static Error readSeries(StringRef folder, StringRef kind,
                        ArrayRef<bitnet_value_desc> values,
                        std::vector<Array> &arrays) {
  for (const bitnet_value_desc &value : values) {
    std::string path = nameFile(folder, kind, arrays.size(), ".pb");
    const bool isProto = sys::fs::exists(path);
    if (!isProto)
      path = nameFile(folder, kind, arrays.size(), ".npy");
    if (!sys::fs::exists(path))
      return Error::success();
    Expected<Array> array = isProto ? readProto(path) : readNpy(path);
    if (!array)
      return array.takeError();
    array->name = value.name;
    arrays.push_back(std::move(*array));
  }
  return Error::success();
}

/// A folder without outputs is fine: its inputs are run and nothing is
/// compared.
Expected<DataSet> bitnet::run::readDataFolder(StringRef path,
                                              const bitnet_model_desc &desc) {
  DataSet data;
  data.origin = path.str();
  if (!sys::fs::is_directory(path))
    return fail(ExitMissingInput, path + ": no such folder");
  if (Error error = readSeries(
          path, "input", ArrayRef(desc.inputs, desc.num_inputs), data.inputs))
    return error;
  if (Error error =
          readSeries(path, "output", ArrayRef(desc.outputs, desc.num_outputs),
                     data.expected))
    return error;
  return data;
}
