//===- OutputFile.h - files that appear whole or not at all -----*- C++ -*-===//
//
// Whatever a command writes under a name that a user gave goes through here.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_SUPPORT_OUTPUTFILE_H
#define BITNET_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <string>

struct stat;

namespace mlir::bitnet {

/// Lets signals that end the process remove temporary files and folders. For
/// programs, not for libraries in them: handlers are installed.
void removeTemporariesOnSignal();
/// Whether a program asked for that.
bool removesTemporariesOnSignal();

/// That something cannot be written. Programs have an exit code of its own for
/// that, so it is told from other errors by its type, not by its text.
class OutputError : public llvm::ErrorInfo<OutputError> {
public:
  static char ID;
  explicit OutputError(std::string text) : text(std::move(text)) {}
  void log(llvm::raw_ostream &os) const override { os << text; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }

private:
  std::string text;
};

/// An output under the name that a user gave. What that leads to decides how it
/// is written:
///  - a regular file, or nothing yet: bytes go to a temporary file beside it;
///    `keep` flushes that to the disk and renames it, with the mode of the file
///    that was there; otherwise the destructor (or a signal) removes it;
///  - a symbolic link: what it leads to, so the link stays;
///  - "-", /dev/stdout, /dev/fd/N: the descriptor that this process has;
///  - a device, fifo, terminal: bytes go there at once, and `keep` is nothing.
/// Errors are an OutputError of one line, "cannot write '<path>': <why>", with
/// the path escaped. No write ends the process by a signal (SIGXFSZ, SIGPIPE).
class OutputFile {
public:
  /// `mode` is that of a new file; the umask applies.
  static llvm::Expected<OutputFile> create(llvm::StringRef path,
                                           unsigned mode = 0666);
  OutputFile(OutputFile &&other);
  OutputFile &operator=(OutputFile &&) = delete;
  ~OutputFile();

  /// Appends bytes; after an error the output must not be kept.
  llvm::Error write(llvm::ArrayRef<uint8_t> bytes);
  llvm::Error keep();

private:
  OutputFile(llvm::StringRef path, int fd) : path(path), fd(fd) {}
  static llvm::Expected<OutputFile> openStream(llvm::StringRef path, int fd);
  llvm::Error makeTemporary(unsigned mode);
  void imitate(const struct stat &old);
  llvm::Error fail(int error) const;

  std::string path;      ///< as given, for messages
  std::string target;    ///< with links followed; empty for streams
  std::string temporary; ///< empty for streams
  int fd;
};

/// Collects text for an OutputFile; the first failure is kept for `finish`.
class OutputStream : public llvm::raw_ostream {
public:
  explicit OutputStream(OutputFile &file) : file(file) {}
  ~OutputStream() override;
  llvm::Error finish();

private:
  void write_impl(const char *data, size_t size) override;
  uint64_t current_pos() const override { return position; }

  OutputFile &file;
  uint64_t position = 0;
  llvm::Error failure = llvm::Error::success();
};

/// What `body` prints becomes the file `path`, or an error leaves it as it was.
llvm::Error
writeOutputFile(llvm::StringRef path,
                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> body,
                unsigned mode = 0666);

/// True when an output of this name is a regular file, so that another file
/// can lie beside it: not standard output, a device or a fifo.
bool isRegularOutput(llvm::StringRef path);

/// `path` with its last component's links followed. It need not exist; an error
/// is one of the system's (too many links).
llvm::ErrorOr<std::string> followLinks(llvm::StringRef path);

/// Looks up what is there under the name that followLinks gave, or behind the
/// descriptor that the name stands for; false when there is nothing.
bool statTarget(llvm::StringRef target, struct stat &status);

/// Writes all bytes to `fd`; an error number, or 0. No signal ends the process.
int writeBytes(int fd, llvm::ArrayRef<uint8_t> bytes);

/// The OutputError "cannot write '<path>': <why>".
llvm::Error cannotWrite(llvm::StringRef path, const llvm::Twine &why);

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_OUTPUTFILE_H
