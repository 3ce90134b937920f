//===- ZeroInit.h - products whose result begins at zero --------*- C++ -*-===//
//
// --bitnet-lower-contractions asks it for each product: where there is such a
// fill, the kernel starts its sums at zero and the fill is erased, so that the
// buffer is written once (docs/Rationale.md).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_CONTRACTIONS_ZEROINIT_H
#define BITNET_CODEGEN_CONTRACTIONS_ZEROINIT_H

#include "Match.h"

namespace mlir::bitnet {

/// The operation that fills all of the product's result with 0 just for it:
/// nobody else uses the buffer between the two. Null when there is none.
linalg::FillOp findZeroInit(Contraction &contraction);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_CONTRACTIONS_ZEROINIT_H
