//===- Copies.h - operations that do the same for each layer ---*- C++ -*-===//
//
// A network repeats its layers. `Copies` says which operation of one layer is
// which one of another; `LoopPlan` says how the layers differ, which decides
// what one body for all of them must be handed.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_BITNET_CODEGEN_PARTITION_COPIES_H
#define LIB_BITNET_CODEGEN_PARTITION_COPIES_H

#include "mlir/IR/Operation.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::bitnet {

/// `copies[i][t]` does in the i-th layer what `copies[0][t]` does in the first
/// one. All are in one block; each layer is in the order of the block.
using Copies = SmallVector<SmallVector<Operation *>>;

/// What `op` computes, without its values: name, attributes, types, regions.
/// Equal for operations that may be copies of one another; names of probes and
/// numbers in regions, which may differ, are not part of it.
size_t getFingerprint(Operation *op);

/// Whether `op` is a constant, which needs no place in a layer.
bool isConstantLeaf(Operation *op);

/// Whether `op` may be part of a layer. A probe only shows a value; anything
/// else that has an effect may fail, and what comes behind it must not run
/// before.
bool mayRepeat(Operation *op);

/// The operands of `op` and of all operations in its regions, in order.
SmallVector<OpOperand *> getAllOperands(Operation *op);

/// How to make one body of `copies`. An operand that is in none of the maps is
/// the same value for all layers, or comes from the layer itself.
struct LoopPlan {
  /// A value that a layer takes over from the layer before.
  struct Carried {
    Value init;   ///< what the first layer takes
    Value result; ///< what each one hands on, as a result in copies[0]
    bool operator==(const Carried &other) const {
      return init == other.init && result == other.result;
    }
  };

  /// A plan for `copies`, if they differ in nothing but constants and in what
  /// the layer before made, and if nobody else needs what a layer makes, the
  /// last one's carried values excepted.
  static std::optional<LoopPlan> get(const Copies &copies);

  /// Constants that stand in the same place of each layer.
  struct Table {
    SmallVector<Attribute> values; ///< one for each layer
    Value first;                   ///< the constant of copies[0]
  };

  SmallVector<Carried> carried;
  /// Operands of copies[0] that are carried, with the index in `carried`.
  llvm::DenseMap<OpOperand *, unsigned> carriedOperands;
  SmallVector<Table> tables;
  /// Operands of copies[0] that read a table, with the index in `tables`.
  llvm::DenseMap<OpOperand *, unsigned> tableOperands;
  /// Numbers in regions of copies[0] that differ, with their table.
  llvm::MapVector<Operation *, unsigned> numbers;
  /// Values from outside, in the order of their first use.
  llvm::SetVector<Value> outside;
};

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_PARTITION_COPIES_H
