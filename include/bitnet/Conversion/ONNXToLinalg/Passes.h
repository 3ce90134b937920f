//===- Passes.h - ONNX graphs to linalg -------------------------*- C++ -*-===//
//
// --convert-onnx-to-linalg lowers every node that recognition left, by a
// registry of functions keyed by domain, name and opset version. The queries
// below give tools and the importer the contents of the registry.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_PASSES_H
#define BITNET_CONVERSION_ONNXTOLINALG_PASSES_H

#include "mlir/Pass/Pass.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

#define GEN_PASS_DECL
#include "bitnet/Conversion/ONNXToLinalg/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "bitnet/Conversion/ONNXToLinalg/Passes.h.inc"

/// One line of `bitnet-compile --supported-ops`: an operator and the opset
/// versions from which a lowering of its own holds.
struct SupportedOp {
  std::string domain; // empty for ai.onnx
  std::string op;
  std::vector<int64_t> sinceVersions; // ascending
  std::string note;                   // of the newest version; may be empty
};

/// Every operator with a lowering, sorted by domain and name. bitnet-compile
/// --supported-ops prints this list, and docs/OnnxSupport.md is made of it.
std::vector<SupportedOp> listSupportedOps();

/// Whether `version` of an operator has a lowering; `domain` is empty for
/// ai.onnx. The driver hands it to the importer, which inlines functions of the
/// model unless their operator has a lowering.
bool hasONNXLowering(llvm::StringRef domain, llvm::StringRef op,
                     int64_t version);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_PASSES_H
