//===- PackingPolicy.h - which packing a layer gets -------------*- C++ -*-===//
//
// Layouts come from the table of PackedLayout.h, and those that the machine
// reads fast from the kernels (getFastPackings of Codegen/Strategy), which the
// passes of stage 3 do not know.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_PACKINGPOLICY_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_PACKINGPOLICY_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Support/WordParser.h"

#include <optional>
#include <string>

namespace mlir::bitnet {

/// A wish of the user: one packing wherever it is possible, or none.
struct PackingChoice {
  /// None: by cost, for each layer.
  std::optional<PackingKind> kind;
  bool operator==(const PackingChoice &other) const {
    return kind == other.kind;
  }
};

/// Prints the word, as the options of a pass are printed.
llvm::raw_ostream &operator<<(llvm::raw_ostream &os,
                              const PackingChoice &choice);

/// The words of --packing: "auto", then the word of each layout.
llvm::ArrayRef<Word<PackingChoice>> getPackingWords();

/// The layouts themselves, by the names that #bitnet.packing has for them.
llvm::ArrayRef<Word<PackingKind>> getPackingKindWords();

/// The figures that decide, with those of the layouts, for one token (M = 1),
/// which reads all weights once. docs/Kernels.md has the measurements.
struct PackingCosts {
  /// Bytes per cycle that one core gets from memory.
  double memoryBytesPerCycle = 10;
  /// A model of no more bytes than this stays in a cache between tokens, which
  /// then delivers as fast as kernels decode.
  uint64_t cachedBytes = uint64_t(256) << 20;
};

/// What the choice depends on beyond the layer.
struct PackingPolicy {
  PackingChoice wish;
  /// The packings that are decoded by a kernel made for them, not by a portable
  /// one. The usual one is always among the candidates.
  llvm::SmallVector<PackingKind> fast;
  /// Weights that one token reads.
  uint64_t totalWeights = 0;
  PackingCosts costs;
};

struct PackingDecision {
  PackingKind kind;
  /// The reason why a wish of the user was not fulfilled; else empty.
  std::string note;
};

/// The packing of the weights that `op`, not yet packed, multiplies by.
PackingDecision choosePacking(MatMulOp op, const PackingPolicy &policy);

} // namespace mlir::bitnet

namespace llvm::cl {
/// Lets an option hold a PackingChoice: one of getPackingWords. What is none of
/// them is an error of the option.
template <>
class parser<mlir::bitnet::PackingChoice>
    : public mlir::bitnet::WordParser<mlir::bitnet::PackingChoice,
                                      mlir::bitnet::getPackingWords> {
public:
  using WordParser::WordParser;
  StringRef getValueName() const override { return "packing"; }
};

/// Lets an option hold a list of layouts: names of getPackingKindWords, which
/// are those that texts of the IR have.
template <>
class parser<mlir::bitnet::PackingKind>
    : public mlir::bitnet::WordParser<mlir::bitnet::PackingKind,
                                      mlir::bitnet::getPackingKindWords> {
public:
  using WordParser::WordParser;
  StringRef getValueName() const override { return "layout"; }
};
} // namespace llvm::cl

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_PACKINGPOLICY_H
