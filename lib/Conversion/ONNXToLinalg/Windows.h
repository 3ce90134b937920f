//===- Windows.h - geometry of convolutions and pools -----------*- C++ -*-===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_WINDOWS_H
#define BITNET_CONVERSION_ONNXTOLINALG_WINDOWS_H

#include "NodeLowering.h"

namespace mlir::bitnet {

/// Windows over the spatial dimensions of an [N, C, spatial...] tensor: one
/// entry per spatial dimension.
struct Windows {
  Dims kernel;
  SmallVector<int64_t> strides, dilations;
  Dims low, high; // padding the node asks for
  Dims overhang;  // further room the last window needs (ceil_mode)
  Dims out;       // number of windows
};

/// Reads kernel, strides, dilations, pads, auto_pad and ceil_mode. `kernel`
/// comes from the weights or from kernel_shape.
FailureOr<Windows> readWindows(NodeLowering &n, Value x, Dims kernel);

/// x with its padding (and the overhang) filled with `value`.
Value padForWindows(NodeLowering &n, Value x, const Windows &windows,
                    TypedAttr value);

/// For each spatial dimension i: d(out + i) * stride + d(kernel + i) *
/// dilation.
SmallVector<AffineExpr> windowExprs(NodeLowering &n, const Windows &windows,
                                    unsigned outLoop, unsigned kernelLoop);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_WINDOWS_H
