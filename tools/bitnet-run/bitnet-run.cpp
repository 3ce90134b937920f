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
#include "Session.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace bitnet::run;

static cl::OptionCategory category("bitnet-run options");

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
static cl::opt<double>
    tolerance("tol", cl::init(5e-6), cl::cat(category),
              cl::desc("Largest relative L2 error per output"));
static cl::opt<std::string> saveFolder("save-outputs", cl::value_desc("folder"),
                                       cl::cat(category),
                                       cl::desc("Write each output as .npy"));
static cl::opt<std::string>
    codesPath("dump-codes", cl::value_desc("file.npz"), cl::cat(category),
              cl::desc("Write the int8 codes of every layer (codes_<layer>) "
                       "and the outputs (out_<name>)"));
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
    if (value.getAsInteger(10, size) || size < 0)
      return fail(ExitUsage, "--dim: expected name=size, got '" + text + "'");
    options.dims[name] = size;
  }
  return options;
}

/// --data, overridden by --input.
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
    if (path.empty())
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

/// A file name for any output name.
static std::string safeFileName(StringRef name, size_t index) {
  std::string safe = Twine(index).str() + "_";
  for (char c : name.take_front(100))
    safe += isAlnum(c) || c == '.' || c == '-' ? c : '_';
  return safe + ".npy";
}

static Error saveOutputs(ArrayRef<Array> outputs) {
  if (std::error_code error = sys::fs::create_directories(saveFolder))
    return fail(ExitOutputFailure, saveFolder + ": " + error.message());
  for (size_t i = 0; i < outputs.size(); ++i) {
    SmallString<128> path(saveFolder);
    sys::path::append(path, safeFileName(outputs[i].name, i));
    if (Error error = writeNpy(path, outputs[i]))
      return error;
  }
  return Error::success();
}

static Error saveCodes(std::vector<Array> codes, ArrayRef<Array> outputs) {
  for (Array &array : codes)
    array.name = "codes_" + array.name;
  for (const Array &output : outputs) {
    codes.push_back(output);
    codes.back().name = "out_" + output.name;
  }
  return writeNpz(codesPath, codes);
}

static Expected<unsigned> parseRuns(unsigned otherwise) {
  unsigned runs = otherwise;
  if (!bench.empty() && (StringRef(bench).getAsInteger(10, runs) || runs == 0))
    return fail(ExitUsage,
                "--bench: expected a number of runs, got '" + bench + "'");
  return runs;
}

static Error runProfile(Session &session, std::vector<Array> &inputs) {
  Expected<unsigned> runs = parseRuns(20);
  if (!runs)
    return runs.takeError();
  Expected<Profile> profile = session.profile(inputs, *runs);
  if (!profile)
    return profile.takeError();
  profile->print(outs(), session.threads());
  outs().flush(); // before any error
  if (profileTo.empty())
    return Error::success();
  return profile->writeJSON(profileTo, session.threads());
}

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
static Expected<bool> runOne(Session &session, std::vector<Array> inputs,
                             DataSet &data) {
  const bitnet_model_desc &desc = session.description();
  if (data.expected.size() > desc.num_outputs)
    return badData(data.origin + ": " + Twine(data.expected.size()) +
                   " expected outputs, the model has " +
                   Twine(desc.num_outputs));
  std::vector<Array> codes;
  Expected<std::vector<Array>> outputs =
      session.run(inputs, codesPath.empty() ? nullptr : &codes);
  if (!outputs)
    return outputs.takeError();
  const std::vector<Array> expected = matchArrays(
      std::move(data.expected), ArrayRef(desc.outputs, desc.num_outputs));
  const bool good = printComparison(outs(), *outputs, expected, tolerance);
  outs().flush(); // before any error
  if (!saveFolder.empty())
    if (Error error = saveOutputs(*outputs))
      return error;
  if (!codesPath.empty())
    if (Error error = saveCodes(std::move(codes), *outputs))
      return error;
  if (bench.getNumOccurrences())
    if (Error error = runBench(session, inputs))
      return error;
  if (profileTo.getNumOccurrences())
    if (Error error = runProfile(session, inputs))
      return error;
  if (!good)
    errs() << "bitnet-run: error: "
           << (data.origin.empty() ? "" : data.origin + ": ")
           << "outputs differ by more than --tol="
           << format("%g", double(tolerance)) << "\n";
  return good;
}

static Expected<bool> runData(Session &session, DataSet data) {
  Expected<std::vector<Array>> inputs = bindInputs(data, session.description());
  if (!inputs)
    return inputs.takeError();
  return runOne(session, std::move(*inputs), data);
}

static Expected<bool> runFolders(Session &session) {
  bool good = true;
  for (StringRef folder : folders) {
    Expected<DataSet> data = readDataFolder(folder, session.description());
    if (!data)
      return data.takeError();
    outs() << folder << "\n";
    Expected<bool> result = runData(session, std::move(*data));
    if (!result)
      return result.takeError();
    good &= *result;
  }
  return good;
}

static Expected<bool> runInputs(Session &session, const RandomOptions &random) {
  if (!folders.empty())
    return runFolders(session);
  if (!dataPath.empty() || !inputFiles.empty()) {
    Expected<DataSet> data = readFiles(session.description());
    if (!data)
      return data.takeError();
    return runData(session, std::move(*data));
  }
  Expected<std::vector<Array>> inputs =
      makeRandomInputs(session.description(), random);
  if (!inputs)
    return inputs.takeError();
  DataSet none;
  return runOne(session, std::move(*inputs), none);
}

static Expected<bool> runAll() {
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
  if (verbose)
    session->print(outs());
  Expected<bool> good = runInputs(*session, *random);
  if (verbose && good)
    session->printMemory(outs());
  return good;
}

int main(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(
          argc, argv, "Runs a model compiled by bitnet-compile.\n", &errs()))
    return ExitUsage;
  Expected<bool> good = runAll();
  if (good)
    return *good ? 0 : ExitMismatch;
  int code = ExitBadData;
  handleAllErrors(good.takeError(), [&](const Failure &failure) {
    code = failure.getCode();
    errs() << "bitnet-run: error: ";
    failure.log(errs());
    errs() << "\n";
  });
  return code;
}
