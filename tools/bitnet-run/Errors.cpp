//===- Errors.cpp - failures that know their exit code --------------------===//
//
// Errors go to standard error as one line. Standard output is buffered and may
// be a file, so its failures are found only when it is flushed.
//
//===----------------------------------------------------------------------===//

#include "Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <new>
#include <unistd.h>

using namespace llvm;
using namespace bitnet::run;

char Failure::ID = 0;

/// Control characters as \x0a: names of files and tensors may hold any.
static std::string onOneLine(StringRef text) {
  std::string line;
  for (char c : text)
    line += static_cast<unsigned char>(c) < ' ' || c == 127
                ? "\\x" + toHex(StringRef(&c, 1))
                : std::string(1, c);
  return line;
}

/// An error that is no Failure, for example of reading a .pb file, is bad data.
int bitnet::run::reportFailure(Error error) {
  outs().flush(); // what came before it
  int code = ExitBadData;
  handleAllErrors(std::move(error), [&](const Failure &failure) {
    std::string text;
    raw_string_ostream os(text);
    failure.log(os);
    code = failure.getCode();
    errs() << "bitnet-run: error: " << onOneLine(text) << "\n";
  });
  return code;
}

int bitnet::run::flushOutput(int code) {
  outs().flush();
  if (!outs().has_error())
    return code;
  errs() << "bitnet-run: error: cannot write standard output: "
         << outs().error().message() << "\n";
  outs().clear_error();
  return ExitOutputFailure;
}

/// Ends the process without allocating anything, and removes files that are
/// half written.
static void endWithoutMemory() {
  static const char text[] = "bitnet-run: error: out of memory\n";
  sys::RunInterruptHandlers();
  [[maybe_unused]] auto written =
      ::write(STDERR_FILENO, text, sizeof(text) - 1);
  ::_exit(ExitOutOfMemory);
}

void bitnet::run::endOnMissingMemory() {
  std::set_new_handler(endWithoutMemory);
  install_bad_alloc_error_handler(
      [](void *, const char *, bool) { endWithoutMemory(); });
}
