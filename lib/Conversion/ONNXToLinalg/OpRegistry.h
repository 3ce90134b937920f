//===- OpRegistry.h - which ONNX operators have a lowering ------*- C++ -*-===//
//
// One entry per (domain, operator, version that changed its meaning). Every op
// file registers its entries through one function declared at the end.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_OPREGISTRY_H
#define BITNET_CONVERSION_ONNXTOLINALG_OPREGISTRY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/LogicalResult.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mlir::bitnet {

class NodeLowering;
using LoweringFn = std::function<llvm::LogicalResult(NodeLowering &)>;

/// Domain of ONNX Runtime's fused operators.
inline constexpr llvm::StringLiteral kMicrosoftDomain = "com.microsoft";

class OpRegistry {
public:
  struct Row {
    int64_t sinceVersion;
    LoweringFn lower;
    std::string note;
  };
  using Key = std::pair<std::string, std::string>; // domain, operator

  /// Adds an entry; `note` says in one line what is special or left out.
  void add(llvm::StringRef domain, llvm::StringRef op, int64_t sinceVersion,
           LoweringFn lower, llvm::StringRef note = "");
  /// The same in the default domain.
  void add(llvm::StringRef op, int64_t sinceVersion, LoweringFn lower,
           llvm::StringRef note = "") {
    add("", op, sinceVersion, std::move(lower), note);
  }

  /// The newest entry whose version is at most `version`, or null.
  const Row *lookup(llvm::StringRef domain, llvm::StringRef op,
                    int64_t version) const;
  /// Why `lookup` found nothing, as a phrase for a message.
  std::string reasonMissing(llvm::StringRef domain, llvm::StringRef op,
                            int64_t version) const;

  const std::map<Key, std::vector<Row>> &rows() const { return table; }

  /// The registry of all op files.
  static const OpRegistry &get();

private:
  const std::vector<Row> *find(llvm::StringRef domain,
                               llvm::StringRef op) const;
  std::map<Key, std::vector<Row>> table; // rows ascending in version
};

// One function per op file; called by OpRegistry::get (OpRegistry.cpp).
void registerElementwiseOps(OpRegistry &registry);
void registerParametricOps(OpRegistry &registry);
void registerActivationOps(OpRegistry &registry);
void registerCastOps(OpRegistry &registry);
void registerShapeOps(OpRegistry &registry);
void registerReduceOps(OpRegistry &registry);
void registerIfOps(OpRegistry &registry);
void registerMovementOps(OpRegistry &registry);
void registerSliceOps(OpRegistry &registry);
void registerPadOps(OpRegistry &registry);
void registerScanOps(OpRegistry &registry);
void registerGatherOps(OpRegistry &registry);
void registerScatterOps(OpRegistry &registry);
void registerMatMulOps(OpRegistry &registry);
void registerSoftmaxOps(OpRegistry &registry);
void registerNormOps(OpRegistry &registry);
void registerConvOps(OpRegistry &registry);
void registerPoolOps(OpRegistry &registry);
void registerRotaryOps(OpRegistry &registry);
void registerQuantizeOps(OpRegistry &registry);
void registerMatMulNBitsOps(OpRegistry &registry);
void registerInternalOps(OpRegistry &registry);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_OPREGISTRY_H
