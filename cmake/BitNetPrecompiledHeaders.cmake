# MLIR's headers parsed once instead of once per source: they are nine tenths of what a source of ours includes.
option(BITNET_PRECOMPILED_HEADERS "Parse MLIR's headers once for all libraries; OFF shows missing includes" ON)

if(BITNET_PRECOMPILED_HEADERS)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/precompiled.cpp" CONTENT "")
  add_library(bitnet-precompiled OBJECT "${PROJECT_BINARY_DIR}/precompiled.cpp")
  bitnet_target_flags(bitnet-precompiled)
  # Without the times of the headers, which would make ccache take each build for a new one.
  target_compile_options(bitnet-precompiled PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(bitnet-precompiled PRIVATE
    "<mlir/Dialect/Affine/IR/AffineOps.h>"
    "<mlir/Dialect/Arith/IR/Arith.h>"
    "<mlir/Dialect/Arith/Utils/Utils.h>"
    "<mlir/Dialect/ControlFlow/IR/ControlFlowOps.h>"
    "<mlir/Dialect/Func/IR/FuncOps.h>"
    "<mlir/Dialect/LLVMIR/LLVMDialect.h>"
    "<mlir/Dialect/Linalg/IR/Linalg.h>"
    "<mlir/Dialect/Math/IR/Math.h>"
    "<mlir/Dialect/MemRef/IR/MemRef.h>"
    "<mlir/Dialect/SCF/IR/SCF.h>"
    "<mlir/Dialect/Tensor/IR/Tensor.h>"
    "<mlir/Dialect/Vector/IR/VectorOps.h>"
    "<mlir/IR/ImplicitLocOpBuilder.h>"
    "<mlir/IR/Matchers.h>"
    "<mlir/Pass/Pass.h>"
    "<mlir/Pass/PassManager.h>"
    "<mlir/Transforms/DialectConversion.h>"
    "<mlir/Transforms/GreedyPatternRewriteDriver.h>")
endif()

# bitnet_precompile(target): lets a library with the flags of bitnet_target_flags read them.
function(bitnet_precompile target)
  if(BITNET_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} REUSE_FROM bitnet-precompiled)
  endif()
endfunction()
