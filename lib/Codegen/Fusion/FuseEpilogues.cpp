//===- FuseEpilogues.cpp - packed matmuls with the nest that reads them ---===//

#include "Effects.h"
#include "EpilogueFunction.h"
#include "FunctionPool.h"

#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Loops/CallWork.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFUSEEPILOGUES
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

static constexpr llvm::StringLiteral kPrefix = "bitnet_layer";

/// Each product has a tile of accumulators (64 KB). More than these would push
/// one another out of the second-level cache, which is what tiles are for.
static constexpr size_t kMaxProducts = 4;

/// Whether a tile of every operand is a plain slice.
static bool hasSliceableOperands(linalg::GenericOp nest) {
  return llvm::all_of(nest.getIndexingMapsArray(), [](AffineMap map) {
    return map.isProjectedPermutation(/*allowZeroInResults=*/true);
  });
}

static bool isElementwise(linalg::GenericOp nest) {
  if (!nest.hasPureBufferSemantics() || nest.getNumLoops() != 2 ||
      nest.getNumReductionLoops() != 0 || nest.hasIndexSemantics() ||
      nest.getOutputs().empty() || !hasSliceableOperands(nest))
    return false;
  return llvm::all_of(nest.getDpsInitsMutable(), [&](OpOperand &init) {
    return nest.getMatchingIndexingMap(&init).isIdentity();
  });
}

/// The accumulators behind an input: without the view that cuts padding rows
/// off.
static Value getAccumulators(Value input) {
  auto view = input.getDefiningOp<memref::SubViewOp>();
  if (!view || !view->hasOneUse() || !view.hasUnitStride())
    return input;
  auto isZero = [](OpFoldResult offset) {
    return isConstantIntValue(offset, 0);
  };
  bool first = llvm::all_of(view.getMixedOffsets(), isZero);
  return first ? view.getSource() : input;
}

/// The matmul that fills `accumulators`, which have one reader besides.
static MatMulOp findProduct(Value accumulators) {
  if (!accumulators.getDefiningOp<memref::AllocOp>() ||
      !accumulators.hasNUses(2))
    return MatMulOp();
  for (Operation *user : accumulators.getUsers())
    if (auto matmul = dyn_cast<MatMulOp>(user))
      return matmul.getInit() == accumulators ? matmul : MatMulOp();
  return MatMulOp();
}

static bool isTileable(MatMulOp matmul) {
  LoweringAttr lowering = matmul.getLoweringAttr();
  return matmul.getPackingAttr() && lowering && !matmul.getGroupSize() &&
         lowering.getKernels().front() != KernelKind::Scalar;
}

/// Products of one nest share their range of blocks, so also the packing.
static bool hasSameBlocks(const Epilogue &epilogue, MatMulOp matmul) {
  if (epilogue.products.empty())
    return true;
  MatMulOp first = epilogue.products.front().second;
  return first.getPacking()->getKind() == matmul.getPacking()->getKind();
}

/// Whether `matmul` may run as late as `nest`: nothing between them changes
/// what it reads.
static bool mayDelay(MatMulOp matmul, Operation *nest, AliasAnalysis &aliases) {
  if (matmul->getBlock() != nest->getBlock() || !matmul->isBeforeInBlock(nest))
    return false;
  SmallVector<Value> reads = {matmul.getLhs(), matmul.getRhs()};
  if (matmul.getSums())
    reads.push_back(matmul.getSums());
  for (Operation *op = matmul->getNextNode(); op != nest;
       op = op->getNextNode())
    if (mayWriteTo(op, reads, aliases))
      return false;
  return true;
}

static std::optional<Epilogue> match(linalg::GenericOp nest,
                                     AliasAnalysis &aliases) {
  Epilogue epilogue{nest, {}};
  if (!isElementwise(nest))
    return std::nullopt;
  for (OpOperand *input : nest.getDpsInputOperands()) {
    if (!nest.getMatchingIndexingMap(input).isIdentity())
      continue;
    if (epilogue.products.size() == kMaxProducts)
      break;
    Value accumulators = getAccumulators(input->get());
    MatMulOp product = findProduct(accumulators);
    if (product && isTileable(product) && hasSameBlocks(epilogue, product) &&
        mayDelay(product, nest, aliases))
      epilogue.products.emplace_back(input->getOperandNumber(), product);
  }
  if (epilogue.products.empty())
    return std::nullopt;
  return epilogue;
}

namespace {
struct FuseEpilogues
    : public bitnet::impl::BitNetFuseEpiloguesBase<FuseEpilogues> {
  void runOnOperation() override;
};
} // namespace

/// One row of activations meets every weight once.
static CallWork getProductWork(const Epilogue &epilogue) {
  CallWork work;
  for (auto [input, product] : epilogue.products) {
    MatMulOp matmul = product;
    PackingAttr packing = matmul.getPackingAttr();
    work.factor += packing.getRows() * packing.getCols();
  }
  MatMulOp first = epilogue.products.front().second;
  work.extents.emplace_back(first.getLhs(), 0);
  return work;
}

/// Calls the function in place of the nest.
static void replace(const Epilogue &epilogue, func::FuncOp function) {
  linalg::GenericOp nest = epilogue.nest;
  SmallVector<Location> locations;
  for (auto [input, matmul] : epilogue.products)
    locations.push_back(matmul->getLoc());
  MLIRContext *context = nest.getContext();
  ImplicitLocOpBuilder b(FusedLoc::get(context, locations), nest);
  MatMulOp first = epilogue.products.front().second;
  Value zero = arith::ConstantIndexOp::create(b, 0);
  SmallVector<Value> arguments = getEpilogueArguments(epilogue);
  Value blocks = b.createOrFold<memref::DimOp>(first.getRhs(), zero);
  arguments.append({zero, blocks});
  setWork(func::CallOp::create(b, function, arguments),
          getProductWork(epilogue));
  nest.erase();
  for (auto [input, matmul] : epilogue.products) {
    Value accumulators = matmul.getInit();
    matmul.erase();
    for (Operation *user : llvm::make_early_inc_range(accumulators.getUsers()))
      user->erase();
    accumulators.getDefiningOp()->erase();
  }
}

void FuseEpilogues::runOnOperation() {
  auto &aliases = getAnalysis<AliasAnalysis>();
  FunctionPool pool(kPrefix);
  SmallVector<linalg::GenericOp> nests;
  getOperation().walk([&](linalg::GenericOp nest) { nests.push_back(nest); });
  for (linalg::GenericOp nest : nests)
    if (std::optional<Epilogue> epilogue = match(nest, aliases))
      replace(*epilogue, pool.unique(buildEpilogueFunction(
                             getOperation(), kPrefix, *epilogue)));
}
