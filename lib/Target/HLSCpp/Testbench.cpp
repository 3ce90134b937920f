//===- Testbench.cpp - testbench.cpp --------------------------------------===//
//
// Prints testbench.cpp of the folder. It writes golden inputs into the streams,
// calls the top once, and compares every output bit by bit.
//
//===----------------------------------------------------------------------===//

#include "CppPrinter.h"
#include "Operations.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The file without its folder: the testbench gets the folder as an argument.
static StringRef baseName(StringRef path) { return path.rsplit('/').second; }

/// Reads the file of one input and fills its stream.
static void printInput(llvm::raw_ostream &os, const HLSPort &port,
                       MemRefType type) {
  StringRef element = cppType(type.getElementType());
  os << "  {\n    static " << element << " data[" << type.getNumElements()
     << "];\n"
     << "    if (!bitnet_testbench::load(folder, \"" << baseName(port.golden)
     << "\", data, sizeof(data)))\n      return 2;\n"
     << "    for (" << element << " element : data)\n"
     << "      stream_" << port.name << ".write(element);\n  }\n";
}

/// Reads the expected output and compares what the stream holds.
static void printOutput(llvm::raw_ostream &os, const HLSPort &port,
                        MemRefType type) {
  StringRef element = cppType(type.getElementType());
  os << "  {\n    static " << element << " want[" << type.getNumElements()
     << "], have[" << type.getNumElements() << "];\n"
     << "    if (!bitnet_testbench::load(folder, \"" << baseName(port.golden)
     << "\", want, sizeof(want)))\n      return 2;\n"
     << "    for (" << element << " &element : have)\n"
     << "      element = stream_" << port.name << ".read();\n"
     << "    wrong += bitnet_testbench::compare(\"" << port.name
     << "\", have, want, " << type.getNumElements() << ");\n  }\n";
}

void bitnet::printTestbench(llvm::raw_ostream &os, func::FuncOp main) {
  std::vector<HLSPort> ports = getHLSPorts(main->getParentOfType<ModuleOp>());
  std::vector<BlockArgument> args = portArguments(main);
  os << "// Written by bitnet-compile --target=hls: runs the top on the "
        "golden\n"
     << "// inputs and compares every output bit by bit. Argument: the "
        "folder.\n"
     << "#include \"bitnet_testbench.h\"\n#include \"model.h\"\n\n"
     << "int main(int argc, char **argv) {\n"
     << "  const char *folder = argc > 1 ? argv[1] : \"golden\";\n"
     << "  long wrong = 0;\n";
  for (auto [port, arg] : llvm::zip(ports, args))
    os << "  hls::stream<"
       << cppType(cast<MemRefType>(arg.getType()).getElementType())
       << "> stream_" << port.name << "(\"" << port.name << "\");\n";
  for (auto [port, arg] : llvm::zip(ports, args))
    if (!port.output)
      printInput(os, port, cast<MemRefType>(arg.getType()));
  os << "  " << topName(main) << "(";
  StringRef separator;
  for (const HLSPort &port : ports) {
    os << separator << "stream_" << port.name;
    separator = ", ";
  }
  os << ");\n";
  for (auto [port, arg] : llvm::zip(ports, args))
    if (port.output)
      printOutput(os, port, cast<MemRefType>(arg.getType()));
  os << "  return bitnet_testbench::finish(wrong);\n}\n";
}
