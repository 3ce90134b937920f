//===- EmitHLS.cpp - the output folder of --target=hls --------------------===//

#include "EmitHLS.h"

#include "bitnet/Target/HLSCpp/HLSCpp.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::bitnet;
namespace fs = llvm::sys::fs;

std::string bitnet::topFor(StringRef input) {
  return toIdentifier(llvm::sys::path::stem(input)) + "_top";
}

OutputFolder::~OutputFolder() {
  if (!temporary.empty())
    (void)fs::remove_directories(temporary);
}

LogicalResult OutputFolder::create(Location loc) {
  StringRef final(path);
  while (final.size() > 1 && final.ends_with("/"))
    final = final.drop_back();
  path = final.str();
  if (fs::exists(path) && !fs::is_directory(path))
    return emitError(loc) << "cannot write " << path << ": not a folder";
  fs::createUniquePath(path + ".tmp-%%%%%%%%", temporary,
                       /*MakeAbsolute=*/false);
  if (std::error_code error =
          fs::create_directories(temporary, /*IgnoreExisting=*/false)) {
    temporary.clear();
    return emitError(loc) << "cannot write " << path << ": " << error.message();
  }
  return success();
}

LogicalResult OutputFolder::write(ModuleOp prepared, ModuleOp reference,
                                  CPUTargetOptions target) {
  if (failed(writeHLSFiles(prepared, temporary)))
    return failure();
  target.weights = WeightsPlacement::Embed;
  SmallString<128> library(temporary);
  llvm::sys::path::append(library, "golden", "reference.so");
  return emitCPU(reference, target, CPUOutput::SharedLibrary, library);
}

LogicalResult OutputFolder::evaluate(ModuleOp prepared, StringRef runner) {
  if (runner.empty()) {
    mlir::emitWarning(prepared.getLoc(),
                      "bitnet-run was not found: run `make golden` in the "
                      "output folder for the expected outputs");
    return success();
  }
  std::string root(temporary);
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
  if (status)
    return mlir::emitError(prepared.getLoc(),
                           "the reference run for the golden vectors "
                           "failed: ")
           << runner << " ended with status " << status
           << (error.empty() ? "" : ", ") << error;
  return success();
}

LogicalResult OutputFolder::commit(Location loc) {
  std::error_code error;
  StringRef root(temporary);
  for (fs::recursive_directory_iterator it(root, error), end;
       it != end && !error; it.increment(error)) {
    StringRef from = it->path();
    std::string to = path + from.drop_front(root.size()).str();
    if (fs::is_directory(from)) {
      error = fs::create_directories(to);
      continue;
    }
    if (!error)
      error = fs::create_directories(llvm::sys::path::parent_path(to));
    if (!error)
      error = fs::rename(from, to);
  }
  if (error)
    return emitError(loc) << "cannot write " << path << ": " << error.message();
  return success();
}
