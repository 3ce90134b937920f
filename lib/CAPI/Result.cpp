//===- Result.cpp - what became of a model, for C -------------------------===//
//
// Accessors of bitnet_compile_result.
//
//===----------------------------------------------------------------------===//

#include "Result.h"

#include <cstring>

using namespace mlir::bitnet;

bitnet_compile_result::bitnet_compile_result(CompileResult from,
                                             std::string output)
    : compiled(std::move(from)), output(std::move(output)) {
  for (const std::string &isa : compiled.isas)
    isas.push_back(isa.c_str());
}

void bitnet_compile_result_free(bitnet_compile_result *result) {
  delete result;
}

const char *bitnet_compile_result_output(const bitnet_compile_result *result) {
  return result->output.c_str();
}

const char *bitnet_compile_result_cpu(const bitnet_compile_result *result) {
  return result->compiled.cpu.c_str();
}

const char *bitnet_compile_result_kernel(const bitnet_compile_result *result) {
  return result->compiled.kernel.c_str();
}

/// An empty list for a library of one machine.
bitnet_compile_words
bitnet_compile_result_isas(const bitnet_compile_result *result) {
  return {result->isas.data(), result->isas.size()};
}

uint64_t
bitnet_compile_result_weight_bytes(const bitnet_compile_result *result) {
  return result->compiled.weightBytes;
}

size_t bitnet_compile_result_layer_count(const bitnet_compile_result *result) {
  return result->compiled.layers.size();
}

/// Before stage 3 nothing is packed. The enumeration's texts are literals, so
/// they end with a zero.
static void describePacking(const LayerRecord &from, bitnet_compile_layer &to) {
  to.packing = "";
  to.packing_note = from.packingNote.c_str();
  if (!from.packing)
    return;
  to.packing = stringifyPackingKind(*from.packing).data();
  to.bits_per_weight = getPackedLayout(*from.packing).bitsPerWeight();
}

/// Texts are those of the record, which lives as long as the result.
void bitnet_compile_result_layer(const bitnet_compile_result *result,
                                 size_t index, bitnet_compile_layer *layer) {
  const LayerRecord &from = result->compiled.layers[index];
  bitnet_compile_layer to{};
  to.name = from.name.c_str();
  to.kind = from.kind.c_str();
  to.storage = from.storage.c_str();
  to.granularity = from.granularity.c_str();
  to.activations = from.act.c_str();
  to.reason = from.reason.c_str();
  describePacking(from, to);
  to.rows = from.n;
  to.cols = from.k;
  to.bytes_before = from.bytesBefore;
  to.bytes_after = from.bytesAfter;
  // The caller's header may have fewer members.
  to.struct_size = layer->struct_size;
  std::memcpy(layer, &to, std::min(layer->struct_size, sizeof(to)));
}
