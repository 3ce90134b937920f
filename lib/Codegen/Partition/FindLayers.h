//===- FindLayers.h - which operations repeat ------------------*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_PARTITION_FINDLAYERS_H
#define LIB_BITNET_CODEGEN_PARTITION_FINDLAYERS_H

#include "Copies.h"

namespace mlir::bitnet {

/// Candidates for the layers of `block`, the most promising ones first: rows of
/// operations that look alike, from places where little is handed on. Whether
/// they are copies indeed LoopPlan::get decides. Takes time in the size of the
/// block times a constant.
SmallVector<Copies> findLayers(Block &block);

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_PARTITION_FINDLAYERS_H
