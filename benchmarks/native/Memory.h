//===- Memory.h - large buffers and raw reads of them ----------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_MEMORY_H
#define BENCHMARKS_NATIVE_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// Anonymous memory, aligned to 2 MB, with or without pages of that size.
class Buffer {
public:
  Buffer(size_t bytes, bool hugePages);
  ~Buffer();
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;

  uint8_t *data;
  size_t size;

private:
  void *mapping;
};

/// A way to read memory; returns the xor of all 64-bit words, which proves
/// that everything was read. Sizes are multiples of kReadStep.
struct ReadPattern {
  const char *name;
  uint64_t (*read)(const uint8_t *data, size_t size);
};

inline constexpr size_t kReadStep = 4096;

const std::vector<ReadPattern> &readPatterns();

} // namespace bench

#endif // BENCHMARKS_NATIVE_MEMORY_H
