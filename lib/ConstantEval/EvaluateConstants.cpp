//===- EvaluateConstants.cpp - the bitnet-evaluate-constants pass ---------===//

#include "bitnet/ConstantEval/Passes.h"

#include "ConstantNodes.h"
#include "ConstantProgram.h"
#include "ConstantValues.h"

#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/ConstantEval/DeadNodes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETEVALUATECONSTANTS
#include "bitnet/ConstantEval/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// A value may have so many bytes more than the constants it is computed of.
static constexpr uint64_t kGrowth = uint64_t(1) << 20;
/// All values of a model together may have so many bytes more.
static constexpr uint64_t kTotalGrowth = uint64_t(16) << 20;
/// Weights of layers are unpacked to at most so many times their bytes.
static constexpr uint64_t kUnpacking = 64;
/// A product of constants that leads to a product may have so many bytes.
static constexpr uint64_t kProduct = uint64_t(1) << 30;
/// Values that are run together are computed of about so many bytes, by about
/// so many nodes: code for many nodes takes more than its share of time.
static constexpr uint64_t kGroup = uint64_t(256) << 20;
static constexpr size_t kGroupNodes = 64;
/// So many nodes are run for one function at most: the weights of no model need
/// more.
static constexpr size_t kMostNodes = 1024;
/// Rounds in which streams keep what follows from values that have been run.
static constexpr unsigned kStreamRounds = 4;
/// So many programs may fail before the others are left alone.
static constexpr unsigned kMaxFailures = 32;

namespace {
struct Counts {
  unsigned folded = 0, run = 0, left = 0;
  uint64_t bytes = 0;
};

/// Evaluates the constants of one function.
class Evaluator {
public:
  Evaluator(FunctionOpInterface function, ConstantFolder &folder,
            const ConstantRunner *runner, bool remaining)
      : function(function), module(function->getParentOfType<ModuleOp>()),
        folder(folder), runner(runner), remaining(remaining),
        nodes(function, runner) {}

  Counts run();

private:
  bool isKept(Operation *user);
  bool isNeeded(Value value) {
    return llvm::any_of(value.getUsers(),
                        [&](Operation *user) { return isKept(user); });
  }
  bool isStreamed(onnx::NodeOp node);
  void growStreams();
  void visit(onnx::NodeOp node);
  bool foldValue(OpResult value, const fold::View &view);
  uint64_t getLimit(Value value);
  void takeCredit(Value value, uint64_t bytes);
  void replace(Value value, ComputedTensor tensor);
  void runGroups();
  bool runGroup(ArrayRef<Value> values, ArrayRef<Operation *> cone);
  SmallVector<Operation *> getCone(Value value, uint64_t &bytes);
  bool runProgram(ArrayRef<Value> values);
  FailureOr<std::vector<ComputedTensor>> compute(ArrayRef<Value> values,
                                                 ArrayRef<uint64_t> limits);

  FunctionOpInterface function;
  ModuleOp module;
  ConstantFolder &folder;
  const ConstantRunner *runner;
  bool remaining;
  ConstantNodes nodes;
  /// Constant nodes that stay nodes, for good or for this round.
  llvm::DenseSet<Operation *> left, streamed;
  /// What is to be run in this round.
  SmallVector<Value> waiting;
  /// Bytes of initializers that values may still take the place of.
  llvm::DenseMap<Operation *, uint64_t> credit;
  uint64_t grown = 0;
  unsigned round = 0, failures = 0;
  size_t nodesRun = 0;
  Counts counts;
};

struct EvaluateConstants final
    : bitnet::impl::BitNetEvaluateConstantsBase<EvaluateConstants> {
  EvaluateConstants() = default;
  EvaluateConstants(const BitNetEvaluateConstantsOptions &options,
                    std::shared_ptr<const ConstantRunner> runner = nullptr)
      : BitNetEvaluateConstantsBase(options), runner(std::move(runner)) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    BitNetEvaluateConstantsBase::getDependentDialects(registry);
    if (runner)
      runner->getDependentDialects(registry);
  }
  void runOnOperation() override;

private:
  std::shared_ptr<const ConstantRunner> runner;
};
} // namespace

//===----------------------------------------------------------------------===//
// What is evaluated
//===----------------------------------------------------------------------===//

/// Whether `user` stays, so that its constant operands are needed.
bool Evaluator::isKept(Operation *user) {
  if (isa<onnx::YieldOp>(user))
    user = user->getParentOp();
  return !nodes.contains(user) || left.contains(user) ||
         streamed.contains(user);
}

/// Whether recognition can read `node` as a stream, now or when what it reads
/// has been run.
bool Evaluator::isStreamed(onnx::NodeOp node) {
  if (remaining || node->getNumResults() != 1)
    return false;
  if (folder.get(node->getResult(0)))
    return true;
  auto isOpen = [&](Value input) {
    return !input.getDefiningOp<onnx::ConstantOp>() && !folder.get(input);
  };
  return ConstantFolder::hasStream(node) && round < kStreamRounds &&
         llvm::any_of(node.getInputs(), isOpen);
}

/// How large `value` may be.
uint64_t Evaluator::getLimit(Value value) {
  uint64_t all = 0, free = 0;
  for (onnx::ConstantOp source : findSources(value)) {
    uint64_t bytes = getBytes(source);
    all += bytes;
    free += credit.try_emplace(source, bytes).first->second;
  }
  uint64_t limit = free + std::min(kGrowth, kTotalGrowth - grown);
  if (remaining || !leadsToProduct(value, nodes))
    return limit;
  if (isProduct(cast<onnx::NodeOp>(value.getDefiningOp())))
    return std::max(limit, kProduct);
  return std::max(limit, all * kUnpacking + kGrowth);
}

/// Takes `bytes` of the initializers behind `value`, whose place the value
/// takes in the model; what they do not cover counts as growth. Weights of
/// layers take nothing, since they are packed later, whatever their size is
/// here.
void Evaluator::takeCredit(Value value, uint64_t bytes) {
  if (!remaining && leadsToProduct(value, nodes))
    return;
  for (onnx::ConstantOp source : findSources(value)) {
    uint64_t &free = credit.try_emplace(source, getBytes(source)).first->second;
    uint64_t taken = std::min(free, bytes);
    free -= taken;
    bytes -= taken;
  }
  grown += std::min(bytes, kTotalGrowth - grown);
}

/// The origin is asked for before the value is replaced: afterwards the chain
/// that leads to it may have no users.
void Evaluator::replace(Value value, ComputedTensor tensor) {
  fold::Origin origin = folder.getOrigin(value);
  OpBuilder builder(value.getDefiningOp());
  counts.bytes += tensor.bytes.size();
  takeCredit(value, tensor.bytes.size());
  value.replaceAllUsesWith(makeConstant(builder, value.getLoc(),
                                        std::move(tensor), origin,
                                        kInlineConstantBytes));
}

/// False when the value would be larger than its limit: then nothing is read,
/// and the node stays in the graph, which computes it in each run.
bool Evaluator::foldValue(OpResult value, const fold::View &view) {
  uint64_t bytes =
      uint64_t(view.stream->size) *
      llvm::divideCeil(view.stream->element.getIntOrFloatBitWidth(), 8);
  if (bytes > getLimit(value))
    return false;
  replace(value, readTensor(view));
  ++counts.folded;
  return true;
}

/// Users come before the nodes that they read, so that it is known of each user
/// whether it stays. A node is streamed, read in place, folded, put into
/// `waiting` for the runner, or left, whichever comes first; one result that
/// cannot be evaluated is enough to leave the node.
void Evaluator::visit(onnx::NodeOp node) {
  SmallVector<OpResult> needed = llvm::filter_to_vector(
      node->getResults(), [&](OpResult v) { return isNeeded(v); });
  if (needed.empty() || left.contains(node))
    return;
  if (isStreamed(node)) {
    streamed.insert(node);
    return;
  }
  bool stays = isReadInPlace(node);
  for (OpResult value : needed) {
    fold::View view = stays ? fold::View() : folder.get(value);
    if (view && isExact(view))
      stays |= !foldValue(value, view);
    else if (!stays && runner)
      waiting.push_back(value);
    else
      stays = true;
  }
  if (stays)
    left.insert(node);
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// Tries a program whose floats are hidden, then one with visible floats, as
/// few lowerings have to see them. Failure of several values says nothing about
/// each of them.
FailureOr<std::vector<ComputedTensor>>
Evaluator::compute(ArrayRef<Value> values, ArrayRef<uint64_t> limits) {
  // A node that fails stays, and is reported where it always was.
  ScopedDiagnosticHandler quiet(module.getContext(),
                                [](Diagnostic &) { return success(); });
  for (bool hidden : {true, false}) {
    ConstantProgram program(module, nodes, folder, hidden);
    OwningOpRef<ModuleOp> made = program.make(values);
    auto tensors = runner->run(*made, limits);
    // Several are tried one by one before anything else.
    if (succeeded(tensors) || values.size() > 1)
      return tensors;
  }
  return failure();
}

/// False when some node fails. Each failure costs a compilation, so that after
/// kMaxFailures of them nothing is run any more. A value that turns out to be
/// too large is left, and is no failure.
bool Evaluator::runProgram(ArrayRef<Value> values) {
  if (failures > kMaxFailures)
    return false;
  SmallVector<uint64_t> limits =
      llvm::map_to_vector(values, [&](Value value) { return getLimit(value); });
  auto tensors = compute(values, limits);
  if (failed(tensors)) {
    ++failures;
    return false;
  }
  for (auto [value, tensor] : llvm::zip_equal(values, *tensors)) {
    // Each of several may be as large as one alone might have been.
    if (!tensor.type || tensor.bytes.size() > getLimit(value)) {
      left.insert(value.getDefiningOp());
      continue;
    }
    replace(value, std::move(tensor));
    ++counts.run;
  }
  return true;
}

/// Runs `values`; of those that fail together one half after the other.
static void runHalves(ArrayRef<Value> values,
                      function_ref<bool(ArrayRef<Value>)> run,
                      function_ref<void(Value)> give) {
  SmallVector<ArrayRef<Value>> parts{values};
  while (!parts.empty()) {
    ArrayRef<Value> part = parts.pop_back_val();
    if (part.empty() || run(part))
      continue;
    if (part.size() == 1) {
      give(part.front());
      continue;
    }
    parts.push_back(part.drop_front(part.size() / 2));
    parts.push_back(part.take_front(part.size() / 2));
  }
}

/// The nodes that have to run for `value`, without order, and the bytes of what
/// they read.
SmallVector<Operation *> Evaluator::getCone(Value value, uint64_t &bytes) {
  llvm::SetVector<Operation *> cone;
  llvm::DenseSet<Value> leaves;
  cone.insert(value.getDefiningOp());
  for (size_t i = 0; i != cone.size() && cone.size() <= kMostNodes; ++i)
    cone[i]->walk([&, op = cone[i]](Operation *inner) {
      for (Value operand : inner->getOperands()) {
        Operation *def = operand.getDefiningOp();
        if (!def || op->isProperAncestor(def) || leaves.contains(operand))
          continue;
        auto constant = dyn_cast<onnx::ConstantOp>(def);
        fold::View view = folder.get(operand);
        if (!constant && !view) {
          cone.insert(def);
          continue;
        }
        leaves.insert(operand);
        bytes += constant ? getBytes(constant) : getByteSize(view);
      }
    });
  return cone.takeVector();
}

/// `cone` are the nodes for `values`. False when these have to wait, because
/// only what comes first was run.
bool Evaluator::runGroup(ArrayRef<Value> values, ArrayRef<Operation *> cone) {
  llvm::DenseSet<Operation *> all(cone.begin(), cone.end());
  llvm::SetVector<Operation *> first;
  nodesRun += std::min<size_t>(all.size(), 2 * kGroupNodes);
  SmallVector<Value> cut;
  bool isWhole = all.size() <= 2 * kGroupNodes;
  for (Operation *op : nodes.getNodes()) {
    if (isWhole || first.size() == kGroupNodes)
      break;
    if (all.contains(op))
      first.insert(op);
  }
  auto isOutside = [&](Operation *user) { return !first.contains(user); };
  for (Operation *op : first)
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), isOutside))
        cut.push_back(result);
  runHalves(
      isWhole ? values : ArrayRef(cut),
      [&](ArrayRef<Value> part) { return runProgram(part); },
      [&](Value value) { left.insert(value.getDefiningOp()); });
  return isWhole;
}

/// Values wait in the order in which they were visited, users first; they are
/// run in the other order. A group is closed when its bytes or its nodes reach
/// the limit. When a group had to be cut, the rest waits for the next round,
/// which sees what the cut has computed.
void Evaluator::runGroups() {
  SmallVector<Value> values(llvm::reverse(waiting));
  waiting.clear();
  for (size_t begin = 0, end = 0; begin != values.size(); begin = end) {
    uint64_t bytes = 0;
    SmallVector<Operation *> cone;
    while (end != values.size() && bytes < kGroup && cone.size() < kGroupNodes)
      llvm::append_range(cone, getCone(values[end++], bytes));
    if (nodesRun > kMostNodes) {
      for (Value value : ArrayRef(values).drop_front(begin))
        left.insert(value.getDefiningOp());
      return;
    }
    if (!runGroup(ArrayRef(values).slice(begin, end - begin), cone))
      return;
  }
}

/// Streams of long chains grow from their beginning: from the end they would
/// be too deep.
void Evaluator::growStreams() {
  constexpr size_t kShort = 128;
  if (nodes.getNodes().size() > kShort)
    for (Operation *op : nodes.getNodes())
      for (Value result : op->getResults())
        folder.get(result);
}

/// Rounds are needed because a value that was run may give streams to what
/// reads it. The loop ends when nothing waits, or when a round has neither run
/// a value nor left a node.
Counts Evaluator::run() {
  // Each round evaluates or gives up at least one node.
  for (size_t last = ~size_t(0);; ++round) {
    streamed.clear();
    growStreams();
    for (Operation *op : llvm::reverse(nodes.getNodes()))
      visit(cast<onnx::NodeOp>(op));
    if (waiting.empty())
      break;
    runGroups();
    folder.forgetUnfolded();
    size_t done = counts.run + left.size();
    if (std::exchange(last, done) == done)
      break;
  }
  counts.left = unsigned(left.size());
  return counts;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// The types of the function's results follow those of what it returns.
static void updateResultTypes(FunctionOpInterface function) {
  Operation *end = function.getFunctionBody().front().getTerminator();
  function.setFunctionTypeAttr(TypeAttr::get(
      FunctionType::get(function.getContext(), function.getArgumentTypes(),
                        end->getOperandTypes())));
}

void EvaluateConstants::runOnOperation() {
  auto &folder = getAnalysis<ConstantFolder>();
  for (auto function : getOperation().getOps<FunctionOpInterface>()) {
    if (function.isExternal())
      continue;
    Counts counts = Evaluator(function, folder, runner.get(), remaining).run();
    if (counts.folded + counts.run != 0) {
      eraseDeadNodes(function, [&](Value value) { folder.forget(value); });
      updateResultTypes(function);
    }
    numFolded += counts.folded;
    numRun += counts.run;
    numBytes += counts.bytes;
    numLeft += counts.left;
  }
  markAnalysesPreserved<ConstantFolder>();
}

std::unique_ptr<Pass> mlir::bitnet::createBitNetEvaluateConstants(
    const BitNetEvaluateConstantsOptions &options,
    std::shared_ptr<const ConstantRunner> runner) {
  return std::make_unique<EvaluateConstants>(options, std::move(runner));
}
