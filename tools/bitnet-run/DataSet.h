//===- DataSet.h - inputs and expected outputs of one run -------*- C++ -*-===//
//
// Reading, checking and matching are apart: a file is read as it is, bindArrays
// then brings its arrays into the order of the model.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_DATASET_H
#define BITNET_TOOLS_BITNET_RUN_DATASET_H

#include "Array.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

namespace bitnet::run {

/// One set of inputs, and what the outputs should be, as far as the files have
/// it.
struct DataSet {
  std::string origin; ///< file or folder, for messages
  std::vector<Array> inputs;
  std::vector<Array> expected;
};

/// How inputs without data are made.
struct RandomOptions {
  llvm::StringMap<int64_t> dims; ///< sizes of named dynamic dims, else 1
  uint64_t seed = 0;
  int64_t intLow = 0;
  int64_t intHigh = 2; ///< exclusive
};

/// Arrays `in_<name>` and `out_<name>` of a .npz file.
llvm::Expected<DataSet> readDataFile(llvm::StringRef path);
/// input_N.pb and output_N.pb of an ONNX test_data_set folder, or the
/// .npy files input_N.npy and output_N.npy.
llvm::Expected<DataSet> readDataFolder(llvm::StringRef path,
                                       const bitnet_model_desc &desc);
/// Names of the files that readDataFolder looks for. An output must not
/// overwrite any of them.
std::vector<std::string> listDataFolder(llvm::StringRef path,
                                        const bitnet_model_desc &desc);

/// Fails for a model with inputs or outputs of types that the ABI cannot carry.
/// Callers check before they read any data.
llvm::Error checkTypes(const bitnet_model_desc &desc);

/// An error that names the model's inputs unless one of them is `name`.
/// `origin` names the option or file in the error.
llvm::Error checkNamed(llvm::StringRef origin, llvm::StringRef name,
                       const bitnet_model_desc &desc);

/// Brings inputs and expected outputs into the model's order, by name; inputs
/// are cast where the model takes 16-bit floats. Without any name that the
/// model has, full sets are taken in their order, with a note. Outputs without
/// an expected array get one with an empty name.
llvm::Error bindArrays(DataSet &data, const bitnet_model_desc &desc);
/// Random inputs of the shapes that the model describes. Fails before it asks
/// for memory when inputs and outputs would take more than there is.
llvm::Expected<std::vector<Array>>
makeRandomInputs(const bitnet_model *model, const RandomOptions &options);

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_DATASET_H
