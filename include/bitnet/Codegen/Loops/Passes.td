//===- Passes.td - loop nests over buffers --------------------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_LOOPS_PASSES_TD
#define BITNET_CODEGEN_LOOPS_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetOutlineParallel : Pass<"bitnet-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "Parallel loops to private functions over a range of iterations";
  let description = [{
    Each outermost `scf.parallel` or `scf.forall` on buffers becomes a private function with the
    attribute `bitnet.parallel` and a call. Its arguments are the values that the loop used,
    then the begin and end of a range of the linearised iterations; constants are
    cloned. Equal functions are shared, so a model's layers share their code.

    The caller compares an estimate of the work, about cycles, with `grain`: below it the call is
    marked `bitnet.serial` and stays a call, above it `bitnet-lower-parallel-calls` hands
    it to the thread pool. Static allocations in the loop move to the stack of the
    function. A loop that a task may not hold (larger allocations, asserts,
    reductions, other calls) and loops inside of tasks become `scf.for`.

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

    becomes `scf.if %enough { call @bitnet_nest(%x, %c0, %n) } else { call @bitnet_nest(%x, %c0, %n)
    {bitnet.serial} }` and

    ```mlir
    func.func private @bitnet_nest(%x: memref<?xf32>, %begin: index, %end: index) attributes {bitnet.parallel} {
      %c1 = arith.constant 1 : index
      %zero = arith.constant 0.0 : f32
      scf.for %i = %begin to %end step %c1 {
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

#endif // BITNET_CODEGEN_LOOPS_PASSES_TD
