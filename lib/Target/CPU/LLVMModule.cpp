//===- LLVMModule.cpp - translation, glue, visibility ---------------------===//
//
// LLVM IR of a whole model: generated code, the description, and the glue,
// which is linked in as bitcode. Then only bitnet_model_* stays visible.
//
//===----------------------------------------------------------------------===//

#include "LLVMModule.h"

#include "GlueBitcode.h"
#include "Runtime.h"

#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::bitnet;

/// LLVM compiles each function for the CPU that its attributes say.
static void setTargetAttributes(llvm::Function &function,
                                const CPUTargetOptions &target) {
  function.addFnAttr("target-cpu", target.cpu);
  function.addFnAttr("target-features", target.features);
  if (hasFeature(target, "avx512f"))
    function.addFnAttr("prefer-vector-width", "512");
  function.setDoesNotThrow();
}

/// Generated functions use the whole CPU, those of an ISA variant what its
/// machines have; glue keeps its baseline attributes, because it runs before
/// the CPU is checked.
static void setTargetAttributes(llvm::Module &llvmModule, ModuleOp module,
                                const CPUTargetOptions &target) {
  llvm::DenseMap<ISA, CPUTargetOptions> targets;
  for (ISA isa : target.isas)
    targets[isa] = getTargetOf(target, isa);
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    llvm::Function *code = llvmModule.getFunction(function.getName());
    if (!code || code->isDeclaration())
      continue;
    auto isa = getAttr<BitNetDialect::IsaAttrHelper>(function);
    auto known = isa ? targets.find(isa.getValue()) : targets.end();
    setTargetAttributes(*code, known == targets.end() ? target : known->second);
  }
}

/// Buffers never overlap: an allocation or slot of the runtime is new (or ended
/// with bitnet_rt_free or _release), and inputs and weights are only read.
/// Without this the vectorizer guards each loop with run-time checks and keeps
/// a scalar copy.
static void addAliasFacts(llvm::Module &module) {
  for (StringRef name : {"bitnet_rt_alloc", "bitnet_rt_slot",
                         "bitnet_rt_result", "bitnet_scratch_take"}) {
    llvm::Function *alloc = module.getFunction(name);
    if (!alloc)
      continue;
    alloc->addRetAttr(llvm::Attribute::NoAlias);
    // The memory of an output may be the caller's, which is aligned to elements
    // only.
    if (name == "bitnet_rt_result")
      continue;
    alloc->addRetAttr(llvm::Attribute::getWithAlignment(module.getContext(),
                                                        llvm::Align(64)));
  }
  for (llvm::Function &function : module) {
    // Whether a function is @main or a version of it.
    if (function.getName().split('.').first != kMain)
      continue;
    for (llvm::Argument &argument : llvm::drop_begin(function.args()))
      if (argument.getType()->isPointerTy())
        argument.addAttr(llvm::Attribute::NoAlias);
  }
}

/// Runtime functions are not inlined, because that would lose what is known of
/// their results and grow each of their many callers.
static void keepRuntimeCalls(llvm::Module &module) {
  for (llvm::Function &function : module)
    if (function.getName().starts_with(kRuntimePrefix) ||
        function.getName().starts_with(kScratchPrefix))
      function.addFnAttr(llvm::Attribute::NoInline);
}

/// The glue for an architecture; empty when the build has made none.
static StringRef findGlue(const llvm::Triple &triple) {
  const ArchitectureRow *arch = findArchitecture(triple);
  for (const bitnet_glue &glue : llvm::ArrayRef(bitnet_glues, bitnet_num_glues))
    if (arch && arch->name == glue.arch)
      return {reinterpret_cast<const char *>(glue.bytes), glue.size};
  return {};
}

LogicalResult bitnet::linkGlue(ModuleOp module, llvm::Module &llvmModule) {
  auto glue = llvm::parseBitcodeFile(
      llvm::MemoryBufferRef(findGlue(llvmModule.getTargetTriple()), "glue"),
      llvmModule.getContext());
  if (!glue)
    return module.emitError("cannot read the glue code: ")
           << llvm::toString(glue.takeError());
  (*glue)->setTargetTriple(llvmModule.getTargetTriple());
  (*glue)->setDataLayout(llvmModule.getDataLayout());
  if (llvm::Linker::linkModules(llvmModule, std::move(*glue)))
    return module.emitError("cannot link the glue code");
  return success();
}

/// Hides all symbols but bitnet_model_*, so that they may be inlined or
/// dropped. The lists of constructors and destructors stay as they are.
static void hideSymbols(llvm::Module &module) {
  auto hide = [](llvm::GlobalValue &value) {
    if (!value.isDeclaration() && !value.getName().starts_with("bitnet_model_"))
      value.setLinkage(llvm::GlobalValue::InternalLinkage);
    if (value.hasInternalLinkage())
      value.setVisibility(llvm::GlobalValue::DefaultVisibility);
  };
  for (llvm::Function &function : module)
    hide(function);
  for (llvm::GlobalVariable &variable : module.globals())
    if (!variable.hasLocalLinkage() && !variable.hasAppendingLinkage())
      hide(variable);
}

/// Translates MLIR's LLVM dialect to LLVM IR.
static std::unique_ptr<llvm::Module> translate(ModuleOp module,
                                               llvm::LLVMContext &context) {
  DialectRegistry registry;
  registerAllToLLVMIRTranslations(registry);
  module.getContext()->appendDialectRegistry(registry);
  module.getContext()->loadAllAvailableDialects();
  return translateModuleToLLVMIR(module, context, "model");
}

/// The code alone; null after a diagnostic.
static std::unique_ptr<llvm::Module> buildCode(ModuleOp module,
                                               llvm::LLVMContext &context,
                                               llvm::TargetMachine &machine,
                                               const CPUTargetOptions &target) {
  std::unique_ptr<llvm::Module> result = translate(module, context);
  if (!result) {
    module.emitError("cannot translate to LLVM IR");
    return nullptr;
  }
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  result->setPICLevel(llvm::PICLevel::BigPIC);
  setTargetAttributes(*result, module, target);
  return result;
}

std::unique_ptr<llvm::Module>
bitnet::buildHostModule(ModuleOp module, llvm::LLVMContext &context,
                        llvm::TargetMachine &machine,
                        const CPUTargetOptions &target, StringRef entry) {
  std::unique_ptr<llvm::Module> result =
      buildCode(module, context, machine, target);
  if (!result)
    return nullptr;
  addAliasFacts(*result);
  for (llvm::Function &function : *result)
    if (!function.isDeclaration() && function.getName() != entry)
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
  return result;
}

std::unique_ptr<llvm::Module> bitnet::buildLLVMModule(
    ModuleOp module, llvm::LLVMContext &context, llvm::TargetMachine &machine,
    const CPUTargetOptions &target, const ModelDescription &description) {
  std::unique_ptr<llvm::Module> result =
      buildCode(module, context, machine, target);
  if (!result)
    return nullptr;
  defineDescription(*result, description);
  if (failed(linkGlue(module, *result)))
    return nullptr;
  addAliasFacts(*result);
  keepRuntimeCalls(*result);
  hideSymbols(*result);
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  if (llvm::verifyModule(*result, &stream)) {
    module.emitError("invalid LLVM IR: ")
        << StringRef(problem).split('\n').first;
    return nullptr;
  }
  return result;
}
