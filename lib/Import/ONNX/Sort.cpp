//===- Sort.cpp - order of the nodes of a graph ---------------------------===//
//
// ONNX asks for nodes in topological order, but not every tool writes them so.
// A depth-first search from each node visits producers first; a node that is
// met again while it is open closes a cycle.
//
//===----------------------------------------------------------------------===//

#include "Sort.h"

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;
using llvm::StringRef;

using Visit = llvm::function_ref<void(StringRef)>;

static void visitCaptured(const ::onnx::GraphProto &graph, Visit visit);

/// Calls `visit` with each tensor that `node` reads, graph attributes included.
static void visitUses(const ::onnx::NodeProto &node, Visit visit) {
  for (const std::string &name : node.input())
    if (!name.empty())
      visit(name);
  for (const ::onnx::AttributeProto &attr : node.attribute()) {
    if (attr.has_g())
      visitCaptured(attr.g(), visit);
    for (const ::onnx::GraphProto &graph : attr.graphs())
      visitCaptured(graph, visit);
  }
}

/// The tensors that `graph` reads and does not define.
static void visitCaptured(const ::onnx::GraphProto &graph, Visit visit) {
  llvm::StringSet<> defined;
  for (const auto &input : graph.input())
    defined.insert(input.name());
  for (const auto &tensor : graph.initializer())
    defined.insert(tensor.name());
  for (const auto &sparse : graph.sparse_initializer())
    defined.insert(sparse.values().name());
  for (const auto &node : graph.node())
    for (const std::string &name : node.output())
      defined.insert(name);
  // Only names that the graph does not define reach its surroundings.
  auto outer = [&](StringRef name) {
    if (!defined.contains(name))
      visit(name);
  };
  for (const auto &node : graph.node())
    visitUses(node, outer);
  for (const auto &output : graph.output())
    outer(output.name());
}

namespace {
/// One use of a tensor that a node of the same list produces.
struct Dependency {
  int producer;
  std::string tensor;
};

class Sorter {
public:
  Sorter(const NodeList &nodes, std::vector<int> &order)
      : nodes(nodes), order(order) {}
  std::optional<SortError> run();

private:
  std::optional<SortError> indexProducers();
  bool collectDependencies();
  std::optional<SortError> visit(int root);

  const NodeList &nodes;
  std::vector<int> &order;
  llvm::StringMap<int> producers;
  std::vector<std::vector<Dependency>> dependencies;
  enum class State : char { New, Open, Done };
  std::vector<State> state;
};
} // namespace

/// Finds which node produces which tensor.
std::optional<SortError> Sorter::indexProducers() {
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string &name : nodes[i].output())
      if (!name.empty() && !producers.try_emplace(name, i).second)
        return SortError{i, "produces tensor " + quoteName(name) +
                                ", which another node produces, too"};
  return std::nullopt;
}

/// Returns whether the list is sorted as it stands.
bool Sorter::collectDependencies() {
  bool sorted = true;
  dependencies.resize(nodes.size());
  for (int i = 0; i < nodes.size(); ++i)
    visitUses(nodes[i], [&](StringRef name) {
      auto it = producers.find(name);
      // A tensor without a producer is an input, an initializer, or a name of a
      // graph around this one.
      if (it == producers.end())
        return;
      sorted &= it->second < i;
      dependencies[i].push_back({it->second, name.str()});
    });
  return sorted;
}

/// Visits depth-first from `root`, with a stack of its own because chains may
/// be long.
std::optional<SortError> Sorter::visit(int root) {
  struct Frame {
    int node;
    size_t next;
  };
  std::vector<Frame> stack;
  if (state[root] == State::New) {
    state[root] = State::Open;
    stack.push_back({root, 0});
  }
  while (!stack.empty()) {
    Frame &top = stack.back();
    int node = top.node;
    // Now all producers of the node are in `order`.
    if (top.next == dependencies[node].size()) {
      state[node] = State::Done;
      order.push_back(node);
      stack.pop_back();
      continue;
    }
    const Dependency &edge = dependencies[node][top.next++];
    if (state[edge.producer] == State::Open)
      return SortError{node, "is part of a cycle through tensor " +
                                 quoteName(edge.tensor)};
    if (state[edge.producer] == State::New) {
      state[edge.producer] = State::Open;
      stack.push_back({edge.producer, 0});
    }
  }
  return std::nullopt;
}

/// Fills `order`.
std::optional<SortError> Sorter::run() {
  if (std::optional<SortError> error = indexProducers())
    return error;
  // Nearly all files are sorted, and then nothing is visited.
  if (collectDependencies()) {
    for (int i = 0; i < nodes.size(); ++i)
      order.push_back(i);
    return std::nullopt;
  }
  state.assign(nodes.size(), State::New);
  for (int i = 0; i < nodes.size(); ++i)
    if (std::optional<SortError> error = visit(i))
      return error;
  return std::nullopt;
}

std::optional<SortError>
mlir::bitnet::onnximport::sortNodes(const NodeList &nodes,
                                    std::vector<int> &order) {
  order.clear();
  return Sorter(nodes, order).run();
}
