//===- ISATable.cpp - machines that one library serves --------------------===//
//
// One entry per class of machines; docs/Abi.md lists them for users. A new
// class also needs a case of the ISA enumeration (BitNetAttrs.td).
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Strategy/ISATable.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Features of the CPU levels that a kernel of the table may ask for.
static constexpr llvm::StringLiteral kV3 =
    "sse4.1 avx avx2 bmi bmi2 f16c fma lzcnt";
static constexpr llvm::StringLiteral kV4 =
    "sse4.1 avx avx2 bmi bmi2 f16c fma lzcnt avx512f avx512bw avx512cd "
    "avx512dq "
    "avx512vl";

/// {class, architecture, CPU level, features of the level, features beyond it}.
/// Within an architecture every machine that runs an entry also runs those in
/// front of it at the same level, so the glue may take the last one that fits.
static constexpr ISARow kTable[] = {
    {ISA::Generic, TargetArch::X86_64, "x86-64", "", ""},
    {ISA::AVX2, TargetArch::X86_64, "x86-64-v3", kV3, ""},
    {ISA::AVXVNNI, TargetArch::X86_64, "x86-64-v3", kV3, "avxvnni"},
    {ISA::AVX512BW, TargetArch::X86_64, "x86-64-v4", kV4, ""},
    {ISA::AVX512VNNI, TargetArch::X86_64, "x86-64-v4", kV4, "avx512vnni"},
    {ISA::AVX512VBMI, TargetArch::X86_64, "x86-64-v4", kV4,
     "avx512vnni avx512vbmi"},
    {ISA::AMX, TargetArch::X86_64, "x86-64-v4", kV4,
     "avx512vnni avx512vbmi amx-tile amx-int8"},
    {ISA::NEON, TargetArch::AArch64, "generic", "neon", ""},
    {ISA::NEONDotprod, TargetArch::AArch64, "generic", "neon", "dotprod"},
    {ISA::I8MM, TargetArch::AArch64, "generic", "neon", "dotprod i8mm"},
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

ArrayRef<ISARow> mlir::bitnet::getISATable() { return kTable; }

const ISARow &mlir::bitnet::getISARow(ISA isa) {
  return *llvm::find_if(kTable, [&](const ISARow &r) { return r.isa == isa; });
}

std::vector<ISA> mlir::bitnet::getISAs(TargetArch arch) {
  std::vector<ISA> isas;
  for (const ISARow &row : kTable)
    if (row.arch == arch)
      isas.push_back(row.isa);
  return isas;
}

TargetInfo mlir::bitnet::getTargetInfo(ISA isa) {
  const ISARow &row = getISARow(isa);
  TargetInfo target{row.arch, {}};
  for (StringRef names : {row.levelFeatures, row.features})
    for (StringRef feature : llvm::split(names, ' '))
      if (!feature.empty())
        target.features.push_back(feature.str());
  return target;
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
