//===- OutputSet.h - the files of one command -------------------*- C++ -*-===//
//
// A command claims all its outputs before it works and commits them at its end,
// so that either all appear or none.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_SUPPORT_OUTPUTSET_H
#define BITNET_SUPPORT_OUTPUTSET_H

#include "bitnet/Support/OutputFile.h"

#include <memory>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// What -o names is called in messages.
inline constexpr llvm::StringLiteral kOutputRole = "the output";

/// The outputs of one command: none may be a file that the command reads or an
/// output that it has already, and they appear together. Files are the same
/// whatever their names when they are the same on the disk; devices and the
/// like are never in the way.
class OutputSet {
public:
  /// `what` is shown: "the model". What does not exist is no input. The name is
  /// the system's: standard input is /dev/stdin.
  void addInput(llvm::StringRef path, llvm::StringRef what);

  /// Fails unless the output `what` ("the report") would be a file of its own.
  /// It may be claimed, and then created, again.
  llvm::Error claim(llvm::StringRef path, llvm::StringRef what);

  /// Claims and opens an output; it appears when `commit` succeeds.
  llvm::Expected<OutputFile *>
  create(llvm::StringRef path, llvm::StringRef what, unsigned mode = 0666);

  /// Creates an output of what `body` prints.
  llvm::Error write(llvm::StringRef path, llvm::StringRef what,
                    llvm::function_ref<llvm::Error(llvm::raw_ostream &)> body);

  /// Lets all outputs created so far appear, the last one first: what tells of
  /// other files is created before them. After an error the rest does not
  /// appear, and files that were there before are whole.
  llvm::Error commit();
  /// Forgets all outputs created so far.
  void discard() { files.clear(); }

private:
  /// A file on the disk: its inode, or its name in the folder it will be in.
  struct Identity {
    uint64_t device = 0, inode = 0;
    std::string name;
    bool operator==(const Identity &other) const {
      return device == other.device && inode == other.inode &&
             name == other.name;
    }
  };
  struct Taken {
    Identity identity;
    std::string path, what;
  };
  static bool identify(llvm::StringRef path, Identity &identity);

  std::vector<Taken> inputs, claimed;
  std::vector<std::unique_ptr<OutputFile>> files;
};

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_OUTPUTSET_H
