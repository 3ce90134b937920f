//===- OutputFile.h - files that appear whole or not at all -----*- C++ -*-===//

#ifndef BITNET_LIB_TARGET_CPU_OUTPUTFILE_H
#define BITNET_LIB_TARGET_CPU_OUTPUTFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace mlir::bitnet {

/// A temporary file beside its destination. `keep` flushes it to the disk and
/// renames it; otherwise the destructor (or a signal) removes it. "-" is
/// standard output.
class OutputFile {
public:
  static llvm::Expected<OutputFile> create(llvm::StringRef path, unsigned mode);
  OutputFile(OutputFile &&other);
  OutputFile &operator=(OutputFile &&) = delete;
  ~OutputFile();

  llvm::Error write(llvm::ArrayRef<uint8_t> bytes);
  llvm::Error keep();
  /// Undoes `keep`.
  void remove();

private:
  OutputFile(llvm::StringRef path, std::string temporary, int fd)
      : path(path), temporary(std::move(temporary)), fd(fd) {}
  llvm::Error fail(int error);

  std::string path, temporary;
  int fd;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_OUTPUTFILE_H
