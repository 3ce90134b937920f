//===- Ports.cpp - the interface of the top -------------------------------===//
//
// Reads back what --bitnet-prepare-top has left on the arguments of @main.
//
//===----------------------------------------------------------------------===//

#include "CppPrinter.h"
#include "Operations.h"

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Inputs first, then outputs, each in the order of the arguments; the weights
/// argument is no port.
std::vector<BlockArgument> bitnet::portArguments(func::FuncOp main) {
  std::vector<BlockArgument> ports;
  for (bool outputs : {false, true})
    for (BlockArgument arg : main.getArguments())
      if (!main.getArgAttr(arg.getArgNumber(), kWeightsArgAttr) &&
          isOutput(main, arg) == outputs)
        ports.push_back(arg);
  return ports;
}

/// The name is an attribute that every port has.
StringRef bitnet::portName(func::FuncOp main, BlockArgument arg) {
  return main.getArgAttrOfType<StringAttr>(arg.getArgNumber(), kPortAttr)
      .getValue();
}

bool bitnet::isOutput(func::FuncOp main, BlockArgument arg) {
  return bool(main.getArgAttr(arg.getArgNumber(), kOutputAttr));
}

StringRef bitnet::topName(func::FuncOp main) {
  return main->getAttrOfType<StringAttr>(kTopAttr).getValue();
}

std::string bitnet::declareArray(MemRefType type, StringRef name) {
  std::string text = (cppType(type.getElementType()) + " " + name).str();
  for (int64_t extent : type.getShape())
    text += "[" + std::to_string(extent) + "]";
  return type.getRank() ? text : text + "[1]";
}

std::string bitnet::topSignature(func::FuncOp main) {
  std::string text = ("void " + topName(main) + "(").str();
  StringRef separator;
  for (BlockArgument arg : portArguments(main)) {
    auto type = cast<MemRefType>(arg.getType());
    text += (separator + "hls::stream<" + cppType(type.getElementType()) +
             "> &" + portName(main, arg))
                .str();
    separator = ", ";
  }
  return text + ")";
}

/// The name that bitnet-run gives the file of an output.
static std::string savedName(StringRef onnxName, size_t index) {
  std::string safe = std::to_string(index) + "_";
  for (char c : onnxName.take_front(100))
    safe += llvm::isAlnum(c) || c == '.' || c == '-' ? c : '_';
  return safe + ".npy";
}

/// Names of the ONNX model and of the golden files, for the testbench and the
/// Makefile.
std::vector<HLSPort> bitnet::getHLSPorts(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  std::vector<HLSPort> ports;
  size_t outputs = 0;
  for (BlockArgument arg : portArguments(main)) {
    HLSPort port;
    port.name = portName(main, arg).str();
    port.output = isOutput(main, arg);
    port.onnxName =
        onnx::ValueInfo::ofArgument(main, arg.getArgNumber()).getName().str();
    port.golden = "golden/" + (port.output ? savedName(port.onnxName, outputs++)
                                           : "in_" + port.name + ".npy");
    ports.push_back(std::move(port));
  }
  return ports;
}
