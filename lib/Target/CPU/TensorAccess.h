//===- TensorAccess.h - memrefs from and to bitnet_tensor -------*- C++ -*-===//
//
// Passes of this folder read inputs and write outputs through it, so that the
// layout of bitnet_tensor is known at one place.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_TENSORACCESS_H
#define BITNET_LIB_TARGET_CPU_TENSORACCESS_H

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir {
class LLVMTypeConverter;
} // namespace mlir

namespace mlir::bitnet {

/// Builds code that reads and writes the structs of abi.h. Memrefs are made
/// from LLVM descriptors through casts that the conversion to LLVM removes.
class TensorAccess {
public:
  TensorAccess(OpBuilder &builder, Location loc, LLVMTypeConverter &converter);

  /// Constants and conversions that the callers need beside the structs.
  Value i64(int64_t value);
  Value toI64(Value index);

  /// A dense row-major memref at `data`; dims are i64.
  Value toMemRef(MemRefType type, Value data, ArrayRef<Value> dims);
  /// `context->weights` as a memref of `size` bytes.
  Value loadWeights(Value context, MemRefType type, uint64_t size);
  /// The state at `offset` of `context->state`; its shape is static.
  Value loadState(Value context, MemRefType type, uint64_t offset);
  /// Element `index` of the bitnet_tensor array at `tensors`. It is dense.
  Value loadTensor(Value tensors, unsigned index, MemRefType type);
  /// An array of `rank` dims on the stack of `function`.
  Value allocateDims(func::FuncOp function, int64_t rank);
  /// The address at which the caller finds the dims of output `index`.
  Value getOutputDims(Value context, unsigned index);
  /// Stores the dims of `memref` at `dims`.
  void storeDims(Value memref, Value dims);
  /// Calls bitnet_rt_output for `result`, whose dims are at `dims`.
  void handOver(ModuleOp module, Value context, unsigned index, Value result,
                Value dims);
  /// These write fields of element `index` of the bitnet_tensor array at
  /// `tensors`.
  void storeRank(Value tensors, unsigned index, int64_t rank);
  void storeDim(Value tensors, unsigned index, unsigned dim, Value value);

private:
  /// The address of the field at `path` in element `index` of `tensors`.
  Value field(Value tensors, unsigned index, ArrayRef<int32_t> path);
  MemRefDescriptor unpack(Value memref);

  OpBuilder &builder;
  Location loc;
  LLVMTypeConverter &converter;
  Type ptr;
  Type tensorType;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_TENSORACCESS_H
