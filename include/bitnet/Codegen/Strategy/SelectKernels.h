//===- SelectKernels.h - the policy behind #bitnet.lowering ----*- C++ -*-===//
//
// Which kernel a product gets, from the features of a machine, the packing and
// the type of activations. --bitnet-select-kernels writes the answer into the
// IR; lib/Pipelines/Driver.cpp asks before it packs weights.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H
#define BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H

#include "bitnet/Codegen/Strategy/ISATable.h"
#include "bitnet/Support/Words.h"

#include <optional>

namespace mlir::bitnet {

/// A wish of the user: one kernel wherever it takes the operands, or the
/// fastest that fits. KernelKind::Scalar is the loop nest of ScalarNest.h.
struct KernelChoice {
  std::optional<KernelKind> kind; ///< None: the fastest.
  bool operator==(const KernelChoice &other) const {
    return kind == other.kind;
  }
};

/// Prints the word, as the options of a pass are printed.
llvm::raw_ostream &operator<<(llvm::raw_ostream &os,
                              const KernelChoice &choice);

/// The words of --kernel: "auto", then each kernel.
llvm::ArrayRef<Word<KernelChoice>> getKernelWords();

/// The features that the kernel of `wish` needs and `target` lacks, space
/// separated; empty when it runs there.
std::string missingFeatures(const TargetInfo &target, KernelChoice wish);

/// Whether a kernel made for `target`, not a portable one, reads `packing` as
/// fast as memory delivers it.
bool hasFastKernel(const TargetInfo &target, KernelChoice wish,
                   PackingKind packing);

/// The kernel of `op` on `target`: the first entry of the table that fits. A
/// wish that cannot take the operands gives way to what fits.
KernelKind selectKernel(MatMulOp op, const TargetInfo &target,
                        KernelChoice wish);

/// The lowering of `op` for machines of each of `targets`, best ones last.
LoweringAttr selectKernels(MatMulOp op, llvm::ArrayRef<TargetInfo> targets,
                           KernelChoice wish);

} // namespace mlir::bitnet

namespace llvm::cl {
/// Lets an option hold a KernelChoice: one of getKernelWords.
template <>
class parser<mlir::bitnet::KernelChoice>
    : public basic_parser<mlir::bitnet::KernelChoice> {
public:
  using basic_parser::basic_parser;
  /// Reads a word. For an unknown one it reports an error of `option` that
  /// lists the words, and returns true.
  bool parse(Option &option, StringRef name, StringRef text,
             mlir::bitnet::KernelChoice &choice);
  /// For --print-all-options; the default is always `auto`.
  void printOptionDiff(const Option &option,
                       const mlir::bitnet::KernelChoice &choice,
                       const OptionValue<mlir::bitnet::KernelChoice> &,
                       size_t width) const;
  StringRef getValueName() const override { return "kernel"; }
};
} // namespace llvm::cl

#endif // BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H
