//===- BFloatValues.cpp - bf16 as integers --------------------------------===//
//
// x86 has no register class for one bf16: code generation keeps it as f32 and
// narrows it again by a function of a compiler library, which a model must not
// need. After LLVM's optimizations every value of bf16 therefore becomes an i16
// of the same bits, and what reads such values as numbers becomes an operation
// on f32 (docs/Rationale.md, "bf16 moves as integers").
//
//===----------------------------------------------------------------------===//

#include "LLVMModule.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

using namespace llvm;

/// Whether `type` is bf16 or a vector of bf16.
static bool isBFloat(const Value &value) {
  return value.getType()->getScalarType()->isBFloatTy();
}

/// The integers, one or a vector, of as many bits as `type`.
static Type *getBitsType(Type *type) {
  if (auto *vector = dyn_cast<VectorType>(type))
    return VectorType::getInteger(vector);
  return Type::getInt16Ty(type->getContext());
}

/// The integers of `value`, of bf16.
static Value *getBits(IRBuilder<> &builder, Value *value) {
  Type *type = getBitsType(value->getType());
  auto *cast = dyn_cast<BitCastInst>(value);
  return cast && cast->getSrcTy() == type ? cast->getOperand(0)
                                          : builder.CreateBitCast(value, type);
}

/// `value` as f32: bf16 is the upper half of one.
static Value *widen(IRBuilder<> &builder, Value *value) {
  Value *bits = getBits(builder, value);
  Type *wide = bits->getType()->getWithNewBitWidth(32);
  Type *f32 = wide->getWithNewType(builder.getFloatTy());
  Value *shifted = builder.CreateShl(builder.CreateZExt(bits, wide), 16);
  return builder.CreateBitCast(shifted, f32);
}

/// Makes an operation that reads bf16 as numbers one on f32; null for all other
/// operations. LLVM narrows such operations where f32 was a bf16 before.
static Value *readNumbers(IRBuilder<> &builder, Instruction &instruction) {
  Type *type = instruction.getType();
  auto wide = [&](unsigned i) {
    return widen(builder, instruction.getOperand(i));
  };
  if (isa<FPExtInst>(instruction))
    return builder.CreateFPExt(wide(0), type);
  if (isa<FPToSIInst>(instruction))
    return builder.CreateFPToSI(wide(0), type);
  if (isa<FPToUIInst>(instruction))
    return builder.CreateFPToUI(wide(0), type);
  if (auto *compare = dyn_cast<FCmpInst>(&instruction))
    return builder.CreateFCmp(compare->getPredicate(), wide(0), wide(1));
  return nullptr;
}

/// Makes an operation that only changes the sign of a bf16 one on integers;
/// null for all others.
static Value *changeSign(IRBuilder<> &builder, Instruction &instruction) {
  auto *call = dyn_cast<IntrinsicInst>(&instruction);
  bool isAbs = call && call->getIntrinsicID() == Intrinsic::fabs;
  if (!isAbs && instruction.getOpcode() != Instruction::FNeg)
    return nullptr;
  Value *bits = getBits(builder, instruction.getOperand(0));
  return isAbs ? builder.CreateAnd(bits, 0x7fff)
               : builder.CreateXor(bits, 0x8000);
}

/// `load` as a load of integers.
static Value *loadBits(IRBuilder<> &builder, LoadInst &load) {
  LoadInst *bits = builder.CreateAlignedLoad(
      getBitsType(load.getType()), load.getPointerOperand(), load.getAlign(),
      load.isVolatile());
  bits->copyMetadata(load);
  return bits;
}

/// Makes an operation that moves a bf16 one on integers; null for all others.
static Value *moveBits(IRBuilder<> &builder, Instruction &instruction) {
  auto bits = [&](unsigned i) {
    return getBits(builder, instruction.getOperand(i));
  };
  auto operand = [&](unsigned i) { return instruction.getOperand(i); };
  if (auto *load = dyn_cast<LoadInst>(&instruction))
    return loadBits(builder, *load);
  if (isa<SelectInst>(instruction))
    return builder.CreateSelect(operand(0), bits(1), bits(2));
  if (isa<FreezeInst>(instruction))
    return builder.CreateFreeze(bits(0));
  if (isa<InsertElementInst>(instruction))
    return builder.CreateInsertElement(bits(0), bits(1), operand(2));
  if (isa<ExtractElementInst>(instruction))
    return builder.CreateExtractElement(bits(0), operand(1));
  if (auto *shuffle = dyn_cast<ShuffleVectorInst>(&instruction))
    return builder.CreateShuffleVector(bits(0), bits(1),
                                       shuffle->getShuffleMask());
  return nullptr;
}

/// `phi` of bf16 as one of integers.
static void convertPhi(PHINode &phi) {
  Type *bits = getBitsType(phi.getType());
  PHINode *carried = PHINode::Create(bits, phi.getNumIncomingValues(),
                                     phi.getName(), phi.getIterator());
  IRBuilder<> builder(phi.getParent(), phi.getParent()->getFirstInsertionPt());
  phi.replaceAllUsesWith(builder.CreateBitCast(carried, phi.getType()));
  // A basic block that leads here by two edges must have one value for both.
  SmallDenseMap<BasicBlock *, Value *> values;
  for (auto [block, value] : zip(phi.blocks(), phi.incoming_values())) {
    Value *&known = values[block];
    IRBuilder<> atEnd(block->getTerminator());
    if (!known)
      known = getBits(atEnd, value);
    carried->addIncoming(known, block);
  }
  phi.eraseFromParent();
}

/// Replaces one instruction that makes or reads bf16; others stay as they are.
static void convert(Instruction &instruction) {
  if (auto *phi = dyn_cast<PHINode>(&instruction)) {
    convertPhi(*phi);
    return;
  }
  IRBuilder<> builder(&instruction);
  if (auto *store = dyn_cast<StoreInst>(&instruction)) {
    store->setOperand(0, getBits(builder, store->getValueOperand()));
    return;
  }
  Value *result = readNumbers(builder, instruction);
  if (!result) {
    Value *bits = moveBits(builder, instruction);
    bits = bits ? bits : changeSign(builder, instruction);
    if (!bits)
      return;
    result = builder.CreateBitCast(bits, instruction.getType());
  }
  instruction.replaceAllUsesWith(result);
  instruction.eraseFromParent();
}

/// Conversion leaves pairs of bitcasts, from integers to bf16 and back, where
/// two converted instructions meet; they go here.
static void foldCasts(Function &function) {
  for (Instruction &instruction : make_early_inc_range(instructions(function)))
    if (auto *outer = dyn_cast<BitCastInst>(&instruction))
      if (auto *inner = dyn_cast<BitCastInst>(outer->getOperand(0));
          inner && inner->getSrcTy() == outer->getType() && isBFloat(*inner)) {
        outer->replaceAllUsesWith(inner->getOperand(0));
        outer->eraseFromParent();
      }
  for (Instruction &instruction : make_early_inc_range(instructions(function)))
    if (isa<BitCastInst>(instruction) && isBFloat(instruction) &&
        instruction.use_empty())
      instruction.eraseFromParent();
}

/// The arguments of `call`, bf16 ones as integers.
static SmallVector<Value *> convertArguments(CallBase &call) {
  IRBuilder<> builder(&call);
  SmallVector<Value *> arguments;
  for (Value *argument : call.args())
    arguments.push_back(
        isBFloat(*argument)
            ? builder.CreateBitCast(argument, getBitsType(argument->getType()))
            : argument);
  return arguments;
}

/// Moves the body of `function`, which only calls use, to one that takes
/// integers for bf16.
static void convertParameters(Function &function) {
  SmallVector<Type *> types;
  for (Argument &argument : function.args())
    types.push_back(isBFloat(argument) ? getBitsType(argument.getType())
                                       : argument.getType());
  auto *type = FunctionType::get(function.getReturnType(), types, false);
  Function *converted =
      Function::Create(type, function.getLinkage(), function.getAddressSpace(),
                       "", function.getParent());
  converted->copyAttributesFrom(&function);
  converted->takeName(&function);
  converted->splice(converted->begin(), &function);
  IRBuilder<> builder(&converted->front(), converted->front().begin());
  for (auto [from, to] : zip_equal(function.args(), converted->args()))
    from.replaceAllUsesWith(
        isBFloat(from) ? builder.CreateBitCast(&to, from.getType()) : &to);
  for (User *user : make_early_inc_range(function.users())) {
    auto &call = *cast<CallInst>(user);
    auto *other = CallInst::Create(converted, convertArguments(call), "",
                                   call.getIterator());
    other->setCallingConv(call.getCallingConv());
    other->setAttributes(call.getAttributes());
    call.replaceAllUsesWith(other);
    call.eraseFromParent();
  }
  function.eraseFromParent();
}

/// Whether all that happens to `function` is that it is called.
static bool isOnlyCalled(const Function &function) {
  return function.hasLocalLinkage() && !function.isDeclaration() &&
         all_of(function.uses(), [](const Use &use) {
           auto *call = dyn_cast<CallInst>(use.getUser());
           return call && call->isCallee(&use);
         });
}

/// Parameters are converted first, since a call must agree with its function.
void mlir::bitnet::carryBFloatsAsIntegers(Module &module) {
  for (Function &function : make_early_inc_range(module))
    if (isOnlyCalled(function) &&
        any_of(function.args(), [](Argument &a) { return isBFloat(a); }))
      convertParameters(function);
  for (Function &function : module) {
    SmallVector<Instruction *> users;
    for (Instruction &instruction : instructions(function))
      if (isBFloat(instruction) || any_of(instruction.operands(), [](Use &use) {
            return isBFloat(*use.get());
          }))
        users.push_back(&instruction);
    for (Instruction *user : users)
      convert(*user);
    if (!users.empty())
      foldCasts(function);
  }
}
