//===- RandomInputs.cpp - inputs without data -----------------------------===//
//
// Inputs depend on the seed and the model alone, so a run can be repeated on
// another machine.
//
//===----------------------------------------------------------------------===//

#include "DataSet.h"
#include "Errors.h"
#include "bitnet/Support/SystemMemory.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace bitnet::run;

namespace {
/// xorshift64*: the same numbers everywhere.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed * 2 + 0x9e3779b97f4a7c15u) {}
  uint64_t next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1du;
  }
  /// A number in [-1, 1).
  float nextFloat() {
    return static_cast<float>(static_cast<int64_t>(next()) >> 40) * 0x1p-23f;
  }

private:
  uint64_t state;
};
} // namespace

/// The dtype in which random numbers are made: f32 for 16-bit floats, which are
/// then rounded, so that both get the same values.
static int32_t randomDtype(int32_t dtype) {
  const bool is16 = dtype == BITNET_DTYPE_F16 || dtype == BITNET_DTYPE_BF16;
  return is16 ? int32_t(BITNET_DTYPE_F32) : dtype;
}

/// Floats are in [-1, 1), integers in the range of --int-range, bools 0 or 1.
static void fillRandom(Array &array, int32_t dtype, Random &random,
                       const RandomOptions &options) {
  const bool isFloat = array.dtype == BITNET_DTYPE_F32;
  const uint64_t range = uint64_t(options.intHigh) - uint64_t(options.intLow);
  const uint64_t width = bitnet_dtype_bytes(array.dtype);
  for (size_t at = 0; at < array.bytes.size(); at += width) {
    uint64_t integer = uint64_t(options.intLow) + (random.next() >> 11) % range;
    const float number = random.nextFloat();
    const double wide = number;
    // Any other value of a bool would be undefined in a model.
    if (dtype == BITNET_DTYPE_BOOL)
      integer &= 1;
    const void *from = &integer; // little-endian: the low bytes
    if (isFloat)
      from = &number;
    else if (dtype == BITNET_DTYPE_F64)
      from = &wide;
    std::memcpy(array.bytes.data() + at, from, width);
  }
  if (array.dtype != dtype)
    castTo16Bit(array, dtype);
}

/// The name of a dim, empty when it has none.
static StringRef dimName(const bitnet_value_desc &value, int32_t axis) {
  const char *name = value.dim_names ? value.dim_names[axis] : nullptr;
  return name ? name : "";
}

/// The shape of a value, with dims that are not known as `options` say, else 1.
static std::vector<int64_t> chooseShape(const bitnet_value_desc &value,
                                        const RandomOptions &options) {
  std::vector<int64_t> shape(value.dims, value.dims + value.rank);
  for (int32_t i = 0; i < value.rank; ++i) {
    const auto given = options.dims.find(dimName(value, i));
    if (shape[i] < 0)
      shape[i] = given == options.dims.end() ? 1 : given->second;
  }
  return shape;
}

/// Fails for a --dim whose name no input has: it would be ignored.
static Error checkDimNames(const bitnet_model_desc &desc,
                           const RandomOptions &options) {
  StringMap<bool> known;
  for (const auto &value : ArrayRef(desc.inputs, desc.num_inputs))
    for (int32_t i = 0; i < value.rank; ++i)
      known[dimName(value, i)] = true;
  for (const auto &dim : options.dims)
    if (!known.count(dim.first()))
      return badData("--dim: the model has no dim named '" + dim.first() + "'");
  return Error::success();
}

/// "--dim n=5 and --dim m=6", of those that the value has; else nothing.
static std::string nameDims(const bitnet_value_desc &value,
                            const RandomOptions &options) {
  std::string text;
  for (int32_t i = 0; i < value.rank; ++i) {
    const auto given = options.dims.find(dimName(value, i));
    if (value.dims[i] >= 0 || given == options.dims.end())
      continue;
    text += (text.empty() ? " with --dim " : " and --dim ");
    text += (given->first() + "=" + Twine(given->second)).str();
  }
  return text;
}

/// Adds the bytes of a value to `total`.
static Error addBytes(const Twine &label, const bitnet_value_desc &value,
                      ArrayRef<int64_t> shape, const RandomOptions &options,
                      uint64_t &total) {
  const uint64_t memory = mlir::bitnet::getSystemMemory();
  const std::optional<uint64_t> bytes = byteSize(value.dtype, shape);
  if (bytes && *bytes <= memory - total) {
    total += *bytes;
    return Error::success();
  }
  using mlir::bitnet::formatBytes;
  const std::string needed =
      bytes ? formatBytes(*bytes) : "more bytes than can be counted";
  const std::string others =
      total ? " (other inputs and outputs: " + formatBytes(total) + ")" : "";
  return badData(label + ": " + describe(value.dtype, shape) + " takes " +
                 needed + nameDims(value, options) + ", the memory here is " +
                 formatBytes(memory) + others);
}

/// Checks, before any memory is asked for, what inputs and outputs take
/// together, as far as the model tells the shapes of its outputs.
static Error checkMemory(const bitnet_model *model,
                         const RandomOptions &options) {
  const bitnet_model_desc &desc = *bitnet_model_description(model);
  std::vector<bitnet_tensor> inputs;
  uint64_t total = 0;
  for (const auto &value : ArrayRef(desc.inputs, desc.num_inputs)) {
    const std::vector<int64_t> shape = chooseShape(value, options);
    if (Error error = addBytes(Twine("input '") + value.name + "'", value,
                               shape, options, total))
      return error;
    inputs.push_back({});
    inputs.back().dtype = value.dtype;
    inputs.back().rank = value.rank;
    copy(shape, inputs.back().dims);
  }
  std::vector<bitnet_tensor> outputs(desc.num_outputs, bitnet_tensor{});
  if (bitnet_model_shapes(model, inputs.data(), inputs.size(), outputs.data(),
                          outputs.size()) != BITNET_OK)
    return Error::success(); // the run has the same to say
  for (uint32_t i = 0; i < desc.num_outputs; ++i) {
    const ArrayRef<int64_t> shape(outputs[i].dims, outputs[i].rank);
    if (is_contained(shape, -1)) // depends on values
      continue;
    if (Error error = addBytes(Twine("output '") + desc.outputs[i].name + "'",
                               desc.outputs[i], shape, options, total))
      return error;
  }
  return Error::success();
}

Expected<std::vector<Array>>
bitnet::run::makeRandomInputs(const bitnet_model *model,
                              const RandomOptions &options) {
  const bitnet_model_desc &desc = *bitnet_model_description(model);
  // Both checks come before the first allocation.
  if (Error error = checkDimNames(desc, options))
    return error;
  if (Error error = checkMemory(model, options))
    return error;
  Random random(options.seed);
  std::vector<Array> inputs;
  for (const auto &value : ArrayRef(desc.inputs, desc.num_inputs)) {
    Array array;
    array.name = value.name;
    array.shape = chooseShape(value, options);
    array.dtype = randomDtype(value.dtype);
    array.bytes.resize(*byteSize(array.dtype, array.shape));
    fillRandom(array, value.dtype, random, options);
    inputs.push_back(std::move(array));
  }
  return inputs;
}
