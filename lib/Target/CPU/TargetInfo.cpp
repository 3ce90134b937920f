//===- TargetInfo.cpp - triple, CPU and features --------------------------===//
//
// Resolves --mcpu, --mattr, --isa and --mtriple to a target: LLVM's names of
// the triple, the CPU and the features, with nothing left open.
//
//===----------------------------------------------------------------------===//

#include "TargetInfo.h"

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/RISCVTargetParser.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

using namespace mlir;
using namespace mlir::bitnet;

/// Initializes LLVM's code generators, which are in its library anyway.
static void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
  });
}

/// "x86_64 or aarch64": what a triple may begin with.
static std::string listArchitectures() {
  std::string list;
  ArrayRef<ArchitectureRow> rows = getArchitectures();
  for (const ArchitectureRow &row : rows) {
    if (&row != rows.begin())
      list += &row == &rows.back() ? " or " : ", ";
    list += row.name;
  }
  return list;
}

/// LLVM's target for a triple; null with a text in `error` for any other
/// architecture or system.
static const llvm::Target *lookupTarget(const llvm::Triple &triple,
                                        std::string &error) {
  initializeTargets();
  if (!findArchitecture(triple)) {
    error = "target triple " + quoteName(triple.str()) +
            " is not supported: expected " + listArchitectures() + " Linux";
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

/// What a CPU has after changes, sorted.
static std::vector<std::string> getSortedFeatures(const llvm::Triple &triple,
                                                  StringRef cpu,
                                                  StringRef changes) {
  std::vector<std::string> names = getCPUFeatures(triple, cpu, changes);
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
static std::string spellFeatures(const llvm::Triple &triple, StringRef cpu,
                                 StringRef wanted) {
  llvm::StringSet<> set;
  std::string text;
  for (const std::string &name : getSortedFeatures(triple, cpu, wanted)) {
    set.insert(name);
    // The feature prefer-256-bit is left out, because with it LLVM would use
    // half of each AVX-512 register on most CPUs.
    if (name != "prefer-256-bit")
      text += "+" + name + ",";
  }
  for (const std::string &name : getSortedFeatures(triple, cpu, ""))
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

/// What LLVM ends the process for: code of 32 bits, registers of another ABI.
/// `part` is a change such as "+zfinx".
static bool breaksABI(StringRef part) {
  static constexpr llvm::StringLiteral kForbidden[] = {
      "+e", "+32bit", "-64bit", "+zfinx", "+zdinx", "+zhinx", "+zhinxmin"};
  return llvm::is_contained(kForbidden, part);
}

/// Whether a CPU whose name LLVM knows has 64 bits. For RISC-V even its
/// description may not be asked for by a name of 32 bits.
static bool is64Bit(const llvm::MCSubtargetInfo &subtarget, StringRef cpu) {
  const llvm::Triple &triple = subtarget.getTargetTriple();
  if (triple.isRISCV())
    return llvm::RISCV::parseCPU(cpu, /*IsRV64=*/true);
  return !triple.isX86() ||
         llvm::is_contained(getCPUFeatures(triple, cpu, ""), "64bit");
}

/// Unknown names are errors here, because LLVM itself only warns of them.
static LogicalResult checkNames(const llvm::MCSubtargetInfo &subtarget,
                                const CPUTargetOptions &options,
                                std::string &error) {
  if (!subtarget.isCPUStringValid(options.cpu)) {
    error = "unknown CPU " + quoteName(options.cpu) + " for '" +
            options.triple + "'";
    return failure();
  }
  if (!is64Bit(subtarget, options.cpu)) {
    error = "the CPU " + quoteName(options.cpu) + " has no 64-bit code";
    return failure();
  }
  SmallVector<StringRef> parts;
  StringRef(options.features).split(parts, ',', -1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    StringRef name = part.drop_front();
    if (breaksABI(part)) {
      error = "libraries for '" + options.triple +
              "' cannot have the CPU feature '" + part.str() + "'";
      return failure();
    }
    if ((part[0] == '+' || part[0] == '-') && isKnownFeature(subtarget, name))
      continue;
    error = "unknown CPU feature " + quoteName(part) + " for '" +
            options.triple + "': expected +name or -name";
    return failure();
  }
  return success();
}

TargetArch bitnet::getArch(StringRef triple) {
  const ArchitectureRow *row = findArchitecture(llvm::Triple(triple));
  return row ? row->arch : TargetArch::Any;
}

TargetInfo bitnet::getMachine(const CPUTargetOptions &resolved) {
  TargetInfo machine{getArch(resolved.triple), {}};
  for (StringRef feature : llvm::split(resolved.features, ','))
    if (!feature.empty())
      machine.features.push_back(feature.str());
  return machine;
}

/// Orders the machines that --isa names, or takes all of the architecture,
/// whose CPU is `baseline`; the CPU level of the worst one becomes the CPU.
static LogicalResult resolveISAs(CPUTargetOptions &options, StringRef baseline,
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
  options.cpu = worst.cpu.empty() ? baseline : StringRef(worst.cpu);
  options.features = worst.getFeatureChanges();
  return success();
}

/// Fills in the CPU where the options name none of LLVM's: the host's, or the
/// architecture's baseline for another one. Returns the features that go in
/// front of those of the options.
static std::string chooseCPU(CPUTargetOptions &options,
                             const ArchitectureRow &arch, bool isHost) {
  std::string features = addFeatures(arch.features);
  if (!options.cpu.empty() && options.cpu != "native")
    return features;
  options.cpu = isHost ? llvm::sys::getHostCPUName() : StringRef(arch.cpu);
  if (isHost)
    features += "," + llvm::join(getHostFeatures(), ",");
  return features;
}

/// What every machine of the architecture has cannot be left out, because LLVM
/// would call a compiler library for it.
static LogicalResult checkBaseline(const CPUTargetOptions &resolved,
                                   const ArchitectureRow &arch,
                                   std::string &error) {
  for (StringRef feature : llvm::split(arch.features, ' ')) {
    if (feature.empty() || hasFeature(resolved, feature))
      continue;
    error = ("libraries for " + arch.name + " need the CPU feature '" +
             feature + "'")
                .str();
    return failure();
  }
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
  const ArchitectureRow &arch = *findArchitecture(triple);
  bool isOpen = options.cpu.empty() && options.features.empty();
  if ((isOpen || !options.isas.empty()) &&
      failed(resolveISAs(options, arch.cpu, error)))
    return failure();
  std::string base = chooseCPU(options, arch, arch.triple == host.getArch());
  auto subtarget = createSubtarget(*target, triple, "", "");
  if (failed(checkNames(*subtarget, options, error)))
    return failure();
  options.features =
      spellFeatures(triple, options.cpu, base + "," + options.features);
  if (failed(checkBaseline(options, arch, error)))
    return failure();
  // LLVM 22 crashes on tile registers where it does not optimize at all.
  if (llvm::is_contained(options.isas, ISA::AMX) ||
      hasFeature(options, "amx-tile"))
    options.optLevel = std::max(options.optLevel, 1u);
  return options;
}

CPUPipelineOptions
bitnet::getCPUPipelineOptions(const CPUTargetOptions &resolved) {
  CPUPipelineOptions options;
  TargetInfo machine = getMachine(resolved);
  options.nativeHalf = machine.hasHalf();
  options.nativeRound = machine.hasRound();
  options.isas = resolved.isas;
  options.features = machine.features;
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
