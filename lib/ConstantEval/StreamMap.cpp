//===- StreamMap.cpp - elementwise streams --------------------------------===//
//
// Elementwise operators on streams. Operands as large as the result are read
// along with it; smaller ones are held in memory and repeated by strides.
//
//===----------------------------------------------------------------------===//

#include "StreamTable.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// Rounds half to even without a library call: adding 1.5 * 2^52 leaves no
/// fraction bits in a double. Numbers from 2^51 on, infinities and NaN come
/// back as they are.
static double roundHalfEven(double value) {
  constexpr double kMagic = 6755399441055744.0;
  if (!(std::fabs(value) < 2251799813685248.0))
    return value;
  return std::copysign((value + kMagic) - kMagic, value);
}

/// The loops below compile to vector code: the operator is chosen outside of
/// them.
template <typename Fn> static void each(MutableArrayRef<double> values, Fn fn) {
  for (double &v : values)
    v = fn(v);
}

/// Replaces `values` by the function of each. Identity and Cast do nothing
/// here.
static void applyUnary(MapKind kind, MutableArrayRef<double> values) {
  switch (kind) {
  case MapKind::Abs:
    return each(values, [](double v) { return std::fabs(v); });
  case MapKind::Neg:
    return each(values, [](double v) { return -v; });
  case MapKind::Round:
    return each(values, roundHalfEven);
  case MapKind::Sign:
    return each(values, [](double v) {
      return std::isnan(v) || v == 0 ? v : double(v > 0) - double(v < 0);
    });
  case MapKind::Sqrt:
    return each(values, [](double v) { return std::sqrt(v); });
  case MapKind::Reciprocal:
    return each(values, [](double v) { return 1.0 / v; });
  case MapKind::Floor:
    return each(values, [](double v) { return std::floor(v); });
  case MapKind::Ceil:
    return each(values, [](double v) { return std::ceil(v); });
  case MapKind::Not:
    return each(values, [](double v) { return double(v == 0); });
  case MapKind::Relu:
    return each(values, [](double v) { return v <= 0 ? 0 : v; });
  default: // Identity, Cast: the rounding that follows does the work
    return;
  }
}

/// `a[i]` becomes fn(a[i], b[i]); both have the same length.
template <typename Fn>
static void zip(MutableArrayRef<double> a, ArrayRef<double> b, Fn fn) {
  for (size_t i = 0, e = a.size(); i != e; ++i)
    a[i] = fn(a[i], b[i]);
}

/// The same for functions of integers. buildMap gives these operators integers
/// of at most 32 bits only, which int64 holds with their sign.
template <typename Fn>
static void zipBits(MutableArrayRef<double> a, ArrayRef<double> b, Fn fn) {
  zip(a, b,
      [&](double x, double y) { return double(fn(int64_t(x), int64_t(y))); });
}

/// A shift by more than 63 is undefined in C++, so that its number of bits is
/// masked. The rounding that follows cuts the result to the width of the type.
static void applyBits(MapKind kind, MutableArrayRef<double> a,
                      ArrayRef<double> b) {
  switch (kind) {
  case MapKind::BitwiseAnd:
    return zipBits(a, b, [](int64_t x, int64_t y) { return x & y; });
  case MapKind::BitwiseOr:
    return zipBits(a, b, [](int64_t x, int64_t y) { return x | y; });
  case MapKind::BitwiseXor:
    return zipBits(a, b, [](int64_t x, int64_t y) { return x ^ y; });
  case MapKind::ShiftLeft:
    return zipBits(a, b, [](int64_t x, int64_t y) {
      return int64_t(uint64_t(x) << (y & 63));
    });
  default:
    return zipBits(a, b, [](int64_t x, int64_t y) { return x >> (y & 63); });
  }
}

/// Each `a[i]` becomes the function `kind` of a[i] and b[i], which is not
/// rounded yet.
static void applyBinary(MapKind kind, MutableArrayRef<double> a,
                        ArrayRef<double> b) {
  switch (kind) {
  case MapKind::Add:
    return zip(a, b, [](double x, double y) { return x + y; });
  case MapKind::Sub:
    return zip(a, b, [](double x, double y) { return x - y; });
  case MapKind::Mul:
    return zip(a, b, [](double x, double y) { return x * y; });
  case MapKind::Div:
    return zip(a, b, [](double x, double y) { return x / y; });
  case MapKind::Mod:
    return zip(a, b, [](double x, double y) {
      double rest = std::fmod(x, y);
      return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
    });
  // NaN wins, as in ONNX and numpy.
  case MapKind::Max:
    return zip(a, b,
               [](double x, double y) { return x > y || x != x ? x : y; });
  case MapKind::Min:
    return zip(a, b,
               [](double x, double y) { return x < y || x != x ? x : y; });
  case MapKind::Greater:
    return zip(a, b, [](double x, double y) { return double(x > y); });
  case MapKind::Less:
    return zip(a, b, [](double x, double y) { return double(x < y); });
  case MapKind::GreaterOrEqual:
    return zip(a, b, [](double x, double y) { return double(x >= y); });
  case MapKind::LessOrEqual:
    return zip(a, b, [](double x, double y) { return double(x <= y); });
  case MapKind::Equal:
    return zip(a, b, [](double x, double y) { return double(x == y); });
  case MapKind::And:
    return zip(a, b, [](double x, double y) { return double(x && y); });
  case MapKind::Or:
    return zip(a, b, [](double x, double y) { return double(x || y); });
  case MapKind::Xor:
    return zip(a, b, [](double x, double y) { return double(!x != !y); });
  default:
    return applyBits(kind, a, b);
  }
}

/// Products of integers wrap at the width of their type, which a double could
/// not show for products beyond 2^53.
static void multiply(IntegerType type, MutableArrayRef<double> a,
                     ArrayRef<double> b) {
  zip(a, b, [&](double x, double y) { return multiplyIntegers(x, y, type); });
}

//===----------------------------------------------------------------------===//
// The stream
//===----------------------------------------------------------------------===//

namespace {
/// One operand of a map: read along with the result, or small and held.
struct Operand {
  Type element;
  StreamRef stream;             // null when held
  std::vector<double> held;     // one value, or all values of the operand
  SmallVector<int64_t> strides; // of the held values, per result dimension
  Origin origin;

  bool isScalar() const { return !stream && held.size() == 1; }
};

/// An elementwise function of up to three operands. Each read fetches the same
/// range of all operands, computes in f64, and rounds once to the type of the
/// result. Where rounds nothing, as it only picks values.
class Map final : public Stream {
public:
  Map(MapKind kind, ArrayRef<int64_t> shape, Type element,
      SmallVector<Operand> operands)
      : Stream(shape, element), kind(kind), operands(std::move(operands)) {}

  void read(int64_t begin, MutableArrayRef<double> out) override {
    fetch(operands[0], begin, out);
    if (kind == MapKind::Saturate)
      return saturateTo(cast<IntegerType>(element), operands[0].element, out);
    if (operands.size() == 1) {
      applyUnary(kind, out);
      return roundTo(element, out);
    }
    std::vector<double> second(out.size());
    fetch(operands[1], begin, second);
    auto integer = dyn_cast<IntegerType>(element);
    if (kind == MapKind::Mul && integer) {
      multiply(integer, out, second);
      return roundTo(element, out);
    }
    if (kind != MapKind::Where) {
      applyBinary(kind, out, second);
      return roundTo(element, out);
    }
    std::vector<double> third(out.size());
    fetch(operands[2], begin, third);
    for (size_t i = 0, e = out.size(); i != e; ++i)
      out[i] = out[i] != 0 ? second[i] : third[i];
  }

  void describe(Origin &origin) const override {
    for (const Operand &operand : operands) {
      if (operand.stream)
        operand.stream->describe(origin);
      else
        origin.add(operand.origin);
    }
  }

private:
  void fetch(const Operand &operand, int64_t begin,
             MutableArrayRef<double> out) const {
    if (operand.stream)
      return operand.stream->read(begin, out);
    if (operand.isScalar())
      return llvm::fill(out, operand.held.front());
    // One innermost row at a time: inside it the stride is 0 or 1.
    int64_t inner = shape.back(), stride = operand.strides.back();
    for (int64_t done = 0, count = int64_t(out.size()); done < count;) {
      int64_t at = begin + done, column = at % inner;
      int64_t run = std::min(inner - column, count - done);
      const double *source = operand.held.data() + offset(operand, at / inner);
      for (int64_t i = 0; i != run; ++i)
        out[done + i] = source[(column + i) * stride];
      done += run;
    }
  }

  /// Where row `row` of the result starts in a held operand.
  int64_t offset(const Operand &operand, int64_t row) const {
    int64_t result = 0;
    for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d) {
      result += row % shape[d] * operand.strides[d];
      row /= shape[d];
    }
    return result;
  }

  MapKind kind;
  SmallVector<Operand> operands;
};
} // namespace

/// Broadcasts `result` with `shape` as ONNX does: they are aligned at the end,
/// and a dim of 1 takes the other dim. False when two dims differ and neither
/// is 1; `result` is of no use then.
static bool broadcast(SmallVector<int64_t> &result, ArrayRef<int64_t> shape) {
  while (result.size() < shape.size())
    result.insert(result.begin(), 1);
  size_t lead = result.size() - shape.size();
  for (auto [i, dim] : llvm::enumerate(shape)) {
    int64_t &at = result[lead + i];
    if (at != dim && at != 1 && dim != 1)
      return false;
    at = at == 1 ? dim : at;
  }
  return true;
}

/// An operand of a map is read along with the result if it has as many
/// elements; otherwise it is read here as a whole and repeated by strides, 0
/// along a dimension in which it has one element. So it takes the memory of the
/// smaller operand, for instance of the scales.
static Operand makeOperand(const StreamRef &stream, ArrayRef<int64_t> shape) {
  Operand operand;
  operand.element = stream->element;
  if (stream->size == countOf(shape) && stream->size != 1) {
    operand.stream = stream;
    return operand;
  }
  operand.held = readAll(*stream);
  stream->describe(operand.origin);
  operand.strides.assign(shape.size(), 0);
  int64_t stride = 1, lead = int64_t(shape.size() - stream->shape.size());
  for (int64_t d = int64_t(stream->shape.size()) - 1; d >= 0; --d) {
    operand.strides[lead + d] = stream->shape[d] == 1 ? 0 : stride;
    stride *= stream->shape[d];
  }
  return operand;
}

/// The most streams that one value may visit; chains of real models stay below
/// a hundred.
static constexpr int64_t kMaxCost = 500;

/// Whether the result is larger than every operand and has more than
/// kMaxCreated elements. A result as large as an operand is always accepted:
/// its size is that of what exists already.
static bool isTooLarge(ArrayRef<int64_t> shape, ArrayRef<StreamRef> operands) {
  int64_t count = countOf(shape);
  return count <= 0 || (count > kMaxCreated &&
                        llvm::all_of(operands, [&](const StreamRef &v) {
                          return v->size < count;
                        }));
}

/// The map for operands that broadcast to `shape`. Its cost is the sum of
/// theirs, which doubles at each step of a chain that uses its own values
/// twice; beyond kMaxCost the values are held, and the cost starts at 1 again.
static StreamRef build(MapKind kind, Type element, ArrayRef<int64_t> shape,
                       ArrayRef<StreamRef> operands) {
  SmallVector<Operand> list;
  for (const StreamRef &operand : operands)
    list.push_back(makeOperand(operand, shape));
  auto map = std::make_shared<Map>(kind, shape, element, std::move(list));
  for (const StreamRef &operand : operands)
    map->cost += operand->cost;
  // Small results are materialised, because they are read often and cost
  // nothing to keep.
  return map->size <= kChunk || map->cost > kMaxCost ? materialise(*map) : map;
}

/// Null when shapes do not broadcast or the result is too large. If all
/// operands are functions of the same bytes, the function is computed for 256
/// values once and becomes a table.
StreamRef fold::makeMap(MapKind kind, Type element,
                        ArrayRef<StreamRef> operands) {
  SmallVector<int64_t> shape;
  for (const StreamRef &operand : operands)
    if (!broadcast(shape, operand->shape))
      return nullptr;
  if (isTooLarge(shape, operands))
    return nullptr;
  SmallVector<StreamRef> entries;
  if (StreamRef bytes = splitBytes(shape, operands, entries)) {
    StreamRef all = build(kind, element, {256}, entries);
    Origin origin;
    all->describe(origin);
    return std::make_shared<Table>(bytes, element, readAll(*all), origin);
  }
  return build(kind, element, shape, operands);
}

/// ONNX broadcasts both ways, so that the result may be larger than `shape` in
/// dimensions in which `shape` has a 1.
StreamRef fold::makeExpand(StreamRef operand, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> result(shape);
  if (!broadcast(result, operand->shape) || isTooLarge(result, {operand}))
    return nullptr;
  return build(MapKind::Identity, operand->element, result, {operand});
}
