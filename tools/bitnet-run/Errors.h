//===- Errors.h - failures that know their exit code ------------*- C++ -*-===//
//
// Every function that may fail returns an llvm::Error made by fail or badData;
// bitnet-run.cpp prints it and ends with its code.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_ERRORS_H
#define BITNET_TOOLS_BITNET_RUN_ERRORS_H

#include "llvm/Support/Error.h"

namespace bitnet::run {

/// Exit codes of bitnet-run (sysexits.h where one fits). README.md lists
/// them.
enum ExitCode {
  ExitSuccess = 0,
  ExitMismatch = 1,
  ExitUsage = 64,
  ExitBadData = 65,
  ExitMissingInput = 66,
  ExitUnsupportedCPU = 69,
  ExitSoftware = 70,
  ExitOutOfMemory = 71,
  ExitOutputFailure = 74,
};

/// One line of text and the exit code it leads to. Errors of other libraries
/// count as bad data.
class Failure : public llvm::ErrorInfo<Failure> {
public:
  static char ID;
  Failure(ExitCode code, std::string text)
      : code(code), text(std::move(text)) {}
  ExitCode getCode() const { return code; }
  void log(llvm::raw_ostream &os) const override { os << text; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }

private:
  ExitCode code;
  std::string text;
};

/// A failure with any exit code; `text` needs no "error:" and no line break.
inline llvm::Error fail(ExitCode code, const llvm::Twine &text) {
  return llvm::make_error<Failure>(code, text.str());
}
/// A failure that the user's files or the model cause.
inline llvm::Error badData(const llvm::Twine &text) {
  return fail(ExitBadData, text);
}

/// Prints one line, whatever is in the names of files and tensors; the exit
/// code.
int reportFailure(llvm::Error error);

/// Flushes standard output. It may be a file on a full disk: then another exit
/// code than `code`, after a line.
int flushOutput(int code);

/// After this call, an allocation that fails ends the process with a line and
/// an exit code.
void endOnMissingMemory();

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_ERRORS_H
