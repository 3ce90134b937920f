//===- Compiler.cpp - the compiler as a C library -------------------------===//
//
// One context per call, so that calls share nothing.
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "Options.h"
#include "Result.h"

#include "bitnet/Pipelines/Register.h"
#include "bitnet/Support/OutputFile.h"
#include "bitnet/Support/SafeFile.h"

#include "mlir/IR/MLIRContext.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>

using namespace mlir;
using namespace mlir::bitnet;

/// Members that an older header does not have are not touched.
void bitnet_compile_options_init(bitnet_compile_options *options,
                                 size_t struct_size) {
  bitnet_compile_options defaults{};
  defaults.struct_size = struct_size;
  defaults.opt_level = CPUTargetOptions().optLevel;
  std::memcpy(options, &defaults, std::min(struct_size, sizeof(defaults)));
}

const char *bitnet_compiler_version(void) { return BITNET_VERSION; }

/// Adds what calls back.
static void addCallbacks(CompileOptions &to, const bitnet_compile_options &from,
                         bool &cancelled) {
  if (from.progress)
    to.progress = [&from](unsigned index, unsigned count, StringRef stage,
                          double seconds) {
      const std::string name = stage.str();
      const bitnet_compile_progress progress{
          sizeof(bitnet_compile_progress), index, count, name.c_str(), seconds};
      from.progress(&progress, from.user);
    };
  // Once is for ever: what was skipped then is not made up for.
  if (from.cancelled)
    to.cancelled = [&from, &cancelled] {
      return cancelled = cancelled || from.cancelled(from.user) != 0;
    };
  if (from.configure)
    to.configure = [&from](PassManager &pm) { from.configure(&pm, from.user); };
}

/// The bytes of the model as a file in memory, which the importer maps like any
/// other.
static llvm::Expected<OpenFile>
openBytes(const bitnet_compile_options &options) {
  OpenFile file(::memfd_create("bitnet-model", MFD_CLOEXEC),
                options.model_size);
  int error = errno;
  if (file.getFd() >= 0)
    error = writeBytes(file.getFd(),
                       {static_cast<const uint8_t *>(options.model_bytes),
                        options.model_size});
  if (error)
    return llvm::createStringError(
        llvm::Twine("cannot keep the model in memory: ") +
        std::strerror(error));
  return std::move(file);
}

/// Compiles with options that are known to be right by themselves.
static bitnet_compile_status compile(const bitnet_compile_options &options,
                                     CompileOptions driver,
                                     bitnet_compile_result **result) {
  bool cancelled = false;
  addCallbacks(driver, options, cancelled);
  DialectRegistry registry;
  registerAllDialects(registry);
  // Without threads of MLIR, diagnostics come in the order of the model.
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // An operation of MLIR tells nothing to a user whose model is ONNX.
  context.printOpOnDiagnostic(false);
  DiagnosticForwarder forwarder(context, options);
  FailureOr<CompileResult> compiled = compileModel(context, driver);
  if (failed(compiled))
    return cancelled ? BITNET_COMPILE_CANCELLED : forwarder.getStatus();
  if (result)
    *result = new bitnet_compile_result(std::move(*compiled), driver.output);
  return BITNET_COMPILE_OK;
}

/// What is wrong with the options alone is said without a file.
static bitnet_compile_status
fail(const bitnet_compile_options &options, llvm::Error error,
     bitnet_compile_status status = BITNET_COMPILE_USAGE) {
  reportError(options, status, llvm::toString(std::move(error)));
  return status;
}

bitnet_compile_status bitnet_compile(const bitnet_compile_options *options,
                                     bitnet_compile_result **result) {
  if (result)
    *result = nullptr;
  const bitnet_compile_options complete = completeOptions(*options);
  llvm::Expected<CompileOptions> driver = readOptions(complete);
  if (!driver)
    return fail(complete, driver.takeError());
  if (!complete.model_bytes)
    return compile(complete, std::move(*driver), result);
  llvm::Expected<OpenFile> bytes = openBytes(complete);
  if (!bytes)
    return fail(complete, bytes.takeError(), BITNET_COMPILE_CANNOT_WRITE);
  driver->bytes = &*bytes;
  driver->isNamed = complete.model != nullptr;
  return compile(complete, std::move(*driver), result);
}
