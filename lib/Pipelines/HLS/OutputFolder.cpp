//===- OutputFolder.cpp - what --target=hls writes ------------------------===//
//
// Everything is written into a temporary folder beside the final one and copied
// through the OutputSet at the end, so that files which exist are replaced one
// by one, or not at all.
//
//===----------------------------------------------------------------------===//

#include "OutputFolder.h"

#include "bitnet/Dialect/BitNet/IR/Failure.h"
#include "bitnet/Support/SafeFile.h"
#include "bitnet/Target/HLSCpp/HLSCpp.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::bitnet;
namespace fs = llvm::sys::fs;

OutputFolder::~OutputFolder() {
  temporaryFolder.reset();
  if (made.empty())
    return;
  outputs.discard(); // their temporary files lie in these folders
  while (!made.empty())
    made.pop_back();
}

/// Makes the folder and those above it. Folders that were there before are not
/// in `made`, so they are never removed.
llvm::Error OutputFolder::makeFolder(StringRef folder) {
  if (folder.empty() || fs::is_directory(folder))
    return llvm::Error::success();
  if (llvm::Error error = makeFolder(llvm::sys::path::parent_path(folder)))
    return error;
  llvm::ErrorOr<MadeFolder> own =
      MadeFolder::create(folder, MadeFolder::Removal::WhenEmpty);
  if (own)
    made.push_back(std::move(*own));
  else if (own.getError() != std::errc::file_exists)
    return cannotWrite(path, own.getError().message());
  else if (!fs::is_directory(folder)) // else another process made it meanwhile
    return cannotWrite(path, quotePath(folder) + " is not a folder");
  return llvm::Error::success();
}

/// Makes the temporary folder beside the final one, under a name that nobody
/// guesses.
llvm::Error OutputFolder::makeTemporary() {
  const bool taken =
      path == "-" || fs::exists(path) || fs::is_symlink_file(path);
  if (taken && !fs::is_directory(path))
    return cannotWrite(path, "not a folder");
  if (llvm::Error error = makeFolder(llvm::sys::path::parent_path(path)))
    return error;
  std::string name = path + "." +
                     llvm::utohexstr(llvm::sys::Process::GetRandomNumber()) +
                     ".tmp";
  llvm::ErrorOr<MadeFolder> own =
      MadeFolder::create(name, MadeFolder::Removal::WithContents);
  if (!own)
    return cannotWrite(path, own.getError().message());
  temporaryFolder.emplace(std::move(*own));
  temporary = std::move(name);
  return llvm::Error::success();
}

LogicalResult OutputFolder::create(Location loc) {
  while (path.size() > 1 && StringRef(path).ends_with("/"))
    path.pop_back();
  if (llvm::Error error = makeTemporary())
    return emitFailure(loc, std::move(error));
  return success();
}

LogicalResult OutputFolder::write(ModuleOp prepared, ModuleOp reference,
                                  CPUTargetOptions target) {
  if (failed(writeHLSFiles(prepared, temporary)))
    return failure();
  target.weights = WeightsPlacement::Embed;
  OutputSet own; // the runner wants to see it
  if (failed(emitCPU(reference, target, CPUOutput::SharedLibrary, own,
                     temporary + "/golden/reference.so")))
    return failure();
  if (llvm::Error error = own.commit())
    return emitFailure(prepared.getLoc(), std::move(error));
  return success();
}

/// bitnet-run is a process of its own: a fault there must not end this one.
LogicalResult OutputFolder::evaluate(ModuleOp prepared, StringRef runner) {
  if (runner.empty()) {
    mlir::emitWarning(prepared.getLoc(),
                      "bitnet-run was not found: run `make golden` in the "
                      "output folder for the expected outputs");
    return success();
  }
  SmallString<256> absolute(temporary); // a name with '-' first is no flag
  if (std::error_code error = fs::make_absolute(absolute))
    return emitFailure(prepared.getLoc(), cannotWrite(path, error.message()));
  const std::string root = absolute.str().str();
  std::vector<std::string> args{runner.str(), root + "/golden/reference.so",
                                "--save-outputs=" + root + "/golden"};
  for (const HLSPort &port : getHLSPorts(prepared))
    if (!port.output)
      args.push_back("--input=" + port.onnxName + "=" + root + "/" +
                     port.golden);
  std::vector<StringRef> refs(args.begin(), args.end());
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(),
                                          std::nullopt};
  std::string error;
  int status = llvm::sys::ExecuteAndWait(runner, refs, std::nullopt, redirects,
                                         0, 0, &error);
  // The runner's own words were on standard error.
  constexpr int kCannotWrite = 74;
  if (status == kCannotWrite)
    return emitFailure(prepared.getLoc(),
                       cannotWrite(path, "the expected outputs have no room"));
  if (status)
    return mlir::emitError(prepared.getLoc(),
                           "the reference run for the golden vectors "
                           "failed: ")
           << runner << " ended with status " << status
           << (error.empty() ? "" : ", ") << error;
  return success();
}

/// Copies the files, each of which becomes an output of the command.
llvm::Error OutputFolder::copyFiles() {
  std::error_code error;
  for (fs::recursive_directory_iterator it(temporary, error), end;
       it != end && !error; it.increment(error)) {
    StringRef from = it->path();
    const std::string name = from.drop_front(temporary.size()).str();
    if (fs::is_directory(from)) {
      if (llvm::Error made = makeFolder(path + name))
        return made;
      continue;
    }
    auto bytes = llvm::MemoryBuffer::getFile(from);
    if (!bytes)
      return cannotWrite(path, bytes.getError().message());
    auto file = outputs.create(path + name, "the output" + name,
                               from.ends_with(".so") ? 0777 : 0666);
    if (!file)
      return file.takeError();
    if (llvm::Error failed =
            (*file)->write(llvm::arrayRefFromStringRef((*bytes)->getBuffer())))
      return failed;
  }
  return error ? cannotWrite(path, error.message()) : llvm::Error::success();
}

LogicalResult OutputFolder::commit(Location loc) {
  llvm::Error error = makeFolder(path);
  if (!error)
    error = copyFiles();
  if (!error)
    error = outputs.commit();
  if (error)
    return emitFailure(loc, std::move(error));
  for (MadeFolder &folder : made)
    folder.keep();
  made.clear();
  return success();
}
