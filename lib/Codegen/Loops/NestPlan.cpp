//===- NestPlan.cpp - how a linalg operation becomes vector loops ---------===//
//
// Which loop of a linalg operation becomes the vector loop, and how wide. Each
// candidate has a cost, the accesses that one vector needs; the cheapest wins.
// Operations whose body has no vector form get a scalar row loop.
//
//===----------------------------------------------------------------------===//

#include "NestPlan.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::bitnet;

bool bitnet::isVectorElement(Type type) {
  if (type.isIndex())
    return true;
  return type.isIntOrFloat() && type.getIntOrFloatBitWidth() >= 8 &&
         llvm::isPowerOf2_32(type.getIntOrFloatBitWidth());
}

/// d(expr)/d(loop) where it is constant.
static std::optional<int64_t> getCoefficient(AffineExpr expr, unsigned loop) {
  if (!expr.isFunctionOfDim(loop))
    return 0;
  if (isa<AffineDimExpr>(expr))
    return 1;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto lhs = getCoefficient(binary.getLHS(), loop),
       rhs = getCoefficient(binary.getRHS(), loop);
  if (!lhs || !rhs)
    return std::nullopt;
  if (binary.getKind() == AffineExprKind::Add)
    return *lhs + *rhs;
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (binary.getKind() == AffineExprKind::Mul && factor)
    return *lhs * factor.getValue();
  return std::nullopt;
}

/// Whether lanes of dimension `dim` are neighbours. Behind it only dimensions
/// of extent 1 may follow, of stride 1 as well: vector.load wants that of the
/// last one, though nothing steps along it.
static bool hasUnitStride(MemRefType type, unsigned dim) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return false;
  return strides[dim] == 1 && strides.back() == 1 &&
         llvm::all_of(type.getShape().drop_front(dim + 1),
                      [](int64_t extent) { return extent == 1; });
}

/// Dimensions of the buffer that `operand` moves in with `loop`. More than one,
/// as in x[i, i], makes an access strided.
static SmallVector<unsigned> getMovingDims(linalg::LinalgOp op,
                                           OpOperand &operand, unsigned loop) {
  SmallVector<unsigned> moving;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    if (expr.isFunctionOfDim(loop))
      moving.push_back(dim);
  return moving;
}

unsigned bitnet::getMovingDim(linalg::LinalgOp op, OpOperand &operand,
                              unsigned loop) {
  return getMovingDims(op, operand, loop).front();
}

Access bitnet::getAccess(linalg::LinalgOp op, OpOperand &operand,
                         unsigned loop) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  AffineMap map = op.getMatchingIndexingMap(&operand);
  SmallVector<unsigned> moving = getMovingDims(op, operand, loop);
  if (!type || moving.empty())
    return Access::Invariant;
  if (moving.size() != 1 || !isVectorElement(type.getElementType()) ||
      !hasUnitStride(type, moving[0]))
    return Access::Strided;
  std::optional<int64_t> step = getCoefficient(map.getResult(moving[0]), loop);
  if (step == 1)
    return Access::Contiguous;
  // Only loads can take every second element; stores cannot.
  return step == 2 && !op.isDpsInit(&operand) ? Access::Alternate
                                              : Access::Strided;
}

/// The cost of one vector's access, in half cache lines: a contiguous vector of
/// f32 is one line.
static int64_t getAccessCost(Access access) {
  switch (access) {
  case Access::Invariant:
    return 1;
  case Access::Contiguous:
    return 2;
  case Access::Alternate:
    return 5;
  case Access::Strided:
    return kNestLanes;
  }
  llvm_unreachable("every access has a cost");
}

//===----------------------------------------------------------------------===//
// The body
//===----------------------------------------------------------------------===//

static bool isScalarType(Type type) { return type.isIntOrIndexOrFloat(); }

/// Operations that mean the same on vectors, lane by lane, and whose later
/// expansion knows vectors.
static bool isVectorizable(Operation &op) {
  if (isa<linalg::IndexOp, linalg::YieldOp, memref::LoadOp>(op) ||
      op.hasTrait<OpTrait::ConstantLike>())
    return true;
  if (isa<math::CountLeadingZerosOp, math::IPowIOp, math::FPowIOp>(op))
    return false;
  return OpTrait::hasElementwiseMappableTraits(&op) &&
         op.getNumRegions() == 0 &&
         llvm::all_of(op.getOperandTypes(), isScalarType) &&
         llvm::all_of(op.getResultTypes(), isScalarType);
}

/// Whether every operation of the body has a vector form.
static bool hasVectorBody(linalg::LinalgOp op) {
  return llvm::all_of(*op.getBlock(), isVectorizable) &&
         llvm::all_of(op.getBlock()->getArgumentTypes(), isScalarType);
}

//===----------------------------------------------------------------------===//
// The row
//===----------------------------------------------------------------------===//

namespace {
class Planner {
public:
  explicit Planner(linalg::LinalgOp op) { plan.op = op; }

  FailureOr<NestPlan> run();

private:
  bool isSupported();
  std::optional<int64_t> getCost(unsigned loop);
  bool matchRowReduction();
  void chooseScalarRow();
  void chooseColumn();

  NestPlan plan;
};
} // namespace

/// Whether the operation is on buffers only, and its loop extents follow from
/// the operands.
bool Planner::isSupported() {
  linalg::LinalgOp op = plan.op;
  return op.hasPureBufferSemantics() && op->getNumResults() == 0 &&
         inversePermutation(
             concatAffineMaps(op.getIndexingMapsArray(), op.getContext()));
}

/// Finds the reduction of the body: one accumulator and one operation that
/// combines.
bool Planner::matchRowReduction() {
  auto outputs = plan.op.getRegionOutputArgs();
  SmallVector<Operation *> combiners;
  if (outputs.size() != 1)
    return false;
  plan.contribution = matchReduction(outputs, 0, combiners);
  if (!plan.contribution || combiners.size() != 1 ||
      !arith::getNeutralElement(combiners[0]))
    return false;
  plan.combiner = combiners[0];
  return true;
}

/// Whether a row is too short for a vector.
static bool isShort(int64_t extent) {
  return !ShapedType::isDynamic(extent) && extent < kNestLanes;
}

/// Accesses per vector of this choice of row; unset when it is impossible.
std::optional<int64_t> Planner::getCost(unsigned loop) {
  bool parallel = plan.isParallel(loop);
  int64_t cost = 0, extent = plan.extents[loop];
  for (OpOperand &operand : plan.op->getOpOperands()) {
    Access access = getAccess(plan.op, operand, loop);
    if (plan.op.isDpsInit(&operand)) {
      bool element = isVectorElement(getElementTypeOrSelf(operand.get()));
      if (parallel ? access == Access::Invariant ||
                         (access == Access::Strided && element)
                   : access != Access::Invariant)
        return std::nullopt;
      // A row that is reduced keeps its result in registers.
      cost += parallel ? 1 : 0;
    }
    cost += getAccessCost(access);
  }
  if (isShort(extent))
    cost += 4 * kNestLanes;
  return cost;
}

/// Any loop will do; the last one mostly steps over neighbours.
void Planner::chooseScalarRow() {
  for (unsigned loop = 0, e = plan.extents.size(); loop < e; ++loop)
    if (!plan.isUnit(loop))
      plan.row = loop;
}

/// Recognises a transposition: a copy whose rows are strided in the input,
/// where another loop is dense.
void Planner::chooseColumn() {
  linalg::LinalgOp op = plan.op;
  if (plan.lanes == 1 || isShort(plan.extents[*plan.row]) ||
      op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1)
    return;
  OpOperand &input = *op.getDpsInputOperand(0);
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  if (plan.accesses[0] != Access::Strided ||
      yielded != op.getMatchingBlockArgument(&input))
    return;
  for (unsigned loop = 0, e = plan.extents.size(); loop < e; ++loop)
    if (plan.isParallel(loop) && !isShort(plan.extents[loop]) &&
        getAccess(op, input, loop) == Access::Contiguous)
      plan.column = loop;
}

/// The plan, or failure for operations that keep upstream's lowering.
FailureOr<NestPlan> Planner::run() {
  if (!isSupported())
    return failure();
  plan.extents = plan.op.getStaticLoopRanges();
  plan.iterators = plan.op.getIteratorTypesArray();
  bool vectors = hasVectorBody(plan.op), reducible = matchRowReduction();
  int64_t best = INT64_MAX;
  for (unsigned loop = 0, e = plan.extents.size(); vectors && loop < e;
       ++loop) {
    if (plan.isUnit(loop) || (!plan.isParallel(loop) && !reducible))
      continue;
    std::optional<int64_t> cost = getCost(loop);
    if (!cost || *cost > best)
      continue;
    best = *cost;
    plan.row = loop;
    // A short row that is reduced is added up one element after the other
    // (mm_c3).
    bool scalar = isShort(plan.extents[loop]) && !plan.isParallel(loop);
    plan.lanes = scalar ? 1 : kNestLanes;
  }
  bool chosen = plan.row.has_value();
  if (!chosen)
    chooseScalarRow();
  if (!chosen || plan.isParallel(*plan.row)) {
    plan.combiner = nullptr;
    plan.contribution = nullptr;
  }
  for (OpOperand &operand : plan.op->getOpOperands())
    plan.accesses.push_back(plan.row ? getAccess(plan.op, operand, *plan.row)
                                     : Access::Invariant);
  chooseColumn();
  return plan;
}

FailureOr<NestPlan> bitnet::planNest(linalg::LinalgOp op) {
  return Planner(op).run();
}
