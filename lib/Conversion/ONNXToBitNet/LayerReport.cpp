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

/// The keys are those of kLayersAttr.
void LayerReport::add(const LayerForm &form, StringRef kind, StringRef reason,
                      StringRef granularity, StringRef act, StringRef storage) {
  Builder builder(form.node.getContext());
  fold::Origin origin = getOrigin(form);
  auto text = [&](StringRef value) { return builder.getStringAttr(value); };
  auto number = [&](int64_t value) { return builder.getI64IntegerAttr(value); };
  NamedAttrList entry(
      {builder.getNamedAttr("name", text(form.name)),
       builder.getNamedAttr("weight", text(origin.getName())),
       builder.getNamedAttr("kind", text(kind)),
       builder.getNamedAttr("reason", text(reason)),
       builder.getNamedAttr("n", number(form.n)),
       builder.getNamedAttr("k", number(form.k)),
       builder.getNamedAttr("granularity", text(granularity)),
       builder.getNamedAttr("act", text(act)),
       builder.getNamedAttr("bytes_before",
                            number(int64_t(origin.getBytes())))});
  if (!storage.empty())
    entry.set("storage", text(storage));
  entries.push_back(entry.getDictionary(builder.getContext()));
}

void LayerReport::addTernary(const LayerForm &form, const TernaryWeight &weight,
                             ActQuantAttr act) {
  add(form, weight.isBinary ? "binary" : "ternary", "",
      stringify(weight.granularity),
      act ? stringifyScaleForm(act.getForm()) : "none", "");
}

void LayerReport::addFloat(const LayerForm &form, StringRef reason,
                           StringRef storage) {
  add(form, "float", reason, "", "none", storage);
}

void LayerReport::addTable(const LayerForm &form, StringRef storage) {
  add(form, "table", "", "", "", storage);
}

void LayerReport::attach(Operation *module) const {
  module->setAttr(kLayersAttr, ArrayAttr::get(module->getContext(), entries));
}
