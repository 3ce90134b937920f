//===- ExternalFile.h - files that a model names ----------------*- C++ -*-===//
//
// A model is untrusted input: the file names in it may lead anywhere. Every
// external data file is opened here and nowhere else.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_SUPPORT_EXTERNALFILE_H
#define BITNET_SUPPORT_EXTERNALFILE_H

#include "bitnet/Support/SafeFile.h"

#include <string>

namespace mlir::bitnet {

/// What external data may be beyond a regular file with one name beneath the
/// model's folder.
enum class ExternalData {
  Strict, ///< nothing
  Trusted ///< a link to a regular file anywhere, a file with several names
};

struct ExternalPolicy {
  ExternalData links = ExternalData::Strict;
  /// Files that resolve beneath this folder are allowed however they are named:
  /// through links, `..` or an absolute path. Empty: no such folder.
  std::string root;
};

/// An open file and the name that it was found by.
struct ExternalFile {
  OpenFile file;
  std::string name;
};

/// Opens the file `location` that the model file `model` names. A relative
/// location is looked for in the model's folder, and, when the model is a
/// symbolic link and nothing is there, in the folder of what it leads to. No
/// policy allows anything but a regular file. Errors say which rule is broken
/// and what would allow it; they hold no path but `location`, escaped.
llvm::Expected<ExternalFile> openExternal(llvm::StringRef model,
                                          llvm::StringRef location,
                                          const ExternalPolicy &policy);

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_EXTERNALFILE_H
