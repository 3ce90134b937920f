//===- MadeFolder.h - folders that go when a command fails ------*- C++ -*-===//

#ifndef BITNET_SUPPORT_MADEFOLDER_H
#define BITNET_SUPPORT_MADEFOLDER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/ErrorOr.h"

#include <atomic>
#include <utility>

namespace mlir::bitnet {

/// A folder that this process has made. Until `keep` it is removed again: by
/// the destructor, or by a signal that ends the process (SIGHUP, SIGINT,
/// SIGTERM), after LLVM has removed the files that were to go.
class MadeFolder {
public:
  enum class Removal { WithContents, WhenEmpty };

  /// Fails when there is something of that name.
  static llvm::ErrorOr<MadeFolder> create(llvm::StringRef path,
                                          Removal removal);
  MadeFolder(MadeFolder &&other) : entry(std::exchange(other.entry, nullptr)) {}
  MadeFolder &operator=(MadeFolder &&) = delete;
  ~MadeFolder();

  /// Lets the folder stay: neither the destructor nor a signal removes it any
  /// more.
  void keep();

private:
  struct Entry;
  explicit MadeFolder(Entry *entry) : entry(entry) {}
  static void removeAll(int signal);
  static void handleSignals();

  Entry *entry;
  static std::atomic<Entry *> newest;
};

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_MADEFOLDER_H
