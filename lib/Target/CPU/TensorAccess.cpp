//===- TensorAccess.cpp - memrefs from and to bitnet_tensor ---------------===//
//
// Loads and stores of the structs of abi.h, as LLVM operations beside
// operations on memrefs; unrealized casts between the two disappear when
// memrefs are lowered.
//
//===----------------------------------------------------------------------===//

#include "TensorAccess.h"

#include "Runtime.h"

#include "bitnet/runtime/abi.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Fields of bitnet_tensor, in order.
enum TensorField : int32_t { Data, Dtype, Rank, Dims, Strides, Capacity };

TensorAccess::TensorAccess(OpBuilder &builder, Location loc,
                           LLVMTypeConverter &converter)
    : builder(builder), loc(loc), converter(converter),
      ptr(LLVM::LLVMPointerType::get(builder.getContext())) {
  Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
  auto dims = LLVM::LLVMArrayType::get(i64, BITNET_MAX_RANK);
  tensorType = LLVM::LLVMStructType::getLiteral(
      builder.getContext(), {ptr, i32, i32, dims, ptr, i64});
}

Value TensorAccess::i64(int64_t value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getI64IntegerAttr(value));
}

Value TensorAccess::toI64(Value index) {
  return arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
}

/// The address of a field of tensor number `index`.
Value TensorAccess::field(Value tensors, unsigned index,
                          ArrayRef<int32_t> path) {
  SmallVector<LLVM::GEPArg> indices{int32_t(index)};
  for (int32_t step : path)
    indices.push_back(step);
  return LLVM::GEPOp::create(builder, loc, ptr, tensorType, tensors, indices);
}

/// The strides of a dense tensor are products of its inner dims.
Value TensorAccess::toMemRef(MemRefType type, Value data,
                             ArrayRef<Value> dims) {
  auto descriptor =
      MemRefDescriptor::poison(builder, loc, converter.convertType(type));
  descriptor.setAllocatedPtr(builder, loc, data);
  descriptor.setAlignedPtr(builder, loc, data);
  descriptor.setConstantOffset(builder, loc, 0);
  Value stride = i64(1);
  for (int64_t i = int64_t(dims.size()) - 1; i >= 0; --i) {
    descriptor.setSize(builder, loc, i, dims[i]);
    descriptor.setStride(builder, loc, i, stride);
    if (i > 0)
      stride = arith::MulIOp::create(builder, loc, stride, dims[i]);
  }
  Value packed = descriptor;
  return UnrealizedConversionCastOp::create(builder, loc, type, packed)
      .getResult(0);
}

Value TensorAccess::loadWeights(Value context, MemRefType type, uint64_t size) {
  Value data = LLVM::LoadOp::create(builder, loc, ptr, context);
  return toMemRef(type, data, i64(size));
}

Value TensorAccess::loadState(Value context, MemRefType type, uint64_t offset) {
  static_assert(offsetof(bitnet_context, state) == 3 * sizeof(void *));
  Value place = LLVM::GEPOp::create(builder, loc, ptr, ptr, context,
                                    ArrayRef<LLVM::GEPArg>{3});
  Value states = LLVM::LoadOp::create(builder, loc, ptr, place);
  Value data =
      LLVM::GEPOp::create(builder, loc, ptr, builder.getI8Type(), states,
                          ArrayRef<LLVM::GEPArg>{i64(int64_t(offset))});
  SmallVector<Value> dims;
  for (int64_t dim : type.getShape())
    dims.push_back(i64(dim));
  return toMemRef(type, data, dims);
}

Value TensorAccess::loadTensor(Value tensors, unsigned index, MemRefType type) {
  Value data =
      LLVM::LoadOp::create(builder, loc, ptr, field(tensors, index, {Data}));
  SmallVector<Value> dims;
  for (auto [d, dim] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(dim)) {
      dims.push_back(i64(dim));
      continue;
    }
    Value address = field(tensors, index, {Dims, int32_t(d)});
    dims.push_back(
        LLVM::LoadOp::create(builder, loc, builder.getI64Type(), address));
  }
  return toMemRef(type, data, dims);
}

Value TensorAccess::allocateDims(func::FuncOp function, int64_t rank) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&function.front());
  Value size = LLVM::ConstantOp::create(
      builder, loc, builder.getI64Type(),
      builder.getI64IntegerAttr(std::max<int64_t>(rank, 1)));
  return LLVM::AllocaOp::create(builder, loc, ptr, builder.getI64Type(), size);
}

/// The LLVM struct behind a memref.
MemRefDescriptor TensorAccess::unpack(Value memref) {
  Type type = converter.convertType(memref.getType());
  return MemRefDescriptor(
      UnrealizedConversionCastOp::create(builder, loc, type, memref)
          .getResult(0));
}

void TensorAccess::storeDims(Value memref, Value dims) {
  MemRefDescriptor descriptor = unpack(memref);
  int64_t rank = cast<MemRefType>(memref.getType()).getRank();
  for (int64_t d = 0; d < rank; ++d) {
    Value slot = LLVM::GEPOp::create(builder, loc, ptr, builder.getI64Type(),
                                     dims, ArrayRef<LLVM::GEPArg>{int32_t(d)});
    LLVM::StoreOp::create(builder, loc, descriptor.size(builder, loc, d), slot);
  }
}

Value TensorAccess::getOutputDims(Value context, unsigned index) {
  static_assert(offsetof(bitnet_context, outputs) == 2 * sizeof(void *));
  Value place = LLVM::GEPOp::create(builder, loc, ptr, ptr, context,
                                    ArrayRef<LLVM::GEPArg>{2});
  Value outputs = LLVM::LoadOp::create(builder, loc, ptr, place);
  return field(outputs, index, {Dims});
}

void TensorAccess::handOver(ModuleOp module, Value context, unsigned index,
                            Value result, Value dims) {
  auto type = cast<MemRefType>(result.getType());
  Type i32 = builder.getI32Type();
  auto callee = declareFunction(
      module, "bitnet_rt_output",
      builder.getFunctionType({ptr, i32, i32, ptr, ptr}, TypeRange()));
  auto number = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(value));
  };
  MemRefDescriptor descriptor = unpack(result);
  Value data = LLVM::GEPOp::create(
      builder, loc, ptr, converter.convertType(type.getElementType()),
      descriptor.alignedPtr(builder, loc),
      ArrayRef<LLVM::GEPArg>{descriptor.offset(builder, loc)});
  func::CallOp::create(
      builder, loc, callee,
      ValueRange{context, number(index), number(type.getRank()), dims, data});
}

void TensorAccess::storeRank(Value tensors, unsigned index, int64_t rank) {
  Value value =
      arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(rank));
  LLVM::StoreOp::create(builder, loc, value, field(tensors, index, {Rank}));
}

void TensorAccess::storeDim(Value tensors, unsigned index, unsigned dim,
                            Value value) {
  LLVM::StoreOp::create(builder, loc, value,
                        field(tensors, index, {Dims, int32_t(dim)}));
}
