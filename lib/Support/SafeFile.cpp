//===- SafeFile.cpp - regular files, and names in messages ----------------===//
//
// Names from a model or a command line may hold anything, and a terminal obeys
// escape sequences: messages show names in escaped form only.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Unicode.h"

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
      // Control characters, and all bytes beyond ASCII.
      out += "\\x" + llvm::toHex(llvm::StringRef(&c, 1));
  }
  return out + (text.size() > kLongest ? "...'" : "'");
}

/// The bytes of the printable character at the front of `text`; 0: none.
static size_t printableBytes(llvm::StringRef text) {
  const size_t size = llvm::getNumBytesForUTF8(uint8_t(text.front()));
  const auto *at = reinterpret_cast<const llvm::UTF8 *>(text.data());
  const auto *end = at + std::min(size, text.size());
  llvm::UTF32 character = 0;
  if (llvm::convertUTF8Sequence(&at, end, &character, llvm::strictConversion) !=
          llvm::conversionOK ||
      !llvm::sys::unicode::isPrintable(int(character)) ||
      llvm::sys::unicode::isFormatting(int(character)))
    return 0;
  return size;
}

/// Character by character of UTF-8; a byte that is none is escaped alone.
std::string mlir::bitnet::escapePath(llvm::StringRef path) {
  std::string out;
  while (!path.empty()) {
    // Letters of any script are shown as they are.
    const size_t size = printableBytes(path);
    if (size == 0)
      out += "\\x" + llvm::toHex(path.take_front(1));
    else if (path.front() == '\\' || path.front() == '\'')
      out += "\\" + path.take_front(1).str();
    else
      out += path.take_front(size);
    path = path.drop_front(std::max<size_t>(size, 1));
  }
  return out;
}

std::string mlir::bitnet::quotePath(llvm::StringRef path) {
  return "'" + escapePath(path) + "'";
}

static llvm::Error broken(const llvm::Twine &what) {
  return llvm::createStringError(what);
}

llvm::Expected<OpenFile> mlir::bitnet::adoptRegularFile(int fd, bool oneLink) {
  struct stat status;
  int result = ::fstat(fd, &status);
  OpenFile file(fd, result == 0 ? uint64_t(status.st_size) : 0);
  if (result != 0)
    return broken(std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    return broken("is not a regular file");
  if (oneLink && status.st_nlink != 1)
    return llvm::createStringError(
        std::make_error_code(std::errc::too_many_links),
        "has several hard links");
  return std::move(file);
}

/// O_NONBLOCK, or opening a fifo would wait for its writer.
llvm::Expected<OpenFile> mlir::bitnet::openRegularFile(llvm::StringRef path) {
  // O_NONBLOCK: opening a fifo must not wait for its writer.
  int fd = ::open(path.str().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return broken(llvm::Twine("cannot be opened: ") + std::strerror(errno));
  return adoptRegularFile(fd, /*oneLink=*/false);
}
