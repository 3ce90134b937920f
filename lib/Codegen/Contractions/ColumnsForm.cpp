//===- ColumnsForm.cpp - products whose rhs is contiguous along n ---------===//
//
// Each element of the result is one chain of additions in the order of k
// (mm_c5), so a vector is 16 neighbouring columns of one row. Three loops do
// this: panels (many rows: b is copied to a panel that all tiles read), tiles
// straight from b (few rows and columns, attention) and streaming (fewer rows
// than a panel needs: b is read once, and sums live in c, in the cache).
//
//===----------------------------------------------------------------------===//

#include "ContractionKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;

using Values = LoopBuilder::Values;

/// Fewer rows than this do not repay a panel.
static constexpr int64_t kPanelRows = 6;
/// Rows of b up to this long follow each other closely enough to be read in
/// pieces of a tile; that many rows of it are asked for ahead.
static constexpr int64_t kNarrowColumns = 128, kNarrowAhead = 16;
/// Streaming: rows of b that are added to c at a time, columns of c that stay
/// in the first-level cache meanwhile, and vectors that are independent.
static constexpr int64_t kStreamDepth = 8, kStreamColumns = 1024,
                         kStreamVectors = 4;

namespace {
/// The members are what the loops of one product share. `n` counts columns of b
/// and c, `column` columns of the panel.
class ColumnsEmitter {
public:
  ColumnsEmitter(LoopBuilder &b, const RegisterTile &tile,
                 const MatrixProduct &p)
      : b(b), tile(tile), p(p), zero(b.index(0)) {}

  void emitPanels();
  void emitNarrow();
  void emitStream(bool prefetches);

private:
  void emitSlices(function_ref<void(Value k, Value depth)> body);
  void emitPack(Value k, Value depth, Value n, Value width);
  void emitTiles(Value k, Value depth, Value n, Value width, bool packed);
  void emitTile(Value k, Value depth, Value n, Value column, int64_t vectors,
                bool packed);
  Value loadRight(Value k, Value i, Value column, Value n, Value left,
                  bool packed, bool whole);
  void emitStreamZeros(Value n, Value end);
  void emitStreamRows(Value n, Value width, Value k, int64_t depth,
                      bool prefetches);
  void emitStreamVectors(Value m, ArrayRef<Value> lhs, Value n, Value k,
                         int64_t vectors, Tail tail);

  LoopBuilder &b;
  RegisterTile tile;
  MatrixProduct p;
  Value zero;
  /// Whether c holds nothing yet in this slice of k.
  Value fresh;
};
} // namespace

/// The loop over slices of k that fit the panel, in ascending order. It runs at
/// least once, because a product without terms still has zeros as its result.
void ColumnsEmitter::emitSlices(function_ref<void(Value k, Value depth)> body) {
  Value end = b.max(p.depth, b.index(1));
  b.loop(zero, end, kPanelDepth, [&](Value k) {
    Value first = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, k, zero);
    fresh = arith::AndIOp::create(b, p.fresh, first);
    body(k, b.min(b.sub(p.depth, k), b.index(kPanelDepth)));
  });
}

/// Panels of b, made contiguous, times tiles of rows of a.
void ColumnsEmitter::emitPanels() {
  emitSlices([&](Value k, Value depth) {
    b.loop(zero, p.columns, kWorkColumns, [&](Value n) {
      Value width = b.min(b.sub(p.columns, n), b.index(kWorkColumns));
      emitPack(k, depth, n, width);
      emitTiles(k, depth, n, width, /*packed=*/true);
    });
  });
}

/// The same without panels, for few rows, such as attention's probabilities
/// times its values.
void ColumnsEmitter::emitNarrow() {
  emitSlices([&](Value k, Value depth) {
    emitTiles(k, depth, zero, p.columns, /*packed=*/false);
  });
}

/// The panel holds f32, and zeros beyond the last column.
void ColumnsEmitter::emitPack(Value k, Value depth, Value n, Value width) {
  auto emitRows = [&](ArrayRef<Tail> tails) {
    b.loop(zero, depth, 1, [&](Value i) {
      for (auto [v, tail] : llvm::enumerate(tails)) {
        int64_t at = v * kLanes;
        Value row = b.load(p.b, b.add(k, i), b.add(n, at), tail);
        b.store(row, p.panel, i, b.index(at));
      }
    });
  };
  SmallVector<Tail> tails(kWorkColumns / kLanes);
  Value full = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, width,
                                     b.index(kWorkColumns));
  b.branch(
      full, [&] { emitRows(tails); },
      [&] {
        for (auto [v, tail] : llvm::enumerate(tails))
          tail = b.tail(b.sub(width, b.index(v * kLanes)));
        emitRows(tails);
      });
}

/// The columns of one strip of rows: tiles as wide as registers allow, then
/// single vectors.
void ColumnsEmitter::emitTiles(Value k, Value depth, Value n, Value width,
                               bool packed) {
  Value wide = zero;
  if (tile.vectors > 1) {
    wide = b.floorTo(width, tile.vectors * kLanes);
    b.loop(zero, wide, tile.vectors * kLanes, [&](Value column) {
      emitTile(k, depth, n, column, tile.vectors, packed);
    });
  }
  b.loop(wide, width, kLanes,
         [&](Value column) { emitTile(k, depth, n, column, 1, packed); });
}

/// 16 columns of row k + i of b, `left` of which there are.
Value ColumnsEmitter::loadRight(Value k, Value i, Value column, Value n,
                                Value left, bool packed, bool whole) {
  if (packed)
    return b.load(p.panel, i, column);
  Value row = b.add(k, i), at = b.add(n, column);
  b.prefetch(p.b, b.add(row, kNarrowAhead), at);
  return b.load(p.b, row, at, whole ? Tail() : b.tail(left));
}

/// All rows of c times `vectors` columns of the panel, or of b. Rows beyond the
/// last repeat it and are not stored.
void ColumnsEmitter::emitTile(Value k, Value depth, Value n, Value column,
                              int64_t vectors, bool packed) {
  Value first = b.add(n, column), lastRow = b.add(p.rows, -1);
  Value left = b.sub(p.columns, first);
  b.loop(zero, p.rows, tile.rows, [&](Value m) {
    Values rows;
    SmallVector<Tail> tails;
    for (int64_t r = 0; r < tile.rows; ++r) {
      rows.push_back(b.min(b.add(m, r), lastRow));
      Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                           b.add(m, r), p.rows);
      for (int64_t v = 0; v < vectors; ++v) {
        Value count = b.sub(left, b.index(v * kLanes));
        tails.push_back(
            b.tail(arith::SelectOp::create(b, inside, count, zero)));
      }
    }
    auto loadSums = [&] {
      Values sums;
      // c is read and written once per slice of k; within it sums stay in
      // registers.
      for (auto [i, tail] : llvm::enumerate(tails))
        sums.push_back(b.load(p.c, rows[i / vectors],
                              b.add(first, (i % vectors) * kLanes), tail));
      return sums;
    };
    Values init = b.choose(
        fresh, [&] { return Values(tails.size(), b.zeros()); }, loadSums);
    auto step = [&](Value i, ValueRange accs) {
      Values rhs, next;
      for (int64_t v = 0; v < vectors; ++v)
        rhs.push_back(loadRight(k, i, b.add(column, v * kLanes), n, left,
                                packed, /*whole=*/vectors > 1));
      for (int64_t r = 0; r < tile.rows; ++r) {
        Value lhs = b.splat(p.a, rows[r], b.add(k, i));
        for (int64_t v = 0; v < vectors; ++v)
          next.push_back(b.multiplyAdd(lhs, rhs[v], accs[r * vectors + v]));
      }
      return next;
    };
    Values sums = b.reduce(zero, depth, 1, init, step);
    for (size_t i = 0; i < sums.size(); ++i)
      b.store(sums[i], p.c, rows[i / vectors],
              b.add(first, (i % vectors) * kLanes), tails[i]);
  });
}

/// Few rows: b is read once, in long runs, and added to c a few rows at a time.
void ColumnsEmitter::emitStream(bool prefetches) {
  b.loop(zero, p.columns, kStreamColumns, [&](Value n) {
    Value width = b.min(b.sub(p.columns, n), b.index(kStreamColumns));
    emitStreamZeros(n, b.add(n, width));
    Value deep = b.floorTo(p.depth, kStreamDepth);
    b.loop(zero, deep, kStreamDepth, [&](Value k) {
      emitStreamRows(n, width, k, kStreamDepth, prefetches);
    });
    b.loop(deep, p.depth, 1, [&](Value k) {
      emitStreamRows(n, width, k, 1, /*prefetches=*/false);
    });
  });
}

/// Columns n to `end` of a fresh c; they stay in a cache until they are read.
void ColumnsEmitter::emitStreamZeros(Value n, Value end) {
  Value rows = arith::SelectOp::create(b, p.fresh, p.rows, zero);
  b.loop(zero, rows, 1, [&](Value m) {
    b.loop(n, end, kLanes, [&](Value column) {
      b.store(b.zeros(), p.c, m, column, b.tail(b.sub(end, column)));
    });
  });
}

/// `depth` rows of b from k on times all rows of a.
void ColumnsEmitter::emitStreamRows(Value n, Value width, Value k,
                                    int64_t depth, bool prefetches) {
  Value end = b.add(n, width);
  if (prefetches)
    b.loop(n, end, kLanes, [&](Value column) {
      for (int64_t i = 0; i < depth; ++i)
        b.prefetch(p.b, b.add(k, kNarrowAhead + i), column);
    });
  Value wide = b.add(n, b.floorTo(width, kStreamVectors * kLanes));
  b.loop(zero, p.rows, 1, [&](Value m) {
    Values lhs;
    for (int64_t i = 0; i < depth; ++i)
      lhs.push_back(b.splat(p.a, m, b.add(k, i)));
    b.loop(n, wide, kStreamVectors * kLanes, [&](Value column) {
      emitStreamVectors(m, lhs, column, k, kStreamVectors, Tail());
    });
    b.loop(wide, end, kLanes, [&](Value column) {
      emitStreamVectors(m, lhs, column, k, 1, b.tail(b.sub(end, column)));
    });
  });
}

/// c[m, n ..] += lhs[i] * b[k + i, n ..], i ascending, one vector at a time: c
/// is loaded and stored once for all of `lhs`.
void ColumnsEmitter::emitStreamVectors(Value m, ArrayRef<Value> lhs, Value n,
                                       Value k, int64_t vectors, Tail tail) {
  for (int64_t v = 0; v < vectors; ++v) {
    Value column = b.add(n, v * kLanes);
    Value sum = b.load(p.c, m, column, tail);
    for (auto [i, factor] : llvm::enumerate(lhs)) {
      Value row = b.load(p.b, b.add(k, i), column, tail);
      sum = b.multiplyAdd(factor, row, sum);
    }
    b.store(sum, p.c, m, column, tail);
  }
}

void bitnet::emitColumnsForm(LoopBuilder &b, const RegisterTile &tile,
                             const MatrixProduct &product) {
  ColumnsEmitter emitter(b, tile, product);
  Value few = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, product.rows,
                                    b.index(kPanelRows));
  b.branch(
      few, [&] { emitter.emitStream(/*prefetches=*/false); },
      [&] { emitter.emitPanels(); });
}

void bitnet::emitNarrowForm(LoopBuilder &b, const RegisterTile &tile,
                            const MatrixProduct &product) {
  ColumnsEmitter emitter(b, tile, product);
  Value single = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                       product.rows, b.index(1));
  b.branch(
      single, [&] { emitter.emitStream(/*prefetches=*/true); },
      [&] { emitter.emitNarrow(); });
}

Value bitnet::isNarrowProduct(LoopBuilder &b, Value c) {
  Value few = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                    b.dim(c, kBatchAxes), b.index(kPanelRows));
  Value narrow =
      arith::CmpIOp::create(b, arith::CmpIPredicate::sle,
                            b.dim(c, kBatchAxes + 1), b.index(kNarrowColumns));
  return arith::AndIOp::create(b, few, narrow);
}
