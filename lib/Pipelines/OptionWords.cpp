//===- OptionWords.cpp - the words of the compiler's options --------------===//
//
// Texts of bitnet-compile --help.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/OptionWords.h"

#include <vector>

using namespace mlir;
using namespace mlir::bitnet;

/// What --help says of a stage: its form.
static StringRef describeStage(Stage stage) {
  switch (stage) {
  case Stage::ONNX:
    return "the imported graph";
  case Stage::BitNet:
    return "recognised ternary layers, linalg";
  case Stage::Quantized:
    return "quantize, exact matmul, rescale";
  case Stage::Packed:
    return "packed weights";
  case Stage::Dispatches:
    return "units of work on tensors";
  case Stage::Loops:
    return "loop nests over buffers";
  case Stage::LLVM:
    return "LLVM IR";
  case Stage::Asm:
    return "assembly";
  case Stage::Obj:
    return "object file";
  case Stage::SO:
    return "shared library (default)";
  }
  llvm_unreachable("every stage is handled");
}

llvm::ArrayRef<Word<Stage>> mlir::bitnet::getStageWords() {
  static const std::vector<Word<Stage>> words = [] {
    std::vector<Word<Stage>> words;
    for (unsigned i = 0; i <= getMaxEnumValForStage(); ++i)
      words.push_back(
          {stringifyStage(Stage(i)), Stage(i), describeStage(Stage(i))});
    return words;
  }();
  return words;
}

llvm::ArrayRef<Word<const Backend *>> mlir::bitnet::getBackendWords() {
  static const std::vector<Word<const Backend *>> words = [] {
    std::vector<Word<const Backend *>> words;
    for (const Backend *backend : getBackends())
      words.push_back({backend->name, backend, backend->summary});
    return words;
  }();
  return words;
}

llvm::ArrayRef<Word<ExternalData>> mlir::bitnet::getExternalDataWords() {
  static const Word<ExternalData> kWords[] = {
      {"strict", ExternalData::Strict,
       "regular files beneath the model's folder, no links (default)"},
      {"trusted", ExternalData::Trusted,
       "also links, wherever they lead: for folders of your own, such as a "
       "download cache"},
  };
  return kWords;
}

llvm::ArrayRef<Word<WeightMethod>> mlir::bitnet::getWeightMethodWords() {
  static const Word<WeightMethod> kWords[] = {
      {"absmean", WeightMethod::Absmean, "BitNet b1.58, W*(1/mean|W|)"},
      {"absmean-plus-eps", WeightMethod::AbsmeanPlusEps, "W/(mean|W|+eps)"},
      {"sign", WeightMethod::Sign, "BitNet v1, sign(W-mean W)"},
  };
  return kWords;
}

llvm::ArrayRef<Word<FloatWeights>> mlir::bitnet::getFloatWeightsWords() {
  static const Word<FloatWeights> kWords[] = {
      {"lossless", FloatWeights::Lossless,
       "f32 as bf16 where that loses no bit (default)"},
      {"keep", FloatWeights::Keep, "as the model does"},
      {"bf16", FloatWeights::BF16, "rounded to bf16"},
      {"int8", FloatWeights::Int8, "8 bits, one scale per row"},
  };
  return kWords;
}

llvm::ArrayRef<Word<WeightsPlacement>>
mlir::bitnet::getWeightsPlacementWords() {
  static const Word<WeightsPlacement> kWords[] = {
      {"auto", WeightsPlacement::Auto, "in the library up to 1.5 GB (default)"},
      {"embed", WeightsPlacement::Embed, "in the library"},
      {"file", WeightsPlacement::File, "in a file beside it"},
  };
  return kWords;
}

llvm::ArrayRef<Word<ISA>> mlir::bitnet::getISAWords() {
  static const std::vector<Word<ISA>> words = [] {
    std::vector<Word<ISA>> words;
    for (const ISARow &row : getISATable())
      words.push_back({stringifyISA(row.isa), row.isa, row.cpu});
    return words;
  }();
  return words;
}
