//===- OutputFile.cpp - files that appear whole or not at all -------------===//
//
// The order of system calls matters here: bytes reach the disk before the
// rename, the mode is set before anything is written, and a failure at any
// point leaves what was there before.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Support/OutputFile.h"

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir::bitnet;

char OutputError::ID = 0;

static std::atomic<bool> onSignal = false;

void mlir::bitnet::removeTemporariesOnSignal() { onSignal = true; }

bool mlir::bitnet::removesTemporariesOnSignal() { return onSignal; }

llvm::Error mlir::bitnet::cannotWrite(llvm::StringRef path,
                                      const llvm::Twine &why) {
  return llvm::make_error<OutputError>(
      ("cannot write " + quotePath(path) + ": " + why).str());
}

namespace {
/// A write past a limit of file sizes, or into a pipe that nobody reads, sends
/// its thread a signal that ends the process. While this lives the write fails
/// with EFBIG or EPIPE alone; a library may not change handlers for that.
class WithoutSignals {
public:
  WithoutSignals() {
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGXFSZ);
    ::sigaddset(&signals, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signals, &before);
  }
  ~WithoutSignals() {
    const int error = errno;
    const timespec atOnce = {};
    while (::sigtimedwait(&signals, nullptr, &atOnce) > 0)
      ;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
  }

private:
  sigset_t signals, before;
};
} // namespace

int mlir::bitnet::writeBytes(int fd, llvm::ArrayRef<uint8_t> bytes) {
  const WithoutSignals guard;
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno;
    bytes = bytes.drop_front(size_t(count));
  }
  return 0;
}

//===----------------------------------------------------------------------===//
// What a name leads to
//===----------------------------------------------------------------------===//

/// The descriptor of this process that `path` names. Opening the name anew
/// would start at the front of a file that the shell appends to, and a socket
/// has no name that can be opened.
static std::optional<int> namedDescriptor(llvm::StringRef path) {
  int fd;
  if (path == "-")
    return STDOUT_FILENO;
  if ((path.consume_front("/proc/self/fd/") ||
       path.consume_front("/dev/fd/")) &&
      !path.getAsInteger(10, fd) && fd >= 0)
    return fd;
  return std::nullopt;
}

llvm::ErrorOr<std::string> mlir::bitnet::followLinks(llvm::StringRef path) {
  constexpr int kMostLinks = 40; // as the kernel
  std::string current = path.str();
  for (int i = 0; i < kMostLinks; ++i) {
    char text[PATH_MAX];
    if (namedDescriptor(current))
      return current;
    const ssize_t size = ::readlink(current.c_str(), text, sizeof(text));
    if (size < 0) // no link, or nothing there
      return current;
    const llvm::StringRef to(text, size_t(size));
    if (llvm::sys::path::is_absolute(to)) {
      current = to.str();
      continue;
    }
    llvm::SmallString<256> next(llvm::sys::path::parent_path(current));
    llvm::sys::path::append(next, to);
    current = next.str().str();
  }
  return std::make_error_code(std::errc::too_many_symbolic_link_levels);
}

bool mlir::bitnet::statTarget(llvm::StringRef target, struct stat &status) {
  if (std::optional<int> fd = namedDescriptor(target))
    return ::fstat(*fd, &status) == 0;
  return ::stat(target.str().c_str(), &status) == 0;
}

bool mlir::bitnet::isRegularOutput(llvm::StringRef path) {
  llvm::ErrorOr<std::string> target = followLinks(path);
  struct stat status;
  return target && !namedDescriptor(*target) &&
         (::stat(target->c_str(), &status) != 0 || S_ISREG(status.st_mode));
}

//===----------------------------------------------------------------------===//
// OutputFile
//===----------------------------------------------------------------------===//

llvm::Error OutputFile::fail(int error) const {
  return cannotWrite(path, std::strerror(error));
}

/// `fd` is a duplicate that this object owns.
llvm::Expected<OutputFile> OutputFile::openStream(llvm::StringRef path,
                                                  int fd) {
  OutputFile file(path, fd);
  if (fd < 0)
    return file.fail(errno);
  return std::move(file);
}

llvm::Expected<OutputFile> OutputFile::create(llvm::StringRef path,
                                              unsigned mode) {
  if (path.empty())
    return cannotWrite(path, std::strerror(ENOENT));
  llvm::ErrorOr<std::string> target = followLinks(path);
  if (!target)
    return cannotWrite(path, target.getError().message());
  // A descriptor of this process is duplicated, not opened again.
  if (std::optional<int> named = namedDescriptor(*target))
    return openStream(path, ::fcntl(*named, F_DUPFD_CLOEXEC, 0));
  struct stat status;
  // What is there already decides how the output is written.
  const bool exists = ::stat(target->c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    return cannotWrite(path, std::strerror(EISDIR));
  if (exists && !S_ISREG(status.st_mode))
    return openStream(path,
                      ::open(target->c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
  OutputFile file(path, -1);
  file.target = std::move(*target);
  if (llvm::Error error = file.makeTemporary(mode))
    return std::move(error);
  if (exists)
    file.imitate(status);
  return std::move(file);
}

/// The mode of the file that is replaced, and its owner where we may give files
/// away; where not, the bits that act for an owner are not those of this one.
void OutputFile::imitate(const struct stat &old) {
  // A set-uid bit must not pass to another owner.
  const bool sameOwner = ::fchown(fd, old.st_uid, old.st_gid) == 0;
  ::fchmod(fd, old.st_mode & (sameOwner ? 07777 : 0777));
}

/// Beside the target, so that the rename stays within one file system. The name
/// is cut: the target's may be as long as a name can be.
llvm::Error OutputFile::makeTemporary(unsigned mode) {
  constexpr int kTries = 100;
  constexpr size_t kLongest = 200;
  const llvm::StringRef folder = llvm::sys::path::parent_path(target);
  const llvm::StringRef name = llvm::sys::path::filename(target);
  for (int i = 0; i < kTries && fd < 0; ++i) {
    llvm::SmallString<256> place(folder);
    llvm::sys::path::append(
        place,
        name.take_front(kLongest) + "." +
            llvm::Twine::utohexstr(llvm::sys::Process::GetRandomNumber()) +
            ".tmp");
    fd = ::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0)
      temporary = place.str().str();
    else if (errno != EEXIST)
      break;
  }
  if (fd < 0)
    return fail(errno);
  if (onSignal)
    llvm::sys::RemoveFileOnSignal(temporary);
  return llvm::Error::success();
}

OutputFile::OutputFile(OutputFile &&other)
    : path(std::move(other.path)), target(std::move(other.target)),
      temporary(std::move(other.temporary)), fd(other.fd) {
  other.fd = -1;
}

OutputFile::~OutputFile() {
  if (fd < 0)
    return;
  ::close(fd);
  if (temporary.empty())
    return;
  ::unlink(temporary.c_str());
  if (onSignal)
    llvm::sys::DontRemoveFileOnSignal(temporary);
}

llvm::Error OutputFile::write(llvm::ArrayRef<uint8_t> bytes) {
  const int error = writeBytes(fd, bytes);
  return error ? fail(error) : llvm::Error::success();
}

/// fsync, then rename: a crash leaves the old file or the whole new one.
llvm::Error OutputFile::keep() {
  if (temporary.empty())
    return llvm::Error::success();
  // A rename of bytes that are not on the disk could survive a crash without
  // them.
  if (::fsync(fd) != 0 || ::rename(temporary.c_str(), target.c_str()) != 0)
    return fail(errno);
  ::close(fd);
  fd = -1;
  if (onSignal)
    llvm::sys::DontRemoveFileOnSignal(temporary);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// OutputStream
//===----------------------------------------------------------------------===//

OutputStream::~OutputStream() {
  flush();
  llvm::consumeError(std::move(failure));
}

/// The first failure is kept; raw_ostream has no way to return it.
void OutputStream::write_impl(const char *data, size_t size) {
  position += size;
  if (failure)
    return;
  failure = file.write({reinterpret_cast<const uint8_t *>(data), size});
}

llvm::Error OutputStream::finish() {
  flush();
  return std::move(failure);
}

llvm::Error mlir::bitnet::writeOutputFile(
    llvm::StringRef path,
    llvm::function_ref<llvm::Error(llvm::raw_ostream &)> body, unsigned mode) {
  llvm::Expected<OutputFile> file = OutputFile::create(path, mode);
  if (!file)
    return file.takeError();
  OutputStream os(*file);
  if (llvm::Error error = body(os))
    return error;
  if (llvm::Error error = os.finish())
    return error;
  return file->keep();
}
