//===- BitNetDialect.cpp - the bitnet dialect -----------------------------===//
//
// The dialect's attributes and what is derived from them. Verifiers cite the
// rules of docs/Semantics.md by their labels.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace mlir::bitnet;

#include "bitnet/Dialect/BitNet/IR/BitNetDialect.cpp.inc"
#include "bitnet/Dialect/BitNet/IR/BitNetEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetAttrs.cpp.inc"

void BitNetDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "bitnet/Dialect/BitNet/IR/BitNetAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "bitnet/Dialect/BitNet/IR/BitNetOps.cpp.inc"
      >();
}

/// Makes the constants that folds of bitnet.pack and bitnet.unpack give.
Operation *BitNetDialect::materializeConstant(OpBuilder &builder,
                                              Attribute value, Type type,
                                              Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

/// The store belongs to the dialect, so that it lives as long as the context.
BlobStore &BitNetDialect::getBlobStore(MLIRContext *context) {
  return context->getOrLoadDialect<BitNetDialect>()->getBlobStore();
}

FailureOr<uint64_t> mlir::bitnet::getStorageBytes(ShapedType type) {
  if (!type.hasStaticShape())
    return failure();
  Type element = type.getElementType();
  unsigned bits = element.isIndex()        ? 64
                  : element.isIntOrFloat() ? element.getIntOrFloatBitWidth()
                                           : 0;
  if (bits == 0)
    return failure();
  // Booleans take a byte, as in ONNX.
  std::optional<uint64_t> total = bits == 1 ? 8 : bits;
  for (int64_t dim : type.getShape())
    if (!(total = llvm::checkedMulUnsigned<uint64_t>(*total, uint64_t(dim))))
      return failure();
  return (*total + 7) / 8;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

IterationsAttr IterationsAttr::find(Location loc) {
  IterationsAttr found;
  loc->walk([&](Location inner) {
    if (auto fused = dyn_cast<FusedLoc>(inner))
      found = dyn_cast_or_null<IterationsAttr>(fused.getMetadata());
    return found ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found;
}

UnitKind WorkUnitAttr::merge(UnitKind a, UnitKind b) {
  if (a == UnitKind::Other || b == UnitKind::Other)
    return std::max(a, b);
  return std::min(a, b);
}

UnitKind WorkUnitAttr::find(Location loc) {
  UnitKind found = UnitKind::Other;
  loc->walk([&](Location inner) {
    auto fused = dyn_cast<FusedLoc>(inner);
    if (auto unit = fused ? dyn_cast_or_null<WorkUnitAttr>(fused.getMetadata())
                          : WorkUnitAttr())
      found = merge(found, unit.getKind());
    return WalkResult::advance();
  });
  return found;
}

LogicalResult
PackingAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                    PackingKind kind, int64_t rows, int64_t cols) {
  if (rows < 1 || cols < 1)
    return emitError() << "expects positive rows and cols, got " << rows
                       << " and " << cols;
  return success();
}

/// Rows and columns of whole blocks and chunks; padding holds the code of
/// weight 0.
int64_t PackingAttr::getPaddedRows() const {
  return llvm::alignTo(getRows(), getLayout().blockRows());
}

int64_t PackingAttr::getPaddedCols() const {
  return llvm::alignTo(getCols(), getLayout().chunkCols());
}

/// [blocks, chunk columns, chunks of a block, 64].
SmallVector<int64_t, 4> PackingAttr::getPackedShape() const {
  const PackedLayout &layout = getLayout();
  return {getPaddedRows() / layout.blockRows(),
          getPaddedCols() / layout.chunkCols(), layout.blockChunks,
          PackedLayout::kChunkBytes};
}

uint64_t PackingAttr::getPackedBytes() const {
  return uint64_t(getPaddedRows()) * getPaddedCols() / getLayout().fields;
}

LogicalResult
ActQuantAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     ScaleForm form, ArrayRef<int64_t> axes, int64_t qmax,
                     FloatAttr eps, int64_t low, int64_t high) {
  if (form != ScaleForm::Codes && axes.empty())
    return emitError() << "act_c1: expects at least one reduced axis";
  if (qmax <= 0 || !(eps.getValueAsDouble() >= 0))
    return emitError() << "act_c1: expects qmax > 0 and eps >= 0";
  if (low < -128 || high > 128 || low >= high)
    return emitError() << "act_c1: expects codes within [-128, 128], got ["
                       << low << ", " << high << "]";
  return success();
}

/// The default is what exporters write: per token, 127 levels, eps 1e-5.
ActQuantAttr ActQuantAttr::getDefault(MLIRContext *context) {
  return get(context, ScaleForm::ReciprocalMul, {-1}, 127, 1e-5, -128, 127);
}

ActQuantAttr ActQuantAttr::get(MLIRContext *context, ScaleForm form,
                               ArrayRef<int64_t> axes, int64_t qmax, double eps,
                               int64_t low, int64_t high) {
  auto epsAttr = FloatAttr::get(Float64Type::get(context), eps);
  return get(context, form, axes, qmax, epsAttr, low, high);
}

/// A code of +128 needs 16 bits (w_c2).
bool ActQuantAttr::fitsInt8() const { return getHigh() < 128; }

LogicalResult
LoweringAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     ArrayRef<KernelKind> kernels) {
  if (kernels.empty())
    return emitError() << "expects at least one kernel";
  // The scalar nest is no function and needs nothing of the machine, so there
  // is nothing to choose at run time.
  if (kernels.size() > 1 && llvm::is_contained(kernels, KernelKind::Scalar))
    return emitError() << "expects the kernel scalar alone";
  return success();
}

/// Whether some window along `axis` lies in the padding alone.
bool ConvAttr::mayMissImage(unsigned axis,
                            std::optional<int64_t> extent) const {
  int64_t dilation = getDilations()[axis], stride = getStrides()[axis];
  int64_t before = getPads()[axis], after = getPads()[2 + axis];
  int64_t span = getSpan(axis);
  if (before >= span || after >= span)
    return true;
  if (extent == 0)
    return before + after >= span;
  // A window misses the image when it begins in front of it and `tap`, its
  // first tap behind the near edge, is beyond the far edge.
  constexpr int64_t kMostWindows = 1 << 16;
  if (before / stride > kMostWindows)
    return true;
  for (int64_t start = -before; start < 0; start += stride) {
    int64_t tap = (dilation - -start % dilation) % dilation;
    int64_t pixels = extent.value_or(tap);
    if (tap > 0 && tap >= pixels && start <= pixels + after - span)
      return true;
  }
  return false;
}

LogicalResult
ConvAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                 ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
                 ArrayRef<int64_t> dilations, ArrayRef<int64_t> pads) {
  if (kernel.size() != 2 || strides.size() != 2 || dilations.size() != 2 ||
      pads.size() != 4)
    return emitError() << "expects 2 kernel sizes, strides and dilations and "
                          "4 pads";
  auto positive = [](int64_t v) { return v > 0; };
  if (!llvm::all_of(kernel, positive) || !llvm::all_of(strides, positive) ||
      !llvm::all_of(dilations, positive))
    return emitError() << "expects positive kernel sizes, strides, dilations";
  if (llvm::any_of(pads, [](int64_t v) { return v < 0; }))
    return emitError() << "expects pads >= 0";
  return success();
}
