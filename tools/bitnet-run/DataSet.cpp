//===- DataSet.cpp - match arrays to the values of a model ----------------===//

#include "DataSet.h"
#include "Errors.h"
#include "Npy.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace bitnet::run;

Expected<DataSet> bitnet::run::readDataFile(StringRef path) {
  Expected<std::vector<Array>> arrays = readNpz(path);
  if (!arrays)
    return arrays.takeError();
  DataSet data;
  data.origin = path.str();
  for (Array &array : *arrays) {
    StringRef name = array.name;
    const bool isInput = name.consume_front("in_");
    if (!isInput && !name.consume_front("out_"))
      return badData(path + ": array '" + array.name +
                     "' is neither in_<name> nor out_<name>");
    array.name = name.str();
    (isInput ? data.inputs : data.expected).push_back(std::move(array));
  }
  return data;
}

std::vector<Array>
bitnet::run::matchArrays(std::vector<Array> arrays,
                         ArrayRef<bitnet_value_desc> values) {
  std::vector<Array> matched(values.size());
  std::vector<bool> filled(values.size()), used(arrays.size());
  for (size_t v = 0; v < values.size(); ++v) {
    for (size_t a = 0; a < arrays.size() && !filled[v]; ++a) {
      if (used[a] || arrays[a].name != values[v].name)
        continue;
      matched[v] = std::move(arrays[a]);
      filled[v] = used[a] = true;
    }
  }
  size_t a = 0;
  for (size_t v = 0; v < values.size(); ++v) {
    if (filled[v])
      continue;
    while (a < arrays.size() && used[a])
      ++a;
    if (a == arrays.size())
      break;
    matched[v] = std::move(arrays[a]);
    matched[v].name = values[v].name;
    used[a] = true;
  }
  return matched;
}

/// Files store some dtypes as others: f32 for 16-bit floats, bytes for bool.
static void adaptDtype(Array &array, int32_t wanted) {
  const bool wants16 =
      wanted == BITNET_DTYPE_F16 || wanted == BITNET_DTYPE_BF16;
  if (array.dtype == BITNET_DTYPE_F32 && wants16)
    castTo16Bit(array, wanted);
  else if (array.dtype == BITNET_DTYPE_U8 && wanted == BITNET_DTYPE_BOOL)
    array.dtype = wanted;
}

/// Names of arrays that no input has.
static std::vector<StringRef> findMisnamed(ArrayRef<Array> arrays,
                                           ArrayRef<bitnet_value_desc> values) {
  std::vector<StringRef> misnamed;
  for (const Array &array : arrays)
    if (none_of(values, [&](const auto &v) { return array.name == v.name; }))
      misnamed.push_back(array.name);
  return misnamed;
}

Error bitnet::run::checkNamed(StringRef origin, StringRef name,
                              const bitnet_model_desc &desc) {
  std::vector<std::string> names;
  for (const auto &value : ArrayRef(desc.inputs, desc.num_inputs)) {
    if (name == value.name)
      return Error::success();
    names.push_back("'" + std::string(value.name) + "'");
  }
  return badData(origin + ": the model has no input '" + name + "'; it takes " +
                 join(names, ", "));
}

/// Names that match nothing leave it to the order, which only a full set has.
static Error checkNames(const DataSet &data, const bitnet_model_desc &desc) {
  const ArrayRef<bitnet_value_desc> values(desc.inputs, desc.num_inputs);
  const std::vector<StringRef> misnamed = findMisnamed(data.inputs, values);
  if (misnamed.empty())
    return Error::success();
  if (data.inputs.size() != values.size())
    return checkNamed(data.origin, misnamed.front(), desc);
  errs() << "bitnet-run: note: " << data.origin << ": not named as the model's "
         << "inputs, so taken in order: " << join(misnamed, ", ") << "\n";
  return Error::success();
}

Expected<std::vector<Array>>
bitnet::run::bindInputs(DataSet &data, const bitnet_model_desc &desc) {
  const ArrayRef<bitnet_value_desc> values(desc.inputs, desc.num_inputs);
  if (Error error = checkNames(data, desc))
    return error;
  if (data.inputs.size() > values.size())
    return badData(data.origin + ": " + Twine(data.inputs.size()) +
                   " inputs, the model takes " + Twine(values.size()));
  std::vector<Array> inputs = matchArrays(std::move(data.inputs), values);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].name.empty())
      return fail(ExitMissingInput,
                  data.origin + ": no data for input '" + values[i].name + "'");
    adaptDtype(inputs[i], values[i].dtype);
  }
  return inputs;
}

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
  /// In [-1, 1).
  float nextFloat() {
    return static_cast<float>(static_cast<int64_t>(next()) >> 40) * 0x1p-23f;
  }

private:
  uint64_t state;
};
} // namespace

/// 16-bit floats are made as f32 and cast.
static int32_t randomDtype(int32_t dtype) {
  const bool is16 = dtype == BITNET_DTYPE_F16 || dtype == BITNET_DTYPE_BF16;
  return is16 ? int32_t(BITNET_DTYPE_F32) : dtype;
}

static void fillRandom(Array &array, int32_t dtype, Random &random,
                       const RandomOptions &options) {
  const bool isFloat = array.dtype == BITNET_DTYPE_F32;
  const uint64_t range = options.intHigh - options.intLow;
  const uint64_t width = bitnet_dtype_bytes(array.dtype);
  for (size_t at = 0; at < array.bytes.size(); at += width) {
    int64_t integer = options.intLow + int64_t(random.next() >> 11) % range;
    const float number = random.nextFloat();
    const double wide = number;
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

Expected<std::vector<Array>>
bitnet::run::makeRandomInputs(const bitnet_model_desc &desc,
                              const RandomOptions &options) {
  Random random(options.seed);
  StringMap<bool> known;
  std::vector<Array> inputs;
  for (const bitnet_value_desc &value :
       ArrayRef(desc.inputs, desc.num_inputs)) {
    Array array;
    array.name = value.name;
    for (int32_t i = 0; i < value.rank; ++i) {
      const StringRef name =
          value.dim_names && value.dim_names[i] ? value.dim_names[i] : "";
      const auto given = options.dims.find(name);
      known[name] = true;
      if (value.dims[i] >= 0)
        array.shape.push_back(value.dims[i]);
      else
        array.shape.push_back(given == options.dims.end() ? 1 : given->second);
    }
    array.dtype = randomDtype(value.dtype);
    const std::optional<uint64_t> size = byteSize(array.dtype, array.shape);
    if (!size)
      return badData("input '" + array.name + "': " +
                     describe(value.dtype, array.shape) + " is too large");
    array.bytes.resize(*size);
    fillRandom(array, value.dtype, random, options);
    inputs.push_back(std::move(array));
  }
  for (const auto &dim : options.dims)
    if (!known.count(dim.first()))
      return badData("--dim: the model has no dim named '" + dim.first() + "'");
  return inputs;
}
