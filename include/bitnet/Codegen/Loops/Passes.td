//===- Passes.td - loop nests over buffers --------------------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_LOOPS_PASSES_TD
#define BITNET_CODEGEN_LOOPS_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetOutlineParallel : Pass<"bitnet-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "Parallel loops to private functions over a range of iterations";
  let description = [{
    Each outermost `scf.parallel` or `scf.forall` on buffers becomes a private function with the
    attribute `bitnet.parallel` and a call. Its arguments are the values that the loop used, then
    the iterations of a part and the begin and end of a range of parts of the linearised
    iterations; constants are cloned. Equal functions are shared, so a model's layers share
    their code.

    The caller compares an estimate of the work, about cycles, with `grain`: with less, all
    iterations are one part, which needs no other thread; else each is a part, and
    `bitnet-lower-parallel-calls` hands the call to the thread pool. A call that is known to
    have less when compiling is marked `bitnet.serial` and stays a call. Static allocations in
    the loop move to the stack of the function. A loop that a task may not hold (larger
    allocations, asserts, reductions, other calls) and loops inside of tasks become `scf.for`.

    Example:

    ```mlir
    func.func @main(%x: memref<?xf32>, %n: index) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %zero = arith.constant 0.0 : f32
      scf.parallel (%i) = (%c0) to (%n) step (%c1) {
        memref.store %zero, %x[%i] : memref<?xf32>
      }
      return
    }
    ```

    after `--bitnet-outline-parallel`:

    ```mlir
    func.func @main(%x: memref<?xf32>, %n: index) {
      %c20000 = arith.constant 20000 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %trips = arith.maxsi %n, %c0 : index
      %enough = arith.cmpi sge, %trips, %c20000 : index
      %each = arith.select %enough, %c1, %trips : index
      %parts = arith.select %enough, %trips, %c1 : index
      call @bitnet_nest_0(%x, %each, %c0, %parts) : (memref<?xf32>, index, index, index) -> ()
      return
    }
    func.func private @bitnet_nest_0(%x: memref<?xf32>, %each: index, %begin: index, %end: index)
        attributes {bitnet.parallel} {
      %zero = arith.constant 0.0 : f32
      %c1 = arith.constant 1 : index
      %first = arith.muli %begin, %each : index
      %last = arith.muli %end, %each : index
      scf.for %i = %first to %last step %c1 {
        memref.store %zero, %x[%i] : memref<?xf32>
      }
      return
    }
    ```
  }];
  let options = [
    Option<"grain", "grain", "int64_t", /*default=*/"20000",
           "Estimated cycles of a loop from which on several threads take part">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
      "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def BitNetVectorizeNests : Pass<"bitnet-vectorize-nests", "::mlir::func::FuncOp"> {
  let summary = "linalg operations on buffers to parallel loops of vector rows";
  let description = [{
    One loop becomes the *row*: a parallel one along which the result lies densely, or a reduction
    along which the inputs do. It is walked in vectors of 16 lanes, then element by element, or, if
    its length is known, in vectors of 8, 4 and 2 lanes. The other parallel loops become one
    `scf.parallel` around it (a task for `bitnet-outline-parallel`), reductions that are no row
    `scf.for`. What does not change along the row is computed once before it. Of operands that move
    two elements at a time along the row (windows of stride 2) two vectors are loaded and shuffled;
    others that are strided are loaded lane by lane; bodies that have no vector form stay scalar.
    Strided `memref.copy` are nests too.

    Copies that are strided along the row and dense along another loop (transpositions) make tiles
    of 16 x 16, transposed in registers; the last tiles overlap those before, and extents below 16
    are copied element by element.

    A row that is reduced has one order of combination on every machine (mm_c3): 4 vectors take 64
    elements at a time, the first one the blocks of 16 that are left; `(0+1)+(2+3)`; the halves of
    that vector, down to one element; the old result plus it; then the last elements, ascending. No
    fast-math flag is left.

    Example:

    ```mlir
    func.func @add(%x: memref<?x32xf32>, %s: memref<?xf32>, %y: memref<?x32xf32>) {
      linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>,
                                       affine_map<(m, n) -> (m, n)>],
                      iterator_types = ["parallel", "parallel"]}
          ins(%x, %s : memref<?x32xf32>, memref<?xf32>) outs(%y : memref<?x32xf32>) {
      ^bb0(%a: f32, %b: f32, %c: f32):
        %0 = arith.addf %a, %b : f32
        linalg.yield %0 : f32
      }
      return
    }
    ```

    becomes

    ```mlir
    func.func @add(%x: memref<?x32xf32>, %s: memref<?xf32>, %y: memref<?x32xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c16 = arith.constant 16 : index
      %c32 = arith.constant 32 : index
      %rows = memref.dim %x, %c0 : memref<?x32xf32>
      scf.parallel (%m) = (%c0) to (%rows) step (%c1) {
        %b = memref.load %s[%m] : memref<?xf32>
        scf.for %n = %c0 to %c32 step %c16 {
          %a = vector.load %x[%m, %n] : memref<?x32xf32>, vector<16xf32>
          %wide = vector.broadcast %b : f32 to vector<16xf32>
          %0 = arith.addf %a, %wide : vector<16xf32>
          vector.store %0, %y[%m, %n] : memref<?x32xf32>, vector<16xf32>
        }
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
      "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
      "::mlir::vector::VectorDialect"];
}

#endif // BITNET_CODEGEN_LOOPS_PASSES_TD
