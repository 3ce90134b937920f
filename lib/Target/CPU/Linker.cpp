//===- Linker.cpp - lld in this process -----------------------------------===//
//
// lld runs in this process. Its inputs are files in memory (memfd) and its
// output goes to a pipe, so a full disk or a limit of file sizes cannot end the
// process.
//
//===----------------------------------------------------------------------===//

#include "Linker.h"

#include "bitnet/Support/OutputFile.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Target/TargetMachine.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace mlir::bitnet;

static llvm::Error systemError(const llvm::Twine &what) {
  return llvm::createStringError(what + ": " + std::strerror(errno));
}

static std::string getPath(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

namespace {
/// Input files in memory.
class MemoryFiles {
public:
  ~MemoryFiles() {
    for (int fd : fds)
      ::close(fd);
  }
  llvm::Error add(llvm::StringRef bytes) {
    int fd = ::memfd_create("bitnet", MFD_CLOEXEC);
    if (fd < 0)
      return systemError("cannot make a file in memory");
    fds.push_back(fd);
    // A write may fail, because limits of file sizes hold for these files, too.
    const int error = writeBytes(fd, llvm::arrayRefFromStringRef(bytes));
    if (error)
      return llvm::make_error<OutputError>(
          std::string("cannot write a file in memory: ") +
          std::strerror(error));
    return llvm::Error::success();
  }
  llvm::ArrayRef<int> get() const { return fds; }

private:
  llvm::SmallVector<int> fds;
};
} // namespace

/// Reads until lld has closed its end; a thread of its own, since a pipe is
/// small.
static void drain(int fd, Bytes &bytes) {
  char buffer[1 << 16];
  for (;;) {
    ssize_t count = ::read(fd, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return;
    bytes.append(buffer, buffer + count);
  }
}

/// lld's messages as one line: the first error, without its prefix.
static std::string firstError(llvm::StringRef messages) {
  size_t at = messages.find("error: ");
  if (at != llvm::StringRef::npos)
    messages = messages.drop_front(at + strlen("error: "));
  return messages.split('\n').first.trim().str();
}

llvm::Expected<Bytes>
mlir::bitnet::runLinker(llvm::ArrayRef<std::string> args,
                        llvm::ArrayRef<llvm::StringRef> inputs) {
  // Only one thread may run lld at a time, because lld keeps its state in
  // globals.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  MemoryFiles files;
  for (llvm::StringRef input : inputs)
    if (llvm::Error error = files.add(input))
      return std::move(error);
  // ends[1] is lld's output, by its name in /proc.
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return systemError("cannot make a pipe");
  // lld writes a regular file through a mapping, where a full disk is a bus
  // error. It writes a pipe from its own memory, where that is an error code.
  std::vector<std::string> all{"ld.lld", "-o", getPath(ends[1]), "--threads=1"};
  all.insert(all.end(), args.begin(), args.end());
  for (int fd : files.get())
    all.push_back(getPath(fd));
  std::vector<const char *> raw;
  for (const std::string &arg : all)
    raw.push_back(arg.c_str());
  Bytes output;
  std::thread reader([&] { drain(ends[0], output); });
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::DriverDef driver{lld::Gnu, &lld::elf::link};
  lld::Result result = lld::lldMain(raw, stream, stream, driver);
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  if (result.retCode != 0)
    return llvm::createStringError("the linker failed: " +
                                   firstError(messages));
  return output;
}

/// The weights lie last, in an ELF segment of their own, so that their bytes
/// need not pass through the linker.
static const char kScript[] = "SECTIONS { .bitnet_weights : "
                              "ALIGN(CONSTANT(MAXPAGESIZE)) "
                              "{ *(.bitnet_weights) } } INSERT AFTER .bss;\n";

llvm::Expected<Bytes>
mlir::bitnet::linkSharedLibrary(llvm::StringRef object, llvm::StringRef soname,
                                llvm::TargetMachine &machine) {
  auto libraries = makeSystemLibraries(object, machine);
  if (!libraries)
    return libraries.takeError();
  llvm::SmallVector<llvm::StringRef> inputs{object, kScript};
  for (const Bytes &library : *libraries)
    inputs.push_back(llvm::StringRef(library.data(), library.size()));
  return runLinker({"-shared", "-soname", soname.str(), "-z", "defs", "-z",
                    "now", "-z", "noexecstack", "--build-id=none",
                    "--hash-style=gnu", "--as-needed"},
                   inputs);
}
