//===- WeightsHeader.cpp - weights.h --------------------------------------===//
//
// Prints weights.h, which has each view of the weights and each global constant
// as a const array. Elements are read from blobs or from attributes.
//
//===----------------------------------------------------------------------===//

#include "CppPrinter.h"
#include "Operations.h"

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSet.h"
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
  // The prefix keeps the name away from those of the C library.
  return "w_" + (name.empty() ? "weights" : toIdentifier(name));
}

/// A name is used once in the whole of model.cpp: a number behind it tells
/// arrays of one layer apart.
std::vector<WeightArray> bitnet::nameWeights(func::FuncOp main) {
  llvm::StringSet<> used{topName(main)};
  for (BlockArgument arg : portArguments(main))
    used.insert(portName(main, arg));
  std::vector<WeightArray> arrays;
  llvm::StringMap<std::string> globals;
  auto add = [&](Value value, Location loc) {
    std::string base = weightName(loc), name = base;
    for (unsigned n = 2; !used.insert(name).second; ++n)
      name = base + "_" + std::to_string(n);
    arrays.push_back({value, name, /*first=*/true});
    return name;
  };
  main.walk([&](Operation *op) {
    if (auto view = dyn_cast<memref::ViewOp>(op))
      add(view, view.getLoc());
    auto global = dyn_cast<memref::GetGlobalOp>(op);
    if (!global)
      return;
    // Several operations may read one global: it is declared once.
    std::string &name = globals[global.getName()];
    if (name.empty())
      name = add(global, global.getLoc());
    else
      arrays.push_back({global, name, /*first=*/false});
  });
  return arrays;
}

/// The constant behind an array: dense elements or a blob.
static Attribute findContents(ModuleOp module, Value array) {
  if (auto get = array.getDefiningOp<memref::GetGlobalOp>()) {
    auto global = module.lookupSymbol<memref::GlobalOp>(get.getName());
    return global ? global.getInitialValueAttr() : Attribute();
  }
  APInt offset;
  matchPattern(array.getDefiningOp<memref::ViewOp>().getByteShift(),
               m_ConstantInt(&offset));
  auto entries = module->getAttrOfType<ArrayAttr>(kWeightsAttr);
  for (Attribute entry : entries ? entries.getValue() : ArrayRef<Attribute>()) {
    auto pair = dyn_cast<ArrayAttr>(entry);
    auto at = pair && pair.size() == 2 ? dyn_cast<IntegerAttr>(pair[1])
                                       : IntegerAttr();
    if (at && at.getInt() == offset.getSExtValue())
      return pair[0];
  }
  return {};
}

/// One element of `type` at `at`, as the printer writes literals.
static std::string printElement(const uint8_t *at, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  uint64_t bits = 0;
  for (unsigned i = 0; i < (width + 7) / 8; ++i)
    bits |= uint64_t(at[i]) << (8 * i);
  APInt number(width, bits, /*isSigned=*/false, /*implicitTrunc=*/true);
  if (auto real = dyn_cast<FloatType>(type))
    return *printLiteral(
        FloatAttr::get(type, APFloat(real.getFloatSemantics(), number)));
  return *printLiteral(IntegerAttr::get(type, number));
}

using NextElement = llvm::function_ref<std::string()>;

/// Nested braces, one line per innermost row.
static void printRows(llvm::raw_ostream &os, NextElement next,
                      ArrayRef<int64_t> shape) {
  os << "{";
  for (int64_t i = 0; i < shape[0]; ++i) {
    if (i)
      os << ",";
    if (shape.size() == 1) {
      os << next();
      continue;
    }
    os << "\n";
    printRows(os, next, shape.drop_front());
  }
  os << "}";
}

/// Calls `print` with a source of the elements of `contents`.
static LogicalResult readContents(ModuleOp module, const WeightArray &array,
                                  llvm::function_ref<void(NextElement)> print) {
  auto type = cast<MemRefType>(array.value.getType());
  Attribute contents = findContents(module, array.value);
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(contents);
      dense && dense.getNumElements() == type.getNumElements()) {
    auto it = dense.getValues<Attribute>().begin();
    print([&] { return *printLiteral(cast<TypedAttr>(*it++)); });
    return success();
  }
  auto blob = dyn_cast_or_null<bitnet::BlobAttr>(contents);
  // A blob: the element width in whole bytes, as ONNX stores it.
  unsigned size = (type.getElementTypeBitWidth() + 7) / 8;
  if (!blob || blob.getLength() < uint64_t(type.getNumElements()) * size)
    return mlir::emitError(array.value.getLoc(),
                           "bitnet.weights does not hold ")
           << array.name;
  auto bytes = BitNetDialect::getBlobStore(module.getContext())
                   .getBytes(blob.getFile().getValue(), blob.getOffset(),
                             blob.getLength());
  if (!bytes)
    return mlir::emitError(array.value.getLoc(),
                           llvm::toString(bytes.takeError()));
  const uint8_t *at = bytes->data();
  print([&] {
    at += size;
    return printElement(at - size, type.getElementType());
  });
  return success();
}

/// The declaration with all elements.
static LogicalResult printArray(llvm::raw_ostream &os, ModuleOp module,
                                const WeightArray &array) {
  auto type = cast<MemRefType>(array.value.getType());
  SmallVector<int64_t> shape(type.getShape());
  if (shape.empty())
    shape.push_back(1);
  return readContents(module, array, [&](NextElement next) {
    os << "static const " << declareArray(type, array.name) << " = ";
    printRows(os, next, shape);
    os << ";\n\n";
  });
}

/// What the digits of a byte say.
static StringRef describe(DigitForm form) {
  switch (form) {
  case DigitForm::Crumbs:
    return "two bits, w + 1";
  case DigitForm::SignedBase3:
    return "digits w to the base 3, bit 7 the sign";
  }
  llvm_unreachable("every form of digits is handled");
}

/// Documents the layouts for a reader who has only the folder.
static void printLayouts(llvm::raw_ostream &os) {
  for (const PackedLayout &layout : kPackedLayouts)
    os << "// " << stringifyPackingKind(layout.kind) << ", [..]["
       << layout.blockChunks << "][" << PackedLayout::kChunkBytes
       << "]: row n, column k is field k / 4 % " << layout.fields
       << " of byte\n// [n / " << layout.blockRows() << "][k / "
       << layout.chunkCols() << "][n % " << layout.blockRows()
       << " / 16][4 * (n % 16) + k % 4]: " << describe(layout.form) << ".\n";
}

/// Writes weights.h.
LogicalResult bitnet::printWeights(llvm::raw_ostream &os, func::FuncOp main) {
  auto module = main->getParentOfType<ModuleOp>();
  os << "// Written by bitnet-compile --target=hls: scales, biases, and\n"
        "// packed ternary weights w, whose layouts are:\n";
  printLayouts(os);
  os << "#ifndef BITNET_WEIGHTS_H\n#define BITNET_WEIGHTS_H\n\n"
     << "#include \"bitnet_hls.h\"\n#include <stdint.h>\n\n";
  for (const WeightArray &array : nameWeights(main))
    if (array.first && failed(printArray(os, module, array)))
      return failure();
  os << "#endif // BITNET_WEIGHTS_H\n";
  return success();
}
