//===- Passes.td - from loops to the C++ subset -----------*- tablegen -*-===//

#ifndef BITNET_TARGET_HLSCPP_PASSES_TD
#define BITNET_TARGET_HLSCPP_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetPrepareTop : Pass<"bitnet-prepare-top", "::mlir::ModuleOp"> {
  let summary = "Give @main the form of a top function: named ports, no results";
  let description = [{
    Results become trailing arguments; a returned buffer is written in place, any
    other returned value is copied. Probes, deallocations and the shape function
    go; copies become loops. Every argument except the weights gets its ONNX name
    as a C identifier of its own in `bitnet.port`; @main gets the C name of the
    top in `bitnet.top`.

    Example: with `top=mlp`, `func @main(%x: memref<4xf32> {onnx.value = #onnx.value<name = "in.0">}) ->
    memref<4xf32>` becomes `func @main(%x: memref<4xf32> {bitnet.port = "in_0"},
    %y: memref<4xf32> {bitnet.port = "out_0"}) attributes {bitnet.top = "mlp"}`.
  }];
  let options = [Option<"top", "top", "std::string", "\"model_top\"",
                        "C identifier of the top function">];
  let dependentDialects = ["arith::ArithDialect", "memref::MemRefDialect",
                           "scf::SCFDialect"];
}

def BitNetFoldReinterpretCasts : Pass<"bitnet-fold-reinterpret-casts"> {
  let summary = "Load and store through memref.reinterpret_cast";
  let description = [{
    Static views of a contiguous buffer whose strides are multiples of the
    buffer's become index arithmetic per dim, as arrays of several dims want it.
    Other views stay.

    Example: a load at `[%a, %b, %n]` of sizes [2, 3, 208] and strides [768, 256, 1] over a
    `memref<6x256xi32>` becomes a load at `[3 * %a + %b, %n]` of the buffer.
  }];
  let dependentDialects = ["arith::ArithDialect", "memref::MemRefDialect"];
}

def BitNetAnnotateHLS : Pass<"bitnet-annotate-hls"> {
  let summary = "Choose pipelining, unrolling and array partitions";
  let description = [{
    Innermost loops are pipelined (`bitnet.pipeline`). The reduction of a ternary
    matmul, an innermost loop that carries its sum, is unrolled by a factor that
    divides its trip count (`bitnet.unroll`); the buffers that it reads are
    partitioned cyclically along their last dim to feed it (`bitnet.partition` on
    the operation or argument that makes the buffer). Its integer sums cannot wrap
    (mm_c1: |sum| <= 128 K), so they get `overflow<nsw>` and print as plain
    additions.

    Example: `scf.for %k ... iter_args(%sum = %zero) -> (i32)` gets
    `{bitnet.pipeline = 1, bitnet.unroll = 16}`.
  }];
  let options = [Option<"unroll", "unroll", "int64_t", "16",
                        "Largest unroll factor of a reduction">];
}

def BitNetCheckHLS : Pass<"bitnet-check-hls", "::mlir::ModuleOp"> {
  let summary = "List everything that the C++ printer cannot print";
  let description = [{
    All at once, each with the ONNX node it came from, so that a user sees the
    whole distance to a model that works.

    Example: a `memref.alloc(%n)` left in @main gives the note: node 'Concat_3':
    'memref.alloc' with dynamic shapes.
  }];
}

#endif // BITNET_TARGET_HLSCPP_PASSES_TD
