//===- FoldOperandCopies.cpp - products read operands where they are ------===//
//
// --bitnet-fold-operand-copies: exporters repeat, transpose and join heads of
// keys and values before a product reads them. The pass follows the right
// operand to the tensor that holds its elements (OperandTrace.h) and rewrites
// the product with loops over that tensor's dimensions, so that nothing is
// copied.
//
//===----------------------------------------------------------------------===//

#include "Match.h"
#include "OperandTrace.h"

#include "bitnet/Codegen/Contractions/Passes.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFOLDOPERANDCOPIES
#include "bitnet/Codegen/Contractions/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Loops that a product's views have room for, m, n and k aside (Axes.h).
static constexpr unsigned kMaxBatchLoops = 3;

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {
/// Rewrites one product: loops that stand for several atoms of the right
/// operand become several, and the operand is the source itself.
class OperandFolder {
public:
  OperandFolder(Contraction &contraction)
      : contraction(contraction),
        op(cast<linalg::GenericOp>(contraction.op.getOperation())),
        trace(contraction.getOperands()[1]), maps(contraction.getMaps()),
        parts(op.getNumLoops()), b(op.getLoc(), op) {}

  bool mayFold();
  void fold();

private:
  bool assignParts();
  bool isSplitKnown(unsigned operand) const;
  bool keepsForm() const;
  unsigned getFirstLoop(unsigned loop) const;
  bool isRepeated(unsigned loop) const;
  SmallVector<ReassociationIndices> getGroups(unsigned operand) const;
  AffineMap getSplitMap(unsigned operand) const;
  AffineMap getSourceMap() const;
  OpFoldResult getExtent(unsigned atom);
  Value split(unsigned operand);
  Value applyFunctions();

  Contraction &contraction;
  linalg::GenericOp op;
  OperandTrace trace;
  SmallVector<AffineMap, 3> maps;
  /// The atoms of each loop; a loop without any stays one loop.
  SmallVector<SmallVector<unsigned>> parts;
  ImplicitLocOpBuilder b;
};
} // namespace

/// Gives each loop that the right operand moves in the atoms that the dimension
/// consists of. False where the folded product could not be formed.
bool OperandFolder::assignParts() {
  if (!maps[1].isProjectedPermutation())
    return false;
  for (auto [expr, atoms] :
       llvm::zip_equal(maps[1].getResults(), trace.getDims()))
    parts[cast<AffineDimExpr>(expr).getPosition()] = llvm::to_vector(atoms);
  // The loops over n and k are counted by the right operand's source. Where the
  // operand repeats its source (a broadcast), no operand of the folded product
  // would have the extent of that loop any more.
  const ContractionLoops &loops = contraction.loops;
  for (unsigned loop : llvm::concat<const unsigned>(loops.n, loops.k))
    if (parts[loop].empty() || isRepeated(loop))
      return false;
  return llvm::all_of(loops.k,
                      [&](unsigned loop) { return parts[loop].size() == 1; });
}

/// Whether an atom of the loop is a repetition, which the source has no
/// dimension for.
bool OperandFolder::isRepeated(unsigned loop) const {
  return llvm::any_of(parts[loop], [&](unsigned atom) {
    return !trace.getAtoms()[atom].source;
  });
}

/// Whether `operand` may be split by tensor.expand_shape: a dimension must be
/// dynamic exactly where one of its parts is, or the types would contradict.
bool OperandFolder::isSplitKnown(unsigned operand) const {
  auto type = getTensorType(contraction.getOperands()[operand]);
  for (auto [dim, expr] : llvm::enumerate(maps[operand].getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop || parts[loop.getPosition()].size() < 2)
      continue;
    bool dynamic = llvm::any_of(parts[loop.getPosition()], [&](unsigned atom) {
      return ShapedType::isDynamic(trace.getAtoms()[atom].extent);
    });
    if (dynamic != type.isDynamicDim(dim))
      return false;
  }
  return true;
}

/// Whether a kernel can address the folded product: the source must be
/// contiguous along n, or along k where the left operand is so too, and there
/// must not be more loops than a kernel has axes.
bool OperandFolder::keepsForm() const {
  const ContractionLoops &loops = contraction.loops;
  auto sourceRank = getTensorType(trace.getSource()).getRank();
  auto last = cast<AffineDimExpr>(getSourceMap().getResult(sourceRank - 1));
  auto isLastOf = [&](ArrayRef<unsigned> of) {
    return llvm::any_of(of, [&](unsigned loop) {
      return last.getPosition() ==
             getFirstLoop(loop) + std::max<size_t>(parts[loop].size(), 1) - 1;
    });
  };
  AffineMap lhs = maps[0];
  auto innermost = dyn_cast<AffineDimExpr>(lhs.getResults().back());
  bool alongK = isLastOf(loops.k) && innermost &&
                llvm::is_contained(loops.k, innermost.getPosition());
  if (!alongK && !isLastOf(loops.n))
    return false;
  unsigned used = loops.m.size() + loops.n.size();
  for (unsigned loop : loops.batch)
    used += std::max<size_t>(parts[loop].size(), 1);
  return used <= kMaxBatchLoops + 2;
}

/// All conditions; nothing is changed before they hold.
bool OperandFolder::mayFold() {
  if (!trace.hasCopies() || !assignParts() || !isSplitKnown(0) ||
      !isSplitKnown(2))
    return false;
  unsigned rank = getTensorType(trace.getSource()).getRank();
  return rank != 0 && isa<AffineDimExpr>(getSourceMap().getResult(rank - 1)) &&
         keepsForm();
}

/// The number of `loop` in the new product; it has one loop for each atom.
unsigned OperandFolder::getFirstLoop(unsigned loop) const {
  unsigned first = 0;
  for (const auto &atoms : ArrayRef(parts).take_front(loop))
    first += std::max<size_t>(atoms.size(), 1);
  return first;
}

/// Which dimensions of the split operand come from each of its dimensions.
SmallVector<ReassociationIndices>
OperandFolder::getGroups(unsigned operand) const {
  SmallVector<ReassociationIndices> groups;
  int64_t next = 0;
  for (AffineExpr expr : maps[operand].getResults()) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    int64_t count = loop ? parts[loop.getPosition()].size() : 1;
    groups.emplace_back();
    for (int64_t i = 0; i < std::max<int64_t>(count, 1); ++i)
      groups.back().push_back(next++);
  }
  return groups;
}

/// The map of operand 0 or 2 once its dimensions are split like the loops.
AffineMap OperandFolder::getSplitMap(unsigned operand) const {
  SmallVector<AffineExpr> exprs;
  MLIRContext *context = maps[0].getContext();
  for (AffineExpr expr : maps[operand].getResults()) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop) {
      exprs.push_back(expr);
      continue;
    }
    unsigned first = getFirstLoop(loop.getPosition());
    unsigned count = std::max<size_t>(parts[loop.getPosition()].size(), 1);
    for (unsigned i = 0; i < count; ++i)
      exprs.push_back(getAffineDimExpr(first + i, context));
  }
  return AffineMap::get(getFirstLoop(parts.size()), 0, exprs, context);
}

/// The map of the source: no loop of a repetition occurs in it, which is what
/// makes the repetition free. Dimensions of extent 1 are constants.
AffineMap OperandFolder::getSourceMap() const {
  MLIRContext *context = maps[0].getContext();
  SmallVector<AffineExpr> exprs(getTensorType(trace.getSource()).getRank(),
                                getAffineConstantExpr(0, context));
  for (auto [loop, atoms] : llvm::enumerate(parts))
    for (auto [i, atom] : llvm::enumerate(atoms))
      if (std::optional<unsigned> dim = trace.getAtoms()[atom].source)
        exprs[*dim] = getAffineDimExpr(getFirstLoop(loop) + i, context);
  return AffineMap::get(getFirstLoop(parts.size()), 0, exprs, context);
}

/// The extent of an atom; only those of the source can be dynamic.
OpFoldResult OperandFolder::getExtent(unsigned atom) {
  const Atom &part = trace.getAtoms()[atom];
  if (!ShapedType::isDynamic(part.extent))
    return b.getIndexAttr(part.extent);
  return tensor::getMixedSize(b, b.getLoc(), trace.getSource(), *part.source);
}

/// Operand 0 or 2 with one dimension for each atom, or itself.
Value OperandFolder::split(unsigned operand) {
  Value value = contraction.getOperands()[operand];
  SmallVector<OpFoldResult> shape;
  for (auto [dim, expr] : llvm::enumerate(maps[operand].getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    ArrayRef<unsigned> atoms;
    if (loop)
      atoms = parts[loop.getPosition()];
    if (atoms.size() < 2)
      shape.push_back(tensor::getMixedSize(b, b.getLoc(), value, dim));
    else
      for (unsigned atom : atoms)
        shape.push_back(getExtent(atom));
  }
  if (shape.size() == maps[operand].getNumResults())
    return value;
  SmallVector<int64_t> extents;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(shape, dynamic, extents);
  return tensor::ExpandShapeOp::create(b, getTensorType(value).clone(extents),
                                       value, getGroups(operand), shape);
}

/// Functions of single elements (such as the scale of attention) are computed
/// on the source: once per element, not once per repetition.
Value OperandFolder::applyFunctions() {
  Value value = trace.getSource();
  for (linalg::GenericOp function : trace.getFunctions()) {
    auto type = getTensorType(value);
    Value init = tensor::EmptyOp::create(
        b, tensor::getMixedSizes(b, b.getLoc(), value), type.getElementType());
    SmallVector<AffineMap> identity(2,
                                    b.getMultiDimIdentityMap(type.getRank()));
    SmallVector<utils::IteratorType> loops(type.getRank(),
                                           utils::IteratorType::parallel);
    auto moved =
        linalg::GenericOp::create(b, TypeRange(type), ValueRange(value),
                                  ValueRange(init), identity, loops);
    moved->setLoc(function.getLoc());
    IRMapping mapping;
    function.getRegion().cloneInto(&moved.getRegion(), mapping);
    value = moved.getResult(0);
  }
  return value;
}

/// Makes the new product in front of the old one; the result gets its old shape
/// back by a collapse, which costs nothing.
void OperandFolder::fold() {
  SmallVector<utils::IteratorType> iterators;
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    iterators.append(std::max<size_t>(parts[loop].size(), 1), kind);
  SmallVector<Value> inputs(2);
  SmallVector<AffineMap> newMaps(3);
  inputs[contraction.lhs] = split(0);
  newMaps[contraction.lhs] = getSplitMap(0);
  inputs[contraction.rhs] = applyFunctions();
  newMaps[contraction.rhs] = getSourceMap();
  newMaps[2] = getSplitMap(2);
  Value init = split(2);
  auto folded = linalg::GenericOp::create(b, TypeRange(init.getType()), inputs,
                                          ValueRange(init), newMaps, iterators);
  IRMapping mapping;
  op.getRegion().cloneInto(&folded.getRegion(), mapping);
  Value result = folded.getResult(0);
  Type type = op.getResult(0).getType();
  if (init.getType() != type)
    result = tensor::CollapseShapeOp::create(b, cast<RankedTensorType>(type),
                                             result, getGroups(2));
  op.getResult(0).replaceAllUsesWith(result);
  op.erase();
}

namespace {
struct FoldOperandCopies
    : public bitnet::impl::BitNetFoldOperandCopiesBase<FoldOperandCopies> {
  void runOnOperation() override {
    std::vector<Contraction> products;
    getOperation().walk([&](linalg::GenericOp op) {
      auto contraction = op.hasPureTensorSemantics()
                             ? matchContraction(op)
                             : std::optional<Contraction>();
      if (contraction)
        products.push_back(*contraction);
    });
    for (Contraction &product : products)
      if (OperandFolder folder(product); folder.mayFold())
        folder.fold();
  }
};
} // namespace
