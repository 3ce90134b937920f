//===- Effects.cpp - what operations do to buffers ------------------------===//

#include "Effects.h"

#include "bitnet/Codegen/Loops/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::bitnet;

using Effects = SmallVector<MemoryEffects::EffectInstance>;

func::FuncOp mlir::bitnet::getParallelCallee(func::CallOp call) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      call, call.getCalleeAttr());
  bool isParallel = callee && !callee.isExternal() &&
                    callee->hasAttr(kParallelFunctionAttr) &&
                    callee.getNumArguments() >= 2;
  return isParallel ? callee : func::FuncOp();
}

Value mlir::bitnet::getViewedBuffer(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// Says of the call what its callee does to an argument. Buffers of the
/// callee's own do not matter; false for anything else.
static bool addCallerEffect(const MemoryEffects::EffectInstance &effect,
                            func::CallOp call, func::FuncOp callee,
                            Effects &effects) {
  if (!effect.getValue())
    return false;
  Value buffer = getViewedBuffer(effect.getValue());
  if (auto argument = dyn_cast<BlockArgument>(buffer)) {
    if (argument.getOwner() != &callee.front())
      return false;
    effects.emplace_back(effect.getEffect(),
                         &call->getOpOperand(argument.getArgNumber()),
                         effect.getResource());
    return true;
  }
  return hasEffect<MemoryEffects::Allocate>(buffer.getDefiningOp(), buffer);
}

static std::optional<Effects> getCallEffects(func::CallOp call) {
  func::FuncOp callee = getParallelCallee(call);
  if (!callee)
    return std::nullopt;
  Effects effects;
  for (Operation &op : callee.getBody().getOps()) {
    std::optional<Effects> inner = getEffectsRecursively(&op);
    if (!inner)
      return std::nullopt;
    for (const MemoryEffects::EffectInstance &effect : *inner)
      if (!addCallerEffect(effect, call, callee, effects))
        return std::nullopt;
  }
  return effects;
}

/// Nobody writes to a constant, which alias analysis does not know.
static bool isOnConstant(const MemoryEffects::EffectInstance &effect) {
  if (!effect.getValue())
    return false;
  auto get =
      getViewedBuffer(effect.getValue()).getDefiningOp<memref::GetGlobalOp>();
  auto global = get ? SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
                          get, get.getNameAttr())
                    : memref::GlobalOp();
  return global && global.getConstant();
}

/// Effects of `op` and what it holds or calls; none when that is not known.
static std::optional<Effects> getEffects(Operation *op) {
  auto call = dyn_cast<func::CallOp>(op);
  std::optional<Effects> effects =
      call ? getCallEffects(call) : getEffectsRecursively(op);
  if (effects)
    llvm::erase_if(*effects, isOnConstant);
  return effects;
}

/// Whether one of those `effects` that `matters` may meet one of `values`.
static bool mayMeet(const Effects &effects, ArrayRef<Value> values,
                    AliasAnalysis &aliases,
                    function_ref<bool(MemoryEffects::Effect *)> matters) {
  return llvm::any_of(effects, [&](const auto &effect) {
    if (!matters(effect.getEffect()))
      return false;
    Value touched = effect.getValue();
    return !touched || llvm::any_of(values, [&](Value value) {
      return !aliases.alias(touched, value).isNo();
    });
  });
}

static bool isRead(MemoryEffects::Effect *effect) {
  return isa<MemoryEffects::Read>(effect);
}

/// A buffer that is freed is as good as overwritten.
static bool isWrite(MemoryEffects::Effect *effect) {
  return isa<MemoryEffects::Write, MemoryEffects::Free>(effect);
}

bool mlir::bitnet::mayWriteTo(Operation *op, ArrayRef<Value> values,
                              AliasAnalysis &aliases) {
  std::optional<Effects> effects = getEffects(op);
  return !effects || mayMeet(*effects, values, aliases, isWrite);
}

bool mlir::bitnet::mayConflict(Operation *a, Operation *b,
                               AliasAnalysis &aliases) {
  std::optional<Effects> first = getEffects(a), second = getEffects(b);
  if (!first || !second)
    return true;
  SmallVector<Value> used, written;
  for (const MemoryEffects::EffectInstance &effect : *second) {
    if (!effect.getValue())
      return true;
    if (isRead(effect.getEffect()) || isWrite(effect.getEffect()))
      used.push_back(effect.getValue());
    if (isWrite(effect.getEffect()))
      written.push_back(effect.getValue());
  }
  return mayMeet(*first, used, aliases, isWrite) ||
         mayMeet(*first, written, aliases, isRead);
}
