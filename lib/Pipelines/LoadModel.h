//===- LoadModel.h - a model or the text of a stage -------------*- C++ -*-===//
//
// Loading is the first thing that the driver does.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_PIPELINES_LOADMODEL_H
#define BITNET_LIB_PIPELINES_LOADMODEL_H

#include "bitnet/Pipelines/Driver.h"

#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::bitnet {

/// Reads `options.input`: the text of a stage when its name ends in .mlir, else
/// an ONNX model. Files that it names are opened as `options` allow.
FailureOr<OwningOpRef<ModuleOp>> loadModel(MLIRContext &context,
                                           const CompileOptions &options);

/// The files that constants of `module` name.
llvm::StringSet<> findBlobFiles(ModuleOp module);

} // namespace mlir::bitnet

#endif // BITNET_LIB_PIPELINES_LOADMODEL_H
