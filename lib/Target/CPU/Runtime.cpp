//===- Runtime.cpp - helpers shared by the ABI passes ---------------------===//
//
// Declarations of functions of the glue and small helpers of the passes that
// turn @main into what abi.h asks for.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include "bitnet/runtime/abi.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlir::bitnet;

std::string bitnet::getVersionName(StringRef function, ISA isa) {
  return (function + "." + stringifyISA(isa)).str();
}

ISA bitnet::getLevel(ISA isa, ArrayRef<ISA> isas) {
  return *llvm::find_if(isas, [&](ISA other) {
    return getISARow(other).hasLevelOf(getISARow(isa));
  });
}

/// A private constant with these bytes.
static LLVM::GlobalOp createStringGlobal(OpBuilder &builder, Location loc,
                                         ModuleOp module, StringRef bytes) {
  // The symbol is named by its content, so that the same message is stored
  // once.
  std::string name = "bitnet_text_" + llvm::utohexstr(llvm::xxh3_64bits(bytes));
  while (Operation *symbol = module.lookupSymbol(name)) {
    auto global = dyn_cast<LLVM::GlobalOp>(symbol);
    if (global && global.getValueOrNull() == builder.getStringAttr(bytes))
      return global;
    name += "_";
  }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
  return LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true,
                                LLVM::Linkage::Internal, name,
                                builder.getStringAttr(bytes));
}

Value bitnet::createCString(OpBuilder &builder, Location loc, ModuleOp module,
                            StringRef text) {
  std::string bytes = text.str();
  bytes.push_back('\0');
  LLVM::GlobalOp global = createStringGlobal(builder, loc, module, bytes);
  return LLVM::AddressOfOp::create(builder, loc, global);
}

func::FuncOp bitnet::declareFunction(ModuleOp module, StringRef name,
                                     FunctionType type) {
  if (auto known = module.lookupSymbol<func::FuncOp>(name))
    return known;
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  auto function = func::FuncOp::create(builder, module.getLoc(), name, type);
  function.setPrivate();
  return function;
}

LLVM::LLVMFuncOp bitnet::declareLLVMFunction(ModuleOp module, StringRef name,
                                             LLVM::LLVMFunctionType type) {
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  return LLVM::LLVMFuncOp::create(builder, module.getLoc(), name, type);
}

/// 0 for a width that the ABI has no type for.
static int32_t getIntegerDtype(IntegerType type) {
  bool isUnsigned = type.isUnsigned();
  switch (type.getWidth()) {
  case 1:
    return BITNET_DTYPE_BOOL;
  case 8:
    return isUnsigned ? BITNET_DTYPE_U8 : BITNET_DTYPE_I8;
  case 16:
    return isUnsigned ? BITNET_DTYPE_U16 : BITNET_DTYPE_I16;
  case 32:
    return isUnsigned ? BITNET_DTYPE_U32 : BITNET_DTYPE_I32;
  case 64:
    return isUnsigned ? BITNET_DTYPE_U64 : BITNET_DTYPE_I64;
  default:
    return 0;
  }
}

int32_t bitnet::getDtype(Type type) {
  if (type.isF32())
    return BITNET_DTYPE_F32;
  if (type.isF64())
    return BITNET_DTYPE_F64;
  if (type.isF16())
    return BITNET_DTYPE_F16;
  if (type.isBF16())
    return BITNET_DTYPE_BF16;
  if (auto integer = dyn_cast<IntegerType>(type))
    return getIntegerDtype(integer);
  return 0;
}

/// Marks the basic block that getFailureExit makes, so that it is found again.
static constexpr llvm::StringLiteral kFailureMark =
    BitNetDialect::FailureExitAttrHelper::getNameStr();

Block *bitnet::getFailureExit(OpBuilder &builder, LLVM::LLVMFuncOp function) {
  for (Block &block : function.getBody())
    if (!block.empty() && block.back().hasAttr(kFailureMark))
      return &block;
  OpBuilder::InsertionGuard guard(builder);
  Block *exit =
      builder.createBlock(&function.getBody(), function.getBody().end());
  Location loc = function.getLoc();
  Type type = function.getFunctionType().getReturnType();
  Value one = LLVM::ConstantOp::create(builder, loc, builder.getI32Type(),
                                       builder.getI32IntegerAttr(1));
  Value result = one;
  // The status comes first; the other results are poison, because nobody reads
  // them.
  if (isa<LLVM::LLVMStructType>(type)) {
    Value rest = LLVM::PoisonOp::create(builder, loc, type);
    result = LLVM::InsertValueOp::create(builder, loc, rest, one,
                                         ArrayRef<int64_t>{0});
  }
  auto ret = LLVM::ReturnOp::create(builder, loc, result);
  ret->setAttr(kFailureMark, builder.getUnitAttr());
  return exit;
}
