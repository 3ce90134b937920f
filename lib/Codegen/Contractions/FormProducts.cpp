//===- FormProducts.cpp - products of floats with their zeros -------------===//
//
// --bitnet-form-products, on tensors: a product of floats, and the zeros that
// it adds to if they are there for it alone, become a bitnet.dispatch of kind
// product. On tensors, who else reads the zeros is what SSA says.
//
//===----------------------------------------------------------------------===//

#include "Match.h"

#include "bitnet/Codegen/Contractions/Passes.h"
#include "bitnet/Codegen/Partition/Dispatches.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFORMPRODUCTS
#include "bitnet/Codegen/Contractions/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The fill that makes what `contraction` adds to, if nobody else reads it.
static linalg::FillOp findZeros(Contraction &contraction) {
  Value init = contraction.getOperands()[2];
  auto fill = init.getDefiningOp<linalg::FillOp>();
  bool isOwn = fill && init.hasOneUse() &&
               fill->getBlock() == contraction.op->getBlock();
  return isOwn && isZeroInit(fill, contraction) ? fill : linalg::FillOp();
}

static void formProduct(IRRewriter &rewriter, Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  DispatchParts product;
  product.kind = DispatchKind::Product;
  product.results = {op->getResult(0)};
  product.names = {op->getLoc()};
  if (linalg::FillOp zeros = findZeros(contraction)) {
    product.body = {zeros, op};
    product.inits = {zeros.getOutputs()[0]};
    product.reads = InitReads::InPlace;
  } else {
    product.body = {op};
    product.inits = {op.getDpsInits()[0]};
  }
  formDispatch(rewriter, product);
}

namespace {
struct FormProducts
    : public bitnet::impl::BitNetFormProductsBase<FormProducts> {
  void runOnOperation() override {
    std::vector<Contraction> products;
    getOperation().walk([&](linalg::LinalgOp op) {
      std::optional<Contraction> contraction = matchContraction(op);
      if (contraction && op.hasPureTensorSemantics() &&
          !op->getParentOfType<DispatchOp>())
        products.push_back(*contraction);
    });
    IRRewriter rewriter(&getContext());
    for (Contraction &contraction : products)
      formProduct(rewriter, contraction);
    numProducts += products.size();
  }
};
} // namespace
