//===- CheckHLS.cpp - --bitnet-check-hls ----------------------------------===//

#include "Operations.h"

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Support/SafeFile.h"
#include "bitnet/Target/HLSCpp/HLSCpp.h"
#include "bitnet/Target/HLSCpp/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETCHECKHLS
#include "bitnet/Target/HLSCpp/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Empty: an array of C++ can hold it.
static std::string badBuffer(Type type) {
  auto buffer = dyn_cast<MemRefType>(type);
  if (!buffer)
    return "";
  if (!buffer.hasStaticShape())
    return "a dynamic shape";
  if (!buffer.getLayout().isIdentity())
    return "a strided layout";
  if (buffer.getNumElements() == 0)
    return "a shape without elements";
  if (cppType(buffer.getElementType()).empty())
    return "an element type without C++ form";
  return "";
}

static bool isPrintedAsIs(Operation *op) {
  return isa<memref::LoadOp, memref::StoreOp, memref::AllocOp,
             memref::GetGlobalOp, scf::ForOp, scf::IfOp, scf::YieldOp,
             func::ReturnOp, func::FuncOp>(op);
}

static std::string badTypes(Operation *op) {
  for (auto types :
       {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types) {
      if (std::string reason = badBuffer(type); !reason.empty())
        return reason;
      if (!isa<MemRefType>(type) && cppType(type).empty())
        return "a type without C++ form";
    }
  return "";
}

std::string bitnet::unsupportedReason(Operation *op) {
  if (auto view = dyn_cast<memref::ViewOp>(op)) {
    auto source = dyn_cast<BlockArgument>(view.getSource());
    auto main = op->getParentOfType<func::FuncOp>();
    bool weights = source && main &&
                   source.getOwner() == &main.getBody().front() &&
                   main.getArgAttr(source.getArgNumber(), kWeightsArgAttr);
    if (!weights || !matchPattern(view.getByteShift(), m_Constant()))
      return "a view of something other than weights";
    return badBuffer(view.getType());
  }
  if (isa<func::FuncOp>(op))
    return "";
  if (std::string reason = badTypes(op); !reason.empty())
    return reason;
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return printLiteral(constant.getValue()) ? "" : "no C++ literal";
  if (isPrintedAsIs(op))
    return "";
  SmallVector<std::string> operands(op->getNumOperands());
  return printExpression(op, operands) ? "" : "no C++ form";
}

/// "node 'fc1'", or the operation when the location has no name.
static std::string placeOf(Operation *op) {
  std::string name;
  op->getLoc()->walk([&](Location inner) {
    if (auto named = dyn_cast<NameLoc>(inner); named && name.empty())
      name = "node " + quoteName(named.getName().strref());
    return WalkResult::advance();
  });
  return name.empty() ? "" : name + ": ";
}

namespace {
struct CheckHLS : public bitnet::impl::BitNetCheckHLSBase<CheckHLS> {
  void runOnOperation() override {
    // One note per (place, reason): a node may leave many operations.
    llvm::MapVector<StringAttr, Operation *> problems;
    auto add = [&](const Twine &text, Operation *op) {
      problems.insert({StringAttr::get(&getContext(), text), op});
    };
    for (Operation &top : *getOperation().getBody()) {
      auto func = dyn_cast<func::FuncOp>(top);
      // What is wrong with a constant is found where it is used.
      if (isa<memref::GlobalOp>(top))
        continue;
      if (!func || func.getName() != "main")
        add("'" + top.getName().getStringRef() + "' beside @main", &top);
      else
        checkMain(func, add);
    }
    if (problems.empty())
      return;
    InFlightDiagnostic diag = mlir::emitError(getOperation().getLoc(),
                                              "--target=hls cannot express ");
    diag << problems.size() << (problems.size() == 1 ? " thing" : " things");
    for (auto &[text, op] : problems)
      diag.attachNote(op->getLoc()) << text.getValue();
    signalPassFailure();
  }

  void checkMain(func::FuncOp main,
                 llvm::function_ref<void(const Twine &, Operation *)> add) {
    for (BlockArgument arg : main.getArguments()) {
      if (main.getArgAttr(arg.getArgNumber(), kWeightsArgAttr))
        continue;
      auto port =
          main.getArgAttrOfType<StringAttr>(arg.getArgNumber(), kPortAttr);
      std::string name = port ? port.getValue().str() : "";
      if (!isa<MemRefType>(arg.getType()))
        add("port '" + name + "' is not a tensor", main);
      else if (std::string reason = badBuffer(arg.getType()); !reason.empty())
        add("port '" + name + "' has " + reason, main);
    }
    main.getBody().walk([&](Operation *op) {
      std::string reason = unsupportedReason(op);
      if (!reason.empty())
        add(placeOf(op) + "'" + op->getName().getStringRef() + "' with " +
                reason,
            op);
    });
  }
};
} // namespace
