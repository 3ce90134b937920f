//===- WeightWalk.h - all weights of a layer, one by one --------*- C++ -*-===//
//
// Streams of weights come in the order of the file; a reader that wants [N, K]
// would otherwise have to transpose them in memory. NarrowWeights.cpp and
// FloatLayer.cpp call it.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_WEIGHTWALK_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_WEIGHTWALK_H

#include "LayerForm.h"

namespace mlir::bitnet {

/// Calls `visit(row, column, value)` of [N, K] for every value of `stream`, in
/// its own order, which is that of the weights of `form`. Values are rounded to
/// `element` first, when given.
template <typename Visit>
void forEachWeight(const LayerForm &form, fold::Stream &stream, Visit visit,
                   Type element = Type()) {
  std::vector<double> chunk(std::min(fold::kChunk, stream.size));
  int64_t inner = form.rowsFirst ? form.k : form.n, outerAt = 0, innerAt = 0;
  for (int64_t begin = 0; begin < stream.size; begin += fold::kChunk) {
    int64_t count = std::min(fold::kChunk, stream.size - begin);
    MutableArrayRef<double> values = MutableArrayRef(chunk).take_front(count);
    stream.read(begin, values);
    if (element)
      fold::roundTo(element, values);
    for (double value : values) {
      visit(form.rowsFirst ? outerAt : innerAt,
            form.rowsFirst ? innerAt : outerAt, value);
      if (++innerAt == inner) {
        innerAt = 0;
        ++outerAt;
      }
    }
  }
}

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_WEIGHTWALK_H
