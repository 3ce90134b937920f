//===- Result.h - what became of a model, for C -----------------*- C++ -*-===//
//
// The type that bitnet/CAPI/Compiler.h only declares.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CAPI_RESULT_H
#define BITNET_LIB_CAPI_RESULT_H

#include "bitnet/CAPI/Compiler.h"
#include "bitnet/Pipelines/Driver.h"

/// Owns the texts that the accessors of Compiler.h hand out, so it is never
/// copied or changed.
struct bitnet_compile_result {
  bitnet_compile_result(mlir::bitnet::CompileResult compiled,
                        std::string output);
  bitnet_compile_result(const bitnet_compile_result &) = delete;

  mlir::bitnet::CompileResult compiled;
  std::string output;
  std::vector<const char *> isas; ///< Texts of `compiled.isas`.
};

#endif // BITNET_LIB_CAPI_RESULT_H
