//===- OutputFiles.h - what a run is asked to write -------------*- C++ -*-===//
//
// Outputs go through mlir::bitnet::OutputSet: a file that a run could not
// finish is not left behind half written.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_OUTPUTFILES_H
#define BITNET_TOOLS_BITNET_RUN_OUTPUTFILES_H

#include "Array.h"
#include "Profile.h"
#include "bitnet/Support/OutputSet.h"
#include "llvm/Support/Error.h"

namespace bitnet::run {

/// The files of --save-outputs, --dump-codes and --profile. Every error has the
/// exit code of a failed output.
class OutputFiles {
public:
  std::string folder, codes, profile; ///< as given; empty: not asked for

  /// Called before the first run. Fails when an output would be one of `inputs`
  /// or another output.
  llvm::Error claim(const bitnet_model_desc &desc,
                    llvm::ArrayRef<std::string> inputs);

  /// One .npy file per output in `folder`, which is made; the others write one
  /// file each. All do nothing when their file was not asked for.
  llvm::Error saveOutputs(llvm::ArrayRef<Array> outputs);
  /// A .npz file of the probed values, as codes_<name>, and the outputs, as
  /// out_<name>.
  llvm::Error saveCodes(std::vector<Array> probed,
                        llvm::ArrayRef<Array> outputs);
  /// Profile::printJSON in a file.
  llvm::Error saveProfile(const Profile &measured, int threads);

private:
  /// "folder/0_logits.npy".
  std::string nameOutput(llvm::StringRef name, size_t index) const;
  llvm::Error claimAll(const bitnet_model_desc &desc);
  llvm::Error write(llvm::StringRef path, llvm::StringRef what,
                    llvm::function_ref<void(llvm::raw_ostream &)> body);

  mlir::bitnet::OutputSet files;
};

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_OUTPUTFILES_H
