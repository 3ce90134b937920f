//===- EpilogueFunction.cpp - matmuls and their reader as one function ----===//
//
// The function of a layer: for each tile of rows of activations by blocks of
// weights, the products into tiles of accumulators on the stack, then the nest
// on these tiles. Accumulators are never written to memory as a whole.
//
//===----------------------------------------------------------------------===//

#include "EpilogueFunction.h"

#include "bitnet/Codegen/Functions/FunctionPool.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

/// One tile of accumulators: 64 KB of i32, which stays in a second-level cache
/// together with the weights it came from. Many rows, because kernels decode
/// weights once per call; measured against 48 x 256 and 96 x 256.
static constexpr int64_t kAccumulatorRows = 128, kAccumulatorCols = 128;

MatMulOp Epilogue::getProduct(unsigned input) const {
  for (auto [index, matmul] : products)
    if (index == input)
      return matmul;
  return MatMulOp();
}

/// Values that the nest's body uses from outside, constants excepted.
static llvm::SetVector<Value> getCapturedScalars(linalg::GenericOp nest) {
  llvm::SetVector<Value> values;
  getUsedValuesDefinedAbove(nest.getRegion(), values);
  values.remove_if([](Value v) { return matchPattern(v, m_Constant()); });
  return values;
}

SmallVector<Value> mlir::bitnet::getEpilogueArguments(const Epilogue &e) {
  llvm::SetVector<Value> arguments;
  for (auto [index, matmul] : e.products) {
    arguments.insert(matmul.getLhs());
    arguments.insert(matmul.getRhs());
    if (matmul.getSums())
      arguments.insert(matmul.getSums());
  }
  linalg::GenericOp nest = e.nest;
  for (auto [index, input] : llvm::enumerate(nest.getInputs()))
    if (!e.getProduct(index))
      arguments.insert(input);
  arguments.insert_range(nest.getOutputs());
  arguments.insert_range(getCapturedScalars(nest));
  return SmallVector<Value>(arguments.begin(), arguments.end());
}

/// How many rows of weights a block has, the same for all products.
static int64_t getRowBlock(const Epilogue &epilogue) {
  MatMulOp first = epilogue.products.front().second;
  return first.getPacking()->getLayout().blockRows();
}

namespace {
/// A range of indices: first and count.
struct Range {
  Value first, count;
};

/// Emits the body; the members are what its levels share. `lines` are ranges of
/// activation rows, `blocks` of blocks of weights, `cols` of rows of weights,
/// which are columns of the nest.
class Body {
public:
  Body(ImplicitLocOpBuilder &b, const Epilogue &epilogue,
       const IRMapping &mapping)
      : b(b), epilogue(epilogue), nest(epilogue.nest), mapping(mapping),
        rowBlock(getRowBlock(epilogue)) {}
  void emit(Value begin, Value end);

private:
  Value index(int64_t v) { return arith::ConstantIndexOp::create(b, v); }
  Value get(Value outside) { return mapping.lookup(outside); }
  Value minus(Value a, Value c) { return arith::SubIOp::create(b, a, c); }
  Value times(Value a, int64_t c) {
    return arith::MulIOp::create(b, a, index(c));
  }
  Value atMost(Value a, Value c) { return arith::MinSIOp::create(b, a, c); }
  /// `body(first, count)` for pieces of [low, high).
  template <typename Fn>
  void pieces(Value low, Value high, int64_t size, Fn body);
  Value slice(Value source, ArrayRef<Range> ranges);
  void emitTile(Range lines, Range blocks);
  void emitProduct(MatMulOp matmul, Value tile, Range lines, Range blocks);
  Value sliceOperand(OpOperand &operand, Range lines, Range cols);
  void emitNest(Range lines, Range cols);

  ImplicitLocOpBuilder &b;
  const Epilogue &epilogue;
  linalg::GenericOp nest;
  const IRMapping &mapping;
  int64_t rowBlock;
  /// Accumulator tiles, one for each product.
  SmallVector<Value> tiles;
};
} // namespace

template <typename Fn>
void Body::pieces(Value low, Value high, int64_t size, Fn body) {
  auto loop = scf::ForOp::create(b, low, high, index(size));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value first = loop.getInductionVar();
  body(Range{first, atMost(index(size), minus(high, first))});
}

/// The leading dimensions of `source` cut to `ranges`, the others whole.
Value Body::slice(Value source, ArrayRef<Range> ranges) {
  auto rank = cast<MemRefType>(source.getType()).getRank();
  SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(rank, b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      memref::getMixedSizes(b, b.getLoc(), source);
  for (auto [dim, range] : llvm::enumerate(ranges)) {
    if (!range.count)
      continue;
    offsets[dim] = range.first;
    sizes[dim] = range.count;
  }
  return memref::SubViewOp::create(b, source, offsets, sizes, strides);
}

/// Blocks outermost: their weights stay in the cache for all rows of
/// activations.
void Body::emit(Value begin, Value end) {
  for (auto [input, matmul] : epilogue.products) {
    auto acc = cast<MemRefType>(matmul.getInit().getType()).getElementType();
    auto type = MemRefType::get({kAccumulatorRows, kAccumulatorCols}, acc);
    tiles.push_back(memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64)));
  }
  MatMulOp first = epilogue.products.front().second;
  Value zero = index(0);
  Value lines = memref::DimOp::create(b, get(first.getLhs()), zero);
  pieces(begin, end, kAccumulatorCols / rowBlock, [&](Range blocks) {
    pieces(zero, lines, kAccumulatorRows,
           [&](Range part) { emitTile(part, blocks); });
  });
}

/// All products of the tile, then the nest.
void Body::emitTile(Range lines, Range blocks) {
  for (auto [product, tile] : llvm::zip(epilogue.products, tiles))
    emitProduct(product.second, tile, lines, blocks);
  // The last block of weights may hold padding rows, which the nest does not
  // have.
  Value total =
      memref::DimOp::create(b, get(nest.getOutputs().front()), index(1));
  Value first = times(blocks.first, rowBlock);
  Value count = atMost(times(blocks.count, rowBlock), minus(total, first));
  emitNest(lines, Range{first, count});
}

/// A bitnet.matmul on slices of the operands and the tile.
void Body::emitProduct(MatMulOp matmul, Value tile, Range lines, Range blocks) {
  Value lhs = slice(get(matmul.getLhs()), {lines});
  Value rhs = slice(get(matmul.getRhs()), {blocks});
  Value sums;
  if (matmul.getSums())
    sums = slice(get(matmul.getSums()), {lines});
  Value cols = times(blocks.count, rowBlock);
  Value acc = slice(tile, {{index(0), lines.count}, {index(0), cols}});
  MatMulOp::create(b, TypeRange(), lhs, rhs, sums, acc, matmul.getPackingAttr(),
                   matmul.getGroupSizeAttr(), matmul.getLoweringAttr());
}

/// The part of an operand that lines x cols of the nest touch.
Value Body::sliceOperand(OpOperand &operand, Range lines, Range cols) {
  unsigned number = operand.getOperandNumber();
  for (auto [product, tile] : llvm::zip(epilogue.products, tiles))
    if (product.first == number)
      return slice(tile, {{index(0), lines.count}, {index(0), cols.count}});
  Value source = get(operand.get());
  if (!isa<MemRefType>(source.getType()))
    return source;
  SmallVector<Range> ranges;
  for (AffineExpr expr : nest.getMatchingIndexingMap(&operand).getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    ranges.push_back(!dim ? Range() : dim.getPosition() == 0 ? lines : cols);
  }
  return slice(source, ranges);
}

/// The nest on the slices that belong to the tile.
void Body::emitNest(Range lines, Range cols) {
  SmallVector<Value> operands;
  for (OpOperand &operand : nest->getOpOperands())
    operands.push_back(sliceOperand(operand, lines, cols));
  IRMapping inner = mapping;
  b.clone(*nest, inner)->setOperands(operands);
}

/// Constants that the nest's body uses, cloned to where `b` stands.
static void cloneConstants(ImplicitLocOpBuilder &b, linalg::GenericOp nest,
                           IRMapping &mapping) {
  llvm::SetVector<Value> values;
  getUsedValuesDefinedAbove(nest.getRegion(), values);
  for (Value v : values)
    if (!mapping.contains(v))
      mapping.map(v, b.clone(*v.getDefiningOp())->getResult(0));
}

func::FuncOp mlir::bitnet::buildEpilogueFunction(ModuleOp module,
                                                 StringRef name,
                                                 const Epilogue &epilogue) {
  SmallVector<Value> arguments = getEpilogueArguments(epilogue);
  ImplicitLocOpBuilder b(epilogue.nest->getLoc(), module.getBodyRegion());
  func::FuncOp function =
      createRangeFunction(b, module, name, TypeRange(ValueRange(arguments)));
  IRMapping mapping;
  for (auto [outside, inside] :
       llvm::zip(arguments, function.getArguments().drop_back(2)))
    mapping.map(outside, inside);
  // Constants are cloned, so that layers which differ in nothing else share it.
  cloneConstants(b, epilogue.nest, mapping);
  ValueRange range = function.getArguments().take_back(2);
  Body(b, epilogue, mapping).emit(range[0], range[1]);
  func::ReturnOp::create(b);
  return function;
}
