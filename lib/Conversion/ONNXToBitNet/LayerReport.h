//===- LayerReport.h - what was found, layer by layer -----------*- C++ -*-===//
//
// Recognition adds an entry for each product with constant weights, whether it
// became a layer or not; the driver writes the report (--report) from these
// entries.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_LAYERREPORT_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_LAYERREPORT_H

#include "LayerForm.h"
#include "TernaryJudge.h"

#include "llvm/ADT/StringMap.h"

namespace mlir::bitnet {

/// Collects the entries of the module attribute `bitnet.layers`.
class LayerReport {
public:
  void addTernary(const LayerForm &form, const TernaryWeight &weight,
                  ActQuantAttr act);
  /// A table that Gather reads; `storage` as for layers.
  void addTable(const LayerForm &form, StringRef storage);
  /// `storage` says how the weights are stored when not as in the model.
  void addFloat(const LayerForm &form, StringRef reason,
                StringRef storage = "");
  /// A name for the layer that no other layer has.
  std::string getUniqueName(const LayerForm &form);
  /// Adds the attribute to `module`.
  void attach(Operation *module) const;

private:
  void add(const LayerForm &form, LayerKind kind, StringRef reason,
           StringRef granularity, StringRef act, StringRef storage);
  SmallVector<Attribute> entries;
  llvm::StringMap<unsigned> names;
};

/// The ONNX name of the largest initializer behind the weights.
std::string getWeightName(const LayerForm &form);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_LAYERREPORT_H
