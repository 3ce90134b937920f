//===- EntrySlots.h - one place on the stack for many uses -----*- C++ -*-===//
//
// Arrays on the stack for passes that need one at many places of a function:
// arguments of parallel calls, dims of probes.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_BITNET_TARGET_CPU_ENTRYSLOTS_H
#define LIB_BITNET_TARGET_CPU_ENTRYSLOTS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::bitnet {

/// An array on the stack of each function that asks for one, as long as its
/// largest use needs. Uses follow one another, so that a model of many layers
/// takes no more stack than one; the entry block keeps loops from growing the
/// stack.
class EntrySlots {
public:
  /// Arrays of `element`, aligned to `alignment` bytes or, for 0, as `element`.
  explicit EntrySlots(Type element, unsigned alignment = 0)
      : element(element), alignment(alignment) {}

  /// The array of `function`, for `count` elements at least.
  Value get(FunctionOpInterface function, int64_t count);

private:
  struct Slot {
    LLVM::ConstantOp size;
    Value address;
  };

  Type element;
  unsigned alignment;
  llvm::DenseMap<Operation *, Slot> slots;
};

} // namespace mlir::bitnet

#endif // LIB_BITNET_TARGET_CPU_ENTRYSLOTS_H
