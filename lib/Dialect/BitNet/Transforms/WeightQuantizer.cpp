//===- WeightQuantizer.cpp - float weights to ternary codes ---------------===//
//
// Two passes over the weights: means, then codes. Both run on all cores over
// pieces of fixed size, whose f64 sums are added in order.
//
//===----------------------------------------------------------------------===//

#include "WeightQuantizer.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Parallel.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;

/// Values per piece: a multiple of four, so that each piece has code bytes of
/// its own.
static constexpr uint64_t kChunkValues = 1 << 16;

/// Reads elements of any float type as f32; f64 is rounded.
static float readFloat(const uint8_t *p, Type element) {
  using namespace llvm::support::endian;
  if (element.isF32())
    return llvm::bit_cast<float>(read32le(p));
  if (element.isBF16())
    return llvm::bit_cast<float>(uint32_t(read16le(p)) << 16);
  if (element.isF64())
    return float(llvm::bit_cast<double>(read64le(p)));
  unsigned width = element.getIntOrFloatBitWidth();
  uint64_t bits = width == 8 ? *p : read16le(p);
  llvm::APFloat value(cast<FloatType>(element).getFloatSemantics(),
                      llvm::APInt(width, bits));
  bool lost;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &lost);
  return value.convertToFloat();
}

/// The pages of each piece are given back.
void WeightQuantizer::forEachChunk(
    function_ref<void(uint64_t, uint64_t, ArrayRef<float>)> body) {
  uint64_t width = element.getIntOrFloatBitWidth() / 8;
  uint64_t chunks = (count + kChunkValues - 1) / kChunkValues;
  llvm::parallelFor(0, chunks, [&](size_t chunk) {
    // The last piece may be shorter.
    uint64_t begin = chunk * kChunkValues;
    uint64_t size = std::min(kChunkValues, count - begin);
    ArrayRef<uint8_t> source = bytes.slice(begin * width, size * width);
    std::vector<float> values(size);
    for (uint64_t i = 0; i < size; ++i)
      values[i] = readFloat(source.data() + i * width, element);
    body(chunk, begin, values);
    store.releasePages(source);
  });
}

/// Sums of values and of magnitudes, in f64.
WeightQuantizer::Means WeightQuantizer::computeMeans() {
  std::vector<Means> partial((count + kChunkValues - 1) / kChunkValues);
  forEachChunk([&](uint64_t chunk, uint64_t, ArrayRef<float> values) {
    Means means;
    for (float value : values) {
      means.sum += value;
      means.sumAbs += std::fabs(value);
    }
    partial[chunk] = means;
  });
  Means total;
  for (const Means &means : partial) {
    total.sum += means.sum;
    total.sumAbs += means.sumAbs;
  }
  return {total.sum / double(count), total.sumAbs / double(count)};
}

/// The code of a scaled weight: clamp(round half to even, -1, 1).
static int toTernary(float value) {
  // Half to even makes exactly 0.5 a zero and exactly 1.5 more than one.
  return value > 0.5f ? 1 : value < -0.5f ? -1 : 0;
}

/// Quantizes by the formulas of w_c1 and w_c2.
WeightQuantizer::Result WeightQuantizer::run(WeightMethod method) {
  Result result;
  if (count == 0)
    return result;
  Means means = computeMeans();
  // A NaN or infinity anywhere shows in the sum of magnitudes: finite f32
  // values cannot overflow f64.
  result.finite = std::isfinite(means.sumAbs);
  if (!result.finite)
    return result;
  result.allZero = means.sumAbs == 0;
  float mean = float(means.sum), gamma = float(means.sumAbs);
  float clamped = std::max(gamma, 1e-5f);
  float reciprocal = 1.0f / clamped, shifted = gamma + 1e-5f;
  result.scale = method == WeightMethod::Absmean ? clamped : gamma;

  auto toCode = [&](float w) {
    switch (method) {
    case WeightMethod::Absmean:
      return toTernary(w * reciprocal);
    case WeightMethod::AbsmeanPlusEps:
      return toTernary(w / shifted);
    case WeightMethod::Sign:
      return w - mean > 0 ? 1 : -1;
    }
    llvm_unreachable("covered switch");
  };
  result.codes.resize((count + 3) / 4);
  forEachChunk([&](uint64_t, uint64_t begin, ArrayRef<float> values) {
    uint8_t *out = result.codes.data() + begin / 4;
    for (auto [i, w] : llvm::enumerate(values))
      out[i / 4] |= (toCode(w) & 3) << (i % 4 * 2);
  });
  return result;
}
