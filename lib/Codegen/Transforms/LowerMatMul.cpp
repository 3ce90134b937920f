//===- LowerMatMul.cpp - packed matmuls to loop nests and kernel calls ----===//
//
// --bitnet-lower-matmul: a packed bitnet.matmul on buffers becomes the scalar
// nest in its place, or a call over all blocks of weights of the kernel, or of
// the dispatch function, that #bitnet.lowering names.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Kernels/KernelEmitter.h"
#include "bitnet/Codegen/Kernels/ScalarNest.h"
#include "bitnet/Codegen/Loops/CallWork.h"
#include "bitnet/Codegen/Transforms/KernelDispatch.h"
#include "bitnet/Codegen/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERMATMUL
#include "bitnet/Codegen/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Checks what earlier passes must have done.
static LogicalResult checkOp(MatMulOp op) {
  if (!op.getLoweringAttr())
    return op.emitOpError("has no lowering: run bitnet-select-kernels first");
  for (Value v : op->getOperands())
    if (!isa<MemRefType>(v.getType()))
      return op.emitOpError("expects memrefs: bufferize first");
  int64_t group = op.getGroupSize().value_or(op.getPacking()->getCols());
  if (op.getPacking()->getCols() % group != 0)
    return op.emitOpError("w_c3: expects a group size that divides K = ")
           << op.getPacking()->getCols() << ", got " << group;
  return success();
}

/// The kernel of `kind` for these operands; an error where the lowering, which
/// may come from a text, does not fit them (mm_c1: K must be below the bound).
static FailureOr<KernelForm> getForm(MatMulOp op, KernelKind kind) {
  KernelForm form;
  form.lhs = cast<MemRefType>(op.getLhs().getType()).getElementType();
  form.row = findKernelRow(kind, op.getPacking()->getKind(), form.lhs);
  form.grouped = op.getGroupSize().has_value();
  int64_t cols = op.getGroupSize().value_or(op.getPacking()->getPaddedCols());
  if (!form.row)
    return op.emitOpError("has a lowering that does not take ")
           << form.lhs << " activations: " << stringifyKernelKind(kind);
  if (cols >= form.row->maxCols)
    return op.emitOpError("mm_c1: kernel ")
           << stringifyKernelKind(kind) << " is exact for K < "
           << form.row->maxCols << ", got " << cols;
  return form;
}

/// The name of the function that chooses among `kernels`.
static std::string getDispatchName(ArrayRef<func::FuncOp> kernels) {
  std::string name = "bitnet_kernel_dispatch";
  for (func::FuncOp kernel : kernels) {
    StringRef own = kernel.getSymName();
    own.consume_front("bitnet_kernel");
    name += own;
  }
  return name;
}

/// The function that multiplies as the lowering says.
static FailureOr<func::FuncOp> getFunction(MatMulOp op, ModuleOp module) {
  SmallVector<func::FuncOp> kernels;
  for (KernelKind kind : op.getLowering()->getKernels()) {
    FailureOr<KernelForm> form = getForm(op, kind);
    if (failed(form))
      return failure();
    kernels.push_back(getOrCreateKernel(module, *form));
    if (!form->row->features.empty())
      // --bitnet-clone-variants compiles the kernel for these features.
      kernels.back()->setAttr(
          kFeaturesAttr, StringAttr::get(op.getContext(), form->row->features));
  }
  if (kernels.size() == 1)
    return kernels.front();
  func::FuncOp dispatch =
      getOrCreateDispatch(module, getDispatchName(kernels), kernels);
  if (!dispatch)
    return op.emitOpError("has a lowering whose kernels take different "
                          "operands");
  return dispatch;
}

/// The operands of the call: every memref under the kernel's dynamic type.
static LogicalResult emitCall(MatMulOp op, func::FuncOp kernel) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  SmallVector<Value> args = {op.getLhs(), op.getInit()};
  if (op.getSums())
    args.insert(args.begin() + 1, op.getSums());
  args.insert(args.begin(), op.getRhs());
  for (auto [arg, type] : llvm::zip(args, kernel.getArgumentTypes())) {
    if (!memref::CastOp::areCastCompatible(arg.getType(), type))
      return op.emitOpError("expects operands with unit inner stride, got ")
             << arg.getType();
    if (arg.getType() != type)
      arg = memref::CastOp::create(b, type, arg);
  }
  Value zero = arith::ConstantIndexOp::create(b, 0);
  // The whole range of blocks; --bitnet-outline-parallel divides it among
  // tasks.
  args.push_back(zero);
  args.push_back(memref::DimOp::create(b, op.getRhs(), zero));
  auto call = func::CallOp::create(b, kernel, args);
  // A product on slices is part of a layer, whose call carries the MACs of all
  // of it.
  if (cast<MemRefType>(op.getRhs().getType()).hasStaticShape()) {
    PackingAttr packing = op.getPackingAttr();
    setWork(call, {packing.getRows() * packing.getCols(), {{args[1], 0}}});
  }
  return success();
}

/// Erases `op` unless there is an error.
static LogicalResult lower(MatMulOp op, ModuleOp module) {
  if (failed(checkOp(op)))
    return failure();
  if (op.getLowering()->getKernels().front() == KernelKind::Scalar) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    std::optional<int64_t> group = op.getGroupSize();
    emitScalarNest(
        b, {op.getLhs(), op.getRhs(), op.getInit(), *op.getPacking(), group});
  } else {
    FailureOr<func::FuncOp> function = getFunction(op, module);
    if (failed(function) || failed(emitCall(op, *function)))
      return failure();
  }
  op.erase();
  return success();
}

namespace {
struct LowerMatMul : public bitnet::impl::BitNetLowerMatMulBase<LowerMatMul> {
  void runOnOperation() override {
    SmallVector<MatMulOp> ops;
    getOperation().walk([&](MatMulOp op) {
      if (op.getPackingAttr())
        ops.push_back(op);
    });
    for (MatMulOp op : ops)
      if (failed(lower(op, getOperation())))
        return signalPassFailure();
  }
};
} // namespace
