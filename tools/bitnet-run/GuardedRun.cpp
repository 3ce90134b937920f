//===- GuardedRun.cpp - a run that may touch nothing but its tensors ------===//
//
// All tensors of a run touch inaccessible pages with one edge. Two runs, one
// for each edge, must give the same bits: a difference means that a result
// depends on what lies beside a tensor.
//
//===----------------------------------------------------------------------===//

#include "Errors.h"
#include "GuardedMemory.h"
#include "Session.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace bitnet::run;

namespace {
/// The tensors of one run, each between guard pages.
class GuardedTensors {
public:
  GuardedTensors(const bitnet_model_desc &desc, GuardedEdge edge)
      : desc(desc), edge(edge), outputs(desc.num_outputs, bitnet_tensor{}) {}

  Error addInputs(std::vector<Array> &arrays);
  /// Buffers of exactly the size that `model` tells, where it does.
  Error addOutputs(const bitnet_model *model);
  /// bitnet_run_options.allocate, for the other outputs.
  void *allocate(uint32_t index, uint64_t bytes);
  /// What the run returned, once it has succeeded.
  Expected<std::vector<Array>> takeOutputs() const;

  ArrayRef<bitnet_tensor> getInputs() const { return inputs; }
  std::vector<bitnet_tensor> &getOutputs() { return outputs; }

  std::vector<Array> *codes = nullptr;

private:
  Expected<char *> add(StringRef kind, const bitnet_value_desc &value,
                       uint64_t bytes);
  Error checkTold(uint32_t index) const;

  const bitnet_model_desc &desc;
  GuardedEdge edge;
  std::vector<std::unique_ptr<GuardedMemory>> memory;
  std::vector<bitnet_tensor> inputs, outputs;
  std::vector<bitnet_tensor> told; ///< shapes of outputs; or none
};
} // namespace

/// Memory for one tensor, labelled for messages: "output 'logits'".
Expected<char *> GuardedTensors::add(StringRef kind,
                                     const bitnet_value_desc &value,
                                     uint64_t bytes) {
  std::string label;
  raw_string_ostream os(label);
  os << kind << " '";
  printEscapedString(value.name, os);
  os << "'";
  auto created = GuardedMemory::create(std::move(label), bytes, edge);
  if (!created)
    return created.takeError();
  memory.push_back(std::move(*created));
  return memory.back()->data();
}

/// Copies the arrays in and makes them read-only: a model must not write its
/// inputs, but for those that it updates in place.
Error GuardedTensors::addInputs(std::vector<Array> &arrays) {
  for (auto [index, array] : enumerate(arrays)) {
    Expected<char *> data =
        add("input", desc.inputs[index], array.bytes.size());
    if (!data)
      return data.takeError();
    copy(array.bytes, *data);
    if (!(desc.inputs[index].flags & BITNET_VALUE_IN_PLACE))
      memory.back()->protect();
    inputs.push_back(asTensor(array));
    inputs.back().data = *data;
  }
  return Error::success();
}

/// Outputs whose shape depends on values get their memory during the run.
Error GuardedTensors::addOutputs(const bitnet_model *model) {
  std::vector<bitnet_tensor> shapes(desc.num_outputs, bitnet_tensor{});
  if (bitnet_model_shapes(model, inputs.data(), inputs.size(), shapes.data(),
                          shapes.size()) != BITNET_OK)
    return Error::success(); // the run has the same to say
  told = std::move(shapes);
  for (auto [index, shape] : enumerate(told)) {
    const std::optional<uint64_t> bytes =
        byteSize(shape.dtype, ArrayRef(shape.dims, shape.rank));
    if (!bytes || desc.outputs[index].flags & BITNET_VALUE_IN_PLACE)
      continue; // a dim that depends on values, the memory of an input
    Expected<char *> data = add("output", desc.outputs[index], *bytes);
    if (!data)
      return data.takeError();
    outputs[index].data = *data;
    outputs[index].dtype = shape.dtype;
    outputs[index].capacity = *bytes;
  }
  return Error::success();
}

void *GuardedTensors::allocate(uint32_t index, uint64_t bytes) {
  Expected<char *> data = add("output", desc.outputs[index], bytes);
  if (data)
    return *data;
  consumeError(data.takeError()); // the model says that it found no memory
  return nullptr;
}

/// Whether output `index` has the shape that bitnet_model_shapes has told for
/// it.
Error GuardedTensors::checkTold(uint32_t index) const {
  const bitnet_tensor &got = outputs[index], &shape = told[index];
  bool agree = got.rank == shape.rank;
  for (int32_t i = 0; agree && i < got.rank; ++i)
    agree = shape.dims[i] == got.dims[i] || shape.dims[i] == -1;
  if (agree)
    return Error::success();
  return fail(ExitSoftware,
              Twine("output '") + desc.outputs[index].name + "': told as " +
                  describe(shape.dtype, ArrayRef(shape.dims, shape.rank)) +
                  " before the run, returned as " +
                  describe(got.dtype, ArrayRef(got.dims, got.rank)));
}

/// Checks slack and shapes first, so that a result that looks right is not
/// taken from a run that wrote outside.
Expected<std::vector<Array>> GuardedTensors::takeOutputs() const {
  if (told.empty() && !outputs.empty())
    return fail(ExitSoftware, "the model runs, but told no output shapes");
  for (const auto &part : memory)
    if (Error error = part->checkSlack())
      return error;
  std::vector<Array> results;
  for (uint32_t i = 0; i < desc.num_outputs; ++i) {
    if (Error error = checkTold(i))
      return error;
    results.push_back(fromTensor(desc.outputs[i].name, outputs[i]));
  }
  return results;
}

/// bitnet_run_options.allocate and .probe, with a GuardedTensors as `user`.
static void *allocate(void *user, uint32_t index, uint64_t bytes) {
  return static_cast<GuardedTensors *>(user)->allocate(index, bytes);
}

static void probe(void *user, const char *name, const bitnet_tensor *value) {
  addCodes(*static_cast<GuardedTensors *>(user)->codes, name, *value);
}

Expected<std::vector<Array>> Session::runAtEdge(std::vector<Array> &inputs,
                                                std::vector<Array> *codes,
                                                GuardedEdge edge) {
  GuardedTensors tensors(description(), edge);
  bitnet_session_reset(model.get(), session.get());
  tensors.codes = codes;
  if (Error error = tensors.addInputs(inputs))
    return error;
  if (Error error = tensors.addOutputs(model.get()))
    return error;
  bitnet_run_options options = getOptions();
  options.allocate = allocate;
  options.probe = codes ? probe : nullptr;
  options.user = &tensors;
  if (Error error = invoke(tensors.getInputs(), tensors.getOutputs(), options))
    return error;
  return tensors.takeOutputs();
}

/// Whether both runs gave the same arrays, bit by bit.
static Error checkSame(ArrayRef<Array> first, ArrayRef<Array> second) {
  const auto differ = [](const Array &a, const Array &b) {
    return a.name != b.name || a.shape != b.shape || a.bytes != b.bytes;
  };
  if (first.size() != second.size())
    return fail(ExitSoftware, "guard pages: the numbers of results differ");
  for (const auto &[a, b] : zip(first, second))
    if (differ(a, b))
      return fail(ExitSoftware,
                  "'" + a.name +
                      "' depends on what lies outside of the "
                      "inputs and outputs, or on what was in the outputs");
  return Error::success();
}

/// The results of the first run; those of the second are only compared.
Expected<std::vector<Array>> Session::runGuarded(std::vector<Array> &inputs,
                                                 std::vector<Array> *codes) {
  std::vector<Array> otherCodes;
  auto results = runAtEdge(inputs, codes, GuardedEdge::End);
  if (!results)
    return results;
  auto others =
      runAtEdge(inputs, codes ? &otherCodes : nullptr, GuardedEdge::Begin);
  if (!others)
    return others;
  if (Error error = checkSame(*results, *others))
    return error;
  if (codes)
    if (Error error = checkSame(*codes, otherCodes))
      return error;
  return results;
}
