//===- OutputFiles.cpp - what a run is asked to write ---------------------===//
//
// All names are claimed before the first run, so that a run of minutes does not
// end with an output that would overwrite the model.
//
//===----------------------------------------------------------------------===//

#include "OutputFiles.h"
#include "Errors.h"
#include "Npy.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace bitnet::run;

static constexpr StringLiteral kCodesRole = "the file of --dump-codes";
static constexpr StringLiteral kProfileRole = "the file of --profile";

/// The same text with the exit code of an output.
static Error asFailure(Error error) {
  if (!error)
    return Error::success();
  return fail(ExitOutputFailure, toString(std::move(error)));
}

/// The file of an output: its index makes the name unique where characters are
/// replaced or cut.
std::string OutputFiles::nameOutput(StringRef name, size_t index) const {
  std::string safe = Twine(index).str() + "_";
  for (char c : name.take_front(100))
    safe += isAlnum(c) || c == '.' || c == '-' ? c : '_';
  SmallString<128> path(folder);
  sys::path::append(path, safe + ".npy");
  return path.str().str();
}

/// Claims the file of each output by its index and name, before its value is
/// known.
Error OutputFiles::claimAll(const bitnet_model_desc &desc) {
  if (!codes.empty())
    if (Error error = files.claim(codes, kCodesRole))
      return error;
  if (!profile.empty())
    if (Error error = files.claim(profile, kProfileRole))
      return error;
  for (uint32_t i = 0; !folder.empty() && i < desc.num_outputs; ++i) {
    const std::string path = nameOutput(desc.outputs[i].name, i);
    if (Error error = files.claim(path, path))
      return error;
  }
  return Error::success();
}

Error OutputFiles::claim(const bitnet_model_desc &desc,
                         ArrayRef<std::string> inputs) {
  for (const std::string &input : inputs)
    files.addInput(input, "an input");
  return asFailure(claimAll(desc));
}

/// Writes one file and moves it into place; a failure leaves none behind.
Error OutputFiles::write(StringRef path, StringRef what,
                         function_ref<void(raw_ostream &)> body) {
  Error error = files.write(path, what, [&](raw_ostream &os) {
    body(os);
    return Error::success();
  });
  if (!error)
    return asFailure(files.commit());
  files.discard();
  return asFailure(std::move(error));
}

Error OutputFiles::saveOutputs(ArrayRef<Array> outputs) {
  if (folder.empty())
    return Error::success();
  if (std::error_code error = sys::fs::create_directories(folder))
    return asFailure(mlir::bitnet::cannotWrite(folder, error.message()));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string path = nameOutput(outputs[i].name, i);
    if (Error error = write(
            path, path, [&](raw_ostream &os) { os << formatNpy(outputs[i]); }))
      return error;
  }
  return Error::success();
}

/// An archive of more than 4 GB would need zip64, which is not written.
Error OutputFiles::saveCodes(std::vector<Array> probed,
                             ArrayRef<Array> outputs) {
  if (codes.empty())
    return Error::success();
  for (Array &array : probed)
    array.name = "codes_" + array.name;
  for (const Array &output : outputs) {
    probed.push_back(output);
    probed.back().name = "out_" + output.name;
  }
  if (!fitsNpz(probed))
    return asFailure(
        mlir::bitnet::cannotWrite(codes, "more than 4 GB of arrays"));
  return write(codes, kCodesRole,
               [&](raw_ostream &os) { os << formatNpz(probed); });
}

/// The profile is of all runs, so it is written once, at the end.
Error OutputFiles::saveProfile(const Profile &measured, int threads) {
  if (profile.empty())
    return Error::success();
  return write(profile, kProfileRole,
               [&](raw_ostream &os) { measured.printJSON(os, threads); });
}
