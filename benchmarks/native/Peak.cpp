//===- Peak.cpp - how many int8 products a core can do --------------------===//
//
// Compiled for the machine it runs on (-march=native): what the CPU lacks is
// not in the table.
//
//===----------------------------------------------------------------------===//

#include "Peak.h"

#include <algorithm>
#include <cstring>
#ifdef __x86_64__
#include <immintrin.h>
#endif
#ifdef __ARM_FEATURE_DOTPROD
#include <arm_neon.h>
#endif
#ifdef __AMX_INT8__
#include <sys/syscall.h>
#include <unistd.h>
#endif

using namespace bench;

/// Runs `Step` on `Accs` accumulators of type V. A step adds `Gain` to each
/// lane of type Lane and does `Macs` multiply-accumulates.
template <typename V, typename Lane, int Accs, int Macs, int Gain, typename F>
static uint64_t runChains(uint64_t macs, V u, V x, F step) {
  uint64_t rounds = std::max<uint64_t>(macs / (uint64_t(Accs) * Macs), 1);
  V accs[Accs] = {};
  for (uint64_t r = 0; r < rounds; ++r)
#pragma clang loop unroll(full)
    for (int i = 0; i < Accs; ++i)
      accs[i] = step(accs[i], u, x);
  Lane lanes[sizeof(V) / sizeof(Lane)];
  for (const V &acc : accs) {
    memcpy(lanes, &acc, sizeof acc);
    for (Lane lane : lanes)
      if (lane != Lane(rounds * Gain))
        return 0;
  }
  return rounds * Accs * Macs;
}

#ifdef __AVX2__
static uint64_t maddubs256(uint64_t macs) {
  return runChains<__m256i, uint16_t, 12, 32, 12>(
      macs, _mm256_set1_epi8(2), _mm256_set1_epi8(3),
      [](__m256i acc, __m256i &u, __m256i x) {
        // The product does not depend on acc: without this it would leave the
        // loop.
        __asm__ volatile("" : "+x"(u));
        return _mm256_add_epi16(acc, _mm256_maddubs_epi16(u, x));
      });
}
#endif

#ifdef __AVX512BW__
static uint64_t maddubs512(uint64_t macs) {
  return runChains<__m512i, uint16_t, 24, 64, 12>(
      macs, _mm512_set1_epi8(2), _mm512_set1_epi8(3),
      [](__m512i acc, __m512i &u, __m512i x) {
        __asm__ volatile("" : "+v"(u));
        return _mm512_add_epi16(acc, _mm512_maddubs_epi16(u, x));
      });
}
#endif

#ifdef __AVXVNNI__
static uint64_t vpdpbusd256(uint64_t macs) {
  return runChains<__m256i, uint32_t, 14, 32, 24>(
      macs, _mm256_set1_epi8(2), _mm256_set1_epi8(3),
      [](__m256i acc, __m256i u, __m256i x) {
        return _mm256_dpbusd_avx_epi32(acc, u, x);
      });
}
#endif

#ifdef __AVX512VNNI__
static uint64_t vpdpbusd512(uint64_t macs) {
  return runChains<__m512i, uint32_t, 24, 64, 24>(
      macs, _mm512_set1_epi8(2), _mm512_set1_epi8(3),
      [](__m512i acc, __m512i u, __m512i x) {
        return _mm512_dpbusd_epi32(acc, u, x);
      });
}
#endif

#ifdef __ARM_FEATURE_DOTPROD
static uint64_t sdot(uint64_t macs) {
  return runChains<int32x4_t, uint32_t, 24, 16, 24>(
      macs, vreinterpretq_s32_s8(vdupq_n_s8(2)),
      vreinterpretq_s32_s8(vdupq_n_s8(3)),
      [](int32x4_t acc, int32x4_t u, int32x4_t x) {
        return vdotq_s32(acc, vreinterpretq_s8_s32(u), vreinterpretq_s8_s32(x));
      });
}
#endif

#ifdef __AMX_INT8__
/// Linux gives tile registers only to processes that ask.
static bool tilesAllowed() {
  constexpr int requestPermission = 0x1023, tileData = 18;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}

/// The operand of ldtilecfg: eight tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfig {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytesPerRow[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// Codes and activations as they are: what toggles little heats little, and a
/// core that multiplies zeros runs at a higher frequency.
static void fillTiles(uint8_t (&u)[1024], int8_t (&x)[1024]) {
  uint32_t seed = 7;
  for (int i = 0; i < 1024; ++i) {
    seed = seed * 1664525u + 1013904223u;
    u[i] = uint8_t((seed >> 8) % 3);
    x[i] = int8_t(seed >> 24);
  }
}

/// Whether `sums` are `rounds` times the product of the tiles.
static bool isProduct(const uint32_t (&sums)[256], const int8_t (&x)[1024],
                      const uint8_t (&u)[1024], uint64_t rounds) {
  for (int m = 0; m < 16; ++m)
    for (int n = 0; n < 16; ++n) {
      int32_t sum = 0;
      for (int k = 0; k < 64; ++k)
        sum += x[m * 64 + k] * u[k / 4 * 64 + n * 4 + k % 4];
      if (sums[m * 16 + n] != uint32_t(sum) * uint32_t(rounds))
        return false;
    }
  return true;
}

/// Four 16 x 16 accumulators from two tiles of each operand.
static uint64_t tdpbsud(uint64_t macs) {
  constexpr uint64_t perRound = 4 * 16 * 16 * 64;
  static thread_local const bool allowed = tilesAllowed();
  if (!allowed)
    return 0;
  uint64_t rounds = std::max<uint64_t>(macs / perRound, 1);
  alignas(64) uint8_t u[1024];
  alignas(64) int8_t x[1024];
  fillTiles(u, x);
  TileConfig config;
  _tile_loadconfig(&config);
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
  _tile_loadd(4, x, 64), _tile_loadd(5, x, 64);
  _tile_loadd(6, u, 64), _tile_loadd(7, u, 64);
  for (uint64_t r = 0; r < rounds; ++r) {
    _tile_dpbsud(0, 4, 6), _tile_dpbsud(1, 4, 7);
    _tile_dpbsud(2, 5, 6), _tile_dpbsud(3, 5, 7);
  }
  alignas(64) uint32_t sums[256];
  _tile_stored(3, sums, 64);
  _tile_release();
  return isProduct(sums, x, u, rounds) ? rounds * perRound : 0;
}
#endif

const std::vector<Peak> &bench::int8Peaks() {
  static const std::vector<Peak> peaks = {
#ifdef __AVX2__
      {"maddubs-256", maddubs256},
#endif
#ifdef __AVX512BW__
      {"maddubs-512", maddubs512},
#endif
#ifdef __AVXVNNI__
      {"vpdpbusd-256", vpdpbusd256},
#endif
#ifdef __AVX512VNNI__
      {"vpdpbusd-512", vpdpbusd512},
#endif
#ifdef __ARM_FEATURE_DOTPROD
      {"sdot", sdot},
#endif
#ifdef __AMX_INT8__
      {"tdpbsud", tdpbsud},
#endif
  };
  return peaks;
}

/// Finds a peak by the name that the table and --kernel use.
const Peak *bench::findPeak(const char *name) {
  for (const Peak &peak : int8Peaks())
    if (!strcmp(peak.name, name))
      return &peak;
  return nullptr;
}
