//===- Architecture.cpp - processors that code is made for ----------------===//
//
// The table, and what LLVM knows of CPUs. A new architecture is an entry here,
// its glue (runtime/model) and its machine in the loader (runtime/lib/Host.h).
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Kernels/Architecture.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"

#include <mutex>

using namespace mlir::bitnet;

/// {architecture, name, LLVM's name, CPU, its features, features of f16
/// conversions, of rounding}.
static constexpr ArchitectureRow kTable[] = {
    {TargetArch::X86_64, "x86_64", llvm::Triple::x86_64, "x86-64", "", "f16c",
     "sse4.1"},
    {TargetArch::AArch64, "aarch64", llvm::Triple::aarch64, "generic", "", "",
     ""},
    // What Linux distributions are compiled for, rv64gc; LLVM's CPU has
    // integers only.
    {TargetArch::RISCV64, "riscv64", llvm::Triple::riscv64, "generic-rv64",
     "m a f d c", "zfhmin", ""},
};

llvm::ArrayRef<ArchitectureRow> mlir::bitnet::getArchitectures() {
  return kTable;
}

const ArchitectureRow *mlir::bitnet::findArchitecture(TargetArch arch) {
  for (const ArchitectureRow &row : kTable)
    if (row.arch == arch)
      return &row;
  return nullptr;
}

const ArchitectureRow *
mlir::bitnet::findArchitecture(const llvm::Triple &triple) {
  for (const ArchitectureRow &row : kTable)
    if (row.triple == triple.getArch() && triple.isOSLinux() && !triple.isX32())
      return &row;
  return nullptr;
}

/// LLVM's descriptions of CPUs; code generators are not part of them.
static void initializeDescriptions() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargetMCs();
  });
}

std::string mlir::bitnet::addFeatures(llvm::StringRef names) {
  std::string changes;
  for (llvm::StringRef name : llvm::split(names, ' '))
    if (!name.empty())
      changes += (changes.empty() ? "+" : ",+") + name.str();
  return changes;
}

std::vector<std::string>
mlir::bitnet::getCPUFeatures(const llvm::Triple &triple, llvm::StringRef cpu,
                             llvm::StringRef changes) {
  initializeDescriptions();
  std::string error;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      target->createMCSubtargetInfo(triple, cpu, changes));
  std::vector<std::string> names;
  for (const auto &feature : subtarget->getEnabledProcessorFeatures())
    names.emplace_back(feature.Key);
  return names;
}
