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

/// Rows of a tile, bytes of a row.
static constexpr int64_t kTileRows = 16, kTileBytes = 64;

/// Codes are decoded so many steps before tiles are loaded from them: a tile
/// load does not take bytes from stores on their way, it waits for them.
static constexpr int64_t kStepsAhead = 2;
/// Steps that the buffer holds: those ahead, and the one that is read.
static constexpr int64_t kSlots = 4;
static_assert(kSlots > kStepsAhead, "a step would overwrite its own codes");

SmallVector<int64_t>
mlir::bitnet::getMatrixBufferShape(const PackedLayout &layout) {
  return {kSlots * layout.blockChunks, kTileRows, kTileBytes};
}

namespace {
class MatrixEmitter {
public:
  MatrixEmitter(ImplicitLocOpBuilder &b, const PackedLayout &layout,
                const LoopForm &form, int64_t rows,
                const TileOperands &operands, Value m, Value block)
      : b(b), layout(layout), form(form), rows(rows), operands(operands), m(m),
        block(block), tile(LLVM::LLVMX86AMXType::get(b.getContext())) {}
  void emitPass(Value rowChunk);

private:
  using Values = SmallVector<Value>;

  Value index(int64_t v) { return arith::ConstantIndexOp::create(b, v); }
  Value plus(Value v, int64_t c) {
    return arith::AddIOp::create(b, v, index(c));
  }
  /// The shape of every tile: rows, bytes per row.
  Value i16(int64_t v) { return arith::ConstantIntOp::create(b, v, 16); }
  Value call(StringRef name, ValueRange args);
  Value address(Value memref, ValueRange at);
  Value rowBytes(Value memref, int64_t dim);
  Value load(Value memref, ValueRange at, int64_t dim);
  Values emitLoop(Value low, Value high, Values accs,
                  llvm::function_ref<void(Value, Values &)> step);
  Value slotOf(Value i);
  void multiplyStep(Value slot, Value start, Values &accs);
  void decodeStep(Value i, Value rowChunk);
  void decodeLastStep(Value i, Value rowChunk);
  void decodeColumn(Value slot, Value column, int64_t q, Value rowChunk,
                    Value mask);
  void store(Value rowChunk, const Values &accs);
  void subtractSums(Value first);

  ImplicitLocOpBuilder &b;
  const PackedLayout &layout;
  const LoopForm &form;
  int64_t rows;
  const TileOperands &operands;
  Value m, block;
  Type tile;
};
} // namespace

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
  Value bytes = arith::MulIOp::create(b, offset,
                                      index(type.getElementTypeBitWidth() / 8));
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, memref);
  Value sum = arith::AddIOp::create(b, base, bytes);
  Value integer = arith::IndexCastOp::create(b, b.getI64Type(), sum);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  return LLVM::IntToPtrOp::create(b, pointer, integer);
}

/// Distance of the rows of a tile that runs along dimension `dim`.
Value MatrixEmitter::rowBytes(Value memref, int64_t dim) {
  auto type = cast<MemRefType>(memref.getType());
  auto parts = memref::ExtractStridedMetadataOp::create(b, memref);
  Value bytes = arith::MulIOp::create(b, parts.getStrides()[dim],
                                      index(type.getElementTypeBitWidth() / 8));
  return arith::IndexCastOp::create(b, b.getI64Type(), bytes);
}

Value MatrixEmitter::load(Value memref, ValueRange at, int64_t dim) {
  return call("llvm.x86.tileloadd64.internal",
              {i16(kTileRows), i16(kTileBytes), address(memref, at),
               rowBytes(memref, dim)});
}

/// Codes of chunk `column` of each tile, masked, to rows 4q..4q+3 of the tile.
void MatrixEmitter::decodeColumn(Value slot, Value column, int64_t q,
                                 Value rowChunk, Value mask) {
  VectorType type = getByteType(form.dot, b.getContext());
  for (int64_t part = 0; part < form.parts; ++part) {
    Value bytes = vector::LoadOp::create(
        b, type, operands.w,
        ValueRange{block, column, plus(rowChunk, part), index(0)});
    for (auto [f, field] : llvm::enumerate(form.fields)) {
      Value codes = emitDecode(b, bytes, {field.shift, 0xff});
      codes = arith::AndIOp::create(b, codes, mask);
      vector::StoreOp::create(
          b, codes, operands.panel,
          ValueRange{plus(slot, part), index(4 * q + int64_t(f)), index(0)});
    }
  }
}

/// Which tile of the buffer is the first of the step at chunk column `i`.
/// Steps lie side by side: at a distance of 4 KB, loads from one would wait for
/// stores to the next, as if they were to the same place.
Value MatrixEmitter::slotOf(Value i) {
  Value step = arith::DivUIOp::create(b, i, index(kMatrixChunks));
  Value slot = arith::RemUIOp::create(b, step, index(kSlots));
  return arith::MulIOp::create(b, slot, index(form.parts));
}

void MatrixEmitter::decodeStep(Value i, Value rowChunk) {
  VectorType type = getByteType(form.dot, b.getContext());
  Value slot = slotOf(i), mask = emitSplat(b, type, form.fields.front().mask);
  for (int64_t q = 0; q < kMatrixChunks; ++q)
    decodeColumn(slot, plus(i, q), q, rowChunk, mask);
}

/// The last step of K begins before `i`, where all chunk columns are there:
/// codes that were already used become 0.
void MatrixEmitter::decodeLastStep(Value i, Value rowChunk) {
  VectorType type = getByteType(form.dot, b.getContext());
  Value mask = emitSplat(b, type, form.fields.front().mask);
  Value start = arith::SubIOp::create(b, operands.chunks, index(kMatrixChunks));
  for (int64_t q = 0; q < kMatrixChunks; ++q) {
    Value column = plus(start, q);
    Value fresh =
        arith::CmpIOp::create(b, arith::CmpIPredicate::uge, column, i);
    Value used = arith::SelectOp::create(b, fresh, mask, emitSplat(b, type, 0));
    decodeColumn(slotOf(i), column, q, rowChunk, used);
  }
}

/// 64 columns of K from chunk column `start` on, by codes in `slot`.
void MatrixEmitter::multiplyStep(Value slot, Value start, Values &accs) {
  Value k = arith::MulIOp::create(b, start, index(layout.chunkCols()));
  Values x;
  for (int64_t r = 0; r < rows; r += kTileRows)
    x.push_back(load(operands.x, {plus(m, r), k}, 0));
  // One tile of weights at a time: there are eight tile registers.
  for (int64_t part = 0; part < form.parts; ++part) {
    Value weights =
        load(operands.panel, {plus(slot, part), index(0), index(0)}, 1);
    for (auto [r, tileX] : llvm::enumerate(x)) {
      Value &acc = accs[r * form.parts + part];
      acc = call(form.dot.intrinsic, {i16(kTileRows), i16(kTileBytes),
                                      i16(kTileBytes), acc, tileX, weights});
    }
  }
}

/// `step` for every fourth chunk column of low..high.
MatrixEmitter::Values
MatrixEmitter::emitLoop(Value low, Value high, Values accs,
                        llvm::function_ref<void(Value, Values &)> step) {
  auto loop = scf::ForOp::create(b, low, high, index(kMatrixChunks), accs);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  accs.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
  step(loop.getInductionVar(), accs);
  // A loop that carries nothing has its yield already.
  if (!accs.empty())
    scf::YieldOp::create(b, accs);
  return Values(loop.getResults());
}

void MatrixEmitter::emitPass(Value rowChunk) {
  Values accs;
  for (int64_t i = 0, e = rows / kTileRows * form.parts; i < e; ++i)
    accs.push_back(
        call("llvm.x86.tilezero.internal", {i16(kTileRows), i16(kTileBytes)}));
  Value rest = arith::RemUIOp::create(b, operands.chunks, index(kMatrixChunks));
  Value whole = arith::SubIOp::create(b, operands.chunks, rest);
  Value ahead = index(kStepsAhead * kMatrixChunks);
  Value first = arith::MinUIOp::create(b, whole, ahead);
  Value last = arith::SubIOp::create(b, whole, first);
  emitLoop(index(0), first, {},
           [&](Value i, Values &) { decodeStep(i, rowChunk); });
  accs = emitLoop(index(0), last, accs, [&](Value i, Values &sums) {
    multiplyStep(slotOf(i), i, sums);
    decodeStep(arith::AddIOp::create(b, i, ahead), rowChunk);
  });
  accs = emitLoop(last, whole, accs, [&](Value i, Values &sums) {
    multiplyStep(slotOf(i), i, sums);
  });
  accs = emitLoop(whole, operands.chunks, accs, [&](Value i, Values &sums) {
    decodeLastStep(i, rowChunk);
    multiplyStep(
        slotOf(i),
        arith::SubIOp::create(b, operands.chunks, index(kMatrixChunks)), sums);
  });
  store(rowChunk, accs);
}

void MatrixEmitter::store(Value rowChunk, const Values &accs) {
  Value first = arith::MulIOp::create(b, block, index(layout.blockRows()));
  Value inBlock =
      arith::MulIOp::create(b, rowChunk, index(PackedLayout::kChunkRows));
  first = arith::AddIOp::create(b, first, inBlock);
  for (auto [i, acc] : llvm::enumerate(accs)) {
    Value line = plus(m, int64_t(i) / form.parts * kTileRows);
    Value column =
        plus(first, int64_t(i) % form.parts * PackedLayout::kChunkRows);
    LLVM::CallIntrinsicOp::create(
        b, b.getStringAttr("llvm.x86.tilestored64.internal"),
        ValueRange{i16(kTileRows), i16(kTileBytes),
                   address(operands.y, {line, column}), rowBytes(operands.y, 0),
                   acc});
  }
  subtractSums(first);
}

/// Codes are W + 1: one sum of activations too many.
void MatrixEmitter::subtractSums(Value first) {
  VectorType type = getResultType(form.dot, b.getContext());
  auto loop = scf::ForOp::create(b, m, plus(m, rows), index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value line = loop.getInductionVar();
  Value scalar = memref::LoadOp::create(b, operands.sums, line);
  Value sum = vector::BroadcastOp::create(b, type, scalar);
  for (int64_t part = 0; part < form.parts; ++part) {
    Value at[] = {line, plus(first, part * PackedLayout::kChunkRows)};
    Value y = vector::LoadOp::create(b, type, operands.y, at);
    y = arith::SubIOp::create(b, y, sum);
    vector::StoreOp::create(b, y, operands.y, at);
  }
}

void mlir::bitnet::emitMatrixTiles(ImplicitLocOpBuilder &b,
                                   const PackedLayout &layout,
                                   const LoopForm &form, int64_t rows,
                                   const TileOperands &operands, Value m,
                                   Value block) {
  auto loop =
      scf::ForOp::create(b, arith::ConstantIndexOp::create(b, 0),
                         arith::ConstantIndexOp::create(b, layout.blockChunks),
                         arith::ConstantIndexOp::create(b, form.parts));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  MatrixEmitter(b, layout, form, rows, operands, m, block)
      .emitPass(loop.getInductionVar());
}
