//===- CheckHLS.cpp - --bitnet-check-hls ----------------------------------===//
//
// --bitnet-check-hls lists everything that the printer has no form for, with
// the ONNX node that it comes from, in one error. What passes is printed
// without further checks.
//
//===----------------------------------------------------------------------===//

#include "Operations.h"

#include "bitnet/Codegen/Memory/Passes.h"
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

/// Why an array of C++ cannot hold a buffer; empty when it can.
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

/// Operations that CppPrinter.cpp prints as statements.
static bool isPrintedAsIs(Operation *op) {
  return isa<memref::LoadOp, memref::StoreOp, memref::AllocOp,
             memref::GetGlobalOp, scf::ForOp, scf::IfOp, scf::YieldOp,
             func::ReturnOp, func::FuncOp>(op);
}

/// Why an operand or a result of `op` has no C++ type; empty when all have.
static std::string badTypes(Operation *op) {
  for (auto types :
       {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types) {
      if (std::string reason = badBuffer(type); !reason.empty())
        return "a tensor with " + reason;
      if (!isa<MemRefType>(type) && cppType(type).empty())
        return "a number of a type without C++ form";
    }
  return "";
}

/// The reason for an operation that the printer does not know.
static std::string withoutForm(Operation *op) {
  return ("'" + op->getName().getStringRef() + "' has no C++ form").str();
}

std::string bitnet::unsupportedReason(Operation *op) {
  if (auto view = dyn_cast<memref::ViewOp>(op)) {
    auto source = dyn_cast<BlockArgument>(view.getSource());
    auto main = op->getParentOfType<func::FuncOp>();
    // The only views that are left are those of the weights argument at a
    // constant offset; each becomes an array of weights.h.
    bool weights = source && main &&
                   source.getOwner() == &main.getBody().front() &&
                   main.getArgAttr(source.getArgNumber(), kWeightsArgAttr);
    if (!weights || !matchPattern(view.getByteShift(), m_Constant()))
      return "a view of something other than weights";
    std::string reason = badBuffer(view.getType());
    return reason.empty() ? "" : "weights with " + reason;
  }
  if (isa<func::FuncOp>(op))
    return "";
  if (std::string reason = badTypes(op); !reason.empty())
    return reason;
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return printLiteral(constant.getValue()) ? "" : withoutForm(op);
  if (isPrintedAsIs(op))
    return "";
  SmallVector<std::string> operands(op->getNumOperands());
  return printExpression(op, operands) ? "" : withoutForm(op);
}

/// The ONNX node's name in the location; empty where there is none.
static StringRef nodeOf(Operation *op) {
  StringRef name;
  op->getLoc()->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    if (named)
      name = named.getName().strref();
    return named ? WalkResult::interrupt() : WalkResult::advance();
  });
  return name;
}

namespace {
struct CheckHLS : public bitnet::impl::BitNetCheckHLSBase<CheckHLS> {
  void runOnOperation() override {
    // One note per (node, reason): a node may leave many operations.
    llvm::MapVector<std::pair<StringRef, StringAttr>, Operation *> problems;
    auto add = [&](const Twine &text, Operation *op) {
      problems.insert({{nodeOf(op), StringAttr::get(&getContext(), text)}, op});
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
    for (auto &[problem, op] : problems)
      diag.attachNote(op->getLoc()) << problem.second.getValue();
    signalPassFailure();
  }

  /// Calls `add` for each problem of ports and operations.
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
        add(reason, op);
    });
  }
};
} // namespace
