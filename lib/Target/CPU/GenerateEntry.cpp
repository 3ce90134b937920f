//===- GenerateEntry.cpp - the functions that the glue calls --------------===//

#include "Runtime.h"
#include "Signature.h"
#include "TensorAccess.h"

#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETGENERATEENTRY
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

static func::FuncOp createEntry(ModuleOp module, StringRef name,
                                ArrayRef<Type> arguments, OpBuilder &builder) {
  builder.setInsertionPointToEnd(module.getBody());
  auto type = builder.getFunctionType(arguments, builder.getI32Type());
  auto entry = func::FuncOp::create(builder, module.getLoc(), name, type);
  builder.setInsertionPointToStart(entry.addEntryBlock());
  return entry;
}

/// Goes on in a new block when `status` is 0, else returns it.
static void returnOnFailure(OpBuilder &builder, Location loc, Value status) {
  Region *body = builder.getBlock()->getParent();
  Block *block = builder.getBlock();
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(0));
  Value ok = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                   status, zero);
  Block *fail = builder.createBlock(body, body->end());
  func::ReturnOp::create(builder, loc, status);
  Block *next = builder.createBlock(body, body->end());
  builder.setInsertionPointToEnd(block);
  cf::CondBranchOp::create(builder, loc, ok, next, fail);
  builder.setInsertionPointToStart(next);
}

static void returnSuccess(OpBuilder &builder, Location loc) {
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(0));
  func::ReturnOp::create(builder, loc, zero);
}

/// Operands of `callee` (context first): weights from the context, the other
/// arguments from consecutive elements of the tensor array.
static SmallVector<Value> buildOperands(TensorAccess &access, Value context,
                                        Value inputs, func::FuncOp callee,
                                        uint64_t weightsSize) {
  SmallVector<Value> operands{context};
  unsigned input = 0;
  for (unsigned i = 1, e = callee.getNumArguments(); i < e; ++i) {
    auto type = cast<MemRefType>(callee.getArgumentTypes()[i]);
    if (callee.getArgAttr(i, "bitnet.weights"))
      operands.push_back(access.loadWeights(context, type, weightsSize));
    else
      operands.push_back(access.loadTensor(inputs, input++, type));
  }
  return operands;
}

static void generateMain(ModuleOp module, func::FuncOp main,
                         LLVMTypeConverter &converter) {
  Location loc = main.getLoc();
  OpBuilder builder(module.getContext());
  auto ptr = LLVM::LLVMPointerType::get(module.getContext());
  func::FuncOp entry = createEntry(module, kGeneratedMain, {ptr, ptr}, builder);
  Value context = entry.getArgument(0);
  TensorAccess access(builder, loc, converter);
  auto size = module->getAttrOfType<IntegerAttr>("bitnet.weights_size");
  auto call = func::CallOp::create(
      builder, loc, main,
      buildOperands(access, context, entry.getArgument(1), main,
                    size ? size.getValue().getZExtValue() : 0));
  returnOnFailure(builder, loc, call.getResult(0));
  // The results stay blocks of the run: the glue frees all of them at its end,
  // also when a result aliases an input or another result.
  for (auto [i, result] : llvm::enumerate(call.getResults().drop_front()))
    access.handOver(module, context, entry, i, result);
  returnSuccess(builder, loc);
}

/// Writes rank and dims of every output: from the results of @bitnet_shapes,
/// else static dims and -1.
static void generateShapes(ModuleOp module, func::FuncOp main,
                           func::FuncOp shapes, LLVMTypeConverter &converter) {
  Location loc = main.getLoc();
  OpBuilder builder(module.getContext());
  auto ptr = LLVM::LLVMPointerType::get(module.getContext());
  func::FuncOp entry =
      createEntry(module, kGeneratedShapes, {ptr, ptr, ptr}, builder);
  TensorAccess access(builder, loc, converter);
  SmallVector<Value> dims;
  if (shapes) {
    auto call =
        func::CallOp::create(builder, loc, shapes,
                             buildOperands(access, entry.getArgument(0),
                                           entry.getArgument(1), shapes, 0));
    returnOnFailure(builder, loc, call.getResult(0));
    llvm::append_range(dims, call.getResults().drop_front());
  }
  unsigned next = 0;
  for (auto [i, type] : llvm::enumerate(main.getResultTypes().drop_front())) {
    auto memref = cast<MemRefType>(type);
    access.storeRank(entry.getArgument(2), i, memref.getRank());
    for (auto [d, dim] : llvm::enumerate(memref.getShape())) {
      int64_t fixed = ShapedType::isDynamic(dim) ? -1 : dim;
      Value value = shapes ? access.toI64(dims[next++]) : access.i64(fixed);
      access.storeDim(entry.getArgument(2), i, d, value);
    }
  }
  returnSuccess(builder, loc);
}

static LogicalResult verifyMain(func::FuncOp main) {
  auto ptr = LLVM::LLVMPointerType::get(main.getContext());
  if (main.getNumArguments() == 0 || main.getArgumentTypes()[0] != ptr ||
      main.getNumResults() == 0)
    return main.emitError("has no context yet: run bitnet-thread-context");
  auto types = llvm::concat<const Type>(main.getArgumentTypes().drop_front(),
                                        main.getResultTypes().drop_front());
  for (Type type : types) {
    auto memref = dyn_cast<MemRefType>(type);
    if (!memref)
      return main.emitError("inputs and outputs must be memrefs, not ") << type;
  }
  for (Type type : main.getResultTypes().drop_front())
    if (!cast<MemRefType>(type).getLayout().isIdentity())
      return main.emitError("output must have an identity layout, not ")
             << type;
  return success();
}

static LogicalResult verifyShapes(func::FuncOp main, func::FuncOp shapes) {
  size_t dims = 0;
  for (Type type : main.getResultTypes().drop_front())
    dims += cast<MemRefType>(type).getRank();
  if (shapes.getNumResults() == dims + 1)
    return success();
  return shapes.emitError("must return one index for each of the ")
         << dims << " output dims";
}

namespace {
struct BitNetGenerateEntry
    : bitnet::impl::BitNetGenerateEntryBase<BitNetGenerateEntry> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>(kMain);
    if (!main) {
      module.emitError("has no function @main");
      return signalPassFailure();
    }
    auto shapes = module.lookupSymbol<func::FuncOp>(kShapes);
    if (failed(verifyMain(main)) ||
        (shapes && failed(verifyShapes(main, shapes))))
      return signalPassFailure();
    FailureOr<DictionaryAttr> signature = buildSignature(main);
    if (failed(signature))
      return signalPassFailure();
    module->setAttr(kSignatureAttr, *signature);
    LLVMTypeConverter converter(&getContext());
    generateMain(module, main, converter);
    generateShapes(module, main, shapes, converter);
    main.setPrivate();
    if (shapes)
      shapes.setPrivate();
  }
};
} // namespace
