//===- Schema.h - what a node of a known operator looks like ----*- C++ -*-===//
//
// The schemas of the pinned packages onnx and onnxruntime: how many inputs and
// outputs an operator of a version has, which attributes, which element types.
// The carrier holds any node; whoever gives a node a meaning asks here first,
// so that an attribute nobody knows is an error and not ignored.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_ONNX_IR_SCHEMA_H
#define BITNET_DIALECT_ONNX_IR_SCHEMA_H

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include <optional>

namespace mlir::bitnet::onnx {

/// Kinds of attributes, as AttributeProto names them. A node has an attribute
/// of the kind that its schema says, or it is malformed.
enum class AttributeKind {
  Float,
  Int,
  String,
  Tensor,
  Graph,
  Floats,
  Ints,
  Strings,
  Tensors,
  Graphs
};

/// The reason why `node` is not of the form (inputs, outputs, attributes) that
/// its operator has at its version. nullopt when it is, or when its operator is
/// not known. The text is the end of a sentence: "operator 'Add' " + "needs at
/// least ...".
std::optional<std::string> findMalformation(NodeOp node);

/// Whether input `slot` of `node` may have elements of type `element` (with its
/// ONNX sign), by its version or a later one. True for unknown operators.
bool mayTake(NodeOp node, unsigned slot, Type element);

/// The first slot whose elements must have the type of those in `slot`, which
/// may be `slot` itself.
unsigned getTypeLeader(NodeOp node, unsigned slot);

} // namespace mlir::bitnet::onnx

#endif // BITNET_DIALECT_ONNX_IR_SCHEMA_H
