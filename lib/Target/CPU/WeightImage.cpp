//===- WeightImage.cpp - the bytes of the model's weights -----------------===//
//
// The weights image as a stream: blobs in the order of their offsets, zeros in
// the gaps. Pages of mapped files are given back as soon as they have been
// passed on.
//
//===----------------------------------------------------------------------===//

#include "WeightImage.h"

#include "llvm/Support/Endian.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Bytes that are read at a time: enough for the disk, too few to be noticed in
/// the peak of memory.
static constexpr uint64_t kChunkBytes = uint64_t(4) << 20;

/// The bytes of an inline constant. It is small (kInlineConstantBytes), so it
/// may be copied.
static SmallVector<uint8_t> getBytes(DenseElementsAttr value) {
  SmallVector<uint8_t> bytes;
  Type element = value.getElementType();
  unsigned width = element.getIntOrFloatBitWidth();
  uint64_t bit = 0;
  auto append = [&](const APInt &number) {
    // Narrow elements share a byte, low bits first; i1 has a byte of its own.
    unsigned step = width == 1 ? 8 : width;
    bytes.resize((bit + step + 7) / 8, 0);
    for (unsigned i = 0; i < width; ++i)
      if (number[i])
        bytes[(bit + i) / 8] |= uint8_t(1u << ((bit + i) % 8));
    bit += step;
  };
  if (isa<FloatType>(element))
    for (const APFloat &number : value.getValues<APFloat>())
      append(number.bitcastToAPInt());
  else
    for (const APInt &number : value.getValues<APInt>())
      append(number);
  return bytes;
}

/// The bytes of a constant; nothing for attributes that are no constant of
/// numbers.
static std::optional<uint64_t> getLength(Attribute value) {
  if (auto blob = dyn_cast<bitnet::BlobAttr>(value))
    return blob.getLength();
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (dense && dense.getElementType().isIntOrFloat())
    return getBytes(dense).size();
  return std::nullopt;
}

/// `entry` is a pair of a constant and its offset.
LogicalResult WeightImage::addRange(Attribute entry) {
  auto pair = dyn_cast<ArrayAttr>(entry);
  auto offset =
      pair && pair.size() == 2 ? dyn_cast<IntegerAttr>(pair[1]) : IntegerAttr();
  std::optional<uint64_t> length;
  if (offset)
    length = getLength(pair[0]);
  if (!length)
    return module.emitError(
               "bitnet.weight_entries must hold [blob or dense, offset] "
               "pairs, not ")
           << entry;
  ranges.push_back({pair[0], offset.getValue().getZExtValue(), *length});
  return success();
}

/// Attributes may come from the text of a stage, so it is checked that ranges
/// lie apart and inside of the image.
LogicalResult WeightImage::checkRanges() {
  llvm::sort(ranges, [](const Range &a, const Range &b) {
    return std::tie(a.offset, a.length) < std::tie(b.offset, b.length);
  });
  uint64_t end = 0;
  for (const Range &range : ranges) {
    if (range.offset < end || range.offset > totalSize ||
        range.length > totalSize - range.offset)
      return module.emitError("bitnet.weight_entries: range at offset ")
             << range.offset << " overlaps another or ends after " << totalSize;
    end = range.offset + range.length;
  }
  return success();
}

FailureOr<WeightImage> WeightImage::get(ModuleOp module) {
  WeightImage image(module);
  auto size = getAttr<BitNetDialect::WeightsSizeAttrHelper>(module);
  auto entries = getAttr<BitNetDialect::WeightEntriesAttrHelper>(module);
  if (size)
    image.totalSize = size.getValue().getZExtValue();
  if (entries)
    for (Attribute entry : entries)
      if (failed(image.addRange(entry)))
        return failure();
  if (failed(image.checkRanges()))
    return failure();
  return image;
}

/// Large values are read and passed on piece by piece.
LogicalResult WeightImage::streamBlob(bitnet::BlobAttr blob, Sink sink) const {
  BlobStore &store = BitNetDialect::getBlobStore(module.getContext());
  for (uint64_t done = 0; done < blob.getLength();) {
    uint64_t length = std::min(kChunkBytes, blob.getLength() - done);
    auto bytes = store.getBytes(blob.getFile().getValue(),
                                blob.getOffset() + done, length);
    if (!bytes)
      return module.emitError(llvm::toString(bytes.takeError()));
    if (failed(sink(*bytes)))
      return failure();
    store.releasePages(*bytes);
    done += length;
  }
  return success();
}

static LogicalResult streamZeros(uint64_t count, WeightImage::Sink sink) {
  static const uint8_t zeros[4096] = {};
  for (uint64_t done = 0; done < count;) {
    uint64_t length = std::min<uint64_t>(sizeof(zeros), count - done);
    if (failed(sink(ArrayRef<uint8_t>(zeros, length))))
      return failure();
    done += length;
  }
  return success();
}

LogicalResult WeightImage::stream(Sink sink) const {
  uint64_t position = 0;
  for (const Range &range : ranges) {
    if (failed(streamZeros(range.offset - position, sink)))
      return failure();
    LogicalResult result =
        isa<bitnet::BlobAttr>(range.value)
            ? streamBlob(cast<bitnet::BlobAttr>(range.value), sink)
            : sink(getBytes(cast<DenseElementsAttr>(range.value)));
    if (failed(result))
      return failure();
    position = range.offset + range.length;
  }
  return streamZeros(totalSize - position, sink);
}

/// bitnet_weights_seal with little-endian numbers.
static WeightImage::Seal makeSeal(uint64_t size, uint64_t hash) {
  using namespace llvm::support::endian;
  WeightImage::Seal seal{};
  write32le(&seal[offsetof(bitnet_weights_seal, magic)], BITNET_SEAL_MAGIC);
  write32le(&seal[offsetof(bitnet_weights_seal, version)], BITNET_SEAL_VERSION);
  write64le(&seal[offsetof(bitnet_weights_seal, size)], size);
  write64le(&seal[offsetof(bitnet_weights_seal, hash)], hash);
  return seal;
}

FailureOr<WeightImage::Seal> WeightImage::streamSealed(Sink sink) const {
  bitnet_hash hash;
  bitnet_hash_begin(&hash);
  LogicalResult result = stream([&](ArrayRef<uint8_t> bytes) {
    bitnet_hash_add(&hash, bytes.data(), bytes.size());
    return sink(bytes);
  });
  if (failed(result) ||
      failed(streamZeros(bitnet_seal_offset(totalSize) - totalSize, sink)))
    return failure();
  Seal seal = makeSeal(totalSize, bitnet_hash_end(&hash));
  if (failed(sink(seal)))
    return failure();
  return seal;
}
