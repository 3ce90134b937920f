//===- FoldDims.cpp - --bitnet-fold-dims ----------------------------------===//
//
// --bitnet-fold-dims (--dim name=size): dims of inputs of these names get a
// static size, before anything is lowered. A dim whose name is a sum of names
// follows.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Pipelines/Passes.h"
#include "bitnet/Support/SafeFile.h"
#include "bitnet/Support/SystemMemory.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFOLDDIMS
#include "bitnet/Pipelines/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
struct FoldDims : public bitnet::impl::BitNetFoldDimsBase<FoldDims> {
  using Base::Base;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal())
      return;
    if (failed(parseSizes(main)) || failed(foldArguments(main)) ||
        (requireStatic && failed(checkStatic(main))))
      signalPassFailure();
  }

private:
  LogicalResult parseSizes(func::FuncOp main);
  LogicalResult foldArguments(func::FuncOp main);
  LogicalResult checkStatic(func::FuncOp main);
  LogicalResult checkSize(func::FuncOp main, unsigned arg,
                          RankedTensorType type);
  /// The size of an extent named `text`: a name or a sum of names and numbers.
  std::optional<int64_t> evaluate(StringRef text);

  llvm::StringMap<int64_t> sizes;
  llvm::StringSet<> seen;
};
} // namespace

/// The name may hold '=' itself, so the last one counts.
LogicalResult FoldDims::parseSizes(func::FuncOp main) {
  for (const std::string &entry : dims) {
    auto [name, text] = StringRef(entry).rsplit('=');
    int64_t size;
    if (name.empty() || text.getAsInteger(10, size) || size < 0)
      return mlir::emitError(main.getLoc(), "--dim: expected name=size, got ")
             << quoteName(entry);
    sizes[name] = size;
  }
  return success();
}

/// The value of a dim expression; nothing where some part of the sum is not
/// given.
std::optional<int64_t> FoldDims::evaluate(StringRef text) {
  if (auto it = sizes.find(text); it != sizes.end()) {
    seen.insert(text);
    return it->second;
  }
  SmallVector<StringRef> terms;
  text.split(terms, '+');
  // A dim whose name is not given stays dynamic.
  if (terms.size() < 2)
    return std::nullopt;
  int64_t sum = 0;
  for (StringRef term : terms) {
    term = term.trim();
    int64_t number;
    auto it = sizes.find(term);
    if (it != sizes.end()) {
      number = it->second;
      seen.insert(term);
    } else if (term.getAsInteger(10, number)) {
      return std::nullopt;
    }
    std::optional<int64_t> next = llvm::checkedAdd(sum, number);
    if (!next) // checkSize refuses it
      return std::numeric_limits<int64_t>::max();
    sum = *next;
  }
  return sum;
}

/// The name of an input, for messages.
static std::string inputName(func::FuncOp main, unsigned arg) {
  return quoteName(onnx::ValueInfo::ofArgument(main, arg).getName());
}

/// Bytes of the extents that are known; nothing when they cannot be counted.
static std::optional<uint64_t> countBytes(RankedTensorType type) {
  const Type element = type.getElementType();
  const unsigned bits =
      element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 8;
  std::optional<uint64_t> bytes = llvm::divideCeil(bits, 8);
  if (llvm::is_contained(type.getShape(), 0))
    return 0;
  for (int64_t extent : type.getShape())
    if (bytes && !ShapedType::isDynamic(extent))
      bytes = llvm::checkedMulUnsigned<uint64_t>(*bytes, uint64_t(extent));
  return bytes;
}

/// A library may be for a machine with more memory than this one, though not
/// for more than addresses reach; HLS makes its test inputs here.
LogicalResult FoldDims::checkSize(func::FuncOp main, unsigned arg,
                                  RankedTensorType type) {
  constexpr uint64_t kAddresses = uint64_t(1) << 47;
  const uint64_t most = requireStatic ? getSystemMemory() : kAddresses;
  const std::optional<uint64_t> bytes = countBytes(type);
  if (bytes && *bytes <= most)
    return success();
  std::string sizes;
  for (const std::string &entry : dims)
    sizes += (sizes.empty() ? "--dim " : " --dim ") + entry;
  return mlir::emitError(main.getLoc())
         << sizes << ": input " << inputName(main, arg) << " takes "
         << (bytes ? formatBytes(*bytes) : "more bytes than can be counted")
         << ", at most " << formatBytes(most) << " can be had";
}

/// Arguments of @main and the attribute that names their dims.
LogicalResult FoldDims::foldArguments(func::FuncOp main) {
  for (BlockArgument arg : main.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    if (!type)
      continue;
    auto value = onnx::ValueInfo::ofArgument(main, arg.getArgNumber());
    SmallVector<int64_t> shape(type.getShape());
    for (auto [axis, extent] : llvm::enumerate(shape))
      if (ShapedType::isDynamic(extent))
        extent =
            evaluate(value.getDimName(axis)).value_or(ShapedType::kDynamic);
    if (ArrayRef<int64_t>(shape) == type.getShape())
      continue;
    // Only onnx.node takes operands of any type: operations of later stages
    // have inferred theirs.
    for (Operation *user : arg.getUsers())
      if (!isa<onnx::NodeOp, func::ReturnOp>(user))
        return mlir::emitError(
            main.getLoc(), "--dim works on an ONNX model or its import only");
    auto folded = cast<RankedTensorType>(type.clone(shape));
    if (failed(checkSize(main, arg.getArgNumber(), folded)))
      return failure();
    arg.setType(folded);
  }
  auto ret = cast<func::ReturnOp>(main.getBody().front().getTerminator());
  main.setType(FunctionType::get(
      &getContext(), main.getBody().getArgumentTypes(), ret.getOperandTypes()));
  for (auto &entry : sizes)
    if (!seen.contains(entry.getKey()))
      return mlir::emitError(main.getLoc(),
                             "--dim: the model has no dim named ")
             << quoteName(entry.getKey());
  return success();
}

/// Every input that stays dynamic is named, with the options that would fix it.
LogicalResult FoldDims::checkStatic(func::FuncOp main) {
  LogicalResult status = success();
  for (BlockArgument arg : main.getArguments()) {
    auto type = dyn_cast<ShapedType>(arg.getType());
    if (type && type.hasStaticShape())
      continue;
    InFlightDiagnostic diag = mlir::emitError(main.getLoc(), "input ");
    diag << inputName(main, arg.getArgNumber()) << " has no fixed shape";
    auto value = onnx::ValueInfo::ofArgument(main, arg.getArgNumber());
    StringRef separator = ": give sizes with ";
    for (int64_t i = 0; type && type.hasRank() && i < type.getRank(); ++i)
      if (StringRef extent = value.getDimName(i);
          type.isDynamicDim(i) && !extent.empty()) {
        diag << separator << "--dim " << extent << "=<n>";
        separator = " ";
      }
    status = diag;
  }
  return status;
}
