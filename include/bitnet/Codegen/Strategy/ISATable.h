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
};

/// One class of machines.
struct ISARow {
  ISA isa;
  TargetArch arch;
  /// LLVM's name of the CPU level: code that is no kernel is compiled for the
  /// level, once for all entries that share it.
  llvm::StringLiteral level;
  /// Features, separated by spaces, of which only those are listed that some
  /// entry of the kernel table asks for. `levelFeatures` is what every CPU of
  /// `level` has, `features` what this entry adds. Entries of one level are
  /// cumulative: each has all that the entries of the level in front of it
  /// have.
  llvm::StringLiteral levelFeatures, features;
};

/// All entries, from worst to best within an architecture.
llvm::ArrayRef<ISARow> getISATable();
/// The entry of `isa`, which every case of the enumeration has.
const ISARow &getISARow(ISA isa);
/// The entries of `arch`, from worst to best.
std::vector<ISA> getISAs(TargetArch arch);
/// What every machine of the class has: features of its level and of its entry.
TargetInfo getTargetInfo(ISA isa);

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
