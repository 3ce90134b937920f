//===- NestBody.h - the body of a nest, as scalars or vectors ---*- C++ -*-===//
//
// NestEmitter.cpp makes the loops and calls these functions inside of them.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CODEGEN_LOOPS_NESTBODY_H
#define BITNET_LIB_CODEGEN_LOOPS_NESTBODY_H

#include "NestPlan.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// Emits the body of a planned nest, any number of times and as wide as asked
/// for. Everything that the row loop does not change is emitted once, before
/// it.
class NestBody {
public:
  explicit NestBody(const NestPlan &plan);

  /// Stands before the row loop; `ivs` has one value per loop, null for the
  /// row.
  void emitInvariants(ImplicitLocOpBuilder &b, ArrayRef<Value> ivs);
  /// The whole body at position `at` of the row: loads, operations, stores.
  /// `lanes` is 1 for scalars, else how many neighbours along the row.
  void emitElement(ImplicitLocOpBuilder &b, Value at, int64_t lanes);
  /// Copies the tile of kNestLanes rows and columns at these positions.
  void emitTile(ImplicitLocOpBuilder &b, Value column, Value row);
  /// What the body adds to the accumulator at position `at` of the row.
  Value emitContribution(ImplicitLocOpBuilder &b, Value at, int64_t lanes);
  /// `combiner(x, y)`, of scalars or vectors.
  Value combine(ImplicitLocOpBuilder &b, Value x, Value y);
  /// The accumulator in memory. Both use the address that the row loop does not
  /// change.
  Value loadResult(ImplicitLocOpBuilder &b);
  void storeResult(ImplicitLocOpBuilder &b, Value value);

private:
  /// When a value of the body is known (NestBody.cpp).
  enum class Stage { Before, Scalar, Lanes };
  void classify();
  Stage classify(Operation &op) const;
  /// Indices of an operand's element at position `at` of the row.
  SmallVector<Value> getIndices(ImplicitLocOpBuilder &b, OpOperand &operand,
                                Value at);
  Value load(ImplicitLocOpBuilder &b, OpOperand &operand, Value at,
             int64_t lanes);
  Value loadAlternate(ImplicitLocOpBuilder &b, OpOperand &operand,
                      VectorType type, Value at);
  void store(ImplicitLocOpBuilder &b, OpOperand &operand, Value value, Value at,
             int64_t lanes);
  void emitOperations(ImplicitLocOpBuilder &b, IRMapping &map, Value at,
                      int64_t lanes);
  void emitOperation(ImplicitLocOpBuilder &b, Operation &op, IRMapping &map,
                     Value at, int64_t lanes);
  void emitVector(ImplicitLocOpBuilder &b, Operation &op, IRMapping &map,
                  Value at, int64_t lanes);
  Value emitGather(ImplicitLocOpBuilder &b, Operation &op, IRMapping &map,
                   Value at, int64_t lanes);
  /// Whether `op` loads neighbours of a table as `at` moves on.
  bool isNeighbourLoad(Operation &op) const;
  IRMapping loadOperands(ImplicitLocOpBuilder &b, Value at, int64_t lanes);
  /// A scalar in all lanes.
  Value widen(ImplicitLocOpBuilder &b, Value value, int64_t lanes);

  const NestPlan &plan;
  linalg::LinalgOp op;
  llvm::DenseMap<Value, Stage> stages;
  /// Values of stage Before.
  IRMapping before;
  SmallVector<Value> ivs;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_LOOPS_NESTBODY_H
