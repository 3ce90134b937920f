//===- Linker.h - objects to a shared library, in memory --------*- C++ -*-===//
//
// lld is a library of this process. emitCPU links models with it,
// emitPartitions joins objects.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_LINKER_H
#define BITNET_LIB_TARGET_CPU_LINKER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace llvm {
class TargetMachine;
}

namespace mlir::bitnet {

/// Contents of a file.
using Bytes = llvm::SmallVector<char, 0>;

/// Runs lld in this process on inputs in memory; no file is written. `args` go
/// before the inputs.
llvm::Expected<Bytes> runLinker(llvm::ArrayRef<std::string> args,
                                llvm::ArrayRef<llvm::StringRef> inputs);

/// Stand-ins for libm.so.6 and libc.so.6 that define what `object` uses of
/// them: linking needs no sysroot, also for another architecture. An error
/// names a symbol that neither library has.
llvm::Expected<std::vector<Bytes>>
makeSystemLibraries(llvm::StringRef object, llvm::TargetMachine &machine);

/// Links `object` into a shared library. The section kWeightsSection of the
/// image is empty in the file; see placeWeights.
llvm::Expected<Bytes> linkSharedLibrary(llvm::StringRef object,
                                        llvm::StringRef soname,
                                        llvm::TargetMachine &machine);

/// The section of embedded weights and of the seal, the last one of the
/// library.
inline constexpr llvm::StringLiteral kWeightsSection = ".bitnet_weights";

/// Assembly that reserves `size` bytes of address space in kWeightsSection,
/// 64-aligned, under `symbol`, for the module asm of the object.
std::string reserveWeights(llvm::StringRef symbol, uint64_t size);

/// Makes the weights section of a linked image, `size` bytes in all, point past
/// the image's end, where the caller appends them. Pads `image` to a page
/// boundary.
llvm::Error placeWeights(Bytes &image, uint64_t size);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_LINKER_H
