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

using namespace mlir;
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

void mlir::bitnet::printProgress(unsigned index, unsigned count, StringRef name,
                                 double seconds) {
  llvm::errs() << "[" << index << "/" << count << "] " << name
               << llvm::format(" (%.2f s, peak %.0f MB)\n", seconds,
                               peakMegabytes());
}

/// The layer's kind, shape and name, then what is known of its scales,
/// activations and packing, and why it is not ternary.
static void printLayer(const LayerRecord &layer) {
  llvm::errs() << "  " << layer.kind << (layer.storage.empty() ? "" : ", ")
               << layer.storage << " " << layer.n << "x" << layer.k << " ";
  llvm::errs().write_escaped(layer.name);
  if (!layer.granularity.empty())
    llvm::errs() << ", scale per " << layer.granularity;
  if (!layer.act.empty())
    llvm::errs() << ", activations " << layer.act;
  if (!layer.reason.empty())
    llvm::errs() << ": " << layer.reason;
  llvm::errs() << ", " << formatBytes(layer.bytesBefore) << " -> "
               << formatBytes(layer.bytesAfter);
  if (layer.packing)
    llvm::errs() << llvm::format(
        ", %.1f bits", getPackedLayout(*layer.packing).bitsPerWeight());
  if (!layer.packingNote.empty())
    llvm::errs() << ": " << layer.packingNote;
  llvm::errs() << "\n";
}

/// "3 ternary layers: 12.6 MB -> 1.6 MB", a line for each kind that there is.
static void printKinds(ArrayRef<LayerRecord> layers) {
  for (StringRef kind : {"ternary", "binary", "float", "table"}) {
    // Bytes of weights: as the model stores them, and as the library does.
    uint64_t count = 0, before = 0, after = 0;
    for (const LayerRecord &layer : layers)
      if (layer.kind == kind) {
        ++count;
        before += layer.bytesBefore;
        after += layer.bytesAfter;
      }
    if (count)
      llvm::errs() << "  " << count << " " << kind
                   << (kind == "table" ? "" : " layer")
                   << (count == 1 ? ": " : "s: ") << formatBytes(before)
                   << " -> " << formatBytes(after) << "\n";
  }
}

/// The size is left out for a folder of C++ (--target=hls).
void mlir::bitnet::printSummary(const CompileOptions &options,
                                const CompileResult &result, bool everyLayer) {
  llvm::raw_ostream &os = llvm::errs();
  uint64_t size = 0;
  os << escapePath(options.input) << " -> " << escapePath(options.output);
  if (!llvm::sys::fs::is_directory(options.output) &&
      !llvm::sys::fs::file_size(options.output, size))
    os << " (" << formatBytes(size) << ")";
  if (!result.isas.empty())
    os << ", for " << llvm::join(result.isas, ", ");
  else if (!result.cpu.empty())
    os << ", for " << result.cpu;
  if (!result.kernel.empty())
    os << ", kernels " << result.kernel;
  os << "\n";
  if (everyLayer)
    for (const LayerRecord &layer : result.layers)
      printLayer(layer);
  printKinds(result.layers);
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
