//===- SystemLibraries.cpp - stand-ins for libm and libc ------------------===//
//
// Linking with `-z defs` needs libraries that define libc's and libm's
// functions, but the machine that compiles may have no sysroot of the target.
// So small shared libraries are made that define exactly the names that an
// object uses; at run time the loader takes the real ones.
//
//===----------------------------------------------------------------------===//

#include "Linker.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir::bitnet;

/// The functions of libm that LLVM may call for operations and intrinsics of
/// f32 and f64; each has a variant with the suffix "f".
static const char *const kMathFunctions[] = {
    "acos",   "acosh", "asin",      "asinh",     "atan",    "atan2", "atanh",
    "cbrt",   "ceil",  "cos",       "cosh",      "erf",     "erfc",  "exp",
    "exp2",   "exp10", "expm1",     "fabs",      "floor",   "fma",   "fmax",
    "fmin",   "fmod",  "frexp",     "ldexp",     "lgamma",  "log",   "log10",
    "log1p",  "log2",  "logb",      "nearbyint", "pow",     "rint",  "round",
    "scalbn", "sin",   "sincos",    "sinh",      "sqrt",    "tan",   "tanh",
    "tgamma", "trunc", "roundeven", "fmaximum",  "fminimum"};

/// The functions of libc that the glue and generated code may call.
static const char *const kLibcFunctions[] = {
    "malloc",    "free",   "calloc", "memcpy", "memset",
    "memmove",   "memcmp", "strcmp", "strlen", "bcmp",
    "getauxval", "getenv", "mmap",   "munmap", "madvise"};

/// Whether `name` is a function of libm, also with the suffix of the f32
/// variant.
static bool isMathFunction(llvm::StringRef name) {
  if (llvm::is_contained(kMathFunctions, name))
    return true;
  return name.ends_with("f") &&
         llvm::is_contained(kMathFunctions, name.drop_back());
}

/// Global names that `object` uses but does not define, sorted.
static llvm::Expected<std::vector<std::string>>
getUndefinedSymbols(llvm::StringRef object) {
  auto file = llvm::object::ObjectFile::createELFObjectFile(
      llvm::MemoryBufferRef(object, "model.o"));
  if (!file)
    return file.takeError();
  std::vector<std::string> names;
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    auto flags = symbol.getFlags();
    auto name = symbol.getName();
    if (!flags || !name)
      return flags ? name.takeError() : flags.takeError();
    if ((*flags & llvm::object::SymbolRef::SF_Undefined) && !name->empty())
      names.push_back(name->str());
  }
  llvm::sort(names);
  return names;
}

/// A shared library that defines functions of these names.
static llvm::Expected<Bytes> makeLibrary(llvm::StringRef soname,
                                         llvm::ArrayRef<std::string> names,
                                         llvm::TargetMachine &machine) {
  llvm::LLVMContext context;
  llvm::Module module(soname, context);
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  auto *type = llvm::FunctionType::get(llvm::Type::getVoidTy(context), false);
  for (const std::string &name : names) {
    auto *function = llvm::Function::Create(
        type, llvm::GlobalValue::ExternalLinkage, name, module);
    llvm::IRBuilder<> builder(
        llvm::BasicBlock::Create(context, "entry", function));
    builder.CreateRetVoid();
  }
  Bytes object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr,
                                  llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("this target cannot emit machine code");
  passes.run(module);
  return runLinker({"-shared", "-soname", soname.str(), "--build-id=none"},
                   llvm::StringRef(object.data(), object.size()));
}

llvm::Expected<std::vector<Bytes>>
mlir::bitnet::makeSystemLibraries(llvm::StringRef object,
                                  llvm::TargetMachine &machine) {
  auto undefined = getUndefinedSymbols(object);
  if (!undefined)
    return undefined.takeError();
  std::vector<std::string> math, libc;
  for (const std::string &name : *undefined) {
    if (isMathFunction(name))
      math.push_back(name);
    else if (llvm::is_contained(kLibcFunctions, name))
      libc.push_back(name);
    else
      return llvm::createStringError(
          "generated code calls '" + name +
          "', which neither libc nor libm has: this is a compiler bug");
  }
  std::vector<Bytes> libraries;
  for (const auto &[soname, names] :
       {std::make_pair("libm.so.6", math), std::make_pair("libc.so.6", libc)}) {
    if (names.empty())
      continue;
    auto library = makeLibrary(soname, names, machine);
    if (!library)
      return library.takeError();
    libraries.push_back(std::move(*library));
  }
  return libraries;
}
