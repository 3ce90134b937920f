//===- Summary.cpp - what the compiler tells its user ---------------------===//
//
// Everything goes to standard error. Names come from the model file, so they
// are escaped: one layer is one line.
//
//===----------------------------------------------------------------------===//

#include "Summary.h"

#include "bitnet/Conversion/ONNXToLinalg/Passes.h"
#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <sys/resource.h>

using namespace mlir::bitnet;

/// The most memory that this process had so far.
static double peakMegabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) / 1024;
}

/// "1.8 MB", "417 kB".
static std::string formatBytes(uint64_t bytes) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (bytes >= 1000 * 1000)
    os << llvm::format("%.1f MB", double(bytes) / 1e6);
  else if (bytes >= 1000)
    os << llvm::format("%.1f kB", double(bytes) / 1e3);
  else
    os << bytes << " B";
  return text;
}

void mlir::bitnet::printProgress(const bitnet_compile_progress &progress) {
  llvm::errs() << "[" << progress.index << "/" << progress.count << "] "
               << progress.stage
               << llvm::format(" (%.2f s, peak %.0f MB)\n", progress.seconds,
                               peakMegabytes());
}

/// The layer's kind, shape and name, then what is known of its scales,
/// activations and packing, and why it is not ternary.
static void printLayer(const bitnet_compile_layer &layer) {
  llvm::raw_ostream &os = llvm::errs();
  os << "  " << layer.kind << (*layer.storage ? ", " : "") << layer.storage
     << " " << layer.rows << "x" << layer.cols << " ";
  os.write_escaped(layer.name);
  if (*layer.granularity)
    os << ", scale per " << layer.granularity;
  if (*layer.activations)
    os << ", activations " << layer.activations;
  if (*layer.reason)
    os << ": " << layer.reason;
  os << ", " << formatBytes(layer.bytes_before) << " -> "
     << formatBytes(layer.bytes_after);
  if (*layer.packing)
    os << llvm::format(", %.1f bits", layer.bits_per_weight);
  if (*layer.packing_note)
    os << ": " << layer.packing_note;
  os << "\n";
}

/// "3 ternary layers: 12.6 MB -> 1.6 MB", a line for each kind that there is.
static void printKinds(llvm::ArrayRef<bitnet_compile_layer> layers) {
  for (llvm::StringRef kind : {"ternary", "binary", "float", "table"}) {
    // Bytes of weights: as the model stores them, and as the library does.
    uint64_t count = 0, before = 0, after = 0;
    for (const bitnet_compile_layer &layer : layers)
      if (kind == layer.kind) {
        ++count;
        before += layer.bytes_before;
        after += layer.bytes_after;
      }
    if (count)
      llvm::errs() << "  " << count << " " << kind
                   << (kind == "table" ? "" : " layer")
                   << (count == 1 ? ": " : "s: ") << formatBytes(before)
                   << " -> " << formatBytes(after) << "\n";
  }
}

/// What was made from what, for which machines. The size is left out for a
/// folder of C++ (--target=hls).
static void printOutput(llvm::StringRef model,
                        const bitnet_compile_result &result) {
  llvm::raw_ostream &os = llvm::errs();
  const llvm::StringRef output = bitnet_compile_result_output(&result);
  uint64_t size = 0;
  os << escapePath(model) << " -> " << escapePath(output);
  if (!llvm::sys::fs::is_directory(output) &&
      !llvm::sys::fs::file_size(output, size))
    os << " (" << formatBytes(size) << ")";
  const bitnet_compile_words isas = bitnet_compile_result_isas(&result);
  const llvm::StringRef cpu = bitnet_compile_result_cpu(&result);
  if (isas.count)
    os << ", for " << llvm::join(isas.words, isas.words + isas.count, ", ");
  else if (!cpu.empty())
    os << ", for " << cpu;
  const llvm::StringRef kernel = bitnet_compile_result_kernel(&result);
  if (!kernel.empty())
    os << ", kernels " << kernel;
  os << "\n";
}

void mlir::bitnet::printSummary(llvm::StringRef model,
                                const bitnet_compile_result &result,
                                bool everyLayer) {
  printOutput(model, result);
  std::vector<bitnet_compile_layer> layers(
      bitnet_compile_result_layer_count(&result));
  for (size_t i = 0; i < layers.size(); ++i) {
    layers[i].struct_size = sizeof(layers[i]);
    bitnet_compile_result_layer(&result, i, &layers[i]);
    if (everyLayer)
      printLayer(layers[i]);
  }
  printKinds(layers);
}

void mlir::bitnet::printSupportedOps(llvm::raw_ostream &os) {
  for (const SupportedOp &op : listSupportedOps()) {
    os << (op.domain.empty() ? "" : op.domain + ".") << op.op << ' ';
    llvm::interleaveComma(op.sinceVersions, os);
    if (!op.note.empty())
      os << " (" << op.note << ')';
    os << '\n';
  }
}
