//===- LosslessWeights.cpp - f32 weights that are bf16 numbers ------------===//
//
// f32 constants of which every element is a bf16 number become bf16 constants
// behind a Cast, in the layout of the file. Nothing is read twice: the bytes
// are looked at once, in parallel, and the upper halves are computed when the
// library is written.
//
//===----------------------------------------------------------------------===//

#include "LosslessWeights.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/Parallel.h"

#include <atomic>

using namespace mlir;
using namespace mlir::bitnet;

/// Smaller weights stay in a cache, where widening them can take longer than
/// reading all of them (without AVX-512).
static constexpr uint64_t kMinBytes = 1 << 20;

/// Whether `user` reads operand `slot` as weights of a product or as a table.
static bool readsInPlace(Operation *user, unsigned slot) {
  auto node = dyn_cast<onnx::NodeOp>(user);
  if (!node || node.getSlot(slot) != user->getOperand(slot))
    return false;
  StringRef op = node.getOp();
  if (node.getDomain() == "com.microsoft")
    return op == "FusedMatMul" && slot == 1;
  if (!node.getDomain().empty())
    return false;
  return ((op == "MatMul" || op == "Gemm") && slot == 1) ||
         (op == "Gather" && slot == 0);
}

/// Whether all users of `transpose` are products that transpose nothing more.
static bool isTransposedWeight(onnx::NodeOp transpose) {
  auto order = getInts(transpose, "perm");
  return (!order || *order == SmallVector<int64_t>{1, 0}) &&
         llvm::all_of(transpose->getUses(), [](OpOperand &use) {
           return use.getOperandNumber() == 1 &&
                  readsInPlace(use.getOwner(), 1) &&
                  !getInt(cast<onnx::NodeOp>(use.getOwner()), "transB", 0);
         });
}

/// Another reader would need the f32 form as well, and both would be stored.
static bool isReadInPlace(Value weights) {
  return llvm::all_of(weights.getUses(), [](OpOperand &use) {
    auto node = dyn_cast<onnx::NodeOp>(use.getOwner());
    if (node && node.getDomain().empty() && node.getOp() == "Transpose")
      return isTransposedWeight(node);
    return readsInPlace(use.getOwner(), use.getOperandNumber());
  });
}

/// Whether the lower halves of all four-byte elements are zero.
static bool hasUpperHalvesOnly(ArrayRef<uint8_t> bytes) {
  uint32_t bits = 0;
  for (uint64_t at = 0; at < bytes.size(); at += 4)
    bits |= llvm::support::endian::read32le(bytes.data() + at);
  return (bits & 0xffff) == 0;
}

/// Whether all elements are bf16 numbers. It stops at the first piece with
/// another value, so f32 weights cost one piece.
bool LosslessWeights::isBF16(bitnet::BlobAttr blob) {
  constexpr uint64_t kFirst = 4096, kPiece = 1 << 20;
  auto bytes =
      store.getBytes(blob.getFile(), blob.getOffset(), blob.getLength());
  if (!bytes) {
    llvm::consumeError(bytes.takeError()); // whoever needs the bytes says so
    return false;
  }
  std::atomic<bool> exact = hasUpperHalvesOnly(bytes->take_front(kFirst));
  if (!exact)
    return false;
  llvm::parallelFor(0, llvm::divideCeil(bytes->size(), kPiece), [&](size_t i) {
    if (!exact.load(std::memory_order_relaxed))
      return;
    ArrayRef<uint8_t> piece =
        bytes->drop_front(i * kPiece)
            .take_front(std::min<uint64_t>(kPiece, bytes->size() - i * kPiece));
    if (!hasUpperHalvesOnly(piece))
      exact = false;
    store.releasePages(piece);
  });
  return exact;
}

/// Whether `weights` may be stored as bf16. The answer is remembered, and
/// `replace` acts on it.
bool LosslessWeights::accept(onnx::ConstantOp weights) {
  auto [it, isNew] = known.try_emplace(weights, false);
  if (!isNew)
    return it->second;
  auto type = dyn_cast<RankedTensorType>(weights.getType());
  auto blob = dyn_cast<bitnet::BlobAttr>(weights.getValue());
  it->second = type && type.getRank() == 2 && type.getElementType().isF32() &&
               blob && blob.getLength() >= kMinBytes &&
               blob.getLength() == uint64_t(type.getNumElements()) * 4 &&
               isReadInPlace(weights.getResult()) && isBF16(blob);
  return it->second;
}

/// All uses read a Cast of the narrow constant.
void LosslessWeights::replace() {
  for (auto [weights, isExact] : known) {
    if (!isExact || weights->use_empty())
      continue;
    auto blob = cast<bitnet::BlobAttr>(weights.getValue());
    auto type = cast<RankedTensorType>(weights.getType());
    OpBuilder builder(weights);
    std::string name = store.addUpperHalves(blob.getFile().getValue(),
                                            blob.getOffset(), blob.getLength());
    auto halves =
        bitnet::BlobAttr::get(builder.getContext(), builder.getStringAttr(name),
                              0, blob.getLength() / 2);
    Value narrow = ConstantOp::create(builder, weights.getLoc(),
                                      type.clone(builder.getBF16Type()), halves,
                                      PackingAttr(), weights.getNameAttr());
    auto like = cast<onnx::NodeOp>(*weights->user_begin());
    weights.replaceAllUsesWith(makeCast(
        builder, like, narrow, getFloatCode(type.getElementType()), type));
  }
}
