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
#include "bitnet/Support/WordParser.h"

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

/// The packings that a kernel made for `target`, not a portable one, reads as
/// fast as memory delivers them: those among which stage 3 may choose.
llvm::SmallVector<PackingKind> getFastPackings(const TargetInfo &target,
                                               KernelChoice wish);

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
    : public mlir::bitnet::WordParser<mlir::bitnet::KernelChoice,
                                      mlir::bitnet::getKernelWords> {
public:
  using WordParser::WordParser;
  StringRef getValueName() const override { return "kernel"; }
};
} // namespace llvm::cl

#endif // BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H
