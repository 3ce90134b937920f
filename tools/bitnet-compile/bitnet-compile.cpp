//===- bitnet-compile.cpp - ONNX model to shared library ------------------===//
//
// The command line becomes a CompileOptions, which compileModel (lib/Pipelines)
// obeys. What is wrong with the command line alone is found before the model is
// read, and ends the program with status 64.
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "Summary.h"
#include "bitnet/Pipelines/Driver.h"
#include "bitnet/Pipelines/Register.h"
#include "bitnet/Support/SafeFile.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;
namespace cl = llvm::cl;

namespace {

/// sysexits.h: bad input data, cannot create output.
enum ExitCode { kSuccess = 0, kUsage = 64, kBadData = 65, kCannotWrite = 74 };

// Option texts are the reference of the command line: bitnet-compile --help.
cl::OptionCategory mainCategory("Main options");
cl::OptionCategory quantizeCategory("Quantization of float layers");
cl::OptionCategory targetCategory("Target");

cl::opt<std::string> input(cl::Positional,
                           cl::desc("<model.onnx | stage.mlir>"),
                           cl::cat(mainCategory));
cl::opt<std::string>
    output("o", cl::desc("Output file (default: from the input's name)"),
           cl::value_desc("file"), cl::cat(mainCategory));
// docs/Architecture.md says what the form of each stage holds.
cl::opt<Stage> emit(
    "emit", cl::desc("Stop after a stage and write its form:"),
    cl::init(Stage::SO),
    cl::values(clEnumValN(Stage::ONNX, "onnx", "the imported graph"),
               clEnumValN(Stage::BitNet, "bitnet",
                          "recognised ternary layers, linalg"),
               clEnumValN(Stage::Quantized, "quantized",
                          "quantize, exact matmul, rescale"),
               clEnumValN(Stage::Packed, "packed", "packed weights"),
               clEnumValN(Stage::Dispatches, "dispatches",
                          "units of work on tensors"),
               clEnumValN(Stage::Loops, "loops", "loop nests over buffers"),
               clEnumValN(Stage::LLVM, "llvm", "LLVM IR"),
               clEnumValN(Stage::Asm, "asm", "assembly"),
               clEnumValN(Stage::Obj, "obj", "object file"),
               clEnumValN(Stage::SO, "so", "shared library (default)")),
    cl::cat(mainCategory));
cl::opt<std::string> report("report", cl::desc("Write a JSON report per layer"),
                            cl::value_desc("file"), cl::cat(mainCategory));
// A model is a file of somebody else: the defaults do not let it name files
// outside of its folder, nor grow without limit.
cl::opt<ExternalData> externalData(
    "external-data", cl::desc("Files of weights that a model names:"),
    cl::values(clEnumValN(ExternalData::Strict, "strict",
                          "regular files beneath the model's folder, no links "
                          "(default)"),
               clEnumValN(ExternalData::Trusted, "trusted",
                          "also links, wherever they lead: for folders of "
                          "your own, such as a download cache")),
    cl::cat(mainCategory));
cl::opt<std::string> externalRoot(
    "external-root", cl::value_desc("folder"), cl::cat(mainCategory),
    cl::desc("Allow weights that lie beneath this folder, however a model "
             "names them: links, '..', absolute paths"));
cl::opt<uint64_t> maxNodes(
    "max-nodes",
    cl::desc("Refuse models of more nodes, those of nested graphs and inlined "
             "functions included"),
    cl::cat(mainCategory));
cl::opt<bool> verbose("v", cl::desc("Print stages with times and peak memory"),
                      cl::cat(mainCategory));
cl::opt<bool> supportedOps(
    "supported-ops",
    cl::desc("List ONNX operators and the opsets from which they hold"),
    cl::cat(mainCategory));
cl::opt<bool> quiet("q", cl::desc("Print nothing but errors"),
                    cl::cat(mainCategory));

cl::opt<WeightMethod>
    quantizeMethod("quantize", cl::desc("Make float layers ternary:"),
                   cl::values(clEnumValN(WeightMethod::Absmean, "absmean",
                                         "BitNet b1.58, W*(1/mean|W|)"),
                              clEnumValN(WeightMethod::AbsmeanPlusEps,
                                         "absmean-plus-eps", "W/(mean|W|+eps)"),
                              clEnumValN(WeightMethod::Sign, "sign",
                                         "BitNet v1, sign(W-mean W)")),
                   cl::cat(quantizeCategory));
// Patterns without --quantize would have no effect, so findWrongPair refuses
// them.
cl::list<std::string> include(
    "quantize-include", cl::desc("Only layers whose name matches (globs)"),
    cl::value_desc("pattern"), cl::CommaSeparated, cl::cat(quantizeCategory));
cl::list<std::string> exclude("quantize-exclude",
                              cl::desc("Not layers whose name matches (globs)"),
                              cl::value_desc("pattern"), cl::CommaSeparated,
                              cl::cat(quantizeCategory));

cl::opt<FloatWeights> floatWeights(
    "float-weights", cl::desc("How layers store weights that stay float:"),
    cl::init(FloatWeights::Lossless),
    cl::values(clEnumValN(FloatWeights::Lossless, "lossless",
                          "f32 as bf16 where that loses no bit (default)"),
               clEnumValN(FloatWeights::Keep, "keep", "as the model does"),
               clEnumValN(FloatWeights::BF16, "bf16", "rounded to bf16"),
               clEnumValN(FloatWeights::Int8, "int8",
                          "8 bits, one scale per row")),
    cl::cat(quantizeCategory));
cl::list<std::string> floatInclude(
    "float-weights-include", cl::desc("Only layers whose name matches (globs)"),
    cl::value_desc("pattern"), cl::CommaSeparated, cl::cat(quantizeCategory));
cl::list<std::string> floatExclude(
    "float-weights-exclude", cl::desc("Not layers whose name matches (globs)"),
    cl::value_desc("pattern"), cl::CommaSeparated, cl::cat(quantizeCategory));

// What follows decides for which machines the library has code.
enum class TargetName { CPU, HLS };
cl::opt<TargetName> target(
    "target", cl::desc("Backend:"), cl::init(TargetName::CPU),
    cl::values(clEnumValN(TargetName::CPU, "cpu", "shared library (default)"),
               clEnumValN(TargetName::HLS, "hls", "HLS C++ in a folder")),
    cl::cat(targetCategory));
cl::list<std::string>
    dims("dim", cl::desc("Fix a dynamic dim of the inputs (repeatable)"),
         cl::value_desc("name=size"), cl::cat(mainCategory));
cl::opt<bool> strictShapes(
    "strict-shapes",
    cl::desc("Fail when an output is not what the model declares (default: "
             "warn, and take what the graph computes)"),
    cl::cat(mainCategory));
cl::opt<std::string> mcpu("mcpu",
                          cl::desc("CPU to compile for, \"native\" is this "
                                   "one (default: see --isa)"),
                          cl::value_desc("name"), cl::cat(targetCategory));
/// "generic, avx2, ...; neon, ...": the machines of each architecture.
std::string listISAs() {
  std::string list;
  for (const ArchitectureRow &row : getArchitectures())
    for (auto [index, isa] : llvm::enumerate(getISAs(row.arch)))
      list += (list.empty() ? ""
               : index      ? ", "
                            : "; ") +
              stringifyISA(isa).str();
  return list;
}

// --isa and --mcpu exclude each other: several machines, or exactly one.
const std::string isaText =
    "Machines that one library serves, all by default: " + listISAs();
cl::list<ISA> isas("isa", cl::desc(isaText), cl::value_desc("names"),
                   cl::CommaSeparated, cl::cat(targetCategory));
cl::opt<std::string>
    mtriple("mtriple", cl::desc("Target triple (default: this machine's)"),
            cl::value_desc("triple"), cl::cat(targetCategory));
cl::opt<std::string> mattr("mattr",
                           cl::desc("CPU features to add or remove (+a,-b)"),
                           cl::value_desc("features"), cl::cat(targetCategory));
cl::opt<unsigned> optLevel("O", cl::desc("Optimization level 0..3 (default 3)"),
                           cl::Prefix, cl::init(3), cl::cat(targetCategory));
// For measurements and tests: the choice by CPU is the fastest known.
cl::opt<KernelChoice> kernel(
    "kernel", cl::desc("Code form of ternary matmuls (default: by CPU):"),
    cl::init(KernelChoice::Auto),
    cl::values(
        clEnumValN(KernelChoice::Auto, "auto",
                   "the fastest that the CPU has (default)"),
        clEnumValN(KernelChoice::Scalar, "scalar", "add-only loop nests"),
        clEnumValN(KernelChoice::Generic, "generic", "portable vector code"),
        clEnumValN(KernelChoice::AVX2, "avx2", "vpmaddubsw"),
        clEnumValN(KernelChoice::AVXVNNI, "avxvnni", "vpdpbusd on ymm"),
        clEnumValN(KernelChoice::AVX512BW, "avx512bw", "vpmaddubsw on zmm"),
        clEnumValN(KernelChoice::AVX512VNNI, "avx512vnni", "vpdpbusd"),
        clEnumValN(KernelChoice::AVX512VBMI, "avx512vbmi",
                   "vpdpbusd, tables for 1.6 bits"),
        clEnumValN(KernelChoice::AMX, "amx", "tdpbsud"),
        clEnumValN(KernelChoice::NEON, "neon", "smlal"),
        clEnumValN(KernelChoice::NEONDotprod, "neon-dotprod", "sdot"),
        clEnumValN(KernelChoice::I8MM, "i8mm", "usmmla")),
    cl::cat(targetCategory));
cl::opt<PackingChoice>
    packing("packing", cl::desc("Bits per ternary weight:"),
            cl::init(PackingChoice::Auto),
            cl::values(clEnumValN(PackingChoice::Auto, "auto",
                                  "by cost, for each layer (default)"),
                       clEnumValN(PackingChoice::U2, "2.0", "2 bits"),
                       clEnumValN(PackingChoice::U1_6, "1.6",
                                  "base 3, five weights to a byte")),
            cl::cat(targetCategory));
cl::opt<WeightsPlacement> weights(
    "weights", cl::desc("Where weights are stored:"),
    cl::init(WeightsPlacement::Auto),
    cl::values(clEnumValN(WeightsPlacement::Auto, "auto",
                          "in the library up to 1.5 GB (default)"),
               clEnumValN(WeightsPlacement::Embed, "embed", "in the library"),
               clEnumValN(WeightsPlacement::File, "file",
                          "in a file beside it")),
    cl::cat(targetCategory));

/// All options as the driver takes them; file names are completed later.
CompileOptions makeOptions() {
  CompileOptions options;
  options.input = input;
  options.output = output;
  options.emit = emit;
  options.hls = target == TargetName::HLS;
  options.dims = dims;
  options.target.triple = mtriple;
  options.target.isas = isas;
  options.target.cpu = mcpu;
  options.target.features = mattr;
  options.target.optLevel = optLevel;
  options.target.weights = weights;
  options.reportFile = report;
  if (externalData.getNumOccurrences())
    options.externalData = externalData;
  options.externalRoot = externalRoot;
  if (maxNodes.getNumOccurrences())
    options.maxNodes = maxNodes;
  options.frontend.floatLinears = quantizeMethod.getNumOccurrences() > 0;
  if (quantizeMethod.getNumOccurrences())
    options.quantize.method = quantizeMethod;
  options.quantize.layers = {include, exclude};
  options.frontend.linears = options.quantize.layers;
  options.frontend.floatWeights = floatWeights;
  options.frontend.stored = {floatInclude, floatExclude};
  options.frontend.strictShapes = strictShapes;
  options.kernel = kernel;
  options.pack.packing = packing;
  options.configure = [](PassManager &pm) {
    // --mlir-print-ir-after-all, --mlir-timing and the like.
    (void)applyPassManagerCLOptions(pm);
    applyDefaultTimingPassManagerCLOptions(pm);
  };
  if (verbose)
    options.progress = printProgress;
  return options;
}

/// The output's name when there is no -o: that of the model with the ending of
/// the stage (model.onnx -> model.so, model.mlir), or model-hls. It lies in the
/// current folder.
std::string defaultOutput(StringRef inputName, Stage stage, bool hls) {
  StringRef stem = llvm::sys::path::stem(inputName);
  if (hls)
    return (stem + "-hls").str();
  switch (stage) {
  case Stage::SO:
    return (stem + ".so").str();
  case Stage::Obj:
    return (stem + ".o").str();
  case Stage::Asm:
    return (stem + ".s").str();
  case Stage::LLVM:
    return (stem + ".ll").str();
  default:
    return "-";
  }
}

/// The stage that the ending of the output's name stands for, so that `-o
/// model.o` writes an object file. --emit wins over it.
Stage stageForOutput(StringRef name, Stage stage) {
  if (emit.getNumOccurrences())
    return stage;
  StringRef extension = llvm::sys::path::extension(name);
  if (extension == ".o")
    return Stage::Obj;
  if (extension == ".s")
    return Stage::Asm;
  if (extension == ".ll")
    return Stage::LLVM;
  return stage;
}

/// bitnet-run beside this program, else on the PATH; empty: neither.
std::string findRunner(const char *argv0) {
  std::string self = llvm::sys::fs::getMainExecutable(
      argv0, reinterpret_cast<void *>(&findRunner));
  StringRef folder = llvm::sys::path::parent_path(self);
  auto beside = llvm::sys::findProgramByName("bitnet-run", {folder});
  auto onPath = beside ? beside : llvm::sys::findProgramByName("bitnet-run");
  return onPath ? *onPath : "";
}

/// An option with an empty text, which is what a script gives when its variable
/// is not set.
std::string findEmptyValue() {
  for (const cl::opt<std::string> *option : {&output, &report, &externalRoot})
    if (option->getNumOccurrences() && option->empty())
      return ("the option " + option->ArgStr + " has an empty value").str();
  return "";
}

/// A --dim that is no name=size with a size of at least 0, or is there twice.
std::string findWrongDim() {
  llvm::StringSet<> names;
  for (StringRef text : dims) {
    const auto [name, value] = text.rsplit('=');
    int64_t size;
    if (name.empty() || value.getAsInteger(10, size) || size < 0)
      return "--dim: expected name=size, got " + quoteName(text);
    if (!names.insert(name).second)
      return "--dim: " + quoteName(name) + " is given twice";
  }
  return "";
}

/// An option that has no meaning for a folder of C++.
std::string findWrongForHLS() {
  if (target != TargetName::HLS)
    return "";
  if (emit.getNumOccurrences() && emit >= Stage::LLVM)
    return "--target=hls writes a folder of C++: --emit stops at loops or "
           "before";
  if (weights == WeightsPlacement::File)
    return "--target=hls writes weights as C++: --weights=file goes without it";
  return "";
}

/// Options that exclude each other, or of which one needs the other.
std::string findWrongPair() {
  if (!isas.empty() && !(mcpu.empty() && mattr.empty()))
    return "--isa goes without --mcpu and --mattr";
  if (!quantizeMethod.getNumOccurrences() &&
      (!include.empty() || !exclude.empty()))
    return "--quantize-include and --quantize-exclude need --quantize";
  if (!floatWeights.getNumOccurrences() &&
      (!floatInclude.empty() || !floatExclude.empty()))
    return "--float-weights-include and --float-weights-exclude need "
           "--float-weights";
  return findWrongForHLS();
}

/// What is wrong with the command line alone; empty: nothing.
std::string findUsageError() {
  if (input.empty())
    return "no input; usage: bitnet-compile model.onnx -o model.so";
  if (optLevel > 3)
    return "-O takes 0, 1, 2 or 3";
  for (const auto find : {findWrongPair, findEmptyValue, findWrongDim})
    if (std::string wrong = find(); !wrong.empty())
      return wrong;
  if (!externalRoot.empty() && !llvm::sys::fs::is_directory(externalRoot))
    return "--external-root: " + quotePath(externalRoot) + " is not a folder";
  return "";
}

/// Prints the message and returns the exit status.
int usageError(const Twine &message) {
  llvm::WithColor::error(llvm::errs(), "bitnet-compile") << message << "\n";
  return kUsage;
}

} // namespace

/// 0, 64 for a wrong command line, 65 for a model that cannot be compiled, 74
/// for an output that cannot be written.
int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::setBugReportMsg("bitnet-compile crashed; please report this with the "
                        "command line and the model.\n");
  // --mlir-print-ir-after=<pass> needs the names of passes.
  mlir::bitnet::registerAllPasses();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  cl::HideUnrelatedOptions({&mainCategory, &quantizeCategory, &targetCategory});
  // A stream for errors makes it return: cl::opt itself would exit with 1.
  if (!cl::ParseCommandLineOptions(argc, argv, "BitNet model compiler\n",
                                   &llvm::errs(), nullptr,
                                   "BITNET_COMPILE_FLAGS"))
    return kUsage;
  // lld registers LLVM's code generation flags when it runs in this process.
  mcpu.removeArgument();
  mattr.removeArgument();
  // This option needs no model, so it comes before the checks of the command
  // line.
  if (supportedOps) {
    printSupportedOps(llvm::outs());
    return kSuccess;
  }
  if (const std::string wrong = findUsageError(); !wrong.empty())
    return usageError(wrong);

  CompileOptions options = makeOptions();
  // The HLS target runs the model to get expected outputs.
  options.runner = findRunner(argv[0]);
  if (options.output.empty())
    options.output = defaultOutput(input, options.emit, options.hls);
  // -o decides only where --emit does not.
  options.emit = stageForOutput(options.output, options.emit);

  DialectRegistry registry;
  registerAllDialects(registry);
  // Without threads of MLIR, diagnostics come in the order of the model.
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // An operation of MLIR tells nothing to a user whose model is ONNX.
  context.printOpOnDiagnostic(false);
  DiagnosticPrinter diagnostics(context, quiet);
  // lld resets every command-line option when it runs in this process.
  const bool silent = quiet, everyLayer = verbose;
  FailureOr<CompileResult> result = compileModel(context, options);
  if (failed(result))
    return diagnostics.sawOutputError() ? kCannotWrite : kBadData;
  if (!silent && options.output != "-")
    printSummary(options, *result, everyLayer);
  return kSuccess;
}
