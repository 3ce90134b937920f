//===- Options.h - the options of the C API as those of the driver --------===//
//
// What is wrong with the options alone is found here, before any file is read.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CAPI_OPTIONS_H
#define BITNET_LIB_CAPI_OPTIONS_H

#include "bitnet/CAPI/Compiler.h"
#include "bitnet/Pipelines/Driver.h"

namespace mlir::bitnet {

/// A copy of `options`, of which `struct_size` bytes may be read, in which
/// members that the caller's header does not have yet are the defaults.
bitnet_compile_options completeOptions(const bitnet_compile_options &options);

/// Translates all but callbacks and the bytes of the model. An error is one
/// line, with options under their names on the command line.
llvm::Expected<CompileOptions>
readOptions(const bitnet_compile_options &options);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CAPI_OPTIONS_H
