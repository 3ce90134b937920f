//===- SafeFile.h - regular files, and names in messages --------*- C++ -*-===//

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

  /// The descriptor, which belongs to this object.
  int getFd() const { return fd; }
  uint64_t getSize() const { return size; }

private:
  int fd;
  uint64_t size;
};

/// Opens the file a user named on the command line: any regular file. Errors
/// name no path: callers put it in front.
llvm::Expected<OpenFile> openRegularFile(llvm::StringRef path);

/// Takes over `fd` when it is a regular file, with one name if `oneLink`.
llvm::Expected<OpenFile> adoptRegularFile(int fd, bool oneLink);

/// `text` in single quotes with control and non-ASCII bytes escaped, cut when
/// long: names from a model are shown only in this form.
std::string quoteName(llvm::StringRef text);

/// A path that a user gave: whole, with letters of any script, but on one line
/// and without characters that change what stands around them.
std::string escapePath(llvm::StringRef path);
/// The path as escapePath has it, in single quotes.
std::string quotePath(llvm::StringRef path);

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_SAFEFILE_H
