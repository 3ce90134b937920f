//===- TileEmitter.cpp - one tile of a kernel: the loop over K ------------===//

#include "TileEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t kChunkBytes = PackedLayout::kChunkBytes;

TileEmitter::TileEmitter(ImplicitLocOpBuilder &b, const KernelRow &row,
                         const LoopForm &form, int64_t rows,
                         const TileOperands &operands, Value m, Value block)
    : b(b), row(row), form(form), rows(rows), operands(operands), m(m),
      block(block) {
  for (FieldDecode field : form.fields) {
    int shift = llvm::countr_zero(field.mask);
    auto *it = field.apart ? slotShifts.end() : llvm::find(slotShifts, shift);
    slotOfField.push_back(it - slotShifts.begin());
    if (it == slotShifts.end())
      slotShifts.push_back(shift);
  }
}

Value TileEmitter::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Value TileEmitter::plus(Value base, int64_t offset) {
  if (offset == 0)
    return base;
  return arith::AddIOp::create(b, base, index(offset));
}

int64_t TileEmitter::passChunks() const {
  return form.parts * row.registerBytes / kChunkBytes;
}

TileEmitter::Values TileEmitter::splats(VectorType type, int64_t count) {
  return Values(count, emitSplat(b, type, 0));
}

void TileEmitter::emit() {
  if (form.drainChunks)
    return emitDrained();
  if (passChunks() == row.layout.blockChunks)
    return emitPass(index(0));
  auto loop = scf::ForOp::create(b, index(0), index(row.layout.blockChunks),
                                 index(passChunks()));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  emitPass(loop.getInductionVar());
}

/// The registers of `form` from chunk `rowChunk` of the block on.
void TileEmitter::emitPass(Value rowChunk) {
  Values init = splats(getAccType(row, b.getContext()), numAccs());
  Values accs = emitLoop(index(0), operands.chunks, rowChunk, init);
  store(fold(accs), rowChunk);
}

TileEmitter::Values TileEmitter::emitLoop(Value low, Value high, Value rowChunk,
                                          Values init) {
  auto loop = scf::ForOp::create(b, low, high, index(1), init);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values accs(loop.getRegionIterArgs());
  emitChunk(loop.getInductionVar(), rowChunk, accs);
  scf::YieldOp::create(b, accs);
  return Values(loop.getResults());
}

/// K in blocks: narrow accumulators live for one block and are folded into
/// 32-bit ones before they can wrap. All rows of the block take turns within a
/// K block, so that memory is read in order.
void TileEmitter::emitDrained() {
  int64_t passes = row.layout.blockChunks / passChunks();
  VectorType type = getResultType(row, b.getContext());
  Value step = index(form.drainChunks);
  auto outer = scf::ForOp::create(b, index(0), operands.chunks, step,
                                  splats(type, passes * numResults()));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(outer.getBody());
    emitDrainedBlock(outer, passes);
  }
  for (int64_t pass = 0; pass < passes; ++pass)
    store(Values(outer.getResults().slice(pass * numResults(), numResults())),
          index(pass * passChunks()));
}

void TileEmitter::emitDrainedBlock(scf::ForOp outer, int64_t passes) {
  Value low = outer.getInductionVar();
  Value high = arith::AddIOp::create(b, low, index(form.drainChunks));
  high = arith::MinSIOp::create(b, high, operands.chunks);
  Values totals;
  for (int64_t pass = 0; pass < passes; ++pass) {
    Values init = splats(getAccType(row, b.getContext()), numAccs());
    Values accs = emitLoop(low, high, index(pass * passChunks()), init);
    for (Value part : fold(accs)) {
      Value total = outer.getRegionIterArg(totals.size());
      totals.push_back(arith::AddIOp::create(b, total, part));
    }
  }
  scf::YieldOp::create(b, totals);
}

/// Weights of the next rows of the stream, while this chunk is worked on. The
/// address may lie past the operand's end: a prefetch does not fault.
void TileEmitter::emitPrefetch(Value i, Value rowChunk) {
  Value ahead = plus(i, form.prefetchChunks);
  for (int64_t chunk = 0; chunk < passChunks(); ++chunk)
    memref::PrefetchOp::create(
        b, operands.w,
        ValueRange{block, ahead, plus(rowChunk, chunk), index(0)},
        /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
}

void TileEmitter::emitChunk(Value i, Value rowChunk, Values &accs) {
  if (form.prefetchChunks)
    emitPrefetch(i, rowChunk);
  Value k = arith::MulIOp::create(b, i, index(row.layout.chunkCols()));
  VectorType byteType = getByteType(row, b.getContext());
  SmallVector<Values> planes;
  for (int64_t part = 0; part < form.parts; ++part) {
    int64_t at = part * row.registerBytes;
    Value chunk = plus(rowChunk, at / kChunkBytes);
    Value bytes = vector::LoadOp::create(
        b, byteType, operands.w,
        ValueRange{block, i, chunk, index(at % kChunkBytes)});
    planes.push_back(emitPlanes(b, row, bytes));
  }
  size_t slots = slotShifts.size();
  for (auto [f, field] : llvm::enumerate(form.fields)) {
    Values codes;
    for (const Values &part : planes)
      codes.push_back(emitDecode(b, part[field.plane], field));
    for (int64_t r = 0; r < rows; ++r) {
      LhsValues lhs = emitLhs(b, row, operands.x, plus(m, r), k, f);
      for (auto [part, code] : llvm::enumerate(codes)) {
        Value &acc = accs[(r * form.parts + part) * slots + slotOfField[f]];
        acc = emitDot(b, row, acc, code, lhs);
      }
    }
  }
}

TileEmitter::Values TileEmitter::fold(const Values &accs) {
  Values results;
  size_t slots = slotShifts.size();
  for (size_t i = 0; i < accs.size(); i += slots)
    results.push_back(
        emitFold(b, row, ValueRange(accs).slice(i, slots), slotShifts));
  return results;
}

/// Codes are W + 1, so the sum of the activations is one W too many.
void TileEmitter::store(const Values &results, Value rowChunk) {
  VectorType type = getResultType(row, b.getContext());
  Value first = arith::MulIOp::create(b, block, index(row.layout.blockRows()));
  Value inBlock =
      arith::MulIOp::create(b, rowChunk, index(PackedLayout::kChunkRows));
  first = arith::AddIOp::create(b, first, inBlock);
  for (int64_t r = 0; r < rows; ++r) {
    Value line = plus(m, r), sum;
    if (operands.sums) {
      Value scalar = memref::LoadOp::create(b, operands.sums, line);
      sum = vector::BroadcastOp::create(b, type, scalar);
    }
    for (int64_t part = 0; part < form.parts; ++part) {
      Value v = results[r * form.parts + part];
      if (sum)
        v = arith::SubIOp::create(b, v, sum);
      vector::StoreOp::create(
          b, v, operands.y,
          ValueRange{line, plus(first, part * row.registerBytes / 4)});
    }
  }
}
