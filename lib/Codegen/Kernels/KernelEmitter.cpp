//===- KernelEmitter.cpp - kernel functions from table entries ------------===//
//
// A kernel is a loop over blocks of weights. For each block the forms of the
// entry are tried in order: each takes as many of the activation rows that are
// left as its Cover allows, so that the forms together cover every M.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Kernels/KernelEmitter.h"

#include "MatrixTiles.h"
#include "TileEmitter.h"

#include "bitnet/Codegen/Functions/FunctionPool.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t kDynamic = ShapedType::kDynamic;

/// A memref that any layer's operand casts to: dynamic, unit inner strides.
static MemRefType stridedType(ArrayRef<int64_t> shape, Type element,
                              ArrayRef<int64_t> strides) {
  auto layout = StridedLayoutAttr::get(element.getContext(), kDynamic, strides);
  return MemRefType::get(shape, element, layout);
}

/// Types of all arguments but the range; see getOrCreateKernel for the
/// signature.
static SmallVector<Type> kernelOperandTypes(const KernelForm &form) {
  MLIRContext *context = form.lhs.getContext();
  Type i8 = IntegerType::get(context, 8), i32 = IntegerType::get(context, 32);
  Type acc = form.isInteger() ? i32 : Type(Float32Type::get(context));
  int64_t chunks = form.row->layout.blockChunks;
  int64_t bytes = PackedLayout::kChunkBytes;
  SmallVector<int64_t> lines(form.grouped ? 2 : 1, kDynamic);
  SmallVector<int64_t> shape = lines, strides = lines;
  strides.back() = 1;
  SmallVector<Type> types = {
      stridedType({kDynamic, kDynamic, chunks, bytes}, i8,
                  {kDynamic, chunks * bytes, bytes, 1}),
      stridedType({kDynamic, kDynamic}, form.lhs, {kDynamic, 1})};
  if (form.isInteger())
    types.push_back(stridedType(shape, i32, strides));
  shape.push_back(kDynamic);
  strides = shape;
  strides.back() = 1;
  types.push_back(stridedType(shape, acc, strides));
  return types;
}

/// The name of a kernel function. It says only what differs from int8
/// activations, the usual packing and no groups.
static std::string kernelName(const KernelForm &form) {
  std::string name =
      ("bitnet_kernel_" + stringifyKernelKind(form.row->kind)).str();
  llvm::raw_string_ostream os(name);
  if (!form.lhs.isSignlessInteger(8))
    os << '_' << form.lhs;
  if (PackingKind kind = form.row->layout.kind; kind != kUsualLayout.kind)
    os << '_' << stringifyPackingKind(kind);
  if (form.grouped)
    os << "_grouped";
  return name;
}

namespace {
/// Emits y[.., block of weights] by the forms of an entry. `done` counts the
/// activation rows that earlier forms have taken; the next form goes on from
/// there.
class RowBlockEmitter {
public:
  RowBlockEmitter(ImplicitLocOpBuilder &b, const KernelRow &row,
                  const TileOperands &operands, Value block)
      : b(b), row(row), operands(operands), block(block), done(index(0)),
        rows(memref::DimOp::create(b, operands.x, index(0))) {}
  void emit();

private:
  /// Activation rows low..high in tiles of one size.
  struct Span {
    int64_t tile;
    Value low, high;
  };
  using Spans = SmallVector<Span>;

  Value index(int64_t v) { return arith::ConstantIndexOp::create(b, v); }
  Value is(Value v, int64_t c) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, v, index(c));
  }
  Value isFor(const LoopForm &form);
  Span take(int64_t tile, Value count);
  Spans takeTiles(const LoopForm &form);
  Spans takeEvenTiles(const LoopForm &form, Value left);
  void forEachTile(const LoopForm &form, ArrayRef<Span> spans,
                   llvm::function_ref<void(TileEmitter &)> body);
  void emitMatrix(const LoopForm &form);
  void emitSlices(const LoopForm &form, ArrayRef<Span> spans);
  void emitPanel(const LoopForm &form, Value low, Value high);

  ImplicitLocOpBuilder &b;
  const KernelRow &row;
  const TileOperands &operands;
  Value block, done, rows;
};
} // namespace

/// `count` tiles of `tile` rows each, from `done` on.
RowBlockEmitter::Span RowBlockEmitter::take(int64_t tile, Value count) {
  Value size = arith::MulIOp::create(b, count, index(tile));
  Span span = {tile, done, arith::AddIOp::create(b, done, size)};
  done = span.high;
  return span;
}

/// Shares `left` rows out among t = ceil(left / maxTile) tiles; left % t of the
/// tiles have a row more than the others.
RowBlockEmitter::Spans RowBlockEmitter::takeEvenTiles(const LoopForm &form,
                                                      Value left) {
  Value tiles = arith::AddIOp::create(b, left, index(form.maxTile - 1));
  tiles = arith::DivUIOp::create(b, tiles, index(form.maxTile));
  tiles = arith::MaxUIOp::create(b, tiles, index(1));
  Value small = arith::DivUIOp::create(b, left, tiles);
  Value numLarge = arith::RemUIOp::create(b, left, tiles);
  Value numSmall = arith::SubIOp::create(b, tiles, numLarge);
  Spans spans;
  // The size of the tiles is known at run time only, so there is a loop for
  // each size, of which at most two have iterations.
  for (int64_t tile = form.maxTile; tile >= form.minTile; --tile) {
    Value rest =
        arith::SelectOp::create(b, is(small, tile), numSmall, index(0));
    spans.push_back(take(
        tile, arith::SelectOp::create(b, is(small, tile - 1), numLarge, rest)));
  }
  return spans;
}

/// A loop over the tiles of each span; `body` emits one tile.
void RowBlockEmitter::forEachTile(
    const LoopForm &form, ArrayRef<Span> spans,
    llvm::function_ref<void(TileEmitter &)> body) {
  for (const Span &span : spans) {
    auto loop = scf::ForOp::create(b, span.low, span.high, index(span.tile));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    TileEmitter tile(b, row, form, span.tile, operands, loop.getInductionVar(),
                     block);
    body(tile);
  }
}

/// Emits a form with slices: all tiles take turns within a K slice, while its
/// weights are in the cache.
void RowBlockEmitter::emitSlices(const LoopForm &form, ArrayRef<Span> spans) {
  forEachTile(form, spans, [](TileEmitter &tile) { tile.emitInit(); });
  Value any = arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                    spans.front().low, spans.back().high);
  Value end = arith::SelectOp::create(b, any, operands.chunks, index(0));
  auto loop = scf::ForOp::create(b, index(0), end, index(form.sliceChunks));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value low = loop.getInductionVar();
  Value high = arith::AddIOp::create(b, low, index(form.sliceChunks));
  high = arith::MinUIOp::create(b, high, operands.chunks);
  if (form.panel)
    emitPanel(form, low, high);
  forEachTile(form, spans,
              [&](TileEmitter &tile) { tile.emitSlice(low, high); });
}

/// Decodes the chunk columns low..high of this block of weights into the panel.
void RowBlockEmitter::emitPanel(const LoopForm &form, Value low, Value high) {
  auto loop = scf::ForOp::create(b, low, high, index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value i = loop.getInductionVar();
  TileEmitter(b, row, form, /*rows=*/0, operands, /*m=*/Value(), block)
      .emitPanel(i, arith::SubIOp::create(b, i, low));
}

/// Whether `form` serves this product on this core.
Value RowBlockEmitter::isFor(const LoopForm &form) {
  Value fits = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, rows,
                                     index(form.minRows));
  if (form.dot.form == DotForm::MatrixTile) {
    Value wide =
        arith::CmpIOp::create(b, arith::CmpIPredicate::uge, operands.chunks,
                              index(getMatrixChunks(form)));
    fits = arith::AndIOp::create(b, fits, wide);
  }
  if (form.cores != kAnyCore) {
    Value meant = emitIsCore(b, operands.core, form.cores);
    fits = arith::AndIOp::create(b, fits, meant);
  }
  return fits;
}

/// The spans of rows that `form` takes; they are empty where it is not for this
/// product, so that the next form takes them.
RowBlockEmitter::Spans RowBlockEmitter::takeTiles(const LoopForm &form) {
  Value left = arith::SubIOp::create(b, rows, done);
  left = arith::SelectOp::create(b, isFor(form), left, index(0));
  switch (form.cover) {
  case Cover::Whole:
    return {take(form.maxTile,
                 arith::DivUIOp::create(b, left, index(form.maxTile)))};
  case Cover::Even:
    return takeEvenTiles(form, left);
  case Cover::Overlap:
  case Cover::Padded: {
    Span all = take(1, left);
    return {{form.maxTile, all.low, all.high}};
  }
  }
  llvm_unreachable("every cover is handled");
}

/// Tiles of a matrix unit, which do not go through TileEmitter.
void RowBlockEmitter::emitMatrix(const LoopForm &form) {
  for (const Span &span : takeTiles(form)) {
    auto loop = scf::ForOp::create(b, span.low, span.high, index(span.tile));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    MatrixLines lines = {loop.getInductionVar(), Value()};
    if (form.cover == Cover::Overlap)
      lines.first = arith::MinUIOp::create(
          b, lines.first,
          arith::SubIOp::create(b, span.high, index(span.tile)));
    if (form.cover == Cover::Padded)
      lines.count = arith::SubIOp::create(b, span.high, span.low);
    emitMatrixTiles(b, row, form, operands, lines, block);
  }
}

/// Emits all forms, one after the other.
void RowBlockEmitter::emit() {
  for (const LoopForm &form : row.forms) {
    if (form.dot.form == DotForm::MatrixTile) {
      emitMatrix(form);
      continue;
    }
    Spans spans = takeTiles(form);
    if (form.sliceChunks)
      emitSlices(form, spans);
    else
      forEachTile(form, spans, [](TileEmitter &tile) { tile.emit(); });
  }
}

/// A view of `count` elements of dimension `dim` from `offset` on. Without
/// `count` the view is of one element, and its leading dimension is dropped.
static Value slice(ImplicitLocOpBuilder &b, Value source, unsigned dim,
                   Value offset, Value count) {
  auto type = cast<MemRefType>(source.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      memref::getMixedSizes(b, b.getLoc(), source);
  offsets[dim] = offset;
  sizes[dim] = count ? OpFoldResult(count) : b.getIndexAttr(1);
  if (count)
    return memref::SubViewOp::create(b, source, offsets, sizes, strides);
  auto reduced = memref::SubViewOp::inferRankReducedResultType(
      type.getShape().drop_front(), type, offsets, sizes, strides);
  return memref::SubViewOp::create(b, cast<MemRefType>(reduced), source,
                                   offsets, sizes, strides);
}

/// w_c3: each group of K is a product of its own, on views of the operands.
static void emitGroups(ImplicitLocOpBuilder &b, const KernelForm &form,
                       const TileOperands &all, Value block) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value groups = memref::DimOp::create(b, all.y, zero);
  Value chunks = arith::DivUIOp::create(b, all.chunks, groups);
  Value cols = arith::MulIOp::create(
      b, chunks,
      arith::ConstantIndexOp::create(b, form.row->layout.chunkCols()));
  auto loop = scf::ForOp::create(b, zero, groups, one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value g = loop.getInductionVar();
  TileOperands part;
  part.w = slice(b, all.w, 1, arith::MulIOp::create(b, g, chunks), chunks);
  part.x = slice(b, all.x, 1, arith::MulIOp::create(b, g, cols), cols);
  part.sums = all.sums ? slice(b, all.sums, 0, g, Value()) : Value();
  part.y = slice(b, all.y, 0, g, Value());
  part.chunks = chunks;
  part.panel = all.panel;
  part.matrix = all.matrix;
  part.core = all.core;
  RowBlockEmitter(b, *form.row, part, block).emit();
}

/// A buffer for decoded codes, if a form wants one.
static Value emitPanelBuffer(ImplicitLocOpBuilder &b, const KernelRow &row) {
  SmallVector<int64_t> shape;
  for (const LoopForm &form : row.forms) {
    if (form.panel)
      shape = {form.sliceChunks, int64_t(form.fields.size()),
               row.layout.blockChunks, PackedLayout::kChunkBytes};
  }
  if (shape.empty())
    return Value();
  auto type = MemRefType::get(shape, b.getI8Type());
  return memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64));
}

static bool hasMatrixUnit(const KernelRow &row) {
  return llvm::any_of(row.forms, [](const LoopForm &form) {
    return form.dot.form == DotForm::MatrixTile;
  });
}

/// Whether the kernel must read the family of the core.
static bool dependsOnCore(const KernelRow &row) {
  return llvm::any_of(row.forms, [](const LoopForm &form) {
    return form.cores != kAnyCore || !form.prefetch.near.isUniform() ||
           !form.prefetch.far.isUniform();
  });
}

/// y of the activation rows of `operands` and the blocks of weights begin..end.
static void emitBlocks(ImplicitLocOpBuilder &b, const KernelForm &form,
                       const TileOperands &operands, Value begin, Value end) {
  Value one = arith::ConstantIndexOp::create(b, 1);
  auto loop = scf::ForOp::create(b, begin, end, one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value block = loop.getInductionVar();
  if (form.grouped)
    emitGroups(b, form, operands, block);
  else
    RowBlockEmitter(b, *form.row, operands, block).emit();
}

/// Calls `body` with as few parts of at most `maxRows` rows as there can be,
/// none much smaller than the others: each reads all of the weights.
static void forEachPart(ImplicitLocOpBuilder &b, const TileOperands &all,
                        int64_t maxRows,
                        llvm::function_ref<void(const TileOperands &)> body) {
  auto index = [&](int64_t v) -> Value {
    return arith::ConstantIndexOp::create(b, v);
  };
  // A part is a multiple of 32 rows, which are whole tiles of every form.
  constexpr int64_t tile = 32;
  Value rows = memref::DimOp::create(b, all.x, index(0));
  Value parts = arith::CeilDivUIOp::create(b, rows, index(maxRows));
  parts = arith::MaxUIOp::create(b, parts, index(1));
  Value step = arith::CeilDivUIOp::create(b, rows, parts);
  step = arith::CeilDivUIOp::create(b, step, index(tile));
  step = arith::MulIOp::create(b, step, index(tile));
  step = arith::MaxUIOp::create(b, step, index(tile));
  auto loop = scf::ForOp::create(b, index(0), rows, step);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value first = loop.getInductionVar();
  Value count = arith::SubIOp::create(b, rows, first);
  count = arith::MinUIOp::create(b, count, step);
  TileOperands part = all;
  unsigned lines = cast<MemRefType>(all.y.getType()).getRank() - 2;
  part.x = slice(b, all.x, 0, first, count);
  part.sums = slice(b, all.sums, lines, first, count);
  part.y = slice(b, all.y, lines, first, count);
  body(part);
}

/// The body of `kernel`: buffers on the stack first, then the loops.
static void emitBody(ImplicitLocOpBuilder &b, const KernelForm &form,
                     func::FuncOp kernel) {
  ValueRange args = kernel.getArguments();
  TileOperands operands;
  operands.w = args[0];
  operands.x = args[1];
  operands.sums = form.isInteger() ? args[2] : Value();
  operands.y = args[args.size() - 3];
  Value one = arith::ConstantIndexOp::create(b, 1);
  operands.chunks = memref::DimOp::create(b, operands.w, one);
  operands.panel = emitPanelBuffer(b, *form.row);
  if (hasMatrixUnit(*form.row))
    operands.matrix = emitMatrixBuffers(b, form.row->layout);
  if (dependsOnCore(*form.row))
    operands.core = emitCoreBit(b);
  Value begin = args[args.size() - 2], end = args.back();
  auto blocks = [&](const TileOperands &part) {
    emitBlocks(b, form, part, begin, end);
  };
  if (form.row->maxRows)
    forEachPart(b, operands, form.row->maxRows, blocks);
  else
    blocks(operands);
  func::ReturnOp::create(b);
}

func::FuncOp mlir::bitnet::getOrCreateKernel(ModuleOp module,
                                             const KernelForm &form) {
  std::string name = kernelName(form);
  return FunctionPool(module).get(name, [&] {
    ImplicitLocOpBuilder b(UnknownLoc::get(module.getContext()),
                           module.getBodyRegion());
    func::FuncOp kernel =
        createRangeFunction(b, module, name, kernelOperandTypes(form));
    emitBody(b, form, kernel);
    return kernel;
  });
}
