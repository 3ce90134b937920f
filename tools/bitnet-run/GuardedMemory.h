//===- GuardedMemory.h - memory between inaccessible pages ------*- C++ -*-===//
//
// The memory of --guard-pages, in which an access outside of a tensor faults at
// once, instead of reading or writing what happens to lie there. GuardedRun.cpp
// puts every tensor of a run into one.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_GUARDEDMEMORY_H
#define BITNET_TOOLS_BITNET_RUN_GUARDEDMEMORY_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace bitnet::run {

/// Which end of the memory touches an inaccessible page. Elements stay aligned
/// either way: a page is a multiple of every element's size.
enum class GuardedEdge { End, Begin };

/// Memory of exactly so many bytes whose one edge touches a page that nobody
/// may read or write. Between its other edge and the page on that side lie less
/// than a page of slack, filled as the memory is at first.
///
/// While one lives, an access to an inaccessible page prints a line that names
/// the memory before the process dies by the signal.
class GuardedMemory {
public:
  /// `label` is shown in messages: "input 'x'".
  static llvm::Expected<std::unique_ptr<GuardedMemory>>
  /// Fails when the system gives no memory.
  create(std::string label, uint64_t bytes, GuardedEdge edge);
  ~GuardedMemory();
  GuardedMemory(const GuardedMemory &) = delete;
  GuardedMemory &operator=(const GuardedMemory &) = delete;

  /// `bytes` bytes at the guarded edge.
  char *data() const { return start; }
  /// Makes the memory read-only: afterwards a write ends the process by a
  /// signal, too.
  void protect();
  /// Fails when something has written into the slack.
  llvm::Error checkSlack() const;

  /// Prints which access it was when `address` lies in this mapping, and
  /// returns whether it does. The handler of the signal calls it, so it must
  /// not allocate.
  bool explainFault(const char *address) const;

private:
  GuardedMemory(std::string label, char *map, uint64_t mapBytes, uint64_t bytes,
                GuardedEdge edge);

  std::string label;
  char *map; ///< a page, the memory with its slack, a page
  uint64_t mapBytes;
  char *start;
  uint64_t bytes;
  char fill;
};

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_GUARDEDMEMORY_H
