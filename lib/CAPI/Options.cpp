//===- Options.cpp - the options of the C API as those of the driver ------===//
//
// Words become values by the tables of OptionWords.h. The first thing that is
// wrong is reported, the rest is skipped.
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "bitnet/Pipelines/OptionWords.h"
#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

bitnet_compile_options
mlir::bitnet::completeOptions(const bitnet_compile_options &options) {
  bitnet_compile_options complete;
  bitnet_compile_options_init(&complete, sizeof(complete));
  std::memcpy(&complete, &options,
              std::min(options.struct_size, sizeof(complete)));
  complete.struct_size = sizeof(complete);
  return complete;
}

namespace {
/// Reads members one by one and keeps what is wrong with the first bad one.
class Reader {
public:
  explicit Reader(const bitnet_compile_options &from) : from(from) {}
  llvm::Expected<CompileOptions> run();

private:
  using Words = std::vector<std::string>;

  /// Later failures are often consequences, so only the first one counts.
  void fail(const Twine &text) {
    if (wrong.empty())
      wrong = text.str();
  }
  template <typename T>
  const T *readWord(StringRef option, const char *text,
                    ArrayRef<Word<T>> words);
  static std::string readText(const char *text) { return text ? text : ""; }
  Words readList(const bitnet_compile_words &list);
  void readModel();
  void readQuantization();
  void readTarget();
  void readOutput();
  void checkPairs();
  void checkEmpty();
  void checkDims();

  const bitnet_compile_options &from;
  CompileOptions to;
  std::string wrong;
};
} // namespace

/// Null words would end the process, so they are looked for first.
Reader::Words Reader::readList(const bitnet_compile_words &list) {
  Words words;
  for (size_t i = 0; i < list.count; ++i) {
    if (!list.words || !list.words[i]) {
      fail("a list of the options holds a null word");
      break;
    }
    words.push_back(list.words[i]);
  }
  return words;
}

/// The value of a word; null where there is none, or it is unknown.
template <typename T>
const T *Reader::readWord(StringRef option, const char *text,
                          ArrayRef<Word<T>> words) {
  if (!text)
    return nullptr;
  const Word<T> *word = findWord(words, text);
  if (!word)
    fail("--" + option + ": " + quoteName(text) + " is not one of " +
         listWords(words));
  return word ? &word->value : nullptr;
}

/// The name in messages is the path, also when the bytes come from memory.
void Reader::readModel() {
  to.input = from.model ? from.model : "<memory>";
  to.dims = readList(from.dims);
  to.frontend.strictShapes = from.strict_shapes != 0;
  if (auto *policy =
          readWord("external-data", from.external_data, getExternalDataWords()))
    to.externalData = *policy;
  to.externalRoot = readText(from.external_root);
  if (from.max_nodes)
    to.maxNodes = from.max_nodes;
  if (from.max_memory)
    to.maxMemory = from.max_memory;
}

/// Recognition must know what the next stages ask for, so some choices are in
/// the options of two stages.
void Reader::readQuantization() {
  if (auto *method =
          readWord("quantize", from.quantize, getWeightMethodWords()))
    to.quantize.method = *method;
  to.frontend.floatLinears = to.quantize.method.has_value();
  to.quantize.layers = {readList(from.quantize_include),
                        readList(from.quantize_exclude)};
  to.frontend.linears = to.quantize.layers;
  if (auto *stored =
          readWord("float-weights", from.float_weights, getFloatWeightsWords()))
    to.frontend.floatWeights = *stored;
  to.frontend.stored = {readList(from.float_weights_include),
                        readList(from.float_weights_exclude)};
}

/// Which machines the code is for, and what it is made of. Names of LLVM are
/// checked later, when the target is resolved.
void Reader::readTarget() {
  to.target.triple = readText(from.triple);
  to.target.cpu = readText(from.cpu);
  to.target.features = readText(from.features);
  for (const std::string &word : readList(from.isas))
    if (auto *isa = readWord("isa", word.c_str(), getISAWords()))
      to.target.isas.push_back(*isa);
  to.target.optLevel = from.opt_level;
  if (from.opt_level > 3)
    fail("-O takes 0, 1, 2 or 3");
  if (auto *kernel = readWord("kernel", from.kernel, getKernelWords()))
    to.partition.kernel = *kernel;
  if (auto *packing = readWord("packing", from.packing, getPackingWords()))
    to.pack.packing = *packing;
  if (auto *placement =
          readWord("weights", from.weights, getWeightsPlacementWords()))
    to.target.weights = *placement;
}

/// The stage that the ending of the output's name stands for, so that `-o
/// model.o` writes an object file.
static Stage getStageOfOutput(StringRef name) {
  StringRef extension = llvm::sys::path::extension(name);
  return extension == ".o"    ? Stage::Obj
         : extension == ".s"  ? Stage::Asm
         : extension == ".ll" ? Stage::LLVM
                              : Stage::SO;
}

/// The stage that is asked for wins over the ending of the output.
void Reader::readOutput() {
  to.backend = getBackends().front();
  if (auto *backend = readWord("target", from.target, getBackendWords()))
    to.backend = *backend;
  to.runner = readText(from.runner);
  to.reportFile = readText(from.report);
  // Endings name forms of code for machines; a folder may be called anything.
  if (to.backend->forMachines)
    to.emit = getStageOfOutput(readText(from.output));
  if (auto *stage = readWord("emit", from.emit, getStageWords()))
    to.emit = *stage;
  to.output =
      from.output
          ? std::string(from.output)
          : to.backend->nameOutput(llvm::sys::path::stem(to.input), to.emit);
}

/// Options that exclude each other, or of which one needs the other.
void Reader::checkPairs() {
  if (!to.target.isas.empty() &&
      !(to.target.cpu.empty() && to.target.features.empty()))
    fail("--isa goes without --mcpu and --mattr");
  if (!from.quantize &&
      (from.quantize_include.count || from.quantize_exclude.count))
    fail("--quantize-include and --quantize-exclude need --quantize");
  if (!from.float_weights &&
      (from.float_weights_include.count || from.float_weights_exclude.count))
    fail("--float-weights-include and --float-weights-exclude need "
         "--float-weights");
  if (std::string text = to.backend->findWrongOption(to); !text.empty())
    fail(text);
}

/// An empty text is what a script gives when its variable is not set.
void Reader::checkEmpty() {
  const std::pair<const char *, const char *> options[] = {
      {"o", from.output},
      {"report", from.report},
      {"external-root", from.external_root}};
  for (auto [name, text] : options)
    if (text && !*text)
      fail(Twine("the option ") + name + " has an empty value");
  if (!to.externalRoot.empty() && !llvm::sys::fs::is_directory(to.externalRoot))
    fail("--external-root: " + quotePath(to.externalRoot) + " is not a folder");
}

/// A dim that is no name=size with a size of at least 0, or is there twice.
void Reader::checkDims() {
  llvm::StringSet<> names;
  for (StringRef text : to.dims) {
    const auto [name, value] = text.rsplit('=');
    int64_t size;
    if (name.empty() || value.getAsInteger(10, size) || size < 0)
      return fail("--dim: expected name=size, got " + quoteName(text));
    if (!names.insert(name).second)
      return fail("--dim: " + quoteName(name) + " is given twice");
  }
}

/// Words are read before combinations are judged, which need their values.
llvm::Expected<CompileOptions> Reader::run() {
  if (!from.model && !from.model_bytes)
    return llvm::createStringError("no model");
  if (!from.model && !from.output)
    return llvm::createStringError("a model without a name needs an output");
  readModel();
  readQuantization();
  readTarget();
  readOutput();
  checkPairs();
  checkEmpty();
  checkDims();
  if (!wrong.empty())
    return llvm::createStringError(wrong);
  return std::move(to);
}

llvm::Expected<CompileOptions>
mlir::bitnet::readOptions(const bitnet_compile_options &options) {
  return Reader(options).run();
}
