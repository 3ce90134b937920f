//===- Passes.td - float arithmetic with the same bits --------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_FLOATS_PASSES_TD
#define BITNET_CODEGEN_FLOATS_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetStrictFloats : Pass<"bitnet-strict-floats"> {
  let summary = "Drop fast-math flags: sums keep the order of the loops";
  let description = [{
    A CPU may reassociate the sums of a normalisation to vectorise them; a
    circuit adds in the order written, and CPU levels would add up in different
    widths. Without the flags all compute the same bits from the same loops.

    Example: `arith.addf %a, %b fastmath<reassoc>` becomes `arith.addf %a, %b`.
  }];
}

def BitNetExpandMath : Pass<"bitnet-expand-math"> {
  let summary = "Expand math functions that libm is too slow for";
  let description = [{
    `exp` (within 0.68 ulp), `erf` (0.93 ulp) and `tanh` (1.02 ulp) of f32 become
    f32 arithmetic, `expm1` and `log` (0.51 ulp) f64 arithmetic that is rounded
    once: without FMA, so that every CPU has the same bits, and on vectors. `log1p`
    becomes a polynomial and `log`. `sin`, `cos`, `pow` and all f64
    functions stay libm calls: polynomials are inaccurate for large arguments. `native-round` is
    false for CPUs without a rounding instruction (x86 before SSE4.1):
    `math.roundeven` is then expanded to integer operations. A function with
    `bitnet.isa` is judged by that instead.

    Example: `math.exp %x : f32` becomes about 40 arith operations.
  }];
  let options = [
    Option<"nativeRound", "native-round", "bool", /*default=*/"true",
           "The CPU rounds to an integer in one instruction">,
  ];
  let dependentDialects = ["arith::ArithDialect", "math::MathDialect",
                           "vector::VectorDialect"];
}

def BitNetExpandSmallFloats : Pass<"bitnet-expand-small-floats"> {
  let summary = "Convert f16 and bf16 without help from a compiler library";
  let description = [{
    f64 is narrowed through an f32 rounded to odd, so that no value is rounded
    twice. With `native-half` false (x86 without F16C) f16 conversions become
    integer operations, otherwise LLVM would call `__truncsfhf2`; `bitnet.isa` of a
    function goes before the option. bf16 is left
    to `arith-expand{include-bf16}`, which runs next.

    Example: `arith.truncf %x : f64 to f16` becomes a rounding to odd and
    `arith.truncf %y : f32 to f16`.
  }];
  let options = [
    Option<"nativeHalf", "native-half", "bool", /*default=*/"true",
           "The CPU converts between f16 and f32">,
  ];
  let dependentDialects = ["arith::ArithDialect"];
}

#endif // BITNET_CODEGEN_FLOATS_PASSES_TD
