//===- BlobStore.cpp - bytes behind #bitnet.blob --------------------------===//

#include "bitnet/Support/BlobStore.h"

#include "llvm/ADT/Twine.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir::bitnet;

/// Either a read-only mapping (`mapped` non-null or empty file) or `memory`.
struct BlobStore::Blob {
  std::vector<uint8_t> memory;
  void *mapped = nullptr;
  uint64_t size = 0;

  ~Blob() {
    if (mapped)
      ::munmap(mapped, size);
  }
  llvm::ArrayRef<uint8_t> bytes() const {
    if (mapped)
      return {static_cast<const uint8_t *>(mapped), size_t(size)};
    return memory;
  }
};

BlobStore::BlobStore() = default;
BlobStore::~BlobStore() = default;

static llvm::Error fileError(llvm::StringRef name, const llvm::Twine &what) {
  return llvm::createStringError(llvm::Twine(name) + ": " + what);
}

std::string BlobStore::addMemory(std::vector<uint8_t> bytes) {
  auto blob = std::make_unique<Blob>();
  blob->size = bytes.size();
  blob->memory = std::move(bytes);
  std::lock_guard<std::mutex> lock(mutex);
  std::string name = ("<memory:" + llvm::Twine(nextId++) + ">").str();
  blobs[name] = std::move(blob);
  return name;
}

llvm::Error BlobStore::addFile(llvm::StringRef name, int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0)
    return fileError(name, std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    return fileError(name, "not a regular file");
  auto blob = std::make_unique<Blob>();
  blob->size = uint64_t(status.st_size);
  if (blob->size != 0) {
    void *address = ::mmap(nullptr, blob->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (address == MAP_FAILED)
      return fileError(name, std::strerror(errno));
    blob->mapped = address;
  }
  std::lock_guard<std::mutex> lock(mutex);
  blobs.try_emplace(name, std::move(blob));
  return llvm::Error::success();
}

llvm::Expected<BlobStore::Blob *> BlobStore::lookup(llvm::StringRef name) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (auto it = blobs.find(name); it != blobs.end())
      return it->second.get();
  }
  if (isMemoryName(name))
    return fileError(name, "names a buffer of another process");
  int fd = ::open(name.str().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return fileError(name, std::strerror(errno));
  llvm::Error error = addFile(name, fd);
  ::close(fd);
  if (error)
    return std::move(error);
  std::lock_guard<std::mutex> lock(mutex);
  return blobs[name].get();
}

llvm::Expected<llvm::ArrayRef<uint8_t>>
BlobStore::getBytes(llvm::StringRef name, uint64_t offset, uint64_t length) {
  llvm::Expected<Blob *> blob = lookup(name);
  if (!blob)
    return blob.takeError();
  uint64_t size = (*blob)->size;
  if (offset > size || length > size - offset)
    return fileError(name, "range of " + llvm::Twine(length) +
                               " bytes at offset " + llvm::Twine(offset) +
                               " lies outside the file of " +
                               llvm::Twine(size) + " bytes");
  return (*blob)->bytes().slice(offset, length);
}

void BlobStore::releasePages(llvm::ArrayRef<uint8_t> bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  for (auto &entry : blobs) {
    Blob &blob = *entry.second;
    auto *base = static_cast<uint8_t *>(blob.mapped);
    if (!base || bytes.data() < base || bytes.data() >= base + blob.size)
      continue;
    // Only pages that lie wholly inside the range.
    uintptr_t page = uintptr_t(::sysconf(_SC_PAGESIZE));
    uintptr_t begin = (uintptr_t(bytes.data()) + page - 1) / page * page;
    uintptr_t end = uintptr_t(bytes.data() + bytes.size()) / page * page;
    if (begin < end)
      ::madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
    return;
  }
}

void BlobStore::dropMemory(llvm::StringRef name) {
  if (!isMemoryName(name))
    return;
  std::lock_guard<std::mutex> lock(mutex);
  blobs.erase(name);
}
