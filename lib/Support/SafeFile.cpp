//===- SafeFile.cpp - opening files that a model names --------------------===//

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir::bitnet;

OpenFile::~OpenFile() {
  if (fd >= 0)
    ::close(fd);
}

std::string mlir::bitnet::quoteName(llvm::StringRef text) {
  constexpr size_t kLongest = 200;
  std::string out = "'";
  for (char c : text.take_front(kLongest)) {
    if (c == '\'' || c == '\\')
      out += '\\';
    if (llvm::isPrint(c))
      out += c;
    else
      out += "\\x" + llvm::toHex(llvm::StringRef(&c, 1));
  }
  return out + (text.size() > kLongest ? "...'" : "'");
}

static llvm::Error broken(const llvm::Twine &what) {
  return llvm::createStringError(what);
}

/// Takes over `fd` when it is a regular file.
static llvm::Expected<OpenFile> adopt(int fd, bool oneLink) {
  struct stat status;
  int result = ::fstat(fd, &status);
  OpenFile file(fd, result == 0 ? uint64_t(status.st_size) : 0);
  if (result != 0)
    return broken(std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    return broken("is not a regular file");
  if (oneLink && status.st_nlink != 1)
    return broken("has several hard links, which external data may not have");
  return std::move(file);
}

llvm::Expected<OpenFile> mlir::bitnet::openRegularFile(llvm::StringRef path) {
  // O_NONBLOCK: opening a fifo must not wait for its writer.
  int fd = ::open(path.str().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return broken(llvm::Twine("cannot be opened: ") + std::strerror(errno));
  return adopt(fd, /*oneLink=*/false);
}

/// The components of a location, or the rule it breaks.
static llvm::Error splitLocation(llvm::StringRef location,
                                 llvm::SmallVectorImpl<llvm::StringRef> &out) {
  if (location.empty())
    return broken("is an empty path");
  if (location.contains('\0'))
    return broken("holds a zero byte");
  if (location.starts_with("/"))
    return broken("is absolute; external data must lie beneath the model's "
                  "folder");
  llvm::SmallVector<llvm::StringRef> parts;
  location.split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    if (part == "..")
      return broken("leaves the model's folder through '..'");
    if (part != ".")
      out.push_back(part);
  }
  return out.empty() || location.ends_with("/") ? broken("names a folder")
                                                : llvm::Error::success();
}

static llvm::Error openError(int error) {
  if (error == ELOOP || error == ENOTDIR)
    return broken("passes through a symbolic link or something that is no "
                  "folder");
  return broken(llvm::Twine("cannot be opened: ") + std::strerror(error));
}

static llvm::Expected<OpenFile> openBeneath(llvm::StringRef folder,
                                            llvm::StringRef location) {
  llvm::SmallVector<llvm::StringRef> parts;
  if (llvm::Error error = splitLocation(location, parts))
    return std::move(error);
  std::string root = folder.empty() ? "." : folder.str();
  int dir = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0)
    return openError(errno);
  for (llvm::StringRef part : llvm::ArrayRef(parts).drop_back()) {
    int next = ::openat(dir, part.str().c_str(),
                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = errno;
    ::close(dir);
    if (next < 0)
      return openError(error);
    dir = next;
  }
  int fd = ::openat(dir, parts.back().str().c_str(),
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  int error = errno;
  ::close(dir);
  if (fd < 0)
    return openError(error);
  return adopt(fd, /*oneLink=*/true);
}

llvm::Expected<OpenFile> mlir::bitnet::openExternal(llvm::StringRef folder,
                                                    llvm::StringRef location) {
  llvm::Expected<OpenFile> file = openBeneath(folder, location);
  if (!file)
    return broken("external data " + quoteName(location) + " " +
                  llvm::toString(file.takeError()));
  return file;
}
