//===- EmitIR.cpp - writes IR and the bytes it names ----------------------===//
//
// Text of IR names weights in files. Weights that only this process has go to a
// side file, and the text names that, so that another run can continue from
// there.
//
//===----------------------------------------------------------------------===//

#include "EmitIR.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/IR/Failure.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;

// This alias is needed because namespace mlir has a BlobAttr of its own.
using Blob = bitnet::BlobAttr;

/// Finds the in-memory blobs of the module, and gives each an offset in the
/// side file.
static llvm::MapVector<Blob, uint64_t> findMemoryBlobs(ModuleOp module) {
  llvm::MapVector<Blob, uint64_t> blobs;
  uint64_t offset = 0;
  AttrTypeWalker walker;
  walker.addWalk([&](Blob blob) {
    if (!BlobStore::isMemoryName(blob.getFile().strref()) ||
        !blobs.insert({blob, offset}).second)
      return;
    // Ranges in the side file are aligned like those of a weights image.
    offset = llvm::alignTo(offset + blob.getLength(), 64);
  });
  module.walk([&](Operation *op) { walker.walk(op->getAttrDictionary()); });
  return blobs;
}

/// Writes the blobs, with zeros in the gaps between aligned offsets.
static llvm::Error writeBlobs(BlobStore &store,
                              const llvm::MapVector<Blob, uint64_t> &blobs,
                              raw_ostream &os) {
  uint64_t written = 0;
  for (auto &[blob, offset] : blobs) {
    os.write_zeros(unsigned(offset - written));
    auto bytes =
        store.getBytes(blob.getFile(), blob.getOffset(), blob.getLength());
    if (!bytes)
      return bytes.takeError();
    os.write(reinterpret_cast<const char *>(bytes->data()), bytes->size());
    written = offset + bytes->size();
  }
  return llvm::Error::success();
}

/// The blobs of the module become ranges of the side file.
static void renameBlobs(ModuleOp module,
                        const llvm::MapVector<Blob, uint64_t> &blobs,
                        StringRef path) {
  AttrTypeReplacer replacer;
  auto file = StringAttr::get(module.getContext(), path);
  replacer.addReplacement([&](Blob blob) -> std::optional<Attribute> {
    auto it = blobs.find(blob);
    if (it == blobs.end())
      return std::nullopt;
    return Blob::get(blob.getContext(), file, it->second, blob.getLength());
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true);
}

/// Standard output and devices have no place beside them: text there is for
/// reading, and its memory blobs stay unnamed.
static llvm::Error addSideFile(ModuleOp module, OutputSet &outputs,
                               StringRef path) {
  auto blobs = findMemoryBlobs(module);
  if (blobs.empty() || !isRegularOutput(path))
    return llvm::Error::success();
  std::string side = (path + ".blobs").str();
  BlobStore &store = BitNetDialect::getBlobStore(module.getContext());
  if (llvm::Error error =
          outputs.write(side, "the file of blobs", [&](raw_ostream &os) {
            return writeBlobs(store, blobs, os);
          }))
    return error;
  renameBlobs(module, blobs, side);
  return llvm::Error::success();
}

LogicalResult mlir::bitnet::emitIR(ModuleOp module, OutputSet &outputs,
                                   StringRef path) {
  llvm::Error error =
      outputs.write(path, kOutputRole, [&](raw_ostream &os) -> llvm::Error {
        if (llvm::Error error = addSideFile(module, outputs, path))
          return error;
        module.print(os);
        os << "\n";
        return llvm::Error::success();
      });
  if (error)
    return emitFailure(module.getLoc(), std::move(error));
  return success();
}
