//===- Memory.cpp - large buffers and raw reads of them -------------------===//

#include "Memory.h"

#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>

using namespace bench;

static constexpr size_t kHugePage = size_t(2) << 20;

/// Twice a huge page more than asked for: one to align, one behind the end.
Buffer::Buffer(size_t bytes, bool hugePages) {
  size = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  // The page behind the end keeps prefetches and padded loads in bounds.
  mapping = mmap(nullptr, size + 2 * kHugePage, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  auto address = (uintptr_t(mapping) + kHugePage - 1) / kHugePage * kHugePage;
  data = reinterpret_cast<uint8_t *>(address);
  madvise(data, size, hugePages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

Buffer::~Buffer() { munmap(mapping, size + 2 * kHugePage); }

// One zmm, two ymm or four xmm or q registers, whatever the machine has.
using Vector = uint64_t __attribute__((vector_size(64)));

static constexpr int kAccs = 8;

/// The xor of all words of the accumulators.
static uint64_t fold(const Vector *accs, int count) {
  uint64_t result = 0;
  for (int i = 0; i < count; ++i)
    for (int lane = 0; lane < 8; ++lane)
      result ^= accs[i][lane];
  return result;
}

/// One stream; `Ahead` bytes are prefetched, 0 leaves it to the hardware.
template <size_t Ahead>
static uint64_t readSequential(const uint8_t *data, size_t size) {
  auto *p = reinterpret_cast<const Vector *>(data);
  auto *end = reinterpret_cast<const Vector *>(data + size);
  Vector accs[kAccs] = {};
  for (; p < end; p += kAccs)
#pragma clang loop unroll(full)
    for (int i = 0; i < kAccs; ++i) {
      if (Ahead)
        __builtin_prefetch(reinterpret_cast<const char *>(p + i) + Ahead);
      accs[i] ^= p[i];
    }
  return fold(accs, kAccs);
}

/// Four streams at once, a quarter of the range each.
static uint64_t readStreams(const uint8_t *data, size_t size) {
  size_t quarter = size / 4 / sizeof(Vector);
  auto *p = reinterpret_cast<const Vector *>(data);
  Vector accs[kAccs] = {};
  for (size_t at = 0; at < quarter; at += 2)
#pragma clang loop unroll(full)
    for (int i = 0; i < kAccs; ++i) {
      const Vector *from = p + (i / 2) * quarter + at + i % 2;
      __builtin_prefetch(reinterpret_cast<const char *>(from) + 2048);
      accs[i] ^= *from;
    }
  return fold(accs, kAccs);
}

/// Loads and prefetches that ask not to be kept in caches.
static uint64_t readNonTemporal(const uint8_t *data, size_t size) {
  auto *p = reinterpret_cast<const Vector *>(data);
  auto *end = reinterpret_cast<const Vector *>(data + size);
  Vector accs[kAccs] = {};
  for (; p < end; p += kAccs)
#pragma clang loop unroll(full)
    for (int i = 0; i < kAccs; ++i) {
      __builtin_prefetch(reinterpret_cast<const char *>(p + i) + 4096, 0, 0);
      accs[i] ^= __builtin_nontemporal_load(p + i);
    }
  return fold(accs, kAccs);
}

/// Which one is fastest differs between CPUs, so all are tried.
const std::vector<ReadPattern> &bench::readPatterns() {
  static const std::vector<ReadPattern> patterns = {
      {"sequential", readSequential<0>},
      {"prefetch-2k", readSequential<2048>},
      {"prefetch-4k", readSequential<4096>},
      {"streams-4", readStreams},
      {"non-temporal", readNonTemporal},
  };
  return patterns;
}
