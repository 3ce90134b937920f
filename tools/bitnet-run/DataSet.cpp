//===- DataSet.cpp - match arrays to the values of a model ----------------===//
//
// A data set names its arrays as the model names its inputs and outputs, or,
// when exporters have renamed them, gives them in the model's order.
//
//===----------------------------------------------------------------------===//

#include "DataSet.h"
#include "Errors.h"
#include "Npy.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace llvm;
using namespace bitnet::run;

/// Other names than in_ and out_ are an error: they would be ignored.
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

/// Files store some dtypes as others: f32 for 16-bit floats, bytes for bool.
static void adaptDtype(Array &array, int32_t wanted) {
  const bool wants16 =
      wanted == BITNET_DTYPE_F16 || wanted == BITNET_DTYPE_BF16;
  if (array.dtype == BITNET_DTYPE_F32 && wants16)
    castTo16Bit(array, wanted);
  else if (array.dtype == BITNET_DTYPE_U8 && wanted == BITNET_DTYPE_BOOL)
    array.dtype = wanted;
}

/// "'x', 'y'".
static std::string listNames(ArrayRef<bitnet_value_desc> values) {
  std::vector<std::string> names;
  for (const bitnet_value_desc &value : values)
    names.push_back("'" + std::string(value.name) + "'");
  return join(names, ", ");
}

/// Whether one of `values` has this name.
static bool hasName(ArrayRef<bitnet_value_desc> values, StringRef name) {
  return any_of(values, [&](const auto &v) { return name == v.name; });
}

/// "a.npz: 'in_x' is no input of the model, which takes 'ids', 'mask'".
static Error noSuchName(StringRef origin, StringRef kind, const Twine &array,
                        ArrayRef<bitnet_value_desc> values) {
  return badData(origin + ": '" + array + "' is no " + kind +
                 " of the model, which " +
                 (kind == "input" ? "takes " : "has ") +
                 (values.empty() ? "none" : listNames(values)));
}

Error bitnet::run::checkNamed(StringRef origin, StringRef name,
                              const bitnet_model_desc &desc) {
  const ArrayRef<bitnet_value_desc> values(desc.inputs, desc.num_inputs);
  return hasName(values, name) ? Error::success()
                               : noSuchName(origin, "input", name, values);
}

/// Names that the model does not have leave it to the order. Only a full set
/// has one, and only when no name of the data set is known: a misspelt name
/// among right ones would meet the wrong value.
static Error checkNames(const DataSet &data, StringRef kind, StringRef prefix,
                        ArrayRef<Array> arrays,
                        ArrayRef<bitnet_value_desc> values, bool anyKnown) {
  std::vector<StringRef> unknown;
  StringMap<bool> seen;
  for (const Array &array : arrays) {
    if (!seen.try_emplace(array.name, true).second)
      return badData(data.origin + ": '" + prefix + array.name +
                     "' is there twice");
    if (!hasName(values, array.name))
      unknown.push_back(array.name);
  }
  if (unknown.empty())
    return Error::success();
  if (anyKnown || unknown.size() != values.size())
    return noSuchName(data.origin, kind, prefix + unknown.front(), values);
  errs() << "bitnet-run: note: " << data.origin << ": not named as the model's "
         << kind << "s, so taken in order: " << join(unknown, ", ") << "\n";
  return Error::success();
}

/// Brings the arrays into the order of `values`: by name, or as they are when
/// there is a full set whose names are not those of the model. Values without
/// an array get one with an empty name.
static std::vector<Array> matchArrays(std::vector<Array> arrays,
                                      ArrayRef<bitnet_value_desc> values) {
  const bool byOrder = arrays.size() == values.size() &&
                       none_of(arrays, [&](const Array &array) {
                         return hasName(values, array.name);
                       });
  std::vector<Array> matched(values.size());
  for (size_t v = 0; v < values.size(); ++v) {
    auto found = find_if(arrays, [&](const Array &array) {
      return array.name == values[v].name;
    });
    if (byOrder)
      found = arrays.begin() + v;
    if (found == arrays.end())
      continue;
    matched[v] = std::move(*found);
    matched[v].name = values[v].name;
  }
  return matched;
}

/// Names are checked before anything is moved, so that an error leaves `data`
/// as the file has it.
Error bitnet::run::bindArrays(DataSet &data, const bitnet_model_desc &desc) {
  const ArrayRef<bitnet_value_desc> inputs(desc.inputs, desc.num_inputs);
  const ArrayRef<bitnet_value_desc> outputs(desc.outputs, desc.num_outputs);
  // One known name shows that the data set names its arrays as the model does.
  const bool anyKnown =
      any_of(data.inputs,
             [&](const Array &a) { return hasName(inputs, a.name); }) ||
      any_of(data.expected,
             [&](const Array &a) { return hasName(outputs, a.name); });
  if (Error error =
          checkNames(data, "input", "in_", data.inputs, inputs, anyKnown))
    return error;
  if (Error error =
          checkNames(data, "output", "out_", data.expected, outputs, anyKnown))
    return error;
  data.inputs = matchArrays(std::move(data.inputs), inputs);
  data.expected = matchArrays(std::move(data.expected), outputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (data.inputs[i].name.empty())
      return fail(ExitMissingInput,
                  data.origin + ": no data for input '" + inputs[i].name + "'");
    adaptDtype(data.inputs[i], inputs[i].dtype);
  }
  return Error::success();
}

/// ONNX's names of element types that the ABI cannot carry. The numbers are
/// those of TensorProto.DataType.
static StringRef nameOfType(int32_t dtype) {
  switch (dtype) {
  case 8:
    return "string";
  case 14:
    return "complex64";
  case 15:
    return "complex128";
  case 17:
    return "float8e4m3fn";
  case 18:
    return "float8e4m3fnuz";
  case 19:
    return "float8e5m2";
  case 20:
    return "float8e5m2fnuz";
  case 21:
    return "uint4";
  case 22:
    return "int4";
  case 23:
    return "float4e2m1";
  default:
    return "unknown";
  }
}

/// Fails for the first of `values` whose dtype the ABI does not have.
static Error checkTypes(StringRef kind, ArrayRef<bitnet_value_desc> values) {
  for (const bitnet_value_desc &value : values)
    if (!bitnet_dtype_name(value.dtype))
      return badData(kind + " '" + value.name + "' has the element type " +
                     nameOfType(value.dtype) + " (" + Twine(value.dtype) +
                     "), which bitnet-run cannot handle");
  return Error::success();
}

Error bitnet::run::checkTypes(const bitnet_model_desc &desc) {
  if (Error error =
          ::checkTypes("input", ArrayRef(desc.inputs, desc.num_inputs)))
    return error;
  return ::checkTypes("output", ArrayRef(desc.outputs, desc.num_outputs));
}
