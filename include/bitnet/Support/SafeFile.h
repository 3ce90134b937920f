//===- SafeFile.h - opening files that a model names ------------*- C++ -*-===//
//
// A model is untrusted input: the file names in it may lead anywhere. Every
// external data file is opened here and nowhere else.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_SUPPORT_SAFEFILE_H
#define BITNET_SUPPORT_SAFEFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace mlir::bitnet {

/// An open regular file; closes its descriptor.
class OpenFile {
public:
  OpenFile(int fd, uint64_t size) : fd(fd), size(size) {}
  OpenFile(OpenFile &&other) : fd(other.fd), size(other.size) { other.fd = -1; }
  OpenFile &operator=(OpenFile &&) = delete;
  ~OpenFile();

  int getFd() const { return fd; }
  uint64_t getSize() const { return size; }

private:
  int fd;
  uint64_t size;
};

/// Opens the file a user named on the command line: any regular file.
llvm::Expected<OpenFile> openRegularFile(llvm::StringRef path);

/// Opens the file `location` that a model in `folder` names: relative, beneath
/// the folder, no `..`, no symbolic link in any component, a regular file with
/// one hard link. Errors say which rule is broken; they hold no path but
/// `location`, escaped.
llvm::Expected<OpenFile> openExternal(llvm::StringRef folder,
                                      llvm::StringRef location);

/// `text` in single quotes with control and non-ASCII bytes escaped, cut when
/// long: names from a model are shown only in this form.
std::string quoteName(llvm::StringRef text);

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_SAFEFILE_H
