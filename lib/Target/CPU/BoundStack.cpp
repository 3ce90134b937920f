//===- BoundStack.cpp - --bitnet-bound-stack ------------------------------===//
//
// --bitnet-bound-stack: tasks run on threads whose stacks may be small, so
// buffers of a parallel function that take more than 4 KB together move to a
// scratch block (bitnet_scratch_take in abi.h). A function takes a scratch
// block of a level above those of all functions that it calls, so that no two
// threads wait for each other.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"
#include "TensorAccess.h"

#include "bitnet/Codegen/Transforms/KernelDispatch.h"
#include "bitnet/Target/CPU/Passes.h"
#include "bitnet/runtime/abi.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETBOUNDSTACK
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Buffers of a function that take no more than this together stay on its
/// stack: they hold a few numbers, and a scratch block costs two atomic
/// exchanges.
static constexpr int64_t kStackBytes = 4096;
/// The alignment of scratch blocks, which each buffer within one gets, too.
static constexpr int64_t kAlignment = 64;

/// Bytes of a buffer, with what it takes to begin the next one at kAlignment.
static int64_t getBytes(memref::AllocaOp alloca) {
  MemRefType type = alloca.getType();
  int64_t bits = type.getElementTypeBitWidth() * type.getNumElements();
  return llvm::alignTo(llvm::divideCeil(bits, 8), kAlignment);
}

namespace {
/// Buffers that are made together in one basic block and share a scratch block
/// for as long as that runs.
struct Group {
  SmallVector<memref::AllocaOp> buffers;
  int64_t bytes = 0;
};

class StackBound {
public:
  explicit StackBound(ModuleOp module)
      : module(module), converter(module.getContext()) {}

  /// The level of the scratch block that `function` takes, its own buffers
  /// moved there; that of the functions it calls is lower.
  int32_t visit(func::FuncOp function);
  ArrayRef<int64_t> getBytesOfLevels() const { return bytesOfLevels; }

private:
  void move(func::FuncOp function, int32_t level);
  void replace(Block *block, Group &group, int32_t level);
  func::CallOp call(OpBuilder &b, Location loc, StringRef name,
                    ValueRange operands, TypeRange results) {
    auto callee = declareFunction(
        module, name, b.getFunctionType(operands.getTypes(), results));
    return func::CallOp::create(b, loc, callee, operands);
  }

  ModuleOp module;
  LLVMTypeConverter converter;
  DenseMap<Operation *, int32_t> levels;
  int64_t bytesOfLevels[BITNET_SCRATCH_LEVELS] = {};
};
} // namespace

/// The basic block that is to take the scratch block: a branch of a condition,
/// outside of loops, when it holds all uses of `buffer`, so that a loop form
/// that does not need the buffer does not pay; else the body. In a loop a
/// scratch block would be taken in each step, and what one step leaves in the
/// buffer for the next one would be lost.
static Block *findScope(memref::AllocaOp buffer, Block *body) {
  Block *scope = nullptr;
  for (Operation *user : buffer->getUsers()) {
    auto condition =
        dyn_cast_or_null<scf::IfOp>(body->findAncestorOpInBlock(*user));
    if (!condition)
      return body;
    bool isThen = condition.thenBlock()->findAncestorOpInBlock(*user);
    Block *branch = isThen ? condition.thenBlock() : condition.elseBlock();
    if (scope && branch != scope)
      return body;
    scope = branch;
  }
  return scope ? scope : body;
}

/// Takes a scratch block at the start of `block` and gives it back at its end;
/// the buffers become memrefs into it.
void StackBound::replace(Block *block, Group &group, int32_t level) {
  OpBuilder b = OpBuilder::atBlockBegin(block);
  Location loc = group.buffers.front().getLoc();
  auto ptr = LLVM::LLVMPointerType::get(b.getContext());
  Value number = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(level));
  Value base =
      call(b, loc, "bitnet_scratch_take", {number}, {ptr}).getResult(0);
  TensorAccess access(b, loc, converter);
  int64_t offset = 0;
  for (memref::AllocaOp buffer : group.buffers) {
    MemRefType type = buffer.getType();
    Value data = LLVM::GEPOp::create(b, loc, ptr, b.getI8Type(), base,
                                     ArrayRef<LLVM::GEPArg>{int32_t(offset)});
    SmallVector<Value> dims;
    for (int64_t dim : type.getShape())
      dims.push_back(access.i64(dim));
    offset += getBytes(buffer);
    buffer.replaceAllUsesWith(access.toMemRef(type, data, dims));
  }
  // One of the buffers may be the first operation of the basic block, in front
  // of which all this is inserted.
  for (memref::AllocaOp buffer : group.buffers)
    buffer.erase();
  b.setInsertionPoint(block->getTerminator());
  call(b, loc, "bitnet_scratch_give", {number, base}, {});
}

/// A function that holds a scratch block of one level may not take another one
/// of the same level. So when its body takes one, the buffers of its branches
/// move into that one, too.
static void mergeIntoBody(llvm::MapVector<Block *, Group> &groups,
                          Block *body) {
  if (!groups.contains(body) || groups[body].bytes <= kStackBytes)
    return;
  Group &all = groups[body];
  for (auto &[block, group] : groups) {
    if (block == body)
      continue;
    llvm::append_range(all.buffers, group.buffers);
    all.bytes += group.bytes;
    group = Group();
  }
}

/// Groups the buffers of `function` and replaces those groups that are large.
void StackBound::move(func::FuncOp function, int32_t level) {
  llvm::MapVector<Block *, Group> groups;
  function.walk([&](memref::AllocaOp buffer) {
    if (!buffer.getType().hasStaticShape() ||
        !buffer.getType().getLayout().isIdentity())
      return;
    Group &group = groups[findScope(buffer, &function.front())];
    group.buffers.push_back(buffer);
    group.bytes += getBytes(buffer);
  });
  mergeIntoBody(groups, &function.front());
  for (auto &[block, group] : groups) {
    if (group.bytes <= kStackBytes)
      continue;
    bytesOfLevels[level] = std::max(bytesOfLevels[level], group.bytes);
    replace(block, group, level);
  }
}

/// The level of a function: 0 when it calls none. Recursion ends at functions
/// that have been seen already.
int32_t StackBound::visit(func::FuncOp function) {
  auto [it, isNew] = levels.try_emplace(function, 0);
  if (!isNew)
    return it->second;
  int32_t level = 0;
  auto addCallee = [&](FlatSymbolRefAttr name) {
    if (auto callee = module.lookupSymbol<func::FuncOp>(name))
      level = std::max(level, visit(callee) + 1);
  };
  function.walk([&](func::CallOp call) { addCallee(call.getCalleeAttr()); });
  // A dispatch function has no body yet and will call one of these kernels.
  if (auto variants = function->getAttrOfType<ArrayAttr>(kVariantsAttr))
    for (auto variant : variants.getAsRange<FlatSymbolRefAttr>())
      addCallee(variant);
  levels[function] = level;
  if (function->hasAttr(kParallelFunctionAttr) && !function.isExternal() &&
      function.getBody().hasOneBlock())
    move(function, std::min(level, int32_t(BITNET_SCRATCH_LEVELS) - 1));
  return level;
}

namespace {
struct BitNetBoundStack : bitnet::impl::BitNetBoundStackBase<BitNetBoundStack> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    StackBound bound(module);
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (bound.visit(function) >= BITNET_SCRATCH_LEVELS &&
          function->hasAttr(kParallelFunctionAttr)) {
        function.emitError("calls functions deeper than there are levels of "
                           "working memory");
        return signalPassFailure();
      }
    module->setAttr(kScratchAttr, DenseI64ArrayAttr::get(
                                      &getContext(), bound.getBytesOfLevels()));
  }
};
} // namespace
