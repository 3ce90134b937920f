//===- Schema.cpp - what a node of a known operator looks like ------------===//
//
// Tables that the build writes from the pinned onnx and onnxruntime packages
// (utils/generate-onnx-schemas.py), and the questions that are asked of them.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/IR/Schema.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <limits>
#include <tuple>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnx;

namespace {
constexpr int kAnyNumber = std::numeric_limits<int>::max();
/// The type index of an input whose type no other input has to have.
constexpr uint8_t kOwnType = 255;

/// An attribute that the operator may have.
struct AttributeSchema {
  llvm::StringLiteral name;
  AttributeKind kind;
  bool required;
};

/// One version of one operator; types (with leaders, the first inputs of the
/// same type) and attributes are ranges of the arrays.
struct SchemaRow {
  llvm::StringLiteral domain, op;
  int64_t since;
  int minInputs, maxInputs, maxOutputs;
  unsigned firstType, numTypes, firstAttribute, numAttributes;

  ArrayRef<uint32_t> inputTypes() const;
  ArrayRef<uint8_t> typeLeaders() const;
  ArrayRef<AttributeSchema> attributes() const;
};

#include "bitnet/Dialect/ONNX/IR/Schemas.inc"
} // namespace

ArrayRef<uint32_t> SchemaRow::inputTypes() const {
  return ArrayRef(kInputTypes).slice(firstType, numTypes);
}

ArrayRef<uint8_t> SchemaRow::typeLeaders() const {
  return ArrayRef(kTypeLeaders).slice(firstType, numTypes);
}

ArrayRef<AttributeSchema> SchemaRow::attributes() const {
  return ArrayRef(kAttributes).slice(firstAttribute, numAttributes);
}

/// Finds the schema of `node`; null when there is none. Entries are sorted by
/// domain, name and version.
static const SchemaRow *findSchema(NodeOp node) {
  StringRef domain = node.getDomain() == "ai.onnx" ? "" : node.getDomain();
  auto key = std::make_tuple(domain, node.getOp(), int64_t(node.getVersion()));
  const SchemaRow *after = llvm::upper_bound(
      ArrayRef(kRows), key, [](const auto &key, const SchemaRow &row) {
        return key < std::make_tuple(StringRef(row.domain), StringRef(row.op),
                                     row.since);
      });
  if (after == std::begin(kRows))
    return nullptr;
  const SchemaRow *row = after - 1;
  return row->domain == domain && row->op == node.getOp() ? row : nullptr;
}

//===----------------------------------------------------------------------===//
// Form
//===----------------------------------------------------------------------===//

/// These functions return the ends of sentences; callers put the operator in
/// front.
static std::string toText(const llvm::Twine &text) { return text.str(); }

/// Checks the numbers of inputs and outputs.
static std::optional<std::string> checkInputs(NodeOp node,
                                              const SchemaRow &row) {
  // Gemm without C is what exporters wrote before opset 11, too.
  int least = row.op == "Gemm" ? 2 : row.minInputs;
  // A slot may exist and hold nothing.
  for (int i = 0; i < least; ++i)
    if (!node.getSlot(i))
      return toText("needs at least " + Twine(least) + " input" +
                    (least == 1 ? "" : "s") + ", of which number " +
                    Twine(i + 1) + " is missing");
  if (int64_t(node.getNumSlots()) > row.maxInputs)
    return toText("takes at most " + Twine(row.maxInputs) + " inputs, got " +
                  Twine(node.getNumSlots()));
  if (int64_t(node.getNumResults()) > row.maxOutputs)
    return toText("has at most " + Twine(row.maxOutputs) + " outputs, got " +
                  Twine(node.getNumResults()));
  return std::nullopt;
}

/// Lists may be empty, which does not tell what they are lists of.
static bool isOfKind(Attribute value, AttributeKind kind) {
  auto isListOf = [&](auto isElement) {
    auto array = dyn_cast<ArrayAttr>(value);
    return array && llvm::all_of(array, isElement);
  };
  switch (kind) {
  case AttributeKind::Float:
    return isa<FloatAttr>(value);
  case AttributeKind::Int:
    return isa<IntegerAttr>(value);
  case AttributeKind::String:
    return isa<StringAttr>(value);
  case AttributeKind::Floats:
    return isListOf([](Attribute a) { return isa<FloatAttr>(a); });
  case AttributeKind::Ints:
    return isa<DenseI64ArrayAttr>(value) ||
           isListOf([](Attribute a) { return isa<IntegerAttr>(a); });
  case AttributeKind::Strings:
    return isListOf([](Attribute a) { return isa<StringAttr>(a); });
  case AttributeKind::Tensor:
    return isa<ElementsAttr>(value);
  case AttributeKind::Tensors:
    return isListOf([](Attribute a) { return isa<ElementsAttr>(a); });
  case AttributeKind::Graph:
  case AttributeKind::Graphs:
    return false; // bodies, not parameters
  }
  llvm_unreachable("unknown kind of an attribute");
}

/// The kind as messages name it.
static StringRef stringify(AttributeKind kind) {
  static constexpr llvm::StringLiteral names[] = {"a float",
                                                  "an integer",
                                                  "a string",
                                                  "a tensor",
                                                  "a graph",
                                                  "a list of floats",
                                                  "a list of integers",
                                                  "a list of strings",
                                                  "a list of tensors",
                                                  "a list of graphs"};
  return names[unsigned(kind)];
}

/// Finds an attribute that the schema does not have, that is of another kind,
/// or that is missing.
static std::optional<std::string> checkAttributes(NodeOp node,
                                                  const SchemaRow &row) {
  for (NamedAttribute param : node.getParams()) {
    if (param.getName() == kBodiesParam)
      continue;
    const AttributeSchema *schema =
        llvm::find_if(row.attributes(), [&](const AttributeSchema &a) {
          return a.name == param.getName();
        });
    if (schema == row.attributes().end())
      return toText("has no attribute '" + param.getName().getValue() +
                    "' at opset " + Twine(node.getVersion()));
    if (!isOfKind(param.getValue(), schema->kind))
      return toText("needs " + stringify(schema->kind) + " as attribute '" +
                    param.getName().getValue() + "'");
  }
  for (const AttributeSchema &schema : row.attributes())
    if (schema.required && schema.kind != AttributeKind::Graph &&
        !node.getParams().contains(schema.name))
      return toText("needs the attribute '" + schema.name + "'");
  return std::nullopt;
}

/// Operators without a schema are not judged.
std::optional<std::string> onnx::findMalformation(NodeOp node) {
  const SchemaRow *row = findSchema(node);
  if (!row)
    return std::nullopt;
  if (auto inputs = checkInputs(node, *row))
    return inputs;
  return checkAttributes(node, *row);
}

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// The last formal input stands for all that a variadic operator has.
template <typename T> static T ofSlot(ArrayRef<T> formals, unsigned slot) {
  return formals[std::min<size_t>(slot, formals.size() - 1)];
}

unsigned onnx::getTypeLeader(NodeOp node, unsigned slot) {
  const SchemaRow *row = findSchema(node);
  if (!row || row->typeLeaders().empty())
    return slot;
  uint8_t leader = ofSlot(row->typeLeaders(), slot);
  return leader == kOwnType ? slot : leader;
}

bool onnx::mayTake(NodeOp node, unsigned slot, Type element) {
  const SchemaRow *row = findSchema(node);
  if (!row || row->inputTypes().empty())
    return true;
  // A bit for each number of TensorProto.DataType.
  uint32_t allowed = ofSlot(row->inputTypes(), slot);
  for (int64_t dtype = 1; dtype < 32; ++dtype)
    if ((allowed >> dtype & 1) &&
        getElementType(element.getContext(), dtype) == element)
      return true;
  return false;
}
