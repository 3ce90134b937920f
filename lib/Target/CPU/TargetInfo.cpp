//===- TargetInfo.cpp - triple, CPU and features --------------------------===//
//
// Resolves --mcpu, --mattr, --isa and --mtriple to a target: LLVM's names of
// the triple, the CPU and the features, with nothing left open.
//
//===----------------------------------------------------------------------===//

#include "TargetInfo.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

using namespace mlir;
using namespace mlir::bitnet;

/// Initializes LLVM's code generators for the two architectures that a library
/// can be for.
static void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
  });
}

/// LLVM's target for a triple; null with a text in `error` for any other
/// architecture or system.
static const llvm::Target *lookupTarget(const llvm::Triple &triple,
                                        std::string &error) {
  initializeTargets();
  if (!triple.isOSLinux() || !(triple.getArch() == llvm::Triple::x86_64 ||
                               triple.getArch() == llvm::Triple::aarch64)) {
    error = "target triple '" + triple.str() +
            "' is not supported: expected x86_64 or aarch64 Linux";
    return nullptr;
  }
  return llvm::TargetRegistry::lookupTarget(triple, error);
}

/// The host's features: what a virtual machine hides is listed as "-x". Tile
/// registers need the kernel's permission, so only --mattr asks for them.
static std::vector<std::string> getHostFeatures() {
  std::vector<std::string> features;
  for (const auto &entry : llvm::sys::getHostCPUFeatures()) {
    bool use = entry.second && !entry.first().starts_with("amx-");
    features.push_back((use ? "+" : "-") + entry.first().str());
  }
  llvm::sort(features);
  return features;
}

static std::unique_ptr<llvm::MCSubtargetInfo>
createSubtarget(const llvm::Target &target, const llvm::Triple &triple,
                StringRef cpu, StringRef features) {
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      target.createMCSubtargetInfo(triple, cpu, features));
}

/// Names of the enabled features, sorted.
static std::vector<std::string>
getEnabledFeatures(const llvm::MCSubtargetInfo &subtarget) {
  std::vector<std::string> names;
  for (const auto &feature : subtarget.getEnabledProcessorFeatures())
    names.emplace_back(feature.Key);
  llvm::sort(names);
  return names;
}

/// Whether LLVM knows a feature of this name for the architecture.
static bool isKnownFeature(const llvm::MCSubtargetInfo &subtarget,
                           StringRef name) {
  return llvm::any_of(
      subtarget.getAllProcessorFeatures(),
      [&](const llvm::SubtargetFeatureKV &known) { return name == known.Key; });
}

/// "+a,+b" for all enabled features, then "-c" for those that the CPU's name
/// implies but that are off.
static std::string spellFeatures(const llvm::Target &target,
                                 const llvm::Triple &triple, StringRef cpu,
                                 StringRef wanted) {
  auto subtarget = createSubtarget(target, triple, cpu, wanted);
  std::vector<std::string> enabled = getEnabledFeatures(*subtarget);
  llvm::StringSet<> set;
  std::string text;
  for (const std::string &name : enabled) {
    set.insert(name);
    // The feature prefer-256-bit is left out, because with it LLVM would use
    // half of each AVX-512 register on most CPUs.
    if (name != "prefer-256-bit")
      text += "+" + name + ",";
  }
  auto plain = createSubtarget(target, triple, cpu, "");
  for (const std::string &name : getEnabledFeatures(*plain))
    if (!set.contains(name) || name == "prefer-256-bit")
      text += "-" + name + ",";
  if (!text.empty())
    text.pop_back();
  return text;
}

bool bitnet::hasFeature(const CPUTargetOptions &resolved, StringRef feature) {
  SmallVector<StringRef> parts;
  StringRef(resolved.features).split(parts, ',');
  return llvm::is_contained(parts, ("+" + feature).str());
}

/// The features that an ISA's entry adds to its level:
/// "+avx512vnni,+avx512vbmi".
static std::string spellISAFeatures(const ISARow &row) {
  std::string text;
  for (StringRef feature : llvm::split(row.features, ' '))
    if (!feature.empty())
      text += (text.empty() ? "+" : ",+") + feature.str();
  return text;
}

/// Unknown names are errors here, because LLVM itself only warns of them.
static LogicalResult checkNames(const llvm::MCSubtargetInfo &subtarget,
                                const CPUTargetOptions &options,
                                std::string &error) {
  if (!subtarget.isCPUStringValid(options.cpu)) {
    error = "unknown CPU '" + options.cpu + "' for '" + options.triple + "'";
    return failure();
  }
  SmallVector<StringRef> parts;
  StringRef(options.features).split(parts, ',', -1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    StringRef name = part.drop_front();
    if ((part[0] == '+' || part[0] == '-') && isKnownFeature(subtarget, name))
      continue;
    error = "unknown CPU feature '" + part.str() + "' for '" + options.triple +
            "': expected +name or -name";
    return failure();
  }
  return success();
}

TargetArch bitnet::getArch(StringRef triple) {
  llvm::Triple parsed(triple);
  return parsed.isX86()       ? TargetArch::X86_64
         : parsed.isAArch64() ? TargetArch::AArch64
                              : TargetArch::Any;
}

/// Orders the machines that --isa names, or takes all of the architecture; the
/// CPU level of the worst one becomes the CPU.
static LogicalResult resolveISAs(CPUTargetOptions &options,
                                 std::string &error) {
  std::vector<ISA> known = getISAs(getArch(options.triple));
  std::vector<ISA> wanted = options.isas.empty() ? known : options.isas;
  for (ISA isa : wanted)
    if (!llvm::is_contained(known, isa)) {
      error = "the ISA variant '" + stringifyISA(isa).str() +
              "' is not one of '" + options.triple + "'";
      return failure();
    }
  llvm::erase_if(known,
                 [&](ISA isa) { return !llvm::is_contained(wanted, isa); });
  options.isas = known;
  const ISARow &worst = getISARow(known.front());
  options.cpu = worst.level.str();
  options.features = spellISAFeatures(worst);
  return success();
}

CPUTargetOptions bitnet::getTargetOf(const CPUTargetOptions &target, ISA isa) {
  CPUTargetOptions one = target;
  one.isas = {isa};
  std::string error;
  FailureOr<CPUTargetOptions> resolved = resolveTarget(one, error);
  return succeeded(resolved) ? *resolved : one;
}

FailureOr<CPUTargetOptions> bitnet::resolveTarget(CPUTargetOptions options,
                                                  std::string &error) {
  llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  llvm::Triple triple(options.triple.empty()
                          ? host.str()
                          : llvm::Triple::normalize(options.triple));
  options.triple = triple.str();
  const llvm::Target *target = lookupTarget(triple, error);
  if (!target)
    return failure();
  bool isOpen = options.cpu.empty() && options.features.empty();
  if ((isOpen || !options.isas.empty()) && failed(resolveISAs(options, error)))
    return failure();
  std::string base;
  // For another architecture than the host's, the CPU is that architecture's
  // baseline.
  if (options.cpu.empty() || options.cpu == "native") {
    bool isHost = triple.getArch() == host.getArch();
    options.cpu = isHost ? llvm::sys::getHostCPUName().str()
                  : triple.getArch() == llvm::Triple::x86_64 ? "x86-64"
                                                             : "generic";
    if (isHost)
      base = llvm::join(getHostFeatures(), ",");
  }
  auto subtarget = createSubtarget(*target, triple, "", "");
  if (failed(checkNames(*subtarget, options, error)))
    return failure();
  if (!base.empty() && !options.features.empty())
    base += ",";
  options.features =
      spellFeatures(*target, triple, options.cpu, base + options.features);
  // LLVM 22 crashes on tile registers where it does not optimize at all.
  if (llvm::is_contained(options.isas, ISA::AMX) ||
      hasFeature(options, "amx-tile"))
    options.optLevel = std::max(options.optLevel, 1u);
  return options;
}

CPUPipelineOptions
bitnet::getCPUPipelineOptions(const CPUTargetOptions &resolved) {
  CPUPipelineOptions options;
  options.armNeon = llvm::Triple(resolved.triple).isAArch64();
  if (!options.armNeon) {
    options.nativeHalf = hasFeature(resolved, "f16c");
    options.nativeRound = hasFeature(resolved, "sse4.1");
  }
  options.isas = resolved.isas;
  SmallVector<StringRef> features;
  StringRef(resolved.features).split(features, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : features)
    options.features.push_back(feature.str());
  return options;
}

/// The level is never CodeGenOptLevel::None, which means FastISel: in LLVM 22
/// it folds the load of one float into a vblendvps, which reads 16 bytes.
static llvm::CodeGenOptLevel getCodeGenLevel(unsigned level) {
  switch (level) {
  case 0:
  case 1:
    return llvm::CodeGenOptLevel::Less;
  case 2:
    return llvm::CodeGenOptLevel::Default;
  default:
    return llvm::CodeGenOptLevel::Aggressive;
  }
}

std::unique_ptr<llvm::TargetMachine>
bitnet::createTargetMachine(const CPUTargetOptions &resolved,
                            std::string &error) {
  llvm::Triple triple(resolved.triple);
  const llvm::Target *target = lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  // Only llvm.fmuladd, and operations that carry the contract flag, may become
  // an FMA.
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  options.MCOptions.X86RelaxRelocations = true;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, resolved.cpu, resolved.features, options, llvm::Reloc::PIC_,
      std::nullopt, getCodeGenLevel(resolved.optLevel)));
}
