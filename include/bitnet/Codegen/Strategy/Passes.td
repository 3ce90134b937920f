//===- Passes.td - passes that decide how code is made --------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_STRATEGY_PASSES_TD
#define BITNET_CODEGEN_STRATEGY_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetSelectKernels : Pass<"bitnet-select-kernels"> {
  let summary = "Chooses the code form of each ternary matmul";
  let description = [{
    Writes `lowering <[kernel, ...]>` on every `bitnet.matmul` and changes nothing
    else; `bitnet-lower-matmul` obeys. The choice for one machine is the first entry
    of the kernel table whose architecture, features, activation type and K fit
    (KernelTable.cpp lists them; docs/Kernels.md describes their loops).
    With `isas` there is a choice for each class of machines, best first, without
    repetition. Matmuls that already carry a lowering keep it, so a user may decide
    by hand.

    Example:

    ```
    bitnet-opt --bitnet-select-kernels="arch=x86_64 features=avx2" in.mlir
    // %acc = bitnet.matmul ... packing <u2, ...> lowering <[avx2]>
    bitnet-opt --bitnet-select-kernels="isas=generic,avx2,avx512vnni" in.mlir
    // %acc = bitnet.matmul ... packing <u2, ...> lowering <[avx512vnni, avx2, generic]>
    ```
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
  let options = [
    Option<"arch", "arch", "::mlir::bitnet::TargetArch",
           "::mlir::bitnet::TargetArch::Any",
           "Architecture that the code is for. Example: arch=aarch64",
           "::mlir::bitnet::ArchitectureValues()">,
    ListOption<"features", "features", "std::string",
               "LLVM target features, with or without a leading '+'. Example: features=+avx2,+fma">,
    ListOption<"isas", "isas", "::mlir::bitnet::ISA",
               "Machines that one library serves, worst to best; instead of arch and features. Example: isas=generic,avx2">,
    Option<"kernel", "kernel", "::mlir::bitnet::KernelChoice",
           "::mlir::bitnet::KernelChoice()",
           "Code form to use wherever it takes the operands, `auto` for the fastest. Example: kernel=scalar">
  ];
}

#endif // BITNET_CODEGEN_STRATEGY_PASSES_TD
