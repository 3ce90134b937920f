//===- Passes.td - passes that make code as decided -----------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_TRANSFORMS_PASSES_TD
#define BITNET_CODEGEN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetLowerMatMul : Pass<"bitnet-lower-matmul", "::mlir::ModuleOp"> {
  let summary = "Packed matmuls on memrefs to loop nests and kernel calls";
  let description = [{
    Obeys `lowering`. `scalar` becomes an add-only loop nest in place (mm_c1: the
    loop over k holds no multiplication). Every other kernel becomes a private
    function, one per code form and shared by all layers, and a call that covers
    all blocks of 64 rows of weights:

    ```
    func.func private @bitnet_kernel_avx512vnni(%w: memref<?x?x4x64xi8, ...>,
      %x: memref<?x?xi8, ...>, %sums: memref<?xi32, ...>, %y: memref<?x?xi32, ...>,
      %begin: index, %end: index) attributes {bitnet.parallel}
    ```

    With several kernels in `lowering` the call is to a function without a body,
    which a target turns into a choice of what the machine can run:

    ```
    func.func private @bitnet_kernel_dispatch(...) attributes {bitnet.parallel,
      bitnet.variants = [@bitnet_kernel_avx512vnni, @bitnet_kernel_generic]}
    ```

    `bitnet.features` of a kernel names the instructions that it needs.
    Float activations have no `%sums`; `_grouped` forms take `[K/G, M, N]`
    accumulators (w_c3). Matmuls on `i2` weights are left alone.

    Example:

    ```
    bitnet-opt --bitnet-select-kernels=kernel=scalar --bitnet-lower-matmul in.mlir
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
      "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
      "::mlir::vector::VectorDialect"];
}

#endif // BITNET_CODEGEN_TRANSFORMS_PASSES_TD
