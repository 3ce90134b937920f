//===- EmitIR.cpp - writes IR and the bytes it names ----------------------===//

#include "EmitIR.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;

// mlir has a BlobAttr of its own.
using Blob = bitnet::BlobAttr;

/// In-memory blobs of the module, each with its offset in the side file.
static llvm::MapVector<Blob, uint64_t> findMemoryBlobs(ModuleOp module) {
  llvm::MapVector<Blob, uint64_t> blobs;
  uint64_t offset = 0;
  AttrTypeWalker walker;
  walker.addWalk([&](Blob blob) {
    if (!BlobStore::isMemoryName(blob.getFile().strref()) ||
        !blobs.insert({blob, offset}).second)
      return;
    offset = llvm::alignTo(offset + blob.getLength(), 64);
  });
  module.walk([&](Operation *op) { walker.walk(op->getAttrDictionary()); });
  return blobs;
}

static llvm::Error writeBlobs(BlobStore &store,
                              const llvm::MapVector<Blob, uint64_t> &blobs,
                              StringRef path) {
  return llvm::writeToOutput(path, [&](raw_ostream &os) -> llvm::Error {
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
  });
}

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
static bool takesSideFile(StringRef path) {
  return path != "-" &&
         (!llvm::sys::fs::exists(path) || llvm::sys::fs::is_regular_file(path));
}

LogicalResult mlir::bitnet::emitIR(ModuleOp module, StringRef path) {
  auto cannotWrite = [&](const Twine &file, llvm::Error error) {
    return emitError(module.getLoc()) << "cannot write " << file << ": "
                                      << llvm::toString(std::move(error));
  };
  if (auto blobs = findMemoryBlobs(module);
      takesSideFile(path) && !blobs.empty()) {
    std::string side = (path + ".blobs").str();
    BlobStore &store = BitNetDialect::getBlobStore(module.getContext());
    if (llvm::Error error = writeBlobs(store, blobs, side))
      return cannotWrite(side, std::move(error));
    renameBlobs(module, blobs, side);
  }
  if (llvm::Error error = llvm::writeToOutput(path, [&](raw_ostream &os) {
        module.print(os);
        os << "\n";
        return llvm::Error::success();
      }))
    return cannotWrite(path, std::move(error));
  return success();
}
