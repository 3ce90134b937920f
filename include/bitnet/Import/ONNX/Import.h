//===- Import.h - ONNX file to ONNX carrier IR ------------------*- C++ -*-===//

#ifndef BITNET_IMPORT_ONNX_IMPORT_H
#define BITNET_IMPORT_ONNX_IMPORT_H

#include "bitnet/Support/ExternalFile.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>
#include <functional>

namespace mlir::bitnet {

/// Opsets of the default domain and IR versions that are accepted. The target
/// is 7 to 28; older ones come through because many operators have not changed
/// since (test suites still use opset 6), and the registry of lowerings refuses
/// each operator that has.
inline constexpr int64_t kMinOpset = 1, kMaxOpset = 28, kMaxIRVersion = 14;

struct ImportOptions {
  /// Initializers larger than this stay in their file (`#bitnet.blob`); smaller
  /// ones become inline `dense` attributes.
  uint64_t inlineBytes = 4096;
  /// Graphs nested deeper than this (If, Loop, Scan, functions) are refused.
  unsigned maxDepth = 64;
  /// Nodes that a model may have, those of nested graphs and those that
  /// inlining its functions adds included (64 bytes of a function count as
  /// one): a few functions that call each other can expand without bound.
  uint64_t maxNodes = 500'000;
  /// Which files of weights may be opened.
  ExternalPolicy external;
  /// An open file with the bytes of the model, instead of the one at `path`,
  /// which then is its name in messages. Null: there is none.
  const OpenFile *bytes = nullptr;
  /// Whether `path` tells the folder in which external data lie. A model in
  /// memory that has no name has them beneath `external.root` only.
  bool hasFolder = true;
  /// Whether the compiler lowers an operator (domain, name, version) itself.
  /// Such an operator stays one node though the model brings a function of its
  /// name: exporters add bodies for runtimes that lack the operator. A node
  /// that names an overload means the function. Without the predicate every
  /// function is inlined.
  std::function<bool(llvm::StringRef domain, llvm::StringRef op,
                     int64_t version)>
      hasLowering;
};

/// Reads the ONNX model at `path` into a module with one `@main` (see the ONNX
/// dialect). Large tensors are mapped, never copied. Errors go to the
/// context's diagnostics, located at the ONNX node when there is one.
FailureOr<OwningOpRef<ModuleOp>>
importONNXModel(MLIRContext &context, llvm::StringRef path,
                const ImportOptions &options = {});

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_ONNX_IMPORT_H
