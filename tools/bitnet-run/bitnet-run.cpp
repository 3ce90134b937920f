//===- bitnet-run.cpp - run a compiled model ------------------------------===//
//
// Gets inputs (a data file, test folders, single arrays, or random numbers),
// runs the model, compares with expected outputs when there are some.
//
//===----------------------------------------------------------------------===//

#include "Compare.h"
#include "DataSet.h"
#include "Errors.h"
#include "Npy.h"
#include "OutputFiles.h"
#include "Session.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include <cmath>

using namespace llvm;
using namespace bitnet::run;

static cl::OptionCategory category("bitnet-run options");

// Inputs come from folders, else from --data and --input, else they are random
// numbers.
static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model.so>"),
                                      cl::cat(category));
static cl::list<std::string> folders(cl::Positional,
                                     cl::desc("[test_data_set folders]"),
                                     cl::cat(category));
static cl::opt<std::string>
    dataPath("data", cl::value_desc("file.npz"), cl::cat(category),
             cl::desc("Arrays in_<name> are inputs, out_<name> expected"));
static cl::list<std::string> inputFiles("input", cl::value_desc("name=a.npy"),
                                        cl::cat(category),
                                        cl::desc("One input from a file"));
static cl::list<std::string>
    dimSizes("dim", cl::value_desc("name=size"), cl::cat(category),
             cl::desc("Size of a dynamic dim for random inputs (default 1)"));
static cl::opt<uint64_t> seed("seed", cl::init(0), cl::cat(category),
                              cl::desc("Seed of random inputs"));
static cl::opt<std::string>
    intRange("int-range", cl::value_desc("low:high"), cl::init("0:2"),
             cl::cat(category),
             cl::desc("Range of random integers, high excluded"));
namespace {
/// LLVM's own takes an empty text for 0.
struct NumberParser : cl::parser<double> {
  using cl::parser<double>::parser;
  bool parse(cl::Option &option, StringRef name, StringRef text,
             double &value) {
    if (text.empty())
      return option.error("expected a number, got ''");
    return cl::parser<double>::parse(option, name, text, value);
  }
};
} // namespace
static cl::opt<double, false, NumberParser>
    tolerance("tol", cl::init(5e-6), cl::cat(category),
              cl::desc("Largest relative L2 error per output"));
// What a run writes. A name is claimed before the run (OutputFiles.h).
static cl::opt<std::string> saveFolder("save-outputs", cl::value_desc("folder"),
                                       cl::cat(category),
                                       cl::desc("Write each output as .npy"));
static cl::opt<std::string>
    codesPath("dump-codes", cl::value_desc("file.npz"), cl::cat(category),
              cl::desc("Write the int8 codes of every layer (codes_<layer>) "
                       "and the outputs (out_<name>)"));
// How the model is run.
static cl::opt<bool> verify("verify", cl::cat(category),
                            cl::desc("Read all weights first and compare their "
                                     "hash (loading does not read them)"));
static cl::opt<bool> guardPages(
    "guard-pages", cl::cat(category),
    cl::desc("Run twice, with every input and output ending, then beginning, "
             "at an inaccessible page: an access outside is a crash, a "
             "difference an error (timed runs are not guarded)"));
static cl::opt<std::string> bench("bench", cl::ValueOptional,
                                  cl::value_desc("runs"), cl::cat(category),
                                  cl::desc("Time so many runs (default 50)"));
static cl::opt<std::string>
    profileTo("profile", cl::ValueOptional, cl::value_desc("file.json"),
              cl::cat(category),
              cl::desc("Print the time of each operation, over as many runs "
                       "as --bench says (default 20)"));
static cl::opt<int> threads("threads", cl::init(0), cl::cat(category),
                            cl::desc("Threads (default BITNET_NUM_THREADS, "
                                     "else all available cores)"));
static cl::opt<bitnet_affinity> affinity(
    "affinity", cl::cat(category), cl::init(BITNET_AFFINITY_DEFAULT),
    cl::desc("CPUs of the threads (default BITNET_AFFINITY, else none)"),
    cl::values(clEnumValN(BITNET_AFFINITY_NONE, "none",
                          "Where the system likes"),
               clEnumValN(BITNET_AFFINITY_COMPACT, "compact",
                          "Siblings of a core next to each other"),
               clEnumValN(BITNET_AFFINITY_SPREAD, "spread",
                          "Every core once before any sibling")));
static cl::opt<bool> verbose("v", cl::cat(category),
                             cl::desc("Describe the model"));

/// --seed, --int-range and --dim; only random inputs use them.
static Expected<RandomOptions> parseRandomOptions() {
  RandomOptions options;
  options.seed = seed;
  StringRef low, high;
  std::tie(low, high) = StringRef(intRange).split(':');
  if (low.getAsInteger(10, options.intLow) ||
      high.getAsInteger(10, options.intHigh) ||
      options.intLow >= options.intHigh)
    return fail(ExitUsage,
                "--int-range: expected low:high, got '" + intRange + "'");
  for (StringRef text : dimSizes) {
    const auto [name, value] = text.rsplit('=');
    int64_t size;
    if (name.empty() || value.getAsInteger(10, size) || size < 0)
      return fail(ExitUsage, "--dim: expected name=size, got '" + text + "'");
    if (!options.dims.try_emplace(name, size).second)
      return fail(ExitUsage, "--dim: '" + name + "' is given twice");
  }
  return options;
}

/// The arrays of --data, where those of --input take the place of inputs of the
/// same name.
static Expected<DataSet> readFiles(const bitnet_model_desc &desc) {
  DataSet data;
  data.origin = "--input";
  if (!dataPath.empty()) {
    Expected<DataSet> file = readDataFile(dataPath);
    if (!file)
      return file.takeError();
    data = std::move(*file);
  }
  for (StringRef text : inputFiles) {
    const auto [name, path] = text.split('=');
    if (name.empty() || path.empty())
      return fail(ExitUsage,
                  "--input: expected name=file.npy, got '" + text + "'");
    if (Error error = checkNamed("--input", name, desc))
      return error;
    Expected<Array> array = readNpy(path);
    if (!array)
      return array.takeError();
    array->name = name.str();
    llvm::erase_if(data.inputs,
                   [&](const Array &a) { return a.name == array->name; });
    data.inputs.push_back(std::move(*array));
  }
  return data;
}

/// The number that --bench gives, `otherwise` without one.
static Expected<unsigned> parseRuns(unsigned otherwise) {
  constexpr unsigned kMost = 1'000'000;
  unsigned runs = otherwise;
  if (!bench.empty() &&
      (StringRef(bench).getAsInteger(10, runs) || runs == 0 || runs > kMost))
    return fail(ExitUsage, "--bench: expected a number of runs, 1 to " +
                               Twine(kMost) + ", got '" + bench + "'");
  return runs;
}

/// Checks what would be found wrong only after the first run, and options with
/// an empty text, which is what a script gives when its variable is not set.
static Error checkValues() {
  for (const cl::opt<std::string> *option :
       {&dataPath, &saveFolder, &codesPath})
    if (option->getNumOccurrences() && option->empty())
      return fail(ExitUsage,
                  "the option --" + option->ArgStr + " has an empty value");
  if (std::isnan(tolerance) || tolerance < 0)
    return fail(ExitUsage, "--tol: expected a number that is not negative");
  return parseRuns(1).takeError();
}

/// --profile: prints the table and writes the file.
static Error runProfile(Session &session, std::vector<Array> &inputs,
                        OutputFiles &files) {
  Expected<unsigned> runs = parseRuns(20);
  if (!runs)
    return runs.takeError();
  Expected<Profile> profile = session.profile(inputs, *runs);
  if (!profile)
    return profile.takeError();
  profile->print(outs(), session.threads());
  outs().flush(); // before any error
  return files.saveProfile(*profile, session.threads());
}

/// --bench: prints percentiles.
static Error runBench(Session &session, std::vector<Array> &inputs) {
  Expected<unsigned> runs = parseRuns(50);
  if (!runs)
    return runs.takeError();
  Expected<Timings> timings = session.bench(inputs, *runs);
  if (!timings)
    return timings.takeError();
  outs() << format("p50 %.3f ms, p99 %.3f ms, min %.3f ms",
                   timings->percentile(0.5), timings->percentile(0.99),
                   timings->percentile(0))
         << " (" << *runs << " runs, " << session.threads() << " threads)\n";
  return Error::success();
}

/// One set of inputs through the model; false when outputs are off.
static Expected<bool> runOne(Session &session, DataSet data,
                             OutputFiles &files) {
  std::vector<Array> codes;
  std::vector<Array> *probed = codesPath.empty() ? nullptr : &codes;
  Expected<std::vector<Array>> outputs =
      guardPages ? session.runGuarded(data.inputs, probed)
                 : session.run(data.inputs, probed);
  if (!outputs)
    return outputs.takeError();
  const bool good = printComparison(outs(), *outputs, data.expected, tolerance);
  outs().flush(); // before any error
  if (Error error = files.saveOutputs(*outputs))
    return error;
  if (Error error = files.saveCodes(std::move(codes), *outputs))
    return error;
  if (bench.getNumOccurrences())
    if (Error error = runBench(session, data.inputs))
      return error;
  if (profileTo.getNumOccurrences())
    if (Error error = runProfile(session, data.inputs, files))
      return error;
  if (!good)
    errs() << "bitnet-run: error: "
           << (data.origin.empty() ? "" : data.origin + ": ")
           << "outputs differ by more than --tol="
           << format("%g", double(tolerance)) << "\n";
  return good;
}

/// Data of files: matched to the model first.
static Expected<bool> runData(Session &session, DataSet data,
                              OutputFiles &files) {
  if (Error error = bindArrays(data, session.description()))
    return error;
  return runOne(session, std::move(data), files);
}

/// Each folder is a set of its own; false when one of them is off.
static Expected<bool> runFolders(Session &session, OutputFiles &files) {
  bool good = true;
  for (StringRef folder : folders) {
    Expected<DataSet> data = readDataFolder(folder, session.description());
    if (!data)
      return data.takeError();
    // Which folder the lines below belong to.
    outs() << folder << "\n";
    Expected<bool> result = runData(session, std::move(*data), files);
    if (!result)
      return result.takeError();
    good &= *result;
  }
  return good;
}

/// Folders, else files, else random inputs.
static Expected<bool> runInputs(Session &session, const RandomOptions &random,
                                OutputFiles &files) {
  if (!folders.empty())
    return runFolders(session, files);
  if (!dataPath.empty() || !inputFiles.empty()) {
    Expected<DataSet> data = readFiles(session.description());
    if (!data)
      return data.takeError();
    return runData(session, std::move(*data), files);
  }
  Expected<std::vector<Array>> inputs =
      makeRandomInputs(session.getModel(), random);
  if (!inputs)
    return inputs.takeError();
  DataSet data;
  data.inputs = std::move(*inputs);
  return runOne(session, std::move(data), files);
}

/// The files that this command reads, as far as they are there.
static std::vector<std::string> listInputFiles(const bitnet_model_desc &desc) {
  std::vector<std::string> files{modelPath, dataPath};
  if (desc.weights_file) {
    SmallString<128> weights(sys::path::parent_path(modelPath));
    sys::path::append(weights, desc.weights_file);
    files.push_back(weights.str().str());
  }
  for (StringRef text : inputFiles)
    files.push_back(text.split('=').second.str());
  for (StringRef folder : folders)
    append_range(files, listDataFolder(folder, desc));
  return files;
}

/// Everything that can be checked without running is checked first.
static Expected<bool> runAll() {
  if (Error error = checkValues())
    return error;
  Expected<RandomOptions> random = parseRandomOptions();
  if (!random)
    return random.takeError();
  bitnet_pool_options pool = {};
  pool.struct_size = sizeof(pool);
  pool.threads = threads;
  pool.affinity = affinity;
  Expected<Session> session = Session::load(modelPath, pool);
  if (!session)
    return session.takeError();
  if (verify)
    if (Error error = session->verify())
      return error;
  if (verbose)
    session->print(outs());
  OutputFiles files;
  files.folder = saveFolder;
  files.codes = codesPath;
  files.profile = profileTo;
  const bitnet_model_desc &desc = session->description();
  if (Error error = checkTypes(desc))
    return error;
  // Inputs are listed first: no output may be one of them.
  if (Error error = files.claim(desc, listInputFiles(desc)))
    return error;
  Expected<bool> good = runInputs(*session, *random, files);
  // The memory of a run is known only after it.
  if (verbose && good)
    session->printMemory(outs());
  return good;
}

/// 1: outputs beyond the tolerance; an error has a code of its own.
int main(int argc, char **argv) {
  // An input file may claim any size: running out of memory has its own exit
  // code.
  endOnMissingMemory();
  mlir::bitnet::removeTemporariesOnSignal();
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(
          argc, argv, "Runs a model compiled by bitnet-compile.\n", &errs()))
    return ExitUsage;
  Expected<bool> good = runAll();
  int code = ExitMismatch;
  if (!good)
    code = reportFailure(good.takeError());
  else if (*good)
    code = ExitSuccess;
  return flushOutput(code);
}
