//===- LayerReport.cpp - what was found, layer by layer -------------------===//
//
// The records that --report and -v show, as an attribute of the module.
//
//===----------------------------------------------------------------------===//

#include "LayerReport.h"
#include "bitnet/Conversion/ONNXToBitNet/Passes.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The initializers behind the weights, for names and sizes.
static fold::Origin getOrigin(const LayerForm &form) {
  fold::Origin origin = form.origin;
  if (form.weights)
    form.weights.stream->describe(origin);
  return origin;
}

std::string mlir::bitnet::getWeightName(const LayerForm &form) {
  return getOrigin(form).getName();
}

/// Layers without a name are called after their weights; equal names get a
/// number.
std::string LayerReport::getUniqueName(const LayerForm &form) {
  std::string name = getNodeName(form.node);
  if (name.empty())
    name =
        getWeightName(form) + (form.node.getOp() == "Gather" ? ".gather" : "");
  unsigned count = names[name]++;
  return count == 0 ? name : name + "#" + std::to_string(count + 1);
}

/// Empty texts are left out.
void LayerReport::add(const LayerForm &form, LayerKind kind, StringRef reason,
                      StringRef granularity, StringRef act, StringRef storage) {
  MLIRContext *context = form.node.getContext();
  auto text = [&](StringRef value) {
    return value.empty() ? StringAttr() : StringAttr::get(context, value);
  };
  entries.push_back(LayerAttr::get(
      context, StringAttr::get(context, form.name), kind, form.n, form.k,
      getOrigin(form).getBytes(), text(reason), text(granularity), text(act),
      text(storage), PackingAttr(), StringAttr()));
}

void LayerReport::addTernary(const LayerForm &form, const TernaryWeight &weight,
                             ActQuantAttr act) {
  add(form, weight.isBinary ? LayerKind::Binary : LayerKind::Ternary, "",
      stringify(weight.granularity),
      act ? stringifyScaleForm(act.getForm()) : "none", "");
}

void LayerReport::addFloat(const LayerForm &form, StringRef reason,
                           StringRef storage) {
  add(form, LayerKind::Float, reason, "", "none", storage);
}

void LayerReport::addTable(const LayerForm &form, StringRef storage) {
  add(form, LayerKind::Table, "", "", "", storage);
}

void LayerReport::attach(Operation *module) const {
  BitNetDialect::LayersAttrHelper(module->getContext())
      .setAttr(module, ArrayAttr::get(module->getContext(), entries));
}
