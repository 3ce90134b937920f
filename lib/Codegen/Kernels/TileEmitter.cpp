//===- TileEmitter.cpp - one tile of a kernel: the loop over K ------------===//
//
// A tile holds rows * parts accumulators (times the scales of the form) in
// registers and goes over K once per pass. Forms with slices call emitInit,
// then emitSlice for each slice, so that sums live in y between slices; others
// emit.
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t kChunkBytes = PackedLayout::kChunkBytes;
/// Locality of memref.prefetch: all caches, all but the first.
static constexpr unsigned kFirstCache = 3, kSecondCache = 2;

void mlir::bitnet::emitPrefetches(ImplicitLocOpBuilder &b,
                                  const Prefetch &prefetch,
                                  const TileOperands &operands,
                                  ChunkPosition position, int64_t count) {
  auto index = [&](int64_t v) -> Value {
    return arith::ConstantIndexOp::create(b, v);
  };
  auto ask = [&](Value ahead, unsigned cache) {
    Value column = arith::AddIOp::create(b, position.column, ahead);
    for (int64_t chunk = 0; chunk < count; ++chunk) {
      Value rowChunk =
          arith::AddIOp::create(b, position.rowChunk, index(chunk));
      memref::PrefetchOp::create(
          b, operands.w, ValueRange{position.block, column, rowChunk, index(0)},
          /*isWrite=*/false, /*localityHint=*/cache, /*isDataCache=*/true);
    }
  };
  if (prefetch.near != PerCore{0, 0, 0})
    ask(emitPerCore(b, operands.core, prefetch.near), kFirstCache);
  if (prefetch.far != PerCore{0, 0, 0})
    ask(emitPerCore(b, operands.core, prefetch.far), kSecondCache);
}

TileEmitter::TileEmitter(ImplicitLocOpBuilder &b, const KernelRow &row,
                         const LoopForm &form, int64_t rows,
                         const TileOperands &operands, Value m, Value block)
    : b(b), row(row), layout(row.layout), form(form), dot(form.dot), rows(rows),
      operands(operands), m(m), block(block) {
  // Fields of one scale share an accumulator, unless they ask to be apart.
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

/// A register may be a part of a chunk, or a whole one.
int64_t TileEmitter::passChunks() const {
  return form.parts * dot.registerBytes / kChunkBytes;
}

void TileEmitter::emit() {
  forEachPass([&](Value rowChunk) {
    Values totals = fold(emitLoop(index(0), operands.chunks, rowChunk));
    store(rowChunk, [&](int64_t i, Value line, Value) -> Value {
      if (!operands.sums)
        return totals[i];
      return arith::SubIOp::create(b, totals[i], loadSums(line));
    });
  });
}

void TileEmitter::emitInit() {
  Value zero = emitSplat(b, getResultType(dot, b.getContext()), 0);
  forEachPass([&](Value rowChunk) {
    store(rowChunk, [&](int64_t, Value line, Value) -> Value {
      return arith::SubIOp::create(b, zero, loadSums(line));
    });
  });
}

void TileEmitter::emitSlice(Value low, Value high) {
  VectorType type = getResultType(dot, b.getContext());
  sliceLow = low;
  forEachPass([&](Value rowChunk) {
    Values parts = fold(emitLoop(low, high, rowChunk));
    store(rowChunk, [&](int64_t i, Value line, Value column) -> Value {
      Value y =
          vector::LoadOp::create(b, type, operands.y, ValueRange{line, column});
      return arith::AddIOp::create(b, y, parts[i]);
    });
  });
}

void TileEmitter::emitPanel(Value i, Value line) {
  forEachPass([&](Value rowChunk) {
    emitPrefetches(b, form.prefetch, operands, {block, i, rowChunk},
                   passChunks());
    for (int64_t part = 0; part < form.parts; ++part) {
      Values planes =
          emitPlanes(b, row, loadPart(operands.w, {block, i}, rowChunk, part));
      int64_t at = part * dot.registerBytes;
      for (auto [f, field] : llvm::enumerate(form.fields))
        vector::StoreOp::create(
            b, emitDecode(b, planes[field.plane], field), operands.panel,
            ValueRange{line, index(f), plus(rowChunk, at / kChunkBytes),
                       index(at % kChunkBytes)});
    }
  });
}

/// Calls `body` for each run of chunks of the block that one pass covers.
void TileEmitter::forEachPass(llvm::function_ref<void(Value)> body) {
  if (passChunks() == layout.blockChunks)
    return body(index(0));
  auto loop = scf::ForOp::create(b, index(0), index(layout.blockChunks),
                                 index(passChunks()));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

/// The loop over chunk columns low..high; returns its accumulators.
TileEmitter::Values TileEmitter::emitLoop(Value low, Value high,
                                          Value rowChunk) {
  Values init(numAccs(), emitSplat(b, getAccType(dot, b.getContext()), 0));
  auto loop = scf::ForOp::create(b, low, high, index(1), init);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values accs(loop.getRegionIterArgs());
  emitChunk(loop.getInductionVar(), rowChunk, accs);
  scf::YieldOp::create(b, accs);
  return Values(loop.getResults());
}

//===----------------------------------------------------------------------===//
// One chunk column
//===----------------------------------------------------------------------===//

/// Loads register `part` of the packed bytes at `lead`, from chunk `rowChunk`
/// on.
Value TileEmitter::loadPart(Value source, ValueRange lead, Value rowChunk,
                            int64_t part) {
  int64_t at = part * dot.registerBytes;
  SmallVector<Value> indices(lead);
  indices.push_back(plus(rowChunk, at / kChunkBytes));
  indices.push_back(index(at % kChunkBytes));
  return vector::LoadOp::create(b, getByteType(dot, b.getContext()), source,
                                indices);
}

/// One iteration: prefetch, unpack (unless a panel has the codes), multiply.
void TileEmitter::emitChunk(Value i, Value rowChunk, Values &accs) {
  if (!form.panel)
    emitPrefetches(b, form.prefetch, operands, {block, i, rowChunk},
                   passChunks());
  Value k = arith::MulIOp::create(b, i, index(layout.chunkCols()));
  SmallVector<Values> planes;
  Value line;
  if (form.panel)
    line = arith::SubIOp::create(b, i, sliceLow);
  else
    for (int64_t part = 0; part < form.parts; ++part)
      planes.push_back(
          emitPlanes(b, row, loadPart(operands.w, {block, i}, rowChunk, part)));
  auto codes = [&](int64_t field, int64_t part) -> Value {
    if (form.panel)
      return loadPart(operands.panel, {line, index(field)}, rowChunk, part);
    FieldDecode decode = form.fields[field];
    return emitDecode(b, planes[part][decode.plane], decode);
  };
  if (dot.form == DotForm::Dot8Pairs)
    emitPairDots(k, codes, accs);
  else
    emitDots(k, codes, accs);
}

/// All rows of the tile use the codes of a field while they are in registers.
void TileEmitter::emitDots(Value k, CodeSource codes, Values &accs) {
  size_t slots = slotShifts.size();
  for (int64_t f = 0, e = form.fields.size(); f < e; ++f) {
    Values code;
    for (int64_t part = 0; part < form.parts; ++part)
      code.push_back(codes(f, part));
    for (int64_t r = 0; r < rows; ++r) {
      LhsValues lhs = emitLhs(b, dot, operands.x, plus(m, r), k, f);
      for (int64_t part = 0; part < form.parts; ++part) {
        Value &acc = accs[(r * form.parts + part) * slots + slotOfField[f]];
        acc = emitDot(b, dot, acc, code[part], lhs);
      }
    }
  }
}

/// Two fields and two rows of activations at a time: those of r hold weight
/// rows 0 and 1 of a register for both, those of r + 1 rows 2 and 3.
void TileEmitter::emitPairDots(Value k, CodeSource codes, Values &accs) {
  for (int64_t f = 0, e = form.fields.size(); f < e; f += 2) {
    Values lhs;
    for (int64_t r = 0; r < rows; r += 2)
      lhs.push_back(
          emitPairLhs(b, operands.x, plus(m, r), plus(m, r + 1), k, f));
    for (int64_t part = 0; part < form.parts; ++part) {
      PairCodes pair = emitPairCodes(b, codes(f, part), codes(f + 1, part));
      for (int64_t r = 0; r < rows; r += 2) {
        Value &low = accs[r * form.parts + part];
        Value &high = accs[(r + 1) * form.parts + part];
        low = emitDot(b, dot, low, pair.low, {lhs[r / 2]});
        high = emitDot(b, dot, high, pair.high, {lhs[r / 2]});
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// After the loop
//===----------------------------------------------------------------------===//

/// Folds accumulators to one vector at scale 1 for each row and register.
TileEmitter::Values TileEmitter::fold(Values accs) {
  if (dot.form == DotForm::Dot8Pairs)
    for (int64_t r = 0; r < rows; r += 2)
      for (int64_t part = 0; part < form.parts; ++part)
        emitUnzip(b, accs[r * form.parts + part],
                  accs[(r + 1) * form.parts + part]);
  Values results;
  size_t slots = slotShifts.size();
  for (size_t i = 0; i < accs.size(); i += slots)
    results.push_back(
        emitFold(b, dot, ValueRange(accs).slice(i, slots), slotShifts));
  return results;
}

/// Codes are W + 1, so the sum of the activations is one W too many.
Value TileEmitter::loadSums(Value line) {
  Value scalar = memref::LoadOp::create(b, operands.sums, line);
  return vector::BroadcastOp::create(b, getResultType(dot, b.getContext()),
                                     scalar);
}

/// Stores to y[line, column ..] for each row and register of the tile.
void TileEmitter::store(
    Value rowChunk, llvm::function_ref<Value(int64_t, Value, Value)> value) {
  Value first = arith::MulIOp::create(b, block, index(layout.blockRows()));
  Value inBlock =
      arith::MulIOp::create(b, rowChunk, index(PackedLayout::kChunkRows));
  first = arith::AddIOp::create(b, first, inBlock);
  for (int64_t r = 0; r < rows; ++r) {
    Value line = plus(m, r);
    for (int64_t part = 0; part < form.parts; ++part) {
      Value column = plus(first, part * dot.registerBytes / 4);
      Value v = value(r * form.parts + part, line, column);
      vector::StoreOp::create(b, v, operands.y, ValueRange{line, column});
    }
  }
}
