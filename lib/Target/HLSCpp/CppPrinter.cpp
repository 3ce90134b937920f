//===- CppPrinter.cpp - model.h and model.cpp -----------------------------===//
//
// Two functions: the loops of @main on arrays, and the top, which copies
// streams to arrays, calls the loops, and copies arrays to streams. Each value
// of the IR is a const variable, each value that a loop carries a variable.
//
//===----------------------------------------------------------------------===//

#include "CppPrinter.h"
#include "Operations.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Support/IndentedOstream.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Prints one checked @main; names are made on the way.
class Printer {
public:
  Printer(llvm::raw_ostream &os, func::FuncOp main) : os(os), main(main) {
    for (BlockArgument arg : portArguments(main)) {
      used.insert(portName(main, arg));
      names[arg] = portName(main, arg).str();
    }
    for (WeightArray &weights : nameWeights(main)) {
      used.insert(weights.name);
      names[weights.value] = weights.name;
    }
  }
  void printLoops();
  void printTop();

private:
  std::string unique(StringRef prefix);
  std::string name(Value v);
  std::string element(Value buffer, ValueRange indices);
  void pragma(const Twine &text);
  void partition(Attribute factor, StringRef array, MemRefType type);
  void printBuffers();
  void printPartitions();
  void printBlock(Block &block);
  void printOp(Operation *op);
  void printFor(scf::ForOp loop);
  void printIf(scf::IfOp op);
  void printYield(ValueRange values, ArrayRef<std::string> targets);
  void printTransfer(BlockArgument arg, StringRef buffer);

  raw_indented_ostream os;
  func::FuncOp main;
  DenseMap<Value, std::string> names;
  llvm::StringSet<> used;
  llvm::StringMap<unsigned> counters;
};
} // namespace

/// A name with `prefix` that no other variable has.
std::string Printer::unique(StringRef prefix) {
  std::string text;
  do
    text = prefix.str() + std::to_string(counters[prefix]++);
  while (!used.insert(text).second);
  return text;
}

/// A literal, or the variable that holds the value.
std::string Printer::name(Value v) {
  if (auto constant = v.getDefiningOp<arith::ConstantOp>())
    return *printLiteral(constant.getValue());
  return names.lookup(v);
}

/// `array[i][j]`; a tensor of rank 0 is an array of one element.
std::string Printer::element(Value buffer, ValueRange indices) {
  std::string text = name(buffer);
  for (Value index : indices)
    text += "[" + name(index) + "]";
  return indices.empty() ? text + "[0]" : text;
}

/// Pragmas start in column 0, as every vendor example has them.
void Printer::pragma(const Twine &text) {
  os.getOStream() << "#pragma HLS " << text << "\n";
}

/// The pragma for `array`, unless there is no factor.
void Printer::partition(Attribute factor, StringRef array, MemRefType type) {
  if (factor)
    pragma("ARRAY_PARTITION variable=" + array +
           " cyclic factor=" + Twine(cast<IntegerAttr>(factor).getInt()) +
           " dim=" + Twine(type.getRank()));
}

/// Buffers live outside the stack: a C simulation would overflow it.
void Printer::printBuffers() {
  main.walk([&](memref::AllocOp op) {
    std::string array = names[op] = unique("buf");
    os << "static " << declareArray(op.getType(), array) << ";\n";
  });
}

/// Prints the pragmas of arrays in the function that declares or takes them, as
/// the tool wants it.
void Printer::printPartitions() {
  for (BlockArgument arg : portArguments(main))
    partition(main.getArgAttr(arg.getArgNumber(), kPartitionAttr), names[arg],
              cast<MemRefType>(arg.getType()));
  main.walk([&](Operation *op) {
    if (isa<memref::AllocOp, memref::ViewOp>(op))
      partition(op->getAttr(kPartitionAttr), names[op->getResult(0)],
                cast<MemRefType>(op->getResult(0).getType()));
  });
}

void Printer::printYield(ValueRange values, ArrayRef<std::string> targets) {
  // A value may be another target: all are read before one is written.
  SmallVector<std::string> sources;
  for (auto [value, target] : llvm::zip(values, targets)) {
    sources.push_back(name(value));
    if (targets.size() == 1)
      continue;
    std::string copy = unique("next");
    os << "const " << cppType(value.getType()) << " " << copy << " = "
       << sources.back() << ";\n";
    sources.back() = copy;
  }
  for (auto [source, target] : llvm::zip(sources, targets))
    if (source != target)
      os << target << " = " << source << ";\n";
}

/// Values that the loop carries are variables in front of it.
void Printer::printFor(scf::ForOp loop) {
  SmallVector<std::string> carried;
  for (auto [arg, init, result] : llvm::zip(
           loop.getRegionIterArgs(), loop.getInitArgs(), loop.getResults())) {
    carried.push_back(unique("acc"));
    names[arg] = names[result] = carried.back();
    os << cppType(arg.getType()) << " " << carried.back() << " = " << name(init)
       << ";\n";
  }
  std::string i = names[loop.getInductionVar()] = unique("i");
  os << "for (" << cppType(loop.getInductionVar().getType()) << " " << i
     << " = " << name(loop.getLowerBound()) << "; " << i << " < "
     << name(loop.getUpperBound()) << "; " << i
     << " += " << name(loop.getStep()) << ") {\n";
  if (auto ii = loop->getAttrOfType<IntegerAttr>(kPipelineAttr))
    pragma("PIPELINE II=" + Twine(ii.getInt()));
  if (auto factor = loop->getAttrOfType<IntegerAttr>(kUnrollAttr))
    pragma("UNROLL factor=" + Twine(factor.getInt()));
  os.indent();
  printBlock(*loop.getBody());
  printYield(loop.getBody()->getTerminator()->getOperands(), carried);
  os.unindent() << "}\n";
}

/// Results are variables without an initial value: both sides set them.
void Printer::printIf(scf::IfOp op) {
  SmallVector<std::string> results;
  for (Value result : op.getResults()) {
    results.push_back(names[result] = unique("r"));
    os << cppType(result.getType()) << " " << results.back() << ";\n";
  }
  os << "if (" << name(op.getCondition()) << ") {\n";
  for (Region *region : {&op.getThenRegion(), &op.getElseRegion()}) {
    if (region->empty())
      continue;
    if (region == &op.getElseRegion())
      os << "} else {\n";
    os.indent();
    printBlock(region->front());
    printYield(region->front().getTerminator()->getOperands(), results);
    os.unindent();
  }
  os << "}\n";
}

/// Constants and views are printed where they are used.
void Printer::printOp(Operation *op) {
  // Buffers are declared at the start of the function, all at once.
  if (isa<arith::ConstantOp, memref::AllocOp, memref::ViewOp,
          memref::GetGlobalOp, scf::YieldOp, func::ReturnOp>(op))
    return;
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return printFor(loop);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return printIf(branch);
  if (auto store = dyn_cast<memref::StoreOp>(op)) {
    os << element(store.getMemRef(), store.getIndices()) << " = "
       << name(store.getValueToStore()) << ";\n";
    return;
  }
  std::string value;
  // Everything else has one result, which gets a variable of its own.
  if (auto load = dyn_cast<memref::LoadOp>(op)) {
    value = element(load.getMemRef(), load.getIndices());
  } else {
    SmallVector<std::string> operands;
    for (Value operand : op->getOperands())
      operands.push_back(name(operand));
    value = *printExpression(op, operands);
  }
  std::string result = names[op->getResult(0)] = unique("v");
  os << "const " << cppType(op->getResult(0).getType()) << " " << result
     << " = " << value << ";\n";
}

void Printer::printBlock(Block &block) {
  for (Operation &op : block)
    printOp(&op);
}

/// The function that a C simulation and the synthesis tool both see.
void Printer::printLoops() {
  os << "static void " << topName(main) << "_loops(";
  StringRef separator;
  for (BlockArgument arg : portArguments(main)) {
    os << separator << (isOutput(main, arg) ? "" : "const ")
       << declareArray(cast<MemRefType>(arg.getType()), names[arg]);
    separator = ", ";
  }
  os << ") {\n";
  os.indent();
  printBuffers();
  printPartitions();
  printBlock(main.getBody().front());
  os.unindent() << "}\n";
}

/// The loop nest that moves one tensor between its stream and `buffer`.
void Printer::printTransfer(BlockArgument arg, StringRef buffer) {
  std::string index;
  ArrayRef<int64_t> shape = cast<MemRefType>(arg.getType()).getShape();
  for (int64_t extent : shape) {
    std::string i = unique("i");
    os << "for (int " << i << " = 0; " << i << " < " << extent << "; ++" << i
       << ") {\n";
    os.indent();
    index += "[" + i + "]";
  }
  // Only a loop can be pipelined, and a tensor of rank 0 has no loop.
  if (!shape.empty())
    pragma("PIPELINE II=1");
  if (shape.empty())
    index = "[0]";
  if (isOutput(main, arg))
    os << names[arg] << ".write(" << buffer << index << ");\n";
  else
    os << buffer << index << " = " << names[arg] << ".read();\n";
  for (size_t i = 0; i < shape.size(); ++i)
    os.unindent() << "}\n";
}

/// One port per input and output, each a stream (AXI).
void Printer::printTop() {
  os << topSignature(main) << " {\n";
  for (BlockArgument arg : portArguments(main))
    pragma("INTERFACE axis port=" + names[arg]);
  pragma("INTERFACE ap_ctrl_none port=return");
  os.indent();
  SmallVector<std::string> buffers;
  for (BlockArgument arg : portArguments(main)) {
    buffers.push_back(unique("local"));
    auto type = cast<MemRefType>(arg.getType());
    os << "static " << declareArray(type, buffers.back()) << ";\n";
    partition(main.getArgAttr(arg.getArgNumber(), kPartitionAttr),
              buffers.back(), type);
  }
  for (auto [arg, buffer] : llvm::zip(portArguments(main), buffers))
    if (!isOutput(main, arg))
      printTransfer(arg, buffer);
  // All inputs are read before the loops begin: whole tensors in, whole tensors
  // out.
  os << topName(main) << "_loops(" << llvm::join(buffers, ", ") << ");\n";
  for (auto [arg, buffer] : llvm::zip(portArguments(main), buffers))
    if (isOutput(main, arg))
      printTransfer(arg, buffer);
  os.unindent() << "}\n";
}

/// model.h is what a user's design includes: the top and the order of its
/// streams.
void bitnet::printModelHeader(llvm::raw_ostream &os, func::FuncOp main) {
  os << "// Written by bitnet-compile --target=hls; see docs/HLS.md.\n"
     << "#ifndef BITNET_MODEL_H\n#define BITNET_MODEL_H\n\n"
     << "#include <hls_stream.h>\n#include <stdint.h>\n\n"
     << "// One tensor per stream and call, row by row:\n";
  for (BlockArgument arg : portArguments(main))
    os << "//   " << (isOutput(main, arg) ? "out " : "in  ")
       << declareArray(cast<MemRefType>(arg.getType()), portName(main, arg))
       << "\n";
  os << topSignature(main) << ";\n\n#endif // BITNET_MODEL_H\n";
}

/// The weights stay apart in weights.h, which may be many times as long as the
/// code.
void bitnet::printModel(llvm::raw_ostream &os, func::FuncOp main) {
  os << "// Written by bitnet-compile --target=hls; see docs/HLS.md.\n"
     << "#include \"model.h\"\n#include \"bitnet_hls.h\"\n"
     << "#include \"weights.h\"\n\n";
  Printer printer(os, main);
  printer.printLoops();
  os << "\n";
  printer.printTop();
}
