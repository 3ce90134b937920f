//===- HLSFiles.cpp - the output folder -----------------------------------===//
//
// Writes all files of the folder but the expected outputs, which lib/Pipelines
// adds by running the reference.
//
//===----------------------------------------------------------------------===//

#include "CppPrinter.h"
#include "GoldenInputs.h"
#include "RuntimeText.h"

#include "bitnet/Dialect/BitNet/IR/Failure.h"
#include "bitnet/Support/OutputFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The text for a recipe of make, within single quotes of the shell.
static std::string quoteForMake(StringRef text) {
  std::string out = "'";
  for (char c : text)
    out += c == '\''  ? std::string("'\\''")
           : c == '$' ? std::string("$$")
                      : std::string(1, c);
  return out + "'";
}

/// Prints a Makefile with the rules `test`, `golden` and `clean`.
static void printMakefile(llvm::raw_ostream &os, ArrayRef<HLSPort> ports) {
  os << "# make test: C simulation against golden/; no vendor tool needed.\n"
     << "CXX ?= g++\n"
     << "CXXFLAGS ?= -O2\n"
     << "# A fused multiply-add would round once where the model rounds "
        "twice.\n"
     << "FLAGS = -std=c++14 -Wall -Wno-unknown-pragmas -ffp-contract=off "
        "-Ishim\n"
     << "BITNET_RUN ?= bitnet-run\n\n"
     << "test: testbench\n\t./testbench golden\n\n"
     << "testbench: testbench.cpp model.cpp model.h weights.h bitnet_hls.h"
     << " bitnet_testbench.h\n"
     << "\t$(CXX) $(FLAGS) $(CXXFLAGS) -o $@ testbench.cpp model.cpp\n\n"
     << "# The expected outputs anew, from the same loops compiled for this "
        "CPU.\n"
     << "golden:\n\t$(BITNET_RUN) golden/reference.so --save-outputs=golden";
  for (const HLSPort &port : ports)
    if (!port.output)
      os << " --input=" << quoteForMake(port.onnxName + "=" + port.golden);
  os << "\n\nclean:\n\trm -f testbench\n\n.PHONY: test golden clean\n";
}

namespace {
/// Writes into one folder; the first failure is reported, later writes skipped.
class Folder {
public:
  Folder(ModuleOp module, StringRef path) : module(module), path(path) {}

  void write(const Twine &name,
             llvm::function_ref<LogicalResult(llvm::raw_ostream &)> body) {
    if (failed(status))
      return;
    SmallString<128> file(path);
    llvm::sys::path::append(file, name);
    (void)llvm::sys::fs::create_directories(llvm::sys::path::parent_path(file));
    llvm::Error error =
        writeOutputFile(file, [&](llvm::raw_ostream &os) -> llvm::Error {
          status = body(os);
          return llvm::Error::success();
        });
    if (error)
      status = emitFailure(module.getLoc(), std::move(error));
  }
  void write(const Twine &name, StringRef text) {
    write(name, [&](llvm::raw_ostream &os) {
      os << text;
      return success();
    });
  }
  LogicalResult result() const { return status; }

private:
  ModuleOp module;
  std::string path;
  LogicalResult status = success();
};
} // namespace

/// Sources, Makefile, shim and golden inputs. The printers take @main alone;
/// each writes one file.
LogicalResult bitnet::writeHLSFiles(ModuleOp module, StringRef path) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  std::vector<HLSPort> ports = getHLSPorts(module);
  Folder folder(module, path);
  auto print = [&](StringRef name,
                   void (*printer)(llvm::raw_ostream &, func::FuncOp)) {
    folder.write(name, [&](llvm::raw_ostream &os) {
      printer(os, main);
      return success();
    });
  };
  print("model.h", printModelHeader);
  print("model.cpp", printModel);
  print("testbench.cpp", printTestbench);
  folder.write("weights.h",
               [&](llvm::raw_ostream &os) { return printWeights(os, main); });
  folder.write("bitnet_hls.h", kHLSRuntime);
  folder.write("bitnet_testbench.h", kTestbenchRuntime);
  folder.write("shim/hls_stream.h", kStreamShim);
  folder.write("Makefile", [&](llvm::raw_ostream &os) {
    printMakefile(os, ports);
    return success();
  });
  // Each input gets a seed of its own.
  uint64_t seed = 1;
  for (auto [port, arg] : llvm::zip(ports, portArguments(main)))
    if (!port.output)
      folder.write(port.golden,
                   makeGoldenInput(cast<MemRefType>(arg.getType()), seed++));
  return folder.result();
}
