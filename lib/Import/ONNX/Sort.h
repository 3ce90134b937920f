//===- Sort.h - order of the nodes of a graph -------------------*- C++ -*-===//
//
// Called for each graph before its nodes are imported.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_IMPORT_ONNX_SORT_H
#define BITNET_LIB_IMPORT_ONNX_SORT_H

#include "onnx-ml.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::bitnet::onnximport {

using NodeList = ::google::protobuf::RepeatedPtrField<::onnx::NodeProto>;

/// `node` is an index; the message reads as the end of a sentence.
struct SortError {
  int node;
  std::string message;
};

/// Fills `order` with node indices such that producers come first; the file's
/// order is kept where it already does that. Errors: a tensor with two
/// producers, a cycle. Linear in the size of the graph; no recursion but for
/// nested graphs.
std::optional<SortError> sortNodes(const NodeList &nodes,
                                   std::vector<int> &order);

} // namespace mlir::bitnet::onnximport

#endif // BITNET_LIB_IMPORT_ONNX_SORT_H
