//===- Signature.h - names and types of inputs and outputs ------*- C++ -*-===//
//
// Argument attributes of @main do not survive the conversion to LLVM (a memref
// becomes several arguments), so they are kept in a module attribute.
//
// --bitnet-generate-entry keeps the signature; emitCPU reads it for the
// description of the model.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_SIGNATURE_H
#define BITNET_LIB_TARGET_CPU_SIGNATURE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

/// One input or output, as in bitnet_value_desc. A dynamic dim is -1, a dim
/// without a name "".
struct ValueSignature {
  std::string name;
  int32_t dtype = 0;
  std::vector<int64_t> dims;
  std::vector<std::string> dimNames;
};

struct ModelSignature {
  std::vector<ValueSignature> inputs, outputs;
};

/// The attribute for `main`, whose context and status come first.
FailureOr<DictionaryAttr> buildSignature(func::FuncOp main);

/// Reads the attribute back; failure (with a diagnostic) when it is missing.
FailureOr<ModelSignature> readSignature(ModuleOp module);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_SIGNATURE_H
