//===- ISATable.h - machines that one library serves -----------*- C++ -*-===//
//
// A library is compiled for several classes of machines; the best one that the
// CPU can run is chosen when the library is used. A new class is one entry here
// and one case of the enumeration.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_STRATEGY_ISATABLE_H
#define BITNET_CODEGEN_STRATEGY_ISATABLE_H

#include "bitnet/Codegen/Kernels/KernelTable.h"

#include "llvm/Support/CommandLine.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

/// What the policy may know of the machine that runs the code.
struct TargetInfo {
  TargetArch arch = TargetArch::Any;
  /// LLVM target features, with or without a leading '+'.
  std::vector<std::string> features;

  bool hasFeature(llvm::StringRef name) const;
  /// Whether the machine has each of the features `names`, separated by spaces.
  bool hasFeatures(llvm::StringRef names) const;
  /// Whether conversions between f16 and f32, and rounding to an integral
  /// value, are instructions; not known, so false, without an architecture.
  bool hasHalf() const;
  bool hasRound() const;
};

/// One class of machines. LLVM knows what CPUs have and what features imply, so
/// an entry lists nothing of that. Lists are separated by spaces. An entry is
/// written as `ISARow(isa, arch).level("cpu").kernels("features")`.
struct ISARow {
  constexpr ISARow(ISA isa, TargetArch arch) : isa(isa), arch(arch) {}

  ISA isa;
  /// `Any`: the baseline of every architecture that has no entry for it.
  TargetArch arch;
  /// The level: LLVM's name of a CPU, empty for that of the architecture, and
  /// features beyond it where LLVM names no CPU that has just them. Code that
  /// is no kernel is compiled for the level, once for all entries that share
  /// it.
  llvm::StringLiteral cpu = "", levelFeatures = "";
  /// What kernels may use beyond the level. Entries of one level are
  /// cumulative: each has all that the entries of the level in front of it
  /// have.
  llvm::StringLiteral features = "";

  /// Setters, of which each returns a changed copy: cpu, levelFeatures and
  /// features.
  constexpr ISARow level(llvm::StringLiteral name) const {
    return withField(*this, &ISARow::cpu, name);
  }
  constexpr ISARow levelWith(llvm::StringLiteral names) const {
    return withField(*this, &ISARow::levelFeatures, names);
  }
  constexpr ISARow kernels(llvm::StringLiteral names) const {
    return withField(*this, &ISARow::features, names);
  }

  bool hasLevelOf(const ISARow &other) const {
    return cpu == other.cpu && levelFeatures == other.levelFeatures;
  }
  /// What the entry adds to its CPU, as LLVM takes it: "+avx512vnni,+...".
  std::string getFeatureChanges() const;
};

/// All entries, from worst to best within an architecture.
llvm::ArrayRef<ISARow> getISATable();
/// The entry of `isa`, which every case of the enumeration has.
const ISARow &getISARow(ISA isa);
/// The entries of `arch`, from worst to best.
std::vector<ISA> getISAs(TargetArch arch);
/// What every machine of the class has: nothing but the baseline, which is not
/// listed, where the class has no architecture.
const TargetInfo &getTargetInfo(ISA isa);

/// What machines that run `function` have, by its `bitnet.isa`; null for a
/// function that names no ISA.
const TargetInfo *findMachine(Operation *function);

} // namespace mlir::bitnet

namespace llvm::cl {
/// Lets an option hold a list of ISAs; upstream has no list option of an
/// enumeration's values.
template <>
class parser<mlir::bitnet::ISA> : public basic_parser<mlir::bitnet::ISA> {
public:
  using basic_parser::basic_parser;
  /// Reads a name. For an unknown one it reports an error of `option` that
  /// lists the names, and returns true.
  bool parse(Option &option, StringRef name, StringRef text,
             mlir::bitnet::ISA &isa);
  StringRef getValueName() const override { return "isa"; }
};
} // namespace llvm::cl

#endif // BITNET_CODEGEN_STRATEGY_ISATABLE_H
