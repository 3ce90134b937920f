//===- StreamTest.cpp - constant tensors, computed on demand --------------===//

#include "bitnet/ConstantEval/Stream.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/APFloat.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <random>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

namespace {
class StreamTest : public testing::Test {
protected:
  StreamTest() : b(&context) {}

  StreamRef count(ArrayRef<int64_t> shape) {
    std::vector<double> values(countOf(shape));
    for (size_t i = 0; i != values.size(); ++i)
      values[i] = double(i);
    return makeBuffer(shape, b.getF32Type(), values);
  }
  /// Reads the stream, and checks that pieces of any size and place read the
  /// same.
  static std::vector<double> read(const StreamRef &stream) {
    std::vector<double> all = readAll(*stream);
    EXPECT_EQ(int64_t(all.size()), stream->size);
    for (int64_t step : {1, 3, 7})
      for (int64_t begin = 0; begin < stream->size; begin += step) {
        std::vector<double> part(std::min(step, stream->size - begin));
        stream->read(begin, part);
        for (size_t i = 0; i != part.size(); ++i)
          EXPECT_EQ(part[i], all[begin + i]);
      }
    return all;
  }
  using Values = std::vector<double>;

  MLIRContext context;
  Builder b;
};

/// Rounds to the format and back, half to even, as APFloat does it.
double roundByAPFloat(double value, const llvm::fltSemantics &to) {
  APFloat number(value);
  bool lossy;
  number.convert(to, APFloat::rmNearestTiesToEven, &lossy);
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
  return number.convertToDouble();
}
} // namespace

TEST_F(StreamTest, RoundsLikeTheTypes) {
  std::mt19937_64 rng(1); // NOLINT(bugprone-random-generator-seed)
  const double inf = std::numeric_limits<double>::infinity();
  std::vector<double> values{0, -0.0, inf, -inf, 65504, 65519, 65520, 1e-8};
  // All that f32 can hold, near ties of the narrow formats as well: results of
  // nodes are f32 before they are rounded to 16 bits (act_c3).
  for (unsigned i = 0; i != 20000; ++i) {
    float f = llvm::bit_cast<float>(uint32_t(rng()));
    if (std::isfinite(f))
      values.push_back(f);
    values.push_back(
        std::ldexp(double(int64_t(rng() % 8192) - 4096), int(rng() % 40) - 30));
  }
  for (auto [type, semantics] : {std::pair<Type, const llvm::fltSemantics &>(
                                     b.getF16Type(), APFloat::IEEEhalf()),
                                 {b.getBF16Type(), APFloat::BFloat()},
                                 {b.getF32Type(), APFloat::IEEEsingle()}}) {
    std::vector<double> rounded(values.begin(), values.end());
    roundTo(type, rounded);
    for (size_t i = 0; i != values.size(); ++i)
      ASSERT_EQ(rounded[i], roundByAPFloat(values[i], semantics)) << values[i];
  }
}

TEST_F(StreamTest, CastsSaturate) {
  const double nan = std::nan(""), inf = HUGE_VAL;
  Values values{nan, inf, -inf, 1.9, -1.9, 300, -300};
  saturateTo(b.getIntegerType(8, /*isSigned=*/false), b.getF32Type(), values);
  EXPECT_EQ(values, Values({0, 255, 0, 1, 0, 255, 0}));
  values = {nan, inf, -inf, 1.9, -1.9, 300, -300};
  saturateTo(b.getI8Type(), b.getF32Type(), values);
  EXPECT_EQ(values, Values({-128, 127, -128, 1, -1, 127, -128}));
  values = {inf, inf};
  saturateTo(b.getI32Type(), b.getF16Type(), values);
  EXPECT_EQ(values, Values({2147483520, 2147483520}));
  values = {inf, inf};
  saturateTo(b.getI32Type(), b.getF64Type(), values);
  EXPECT_EQ(values, Values({2147483647, 2147483647}));
}

TEST_F(StreamTest, ProductsOfIntegersWrap) {
  IntegerType i32 = b.getI32Type();
  EXPECT_EQ(multiplyIntegers(65536, 65536, i32), 0);
  EXPECT_EQ(multiplyIntegers(2147483647, 2147483647, i32), 1);
  EXPECT_EQ(multiplyIntegers(-2147483648.0, -1, i32), -2147483648.0);
  EXPECT_EQ(
      multiplyIntegers(4294967295.0, 4294967295.0, b.getIntegerType(32, false)),
      1);
}

TEST_F(StreamTest, CountsDoNotOverflow) {
  EXPECT_EQ(countOf({3, 0, 5}), 0);
  EXPECT_EQ(countOf({}), 1);
  EXPECT_EQ(countOf({int64_t(1) << 40, int64_t(1) << 40}),
            std::numeric_limits<int64_t>::max());
}

TEST_F(StreamTest, OperandsBroadcast) {
  StreamRef sum =
      makeMap(MapKind::Add, b.getF32Type(), {count({2, 1, 3}), count({4, 1})});
  ASSERT_TRUE(sum);
  EXPECT_EQ(ArrayRef<int64_t>(sum->shape), ArrayRef<int64_t>({2, 4, 3}));
  Values values = read(sum);
  for (int64_t i = 0; i != 24; ++i) {
    int64_t x = i / 12 * 3 + i % 3, y = i / 3 % 4;
    EXPECT_EQ(values[i], double(x + y));
  }
  EXPECT_FALSE(makeMap(MapKind::Add, b.getF32Type(), {count({2}), count({3})}));
}

TEST_F(StreamTest, ResultsRoundOnce) {
  // 2049 is halfway between two f16 numbers, 1/3 no number of any format.
  StreamRef x = makeBuffer({2}, b.getF16Type(), {2048, 1}),
            y = makeBuffer({2}, b.getF16Type(), {1, 3});
  EXPECT_EQ(read(makeMap(MapKind::Add, b.getF16Type(), {x, y})),
            Values({2048, 4}));
  EXPECT_EQ(read(makeMap(MapKind::Div, b.getF16Type(), {x, y}))[1],
            roundByAPFloat(1.0 / 3, APFloat::IEEEhalf()));
  EXPECT_EQ(
      read(makeMap(MapKind::Round, b.getF32Type(),
                   {makeBuffer({4}, b.getF32Type(), {0.5, 1.5, -0.5, 2.5})})),
      Values({0, 2, -0.0, 2}));
}

TEST_F(StreamTest, ShapesOfStreams) {
  StreamRef x = count({2, 3});
  EXPECT_EQ(read(makeReshape(x, {3, 2})), read(x));
  EXPECT_EQ(read(makeExpand(count({3}), {2, 3})), Values({0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(read(makeConcat({x, count({2, 1})}, 1)),
            Values({0, 1, 2, 0, 3, 4, 5, 1}));
  EXPECT_EQ(read(makeConcat({x, count({1, 3})}, 0)),
            Values({0, 1, 2, 3, 4, 5, 0, 1, 2}));
  EXPECT_EQ(read(makeRows({x, count({1, 3})}, {{1, 0}, {0, 1}, {0, 1}})),
            Values({0, 1, 2, 3, 4, 5, 3, 4, 5}));
  EXPECT_EQ(read(makeColumns(x, 1, 3)), Values({1, 2, 4, 5}));
  EXPECT_FALSE(makeExpand(count({1}), {kMaxCreated + 1}));
}

TEST_F(StreamTest, ViewsPermute) {
  View view(count({2, 3, 4}), {2, 0, 1});
  EXPECT_FALSE(view.isIdentity());
  EXPECT_EQ(view.getShape(), SmallVector<int64_t>({4, 2, 3}));
  Values values = read(view.contiguous());
  for (int64_t i = 0; i != 24; ++i) {
    int64_t place = i / 3 % 2 * 12 + i % 3 * 4 + i / 6;
    EXPECT_EQ(values[i], double(place));
  }
}

TEST_F(StreamTest, NarrowElementsOfBytes) {
  // Low bits first, sign extended.
  StreamRef bytes = makeBuffer({2}, b.getIntegerType(8, false), {0xe4, 0x1b});
  EXPECT_EQ(read(makeBits(bytes, {8}, b.getIntegerType(2))),
            Values({0, 1, -2, -1, -1, -2, 1, 0}));
  EXPECT_EQ(read(makeBits(bytes, {4}, b.getIntegerType(4, false))),
            Values({4, 14, 11, 1}));
}

TEST_F(StreamTest, Reductions) {
  StreamRef x = count({2, 3});
  EXPECT_EQ(read(makeReduce(ReduceKind::Sum, *x, {1}, false)), Values({3, 12}));
  EXPECT_EQ(read(makeReduce(ReduceKind::Mean, *x, {0}, true)),
            Values({1.5, 2.5, 3.5}));
  EXPECT_EQ(read(makeReduce(ReduceKind::Max, *x, {0, 1}, false)), Values({5}));
  EXPECT_EQ(read(makeReduce(ReduceKind::Min, *x, {0, 1}, false)), Values({0}));
}

TEST_F(StreamTest, FunctionsOfBytesAreTables) {
  // Large enough not to be kept as values.
  const int64_t rows = 17, columns = 300;
  IntegerType u8 = b.getIntegerType(8, /*isSigned=*/false);
  Values raw(rows * columns);
  for (size_t i = 0; i != raw.size(); ++i)
    raw[i] = double(i * 37 % 256);
  StreamRef bytes = makeBuffer({rows, columns}, u8, raw);
  auto scalar = [&](Type type, double value) {
    return makeBuffer({}, type, {value});
  };
  SmallVector<StreamRef> parts;
  for (unsigned shift : {0, 2, 4, 6}) {
    StreamRef masked = makeMap(MapKind::BitwiseAnd, u8,
                               {bytes, scalar(u8, double(3u << shift))});
    StreamRef shifted =
        makeMap(MapKind::ShiftRight, u8, {masked, scalar(u8, shift)});
    StreamRef isNegative =
        makeMap(MapKind::Less, b.getI1Type(), {masked, scalar(u8, 0)});
    parts.push_back(makeMap(MapKind::Where, u8, {isNegative, masked, shifted}));
    parts.back() = makeReshape(parts.back(), {rows, columns, 1});
  }
  // Neighbouring values come from four operands.
  StreamRef codes = makeConcat(parts, 2);
  StreamRef weights = makeMap(MapKind::Sub, b.getF32Type(),
                              {makeMap(MapKind::Cast, b.getF32Type(), {codes}),
                               scalar(b.getF32Type(), 1)});
  Values values = read(weights);
  for (size_t i = 0; i != values.size(); ++i)
    ASSERT_EQ(values[i], double(unsigned(raw[i / 4]) >> (i % 4 * 2) & 3) - 1)
        << i;
  // A chain of any length is one step.
  EXPECT_LE(weights->cost, 6);
}

TEST_F(StreamTest, RemaindersHaveTheSignOfTheDivisor) {
  IntegerType i32 = b.getI32Type();
  StreamRef x = makeBuffer({4}, i32, {7, -7, 7, -7}),
            y = makeBuffer({4}, i32, {3, 3, -3, -3});
  EXPECT_EQ(read(makeMap(MapKind::Mod, i32, {x, y})), Values({1, 2, -2, -1}));
}
