//===- BufferizeInputs.cpp - --bitnet-bufferize-inputs --------------------===//
//
// --bitnet-bufferize-inputs marks the tensor arguments of all functions as not
// writable: inputs belong to the caller, so bufferization copies what it would
// write in place.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETBUFFERIZEINPUTS
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
struct BufferizeInputs
    : public bitnet::impl::BitNetBufferizeInputsBase<BufferizeInputs> {
  void runOnOperation() override {
    auto readOnly = BoolAttr::get(&getContext(), false);
    for (auto func : getOperation().getOps<func::FuncOp>())
      for (BlockArgument arg : func.getArguments())
        if (isa<TensorType>(arg.getType()))
          func.setArgAttr(
              arg.getArgNumber(),
              bufferization::BufferizationDialect::kWritableAttrName, readOnly);
  }
};
} // namespace
