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

/// What becomes of the only window of an image that is smaller than it.
enum class SmallImage {
  /// Convolutions: no window fits, the result is empty.
  Empty,
  /// Pools: where less than a stride is missing, what there is of the window
  /// counts, as in onnxruntime.
  Clipped
};

/// Reads kernel, strides, dilations, pads, auto_pad and ceil_mode. `kernel`
/// comes from the weights or from kernel_shape. No window reaches outside of x
/// with its padding and overhang, whatever its extents are at run time.
FailureOr<Windows> readWindows(NodeLowering &n, Value x, Dims kernel,
                               SmallImage small);

/// x with its padding (and the overhang) filled with `value`.
FailureOr<Value> padForWindows(NodeLowering &n, Value x, const Windows &windows,
                               TypedAttr value);

/// x (padded; its last dimensions are the spatial ones) without what no window
/// reads. A loop over one window goes away, also where that becomes known later
/// (a layer wants one column), and linalg then takes the image for as long as
/// the kernel's loop.
Value cutToWindows(NodeLowering &n, Value x, const Windows &windows);

/// For each spatial dimension i: d(out + i) * stride + d(kernel + i) *
/// dilation.
SmallVector<AffineExpr> windowExprs(NodeLowering &n, const Windows &windows,
                                    unsigned outLoop, unsigned kernelLoop);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_WINDOWS_H
