//===- OpRegistry.cpp - which ONNX operators have a lowering --------------===//
//
// A table from (domain, operator) to entries, one for each opset version from
// which a meaning holds. Files of operators add theirs in register...Ops.
//
//===----------------------------------------------------------------------===//

#include "OpRegistry.h"

#include "bitnet/Conversion/ONNXToLinalg/Passes.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace mlir::bitnet;

/// "ai.onnx" and "" name the same domain.
static llvm::StringRef normalize(llvm::StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

/// Entries stay sorted by version.
void OpRegistry::add(llvm::StringRef domain, llvm::StringRef op,
                     int64_t sinceVersion, LoweringFn lower,
                     llvm::StringRef note) {
  std::vector<Row> &rows = table[{normalize(domain).str(), op.str()}];
  auto at = llvm::find_if(
      rows, [&](const Row &row) { return row.sinceVersion > sinceVersion; });
  rows.insert(at, Row{sinceVersion, std::move(lower), note.str()});
}

/// The entries of an operator; null when it has none at all.
const std::vector<OpRegistry::Row> *OpRegistry::find(llvm::StringRef domain,
                                                     llvm::StringRef op) const {
  auto it = table.find({normalize(domain).str(), op.str()});
  return it == table.end() ? nullptr : &it->second;
}

/// The last entry whose version is not above `version`.
const OpRegistry::Row *OpRegistry::lookup(llvm::StringRef domain,
                                          llvm::StringRef op,
                                          int64_t version) const {
  const std::vector<Row> *rows = find(domain, op);
  if (!rows)
    return nullptr;
  const Row *best = nullptr;
  for (const Row &row : *rows)
    if (row.sinceVersion <= version)
      best = &row;
  return best;
}

/// Says why there is no entry: an unknown operator, or an opset that is too
/// old.
std::string OpRegistry::reasonMissing(llvm::StringRef domain,
                                      llvm::StringRef op,
                                      int64_t version) const {
  const std::vector<Row> *rows = find(domain, op);
  if (!rows)
    return "no lowering for this operator";
  return ("supported from opset " + llvm::Twine(rows->front().sinceVersion))
      .str();
}

/// The registry is built once and never changes.
const OpRegistry &OpRegistry::get() {
  static const OpRegistry registry = [] {
    OpRegistry r;
    registerElementwiseOps(r);
    registerParametricOps(r);
    registerActivationOps(r);
    registerCastOps(r);
    registerShapeOps(r);
    registerReduceOps(r);
    registerIfOps(r);
    registerMovementOps(r);
    registerSliceOps(r);
    registerPadOps(r);
    registerScanOps(r);
    registerGatherOps(r);
    registerScatterOps(r);
    registerMatMulOps(r);
    registerSoftmaxOps(r);
    registerNormOps(r);
    registerConvOps(r);
    registerPoolOps(r);
    registerRotaryOps(r);
    registerQuantizeOps(r);
    registerMatMulNBitsOps(r);
    registerInternalOps(r);
    return r;
  }();
  return registry;
}

bool mlir::bitnet::hasONNXLowering(llvm::StringRef domain, llvm::StringRef op,
                                   int64_t version) {
  return domain != onnx::kInternalDomain &&
         OpRegistry::get().lookup(domain, op, version);
}

/// Operators of the internal domain are no operators of ONNX.
std::vector<SupportedOp> mlir::bitnet::listSupportedOps() {
  std::vector<SupportedOp> ops;
  for (const auto &[key, rows] : OpRegistry::get().rows()) {
    if (key.first == onnx::kInternalDomain)
      continue;
    SupportedOp op{key.first, key.second, {}, rows.back().note};
    for (const OpRegistry::Row &row : rows)
      op.sinceVersions.push_back(row.sinceVersion);
    ops.push_back(std::move(op));
  }
  return ops;
}
