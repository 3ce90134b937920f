//===- VectorizeNests.cpp - linalg operations to vector loops -------------===//
//
// --bitnet-vectorize-nests: every linalg operation that is left on buffers
// becomes loops by a plan (NestPlan.h). Copies that are no memcpy become linalg
// first.
//
//===----------------------------------------------------------------------===//

#include "NestEmitter.h"

#include "bitnet/Codegen/Loops/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETVECTORIZENESTS
#include "bitnet/Codegen/Loops/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Whether a copy is between dense buffers, which makes it one memcpy.
static bool isMemcpy(memref::CopyOp copy) {
  auto isDense = [](Value v) {
    auto type = dyn_cast<MemRefType>(v.getType());
    return !type || type.getLayout().isIdentity();
  };
  return isDense(copy.getSource()) && isDense(copy.getTarget());
}

/// Copies of strided views become linalg operations, which get vectors and
/// threads.
static void generalizeCopies(func::FuncOp function) {
  SmallVector<memref::CopyOp> copies;
  function.walk([&](memref::CopyOp copy) {
    if (!isMemcpy(copy))
      copies.push_back(copy);
  });
  for (memref::CopyOp copy : copies) {
    OpBuilder b(copy);
    linalg::makeMemRefCopyOp(b, copy.getLoc(), copy.getSource(),
                             copy.getTarget());
    copy.erase();
  }
}

namespace {
struct VectorizeNests
    : public bitnet::impl::BitNetVectorizeNestsBase<VectorizeNests> {
  void runOnOperation() override {
    generalizeCopies(getOperation());
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      FailureOr<NestPlan> plan = planNest(op);
      if (failed(plan))
        continue;
      emitNest(*plan);
      op.erase();
    }
  }
};
} // namespace
