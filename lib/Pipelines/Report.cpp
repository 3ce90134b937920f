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

/// The bytes that a layer's weights take. Before stage 3 the usual packing is
/// assumed.
static uint64_t getStoredBytes(LayerAttr layer) {
  const uint64_t rows = layer.getRows(), cols = layer.getCols();
  const StringRef storage =
      layer.getStorage() ? layer.getStorage().getValue() : "";
  if (storage == "int8 rows")
    return rows * (cols + 4);
  if (storage.ends_with("bf16"))
    return rows * cols * 2;
  const bool coded = layer.getKind() == LayerKind::Ternary ||
                     layer.getKind() == LayerKind::Binary;
  if (!coded || layer.getRows() <= 0 || layer.getCols() <= 0)
    return layer.getBytes();
  PackingAttr packing = layer.getPacking();
  if (!packing)
    packing = PackingAttr::get(layer.getContext(), kUsualLayout.kind,
                               layer.getRows(), layer.getCols());
  return packing.getPackedBytes();
}

/// The layers of the module, in the order of the graph.
std::vector<LayerRecord> mlir::bitnet::collectLayers(ModuleOp module) {
  auto text = [](StringAttr attr) { return attr ? attr.str() : ""; };
  std::vector<LayerRecord> layers;
  for (LayerAttr from : LayerAttr::getAll(module)) {
    LayerRecord layer;
    layer.name = from.getName().str();
    layer.kind = from.getKind();
    layer.reason = text(from.getReason());
    layer.granularity = text(from.getGranularity());
    layer.act = text(from.getAct());
    layer.n = from.getRows();
    layer.k = from.getCols();
    layer.bytesBefore = from.getBytes();
    layer.bytesAfter = getStoredBytes(from);
    layer.storage = text(from.getStorage());
    layer.packingNote = text(from.getNote());
    if (from.getPacking())
      layer.packing = from.getPacking().getKind();
    layers.push_back(std::move(layer));
  }
  return layers;
}

/// Names come from the model: bytes that are no UTF-8 are replaced.
static llvm::json::Object toJSON(const LayerRecord &layer) {
  llvm::json::Object object{{"name", llvm::json::fixUTF8(layer.name)},
                            {"kind", stringifyLayerKind(layer.kind)},
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
