//===- ActivationScale.h - numbers of activation quantizers -----*- C++ -*-===//
//
// Two callers ask: the lowering of quantizers, which treats an infinite scale
// apart, and recognition, which leaves mul_divide quantizers that may overflow
// alone.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_ACTIVATIONSCALE_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_ACTIVATIONSCALE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

namespace mlir::bitnet {

/// Whether qmax / m may be infinite in `type` for the smallest maximum m of a
/// row, which is eps: in f32 only when eps is next to 0, in f16 already for
/// the usual 1e-5 (act_c2).
bool mayOverflow(ActQuantAttr act, FloatType type);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_ACTIVATIONSCALE_H
