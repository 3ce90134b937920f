//===- GuardedMemory.cpp - memory between inaccessible pages --------------===//

#include "GuardedMemory.h"
#include "Errors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace llvm;
using namespace bitnet::run;

/// A handler of a signal gets no argument of ours. Changes only while no model
/// runs.
static std::vector<const GuardedMemory *> living;

/// write is safe within the handler of a signal; printing is not.
static void say(StringRef text) {
  // Nothing can be done when standard error is closed.
  [[maybe_unused]] ssize_t written =
      ::write(STDERR_FILENO, text.data(), text.size());
}

/// Returns to the access, which then ends the process: SA_RESETHAND.
static void explain(int, siginfo_t *info, void *) {
  const char *address = static_cast<const char *>(info->si_addr);
  for (const GuardedMemory *memory : living)
    if (memory->explainFault(address))
      return;
}

/// The first fault is explained, and the default action then ends the process.
static void installHandler() {
  struct sigaction action = {};
  action.sa_sigaction = explain;
  action.sa_flags = SA_SIGINFO | SA_RESETHAND;
  for (int signal : {SIGSEGV, SIGBUS})
    ::sigaction(signal, &action, nullptr);
}

static uint64_t pageBytes() {
  static const uint64_t bytes = ::sysconf(_SC_PAGESIZE);
  return bytes;
}

/// A page on either side, and in between whole pages for the bytes.
Expected<std::unique_ptr<GuardedMemory>>
GuardedMemory::create(std::string label, uint64_t bytes, GuardedEdge edge) {
  const uint64_t page = pageBytes();
  const uint64_t mapBytes = alignTo(bytes, page) + 2 * page;
  void *map = MAP_FAILED;
  if (mapBytes > bytes)
    map = ::mmap(nullptr, mapBytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED)
    return badData(label + ": no memory for " + Twine(bytes) +
                   " bytes between guard pages");
  return std::unique_ptr<GuardedMemory>(new GuardedMemory(
      std::move(label), static_cast<char *>(map), mapBytes, bytes, edge));
}

GuardedMemory::GuardedMemory(std::string label, char *map, uint64_t mapBytes,
                             uint64_t bytes, GuardedEdge edge)
    : label(std::move(label)), map(map), mapBytes(mapBytes), bytes(bytes) {
  const uint64_t page = pageBytes();
  const bool atEnd = edge == GuardedEdge::End;
  start = atEnd ? map + mapBytes - page - bytes : map + page;
  // A run that takes in slack, or leaves out elements, gives other results at
  // the other edge.
  fill = atEnd ? 0x5a : 0x25;
  std::memset(map + page, fill, mapBytes - 2 * page);
  ::mprotect(map, page, PROT_NONE);
  ::mprotect(map + mapBytes - page, page, PROT_NONE);
  if (living.empty())
    installHandler();
  living.push_back(this);
}

GuardedMemory::~GuardedMemory() {
  llvm::erase(living, this);
  ::munmap(map, mapBytes);
}

void GuardedMemory::protect() {
  const uint64_t page = pageBytes();
  ::mprotect(map + page, mapBytes - 2 * page, PROT_READ);
}

/// Slack lies before the bytes or behind them, depending on the edge.
Error GuardedMemory::checkSlack() const {
  const uint64_t page = pageBytes();
  const auto isFill = [&](char c) { return c == fill; };
  const StringRef before(map + page, start - (map + page));
  const char *end = start + bytes;
  const StringRef behind(end, map + mapBytes - page - end);
  if (all_of(before, isFill) && all_of(behind, isFill))
    return Error::success();
  return fail(ExitSoftware, "the model has written outside of " + label);
}

/// An address below `start` lies in the slack or the page before the memory.
bool GuardedMemory::explainFault(const char *address) const {
  if (address < map || address >= map + mapBytes)
    return false;
  say("bitnet-run: error: the model ");
  if (address < start)
    say("reads or writes before ");
  else
    say(address < start + bytes ? "writes to " : "reads or writes behind ");
  say(label);
  say("\n");
  return true;
}
