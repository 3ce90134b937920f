//===- FormLayers.cpp - packed matmuls with the nest that reads them ------===//
//
// --bitnet-form-layers: an elementwise nest of two loops and the packed
// products whose accumulators only it reads become a bitnet.dispatch of kind
// layer.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Partition/Dispatches.h"
#include "bitnet/Codegen/Partition/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFORMLAYERS
#include "bitnet/Codegen/Partition/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Each product has a tile of accumulators (64 KB). More than these would push
/// one another out of the second-level cache, which is what tiles are for.
static constexpr size_t kMaxProducts = 4;

namespace {
/// A product and, if its rows are padded, the slice that cuts the padding off.
struct Product {
  MatMulOp matmul;
  tensor::ExtractSliceOp slice;
};
} // namespace

/// Whether a tile of every operand is a plain slice.
static bool hasSliceableOperands(linalg::GenericOp nest) {
  return llvm::all_of(nest.getIndexingMapsArray(), [](AffineMap map) {
    return map.isProjectedPermutation(/*allowZeroInResults=*/true);
  });
}

/// Two parallel loops, results written in order: the form of a layer's
/// rescaling.
static bool isElementwise(linalg::GenericOp nest) {
  if (!nest.hasPureTensorSemantics() || nest.getNumLoops() != 2 ||
      nest.getNumReductionLoops() != 0 || nest.hasIndexSemantics() ||
      nest.getOutputs().empty() || !hasSliceableOperands(nest))
    return false;
  return llvm::all_of(nest.getDpsInitsMutable(), [&](OpOperand &init) {
    return nest.getMatchingIndexingMap(&init).isIdentity();
  });
}

/// Whether `slice` takes the first rows and columns of its source.
static bool isLeading(tensor::ExtractSliceOp slice) {
  return slice.hasUnitStride() &&
         llvm::all_of(slice.getMixedOffsets(), [](OpFoldResult offset) {
           return isConstantIntValue(offset, 0);
         });
}

/// Whether `matmul` has a kernel that works on a part of the blocks.
static bool isTileable(MatMulOp matmul) {
  LoweringAttr lowering = matmul.getLoweringAttr();
  return matmul.getPackingAttr() && lowering && !matmul.getGroupSize() &&
         lowering.getKernels().front() != KernelKind::Scalar;
}

/// The product that makes `input`, if nobody else reads it.
static std::optional<Product> findProduct(Value input) {
  Product product;
  if (!input.hasOneUse())
    return std::nullopt;
  if (auto slice = input.getDefiningOp<tensor::ExtractSliceOp>();
      slice && isLeading(slice) && slice.getSource().hasOneUse()) {
    product.slice = slice;
    input = slice.getSource();
  }
  product.matmul = input.getDefiningOp<MatMulOp>();
  if (!product.matmul || !isTileable(product.matmul) ||
      !product.matmul.getInit().getDefiningOp<tensor::EmptyOp>())
    return std::nullopt;
  return product;
}

/// Products of one nest share their range of blocks, so they must have the same
/// packing.
static bool hasSameBlocks(ArrayRef<Product> products, MatMulOp matmul) {
  if (products.empty())
    return true;
  MatMulOp first = products.front().matmul;
  return first.getPacking()->getKind() == matmul.getPacking()->getKind();
}

/// The products that `nest` may be fused with; empty: it is no layer.
static SmallVector<Product> findProducts(linalg::GenericOp nest) {
  SmallVector<Product> products;
  if (!isElementwise(nest))
    return products;
  for (OpOperand *input : nest.getDpsInputOperands()) {
    if (products.size() == kMaxProducts)
      break;
    if (!nest.getMatchingIndexingMap(input).isIdentity())
      continue;
    std::optional<Product> product = findProduct(input->get());
    if (product && product->matmul->getBlock() == nest->getBlock() &&
        hasSameBlocks(products, product->matmul))
      products.push_back(*product);
  }
  return products;
}

/// What becomes the body, in order; the nest comes last.
static SmallVector<Operation *> getBody(ArrayRef<Product> products,
                                        linalg::GenericOp nest) {
  SmallVector<Operation *> body;
  for (const Product &product : products) {
    MatMulOp matmul = product.matmul;
    body.push_back(matmul.getInit().getDefiningOp());
    body.push_back(matmul);
    if (product.slice)
      body.push_back(product.slice);
  }
  body.push_back(nest);
  return body;
}

/// Makes the dispatch in place of the nest. Its inputs are what the body uses,
/// its inits those of the nest.
static void formLayer(IRRewriter &rewriter, ArrayRef<Product> products,
                      linalg::GenericOp nest) {
  DispatchParts layer;
  layer.kind = DispatchKind::Layer;
  layer.body = getBody(products, nest);
  llvm::append_range(layer.inits, nest.getOutputs());
  llvm::append_range(layer.results, nest->getResults());
  for (const Product &product : products)
    layer.names.push_back(Location(MatMulOp(product.matmul).getLoc()));
  formDispatch(rewriter, layer);
}

namespace {
struct FormLayers : public bitnet::impl::BitNetFormLayersBase<FormLayers> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> nests;
    getOperation().walk([&](linalg::GenericOp nest) {
      if (!nest->getParentOfType<DispatchOp>())
        nests.push_back(nest);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::GenericOp nest : nests)
      if (SmallVector<Product> products = findProducts(nest); !products.empty())
        formLayer(rewriter, products, nest);
  }
};
} // namespace
