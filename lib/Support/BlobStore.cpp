//===- BlobStore.cpp - bytes behind #bitnet.blob --------------------------===//
//
// Blobs are kept by name in one map. A blob never moves, so the bytes that
// getBytes returns stay valid until it is dropped; the mutex guards the map
// only.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Support/BlobStore.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Endian.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir::bitnet;

/// Either a mapping (`mapped` non-null or empty file) or `memory`. Halves of
/// `source` are an anonymous mapping.
struct BlobStore::Blob {
  std::vector<uint8_t> memory;
  std::string source;
  uint64_t sourceOffset = 0;
  std::mutex computing;
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
  return addBlob(std::move(blob));
}

std::string BlobStore::addBlob(std::unique_ptr<Blob> blob) {
  std::lock_guard<std::mutex> lock(mutex);
  std::string name = ("<memory:" + llvm::Twine(nextId++) + ">").str();
  blobs[name] = std::move(blob);
  return name;
}

/// The mapping reserves address space for the halves; its pages get memory when
/// the halves are computed.
std::string BlobStore::addUpperHalves(llvm::StringRef name, uint64_t offset,
                                      uint64_t length) {
  auto blob = std::make_unique<Blob>();
  blob->size = length / 2;
  blob->source = name.str();
  blob->sourceOffset = offset;
  void *address = ::mmap(nullptr, blob->size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED)
    llvm::report_bad_alloc_error("cannot map memory for weights");
  blob->mapped = address;
  return addBlob(std::move(blob));
}

/// Two threads may want the same halves: each piece is written under a lock.
llvm::Error BlobStore::computeHalves(Blob &blob, uint64_t offset,
                                     uint64_t length) {
  using namespace llvm::support::endian;
  constexpr uint64_t kPiece = 1 << 20;
  uint64_t end = (offset + length + 1) / 2, next;
  for (uint64_t first = offset / 2; first < end; first = next) {
    next = std::min(end, first + kPiece);
    auto source = getBytes(blob.source, blob.sourceOffset + first * 4,
                           (next - first) * 4);
    if (!source)
      return source.takeError();
    std::lock_guard<std::mutex> lock(blob.computing);
    uint8_t *to = static_cast<uint8_t *>(blob.mapped) + first * 2;
    for (uint64_t i = 0; i < next - first; ++i)
      write16le(to + i * 2, read32le(source->data() + i * 4) >> 16);
    releasePages(*source);
  }
  return llvm::Error::success();
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

std::vector<std::string> BlobStore::getFileNames() {
  std::lock_guard<std::mutex> lock(mutex);
  std::vector<std::string> names;
  for (const auto &entry : blobs)
    if (!isMemoryName(entry.getKey()))
      names.push_back(entry.getKey().str());
  return names;
}

/// A name that the store does not know is that of a file, which is mapped now.
llvm::Expected<BlobStore::Blob *> BlobStore::lookup(llvm::StringRef name) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (auto it = blobs.find(name); it != blobs.end())
      return it->second.get();
  }
  // The text of a stage may name a buffer that only lived in the process that
  // wrote it.
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
  if (!(*blob)->source.empty())
    if (llvm::Error error = computeHalves(**blob, offset, length))
      return std::move(error);
  return (*blob)->bytes().slice(offset, length);
}

/// The search is linear: there are few files.
void BlobStore::releasePages(llvm::ArrayRef<uint8_t> bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  for (auto &entry : blobs) {
    Blob &blob = *entry.second;
    auto *base = static_cast<uint8_t *>(blob.mapped);
    if (!base || bytes.data() < base || bytes.data() >= base + blob.size)
      continue;
    // Only pages that lie wholly inside the range are given back, because their
    // neighbours may still be in use.
    uintptr_t page = uintptr_t(::sysconf(_SC_PAGESIZE));
    uintptr_t begin = (uintptr_t(bytes.data()) + page - 1) / page * page;
    uintptr_t end = uintptr_t(bytes.data() + bytes.size()) / page * page;
    if (begin < end)
      ::madvise(base + (begin - uintptr_t(base)), end - begin, MADV_DONTNEED);
    return;
  }
}

void BlobStore::dropMemory(llvm::StringRef name) {
  if (!isMemoryName(name))
    return;
  std::lock_guard<std::mutex> lock(mutex);
  for (const auto &entry : blobs)
    if (entry.second->source == name)
      return;
  blobs.erase(name);
}
