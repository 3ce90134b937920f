//===- Report.cpp - what became of each layer -----------------------------===//
//
// The JSON of --report: one object per layer, from the records that
// recognition, quantization and packing left on the module.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/Driver.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Records may come from the text of a stage: what is missing is empty or 0.
static std::string getString(DictionaryAttr dict, StringRef key) {
  auto attr = dict.getAs<StringAttr>(key);
  return attr ? attr.str() : "";
}

static int64_t getInt(DictionaryAttr dict, StringRef key) {
  auto attr = dict.getAs<IntegerAttr>(key);
  return attr ? attr.getInt() : 0;
}

/// The bytes that a layer's weights take. Before stage 3 the usual packing is
/// assumed.
static uint64_t getStoredBytes(MLIRContext *context, const LayerRecord &layer) {
  bool coded = layer.kind == "ternary" || layer.kind == "binary";
  if (layer.storage == "int8 rows")
    return uint64_t(layer.n) * uint64_t(layer.k + 4);
  if (StringRef(layer.storage).ends_with("bf16"))
    return uint64_t(layer.n) * uint64_t(layer.k) * 2;
  if (!coded || layer.n <= 0 || layer.k <= 0)
    return layer.bytesBefore;
  return PackingAttr::get(context, layer.packing.value_or(PackingKind::U2),
                          layer.n, layer.k)
      .getPackedBytes();
}

/// The layers of the module, in the order of the graph.
std::vector<LayerRecord> mlir::bitnet::collectLayers(ModuleOp module) {
  std::vector<LayerRecord> layers;
  auto records = module->getAttrOfType<ArrayAttr>("bitnet.layers");
  if (!records)
    return layers;
  for (auto dict : records.getAsRange<DictionaryAttr>()) {
    LayerRecord layer;
    layer.name = getString(dict, "name");
    layer.kind = getString(dict, "kind");
    layer.reason = getString(dict, "reason");
    layer.granularity = getString(dict, "granularity");
    layer.act = getString(dict, "act");
    layer.n = getInt(dict, "n");
    layer.k = getInt(dict, "k");
    layer.bytesBefore = uint64_t(getInt(dict, "bytes_before"));
    layer.storage = getString(dict, "storage");
    layer.packing = symbolizePackingKind(getString(dict, "packing"));
    layer.packingNote = getString(dict, "packing_note");
    layer.bytesAfter = getStoredBytes(module.getContext(), layer);
    layers.push_back(std::move(layer));
  }
  return layers;
}

/// Names come from the model: bytes that are no UTF-8 are replaced.
static llvm::json::Object toJSON(const LayerRecord &layer) {
  llvm::json::Object object{{"name", llvm::json::fixUTF8(layer.name)},
                            {"kind", layer.kind},
                            {"reason", layer.reason},
                            {"shape", llvm::json::Array{layer.n, layer.k}},
                            {"granularity", layer.granularity},
                            {"activations", layer.act},
                            {"bytes_before", layer.bytesBefore},
                            {"bytes_after", layer.bytesAfter}};
  if (layer.packing) {
    object["packing"] = stringifyPackingKind(*layer.packing);
    object["bits_per_weight"] = getPackedLayout(*layer.packing).bitsPerWeight();
  }
  if (!layer.storage.empty())
    object["storage"] = layer.storage;
  if (!layer.packingNote.empty())
    object["packing_note"] = layer.packingNote;
  return object;
}

void mlir::bitnet::writeReport(raw_ostream &os, const CompileOptions &options,
                               const CompileResult &result) {
  llvm::json::Array layers;
  for (const LayerRecord &layer : result.layers)
    layers.push_back(toJSON(layer));
  llvm::json::Object report{{"model", llvm::json::fixUTF8(options.input)},
                            {"cpu", result.cpu},
                            {"isas", llvm::json::Array(result.isas)},
                            {"kernel", result.kernel},
                            {"weight_bytes", result.weightBytes},
                            {"layers", std::move(layers)}};
  os << llvm::formatv("{0:2}", llvm::json::Value(std::move(report))) << "\n";
}
