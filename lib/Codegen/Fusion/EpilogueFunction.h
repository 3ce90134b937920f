//===- EpilogueFunction.h - matmuls and their reader ------------*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_FUSION_EPILOGUEFUNCTION_H
#define LIB_BITNET_CODEGEN_FUSION_EPILOGUEFUNCTION_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::bitnet {

/// An elementwise nest over [M, N] and the matmuls whose accumulators only it
/// reads.
struct Epilogue {
  linalg::GenericOp nest;
  /// The matmuls, each by the number of the nest's input that is its
  /// accumulator.
  llvm::SmallVector<std::pair<unsigned, MatMulOp>> products;

  /// The matmul behind `input` of the nest, or null.
  MatMulOp getProduct(unsigned input) const;
};

/// Arguments of the function, without the range of blocks of weights.
llvm::SmallVector<Value> getEpilogueArguments(const Epilogue &epilogue);

/// A private function `name(arguments..., %begin, %end)` that computes the
/// nest's outputs for the blocks of weights [begin, end), appended to `module`.
func::FuncOp buildEpilogueFunction(ModuleOp module, llvm::StringRef name,
                                   const Epilogue &epilogue);

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_FUSION_EPILOGUEFUNCTION_H
