//===- RegionTraits.cpp - what a piece of a model computes ----------------===//
//
// A profile sorts regions by kind, and a kind is judged by the instructions:
// exp makes a softmax or an activation, rounding a quantizer, products that are
// added up a matmul. Nothing relies on it but what a profile prints.
//
//===----------------------------------------------------------------------===//

#include "RegionTraits.h"

#include "bitnet/Codegen/Transforms/KernelDispatch.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The prefix of the functions that multiply with packed weights.
static constexpr llvm::StringLiteral kKernelPrefix = "bitnet_kernel_";

/// The most telling trait wins.
bitnet_region_kind RegionTraits::getKind() const {
  if (ternary)
    return BITNET_REGION_TERNARY_MATMUL;
  if (exponential)
    return BITNET_REGION_EXPONENTIAL;
  if (dot)
    return BITNET_REGION_MATMUL;
  if (rounds)
    return BITNET_REGION_QUANTIZE;
  if (square)
    return BITNET_REGION_NORM;
  return computes ? BITNET_REGION_ELEMENTWISE : BITNET_REGION_COPY;
}

/// Whether `value` is an accumulator: carried by a loop, or loaded from memory.
static bool isAccumulator(Value value) {
  return isa<BlockArgument>(value) ||
         value.getDefiningOp<memref::LoadOp>() != nullptr ||
         value.getDefiningOp<vector::LoadOp>() != nullptr;
}

/// Whether a sum is stored or handed on to the next iteration.
static bool isStored(Operation *op) {
  return llvm::any_of(op->getUsers(), [](Operation *user) {
    return isa<memref::StoreOp, vector::StoreOp>(user) ||
           user->hasTrait<OpTrait::IsTerminator>();
  });
}

/// Notes `sum + a * b` where `sum` is an accumulator.
static void noteProduct(RegionTraits &traits, Operation *op, Value sum, Value a,
                        Value b) {
  if (!isAccumulator(sum) || !isStored(op))
    return;
  (a == b ? traits.square : traits.dot) = true;
}

/// Notes a product that is added up by a multiplication and an addition.
static void noteSum(RegionTraits &traits, arith::AddFOp add) {
  for (auto [product, sum] : {std::make_pair(add.getLhs(), add.getRhs()),
                              std::make_pair(add.getRhs(), add.getLhs())})
    if (auto mul = product.getDefiningOp<arith::MulFOp>())
      noteProduct(traits, add, sum, mul.getLhs(), mul.getRhs());
}

/// Adds the traits that one operation shows.
static void note(RegionTraits &traits, Operation *op) {
  if (auto fused = dyn_cast<LLVM::FMulAddOp>(op))
    noteProduct(traits, op, fused.getC(), fused.getA(), fused.getB());
  else if (auto fma = dyn_cast<math::FmaOp>(op))
    noteProduct(traits, op, fma.getC(), fma.getA(), fma.getB());
  else if (auto wide = dyn_cast<vector::FMAOp>(op))
    noteProduct(traits, op, wide.getAcc(), wide.getLhs(), wide.getRhs());
  else if (auto add = dyn_cast<arith::AddFOp>(op))
    noteSum(traits, add);
  traits.dot |= isa<vector::ContractionOp>(op);
  traits.exponential |=
      isa<math::ExpOp, math::Exp2Op, math::ExpM1Op, math::TanhOp, math::ErfOp>(
          op);
  traits.square |= isa<math::SqrtOp, math::RsqrtOp>(op);
  traits.rounds |= isa<math::RoundEvenOp, arith::FPToSIOp>(op);
  traits.computes |= isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
                         op->getDialect()) &&
                     llvm::any_of(op->getResultTypes(), [](Type type) {
                       return isa<FloatType>(getElementTypeOrSelf(type));
                     });
}

/// The constant that `value` is a view of, null when it is none.
static memref::ViewOp getConstant(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto view = dyn_cast<memref::ViewOp>(op))
      return view;
    auto viewLike = dyn_cast<ViewLikeOpInterface>(op);
    if (!viewLike)
      return {};
    value = viewLike.getViewSource();
  }
  return {};
}

/// Bytes of a constant; 0 where its size is not known.
static uint64_t getBytes(memref::ViewOp view) {
  MemRefType type = view.getType();
  if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return 0;
  return type.getNumElements() * type.getElementTypeBitWidth() / 8;
}

namespace {
/// Walks an operation and the bodies of functions it calls, each once.
struct TraitFinder {
  RegionTraits traits;
  llvm::DenseSet<Operation *> functions, constants;

  void visit(Operation *root) {
    root->walk([&](Operation *op) {
      note(traits, op);
      for (Value operand : op->getOperands())
        if (isa<MemRefType>(operand.getType()))
          addConstant(getConstant(operand));
      if (auto call = dyn_cast<func::CallOp>(op))
        visitCallee(call);
    });
  }

  void visitCallee(func::CallOp call) {
    traits.ternary |= call.getCallee().starts_with(kKernelPrefix);
    visitFunction(call, call.getCalleeAttr());
  }

  /// Visits the first of several versions, because all compute the same.
  void visitFunction(Operation *user, FlatSymbolRefAttr name) {
    auto function =
        SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(user, name);
    if (!function || !functions.insert(function).second)
      return;
    if (auto variants = function->getAttrOfType<ArrayAttr>(kVariantsAttr))
      visitFunction(function, cast<FlatSymbolRefAttr>(variants[0]));
    else if (!function.isExternal())
      visit(function);
  }

  void addConstant(memref::ViewOp view) {
    if (view && constants.insert(view).second)
      traits.weightBytes += getBytes(view);
  }
};
} // namespace

RegionTraits bitnet::getRegionTraits(Operation *op) {
  TraitFinder finder;
  finder.visit(op);
  // Only the weights of matmuls count, because other regions use parts of
  // constants, or use them many times.
  bitnet_region_kind kind = finder.traits.getKind();
  if (kind != BITNET_REGION_TERNARY_MATMUL && kind != BITNET_REGION_MATMUL)
    finder.traits.weightBytes = 0;
  return finder.traits;
}
