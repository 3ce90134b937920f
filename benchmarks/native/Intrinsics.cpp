//===- Intrinsics.cpp - the kernels' loops, written by hand ---------------===//
//
// What a programmer would write for AVX-512 VNNI (docs/Kernels.md has the
// layouts and the reasoning). Generated code should take the same time.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"

#include <cstring>
#include <utility>
#ifdef __AVX512VNNI__
#include <immintrin.h>
#endif

using namespace bench;

#ifdef __AVX512VNNI__
static __m512i load(const void *p) { return _mm512_loadu_si512(p); }

/// Four activations to every 32-bit lane.
static __m512i spread(const int8_t *x) {
  int32_t four;
  memcpy(&four, x, 4);
  return _mm512_set1_epi32(four);
}

/// The same byte in all lanes.
static __m512i bytes(int value) { return _mm512_set1_epi8(char(value)); }

/// Bytes ahead: docs/Kernels.md, prefetch distances.
static constexpr int kPrefetch = 2048;

/// Sums of weights out of sums of codes. Field f was multiplied in place, so
/// its sum is 4^f times too large; and codes are weights + 1, so the sum of x
/// is one too many.
static __m512i foldScales(const __m512i *accs, int32_t sumOfX) {
  __m512i low = _mm512_add_epi32(accs[0], _mm512_srai_epi32(accs[1], 2));
  __m512i high = _mm512_add_epi32(_mm512_srai_epi32(accs[2], 4),
                                  _mm512_srai_epi32(accs[3], 6));
  return _mm512_sub_epi32(_mm512_add_epi32(low, high),
                          _mm512_set1_epi32(sumOfX));
}

/// U2, one row of x: masks in place, 16 accumulators for 64 rows.
static void gemvU2(const Product &p) {
  const __m512i masks[4] = {bytes(0x03), bytes(0x0c), bytes(0x30), bytes(0xc0)};
  const uint8_t *w = p.w.data;
  const int64_t chunks = p.w.packing->chunks(p.w.cols);
  for (int64_t n = 0; n < p.w.rows; n += 64) {
    __m512i accs[4][4] = {};
    const int8_t *x = p.x->codes.data();
    for (int64_t i = 0; i < chunks; ++i, w += 256, x += 16)
#pragma clang loop unroll(full)
      for (int r = 0; r < 4; ++r) {
        _mm_prefetch(w + kPrefetch + 64 * r, _MM_HINT_T0);
        __m512i b = load(w + 64 * r);
#pragma clang loop unroll(full)
        for (int f = 0; f < 4; ++f)
          accs[r][f] = _mm512_dpbusd_epi32(
              accs[r][f], _mm512_and_si512(b, masks[f]), spread(x + 4 * f));
      }
    for (int r = 0; r < 4; ++r)
      _mm512_storeu_si512(p.y + n + 16 * r, foldScales(accs[r], p.x->sums[0]));
  }
}

/// U2, `Rows` rows of x by 32 rows of W: unpacked in registers, 24
/// accumulators for Rows = 12.
template <int Rows>
static void tileU2(const uint8_t *w, const Product &p, int64_t m, int64_t n) {
  __m512i accs[Rows][2] = {};
  const int64_t chunks = p.w.packing->chunks(p.w.cols);
  const int64_t line = p.x->paddedCols;
  const int8_t *x = p.x->codes.data() + m * line;
  for (int64_t i = 0; i < chunks; ++i, w += 256, x += 16) {
    const __m512i b0 = load(w), b1 = load(w + 64);
#pragma clang loop unroll(full)
    for (int f = 0; f < 4; ++f) {
      __m512i u0 = _mm512_and_si512(_mm512_srli_epi16(b0, 2 * f), bytes(3));
      __m512i u1 = _mm512_and_si512(_mm512_srli_epi16(b1, 2 * f), bytes(3));
#pragma clang loop unroll(full)
      for (int r = 0; r < Rows; ++r) {
        __m512i xs = spread(x + r * line + 4 * f);
        accs[r][0] = _mm512_dpbusd_epi32(accs[r][0], u0, xs);
        accs[r][1] = _mm512_dpbusd_epi32(accs[r][1], u1, xs);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < Rows; ++r) {
    __m512i sum = _mm512_set1_epi32(p.x->sums[size_t(m + r)]);
    int32_t *y = p.y + (m + r) * p.lineLength + n;
    _mm512_storeu_si512(y, _mm512_sub_epi32(accs[r][0], sum));
    _mm512_storeu_si512(y + 16, _mm512_sub_epi32(accs[r][1], sum));
  }
}

/// Calls tileU2 for a number of rows that is known at run time only.
template <int... Rows>
static void tileOfRows(std::integer_sequence<int, Rows...>, int rows,
                       const uint8_t *w, const Product &p, int64_t m,
                       int64_t n) {
  ((rows == Rows + 1 ? tileU2<Rows + 1>(w, p, m, n) : void()), ...);
}

/// Tiles of 12 rows of x by half a block of weights; the last has the rest of
/// x.
static void gemmU2(const Product &p) {
  const int64_t blockBytes = p.w.packing->chunks(p.w.cols) * 256;
  for (int64_t n = 0; n < p.w.rows; n += 64)
    for (int64_t m = 0; m < p.m; m += 12)
      for (int64_t half = 0; half < 2; ++half)
        tileOfRows(std::make_integer_sequence<int, 12>(),
                   int(std::min<int64_t>(12, p.m - m)),
                   p.w.data + n / 64 * blockBytes + 128 * half, p, m,
                   n + 32 * half);
}

/// U2 for whole blocks of weights; the rest of N would be nothing to compare.
class IntrinsicU2 : public Kernel {
public:
  IntrinsicU2() : Kernel("intrinsics-avx512vnni", *findPacking("u2")) {}
  bool has(int64_t n, int64_t, int64_t) const override { return n % 64 == 0; }
  void run(const Product &p) const override { (p.m == 1 ? gemvU2 : gemmU2)(p); }
};
#endif

#ifdef __AVX512VBMI__
/// Four crumbs, and the fifth digit, of every magnitude.
struct DigitTables {
  alignas(64) uint8_t crumbs[128] = {}, last[128] = {};
  DigitTables() {
    const Packing &packing = *findPacking("u1_6");
    for (int v = 0; v < 122; ++v) {
      for (int f = 0; f < 4; ++f)
        crumbs[v] |= uint8_t((packing.decode(uint8_t(v), f) + 1) << 2 * f);
      last[v] = uint8_t(packing.decode(uint8_t(v), 4) + 1);
    }
  }
};

/// U1.6, one row of x: two table look-ups per 64 bytes, 10 accumulators for 32
/// rows.
static void gemvU16(const Product &p) {
  static const DigitTables tables;
  const __m512i crumbs0 = load(tables.crumbs),
                crumbs1 = load(tables.crumbs + 64);
  const __m512i last0 = load(tables.last), last1 = load(tables.last + 64);
  const __m512i masks[4] = {bytes(0x03), bytes(0x0c), bytes(0x30), bytes(0xc0)};
  const uint8_t *w = p.w.data;
  const int64_t chunks = p.w.packing->chunks(p.w.cols);
  for (int64_t n = 0; n < p.w.rows; n += 32) {
    __m512i accs[2][5] = {};
    const int8_t *x = p.x->codes.data();
    for (int64_t i = 0; i < chunks; ++i, w += 128, x += 20)
#pragma clang loop unroll(full)
      for (int r = 0; r < 2; ++r) {
        _mm_prefetch(w + kPrefetch + 64 * r, _MM_HINT_T0);
        __m512i b = load(w + 64 * r);
        // A negative byte has the magnitude's crumbs negated: code c becomes 2
        // - c.
        __mmask64 negative = _mm512_movepi8_mask(b);
        __m512i crumbs = _mm512_permutex2var_epi8(crumbs0, b, crumbs1);
        __m512i last = _mm512_permutex2var_epi8(last0, b, last1);
        crumbs = _mm512_mask_sub_epi8(crumbs, negative, bytes(0xaa), crumbs);
        last = _mm512_mask_sub_epi8(last, negative, bytes(2), last);
#pragma clang loop unroll(full)
        for (int f = 0; f < 4; ++f)
          accs[r][f] = _mm512_dpbusd_epi32(accs[r][f],
                                           _mm512_and_si512(crumbs, masks[f]),
                                           spread(x + 4 * f));
        accs[r][4] = _mm512_dpbusd_epi32(accs[r][4], last, spread(x + 16));
      }
    for (int r = 0; r < 2; ++r)
      _mm512_storeu_si512(
          p.y + n + 16 * r,
          _mm512_add_epi32(foldScales(accs[r], p.x->sums[0]), accs[r][4]));
  }
}

/// Decoding, one row of x, is what U1.6 is for.
class IntrinsicU16 : public Kernel {
public:
  IntrinsicU16() : Kernel("intrinsics-avx512vbmi", *findPacking("u1_6")) {}
  bool has(int64_t n, int64_t, int64_t m) const override {
    return n % 32 == 0 && m == 1;
  }
  void run(const Product &p) const override { gemvU16(p); }
};
#endif

const std::vector<const Kernel *> &bench::intrinsicKernels() {
#ifdef __AVX512VNNI__
  static const IntrinsicU2 u2;
#endif
#ifdef __AVX512VBMI__
  static const IntrinsicU16 u16;
#endif
  static const std::vector<const Kernel *> kernels = {
#ifdef __AVX512VNNI__
      &u2,
#endif
#ifdef __AVX512VBMI__
      &u16,
#endif
  };
  return kernels;
}
