//===- MemoryLimit.cpp - what a compilation may take of memory ------------===//
//
// The estimate comes from measurements: chains of 1000 and 4000 operations took
// 104 MB more than the import, a chain of 200 layers 60 MB. It is meant to
// refuse what cannot be had, not to be exact.
//
//===----------------------------------------------------------------------===//

#include "MemoryLimit.h"

#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Support/SystemMemory.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::bitnet;

MemoryLimit::MemoryLimit(std::optional<uint64_t> wish)
    : limit(wish.value_or(getSystemMemory())), before(getResidentMemory()) {}

/// Bytes that are made of a constant. A byte may hold four codes, which take a
/// byte before and one after packing; wider elements are one code.
static uint64_t estimateConstant(onnx::ConstantOp op) {
  auto type = dyn_cast<ShapedType>(op.getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return 0;
  const uint64_t elements = uint64_t(type.getNumElements());
  return type.getElementTypeBitWidth() <= 8 ? elements * 2 : elements / 2;
}

LogicalResult MemoryLimit::checkModel(ModuleOp module) const {
  constexpr uint64_t kAlways = 64 << 20, kPerOperation = 24 << 10;
  uint64_t estimate = kAlways;
  module.walk([&](Operation *op) {
    estimate += kPerOperation;
    if (auto constant = dyn_cast<onnx::ConstantOp>(op))
      estimate += estimateConstant(constant);
  });
  if (estimate <= limit)
    return success();
  return emitError(module.getLoc())
         << "the model would take about " << formatBytes(estimate)
         << " of memory, more than " << formatBytes(limit) << " (--max-memory)";
}

LogicalResult MemoryLimit::checkStage(Location loc, StringRef stage) const {
  const uint64_t now = getResidentMemory();
  if (now <= before || now - before <= limit)
    return success();
  return emitError(loc) << "stage " << stage << " took "
                        << formatBytes(now - before) << " of memory, more than "
                        << formatBytes(limit) << " (--max-memory)";
}
