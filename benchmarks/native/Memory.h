//===- Memory.h - large buffers and raw reads of them ----------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_MEMORY_H
#define BENCHMARKS_NATIVE_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <vector>

namespace bench {

/// Anonymous memory, aligned to 2 MB, with or without pages of that size.
class Buffer {
public:
  /// Ends the program without memory; pages are touched later, by who fills
  /// them.
  Buffer(size_t bytes, bool hugePages);
  ~Buffer();
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;

  uint8_t *data;
  size_t size;

private:
  void *mapping;
};

/// Allocates whole cache lines, as a model's arena does.
template <typename T> struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};
  LineAllocator() = default;
  template <typename U> LineAllocator(const LineAllocator<U> &) {}
  T *allocate(size_t n) {
    return static_cast<T *>(::operator new(n * sizeof(T), kLine));
  }
  void deallocate(T *p, size_t) { ::operator delete(p, kLine); }
  bool operator==(const LineAllocator &) const { return true; }
  bool operator!=(const LineAllocator &) const { return false; }
};
template <typename T> using LineVector = std::vector<T, LineAllocator<T>>;

/// A way to read memory; returns the xor of all 64-bit words, which proves
/// that everything was read. Sizes are multiples of kReadStep.
struct ReadPattern {
  const char *name;
  uint64_t (*read)(const uint8_t *data, size_t size);
};

/// Bytes: whole rounds of every pattern.
inline constexpr size_t kReadStep = 4096;

/// The first is the plain one, with which the results of the others are
/// compared.
const std::vector<ReadPattern> &readPatterns();

} // namespace bench

#endif // BENCHMARKS_NATIVE_MEMORY_H
