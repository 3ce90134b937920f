//===- WireFormat.cpp - a model without its weights -----------------------===//
//
// A copy of the model's bytes without its weights, field by field. protobuf's
// wire format is a sequence of (number, wire type, payload); messages are
// payloads with a length, so a message that gets shorter needs a new length,
// which is written with a fixed width and filled in afterwards. Unknown fields
// are copied.
//
//===----------------------------------------------------------------------===//

#include "WireFormat.h"

#include "onnx-ml.pb.h"

#include "llvm/ADT/Twine.h"

#include <climits>

using namespace mlir::bitnet::onnximport;

namespace {

/// Messages on a path to a tensor; other messages are copied as they stand.
enum class Kind { Model, Graph, Node, Attribute, Tensor, Sparse, Function };
/// What happens to a field: its bytes as they stand; nothing; or field by
/// field, because a tensor may lie inside.
enum class Action { Copy, Drop, Enter };
/// An entry of the table: a field of a message that is not copied as it stands.
struct Rule {
  Kind message;
  int field;
  Action action;
  /// What the field holds, when it is entered.
  Kind inner;
};

constexpr Rule enter(Kind message, int field, Kind inner) {
  return {message, field, Action::Enter, inner};
}
constexpr Rule drop(Kind message, int field) {
  return {message, field, Action::Drop, message};
}

/// Fields that are not copied. Names come from the schema, so that a number
/// cannot be wrong.
constexpr Rule kRules[] = {
    // The model: its graph and functions hold tensors; training has its own
    // graph, which nothing reads.
    enter(Kind::Model, ::onnx::ModelProto::kGraphFieldNumber, Kind::Graph),
    enter(Kind::Model, ::onnx::ModelProto::kFunctionsFieldNumber,
          Kind::Function),
    drop(Kind::Model, ::onnx::ModelProto::kTrainingInfoFieldNumber),
    drop(Kind::Model, ::onnx::ModelProto::kDocStringFieldNumber),
    drop(Kind::Model, ::onnx::ModelProto::kMetadataPropsFieldNumber),

    // Nodes and initializers.
    enter(Kind::Graph, ::onnx::GraphProto::kNodeFieldNumber, Kind::Node),
    enter(Kind::Graph, ::onnx::GraphProto::kInitializerFieldNumber,
          Kind::Tensor),
    enter(Kind::Graph, ::onnx::GraphProto::kSparseInitializerFieldNumber,
          Kind::Sparse),
    drop(Kind::Graph, ::onnx::GraphProto::kDocStringFieldNumber),
    drop(Kind::Graph, ::onnx::GraphProto::kMetadataPropsFieldNumber),

    // Attributes may hold tensors, and graphs that hold them.
    enter(Kind::Node, ::onnx::NodeProto::kAttributeFieldNumber,
          Kind::Attribute),
    drop(Kind::Node, ::onnx::NodeProto::kDocStringFieldNumber),
    drop(Kind::Node, ::onnx::NodeProto::kMetadataPropsFieldNumber),
    drop(Kind::Node, ::onnx::NodeProto::kDeviceConfigurationsFieldNumber),

    enter(Kind::Attribute, ::onnx::AttributeProto::kTFieldNumber, Kind::Tensor),
    enter(Kind::Attribute, ::onnx::AttributeProto::kTensorsFieldNumber,
          Kind::Tensor),
    enter(Kind::Attribute, ::onnx::AttributeProto::kGFieldNumber, Kind::Graph),
    enter(Kind::Attribute, ::onnx::AttributeProto::kGraphsFieldNumber,
          Kind::Graph),
    enter(Kind::Attribute, ::onnx::AttributeProto::kSparseTensorFieldNumber,
          Kind::Sparse),
    enter(Kind::Attribute, ::onnx::AttributeProto::kSparseTensorsFieldNumber,
          Kind::Sparse),
    drop(Kind::Attribute, ::onnx::AttributeProto::kDocStringFieldNumber),

    // A sparse tensor is two tensors.
    enter(Kind::Sparse, ::onnx::SparseTensorProto::kValuesFieldNumber,
          Kind::Tensor),
    enter(Kind::Sparse, ::onnx::SparseTensorProto::kIndicesFieldNumber,
          Kind::Tensor),

    enter(Kind::Function, ::onnx::FunctionProto::kNodeFieldNumber, Kind::Node),
    enter(Kind::Function, ::onnx::FunctionProto::kAttributeProtoFieldNumber,
          Kind::Attribute),
    drop(Kind::Function, ::onnx::FunctionProto::kDocStringFieldNumber),
    drop(Kind::Function, ::onnx::FunctionProto::kMetadataPropsFieldNumber),

    // replaceTensorField treats raw_data and segment.
    drop(Kind::Tensor, ::onnx::TensorProto::kDocStringFieldNumber),
    drop(Kind::Tensor, ::onnx::TensorProto::kMetadataPropsFieldNumber),
};

/// The table is short; what it does not list is copied.
Rule getRule(Kind message, uint64_t field) {
  for (const Rule &rule : kRules)
    if (rule.message == message && uint64_t(rule.field) == field)
      return rule;
  return {message, int(field), Action::Copy, message};
}

using Segment = ::onnx::TensorProto_Segment;

/// Reads `file` from `pos` on and writes `out`.
class Stripper {
public:
  Stripper(llvm::ArrayRef<uint8_t> file, uint64_t inlineBytes,
           unsigned maxDepth)
      : file(file), inlineBytes(inlineBytes), maxDepth(maxDepth) {}

  llvm::Error copyMessage(Kind kind, size_t end, unsigned depth);
  std::string out;

private:
  /// `start` is where the field's number stands, `payload` where its bytes
  /// begin.
  struct Field {
    uint64_t number;
    unsigned wire;
    size_t start, payload, end;
  };
  llvm::Error malformed(const char *what) const;
  llvm::Expected<uint64_t> readVarint(size_t end);
  llvm::Expected<Field> readField(size_t end);
  llvm::Error enterMessage(Kind kind, const Field &field, unsigned depth);
  llvm::Expected<bool> replaceTensorField(const Field &field, bool &replaced);
  void writeVarint(uint64_t value);

  llvm::ArrayRef<uint8_t> file;
  uint64_t inlineBytes;
  unsigned maxDepth;
  size_t pos = 0;
};

/// Errors name the byte where reading stopped.
llvm::Error Stripper::malformed(const char *what) const {
  return llvm::createStringError(llvm::Twine("not a valid ONNX file: ") + what +
                                 " at byte " + llvm::Twine(pos));
}

llvm::Expected<uint64_t> Stripper::readVarint(size_t end) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (pos >= end)
      return malformed("the data ends inside a number");
    uint8_t byte = file[pos++];
    value |= uint64_t(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return value;
  }
  return malformed("a number is too long");
}

llvm::Expected<Stripper::Field> Stripper::readField(size_t end) {
  Field field;
  field.start = pos;
  llvm::Expected<uint64_t> tag = readVarint(end);
  if (!tag)
    return tag.takeError();
  field.number = *tag >> 3;
  field.wire = *tag & 7;
  if (field.number == 0 || *tag > UINT32_MAX)
    return malformed("a field number is out of range");
  uint64_t size = field.wire == 1 ? 8 : field.wire == 5 ? 4 : 0;
  if (field.wire == 0 || field.wire == 2) {
    llvm::Expected<uint64_t> value = readVarint(end);
    if (!value)
      return value.takeError();
    size = field.wire == 2 ? *value : 0;
  } else if (size == 0) {
    return malformed("unknown wire type");
  }
  if (size > end - pos)
    return malformed("a field is longer than the data that follows");
  field.payload = pos;
  field.end = pos + size;
  return field;
}

/// Seven bits to a byte, the low ones first; bit 7 says that more follow.
void Stripper::writeVarint(uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out += char(value | 0x80);
  out += char(value);
}

/// Copies a message that may hold weights; `depth` counts graphs.
llvm::Error Stripper::enterMessage(Kind kind, const Field &field,
                                   unsigned depth) {
  if (kind == Kind::Graph && ++depth > maxDepth)
    return llvm::createStringError("graphs are nested deeper than " +
                                   llvm::Twine(maxDepth));
  writeVarint(field.number << 3 | 2);
  // A length of fixed width, filled in afterwards: five bytes hold any size.
  size_t patch = out.size();
  out.append(5, char(0x80));
  pos = field.payload;
  if (llvm::Error error = copyMessage(kind, field.end, depth))
    return error;
  uint64_t length = out.size() - patch - 5;
  for (unsigned i = 0; i < 5; ++i, length >>= 7)
    out[patch + i] = char((length & 0x7f) | (i < 4 ? 0x80 : 0));
  return llvm::Error::success();
}

/// Handles raw_data and segment; false when the field is to be copied.
llvm::Expected<bool> Stripper::replaceTensorField(const Field &field,
                                                  bool &replaced) {
  if (field.number == ::onnx::TensorProto::kSegmentFieldNumber)
    return malformed("a tensor is split into segments, which is not supported");
  if (field.number != ::onnx::TensorProto::kRawDataFieldNumber ||
      field.wire != 2)
    return false;
  if (replaced)
    return malformed("a tensor has raw_data twice");
  replaced = true;
  uint64_t size = field.end - field.payload;
  if (size <= inlineBytes)
    return false;
  std::string saved = std::move(out);
  out.clear();
  writeVarint(Segment::kBeginFieldNumber << 3);
  writeVarint(field.payload);
  writeVarint(Segment::kEndFieldNumber << 3);
  writeVarint(field.end);
  std::string segment = std::move(out);
  out = std::move(saved);
  writeVarint(::onnx::TensorProto::kSegmentFieldNumber << 3 | 2);
  writeVarint(segment.size());
  out += segment;
  return true;
}

/// Copies the fields from `pos` to `end`, or drops or enters them (getRule).
llvm::Error Stripper::copyMessage(Kind kind, size_t end, unsigned depth) {
  bool replaced = false;
  while (pos < end) {
    llvm::Expected<Field> field = readField(end);
    if (!field)
      return field.takeError();
    Rule rule = getRule(kind, field->number);
    bool done = rule.action == Action::Drop;
    if (rule.action == Action::Enter && field->wire == 2) {
      if (llvm::Error error = enterMessage(rule.inner, *field, depth))
        return error;
      done = true;
    } else if (kind == Kind::Tensor) {
      llvm::Expected<bool> result = replaceTensorField(*field, replaced);
      if (!result)
        return result.takeError();
      done |= *result;
    }
    if (!done)
      out.append(reinterpret_cast<const char *>(file.data()) + field->start,
                 field->end - field->start);
    pos = field->end;
  }
  return llvm::Error::success();
}

} // namespace

llvm::Expected<std::string> mlir::bitnet::onnximport::stripWeights(
    llvm::ArrayRef<uint8_t> file, uint64_t inlineBytes, unsigned maxDepth) {
  Stripper stripper(file, inlineBytes, maxDepth);
  if (llvm::Error error = stripper.copyMessage(Kind::Model, file.size(), 0))
    return std::move(error);
  if (stripper.out.size() > INT_MAX)
    return llvm::createStringError("the graph without weights exceeds 2 GiB");
  return std::move(stripper.out);
}
