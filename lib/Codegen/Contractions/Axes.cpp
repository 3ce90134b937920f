//===- Axes.cpp - a product's loops as at most six axes -------------------===//
//
// Maps the loops of a product to the axes of a kernel: three batch axes, m, n
// and k. Two loops become one axis when each operand that moves in them lies in
// memory so that one stride serves both loops.
//
//===----------------------------------------------------------------------===//

#include "Axes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// What the types say of a product's operands.
class AxisPlanner {
public:
  explicit AxisPlanner(Contraction &contraction)
      : operands(contraction.getOperands()), maps(contraction.getMaps()),
        extents(contraction.op.getStaticLoopRanges()) {}

  /// `loops` joined to axes, in the order of the dimensions of operand
  /// `orderedBy`.
  SmallVector<Axis> merge(ArrayRef<unsigned> loops, unsigned orderedBy) const;
  /// Whether steps along `axis` are neighbours in memory.
  bool isUnit(const Axis &axis, unsigned operand) const;
  bool isMemRefs() const {
    return llvm::all_of(operands,
                        [](Value v) { return isa<MemRefType>(v.getType()); });
  }

  SmallVector<Value, 3> operands;
  SmallVector<AffineMap, 3> maps;

private:
  MemRefType typeOf(unsigned operand) const {
    return cast<MemRefType>(operands[operand].getType());
  }
  std::optional<unsigned> position(unsigned operand, unsigned loop) const {
    return maps[operand].getResultPosition(
        getAffineDimExpr(loop, maps[operand].getContext()));
  }
  bool isContiguous(unsigned operand, unsigned outer, unsigned inner) const;

  SmallVector<int64_t> extents;
};
} // namespace

/// True when a step of `outer` is as far as all steps of `inner`.
bool AxisPlanner::isContiguous(unsigned operand, unsigned outer,
                               unsigned inner) const {
  std::optional<unsigned> p = position(operand, outer);
  std::optional<unsigned> q = position(operand, inner);
  if (!p && !q)
    return true;
  if (!p || !q)
    return false;
  MemRefType type = typeOf(operand);
  if (*q == *p + 1 && type.getLayout().isIdentity())
    return true;
  auto [strides, offset] = type.getStridesAndOffset();
  return !ShapedType::isDynamic(strides[*p]) &&
         !ShapedType::isDynamic(strides[*q]) &&
         !ShapedType::isDynamic(extents[inner]) &&
         strides[*p] == strides[*q] * extents[inner];
}

/// Loops in the order of an operand's dimensions, those of extent 1 dropped,
/// neighbours joined where every operand allows it.
SmallVector<Axis> AxisPlanner::merge(ArrayRef<unsigned> loops,
                                     unsigned orderedBy) const {
  SmallVector<unsigned> sorted;
  for (unsigned loop : loops)
    if (extents[loop] != 1)
      sorted.push_back(loop);
  llvm::sort(sorted, [&](unsigned a, unsigned b) {
    return position(orderedBy, a) < position(orderedBy, b);
  });
  SmallVector<Axis> axes;
  for (unsigned loop : sorted) {
    bool joins = !axes.empty();
    for (unsigned operand = 0; joins && operand < operands.size(); ++operand)
      joins = isContiguous(operand, axes.back().back(), loop);
    if (joins)
      axes.back().push_back(loop);
    else
      axes.push_back({loop});
  }
  return axes;
}

bool AxisPlanner::isUnit(const Axis &axis, unsigned operand) const {
  if (axis.empty())
    return true;
  auto [strides, offset] = typeOf(operand).getStridesAndOffset();
  return strides[*position(operand, axis.back())] == 1;
}

/// The last axis of `axes`; those before it go to `rest`.
static Axis takeLast(SmallVector<Axis> axes, SmallVectorImpl<Axis> &rest) {
  if (axes.empty())
    return {};
  Axis last = axes.pop_back_val();
  llvm::append_range(rest, axes);
  return last;
}

/// The result must be contiguous along n, because whole vectors of it are
/// stored. Where both forms are possible, rows win for a single column.
static std::optional<ContractionForm> findForm(const AxisPlanner &planner,
                                               const ContractionPlan &plan) {
  if (!planner.isUnit(plan.n, 2))
    return std::nullopt;
  bool rows = planner.isUnit(plan.k, 0) && planner.isUnit(plan.k, 1);
  // A single column has no vectors of its own.
  if (rows && (plan.n.empty() || !planner.isUnit(plan.n, 1)))
    return ContractionForm::Rows;
  if (planner.isUnit(plan.n, 1))
    return ContractionForm::Columns;
  return std::nullopt;
}

/// Axes that m and n do not take become batch axes; K must be one axis, because
/// its order is the order of additions.
static std::optional<ContractionPlan> tryPlan(const AxisPlanner &planner,
                                              const ContractionLoops &loops) {
  ContractionPlan plan;
  SmallVector<Axis> batch = planner.merge(loops.batch, 2);
  plan.m = takeLast(planner.merge(loops.m, 2), batch);
  plan.n = takeLast(planner.merge(loops.n, 2), batch);
  SmallVector<Axis> k = planner.merge(loops.k, 1);
  if (k.size() > 1 || batch.size() > kBatchAxes)
    return std::nullopt;
  if (!k.empty())
    plan.k = k.front();
  std::optional<ContractionForm> form = findForm(planner, plan);
  if (!form)
    return std::nullopt;
  plan.form = *form;
  plan.batch.assign(kBatchAxes - batch.size(), Axis());
  llvm::append_range(plan.batch, batch);
  plan.operands = planner.operands;
  plan.maps = planner.maps;
  return plan;
}

std::optional<ContractionPlan>
bitnet::planContraction(Contraction &contraction) {
  AxisPlanner planner(contraction);
  if (!planner.isMemRefs())
    return std::nullopt;
  // The product as it is, or else transposed: out^T = rhs^T * lhs^T, where n
  // and m are exchanged.
  if (auto plan = tryPlan(planner, contraction.loops))
    return plan;
  std::swap(planner.operands[0], planner.operands[1]);
  std::swap(planner.maps[0], planner.maps[1]);
  ContractionLoops swapped = contraction.loops;
  std::swap(swapped.m, swapped.n);
  return tryPlan(planner, swapped);
}

SmallVector<Axis> ContractionPlan::getAxes(unsigned operand) const {
  SmallVector<Axis> axes(batch.begin(), batch.end());
  if (operand == 0)
    axes.append({m, k});
  else if (operand == 2)
    axes.append({m, n});
  else if (form == ContractionForm::Columns)
    axes.append({k, n});
  else
    axes.append({n, k});
  return axes;
}

MemRefType bitnet::getViewType(ContractionForm form, unsigned operand,
                               Type element) {
  constexpr int64_t dynamic = ShapedType::kDynamic;
  SmallVector<int64_t> shape(kBatchAxes + 2, dynamic), strides = shape;
  if (operand != 0 || form == ContractionForm::Rows)
    strides.back() = 1;
  auto layout = StridedLayoutAttr::get(element.getContext(), dynamic, strides);
  return MemRefType::get(shape, element, layout);
}

/// The extent of a loop, from the first operand that it moves in.
static Value emitExtent(ImplicitLocOpBuilder &b, const ContractionPlan &plan,
                        unsigned loop) {
  for (auto [operand, map] : llvm::zip_equal(plan.operands, plan.maps)) {
    AffineExpr dim = b.getAffineDimExpr(loop);
    if (std::optional<unsigned> position = map.getResultPosition(dim))
      return b.createOrFold<memref::DimOp>(operand, *position);
  }
  llvm_unreachable("a loop that no operand moves in");
}

/// The product of the extents of its loops; 1 for an axis without loops.
static OpFoldResult emitSize(ImplicitLocOpBuilder &b,
                             const ContractionPlan &plan, const Axis &axis) {
  Value size;
  for (unsigned loop : axis) {
    Value extent = emitExtent(b, plan, loop);
    size = size ? b.createOrFold<arith::MulIOp>(size, extent) : extent;
  }
  return size ? OpFoldResult(size) : b.getIndexAttr(1);
}

/// A static value must not contradict a type that says it is dynamic.
static OpFoldResult asValue(ImplicitLocOpBuilder &b, OpFoldResult v) {
  return getValueOrCreateConstantIndexOp(b, b.getLoc(), v);
}

Value bitnet::emitView(ImplicitLocOpBuilder &b, const ContractionPlan &plan,
                       unsigned operand) {
  Value source = plan.operands[operand];
  auto metadata = memref::ExtractStridedMetadataOp::create(b, source);
  SmallVector<OpFoldResult> all = metadata.getConstifiedMixedStrides();
  SmallVector<OpFoldResult> sizes, strides;
  for (const Axis &axis : plan.getAxes(operand)) {
    std::optional<unsigned> position;
    if (!axis.empty())
      position =
          plan.maps[operand].getResultPosition(b.getAffineDimExpr(axis.back()));
    // An operand that does not move along an axis has stride 0 there.
    OpFoldResult stride = position ? all[*position] : b.getIndexAttr(0);
    sizes.push_back(asValue(b, emitSize(b, plan, axis)));
    strides.push_back(asValue(b, stride));
  }
  auto element = cast<MemRefType>(source.getType()).getElementType();
  MemRefType type = getViewType(plan.form, operand, element);
  if (type.getStridesAndOffset().first.back() == 1)
    strides.back() = b.getIndexAttr(1);
  OpFoldResult offset = asValue(b, metadata.getConstifiedMixedOffset());
  return memref::ReinterpretCastOp::create(b, type, source, offset, sizes,
                                           strides);
}
