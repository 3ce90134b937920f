//===- LowerConstants.cpp - --bitnet-lower-constants ----------------------===//
//
// --bitnet-lower-constants gives each distinct constant of @main a range of the
// weights image and replaces it by a view of the weights argument. What lies
// where is left on the module for lib/Target/CPU (WeightImage.h).
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERCONSTANTS
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {

/// Every range starts on a cache line: kernels use aligned 64-byte loads.
constexpr uint64_t kAlignment = 64;

struct LowerConstants
    : public bitnet::impl::BitNetLowerConstantsBase<LowerConstants> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal())
      return;
    SmallVector<ConstantOp> constants;
    main.walk([&](ConstantOp op) { constants.push_back(op); });
    if (constants.empty())
      return;
    if (failed(assignOffsets(constants)))
      return signalPassFailure();
    replaceByViews(main, constants);
    recordContents();
  }

private:
  /// Equal constants share a range. Fills `offsets` and `size`.
  LogicalResult assignOffsets(ArrayRef<ConstantOp> constants) {
    for (ConstantOp op : constants) {
      auto type = dyn_cast<MemRefType>(op.getType());
      if (!type)
        return op.emitOpError("expects buffers: run one-shot-bufferize first");
      if (!offsets.insert({op.getValue(), size}).second)
        continue;
      FailureOr<uint64_t> bytes = getStorageBytes(type);
      if (failed(bytes))
        return op.emitOpError("has a type without storage size: ") << type;
      size = llvm::alignTo(size + *bytes, kAlignment);
    }
    return success();
  }

  /// @main gets the weights as its first argument.
  void replaceByViews(func::FuncOp main, ArrayRef<ConstantOp> constants) {
    OpBuilder b(main.getContext());
    auto bytes = MemRefType::get({ShapedType::kDynamic}, b.getI8Type());
    auto argAttrs =
        b.getDictionaryAttr(b.getNamedAttr(kWeightsArgAttr, b.getUnitAttr()));
    (void)main.insertArgument(0, bytes, argAttrs, main.getLoc());
    Value weights = main.getArgument(0);
    for (ConstantOp op : constants) {
      b.setInsertionPoint(op);
      Value offset = arith::ConstantIndexOp::create(
          b, op.getLoc(), offsets.lookup(op.getValue()));
      Value view =
          memref::ViewOp::create(b, op.getLoc(), cast<MemRefType>(op.getType()),
                                 weights, offset, ValueRange());
      op.replaceAllUsesWith(view);
      op.erase();
    }
  }

  /// The module attributes `bitnet.weights` and `bitnet.weights_size`.
  void recordContents() {
    Builder b(&getContext());
    SmallVector<Attribute> entries;
    for (auto &[value, offset] : offsets)
      entries.push_back(
          b.getArrayAttr({value, b.getI64IntegerAttr(int64_t(offset))}));
    getOperation()->setAttr(kWeightsAttr, b.getArrayAttr(entries));
    getOperation()->setAttr(kWeightsSizeAttr,
                            b.getI64IntegerAttr(int64_t(size)));
  }

  llvm::MapVector<Attribute, uint64_t> offsets;
  uint64_t size = 0;
};

} // namespace
