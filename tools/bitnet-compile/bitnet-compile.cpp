//===- bitnet-compile.cpp - ONNX model to shared library ------------------===//
//
// The command line becomes the options of the C library (CAPI/Compiler.h),
// which does the work. What is wrong with the command line alone ends the
// program with status 64, before the model is read.
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "Summary.h"

#include "bitnet/Pipelines/OptionWords.h"
#include "bitnet/Pipelines/Register.h"
#include "bitnet/Support/OutputFile.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <deque>

using namespace mlir;
using namespace mlir::bitnet;
namespace cl = llvm::cl;

namespace {

/// An option whose values are the words of a table; null: it is not given.
template <typename T> using WordOption = cl::opt<const Word<T> *>;

/// Lets a WordOption take the words of a table.
template <typename T> struct FromTable {
  ArrayRef<Word<T>> words;
  template <typename Option> void apply(Option &option) const {
    for (const Word<T> &word : words)
      option.getParser().addLiteralOption(word.word, &word, word.summary);
  }
};
template <typename T> FromTable<T> fromTable(ArrayRef<Word<T>> words) {
  return {words};
}

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
WordOption<Stage> emit("emit",
                       cl::desc("Stop after a stage and write its form:"),
                       fromTable(getStageWords()), cl::cat(mainCategory));
cl::opt<std::string> report("report", cl::desc("Write a JSON report per layer"),
                            cl::value_desc("file"), cl::cat(mainCategory));
// A model is a file of somebody else: the defaults do not let it name files
// outside of its folder, nor grow without limit.
WordOption<ExternalData>
    externalData("external-data",
                 cl::desc("Files of weights that a model names:"),
                 fromTable(getExternalDataWords()), cl::cat(mainCategory));
cl::opt<std::string> externalRoot(
    "external-root", cl::value_desc("folder"), cl::cat(mainCategory),
    cl::desc("Allow weights that lie beneath this folder, however a model "
             "names them: links, '..', absolute paths"));
cl::opt<uint64_t> maxNodes(
    "max-nodes",
    cl::desc("Refuse models of more nodes, those of nested graphs and inlined "
             "functions included"),
    cl::cat(mainCategory));
cl::opt<uint64_t> maxMemory(
    "max-memory", cl::value_desc("MB"), cl::cat(mainCategory),
    cl::desc("Refuse models whose compilation takes more memory (default: what "
             "this machine has)"));
cl::opt<bool> verbose("v", cl::desc("Print stages with times and peak memory"),
                      cl::cat(mainCategory));
cl::opt<bool> supportedOps(
    "supported-ops",
    cl::desc("List ONNX operators and the opsets from which they hold"),
    cl::cat(mainCategory));
cl::opt<bool> quiet("q", cl::desc("Print nothing but errors"),
                    cl::cat(mainCategory));

WordOption<WeightMethod> quantizeMethod("quantize",
                                        cl::desc("Make float layers ternary:"),
                                        fromTable(getWeightMethodWords()),
                                        cl::cat(quantizeCategory));
// Patterns without --quantize would have no effect, so they are refused.
cl::list<std::string> include(
    "quantize-include", cl::desc("Only layers whose name matches (globs)"),
    cl::value_desc("pattern"), cl::CommaSeparated, cl::cat(quantizeCategory));
cl::list<std::string> exclude("quantize-exclude",
                              cl::desc("Not layers whose name matches (globs)"),
                              cl::value_desc("pattern"), cl::CommaSeparated,
                              cl::cat(quantizeCategory));

WordOption<FloatWeights>
    floatWeights("float-weights",
                 cl::desc("How layers store weights that stay float:"),
                 fromTable(getFloatWeightsWords()), cl::cat(quantizeCategory));
cl::list<std::string> floatInclude(
    "float-weights-include", cl::desc("Only layers whose name matches (globs)"),
    cl::value_desc("pattern"), cl::CommaSeparated, cl::cat(quantizeCategory));
cl::list<std::string> floatExclude(
    "float-weights-exclude", cl::desc("Not layers whose name matches (globs)"),
    cl::value_desc("pattern"), cl::CommaSeparated, cl::cat(quantizeCategory));

// What follows decides for which machines the library has code.
WordOption<const Backend *> target("target", cl::desc("Backend:"),
                                   fromTable(getBackendWords()),
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
// --isa and --mcpu exclude each other: several machines, or exactly one.
const std::string isaHelp =
    "Machines that one library serves, all by default: " +
    listWords(getISAWords());
cl::list<ISA> isas("isa", cl::desc(isaHelp), cl::value_desc("names"),
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
WordOption<KernelChoice>
    kernel("kernel",
           cl::desc("Code form of ternary matmuls (default: by CPU):"),
           fromTable(getKernelWords()), cl::cat(targetCategory));
WordOption<PackingChoice> packing("packing",
                                  cl::desc("Bits per ternary weight:"),
                                  fromTable(getPackingWords()),
                                  cl::cat(targetCategory));
WordOption<WeightsPlacement> weights("weights",
                                     cl::desc("Where weights are stored:"),
                                     fromTable(getWeightsPlacementWords()),
                                     cl::cat(targetCategory));

/// The option's text for the library; null: it is not given.
const char *text(const cl::opt<std::string> &option) {
  return option.getNumOccurrences() ? option.c_str() : nullptr;
}

template <typename T> const char *text(const WordOption<T> &option) {
  return option.getNumOccurrences() ? option.getValue()->word.data() : nullptr;
}

/// The command line as the library takes it. It owns the lists, because lld
/// resets every option when it runs in this process.
class Options {
public:
  explicit Options(std::string runner) : runner(std::move(runner)) {
    bitnet_compile_options_init(&options, sizeof(options));
    addModel();
    addQuantization();
    addTarget();
    addCallbacks();
  }
  const bitnet_compile_options &get() const { return options; }

private:
  void addModel();
  void addQuantization();
  void addTarget();
  void addCallbacks();
  const char *keep(const char *from);
  bitnet_compile_words keep(const std::vector<std::string> &from);

  bitnet_compile_options options;
  std::string runner;
  DiagnosticPrinter printer{quiet};
  std::deque<std::string> texts;
  std::deque<std::vector<const char *>> lists;
};

/// A copy that lives as long as this object.
const char *Options::keep(const char *from) {
  return from ? texts.emplace_back(from).c_str() : nullptr;
}

bitnet_compile_words Options::keep(const std::vector<std::string> &from) {
  std::vector<const char *> &words = lists.emplace_back();
  for (const std::string &word : from)
    words.push_back(keep(word.c_str()));
  return {words.data(), words.size()};
}

/// What is compiled to what; wrong values are the library's to find.
void Options::addModel() {
  options.model = keep(input.c_str());
  options.output = keep(text(output));
  options.emit = text(emit);
  options.target = text(target);
  options.report = keep(text(report));
  options.dims = keep(dims);
  options.strict_shapes = strictShapes;
  options.external_data = text(externalData);
  options.external_root = keep(text(externalRoot));
  options.max_nodes = maxNodes;
  options.max_memory = llvm::SaturatingMultiply<uint64_t>(maxMemory, 1'000'000);
}

/// Patterns are passed on even where they have no effect, to be refused.
void Options::addQuantization() {
  options.quantize = text(quantizeMethod);
  options.quantize_include = keep(include);
  options.quantize_exclude = keep(exclude);
  options.float_weights = text(floatWeights);
  options.float_weights_include = keep(floatInclude);
  options.float_weights_exclude = keep(floatExclude);
}

/// The code's machines and form. The classes were read by the parser of the
/// command line, which lists them in its error.
void Options::addTarget() {
  options.triple = keep(text(mtriple));
  options.cpu = keep(text(mcpu));
  options.features = keep(text(mattr));
  std::vector<std::string> names;
  for (ISA isa : isas)
    names.push_back(stringifyISA(isa).str());
  options.isas = keep(names);
  options.opt_level = optLevel;
  options.kernel = text(kernel);
  options.packing = text(packing);
  options.weights = text(weights);
  // The target "hls" runs the model to get expected outputs.
  options.runner = runner.empty() ? nullptr : runner.c_str();
}

/// What the library reports goes to standard error.
void Options::addCallbacks() {
  options.user = &printer;
  options.diagnostic = [](const bitnet_compile_diagnostic *diagnostic,
                          void *user) {
    static_cast<DiagnosticPrinter *>(user)->print(*diagnostic);
  };
  if (verbose)
    options.progress = [](const bitnet_compile_progress *progress, void *) {
      printProgress(*progress);
    };
  options.configure = [](void *passManager, void *) {
    // --mlir-print-ir-after-all, --mlir-timing and the like.
    auto &pm = *static_cast<PassManager *>(passManager);
    (void)applyPassManagerCLOptions(pm);
    applyDefaultTimingPassManagerCLOptions(pm);
  };
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

/// Compiles as the command line says, and prints what became of the layers.
/// Returns the exit status, which is that of the library.
int compile(const char *argv0) {
  const Options options(findRunner(argv0));
  const bool silent = quiet, everyLayer = verbose;
  const std::string model = input;
  bitnet_compile_result *result;
  const bitnet_compile_status status = bitnet_compile(&options.get(), &result);
  if (status != BITNET_COMPILE_OK)
    return status;
  if (!silent && StringRef(bitnet_compile_result_output(result)) != "-")
    printSummary(model, *result, everyLayer);
  bitnet_compile_result_free(result);
  return status;
}

} // namespace

/// 0, 64 for a wrong command line, 65 for a model that cannot be compiled, 74
/// for an output that cannot be written.
int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::setBugReportMsg("bitnet-compile crashed; please report this with the "
                        "command line and the model.\n");
  removeTemporariesOnSignal();
  // --mlir-print-ir-after=<pass> needs the names of passes.
  mlir::bitnet::registerAllPasses();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  cl::HideUnrelatedOptions({&mainCategory, &quantizeCategory, &targetCategory});
  // A stream for errors makes it return: cl::opt itself would exit with 1.
  if (!cl::ParseCommandLineOptions(argc, argv, "BitNet model compiler\n",
                                   &llvm::errs(), nullptr,
                                   "BITNET_COMPILE_FLAGS"))
    return BITNET_COMPILE_USAGE;
  // lld registers LLVM's code generation flags when it runs in this process.
  mcpu.removeArgument();
  mattr.removeArgument();
  // This option needs no model, so it comes first.
  if (supportedOps) {
    printSupportedOps(llvm::outs());
    return BITNET_COMPILE_OK;
  }
  if (input.empty()) {
    printError("no input; usage: bitnet-compile model.onnx -o model.so");
    return BITNET_COMPILE_USAGE;
  }
  // The library takes 0 for the default.
  for (const cl::opt<uint64_t> *limit : {&maxNodes, &maxMemory})
    if (limit->getNumOccurrences() && *limit == 0) {
      printError(("--" + limit->ArgStr + " takes a number from 1").str());
      return BITNET_COMPILE_USAGE;
    }
  return compile(argv[0]);
}
