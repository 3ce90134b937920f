//===- CoreFamily.cpp - choices that depend on the core -------------------===//
//
// The family of the core is a variable of the glue (abi.h), stored before the
// first run. Kernels read it once per call.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Kernels/CoreFamily.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The variable is weak, so that the definition of the glue wins.
static LLVM::GlobalOp getOrCreateVariable(ImplicitLocOpBuilder &b) {
  constexpr llvm::StringLiteral name = "bitnet_rt_core";
  Operation *parent = b.getInsertionBlock()->getParentOp();
  auto module = parent->getParentOfType<ModuleOp>();
  if (auto known = module.lookupSymbol<LLVM::GlobalOp>(name))
    return known;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  return LLVM::GlobalOp::create(b, b.getI32Type(), /*isConstant=*/false,
                                LLVM::Linkage::Weak, name,
                                b.getI32IntegerAttr(BITNET_CORE_OTHER));
}

Value mlir::bitnet::emitCoreBit(ImplicitLocOpBuilder &b) {
  // The load is atomic (monotonic), because another thread may store the
  // variable for the first time just now.
  Value address = LLVM::AddressOfOp::create(b, getOrCreateVariable(b));
  Value core = LLVM::LoadOp::create(
      b, b.getI32Type(), address, /*alignment=*/4, /*isVolatile=*/false,
      /*isNonTemporal=*/false, /*isInvariant=*/false,
      /*isInvariantGroup=*/false, LLVM::AtomicOrdering::monotonic);
  Value one = arith::ConstantIntOp::create(b, 1, 32);
  return arith::ShLIOp::create(b, one, core);
}

Value mlir::bitnet::emitPerCore(ImplicitLocOpBuilder &b, Value bit,
                                PerCore values) {
  auto index = [&](int64_t v) -> Value {
    return arith::ConstantIndexOp::create(b, v);
  };
  if (values.isUniform())
    return index(values.other);
  auto choose = [&](CoreSet core, int64_t value, Value rest) -> Value {
    return arith::SelectOp::create(b, emitIsCore(b, bit, core), index(value),
                                   rest);
  };
  return choose(kZenCores, values.zen,
                choose(kZen5Cores, values.zen5, index(values.other)));
}

Value mlir::bitnet::emitIsCore(ImplicitLocOpBuilder &b, Value bit,
                               CoreSet cores) {
  Value set = arith::ConstantIntOp::create(b, cores, 32);
  Value common = arith::AndIOp::create(b, bit, set);
  Value none = arith::ConstantIntOp::create(b, 0, 32);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, common, none);
}
