//===- WireFormatTest.cpp - models without their weights ------------------===//

#include "WireFormat.h"
#include "onnx-ml.pb.h"

#include "gtest/gtest.h"

using namespace mlir::bitnet::onnximport;

namespace {
constexpr uint64_t kInline = 16;
constexpr unsigned kDepth = 8;

llvm::ArrayRef<uint8_t> bytesOf(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

void setRaw(::onnx::TensorProto &tensor, const std::string &raw) {
  tensor.set_data_type(1);
  tensor.add_dims(int64_t(raw.size() / 4));
  tensor.set_raw_data(raw);
  tensor.set_doc_string("words");
}

/// A tensor at the end of every path that a file has to one.
::onnx::ModelProto makeModel(const std::string &raw) {
  ::onnx::ModelProto model;
  model.set_ir_version(10);
  model.set_doc_string("words");
  ::onnx::GraphProto &graph = *model.mutable_graph();
  graph.set_name("g");
  setRaw(*graph.add_initializer(), raw);
  ::onnx::SparseTensorProto &sparse = *graph.add_sparse_initializer();
  setRaw(*sparse.mutable_values(), raw);
  setRaw(*sparse.mutable_indices(), raw);
  ::onnx::NodeProto &node = *graph.add_node();
  node.set_op_type("If");
  setRaw(*node.add_attribute()->mutable_t(), raw);
  setRaw(*node.add_attribute()->add_tensors(), raw);
  setRaw(*node.add_attribute()->mutable_g()->add_initializer(), raw);
  setRaw(*node.add_attribute()->add_graphs()->add_initializer(), raw);
  setRaw(*node.add_attribute()->mutable_sparse_tensor()->mutable_values(), raw);
  setRaw(*node.add_attribute()->add_sparse_tensors()->mutable_values(), raw);
  ::onnx::FunctionProto &function = *model.add_functions();
  setRaw(*function.add_node()->add_attribute()->mutable_t(), raw);
  setRaw(*function.add_attribute_proto()->mutable_t(), raw);
  return model;
}

/// All tensors of makeModel.
std::vector<const ::onnx::TensorProto *>
getTensors(const ::onnx::ModelProto &model) {
  const ::onnx::GraphProto &graph = model.graph();
  const auto &attrs = graph.node(0).attribute();
  const ::onnx::FunctionProto &function = model.functions(0);
  return {&graph.initializer(0),
          &graph.sparse_initializer(0).values(),
          &graph.sparse_initializer(0).indices(),
          &attrs[0].t(),
          &attrs[1].tensors(0),
          &attrs[2].g().initializer(0),
          &attrs[3].graphs(0).initializer(0),
          &attrs[4].sparse_tensor().values(),
          &attrs[5].sparse_tensors(0).values(),
          &function.node(0).attribute(0).t(),
          &function.attribute_proto(0).t()};
}

::onnx::ModelProto strip(const std::string &file) {
  llvm::Expected<std::string> text =
      stripWeights(bytesOf(file), kInline, kDepth);
  EXPECT_TRUE(bool(text)) << llvm::toString(text.takeError());
  ::onnx::ModelProto model;
  EXPECT_TRUE(text && model.ParseFromString(*text));
  return model;
}

std::string whyNot(const std::string &file) {
  llvm::Expected<std::string> text =
      stripWeights(bytesOf(file), kInline, kDepth);
  return text ? "" : llvm::toString(text.takeError());
}
} // namespace

TEST(WireFormat, LargeTensorsBecomeTheirPlaceInTheFile) {
  const std::string raw(100, 'w'), file = makeModel(raw).SerializeAsString();
  ::onnx::ModelProto model = strip(file);
  EXPECT_EQ(model.doc_string(), "");
  EXPECT_EQ(model.graph().name(), "g");
  for (const ::onnx::TensorProto *tensor : getTensors(model)) {
    EXPECT_EQ(tensor->doc_string(), "");
    EXPECT_EQ(tensor->dims(0), 25);
    ASSERT_TRUE(tensor->has_segment());
    EXPECT_FALSE(tensor->has_raw_data());
    EXPECT_EQ(file.substr(tensor->segment().begin(),
                          tensor->segment().end() - tensor->segment().begin()),
              raw);
  }
}

TEST(WireFormat, SmallTensorsStay) {
  const std::string raw(kInline, 'w');
  ::onnx::ModelProto model = strip(makeModel(raw).SerializeAsString());
  for (const ::onnx::TensorProto *tensor : getTensors(model)) {
    EXPECT_FALSE(tensor->has_segment());
    EXPECT_EQ(tensor->raw_data(), raw);
  }
}

TEST(WireFormat, WhatIsCutOrDamagedIsAnErrorOrAModel) {
  const std::string file = makeModel(std::string(40, 'w')).SerializeAsString();
  unsigned errors = 0;
  for (size_t size = 0; size != file.size(); ++size)
    errors += !whyNot(file.substr(0, size)).empty();
  EXPECT_GT(errors, file.size() / 2);
  // Any byte may become any other; nothing is read outside of the file.
  for (size_t at = 0; at != file.size(); ++at)
    for (uint8_t mask : {0x01, 0x04, 0x80, 0xff}) {
      std::string damaged = file;
      damaged[at] = char(damaged[at] ^ mask);
      whyNot(damaged);
    }
}

TEST(WireFormat, RefusesSegmentsAndASecondContent) {
  ::onnx::ModelProto model;
  model.mutable_graph()->add_initializer()->mutable_segment()->set_begin(1);
  EXPECT_NE(whyNot(model.SerializeAsString()).find("segments"),
            std::string::npos);
  // Fields of one message merge: two raw_data in a row.
  ::onnx::TensorProto tensor;
  tensor.set_raw_data(std::string(40, 'w'));
  std::string twice = tensor.SerializeAsString() + tensor.SerializeAsString();
  ::onnx::GraphProto graph;
  std::string initializer =
      std::string(1, char(5 << 3 | 2)) + char(twice.size()) + twice;
  std::string file =
      std::string(1, char(7 << 3 | 2)) + char(initializer.size()) + initializer;
  EXPECT_NE(whyNot(file).find("raw_data twice"), std::string::npos)
      << whyNot(file);
}

TEST(WireFormat, NestedGraphsHaveALimit) {
  for (unsigned depth : {kDepth, kDepth + 1}) {
    ::onnx::ModelProto model;
    ::onnx::GraphProto *graph = model.mutable_graph();
    for (unsigned i = 1; i != depth; ++i)
      graph = graph->add_node()->add_attribute()->mutable_g();
    graph->set_name("innermost");
    EXPECT_EQ(whyNot(model.SerializeAsString()),
              depth == kDepth ? "" : "graphs are nested deeper than 8");
  }
}
