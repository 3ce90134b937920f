//===- Partition.cpp - code generation on all cores -----------------------===//
//
// A library for several ISAs holds several versions of the same functions. Each
// set of CPU features is a module of its own here, optimized and compiled by a
// thread of its own; how the code is split does not depend on the machine.
//
//===----------------------------------------------------------------------===//

#include "LLVMModule.h"
#include "Linker.h"
#include "TargetInfo.h"

#include "bitnet/Dialect/BitNet/IR/Failure.h"

#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace mlir;
using namespace mlir::bitnet;

using Parts = llvm::SmallSet<unsigned, 8>;

namespace {
/// Which part of the code each function and variable belongs to.
class Partitioning {
public:
  explicit Partitioning(llvm::Module &module);

  size_t size() const { return parts.size(); }
  /// The bitcode of one part.
  Bytes extract(unsigned part);

private:
  /// The part of what no part needs alone: exports, tables, variables.
  static constexpr unsigned kHome = 0;

  static std::string getKey(const llvm::Function &function);
  bool belongs(const llvm::GlobalValue &value, unsigned part);
  const Parts &getUsers(const llvm::GlobalValue &value);
  void collectUsers(const llvm::Value &value, Parts &result);
  void share(llvm::GlobalValue &value, unsigned owner);

  llvm::Module &module;
  llvm::StringMap<unsigned> parts;
  llvm::DenseMap<const llvm::Function *, unsigned> owners;
  llvm::DenseMap<const llvm::GlobalValue *, Parts> users;
};
} // namespace

/// Functions of the same CPU and features belong together.
std::string Partitioning::getKey(const llvm::Function &function) {
  return (function.getFnAttribute("target-cpu").getValueAsString() + "/" +
          function.getFnAttribute("target-features").getValueAsString())
      .str();
}

Partitioning::Partitioning(llvm::Module &module) : module(module) {
  // Assigns parts; the part of the exports comes first.
  for (bool exported : {true, false})
    for (llvm::Function &function : module)
      if (!function.isDeclaration() && function.hasLocalLinkage() != exported)
        owners[&function] =
            parts.try_emplace(getKey(function), parts.size()).first->second;
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      share(function, owners[&function]);
  for (llvm::GlobalVariable &variable : module.globals())
    if (!variable.isDeclaration() && !variable.isConstant())
      share(variable, kHome);
}

/// The parts whose functions mention `value`, also by way of constants.
void Partitioning::collectUsers(const llvm::Value &value, Parts &result) {
  for (const llvm::User *user : value.users()) {
    if (auto *instruction = dyn_cast<llvm::Instruction>(user)) {
      result.insert(owners.lookup(instruction->getFunction()));
    } else if (auto *variable = dyn_cast<llvm::GlobalVariable>(user)) {
      const Parts &more = getUsers(*variable);
      result.insert(more.begin(), more.end());
    } else {
      collectUsers(*user, result);
    }
  }
}

const Parts &Partitioning::getUsers(const llvm::GlobalValue &value) {
  auto known = users.find(&value);
  if (known != users.end())
    return known->second;
  Parts result;
  collectUsers(value, result);
  return users.try_emplace(&value, std::move(result)).first->second;
}

/// Lets the linker see what other parts use.
void Partitioning::share(llvm::GlobalValue &value, unsigned owner) {
  const Parts &by = getUsers(value);
  bool isAlone = by.empty() || (by.size() == 1 && by.contains(owner));
  if (isAlone || !value.hasLocalLinkage())
    return;
  value.setLinkage(llvm::GlobalValue::ExternalLinkage);
  value.setVisibility(llvm::GlobalValue::HiddenVisibility);
}

/// Private constants are copied into each part that uses them.
bool Partitioning::belongs(const llvm::GlobalValue &value, unsigned part) {
  if (auto *function = dyn_cast<llvm::Function>(&value))
    return owners.lookup(function) == part;
  auto *variable = dyn_cast<llvm::GlobalVariable>(&value);
  bool isCopied =
      variable && variable->isConstant() && variable->hasLocalLinkage();
  return isCopied ? getUsers(value).contains(part) : part == kHome;
}

Bytes Partitioning::extract(unsigned part) {
  llvm::ValueToValueMapTy map;
  std::unique_ptr<llvm::Module> copy =
      llvm::CloneModule(module, map, [&](const llvm::GlobalValue *value) {
        return belongs(*value, part);
      });
  if (part != kHome)
    copy->setModuleInlineAsm("");
  // What another part of the library defines is hidden, so that it does not
  // become an import of the library.
  for (llvm::GlobalValue &value : copy->global_values())
    if (const llvm::GlobalValue *whole = module.getNamedValue(value.getName());
        value.isDeclaration() && !whole->isDeclaration())
      value.setVisibility(llvm::GlobalValue::HiddenVisibility);
  Bytes bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::WriteBitcodeToFile(*copy, stream);
  return bytes;
}

/// Removes from a part everything that it does not use, so that nothing is left
/// of what other parts hold.
static void dropUnused(llvm::Module &module) {
  llvm::ModuleAnalysisManager analyses;
  llvm::FunctionAnalysisManager functions;
  llvm::PassBuilder builder;
  builder.registerModuleAnalyses(analyses);
  builder.registerFunctionAnalyses(functions);
  analyses.registerPass(
      [&] { return llvm::FunctionAnalysisManagerModuleProxy(functions); });
  llvm::GlobalDCEPass().run(module, analyses);
}

/// Bitcode to an object, in a context of its own; nothing is shared.
static llvm::Expected<Bytes> compile(const Bytes &bitcode,
                                     const CPUTargetOptions &target) {
  llvm::LLVMContext context;
  auto part = llvm::parseBitcodeFile(
      llvm::MemoryBufferRef(StringRef(bitcode.data(), bitcode.size()), "part"),
      context);
  if (!part)
    return part.takeError();
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine =
      createTargetMachine(target, error);
  if (!machine)
    return llvm::createStringError(error);
  dropUnused(**part);
  optimize(**part, *machine, target.optLevel);
  Bytes object;
  if (!emitMachineCode(**part, *machine, /*assembly=*/false, object))
    return llvm::createStringError("this target cannot emit machine code");
  return object;
}

/// One thread per part; the objects are joined by `ld -r`.
FailureOr<Bytes> bitnet::emitPartitions(ModuleOp module,
                                        llvm::Module &llvmModule,
                                        const CPUTargetOptions &target) {
  Partitioning partitioning(llvmModule);
  std::vector<llvm::Expected<Bytes>> objects;
  for (size_t i = 0; i < partitioning.size(); ++i)
    objects.emplace_back(Bytes());
  llvm::DefaultThreadPool pool;
  // The parts of the best machines come last and have the most code, so they
  // are started first.
  for (size_t i = partitioning.size(); i-- > 0;) {
    auto bitcode = std::make_shared<Bytes>(partitioning.extract(i));
    pool.async([&target, &objects, bitcode, i] {
      objects[i] = compile(*bitcode, target);
    });
  }
  pool.wait();
  SmallVector<StringRef> inputs;
  for (llvm::Expected<Bytes> &object : objects) {
    if (!object)
      return emitFailure(module.getLoc(), object.takeError());
    inputs.push_back(StringRef(object->data(), object->size()));
  }
  auto merged = runLinker({"-r"}, inputs);
  if (!merged)
    return emitFailure(module.getLoc(), merged.takeError());
  return std::move(*merged);
}
