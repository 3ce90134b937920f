//===- OutlineLayers.cpp - layers to functions over blocks ----------------===//
//
// --bitnet-outline-layers: each bitnet.dispatch layer, by now on buffers,
// becomes a call of a function over blocks of weights (EpilogueFunction.h); the
// calls of one dispatch are joined (LayersFunction.h). A body that
// bufferization has added something to is inlined instead, and its products
// stay calls of their own.
//
//===----------------------------------------------------------------------===//

#include "EpilogueFunction.h"
#include "LayersFunction.h"

#include "bitnet/Codegen/Functions/FunctionPool.h"
#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Loops/CallWork.h"
#include "bitnet/Codegen/Partition/Dispatches.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETOUTLINELAYERS
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

static constexpr llvm::StringLiteral kLayerPrefix = "bitnet_layer";
static constexpr llvm::StringLiteral kLayersPrefix = "bitnet_layers";

/// The matmul that fills `accumulators`, which have one reader besides.
static MatMulOp findProduct(Value accumulators) {
  // The matmul may be read through a view that cuts padding rows off.
  if (auto view = accumulators.getDefiningOp<memref::SubViewOp>())
    accumulators = view.getSource();
  if (!accumulators.getDefiningOp<memref::AllocOp>() ||
      !accumulators.hasNUses(2))
    return MatMulOp();
  for (Operation *user : accumulators.getUsers())
    if (auto matmul = dyn_cast<MatMulOp>(user);
        matmul && matmul.getInit() == accumulators)
      return matmul;
  return MatMulOp();
}

/// `nest` with the products whose accumulators it reads.
static Epilogue getEpilogue(linalg::GenericOp nest) {
  Epilogue epilogue{nest, {}};
  for (OpOperand *input : nest.getDpsInputOperands())
    if (MatMulOp product = findProduct(input->get()))
      epilogue.products.emplace_back(input->getOperandNumber(), product);
  return epilogue;
}

/// Whether a function can be made of `epilogue`: what it uses is handed in.
static bool isIsolated(const Epilogue &epilogue) {
  return !epilogue.products.empty() &&
         llvm::all_of(getEpilogueArguments(epilogue),
                      llvm::IsaPred<BlockArgument>);
}

/// Nests with their products, which do all that the body of `layer` does; none
/// where bufferization had to place something else there.
static SmallVector<Epilogue> getEpilogues(DispatchOp layer) {
  SmallVector<Epilogue> epilogues;
  llvm::SmallPtrSet<Operation *, 8> done;
  Block &body = layer.getBody().front();
  for (auto nest : body.getOps<linalg::GenericOp>()) {
    Epilogue &epilogue = epilogues.emplace_back(getEpilogue(nest));
    if (!isIsolated(epilogue))
      return {};
    done.insert(nest);
    for (auto [input, product] : epilogue.products)
      done.insert(product);
  }
  bool isAll = llvm::all_of(body.without_terminator(), [&](Operation &op) {
    return done.contains(&op) || isa<memref::AllocOp>(op) || isPure(&op);
  });
  return isAll ? epilogues : SmallVector<Epilogue>();
}

/// The MACs of a layer's products: each row of activations meets every weight
/// once.
static CallWork getProductWork(const Epilogue &epilogue, Value activations) {
  CallWork work;
  for (auto [input, product] : epilogue.products) {
    MatMulOp matmul = product;
    PackingAttr packing = matmul.getPackingAttr();
    work.factor += packing.getRows() * packing.getCols();
  }
  work.extents.emplace_back(activations, 0);
  return work;
}

/// The MACs of `calls` together; nothing when they do not depend on the same
/// extents.
static std::optional<CallWork> getTotalWork(ArrayRef<func::CallOp> calls) {
  std::optional<CallWork> total;
  for (func::CallOp call : calls) {
    std::optional<CallWork> work = getWork(call);
    if (!work || (total && total->extents != work->extents))
      return std::nullopt;
    work->factor += total ? total->factor : 0;
    total = work;
  }
  return total;
}

namespace {
struct OutlineLayers
    : public bitnet::impl::BitNetOutlineLayersBase<OutlineLayers> {
  void runOnOperation() override;

private:
  func::CallOp callLayer(FunctionPool &pool, DispatchOp layer,
                         const Epilogue &epilogue);
  void callTogether(FunctionPool &pool, ArrayRef<func::CallOp> calls);
};
} // namespace

/// Operands of `layer` behind `values`, which its body uses.
static SmallVector<Value> getOperands(DispatchOp layer, ValueRange values) {
  SmallVector<Value> operands;
  for (Value value : values)
    operands.push_back(layer.getOperandOf(cast<BlockArgument>(value)).get());
  return operands;
}

/// A call, in front of `layer`, of the function for one nest and its products.
func::CallOp OutlineLayers::callLayer(FunctionPool &pool, DispatchOp layer,
                                      const Epilogue &epilogue) {
  func::FuncOp function = pool.unique(
      buildEpilogueFunction(getOperation(), kLayerPrefix, epilogue));
  SmallVector<Location> locations;
  for (auto [input, matmul] : epilogue.products)
    locations.push_back(matmul->getLoc());
  ImplicitLocOpBuilder b(FusedLoc::get(&getContext(), locations), layer);
  MatMulOp first = epilogue.products.front().second;
  SmallVector<Value> arguments =
      getOperands(layer, getEpilogueArguments(epilogue));
  SmallVector<Value> factors =
      getOperands(layer, {first.getLhs(), first.getRhs()});
  Value zero = arith::ConstantIndexOp::create(b, 0);
  arguments.append({zero, b.createOrFold<memref::DimOp>(factors[1], zero)});
  auto call = func::CallOp::create(b, function, arguments);
  setWork(call, getProductWork(epilogue, factors[0]));
  return call;
}

/// One call in place of those of a group.
void OutlineLayers::callTogether(FunctionPool &pool,
                                 ArrayRef<func::CallOp> calls) {
  func::FuncOp function =
      pool.unique(buildLayersFunction(getOperation(), kLayersPrefix, calls));
  SmallVector<Location> locations;
  for (func::CallOp call : calls)
    locations.push_back(call.getLoc());
  ImplicitLocOpBuilder b(FusedLoc::get(&getContext(), locations), calls.back());
  SmallVector<Value> arguments = getLayersArguments(calls);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value total = zero;
  for (func::CallOp call : calls)
    total = b.createOrFold<arith::AddIOp>(total, call.getOperands().back());
  arguments.append({zero, total});
  auto all = func::CallOp::create(b, function, arguments);
  if (std::optional<CallWork> work = getTotalWork(calls))
    setWork(all, *work);
  for (func::CallOp call : calls)
    call.erase();
}

void OutlineLayers::runOnOperation() {
  SmallVector<DispatchOp> found;
  getOperation().walk([&](DispatchOp op) {
    if (op.getKind() == DispatchKind::Layer)
      found.push_back(op);
  });
  FunctionPool pool(getOperation());
  SmallVector<SmallVector<func::CallOp>> groups;
  for (DispatchOp layer : found) {
    SmallVector<Epilogue> epilogues = getEpilogues(layer);
    if (epilogues.empty()) {
      inlineDispatch(layer);
      continue;
    }
    SmallVector<func::CallOp> &calls = groups.emplace_back();
    for (const Epilogue &epilogue : epilogues)
      calls.push_back(callLayer(pool, layer, epilogue));
    layer.erase();
  }
  for (ArrayRef<func::CallOp> calls : groups)
    if (calls.size() > 1)
      callTogether(pool, calls);
}
