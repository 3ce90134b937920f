//===- Npy.h - NumPy's .npy and .npz files ----------------------*- C++ -*-===//
//
// A .npz file is a zip archive of .npy files, stored or deflated. Every size in
// a file is checked before it is used: files may be damaged.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_NPY_H
#define BITNET_TOOLS_BITNET_RUN_NPY_H

#include "Array.h"
#include "llvm/Support/Error.h"

namespace bitnet::run {

/// Parses the bytes of a .npy file (versions 1 to 3). `origin` names it in
/// errors.
llvm::Expected<Array> parseNpy(llvm::StringRef bytes,
                               const llvm::Twine &origin);
/// The array of a .npy file, without a name. A file that is not there has
/// another exit code than one that is damaged.
llvm::Expected<Array> readNpy(llvm::StringRef path);
/// All arrays of a .npz file, in its order, names without ".npy".
llvm::Expected<std::vector<Array>> readNpz(llvm::StringRef path);

/// The bytes of a .npy file; bf16, which NumPy lacks, becomes f32.
std::string formatNpy(const Array &array);
/// Whether the sizes of a .npz file of `arrays` fit its 32-bit fields.
bool fitsNpz(llvm::ArrayRef<Array> arrays);
/// The bytes of an uncompressed .npz file. Array names must be unique. The same
/// arrays give the same bytes on every machine: the time in the archive is
/// fixed.
std::string formatNpz(llvm::ArrayRef<Array> arrays);

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_NPY_H
