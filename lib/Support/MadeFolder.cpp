//===- MadeFolder.cpp - folders that go when a command fails --------------===//
//
// A signal handler must find all folders at any time, so they form a list of
// entries that are never freed, and removal uses system calls only.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Support/MadeFolder.h"

#include "bitnet/Support/OutputFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"

#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <iterator>
#include <mutex>
#include <string>
#include <unistd.h>

using namespace mlir::bitnet;

/// Lives as long as the process: a handler may look at it at any time.
struct MadeFolder::Entry {
  const std::string path;
  const Removal removal;
  Entry *const next;
  std::atomic<bool> isOurs{true};

  void remove() const;
};

std::atomic<MadeFolder::Entry *> MadeFolder::newest;

/// Handlers call this: nothing here may ask for memory, as opendir would.
static void removeContents(int folder) {
  alignas(dirent64) char buffer[4096];
  ssize_t size;
  while ((size = ::getdents64(folder, buffer, sizeof(buffer))) > 0)
    for (ssize_t at = 0; at < size;) {
      const auto *item = reinterpret_cast<const dirent64 *>(buffer + at);
      const char *name = item->d_name;
      at += item->d_reclen;
      if (!std::strcmp(name, ".") || !std::strcmp(name, "..") ||
          ::unlinkat(folder, name, 0) == 0)
        continue;
      const int inner = ::openat(
          folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (inner < 0)
        continue;
      removeContents(inner);
      ::close(inner);
      ::unlinkat(folder, name, AT_REMOVEDIR);
    }
}

/// Removes a folder; safe in a signal handler.
void MadeFolder::Entry::remove() const {
  const int folder = removal == Removal::WithContents
                         ? ::open(path.c_str(), O_RDONLY | O_DIRECTORY |
                                                    O_NOFOLLOW | O_CLOEXEC)
                         : -1;
  if (folder >= 0) {
    removeContents(folder);
    ::close(folder);
  }
  ::rmdir(path.c_str());
}

static constexpr int kSignals[] = {SIGHUP, SIGINT, SIGTERM};
static struct sigaction before[std::size(kSignals)];

/// The list begins with the newest folder, because inner folders were made
/// later. The handler that was there before ends the process: it gets the
/// signal when this one returns.
void MadeFolder::removeAll(int signal) {
  // LLVM's own list of temporary files is removed first, because they lie in
  // these folders.
  llvm::sys::RunInterruptHandlers();
  for (const Entry *entry = newest; entry; entry = entry->next)
    if (entry->isOurs)
      entry->remove();
  for (size_t i = 0; i < std::size(kSignals); ++i)
    if (kSignals[i] == signal)
      ::sigaction(signal, &before[i], nullptr);
  ::raise(signal);
}

/// A signal that is ignored (nohup) stays so.
void MadeFolder::handleSignals() {
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    ::sigaction(kSignals[i], nullptr, &before[i]);
    if (before[i].sa_handler == SIG_IGN)
      continue;
    struct sigaction action = {};
    action.sa_handler = removeAll;
    ::sigfillset(&action.sa_mask);
    ::sigaction(kSignals[i], &action, nullptr);
  }
}

/// Handlers are installed once, with the first folder.
llvm::ErrorOr<MadeFolder> MadeFolder::create(llvm::StringRef path,
                                             Removal removal) {
  static std::mutex mutex; // several compilations may run in one process
  const std::lock_guard<std::mutex> lock(mutex);
  if (removesTemporariesOnSignal()) {
    [[maybe_unused]] static const bool handled = (handleSignals(), true);
  }
  if (std::error_code error =
          llvm::sys::fs::create_directory(path, /*IgnoreExisting=*/false))
    return error;
  auto *entry = new Entry{path.str(), removal, newest};
  newest = entry;
  return MadeFolder(entry);
}

/// A signal may come at any point here: then its handler removes the rest.
MadeFolder::~MadeFolder() {
  if (!entry || !entry->isOurs)
    return;
  entry->remove();
  entry->isOurs = false;
}

void MadeFolder::keep() { entry->isOurs = false; }
