//===- Packing.h - the bits of #bitnet.packing ------------------*- C++ -*-===//

#ifndef BITNET_DIALECT_BITNET_IR_PACKING_H
#define BITNET_DIALECT_BITNET_IR_PACKING_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include <functional>
#include <vector>

namespace mlir::bitnet {

/// Packs codes (i2 storage: four to a byte, low bits first, rows not padded)
/// into the bytes of `packing`. Uses all cores. `done`, when given, is told of
/// source bytes that are not needed any more. Failure: a code is -2, which no
/// ternary weight is (w_c5).
FailureOr<std::vector<uint8_t>>
packCodes(ArrayRef<uint8_t> codes, PackingAttr packing,
          const std::function<void(ArrayRef<uint8_t>)> &done = {});

/// The inverse: i2 storage of the codes. Padding is left out. `packed` must
/// have been made with this packing.
std::vector<uint8_t> unpackCodes(ArrayRef<uint8_t> packed, PackingAttr packing);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_PACKING_H
