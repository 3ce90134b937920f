//===- CppPrinter.h - the top function as C++ -------------------*- C++ -*-===//
//
// Each function prints one file of the folder of --target=hls, or a part that
// several files share. `main` has passed --bitnet-check-hls.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_HLSCPP_CPPPRINTER_H
#define BITNET_LIB_TARGET_HLSCPP_CPPPRINTER_H

#include "bitnet/Target/HLSCpp/HLSCpp.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace llvm {
class raw_ostream;
}

namespace mlir::bitnet {

/// A view of the weights or a global constant, and the array it becomes.
struct WeightArray {
  Value value;
  std::string name;
  bool first; ///< Of those with this name: it is declared.
};
/// The arrays in the order of their operations, with names unlike those of the
/// ports.
std::vector<WeightArray> nameWeights(func::FuncOp main);

/// "float x[4][160]".
std::string declareArray(MemRefType type, StringRef name);

/// model.h: the prototype of the top.
void printModelHeader(llvm::raw_ostream &os, func::FuncOp main);
/// model.cpp: the loops and the top around them.
void printModel(llvm::raw_ostream &os, func::FuncOp main);
/// weights.h: packed bytes and scales as const arrays.
LogicalResult printWeights(llvm::raw_ostream &os, func::FuncOp main);
/// testbench.cpp: golden inputs in, outputs compared bit by bit.
void printTestbench(llvm::raw_ostream &os, func::FuncOp main);

/// `void top(hls::stream<float> &x, ...)`.
std::string topSignature(func::FuncOp main);
/// Arguments of @main that are ports.
std::vector<BlockArgument> portArguments(func::FuncOp main);
/// The identifier of a port, and which way it goes.
StringRef portName(func::FuncOp main, BlockArgument arg);
bool isOutput(func::FuncOp main, BlockArgument arg);
StringRef topName(func::FuncOp main);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_HLSCPP_CPPPRINTER_H
