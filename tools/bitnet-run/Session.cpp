//===- Session.cpp - a loaded model with its threads ----------------------===//
//
// Runs copy nothing on the way in: tensors point into the arrays. Timed runs
// reuse their outputs, as a host would; other runs let the model allocate them.
//
//===----------------------------------------------------------------------===//

#include "Session.h"
#include "Errors.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include <chrono>

using namespace llvm;
using namespace bitnet::run;

/// The exit code for a failure of the runtime.
static ExitCode exitCodeOf(bitnet_status status) {
  switch (status) {
  case BITNET_IO_ERROR:
    return ExitMissingInput;
  case BITNET_UNSUPPORTED_CPU:
    return ExitUnsupportedCPU;
  case BITNET_OUT_OF_MEMORY:
    return ExitOutOfMemory;
  default:
    return ExitBadData;
  }
}

/// The pool comes first: wrong settings are a usage error, whatever the model.
Expected<Session> Session::load(StringRef path,
                                const bitnet_pool_options &threads) {
  Session session;
  session.pool.reset(bitnet_pool_create_with(&threads));
  if (!session.pool)
    return fail(ExitUsage, bitnet_last_error());
  bitnet_model *model = nullptr;
  const bitnet_status status = bitnet_model_load(path.str().c_str(), &model);
  if (status != BITNET_OK)
    return fail(exitCodeOf(status), bitnet_last_error());
  session.model.reset(model);
  bitnet_session *state = nullptr;
  if (bitnet_session_create(model, &state) != BITNET_OK)
    return fail(ExitOutOfMemory, bitnet_last_error());
  session.session = {state, End{model}};
  return session;
}

Error Session::verify() const {
  const bitnet_status status = bitnet_model_verify(model.get());
  if (status == BITNET_OK)
    return Error::success();
  return fail(exitCodeOf(status), bitnet_last_error());
}

const bitnet_model_desc &Session::description() const {
  return *bitnet_model_description(model.get());
}

void bitnet::run::addCodes(std::vector<Array> &codes, StringRef name,
                           const bitnet_tensor &value) {
  const auto taken = [&](StringRef candidate) {
    return llvm::any_of(codes,
                        [&](const Array &a) { return a.name == candidate; });
  };
  std::string unique = name.str();
  for (unsigned i = 2; taken(unique); ++i)
    unique = (name + Twine("#") + Twine(i)).str();
  codes.push_back(fromTensor(unique, value));
}

/// Called by the model for every bitnet.probe.
static void collect(void *user, const char *name, const bitnet_tensor *value) {
  addCodes(*static_cast<std::vector<Array> *>(user), name, *value);
}

/// The caller adds probes or marks.
bitnet_run_options Session::getOptions() const {
  bitnet_run_options options = {};
  options.struct_size = sizeof(options);
  options.parallel_for = bitnet_pool_parallel_for;
  options.pool = pool.get();
  options.session = session.get();
  return options;
}

/// The runtime's error line is this thread's, so it is read at once.
Error Session::invoke(ArrayRef<bitnet_tensor> inputs,
                      std::vector<bitnet_tensor> &outputs,
                      const bitnet_run_options &options) {
  const bitnet_status status =
      bitnet_model_invoke(model.get(), inputs.data(), inputs.size(),
                          outputs.data(), outputs.size(), &options);
  if (status == BITNET_OK)
    return Error::success();
  return fail(exitCodeOf(status), bitnet_last_error());
}

/// Tensors that point into the arrays.
static std::vector<bitnet_tensor> asTensors(std::vector<Array> &arrays) {
  std::vector<bitnet_tensor> tensors;
  for (Array &array : arrays)
    tensors.push_back(asTensor(array));
  return tensors;
}

/// Frees what malloc made in the model for outputs without a buffer. Those in
/// place are the memory of inputs.
static void freeOutputs(const bitnet_model_desc &desc,
                        std::vector<bitnet_tensor> &outputs) {
  for (uint32_t i = 0; i < desc.num_outputs; ++i)
    if (!(desc.outputs[i].flags & BITNET_VALUE_IN_PLACE))
      std::free(outputs[i].data);
}

/// The outputs are copied out of the model's memory.
Expected<std::vector<Array>> Session::run(std::vector<Array> &inputs,
                                          std::vector<Array> *codes) {
  const bitnet_model_desc &desc = description();
  std::vector<bitnet_tensor> outputs(desc.num_outputs, bitnet_tensor{});
  llvm::scope_exit release([&] { freeOutputs(description(), outputs); });
  bitnet_run_options options = getOptions();
  options.probe = codes ? collect : nullptr;
  options.user = codes;
  if (Error error = invoke(asTensors(inputs), outputs, options))
    return error;
  std::vector<Array> results;
  for (uint32_t i = 0; i < desc.num_outputs; ++i)
    results.push_back(fromTensor(desc.outputs[i].name, outputs[i]));
  return results;
}

using Clock = std::chrono::steady_clock;

/// At least 50 ms, and as many runs as are timed, but not more than three.
Error Session::warmUp(ArrayRef<bitnet_tensor> inputs,
                      std::vector<bitnet_tensor> &outputs, unsigned count) {
  constexpr std::chrono::milliseconds shortest(50);
  const auto start = Clock::now();
  for (unsigned i = 0;
       i < std::min(count, 3u) || Clock::now() - start < shortest; ++i)
    if (Error error = invoke(inputs, outputs, getOptions()))
      return error;
  return Error::success();
}

/// Outputs stay allocated from the first run on, as in a host that reuses them.
Expected<Timings> Session::bench(std::vector<Array> &inputs, unsigned count) {
  const std::vector<bitnet_tensor> tensors = asTensors(inputs);
  std::vector<bitnet_tensor> outputs(description().num_outputs,
                                     bitnet_tensor{});
  llvm::scope_exit release([&] { freeOutputs(description(), outputs); });
  if (Error error = warmUp(tensors, outputs, count))
    return error;
  Timings timings;
  for (unsigned i = 0; i < count; ++i) {
    const auto start = Clock::now();
    if (Error error = invoke(tensors, outputs, getOptions()))
      return error;
    const std::chrono::duration<double, std::milli> took = Clock::now() - start;
    timings.milliseconds.push_back(took.count());
  }
  llvm::sort(timings.milliseconds);
  return timings;
}

/// Warm-up runs are not part of the profile.
Expected<Profile> Session::profile(std::vector<Array> &inputs, unsigned count) {
  uint32_t numRegions = 0;
  const bitnet_region_desc *regions =
      bitnet_model_region_table(model.get(), &numRegions);
  Profile profile(ArrayRef(regions, numRegions));
  const std::vector<bitnet_tensor> tensors = asTensors(inputs);
  std::vector<bitnet_tensor> outputs(description().num_outputs,
                                     bitnet_tensor{});
  llvm::scope_exit release([&] { freeOutputs(description(), outputs); });
  bitnet_run_options options = getOptions();
  if (Error error = warmUp(tensors, outputs, count))
    return error;
  options.mark = Profile::mark;
  options.work = Profile::work;
  options.user = &profile;
  for (unsigned i = 0; i < count; ++i) {
    profile.beginRun();
    if (Error error = invoke(tensors, outputs, options))
      return error;
    profile.endRun();
  }
  return profile;
}

/// Rounded to the nearest sample.
double Timings::percentile(double p) const {
  const size_t last = milliseconds.size() - 1;
  return milliseconds[static_cast<size_t>(p * last + 0.5)];
}

/// "input ids: i64[batch,128]".
static void printValue(raw_ostream &os, StringRef kind,
                       const bitnet_value_desc &value) {
  const char *dtype = bitnet_dtype_name(value.dtype);
  os << kind << " ";
  printEscapedString(value.name, os);
  os << ": " << (dtype ? dtype : "?") << "[";
  for (int32_t i = 0; i < value.rank; ++i) {
    const char *name = value.dim_names ? value.dim_names[i] : nullptr;
    os << (i ? "," : "");
    if (value.dims[i] >= 0)
      os << value.dims[i];
    else
      os << (name && *name ? name : "?");
  }
  os << "]";
  if (value.flags & BITNET_VALUE_IN_PLACE)
    os << ", in place";
  os << "\n";
}

/// The model, the variant that runs here, and the type of each input, output
/// and state.
void Session::print(raw_ostream &os) const {
  const bitnet_model_desc &desc = description();
  const char *chosen = bitnet_model_isa_name(model.get());
  os << "model " << desc.name << ", by " << desc.producer << "\n"
     << "cpu " << desc.cpu << ", features " << desc.features << "\n"
     << "isa " << (chosen ? chosen : "none") << ", of";
  for (uint32_t i = 0; i < desc.num_isas; ++i)
    os << (i ? ", " : " ") << desc.isas[i].name;
  os << "\n"
     << "weights " << desc.weights_size << " bytes, "
     << (desc.weights_file ? desc.weights_file : "embedded") << "\n";
  for (uint32_t i = 0; i < desc.num_inputs; ++i)
    printValue(os, "input", desc.inputs[i]);
  for (uint32_t i = 0; i < desc.num_outputs; ++i)
    printValue(os, "output", desc.outputs[i]);
  for (uint32_t i = 0; i < desc.num_states; ++i)
    printValue(os, "state", desc.states[i].value);
  os << "threads " << threads() << "\n";
}

/// Arenas only: the weights are mapped, and outputs belong to the host.
void Session::printMemory(raw_ostream &os) const {
  const bitnet_memory memory = bitnet_model_memory_use(model.get());
  os << "arena " << memory.largest << " bytes, " << memory.allocations
     << " allocations\n";
}
