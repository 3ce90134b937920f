//===- OptionWords.h - the words of the compiler's options ------*- C++ -*-===//
//
// One table per option that takes a word. bitnet-compile makes its --help of
// them, the C API reads the words of its options struct with them. The kernels
// and the packings have theirs where their choice is made, because passes read
// them, too (SelectKernels.h, PackingPolicy.h).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_PIPELINES_OPTIONWORDS_H
#define BITNET_PIPELINES_OPTIONWORDS_H

#include "bitnet/Pipelines/Backend.h"
#include "bitnet/Support/Words.h"

namespace mlir::bitnet {

/// --emit, in data-flow order.
llvm::ArrayRef<Word<Stage>> getStageWords();
/// --target, the default first.
llvm::ArrayRef<Word<const Backend *>> getBackendWords();
/// --external-data.
llvm::ArrayRef<Word<ExternalData>> getExternalDataWords();
/// --quantize.
llvm::ArrayRef<Word<WeightMethod>> getWeightMethodWords();
/// --float-weights, the default first.
llvm::ArrayRef<Word<FloatWeights>> getFloatWeightsWords();
/// --weights, the default first.
llvm::ArrayRef<Word<WeightsPlacement>> getWeightsPlacementWords();
/// --isa, by architecture and from worst to best.
llvm::ArrayRef<Word<ISA>> getISAWords();

} // namespace mlir::bitnet

#endif // BITNET_PIPELINES_OPTIONWORDS_H
