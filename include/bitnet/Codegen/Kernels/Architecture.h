//===- Architecture.h - processors that code is made for --------*- C++ -*-===//
//
// One entry per architecture: what its machines are called, and what each of
// them has. Nothing else in the compiler compares triples or names an
// architecture, but the tables of kernels and of ISA classes.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_KERNELS_ARCHITECTURE_H
#define BITNET_CODEGEN_KERNELS_ARCHITECTURE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/TargetParser/Triple.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

/// Architectures that code may be bound to; `Any` is code that runs on all.
enum class TargetArch { Any, X86_64, AArch64, RISCV64 };

/// What is known of all machines of an architecture. Lists of features are
/// LLVM's names, separated by spaces.
struct ArchitectureRow {
  TargetArch arch;
  /// The first word of its triples, by which options, errors and the glue know
  /// it.
  llvm::StringLiteral name;
  llvm::Triple::ArchType triple;
  /// LLVM's name of the CPU that every machine of the architecture is, and the
  /// features that all of them have beyond it.
  llvm::StringLiteral cpu, features;
  /// Features with which conversions between f16 and f32, and rounding to an
  /// integral value, are instructions; empty where every machine has them.
  llvm::StringLiteral half, round;
};

/// All architectures; none is `Any`.
llvm::ArrayRef<ArchitectureRow> getArchitectures();

/// The entry of `arch`; null for `Any`.
const ArchitectureRow *findArchitecture(TargetArch arch);
/// The entry of the machines that `triple` names; null when there is no code
/// for them: we compile for Linux only.
const ArchitectureRow *findArchitecture(const llvm::Triple &triple);

/// "+a,+b" of "a b".
std::string addFeatures(llvm::StringRef names);

/// What the CPU `cpu` has after `changes` ("+avx2,-fma"): LLVM's names without
/// a sign, with all that they imply and with tuning flags.
std::vector<std::string> getCPUFeatures(const llvm::Triple &triple,
                                        llvm::StringRef cpu,
                                        llvm::StringRef changes);

/// A modifier of options that hold a TargetArch: they take the names of the
/// table, and "any".
struct ArchitectureValues {
  template <class Option> void apply(Option &option) const {
    auto &parser = option.getParser();
    parser.addLiteralOption("any", TargetArch::Any, "portable code");
    for (const ArchitectureRow &row : getArchitectures())
      parser.addLiteralOption(row.name, row.arch, "");
  }
};

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_ARCHITECTURE_H
