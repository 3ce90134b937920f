//===- SystemMemory.cpp - how much memory there is ------------------------===//
//
// The memory of the machine, from sysconf, and the limit of the control group
// that this process is in, from /sys/fs/cgroup (version 2 or 1).
//
//===----------------------------------------------------------------------===//

#include "bitnet/Support/SystemMemory.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <unistd.h>

using namespace mlir::bitnet;

/// The number in a file of the kernel; all bits: there is none ("max").
static uint64_t readLimit(const char *path) {
  uint64_t limit;
  auto text = llvm::MemoryBuffer::getFileAsStream(path);
  if (!text || (*text)->getBuffer().trim().getAsInteger(10, limit))
    return UINT64_MAX;
  return limit;
}

/// The least of them all.
uint64_t mlir::bitnet::getSystemMemory() {
  const uint64_t machine =
      uint64_t(::sysconf(_SC_PHYS_PAGES)) * uint64_t(::sysconf(_SC_PAGESIZE));
  return std::min({machine, readLimit("/sys/fs/cgroup/memory.max"),
                   readLimit("/sys/fs/cgroup/memory/memory.limit_in_bytes")});
}

/// The second number of statm, in pages.
uint64_t mlir::bitnet::getResidentMemory() {
  auto text = llvm::MemoryBuffer::getFileAsStream("/proc/self/statm");
  uint64_t pages;
  if (!text ||
      (*text)->getBuffer().split(' ').second.split(' ').first.getAsInteger(
          10, pages))
    return 0;
  return pages * uint64_t(::sysconf(_SC_PAGESIZE));
}

std::string mlir::bitnet::formatBytes(uint64_t bytes) {
  static const char *const units[] = {"bytes", "kB", "MB", "GB",
                                      "TB",    "PB", "EB"};
  double value = double(bytes);
  size_t unit = 0;
  for (; value >= 1000 && unit + 1 < std::size(units); ++unit)
    value /= 1000;
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format(unit ? "%.1f " : "%.0f ", value) << units[unit];
  return text;
}
