//===- ISATable.cpp - machines that one library serves --------------------===//
//
// One entry per class of machines; docs/Abi.md lists them for users. A new
// class also needs a case of the ISA enumeration (BitNetAttrs.td), and an entry
// in RegisterTile.cpp if its registers differ from those of all others.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Strategy/ISATable.h"

#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Within an architecture every machine that runs an entry also runs those in
/// front of it at the same level, so the glue may take the last one that fits.
/// An entry without a level is what every machine of the architecture is;
/// entries of one level differ in kernels alone and share all other code, which
/// is why `kernels` is not the place for features that nests could use.
static constexpr ISARow kTable[] = {
    ISARow(ISA::Generic, TargetArch::Any),
    ISARow(ISA::AVX2, TargetArch::X86_64).level("x86-64-v3"),
    ISARow(ISA::AVXVNNI, TargetArch::X86_64)
        .level("x86-64-v3")
        .kernels("avxvnni"),
    ISARow(ISA::AVX512BW, TargetArch::X86_64).level("x86-64-v4"),
    ISARow(ISA::AVX512VNNI, TargetArch::X86_64)
        .level("x86-64-v4")
        .kernels("avx512vnni"),
    ISARow(ISA::AVX512VBMI, TargetArch::X86_64)
        .level("x86-64-v4")
        .kernels("avx512vnni avx512vbmi"),
    ISARow(ISA::AMX, TargetArch::X86_64)
        .level("x86-64-v4")
        .kernels("avx512vnni avx512vbmi amx-tile amx-int8"),
    ISARow(ISA::NEON, TargetArch::AArch64),
    ISARow(ISA::NEONDotprod, TargetArch::AArch64).kernels("dotprod"),
    ISARow(ISA::I8MM, TargetArch::AArch64).kernels("dotprod i8mm"),
    ISARow(ISA::RVV, TargetArch::RISCV64).levelWith("v"),
};

bool TargetInfo::hasFeature(StringRef name) const {
  // Like in LLVM's lists, the last mention of a feature wins.
  for (StringRef feature : llvm::reverse(features)) {
    bool disabled = feature.consume_front("-");
    if (!disabled)
      feature.consume_front("+");
    if (feature == name)
      return !disabled;
  }
  return false;
}

bool TargetInfo::hasFeatures(StringRef names) const {
  return llvm::all_of(llvm::split(names, ' '), [&](StringRef feature) {
    return feature.empty() || hasFeature(feature);
  });
}

bool TargetInfo::hasHalf() const {
  const ArchitectureRow *row = findArchitecture(arch);
  return row && hasFeatures(row->half);
}

bool TargetInfo::hasRound() const {
  const ArchitectureRow *row = findArchitecture(arch);
  return row && hasFeatures(row->round);
}

std::string ISARow::getFeatureChanges() const {
  return addFeatures((levelFeatures + " " + features).str());
}

const TargetInfo *mlir::bitnet::findMachine(Operation *function) {
  auto isa = getAttr<BitNetDialect::IsaAttrHelper>(function);
  return isa ? &getTargetInfo(isa.getValue()) : nullptr;
}

ArrayRef<ISARow> mlir::bitnet::getISATable() { return kTable; }

const ISARow &mlir::bitnet::getISARow(ISA isa) {
  return *llvm::find_if(kTable, [&](const ISARow &r) { return r.isa == isa; });
}

/// Whether the machines of the entry have nothing but what all have.
static bool isBaseline(const ISARow &row) {
  return row.cpu.empty() && row.levelFeatures.empty() && row.features.empty();
}

std::vector<ISA> mlir::bitnet::getISAs(TargetArch arch) {
  std::vector<ISA> isas;
  bool namesBaseline = false;
  for (const ISARow &row : kTable) {
    if (row.arch != arch)
      continue;
    isas.push_back(row.isa);
    namesBaseline |= isBaseline(row);
  }
  if (findArchitecture(arch) && !namesBaseline)
    isas.insert(isas.begin(), ISA::Generic);
  return isas;
}

/// LLVM's features of the entry's machines.
static TargetInfo makeTargetInfo(const ISARow &row) {
  const ArchitectureRow *arch = findArchitecture(row.arch);
  if (!arch)
    return TargetInfo();
  std::string changes = llvm::join_items(",", addFeatures(arch->features),
                                         row.getFeatureChanges());
  llvm::Triple triple((arch->name + "-unknown-linux-gnu").str());
  return {
      row.arch,
      getCPUFeatures(triple, row.cpu.empty() ? arch->cpu : row.cpu, changes)};
}

const TargetInfo &mlir::bitnet::getTargetInfo(ISA isa) {
  // Asked for by many functions and threads, so LLVM is asked once.
  static const auto infos = llvm::map_to_vector(kTable, makeTargetInfo);
  return infos[&getISARow(isa) - std::begin(kTable)];
}

bool llvm::cl::parser<ISA>::parse(Option &option, StringRef, StringRef text,
                                  ISA &isa) {
  if (std::optional<ISA> known = symbolizeISA(text)) {
    isa = *known;
    return false;
  }
  SmallVector<StringRef> names;
  for (const ISARow &row : kTable)
    names.push_back(stringifyISA(row.isa));
  return option.error("'" + text + "' is not one of " +
                      llvm::join(names, ", "));
}
