//===- StreamShape.cpp - streams that move values, and reductions ---------===//
//
// Streams that give values of other streams in another order, and reductions,
// which read their operand once when they are made.
//
//===----------------------------------------------------------------------===//

#include "StreamTable.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

namespace {
/// The same values in the same order under another shape.
class Reshape final : public Stream {
public:
  Reshape(StreamRef operand, ArrayRef<int64_t> shape)
      : Stream(shape, operand->element), operand(std::move(operand)) {
    cost = this->operand->cost + 1;
  }
  void read(int64_t begin, MutableArrayRef<double> out) override {
    operand->read(begin, out);
  }
  void readBytes(int64_t begin, MutableArrayRef<uint8_t> out) override {
    operand->readBytes(begin, out);
  }
  void describe(Origin &origin) const override { operand->describe(origin); }

private:
  StreamRef operand;
};

/// Elements narrower than a byte inside bytes that are themselves a stream.
class Bits final : public Stream {
public:
  Bits(StreamRef bytes, ArrayRef<int64_t> shape, Type element)
      : Stream(shape, element), bytes(std::move(bytes)),
        bits(element.getIntOrFloatBitWidth()) {}
  void read(int64_t begin, MutableArrayRef<double> out) override {
    int64_t perByte = 8 / bits, first = begin / perByte;
    int64_t last = (begin + int64_t(out.size()) - 1) / perByte;
    std::vector<double> raw(last - first + 1);
    bytes->read(first, raw);
    unsigned mask = (1u << bits) - 1;
    unsigned sign = element.isUnsignedInteger() ? 0 : 1u << (bits - 1);
    for (auto [i, value] : llvm::enumerate(out)) {
      int64_t at = begin + int64_t(i);
      unsigned byte = unsigned(int(raw[at / perByte - first])) & 255;
      unsigned code = (byte >> (at % perByte * bits)) & mask;
      value = double(int(code ^ sign) - int(sign));
    }
  }
  void describe(Origin &origin) const override { bytes->describe(origin); }

private:
  StreamRef bytes;
  unsigned bits;
};

/// Values that come in runs of consecutive values of some operand. `locate`
/// maps a position to (operand, position there, length of the run).
class Gathered : public Stream {
public:
  Gathered(ArrayRef<int64_t> shape, ArrayRef<StreamRef> operands)
      : Stream(shape, operands.front()->element), operands(operands) {
    for (const StreamRef &operand : operands)
      cost = std::max(cost, operand->cost + 1);
  }
  void read(int64_t begin, MutableArrayRef<double> out) override {
    gather(begin, out, &Stream::read);
  }
  void readBytes(int64_t begin, MutableArrayRef<uint8_t> out) override {
    gather(begin, out, &Stream::readBytes);
  }
  void describe(Origin &origin) const final {
    for (const StreamRef &operand : operands)
      operand->describe(origin);
  }

protected:
  struct Run {
    unsigned operand;
    int64_t begin, length;
  };
  /// The run that value `at` of the result is in, from `at` on.
  virtual Run locate(int64_t at) const = 0;

  template <typename T>
  using Reader = void (Stream::*)(int64_t, MutableArrayRef<T>);
  template <typename T>
  void gather(int64_t begin, MutableArrayRef<T> out, Reader<T> reader) const {
    while (!out.empty()) {
      Run run = locate(begin);
      int64_t count = std::min<int64_t>(run.length, int64_t(out.size()));
      (*operands[run.operand].*reader)(run.begin, out.take_front(count));
      out = out.drop_front(count);
      begin += count;
    }
  }
  SmallVector<StreamRef> operands;
};

/// A run is as long as one operand's part of the axis and everything inside of
/// it; `widths` are these lengths, and `width` is their sum.
class Concat final : public Gathered {
public:
  Concat(ArrayRef<int64_t> shape, ArrayRef<StreamRef> operands, int64_t axis)
      : Gathered(shape, operands) {
    for (const StreamRef &operand : operands)
      widths.push_back(countOf(ArrayRef(operand->shape).drop_front(axis)));
    width = countOf(ArrayRef(shape).drop_front(axis));
  }
  void read(int64_t begin, MutableArrayRef<double> out) override {
    isNarrow() ? interleave(begin, out, &Stream::read)
               : gather(begin, out, &Stream::read);
  }
  void readBytes(int64_t begin, MutableArrayRef<uint8_t> out) override {
    isNarrow() ? interleave(begin, out, &Stream::readBytes)
               : gather(begin, out, &Stream::readBytes);
  }

private:
  /// Whether runs are so short that a call for each costs more than reading a
  /// piece of each operand and distributing it. Pieces have to stay small, so
  /// that widths of kChunk and more are not interleaved.
  bool isNarrow() const {
    return width < int64_t(operands.size()) * 16 && width < kChunk;
  }
  /// Reads each operand in one piece.
  template <typename T>
  void interleave(int64_t begin, MutableArrayRef<T> out,
                  Reader<T> reader) const {
    int64_t end = begin + int64_t(out.size());
    int64_t first = begin / width, last = (end + width - 1) / width;
    std::vector<T> piece;
    int64_t offset = first * width - begin;
    for (auto [operand, count] : llvm::zip_equal(operands, widths)) {
      piece.resize((last - first) * count);
      (*operand.*reader)(first *count, piece);
      for (int64_t outer = 0; outer != last - first; ++outer)
        for (int64_t i = 0; i != count; ++i)
          if (int64_t to = offset + outer * width + i;
              to >= 0 && to < int64_t(out.size()))
            out[to] = piece[outer * count + i];
      offset += count;
    }
  }
  Run locate(int64_t at) const override {
    int64_t outer = at / width, rest = at % width;
    unsigned i = 0;
    for (; rest >= widths[i]; ++i)
      rest -= widths[i];
    return {i, outer * widths[i] + rest, widths[i] - rest};
  }
  SmallVector<int64_t> widths;
  int64_t width;
};

/// A run is one row: everything behind dimension 0. `rows` has an entry for
/// each row of the result.
class Rows final : public Gathered {
public:
  Rows(ArrayRef<int64_t> shape, ArrayRef<StreamRef> operands,
       std::vector<std::pair<unsigned, int64_t>> rows)
      : Gathered(shape, operands), rows(std::move(rows)),
        width(countOf(ArrayRef(shape).drop_front())) {}

private:
  Run locate(int64_t at) const override {
    auto [operand, row] = rows[at / width];
    return {operand, row * width + at % width, width - at % width};
  }
  std::vector<std::pair<unsigned, int64_t>> rows;
  int64_t width;
};

/// Columns `first` on of each row of the operand: a run is what is kept of one
/// row.
class Columns final : public Gathered {
public:
  Columns(ArrayRef<int64_t> shape, StreamRef operand, int64_t first)
      : Gathered(shape, {operand}), first(first), width(shape.back()),
        sourceWidth(operand->shape.back()) {}

private:
  Run locate(int64_t at) const override {
    int64_t column = at % width;
    return {0, at / width * sourceWidth + first + column, width - column};
  }
  int64_t first, width, sourceWidth;
};
} // namespace

/// A table takes the new shape itself, because splitBytes looks for tables: a
/// Reshape around one would hide it.
StreamRef fold::makeReshape(StreamRef operand, ArrayRef<int64_t> shape) {
  if (llvm::any_of(shape, [](int64_t dim) { return dim < 1; }) ||
      countOf(shape) != operand->size)
    return nullptr;
  if (auto *table = dynamic_cast<Table *>(operand.get()))
    return table->reshaped(shape);
  return std::make_shared<Reshape>(std::move(operand), shape);
}

StreamRef fold::makeBits(StreamRef bytes, ArrayRef<int64_t> shape,
                         Type element) {
  return std::make_shared<Bits>(std::move(bytes), shape, element);
}

/// Null when operands differ in type, in rank, or in a dim other than that of
/// the axis.
StreamRef fold::makeConcat(ArrayRef<StreamRef> operands, int64_t axis) {
  SmallVector<int64_t> shape(operands.front()->shape);
  if (axis < 0 || axis >= int64_t(shape.size()))
    return nullptr;
  shape[axis] = 0;
  for (const StreamRef &operand : operands) {
    SmallVector<int64_t> other(operand->shape);
    if (other.size() != shape.size() ||
        operand->element != operands.front()->element)
      return nullptr;
    shape[axis] += other[axis];
    other[axis] = shape[axis];
    if (other != shape)
      return nullptr;
  }
  return std::make_shared<Concat>(shape, operands, axis);
}

/// The callers have checked that each row exists and that operands agree in all
/// dims behind the first.
StreamRef fold::makeRows(ArrayRef<StreamRef> operands,
                         std::vector<std::pair<unsigned, int64_t>> rows) {
  SmallVector<int64_t> shape(operands.front()->shape);
  shape[0] = int64_t(rows.size());
  return std::make_shared<Rows>(shape, operands, std::move(rows));
}

StreamRef fold::makeColumns(StreamRef operand, int64_t begin, int64_t end) {
  SmallVector<int64_t> shape(operand->shape);
  if (shape.empty() || begin < 0 || end > shape.back() || begin >= end)
    return nullptr;
  shape.back() = end - begin;
  return std::make_shared<Columns>(shape, std::move(operand), begin);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// The total with one more value. NaN wins for a maximum and a minimum, as in
/// ONNX; a total that is NaN stays so, since no comparison with it is true.
static double combine(ReduceKind kind, double total, double value) {
  switch (kind) {
  case ReduceKind::Max:
    return value > total || std::isnan(value) ? value : total;
  case ReduceKind::Min:
    return value < total || std::isnan(value) ? value : total;
  default:
    return total + value;
  }
}

/// What a reduction of no elements gives, which `combine` starts from.
static double startOf(ReduceKind kind) {
  if (kind == ReduceKind::Max)
    return -INFINITY;
  return kind == ReduceKind::Min ? INFINITY : 0.0;
}

namespace {
/// Strides of the result per operand dimension: 0 along reduced axes.
struct ReducePlan {
  SmallVector<int64_t> shape, strides;
  int64_t count = 1, reduced = 1;

  ReducePlan(ArrayRef<int64_t> operand, ArrayRef<int64_t> axes, bool keepDims)
      : strides(operand.size(), 0) {
    for (int64_t d = int64_t(operand.size()) - 1; d >= 0; --d) {
      bool isReduced = llvm::is_contained(axes, d);
      if (!isReduced || keepDims)
        shape.insert(shape.begin(), isReduced ? 1 : operand[d]);
      if (isReduced) {
        reduced *= operand[d];
        continue;
      }
      strides[d] = count;
      count *= operand[d];
    }
  }
  /// Where in the result the first element of row `row` of the operand goes.
  int64_t offset(ArrayRef<int64_t> operand, int64_t row) const {
    int64_t result = 0;
    for (int64_t d = int64_t(operand.size()) - 2; d >= 0; --d) {
      result += row % operand[d] * strides[d];
      row /= operand[d];
    }
    return result;
  }
};
} // namespace

/// Accumulates in f64 in the order of the stream and rounds once at the end; a
/// mean divides before that. So a mean of f32 weights does not depend on how
/// many threads or which CPU compute it (w_c1).
StreamRef fold::makeReduce(ReduceKind kind, Stream &operand,
                           ArrayRef<int64_t> axes, bool keepDims) {
  ReducePlan plan(operand.shape, axes, keepDims);
  std::vector<double> totals(plan.count, startOf(kind));
  // One run of the last dimension at a time: within it the results are `stride`
  // apart, 0 when the dimension is reduced.
  int64_t inner = operand.shape.empty() ? 1 : operand.shape.back();
  int64_t stride = plan.strides.empty() ? 0 : plan.strides.back();
  std::vector<double> chunk(kChunk);
  for (int64_t begin = 0; begin < operand.size;) {
    int64_t column = begin % inner;
    int64_t run = std::min({inner - column, operand.size - begin, kChunk});
    operand.read(begin, MutableArrayRef(chunk).take_front(run));
    double *total = totals.data() + plan.offset(operand.shape, begin / inner) +
                    column * stride;
    for (int64_t i = 0; i != run; ++i)
      total[i * stride] = combine(kind, total[i * stride], chunk[i]);
    begin += run;
  }
  if (kind == ReduceKind::Mean)
    for (double &total : totals)
      total /= double(plan.reduced);
  roundTo(operand.element, totals);
  Origin origin;
  operand.describe(origin);
  return makeBuffer(plan.shape, operand.element, totals, origin);
}
