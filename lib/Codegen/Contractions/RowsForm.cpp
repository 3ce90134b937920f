//===- RowsForm.cpp - products whose operands are contiguous along k ------===//
//
// Each element of the result has 16 partial sums, one for each k mod 16, which
// are one vector register. A tile is some rows of a by some rows of b; when all
// of k is done, the lanes of each accumulator are added in the order of mm_c5.
//
//===----------------------------------------------------------------------===//

#include "ContractionKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

using Values = LoopBuilder::Values;

/// Halves of each of `groups` equal runs of lanes of x and y: the first ones
/// or the second ones.
static Value takeHalves(LoopBuilder &b, Value x, Value y, int64_t groups,
                        bool second) {
  int64_t lanes = cast<VectorType>(x.getType()).getNumElements();
  int64_t run = lanes / groups, half = run / 2;
  SmallVector<int64_t> pick;
  int64_t total = x == y ? groups : 2 * groups;
  for (int64_t group = 0; group < total; ++group)
    for (int64_t i = 0; i < half; ++i)
      pick.push_back(group * run + (second ? half : 0) + i);
  return vector::ShuffleOp::create(b, x, y, pick);
}

/// Lane i is the sum of sums[i]: lanes j and j + 8 are added, then 4 apart,
/// then 2, then 1 (mm_c5). Neighbours share vectors as soon as they can.
static Value addLanes(LoopBuilder &b, Values sums) {
  int64_t groups = 1;
  for (int64_t run = kLanes; run > 1; run /= 2) {
    Values next;
    bool pairs = sums.size() > 1;
    for (size_t i = 0; i < sums.size(); i += pairs ? 2 : 1) {
      Value x = sums[i], y = pairs ? sums[i + 1] : x;
      next.push_back(b.addFloats(takeHalves(b, x, y, groups, false),
                                 takeHalves(b, x, y, groups, true)));
    }
    groups *= pairs ? 2 : 1;
    sums = std::move(next);
  }
  return sums.front();
}

/// A strip of rows of a, which stays in the first-level cache while all rows of
/// b pass: this many bytes, but not fewer rows than these.
static constexpr int64_t kBlockBytes = 24 * 1024, kBlockRows = 32;
/// Rows of b up to this long are asked for four tiles ahead instead of one.
static constexpr int64_t kShortDepth = 512;

namespace {
/// Emits one product with tiles of `rows` rows of a by `columns` rows of b.
class RowsEmitter {
public:
  RowsEmitter(LoopBuilder &b, const MatrixProduct &p, int64_t rows,
              int64_t columns)
      : b(b), p(p), rows(rows), columns(columns), zero(b.index(0)) {}

  void emit();

private:
  void emitLine(Value first, Value last, Value line);
  void emitTile(Value m, Value n, bool prefetches);
  Values emitStep(Value k, ValueRange sums, Tail tail, bool prefetches);
  void emitStore(Value m, Value n, Value sums);

  LoopBuilder &b;
  MatrixProduct p;
  int64_t rows, columns;
  Value zero;
  /// How many rows of b ahead memory is asked for; when they are short, there
  /// are many.
  Value ahead;
  Values rowsOfA, rowsOfB;
};
} // namespace

/// Rows of b are read from memory once, and then from a cache for each further
/// strip of rows of a, which itself stays in the first-level cache. 16 columns
/// of c, one cache line, are finished together: were they not, lines of many
/// rows of c might compete for one place in the cache.
void RowsEmitter::emit() {
  Value isShort = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, p.depth,
                                        b.index(kShortDepth));
  ahead = arith::SelectOp::create(b, isShort, b.index(4 * columns),
                                  b.index(columns));
  Value fitting =
      b.div(b.index(kBlockBytes / sizeof(float)), b.max(p.depth, b.index(1)));
  Value block = b.max(b.floorTo(fitting, rows), b.index(kBlockRows));
  Value blocks = b.div(b.add(p.rows, b.add(block, -1)), block);
  b.loop(zero, blocks, 1, [&](Value i) {
    Value first = b.mul(i, block), last = b.min(b.add(first, block), p.rows);
    b.loop(zero, p.columns, kLanes,
           [&](Value line) { emitLine(first, last, line); });
  });
}

/// The first tile of rows of a reads rows of b from memory, so it asks for them
/// ahead: each row ends before the CPU's own prefetcher has caught up with it.
/// A single row of a with f32 weights needs no request, because then long rows
/// of b follow one another without a pause.
void RowsEmitter::emitLine(Value first, Value last, Value line) {
  Value end = b.min(b.add(line, kLanes), p.columns);
  b.loop(line, end, columns, [&](Value n) {
    emitTile(first, n, /*prefetches=*/rows > 1 || b.isNarrow(p.b));
  });
  if (rows == 1)
    return;
  b.loop(b.add(first, rows), last, rows, [&](Value m) {
    b.loop(line, end, columns,
           [&](Value n) { emitTile(m, n, /*prefetches=*/false); });
  });
}

/// One tile: the loop over whole vectors of k, then the rest of k by a masked
/// step. A tile that reaches beyond the last row of a or b repeats that row,
/// and what it computes for it is not stored.
void RowsEmitter::emitTile(Value m, Value n, bool prefetches) {
  rowsOfA.clear(), rowsOfB.clear();
  for (int64_t i = 0; i < rows; ++i)
    rowsOfA.push_back(b.min(b.add(m, i), b.add(p.rows, -1)));
  for (int64_t i = 0; i < columns; ++i)
    rowsOfB.push_back(b.min(b.add(n, i), b.add(p.columns, -1)));
  Value even = b.floorTo(p.depth, kLanes);
  Values init(rows * columns, b.zeros());
  Values sums =
      b.reduce(zero, even, kLanes, init, [&](Value k, ValueRange accs) {
        return emitStep(k, accs, Tail(), prefetches);
      });
  Tail tail = b.tail(b.sub(p.depth, even));
  sums = b.reduce(even, p.depth, kLanes, sums, [&](Value k, ValueRange accs) {
    return emitStep(k, accs, tail, /*prefetches=*/false);
  });
  emitStore(m, n, addLanes(b, sums));
}

/// Sums are in the order of c: row by row.
Values RowsEmitter::emitStep(Value k, ValueRange sums, Tail tail,
                             bool prefetches) {
  Values lhs, rhs, next;
  for (Value row : rowsOfA)
    lhs.push_back(b.load(p.a, row, k, tail));
  for (Value row : rowsOfB) {
    rhs.push_back(b.load(p.b, row, k, tail));
    if (prefetches)
      b.prefetch(p.b, b.add(row, ahead), k);
  }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      next.push_back(b.multiplyAdd(lhs[i], rhs[j], sums[i * columns + j]));
  return next;
}

/// Adds lanes [i * columns, (i + 1) * columns) to row m + i of c, which is 0
/// where it is fresh.
void RowsEmitter::emitStore(Value m, Value n, Value sums) {
  for (int64_t i = 0; i < rows; ++i) {
    Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                         b.add(m, i), p.rows);
    Value count = arith::SelectOp::create(b, inside, b.sub(p.columns, n), zero);
    Tail tail = b.tail(count, columns);
    Value run = vector::ExtractStridedSliceOp::create(
        b, sums, ArrayRef<int64_t>{i * columns}, ArrayRef<int64_t>{columns},
        ArrayRef<int64_t>{1});
    Values old = b.choose(
        p.fresh, [&] { return Values{b.zeros(columns)}; },
        [&] { return Values{b.load(p.c, rowsOfA[i], n, tail, columns)}; });
    b.store(b.addFloats(old.front(), run), p.c, rowsOfA[i], n, tail);
  }
}

void bitnet::emitRowsForm(LoopBuilder &b, const RegisterTile &tile,
                          const MatrixProduct &product) {
  Value single = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                       product.rows, b.index(1));
  b.branch(
      single, [&] { RowsEmitter(b, product, 1, tile.vectorColumns).emit(); },
      [&] { RowsEmitter(b, product, tile.dotRows, tile.dotColumns).emit(); });
}
