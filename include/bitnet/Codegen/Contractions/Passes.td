//===- Passes.td - passes for products of floats --------------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_CONTRACTIONS_PASSES_TD
#define BITNET_CODEGEN_CONTRACTIONS_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetFoldOperandCopies : Pass<"bitnet-fold-operand-copies", "::mlir::func::FuncOp"> {
  let summary = "Products of floats read transposed and repeated operands where they are";
  let description = [{
    Attention repeats the heads of keys and values, and transposes keys: copies of all past tokens
    for each new one. The right operand of a product is followed up through reshapes,
    transpositions, repetitions and functions of single elements (a scale) to the tensor that holds
    its elements; the product then reads that. A loop that stands for several dimensions of the
    source becomes several loops, so that a repetition is a loop in which the operand does not move.
    Functions are computed once per element of the source. Values stay the same bits; the order of a
    sum is that of the form (mm_c5), which may change from `columns` to `rows`.

    Nothing is folded where the source would lie densely along neither n nor k, or where loops would be
    more than `bitnet-lower-contractions` takes.

    Example: the 4 heads of a query by 2 of keys

    ```mlir
    func.func @main(%q: tensor<4x?x32xf32>, %k: tensor<2x?x32xf32>, %init: tensor<4x?x?xf32>, %n: index)
        -> tensor<4x?x?xf32> {
      %e = tensor.empty(%n) : tensor<2x2x?x32xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(h, r, n, d) -> (h, n, d)>,
                                            affine_map<(h, r, n, d) -> (h, r, n, d)>],
                           iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
          ins(%k : tensor<2x?x32xf32>) outs(%e : tensor<2x2x?x32xf32>) {
      ^bb0(%a: f32, %o: f32):
        linalg.yield %a : f32
      } -> tensor<2x2x?x32xf32>
      %c = tensor.collapse_shape %r [[0, 1], [2], [3]] : tensor<2x2x?x32xf32> into tensor<4x?x32xf32>
      %y = linalg.generic {indexing_maps = [affine_map<(h, m, n, d) -> (h, m, d)>, affine_map<(h, m, n, d) -> (h, n, d)>,
                                            affine_map<(h, m, n, d) -> (h, m, n)>],
                           iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
          ins(%q, %c : tensor<4x?x32xf32>, tensor<4x?x32xf32>) outs(%init : tensor<4x?x?xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %o, %p fastmath<reassoc,contract> : f32
        linalg.yield %s : f32
      } -> tensor<4x?x?xf32>
      return %y : tensor<4x?x?xf32>
    }
    ```

    becomes, after `--canonicalize`, a product over `(h, r, m, n, d)` that reads `%k` at `(h, n, d)`.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def BitNetFormProducts : Pass<"bitnet-form-products", "::mlir::func::FuncOp"> {
  let summary = "A product of floats and its zeros as one bitnet.dispatch";
  let description = [{
    A product that `bitnet-lower-contractions` knows becomes a `bitnet.dispatch product`. A
    fill with 0 that is there for the product alone comes with it, so that the kernel can begin
    at zero and nobody has to find out later who else reads the buffer.

    Example:

    ```mlir
    func.func @main(%a: tensor<4x16xf32>, %b: tensor<16x32xf32>) -> tensor<4x32xf32> {
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<4x32xf32>
      %c = linalg.fill ins(%zero : f32) outs(%e : tensor<4x32xf32>) -> tensor<4x32xf32>
      %y = linalg.matmul ins(%a, %b : tensor<4x16xf32>, tensor<16x32xf32>) outs(%c : tensor<4x32xf32>)
        -> tensor<4x32xf32>
      return %y : tensor<4x32xf32>
    }
    ```

    after `--bitnet-form-products`:

    ```mlir
    func.func @main(%a: tensor<4x16xf32>, %b: tensor<16x32xf32>) -> tensor<4x32xf32> {
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<4x32xf32>
      %y = bitnet.dispatch product ins(%a, %b : tensor<4x16xf32>, tensor<16x32xf32>) outs(%e : tensor<4x32xf32>) {
      ^bb0(%l: tensor<4x16xf32>, %r: tensor<16x32xf32>, %out: tensor<4x32xf32>):
        %none = arith.constant 0.0 : f32
        %c = linalg.fill ins(%none : f32) outs(%out : tensor<4x32xf32>) -> tensor<4x32xf32>
        %p = linalg.matmul ins(%l, %r : tensor<4x16xf32>, tensor<16x32xf32>) outs(%c : tensor<4x32xf32>)
          -> tensor<4x32xf32>
        bitnet.yield %p : tensor<4x32xf32>
      } -> tensor<4x32xf32>
      return %y : tensor<4x32xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
  let statistics = [Statistic<"numProducts", "products", "Products that became dispatches">];
}

def BitNetLowerContractions : Pass<"bitnet-lower-contractions", "::mlir::ModuleOp"> {
  let summary = "Products of floats on memrefs to vector code on all threads";
  let description = [{
    Takes `linalg.matmul` and its relatives, and every `linalg.generic` whose body
    adds a product to the result with `fastmath<reassoc,contract>`: any number of
    batch dimensions, operands that lack some (grouped heads), transposed
    operands, strided views. Elements are f32, f16, bf16, or i8 that the body reads
    through `arith.sitofp`; sums are f32. Each becomes a call of a private function
    that all products of its form share:

    ```
    func.func private @bitnet_contraction_columns_f32_f32(
      %a: memref<?x?x?x?x?xf32, strided<[?, ?, ?, ?, ?], offset: ?>>,
      %b: memref<?x?x?x?x?xf32, strided<[?, ?, ?, ?, 1], offset: ?>>,
      %c: memref<?x?x?x?x?xf32, strided<[?, ?, ?, ?, 1], offset: ?>>,
      %fresh: i1, %parts: index, %begin: index, %end: index) attributes {bitnet.parallel}
    ```

    In a `bitnet.dispatch product`, a `linalg.fill` with 0 that the product adds to is erased, and
    `%fresh` says that the result holds nothing yet. Operands are `[b, b, b, m, k]`, `[b, b, b, k, n]` and
    `[b, b, b, m, n]`; a stride of 0 repeats an operand. There are two forms (mm_c5): `columns`,
    where the second operand is contiguous along n, and `rows`, where both operands are contiguous along k.
    `columns` has a function of its own for few rows and columns (`_narrow`), such as a token's
    attention to many values. The range `begin ... end` counts `%parts` parts of equal work; few
    multiplications make one part, which runs without other threads.

    With several `registers`, best first, each function exists for each of them, and a declaration with
    `bitnet.variants` stands for the best one that a machine has (`bitnet-clone-variants`):

    ```
    func.func private @bitnet_contraction_rows_f32_f32(...) attributes {bitnet.parallel,
      bitnet.variants = [@bitnet_contraction_rows_f32_f32_zmm32, @bitnet_contraction_rows_f32_f32_xmm16]}
    ```

    Each term is added by `llvm.intr.fmuladd`: with one rounding where the CPU can.

    Products of other types, without the fast-math flags, or contiguous along no
    useful dimension are left to `convert-linalg-to-loops`.

    Example:

    ```
    bitnet-opt --bitnet-lower-contractions=registers=zmm32 in.mlir
    bitnet-opt --bitnet-lower-contractions=registers=zmm32,ymm16,xmm16 in.mlir
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
      "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
  let options = [
    ListOption<"registers", "registers", "::mlir::bitnet::RegisterFile",
               "Vector registers of the machines, best first (default ymm16): xmm16 (plain x86-64), ymm16 (AVX), zmm32 (AVX-512), neon32, rvv32. "
               "They set the tile. Example: registers=zmm32,ymm16">
  ];
}

#endif // BITNET_CODEGEN_CONTRACTIONS_PASSES_TD
