//===- WeightsHeader.cpp - weights.h --------------------------------------===//

#include "CppPrinter.h"
#include "Operations.h"

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/IR/Constants.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The ONNX name behind a view, as far as its location tells.
static std::string weightName(Location loc) {
  std::string name;
  loc->walk([&](Location inner) {
    if (auto named = dyn_cast<NameLoc>(inner); named && name.empty())
      name = named.getName().str();
    return WalkResult::advance();
  });
  // The prefix keeps away from the functions of the C library.
  return "w_" + (name.empty() ? "weights" : toIdentifier(name));
}

std::vector<WeightArray> bitnet::nameWeights(func::FuncOp main) {
  llvm::StringSet<> used{topName(main)};
  for (BlockArgument arg : portArguments(main))
    used.insert(portName(main, arg));
  std::vector<WeightArray> arrays;
  main.walk([&](memref::ViewOp view) {
    std::string base = weightName(view.getLoc()), name = base;
    for (unsigned n = 2; !used.insert(name).second; ++n)
      name = base + "_" + std::to_string(n);
    arrays.push_back({view, name});
  });
  return arrays;
}

/// The bytes at `offset` of the weights, held by the blob store or `owned`.
static FailureOr<ArrayRef<uint8_t>> findBytes(ModuleOp module, int64_t offset,
                                              std::vector<uint8_t> &owned) {
  auto entries = module->getAttrOfType<ArrayAttr>(kWeightsAttr);
  for (Attribute entry : entries ? entries.getValue() : ArrayRef<Attribute>()) {
    auto pair = dyn_cast<ArrayAttr>(entry);
    if (!pair || pair.size() != 2 || !isa<IntegerAttr>(pair[1]) ||
        cast<IntegerAttr>(pair[1]).getInt() != offset)
      continue;
    if (auto dense = dyn_cast<DenseElementsAttr>(pair[0])) {
      owned = getStorage(dense);
      return ArrayRef<uint8_t>(owned);
    }
    auto blob = dyn_cast<bitnet::BlobAttr>(pair[0]);
    if (!blob)
      break;
    auto bytes = BitNetDialect::getBlobStore(module.getContext())
                     .getBytes(blob.getFile().getValue(), blob.getOffset(),
                               blob.getLength());
    if (!bytes)
      return mlir::emitError(module.getLoc(),
                             llvm::toString(bytes.takeError()));
    return *bytes;
  }
  return mlir::emitError(module.getLoc(),
                         "bitnet.weights has no entry at offset ")
         << offset;
}

/// One element of `type` at `at`, as the printer writes literals.
static std::string printElement(const uint8_t *at, Type type) {
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  uint64_t bits = 0;
  for (unsigned i = 0; i < (width + 7) / 8; ++i)
    bits |= uint64_t(at[i]) << (8 * i);
  APInt number(width, bits, /*isSigned=*/false, /*implicitTrunc=*/true);
  if (auto real = dyn_cast<FloatType>(type))
    return *printLiteral(
        FloatAttr::get(type, APFloat(real.getFloatSemantics(), number)));
  return *printLiteral(IntegerAttr::get(type, number));
}

/// Nested braces, one line per innermost row.
static void printRows(llvm::raw_ostream &os, const uint8_t *&at,
                      MemRefType type, ArrayRef<int64_t> shape) {
  Type element = type.getElementType();
  unsigned size = (element.getIntOrFloatBitWidth() + 7) / 8;
  os << "{";
  for (int64_t i = 0; i < shape[0]; ++i) {
    if (i)
      os << ",";
    if (shape.size() > 1) {
      os << "\n";
      printRows(os, at, type, shape.drop_front());
      continue;
    }
    os << printElement(at, element);
    at += size;
  }
  os << "}";
}

static LogicalResult printArray(llvm::raw_ostream &os, ModuleOp module,
                                const WeightArray &array) {
  auto view = array.view.getDefiningOp<memref::ViewOp>();
  APInt offset;
  matchPattern(view.getByteShift(), m_ConstantInt(&offset));
  std::vector<uint8_t> owned;
  auto bytes = findBytes(module, offset.getSExtValue(), owned);
  if (failed(bytes))
    return failure();
  MemRefType type = view.getType();
  unsigned size = (type.getElementTypeBitWidth() + 7) / 8;
  if (bytes->size() < uint64_t(type.getNumElements()) * size)
    return mlir::emitError(view.getLoc(),
                           "is larger than the constant it shows");
  const uint8_t *at = bytes->data();
  SmallVector<int64_t> shape(type.getShape());
  if (shape.empty())
    shape.push_back(1);
  os << "static const " << declareArray(type, array.name) << " = ";
  printRows(os, at, type, shape);
  os << ";\n\n";
  return success();
}

LogicalResult bitnet::printWeights(llvm::raw_ostream &os, func::FuncOp main) {
  auto module = main->getParentOfType<ModuleOp>();
  os << "// Written by bitnet-compile --target=hls: packed ternary weights\n"
     << "// (layout U2: row n, column k is field k / 4 % 4 of byte\n"
     << "// [n / 64][k / 16][n % 64 / 16][4 * (n % 16) + k % 4], code w + 1),\n"
     << "// scales and biases.\n"
     << "#ifndef BITNET_WEIGHTS_H\n#define BITNET_WEIGHTS_H\n\n"
     << "#include \"bitnet_hls.h\"\n#include <stdint.h>\n\n";
  for (const WeightArray &array : nameWeights(main))
    if (failed(printArray(os, module, array)))
      return failure();
  os << "#endif // BITNET_WEIGHTS_H\n";
  return success();
}
