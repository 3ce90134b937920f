//===- GenerateEntry.cpp - the functions that the glue calls --------------===//
//
// --bitnet-generate-entry: bitnet_generated_main and bitnet_generated_shapes,
// which take bitnet_tensor arrays (abi.h) and call @main and @bitnet_shapes
// with memrefs. The names and types of inputs and outputs are kept as a module
// attribute.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"
#include "Signature.h"
#include "TensorAccess.h"

#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETGENERATEENTRY
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Makes an entry, which returns a status. `builder` stands in its body
/// afterwards.
static func::FuncOp createEntry(ModuleOp module, StringRef name,
                                ArrayRef<Type> arguments, OpBuilder &builder) {
  builder.setInsertionPointToEnd(module.getBody());
  auto type = builder.getFunctionType(arguments, builder.getI32Type());
  auto entry = func::FuncOp::create(builder, module.getLoc(), name, type);
  builder.setInsertionPointToStart(entry.addEntryBlock());
  return entry;
}

/// Inputs and outputs whose descriptors may live for a whole run, in registers
/// or in frames. What a model has more is read where it is used and described
/// as soon as it is known, so that frames do not grow with their number.
static constexpr unsigned kLongLived = 64;

/// Gives `function` a tensor array (abi.h) as argument `position`.
static Value insertTensors(func::FuncOp function, unsigned position) {
  auto ptr = LLVM::LLVMPointerType::get(function.getContext());
  (void)function.insertArgument(position, ptr, DictionaryAttr(),
                                function.getLoc());
  return function.getArgument(position);
}

/// Replaces the uses of input `index`, an argument, by memrefs that are read
/// from `inputs` in front of each operation of the body that they are in.
static void readWhereUsed(BlockArgument argument, Value inputs, unsigned index,
                          LLVMTypeConverter &converter) {
  Region *body = argument.getOwner()->getParent();
  llvm::SmallDenseMap<Operation *, Value> reads;
  for (OpOperand &use : llvm::make_early_inc_range(argument.getUses())) {
    Operation *user = body->findAncestorOpInRegion(*use.getOwner());
    Value &read = reads[user];
    if (!read) {
      OpBuilder builder(user);
      TensorAccess access(builder, argument.getLoc(), converter);
      read = access.loadTensor(inputs, index,
                               cast<MemRefType>(argument.getType()));
    }
    use.set(read);
  }
}

/// Inputs behind the first kLongLived are arguments of `function` no more.
static void readLateInputs(func::FuncOp function, Value inputs,
                           LLVMTypeConverter &converter) {
  BitVector late(function.getNumArguments());
  unsigned input = 0;
  for (BlockArgument argument : function.getArguments()) {
    unsigned number = argument.getArgNumber();
    if (!isa<MemRefType>(argument.getType()) ||
        getArgumentKind(function, number) != ArgumentKind::Input)
      continue;
    if (input++ < kLongLived)
      continue;
    readWhereUsed(argument, inputs, input - 1, converter);
    late.set(number);
  }
  (void)function.eraseArguments(late);
}

/// Memrefs of `callee`: weights and states from the context, the other
/// arguments from consecutive elements of the tensor array.
static void appendMemRefs(TensorAccess &access, Value context, Value inputs,
                          func::FuncOp callee, uint64_t weightsSize,
                          SmallVectorImpl<Value> &operands) {
  unsigned input = 0;
  uint64_t stateBytes = 0;
  for (unsigned i = operands.size(), e = callee.getNumArguments(); i < e; ++i) {
    auto type = cast<MemRefType>(callee.getArgumentTypes()[i]);
    switch (getArgumentKind(callee, i)) {
    case ArgumentKind::Weights:
      operands.push_back(access.loadWeights(context, type, weightsSize));
      break;
    case ArgumentKind::State:
      operands.push_back(
          access.loadState(context, type, placeState(type, stateBytes)));
      break;
    case ArgumentKind::Input:
      operands.push_back(access.loadTensor(inputs, input++, type));
      break;
    }
  }
}

/// The status is all that `function` returns; the other results go to `take`,
/// unless the status says that there are none.
static void takeResults(func::FuncOp function,
                        function_ref<void(func::ReturnOp, ValueRange)> take) {
  for (auto ret : llvm::to_vector(function.getOps<func::ReturnOp>())) {
    if (matchPattern(ret.getOperand(0), m_Zero()))
      take(ret, ret.getOperands().drop_front());
    ret->eraseOperands(1, ret.getNumOperands() - 1);
  }
  BitVector others(function.getNumResults(), true);
  others.reset(0);
  (void)function.eraseResults(others);
}

/// `call` of `callee` in a new entry, whose status it returns.
static void generateCall(ModuleOp module, func::FuncOp callee, StringRef name,
                         unsigned numTensors, LLVMTypeConverter &converter) {
  Location loc = callee.getLoc();
  OpBuilder builder(module.getContext());
  auto ptr = LLVM::LLVMPointerType::get(module.getContext());
  SmallVector<Type> arguments(1 + numTensors, ptr);
  func::FuncOp entry = createEntry(module, name, arguments, builder);
  TensorAccess access(builder, loc, converter);
  auto size = getAttr<BitNetDialect::WeightsSizeAttrHelper>(module);
  SmallVector<Value> operands(entry.getArguments());
  appendMemRefs(access, operands[0], operands[1], callee,
                size ? size.getValue().getZExtValue() : 0, operands);
  auto call = func::CallOp::create(builder, loc, callee, operands);
  func::ReturnOp::create(builder, loc, call.getResults());
  callee.setPrivate();
}

/// Hands `results` over at `ret`. They stay buffers of the run: the glue frees
/// all of them at its end, also when one aliases an input or another one.
static void handOver(ModuleOp module, func::FuncOp main, func::ReturnOp ret,
                     ValueRange results, LLVMTypeConverter &converter) {
  OpBuilder builder(ret), early(ret);
  TensorAccess access(builder, main.getLoc(), converter);
  TensorAccess define(early, main.getLoc(), converter);
  Value context = main.getArgument(0);
  int64_t rank = 0;
  for (Value result : results)
    rank = std::max(rank, cast<MemRefType>(result.getType()).getRank());
  Value room = access.allocateDims(main, rank);
  for (auto [index, result] : llvm::enumerate(results)) {
    if (index < kLongLived) {
      access.storeDims(result, room);
      access.handOver(module, context, index, result, room);
      continue;
    }
    early.setInsertionPointAfterValue(result);
    define.storeDims(result, define.getOutputDims(context, index));
    access.handOver(module, context, index, result,
                    access.getOutputDims(context, index));
  }
}

/// Outputs are handed over inside of @main, so that its results need not live
/// on.
static void generateMain(ModuleOp module, func::FuncOp main,
                         LLVMTypeConverter &converter) {
  readLateInputs(main, insertTensors(main, 1), converter);
  takeResults(main, [&](func::ReturnOp ret, ValueRange results) {
    handOver(module, main, ret, results, converter);
  });
  generateCall(module, main, kGeneratedMain, 1, converter);
}

/// Writes a dim of an output as soon as it is known, because the dims of many
/// outputs, kept until the end, would fill a frame.
static void storeResult(Value dim, Value outputs, unsigned index, unsigned d,
                        LLVMTypeConverter &converter) {
  OpBuilder builder(dim.getContext());
  builder.setInsertionPointAfterValue(dim);
  TensorAccess access(builder, dim.getLoc(), converter);
  access.storeDim(outputs, index, d, access.toI64(dim));
}

/// Writes rank and dims of every output: those that `shapes` returns.
static void generateShapes(ModuleOp module, func::FuncOp main,
                           func::FuncOp shapes, LLVMTypeConverter &converter) {
  Value inputs = insertTensors(shapes, 1), outputs = insertTensors(shapes, 2);
  readLateInputs(shapes, inputs, converter);
  takeResults(shapes, [&](func::ReturnOp ret, ValueRange dims) {
    OpBuilder builder(ret);
    TensorAccess access(builder, shapes.getLoc(), converter);
    for (auto [i, type] : llvm::enumerate(main.getResultTypes().drop_front())) {
      int64_t rank = cast<MemRefType>(type).getRank();
      access.storeRank(outputs, i, rank);
      for (auto [d, dim] : llvm::enumerate(dims.take_front(rank)))
        storeResult(dim, outputs, i, d, converter);
      dims = dims.drop_front(rank);
    }
  });
  generateCall(module, shapes, kGeneratedShapes, 2, converter);
}

/// Generates the shapes of a module without @bitnet_shapes: static dims, and -1
/// for the others.
static void generateStaticShapes(ModuleOp module, func::FuncOp main,
                                 LLVMTypeConverter &converter) {
  OpBuilder builder(module.getContext());
  auto ptr = LLVM::LLVMPointerType::get(module.getContext());
  func::FuncOp entry =
      createEntry(module, kGeneratedShapes, {ptr, ptr, ptr}, builder);
  TensorAccess access(builder, main.getLoc(), converter);
  Value outputs = entry.getArgument(2);
  for (auto [i, type] : llvm::enumerate(main.getResultTypes().drop_front())) {
    auto memref = cast<MemRefType>(type);
    access.storeRank(outputs, i, memref.getRank());
    for (auto [d, dim] : llvm::enumerate(memref.getShape()))
      access.storeDim(outputs, i, d,
                      access.i64(ShapedType::isDynamic(dim) ? -1 : dim));
  }
  Value zero = arith::ConstantOp::create(builder, main.getLoc(),
                                         builder.getI32IntegerAttr(0));
  func::ReturnOp::create(builder, main.getLoc(), zero);
}

/// @main must have a context and a status and otherwise only memrefs.
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

/// @bitnet_shapes may come from the text of a stage, so its results are
/// counted. Shapes are asked for without a session, so states cannot decide
/// them.
static LogicalResult verifyShapes(func::FuncOp main, func::FuncOp shapes) {
  for (unsigned i = 0, e = shapes.getNumArguments(); i < e; ++i)
    if (getArgumentKind(shapes, i) == ArgumentKind::State)
      return shapes.emitError("must not read states");
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
    if (shapes)
      generateShapes(module, main, shapes, converter);
    else
      generateStaticShapes(module, main, converter);
    generateMain(module, main, converter);
  }
};
} // namespace
