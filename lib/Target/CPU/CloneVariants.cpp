//===- CloneVariants.cpp - versions of functions per class of machines ----===//
//
// --bitnet-clone-variants. For a library that serves several ISAs every
// function that @main reaches is cloned once per CPU level, under the name
// `<function>.<isa>`, and dispatch functions get a body: a switch over the ISA
// that the glue chose. For one machine a dispatch function just calls its
// kernel.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include "bitnet/Codegen/Transforms/KernelDispatch.h"
#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETCLONEVARIANTS
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The kernels that a dispatch function stands for; none for other functions.
static ArrayAttr getVariants(func::FuncOp function) {
  return function->getAttrOfType<ArrayAttr>(kVariantsAttr);
}

/// The features of a kernel; empty for functions that run anywhere.
static StringRef getNeeded(func::FuncOp function) {
  auto needed = function->getAttrOfType<StringAttr>(kFeaturesAttr);
  return needed ? needed.getValue() : StringRef();
}

namespace {
/// A kernel, its version for the worst machine that chooses it, and all that
/// choose it, as indices of the list of ISAs.
struct Choice {
  func::FuncOp kernel, version;
  SmallVector<int32_t> machines;
};

class VariantCloner {
public:
  VariantCloner(ModuleOp module, ArrayRef<ISA> isas)
      : module(module), isas(isas), symbols(module) {}

  LogicalResult run();
  /// Resolves a library for one machine, where calls of dispatch functions
  /// become plain calls.
  LogicalResult resolve(const TargetInfo &machine);

private:
  func::FuncOp getVersion(func::FuncOp function, ISA isa);
  LogicalResult complete(func::FuncOp version, ISA isa);
  LogicalResult redirectCalls(func::FuncOp version, ISA isa);
  LogicalResult emitChoice(func::FuncOp dispatch, ISA isa);
  FailureOr<SmallVector<Choice>> choose(func::FuncOp dispatch, ISA isa);
  FailureOr<func::FuncOp> chooseKernel(func::FuncOp dispatch,
                                       const TargetInfo &machine);
  void emitSwitch(func::FuncOp dispatch, ArrayRef<Choice> choices);
  Value loadISA(OpBuilder &builder, Location loc);

  ModuleOp module;
  ArrayRef<ISA> isas;
  SymbolTable symbols;
  llvm::DenseMap<std::pair<Operation *, int>, func::FuncOp> versions;
  SmallVector<std::pair<func::FuncOp, ISA>> incomplete;
};
} // namespace

/// The clone of `function` for `isa`, made on first use and completed later; a
/// function of the runtime is its own version.
func::FuncOp VariantCloner::getVersion(func::FuncOp function, ISA isa) {
  if (function.isExternal() && !getVariants(function))
    return function;
  func::FuncOp &version = versions[{function, int(isa)}];
  if (version)
    return version;
  version = function.clone();
  version.setName(getVersionName(function.getName(), isa));
  BitNetDialect::IsaAttrHelper(module.getContext())
      .setAttr(version, ISAAttr::get(module.getContext(), isa));
  symbols.insert(version);
  incomplete.emplace_back(version, isa);
  return version;
}

/// Calls of `version` go to versions of the same ISA. An error names a kernel
/// that machines of the ISA may lack.
LogicalResult VariantCloner::redirectCalls(func::FuncOp version, ISA isa) {
  const TargetInfo &machine = getTargetInfo(isa);
  auto result = version.walk([&](func::CallOp call) {
    auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
    if (!callee)
      return WalkResult::advance();
    if (!machine.hasFeatures(getNeeded(callee))) {
      call.emitError("the kernel needs ")
          << getNeeded(callee) << ", which machines of the ISA variant "
          << stringifyISA(isa)
          << " may lack: the loops were made for one CPU, name it";
      return WalkResult::interrupt();
    }
    call.setCallee(getVersion(callee, isa).getName());
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// The first kernel, in the order of preference, that `machine` runs.
FailureOr<func::FuncOp> VariantCloner::chooseKernel(func::FuncOp dispatch,
                                                    const TargetInfo &machine) {
  for (auto symbol : getVariants(dispatch).getAsRange<FlatSymbolRefAttr>()) {
    auto kernel = symbols.lookup<func::FuncOp>(symbol.getValue());
    if (!kernel)
      return dispatch.emitError("has no kernel ") << symbol;
    if (machine.hasFeatures(getNeeded(kernel)))
      return kernel;
  }
  return dispatch.emitError("has no kernel that every machine runs");
}

/// The kernels that the machines of a level run, where `isa` is the worst of
/// them.
FailureOr<SmallVector<Choice>> VariantCloner::choose(func::FuncOp dispatch,
                                                     ISA isa) {
  SmallVector<Choice> choices;
  const ISARow &level = getISARow(isa);
  for (auto [index, other] : llvm::enumerate(isas)) {
    bool isWorse = &getISARow(other) < &level;
    if (isWorse || !getISARow(other).hasLevelOf(level))
      continue;
    auto kernel = chooseKernel(dispatch, getTargetInfo(other));
    if (failed(kernel))
      return failure();
    auto choice = llvm::find_if(
        choices, [&](const Choice &c) { return c.kernel == *kernel; });
    if (choice == choices.end())
      choice =
          choices.insert(choice, {*kernel, getVersion(*kernel, other), {}});
    choice->machines.push_back(int32_t(index));
  }
  return choices;
}

/// The index that the glue chose when the library was first used.
Value VariantCloner::loadISA(OpBuilder &builder, Location loc) {
  Type i32 = builder.getI32Type();
  auto global = symbols.lookup<LLVM::GlobalOp>(kChosenISA);
  if (!global) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    global = LLVM::GlobalOp::create(builder, loc, i32, /*isConstant=*/false,
                                    LLVM::Linkage::External, kChosenISA,
                                    Attribute());
    global.setVisibility_(LLVM::Visibility::Hidden);
    symbols.insert(global);
  }
  Value address = LLVM::AddressOfOp::create(builder, loc, global);
  return LLVM::LoadOp::create(builder, loc, i32, address, /*alignment=*/4,
                              /*isVolatile=*/false, /*isNonTemporal=*/false,
                              /*isInvariant=*/false,
                              /*isInvariantGroup=*/false,
                              LLVM::AtomicOrdering::monotonic);
}

/// A tail call of `kernel` with the arguments of `caller`.
static void emitCall(OpBuilder &builder, func::FuncOp caller,
                     func::FuncOp kernel, Block *block) {
  Location loc = caller.getLoc();
  builder.setInsertionPointToEnd(block);
  func::CallOp::create(builder, loc, kernel, caller.getArguments());
  func::ReturnOp::create(builder, loc);
}

/// Emits the switch. The first choice is the default; a level with one choice
/// needs no switch.
void VariantCloner::emitSwitch(func::FuncOp dispatch,
                               ArrayRef<Choice> choices) {
  OpBuilder builder(dispatch.getContext());
  Block *entry = dispatch.addEntryBlock();
  dispatch->removeAttr(kVariantsAttr);
  if (choices.size() == 1)
    return emitCall(builder, dispatch, choices.front().version, entry);
  SmallVector<int32_t> values;
  SmallVector<Block *> blocks;
  for (const Choice &choice : choices) {
    Block *block = dispatch.addBlock();
    emitCall(builder, dispatch, choice.version, block);
    values.append(choice.machines);
    blocks.append(choice.machines.size(), block);
  }
  builder.setInsertionPointToEnd(entry);
  Value isa = loadISA(builder, dispatch.getLoc());
  cf::SwitchOp::create(builder, dispatch.getLoc(), isa, blocks.front(),
                       ValueRange(), ArrayRef<int32_t>(values), blocks,
                       SmallVector<ValueRange>(blocks.size()));
}

LogicalResult VariantCloner::emitChoice(func::FuncOp dispatch, ISA isa) {
  FailureOr<SmallVector<Choice>> choices = choose(dispatch, isa);
  if (failed(choices))
    return failure();
  emitSwitch(dispatch, *choices);
  return success();
}

LogicalResult VariantCloner::complete(func::FuncOp version, ISA isa) {
  return getVariants(version) ? emitChoice(version, isa)
                              : redirectCalls(version, isa);
}

/// Makes versions from the entries on, until no version is incomplete. The
/// function of shapes needs one version only, because it has no float code.
LogicalResult VariantCloner::run() {
  auto main = symbols.lookup<func::FuncOp>(kGeneratedMain);
  auto shapes = symbols.lookup<func::FuncOp>(kGeneratedShapes);
  if (!main || !shapes)
    return module.emitError("has no entry: run bitnet-generate-entry first");
  for (ISA isa : isas)
    if (getLevel(isa, isas) == isa)
      getVersion(main, isa);
  func::FuncOp common = getVersion(shapes, isas.front());
  while (!incomplete.empty()) {
    auto [version, isa] = incomplete.pop_back_val();
    if (failed(complete(version, isa)))
      return failure();
  }
  symbols.erase(main);
  symbols.erase(shapes);
  common.setName(kGeneratedShapes);
  return success();
}

LogicalResult VariantCloner::resolve(const TargetInfo &machine) {
  for (auto dispatch : llvm::to_vector(module.getOps<func::FuncOp>())) {
    if (!getVariants(dispatch))
      continue;
    auto kernel = chooseKernel(dispatch, machine);
    if (failed(kernel))
      return failure();
    emitSwitch(dispatch, Choice{*kernel, *kernel, {0}});
  }
  return success();
}

namespace {
struct BitNetCloneVariants
    : bitnet::impl::BitNetCloneVariantsBase<BitNetCloneVariants> {
  using Base::Base;

  void runOnOperation() override {
    VariantCloner cloner(getOperation(), isas);
    TargetInfo machine{TargetArch::Any, {features.begin(), features.end()}};
    if (failed(isas.empty() ? cloner.resolve(machine) : cloner.run()))
      signalPassFailure();
  }
};
} // namespace
