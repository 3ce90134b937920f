//===- DecomposeLinear.h - pieces of bitnet-decompose-linear ----*- C++ -*-===//

#ifndef BITNET_LIB_DIALECT_BITNET_TRANSFORMS_DECOMPOSELINEAR_H
#define BITNET_LIB_DIALECT_BITNET_TRANSFORMS_DECOMPOSELINEAR_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/Builders.h"

#include "llvm/ADT/MapVector.h"

namespace mlir::bitnet {

/// Codes of an activation and their scale (null: 1).
struct QuantizedActivation {
  Value codes, scale;
};

/// What is shared among the layers of a module: layers that read the same x in
/// the same way read the same codes.
class ActivationCache {
public:
  /// The codes of `x` for `linear`, made (and probed) on first use in a basic
  /// block.
  QuantizedActivation get(ImplicitLocOpBuilder &b, LinearOp linear, Value x,
                          ActQuantAttr act);
  /// `x` as [M, K].
  Value collapse(ImplicitLocOpBuilder &b, Value x);

private:
  using Key = std::pair<std::pair<Value, Block *>, ActQuantAttr>;
  llvm::DenseMap<Key, QuantizedActivation> quantized;
  llvm::DenseMap<std::pair<Value, Block *>, Value> collapsed;
};

/// Weights of convolutions with channels last: [F, KH*KW*C] of [F, C*KH*KW],
/// one constant for all layers that share one.
class ConvWeights {
public:
  /// Whether windows of `codes` with channels last are worth it, and possible:
  /// the sums are integers, which have no order (mm_c1), of constant weights.
  static bool areBetterLast(LinearOp conv, Value codes);
  /// Null, with an error, when the constant cannot be read.
  Value get(LinearOp conv);

private:
  llvm::DenseMap<std::pair<Value, int64_t>, Value> known;
};

/// act_c2 for codes that the graph computes in floats: `start` + the sum of
/// x - x along `axis`, which is then 1 long. That is `start`, or NaN where a
/// NaN that no integer holds is among the codes.
Value sumPoison(ImplicitLocOpBuilder &b, Value x, unsigned axis, float start);

/// Product of an [M, K] activation and the layer's weights: [M, N], rescaled
/// for float x, i32 for integer x. `scale` ([M, 1]) may be null.
Value buildProduct(ImplicitLocOpBuilder &b, LinearOp linear, Value rows,
                   Value scale);

/// The same for weights that are not ternary: sums in f32 (f64 for f64 x),
/// scale and bias, rounded once.
Value buildFloatProduct(ImplicitLocOpBuilder &b, LinearOp linear, Value rows);

/// `rows` [M, N] with the leading dimensions of `x` and type `type`.
Value expandLike(ImplicitLocOpBuilder &b, Value rows, Value x,
                 RankedTensorType type);

/// The windows of `x` [B, C, H, W] as rows [B*OH*OW, C*KH*KW], zero-padded;
/// `extents` receives B, OH, OW.
Value gatherWindows(ImplicitLocOpBuilder &b, Value x, ConvAttr conv,
                    SmallVectorImpl<OpFoldResult> &extents);

/// The same as rows [B*OH*OW, KH*KW*C]; C is static.
Value gatherChannelsLast(ImplicitLocOpBuilder &b, Value x, ConvAttr conv,
                         SmallVectorImpl<OpFoldResult> &extents);

/// A scale [B, 1, 1, 1] of x repeated for every window: [B*OH*OW, 1]. It is 1
/// for a window of padding only, which no NaN of x reaches (act_c2).
Value repeatScale(ImplicitLocOpBuilder &b, Value scale, Value x, ConvAttr conv,
                  ArrayRef<OpFoldResult> extents);

/// `rows` [B*OH*OW, F] as [B, F, OH, OW] of type `type`.
Value scatterWindows(ImplicitLocOpBuilder &b, Value rows,
                     ArrayRef<OpFoldResult> extents, RankedTensorType type);

} // namespace mlir::bitnet

#endif // BITNET_LIB_DIALECT_BITNET_TRANSFORMS_DECOMPOSELINEAR_H
