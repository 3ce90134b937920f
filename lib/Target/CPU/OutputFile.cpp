//===- OutputFile.cpp - files that appear whole or not at all -------------===//

#include "OutputFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

using namespace mlir::bitnet;

llvm::Expected<OutputFile> OutputFile::create(llvm::StringRef path,
                                              unsigned mode) {
  if (path == "-")
    return OutputFile(path, "", STDOUT_FILENO);
  int fd = -1;
  llvm::SmallString<128> temporary;
  std::error_code code = llvm::sys::fs::createUniqueFile(
      path + ".tmp%%%%%%%%", fd, temporary, llvm::sys::fs::OF_None, mode);
  if (code)
    return llvm::createStringError(code, "cannot write '" + path +
                                             "': " + code.message());
  llvm::sys::RemoveFileOnSignal(temporary);
  return OutputFile(path, std::string(temporary), fd);
}

OutputFile::OutputFile(OutputFile &&other)
    : path(std::move(other.path)), temporary(std::move(other.temporary)),
      fd(other.fd) {
  other.fd = -1;
}

OutputFile::~OutputFile() {
  if (fd < 0 || temporary.empty())
    return;
  ::close(fd);
  ::unlink(temporary.c_str());
  llvm::sys::DontRemoveFileOnSignal(temporary);
}

llvm::Error OutputFile::fail(int error) {
  return llvm::createStringError("cannot write '" + path +
                                 "': " + std::strerror(error));
}

llvm::Error OutputFile::write(llvm::ArrayRef<uint8_t> bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail(errno);
    bytes = bytes.drop_front(size_t(count));
  }
  return llvm::Error::success();
}

llvm::Error OutputFile::keep() {
  if (temporary.empty())
    return llvm::Error::success();
  if (::fsync(fd) != 0)
    return fail(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return fail(errno);
  ::close(fd);
  fd = -1;
  llvm::sys::DontRemoveFileOnSignal(temporary);
  return llvm::Error::success();
}

void OutputFile::remove() { ::unlink(path.c_str()); }
