//===- OutputSet.cpp - the files of one command ---------------------------===//
//
// Two names are the same file when device and inode are equal, or, for a file
// that does not exist yet, when its folder and its name are.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Support/OutputSet.h"

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Path.h"

#include <sys/stat.h>

using namespace mlir::bitnet;

/// False for what can be shared (devices, streams) and for what cannot be
/// written anyway. A descriptor can be open on a file that has a name as well.
bool OutputSet::identify(llvm::StringRef path, Identity &identity) {
  llvm::ErrorOr<std::string> target = followLinks(path);
  if (!target)
    return false;
  struct stat status;
  const bool exists = statTarget(*target, status);
  if (exists && !S_ISREG(status.st_mode))
    return false;
  // A new file is known by its folder and its name.
  if (!exists) {
    llvm::StringRef folder = llvm::sys::path::parent_path(*target);
    identity.name = llvm::sys::path::filename(*target).str();
    if (::stat(folder.empty() ? "." : folder.str().c_str(), &status) != 0)
      return false;
  }
  identity.device = status.st_dev;
  identity.inode = status.st_ino;
  return true;
}

void OutputSet::addInput(llvm::StringRef path, llvm::StringRef what) {
  struct stat status;
  if (::stat(path.str().c_str(), &status) == 0 && S_ISREG(status.st_mode))
    inputs.push_back(
        {{status.st_dev, status.st_ino, ""}, path.str(), what.str()});
}

llvm::Error OutputSet::claim(llvm::StringRef path, llvm::StringRef what) {
  Identity identity;
  if (!identify(path, identity))
    return llvm::Error::success();
  const auto isSame = [&](const Taken &taken) {
    return taken.identity == identity;
  };
  if (auto input = llvm::find_if(inputs, isSame); input != inputs.end())
    return cannotWrite(path, "it is " + input->what + ", " +
                                 quotePath(input->path) + ", which is read");
  auto other = llvm::find_if(claimed, isSame);
  if (other == claimed.end())
    claimed.push_back({identity, path.str(), what.str()});
  else if (other->what != what)
    return cannotWrite(path, "it is both " + other->what + " and " + what);
  return llvm::Error::success();
}

llvm::Expected<OutputFile *>
OutputSet::create(llvm::StringRef path, llvm::StringRef what, unsigned mode) {
  if (llvm::Error error = claim(path, what))
    return std::move(error);
  llvm::Expected<OutputFile> file = OutputFile::create(path, mode);
  if (!file)
    return file.takeError();
  files.push_back(std::make_unique<OutputFile>(std::move(*file)));
  return files.back().get();
}

llvm::Error
OutputSet::write(llvm::StringRef path, llvm::StringRef what,
                 llvm::function_ref<llvm::Error(llvm::raw_ostream &)> body) {
  llvm::Expected<OutputFile *> file = create(path, what);
  if (!file)
    return file.takeError();
  OutputStream os(**file);
  if (llvm::Error error = body(os))
    return error;
  return os.finish();
}

/// Lets the outputs appear. After an error the others are dropped, which
/// removes their temporary files.
llvm::Error OutputSet::commit() {
  // Whatever is not kept is removed when this goes.
  std::vector<std::unique_ptr<OutputFile>> ready = std::move(files);
  files.clear();
  for (std::unique_ptr<OutputFile> &file : llvm::reverse(ready))
    if (llvm::Error error = file->keep())
      return error;
  return llvm::Error::success();
}
