//===- MatrixTiles.cpp - tiles of a matrix unit (AMX) ---------------------===//
//
// Tiles are values of LLVM's x86_amx type in SSA form: LLVM assigns registers
// and configures them. Tile intrinsics take addresses, so memrefs are taken
// apart here.
//
//===----------------------------------------------------------------------===//

#include "MatrixTiles.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

/// What a matrix tile holds at most: rows, bytes of a row, i32 sums of a row.
static constexpr int64_t kTileRows = 16, kTileBytes = 64, kTileSums = 16;
/// Tile registers that sums may take: half of them.
static constexpr int64_t kSumTiles = 4;

/// Codes are decoded so many steps before tiles are loaded from them, because a
/// tile load cannot take bytes from stores that are still on their way; it
/// would wait for them.
static constexpr int64_t kStepsAhead = 2;
/// Steps that the buffer holds: those ahead, and the one that is read.
static constexpr int64_t kSlots = 4;
static_assert(kSlots > kStepsAhead, "a step would overwrite its own codes");

int64_t mlir::bitnet::getMatrixChunks(const LoopForm &form) {
  return kTileRows / int64_t(form.fields.size());
}

MatrixBuffers mlir::bitnet::emitMatrixBuffers(ImplicitLocOpBuilder &b,
                                              const PackedLayout &layout) {
  auto allocate = [&](ArrayRef<int64_t> shape, unsigned bits) -> Value {
    auto type = MemRefType::get(shape, b.getIntegerType(bits));
    return memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64));
  };
  return {allocate({kSlots * layout.blockChunks, kTileRows, kTileBytes}, 8),
          allocate({kSlots, kTileRows, kTileBytes}, 8),
          allocate({kSumTiles, kTileRows, kTileSums}, 32)};
}

namespace {
/// Emits one pass: the tiles of sums of `lines` by `form.parts` chunks of rows
/// of weights, over all of K. The loop is skewed: codes of a step are stored
/// kStepsAhead steps before the tile load that reads them.
class MatrixEmitter {
public:
  MatrixEmitter(ImplicitLocOpBuilder &b, const KernelRow &row,
                const LoopForm &form, const TileOperands &operands,
                MatrixLines lines, Value block)
      : b(b), row(row), layout(row.layout), form(form), operands(operands),
        lines(lines), block(block), stepChunks(getMatrixChunks(form)),
        tile(LLVM::LLVMX86AMXType::get(b.getContext())),
        bytes(getByteType(form.dot, b.getContext())) {}
  void emitPass(Value rowChunk);

private:
  using Values = SmallVector<Value>;

  Value index(int64_t v) { return arith::ConstantIndexOp::create(b, v); }
  Value plus(Value v, int64_t c) {
    return arith::AddIOp::create(b, v, index(c));
  }
  /// Extents of tiles: rows, bytes per row.
  Value i16(int64_t v) { return arith::ConstantIntOp::create(b, v, 16); }
  /// Columns of K of a step: bytes of a row of activations.
  int64_t stepCols() const { return stepChunks * layout.chunkCols(); }
  int64_t rowTiles() const { return form.maxTile / kTileRows; }
  bool isPadded() const { return form.cover == Cover::Padded; }
  Value call(StringRef name, ValueRange args);
  Value address(Value memref, ValueRange at);
  Value rowBytes(Value memref, int64_t dim);
  Value load(Value memref, ValueRange at, int64_t dim, int64_t rows,
             int64_t cols);
  Values emitLoop(Value low, Value high, Values accs,
                  llvm::function_ref<void(Value, Values &)> step);
  Value stepOf(Value i);
  Value lastStart() {
    return arith::SubIOp::create(b, operands.chunks, index(stepChunks));
  }
  void multiplyStep(Value i, Value start, Values &accs);
  Value loadLhs(Value i, Value start, int64_t rowTile);
  void decodeStep(Value i, Value rowChunk);
  void decodeLastStep(Value i, Value rowChunk);
  void decodeColumn(Value i, Value column, int64_t q, Value rowChunk,
                    Value isFresh = Value());
  void copyLhs(Value i, Value start);
  void forEachLine(int64_t rowTile,
                   llvm::function_ref<void(Value, Value)> body);
  void prefetchResults(Value first);
  void store(Value first, const Values &accs);
  void storeLine(int64_t tile, Value inTile, Value line, Value first);

  ImplicitLocOpBuilder &b;
  const KernelRow &row;
  const PackedLayout &layout;
  const LoopForm &form;
  const TileOperands &operands;
  MatrixLines lines;
  Value block;
  /// Chunk columns of a step.
  int64_t stepChunks;
  Type tile;
  VectorType bytes;
};
} // namespace

/// Intrinsics of AMX that return a tile.
Value MatrixEmitter::call(StringRef name, ValueRange args) {
  return LLVM::CallIntrinsicOp::create(b, tile, b.getStringAttr(name), args)
      .getResult(0);
}

/// A pointer to `memref[at]`, whose inner stride is 1.
Value MatrixEmitter::address(Value memref, ValueRange at) {
  auto type = cast<MemRefType>(memref.getType());
  auto parts = memref::ExtractStridedMetadataOp::create(b, memref);
  Value offset = parts.getOffset();
  for (auto [position, stride] : llvm::zip(at, parts.getStrides()))
    offset = arith::AddIOp::create(b, offset,
                                   arith::MulIOp::create(b, position, stride));
  Value distance = arith::MulIOp::create(
      b, offset, index(type.getElementTypeBitWidth() / 8));
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, memref);
  Value sum = arith::AddIOp::create(b, base, distance);
  Value integer = arith::IndexCastOp::create(b, b.getI64Type(), sum);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  return LLVM::IntToPtrOp::create(b, pointer, integer);
}

/// Distance of the rows of a tile that runs along dimension `dim`.
Value MatrixEmitter::rowBytes(Value memref, int64_t dim) {
  auto type = cast<MemRefType>(memref.getType());
  auto parts = memref::ExtractStridedMetadataOp::create(b, memref);
  Value distance = arith::MulIOp::create(
      b, parts.getStrides()[dim], index(type.getElementTypeBitWidth() / 8));
  return arith::IndexCastOp::create(b, b.getI64Type(), distance);
}

/// A tile of `rows` rows of `cols` bytes that begins at `memref[at]`.
Value MatrixEmitter::load(Value memref, ValueRange at, int64_t dim,
                          int64_t rows, int64_t cols) {
  return call(
      "llvm.x86.tileloadd64.internal",
      {i16(rows), i16(cols), address(memref, at), rowBytes(memref, dim)});
}

//===----------------------------------------------------------------------===//
// What happens ahead of use
//===----------------------------------------------------------------------===//

/// Which part of the buffers the step at chunk column `i` has. Steps lie side
/// by side: at a distance of 4 KB, loads from one would wait for stores to the
/// next, as if they were to the same place.
Value MatrixEmitter::stepOf(Value i) {
  Value step = arith::DivUIOp::create(b, i, index(stepChunks));
  return arith::RemUIOp::create(b, step, index(kSlots));
}

/// Codes of chunk `column` of each tile, or 0 where it is not fresh, to rows
/// Fq..Fq+F-1 of the tile, for F fields.
void MatrixEmitter::decodeColumn(Value i, Value column, int64_t q,
                                 Value rowChunk, Value isFresh) {
  Value first = arith::MulIOp::create(b, stepOf(i), index(form.parts));
  int64_t line = q * int64_t(form.fields.size());
  for (int64_t part = 0; part < form.parts; ++part) {
    Value packed = vector::LoadOp::create(
        b, bytes, operands.w,
        ValueRange{block, column, plus(rowChunk, part), index(0)});
    SmallVector<Value> planes = emitPlanes(b, row, packed);
    for (auto [f, field] : llvm::enumerate(form.fields)) {
      Value codes = emitDecode(b, planes[field.plane], field);
      if (isFresh)
        codes =
            arith::SelectOp::create(b, isFresh, codes, emitSplat(b, bytes, 0));
      vector::StoreOp::create(
          b, codes, operands.matrix.codes,
          ValueRange{plus(first, part), index(line + int64_t(f)), index(0)});
    }
  }
}

/// All chunk columns of the step at `i`, with the prefetches that belong to
/// them.
void MatrixEmitter::decodeStep(Value i, Value rowChunk) {
  for (int64_t q = 0; q < stepChunks; ++q) {
    Value column = plus(i, q);
    emitPrefetches(b, form.prefetch, operands, {block, column, rowChunk},
                   form.parts);
    decodeColumn(i, column, q, rowChunk);
  }
  copyLhs(i, i);
}

/// Decodes the last step of K. It begins before `i`, so that all of its chunk
/// columns exist; those that an earlier step has used count as codes of 0.
void MatrixEmitter::decodeLastStep(Value i, Value rowChunk) {
  for (int64_t q = 0; q < stepChunks; ++q) {
    Value column = plus(lastStart(), q);
    Value isFresh =
        arith::CmpIOp::create(b, arith::CmpIPredicate::uge, column, i);
    decodeColumn(i, column, q, rowChunk, isFresh);
  }
  copyLhs(i, lastStart());
}

/// Copies the activations of a step. A tile has 16 rows even where x ends
/// sooner; the others keep what they had, and what is computed of them is not
/// stored.
void MatrixEmitter::copyLhs(Value i, Value start) {
  if (!isPadded())
    return;
  Value step = stepOf(i);
  Value k = arith::MulIOp::create(b, start, index(layout.chunkCols()));
  auto loop = scf::ForOp::create(b, index(0), lines.count, index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value r = loop.getInductionVar();
  Value line = arith::AddIOp::create(b, lines.first, r);
  auto type = VectorType::get({stepCols()}, b.getI8Type());
  Value x = vector::LoadOp::create(b, type, operands.x, ValueRange{line, k});
  vector::StoreOp::create(b, x, operands.matrix.lhs,
                          ValueRange{step, r, index(0)});
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// The activations of a step, from x itself or from the copy of a padded tile.
Value MatrixEmitter::loadLhs(Value i, Value start, int64_t rowTile) {
  if (isPadded())
    return load(operands.matrix.lhs, {stepOf(i), index(0), index(0)}, 1,
                kTileRows, stepCols());
  Value k = arith::MulIOp::create(b, start, index(layout.chunkCols()));
  return load(operands.x, {plus(lines.first, rowTile * kTileRows), k}, 0,
              kTileRows, stepCols());
}

/// Multiplies a step of K, which begins at chunk column `start`, by what was
/// decoded for `i`.
void MatrixEmitter::multiplyStep(Value i, Value start, Values &accs) {
  Values x;
  for (int64_t r = 0; r < rowTiles(); ++r)
    x.push_back(loadLhs(i, start, r));
  Value first = arith::MulIOp::create(b, stepOf(i), index(form.parts));
  // One tile of weights at a time: there are eight tile registers.
  for (int64_t part = 0; part < form.parts; ++part) {
    Value weights =
        load(operands.matrix.codes, {plus(first, part), index(0), index(0)}, 1,
             stepCols() / 4, kTileBytes);
    for (auto [r, tileX] : llvm::enumerate(x)) {
      Value &acc = accs[r * form.parts + part];
      acc = call(form.dot.intrinsic, {i16(kTileRows), i16(kTileBytes),
                                      i16(stepCols()), acc, tileX, weights});
    }
  }
}

/// Calls `step` for each step of low..high.
MatrixEmitter::Values
MatrixEmitter::emitLoop(Value low, Value high, Values accs,
                        llvm::function_ref<void(Value, Values &)> step) {
  auto loop = scf::ForOp::create(b, low, high, index(stepChunks), accs);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  accs.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
  step(loop.getInductionVar(), accs);
  // A loop that carries nothing has its yield already.
  if (!accs.empty())
    scf::YieldOp::create(b, accs);
  return Values(loop.getResults());
}

/// Calls `body` for each activation row of the tile, with its place in the tile
/// and its line of x and y.
void MatrixEmitter::forEachLine(int64_t rowTile,
                                llvm::function_ref<void(Value, Value)> body) {
  Value count = isPadded() ? lines.count : index(kTileRows);
  auto loop = scf::ForOp::create(b, index(0), count, index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value r = loop.getInductionVar();
  body(r, arith::AddIOp::create(b, plus(lines.first, rowTile * kTileRows), r));
}

/// Stores leave in order: codes of the next tile would wait behind lines of y
/// that are not in the cache.
void MatrixEmitter::prefetchResults(Value first) {
  for (int64_t r = 0; r < rowTiles(); ++r)
    forEachLine(r, [&](Value, Value line) {
      for (int64_t part = 0; part < form.parts; ++part)
        memref::PrefetchOp::create(
            b, operands.y,
            ValueRange{line, plus(first, part * PackedLayout::kChunkRows)},
            /*isWrite=*/true, /*localityHint=*/3, /*isDataCache=*/true);
    });
}

/// Fills the pipeline, runs it, drains it, and does the incomplete step at the
/// end of K.
void MatrixEmitter::emitPass(Value rowChunk) {
  Value firstColumn =
      arith::MulIOp::create(b, block, index(layout.blockRows()));
  firstColumn = arith::AddIOp::create(
      b, firstColumn,
      arith::MulIOp::create(b, rowChunk, index(PackedLayout::kChunkRows)));
  prefetchResults(firstColumn);
  Values accs;
  for (int64_t i = 0, e = rowTiles() * form.parts; i < e; ++i)
    accs.push_back(
        call("llvm.x86.tilezero.internal", {i16(kTileRows), i16(kTileBytes)}));
  Value rest = arith::RemUIOp::create(b, operands.chunks, index(stepChunks));
  Value whole = arith::SubIOp::create(b, operands.chunks, rest);
  Value ahead = index(kStepsAhead * stepChunks);
  Value first = arith::MinUIOp::create(b, whole, ahead);
  Value last = arith::SubIOp::create(b, whole, first);
  emitLoop(index(0), first, {},
           [&](Value i, Values &) { decodeStep(i, rowChunk); });
  accs = emitLoop(index(0), last, accs, [&](Value i, Values &sums) {
    multiplyStep(i, i, sums);
    decodeStep(arith::AddIOp::create(b, i, ahead), rowChunk);
  });
  accs = emitLoop(last, whole, accs,
                  [&](Value i, Values &sums) { multiplyStep(i, i, sums); });
  // This loop has at most one iteration, because fewer chunk columns are left
  // than a step has.
  accs = emitLoop(whole, operands.chunks, accs, [&](Value i, Values &sums) {
    decodeLastStep(i, rowChunk);
    multiplyStep(i, lastStart(), sums);
  });
  store(firstColumn, accs);
}

/// Sums leave their tiles through memory, since y also needs the sum of each
/// row of activations subtracted.
void MatrixEmitter::store(Value first, const Values &accs) {
  for (auto [i, acc] : llvm::enumerate(accs))
    LLVM::CallIntrinsicOp::create(
        b, b.getStringAttr("llvm.x86.tilestored64.internal"),
        ValueRange{
            i16(kTileRows), i16(kTileBytes),
            address(operands.matrix.sums, {index(i), index(0), index(0)}),
            rowBytes(operands.matrix.sums, 1), acc});
  for (int64_t r = 0; r < rowTiles(); ++r)
    forEachLine(r, [&](Value inTile, Value line) {
      storeLine(r * form.parts, inTile, line, first);
    });
}

/// Row `inTile` of the tiles of sums from `tile` on, to y from column `first`
/// on. Codes are W + 1, so the sum of the activations is subtracted.
void MatrixEmitter::storeLine(int64_t tile, Value inTile, Value line,
                              Value first) {
  VectorType type = getResultType(form.dot, b.getContext());
  Value scalar = memref::LoadOp::create(b, operands.sums, line);
  Value sum = vector::BroadcastOp::create(b, type, scalar);
  for (int64_t part = 0; part < form.parts; ++part) {
    Value y = vector::LoadOp::create(
        b, type, operands.matrix.sums,
        ValueRange{index(tile + part), inTile, index(0)});
    y = arith::SubIOp::create(b, y, sum);
    vector::StoreOp::create(
        b, y, operands.y,
        ValueRange{line, plus(first, part * PackedLayout::kChunkRows)});
  }
}

void mlir::bitnet::emitMatrixTiles(ImplicitLocOpBuilder &b,
                                   const KernelRow &row, const LoopForm &form,
                                   const TileOperands &operands,
                                   MatrixLines lines, Value block) {
  auto loop = scf::ForOp::create(
      b, arith::ConstantIndexOp::create(b, 0),
      arith::ConstantIndexOp::create(b, row.layout.blockChunks),
      arith::ConstantIndexOp::create(b, form.parts));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  MatrixEmitter(b, row, form, operands, lines, block)
      .emitPass(loop.getInductionVar());
}
