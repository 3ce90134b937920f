//===- StreamingHash.cpp - xxh3_64 in pieces ------------------------------===//
//
// XXH3 with 64 bits, as its specification has it: eight accumulators (hash
// lanes) take stripes of 64 bytes, are scrambled after each block of 16
// stripes, and are merged at the end. Blocks and lanes here are those of the
// specification.
//
//===----------------------------------------------------------------------===//

#include "StreamingHash.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/xxhash.h"

#include <cstring>

using namespace mlir::bitnet;

static constexpr size_t kStripe = 64;
/// A block is as many stripes as the secret has positions, 8 bytes apart.
static constexpr size_t kStripesPerBlock = 16;
/// Inputs up to this length have another formula in the specification. They are
/// kept and hashed at once.
static constexpr size_t kShortInput = 240;
/// Offsets into the secret, from the XXH3 specification.
static constexpr size_t kScrambleSecret = 128, kLastSecret = 121,
                        kMergeSecret = 11;

/// The default secret of XXH3.
static const uint8_t kSecret[192] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c,
    0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb,
    0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e,
    0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6,
    0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb,
    0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97,
    0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7,
    0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31,
    0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64, 0xea, 0xc5, 0xac, 0x83,
    0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26,
    0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc,
    0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f,
    0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

static uint64_t read64(const uint8_t *at) {
  return llvm::support::endian::read64le(at);
}

/// Takes one stripe into the hash lanes.
void StreamingHash::accumulate(Lanes &lanes, const uint8_t *stripe,
                               const uint8_t *secret) {
  for (size_t i = 0; i < lanes.size(); ++i) {
    uint64_t value = read64(stripe + 8 * i);
    uint64_t key = value ^ read64(secret + 8 * i);
    lanes[i ^ 1] += value;
    lanes[i] += uint64_t(uint32_t(key)) * (key >> 32);
  }
}

/// Scrambles the hash lanes between two blocks of stripes.
void StreamingHash::scramble(Lanes &lanes) {
  for (size_t i = 0; i < lanes.size(); ++i) {
    uint64_t lane = lanes[i];
    lane = (lane ^ (lane >> 47)) ^ read64(kSecret + kScrambleSecret + 8 * i);
    lanes[i] = lane * 0x9E3779B1u;
  }
}

/// The two halves of the product of 128 bits, combined.
static uint64_t foldedMultiply(uint64_t a, uint64_t b) {
  unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return uint64_t(product) ^ uint64_t(product >> 64);
}

/// The hash lanes and the total length as one number.
uint64_t StreamingHash::merge(const Lanes &lanes, uint64_t length) {
  uint64_t result = length * 0x9E3779B185EBCA87u;
  for (size_t i = 0; i < 4; ++i)
    result += foldedMultiply(
        lanes[2 * i] ^ read64(kSecret + kMergeSecret + 16 * i),
        lanes[2 * i + 1] ^ read64(kSecret + kMergeSecret + 16 * i + 8));
  result = (result ^ (result >> 37)) * 0x165667919E3779F9u;
  return result ^ (result >> 32);
}

void StreamingHash::consume(const uint8_t *stripe) {
  accumulate(lanes, stripe, kSecret + 8 * stripeInBlock);
  if (++stripeInBlock == kStripesPerBlock) {
    scramble(lanes);
    stripeInBlock = 0;
  }
}

/// The last stripe is kept back, because the end treats it apart.
void StreamingHash::update(llvm::ArrayRef<uint8_t> bytes) {
  total += bytes.size();
  pending.insert(pending.end(), bytes.begin(), bytes.end());
  if (total <= kShortInput)
    return;
  size_t used = 0;
  for (; pending.size() - used > kStripe; used += kStripe)
    consume(pending.data() + used);
  if (used)
    std::memcpy(last.data(), pending.data() + used - kStripe, kStripe);
  pending.erase(pending.begin(), pending.begin() + used);
}

uint64_t StreamingHash::finish() {
  if (total <= kShortInput)
    return llvm::xxh3_64bits(pending);
  // The last 64 bytes are taken once more, with the end of the secret.
  std::array<uint8_t, kStripe> tail;
  size_t missing = kStripe - pending.size();
  std::memcpy(tail.data(), last.data() + pending.size(), missing);
  std::memcpy(tail.data() + missing, pending.data(), pending.size());
  accumulate(lanes, tail.data(), kSecret + kLastSecret);
  return merge(lanes, total);
}
