//===- Driver.h - from a model file to any output ---------------*- C++ -*-===//
//
// What a compilation does, as a function of its options. The C library
// (lib/CAPI), and by it the tool bitnet-compile, are its clients.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_PIPELINES_DRIVER_H
#define BITNET_PIPELINES_DRIVER_H

#include "bitnet/Pipelines/Pipelines.h"
#include "bitnet/Support/ExternalFile.h"
#include "bitnet/Target/CPU/CPU.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LogicalResult.h"
#include "llvm/ADT/StringRef.h"

namespace mlir {
class PassManager;
namespace bitnet {

struct Backend;

struct CompileOptions {
  /// A model (.onnx) or the text of a stage (.mlir).
  std::string input;
  /// An open file with the bytes of the input, which then need not exist under
  /// its name. Null: the input is opened.
  const OpenFile *bytes = nullptr;
  /// `input` is a path, so external data lie beside it; false only for bytes
  /// that came without a name.
  bool isNamed = true;
  std::string output;
  Stage emit = Stage::SO;
  /// --target: one of getBackends(), the first of them when it is null.
  const Backend *backend = nullptr;
  /// The program that evaluates the golden vectors of --target=hls.
  std::string runner;
  /// --dim: "name=size" of dynamic dims to fix.
  /// A name may be that of dims of several inputs; unknown names are an error.
  std::vector<std::string> dims;
  /// --external-data and --external-root. None given: Strict for the files that
  /// an ONNX model names; those that the text of a stage names are opened as
  /// they are, since its names come from earlier command lines.
  std::optional<ExternalData> externalData;
  std::string externalRoot;
  /// --max-nodes: the most nodes of an ONNX model, those of inlined functions
  /// included (ImportOptions).
  std::optional<uint64_t> maxNodes;
  /// --max-memory, in bytes; none: what the machine has.
  std::optional<uint64_t> maxMemory;
  FrontendOptions frontend;
  QuantizeOptions quantize;
  PackOptions pack;
  PartitionOptions partition;
  /// Options of the stages, as the command line gives them. The backend changes
  /// them for its needs, the driver fills in what the machines have.
  CPUTargetOptions target;
  /// All dims must be known, from the model or from `dims`.
  bool staticDims = false;
  std::string reportFile; ///< --report: JSON per layer; empty: none.
  /// Called after each stage with its index (from 1), the number of stages, its
  /// name, and the seconds it took.
  std::function<void(unsigned, unsigned, llvm::StringRef, double)> progress;
  /// Lets a tool add instrumentation (--mlir-timing, --mlir-print-ir-*).
  std::function<void(PassManager &)> configure;
  /// Asked between stages and between passes, from the thread that compiles;
  /// true ends the compilation without an output and without a diagnostic.
  std::function<bool()> cancelled;
};

/// One layer with constant weights, for the summary and the report: a
/// #bitnet.layer that outlives the context.
struct LayerRecord {
  std::string name, reason, granularity, act;
  LayerKind kind = LayerKind::Float;
  int64_t n = 0, k = 0;
  uint64_t bytesBefore = 0, bytesAfter = 0;
  /// How float weights are stored; empty when they are stored as in the model.
  std::string storage;
  /// How weights are stored, once that is decided; note: why not as asked for.
  std::optional<PackingKind> packing;
  std::string packingNote;
};

/// What the tool's summary shows; filled in as far as the stages ran.
struct CompileResult {
  std::vector<LayerRecord> layers;
  uint64_t weightBytes = 0; ///< Bytes of constants in the model or its file.
  std::string cpu;          ///< The CPU compiled for, the least of several.
  std::vector<std::string> isas; ///< ISA variants, worst to best; or none.
  std::string kernel;            ///< Code form of the ternary matmuls.
};

/// Runs the stages up to `options.emit` on `options.input` (.onnx or .mlir of
/// any stage) and writes `options.output`. Errors go to the context's
/// diagnostics, output errors with their FailureKind; no output file is left
/// behind on failure.
FailureOr<CompileResult> compileModel(MLIRContext &context,
                                      const CompileOptions &options);

/// The records that recognition and quantization left on the module.
std::vector<LayerRecord> collectLayers(ModuleOp module);
/// Writes the JSON of --report.
void writeReport(llvm::raw_ostream &os, const CompileOptions &options,
                 const CompileResult &result);

} // namespace bitnet
} // namespace mlir

#endif // BITNET_PIPELINES_DRIVER_H
