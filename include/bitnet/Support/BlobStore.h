//===- BlobStore.h - bytes behind #bitnet.blob ------------------*- C++ -*-===//
//
// Weights never live in IR: an attribute names a byte range of a file, and this
// store maps the file on first use. Buffers made during compilation (ternary
// codes, packed weights) and halves of a file's elements are registered under
// "<memory:N>".
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_SUPPORT_BLOBSTORE_H
#define BITNET_SUPPORT_BLOBSTORE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// Owns mapped files and in-memory buffers. Thread-safe. One per MLIRContext
/// (`BitNetDialect::getBlobStore`).
class BlobStore {
public:
  BlobStore();
  ~BlobStore();
  BlobStore(const BlobStore &) = delete;
  BlobStore &operator=(const BlobStore &) = delete;

  /// Registers a buffer; returns its name, "<memory:N>".
  std::string addMemory(std::vector<uint8_t> bytes);

  /// Registers the upper halves of the four-byte elements of a range: bf16 of
  /// f32. They are computed whenever they are asked for, so that streaming them
  /// takes no memory. Returns their name, "<memory:N>".
  std::string addUpperHalves(llvm::StringRef name, uint64_t offset,
                             uint64_t length);

  /// Maps the open file `fd` (ownership stays with the caller; it may be closed
  /// afterwards) under `name`. Used by the importer after its own checks.
  llvm::Error addFile(llvm::StringRef name, int fd);

  /// The names of all files that are mapped.
  std::vector<std::string> getFileNames();

  /// The bytes [offset, offset + length) of `name`, mapping the file when it is
  /// not known yet. Errors: cannot open, not a regular file, range past the
  /// end.
  llvm::Expected<llvm::ArrayRef<uint8_t>>
  getBytes(llvm::StringRef name, uint64_t offset, uint64_t length);

  /// Gives back the memory behind a range, which keeps the peak low while
  /// streaming. Pages of a mapped file come back when they are read again. The
  /// bytes of an `addUpperHalves` buffer are freed: call getBytes before the
  /// next use. Memory buffers stay as they are.
  void releasePages(llvm::ArrayRef<uint8_t> bytes);

  /// Frees a memory buffer that no attribute names any more, unless halves of
  /// it are computed on demand.
  void dropMemory(llvm::StringRef name);

  /// Whether `name` is one that this store gave, and no file's.
  static bool isMemoryName(llvm::StringRef name) {
    return name.starts_with("<memory:");
  }

private:
  struct Blob;
  std::string addBlob(std::unique_ptr<Blob> blob);
  llvm::Expected<Blob *> lookup(llvm::StringRef name);
  llvm::Error computeHalves(Blob &blob, uint64_t offset, uint64_t length);

  std::mutex mutex;
  llvm::StringMap<std::unique_ptr<Blob>> blobs;
  uint64_t nextId = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_BLOBSTORE_H
