//===- Passes.td - from loops to the model ABI -------------*- tablegen -*-===//

#ifndef BITNET_TARGET_CPU_PASSES_TD
#define BITNET_TARGET_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetLowerProbes : Pass<"bitnet-lower-probes", "mlir::ModuleOp"> {
  let summary = "Turn bitnet.probe on memrefs into calls of bitnet_rt_probe";
  let description = [{
    The call gets the layer's name, the ONNX element type, the rank, the dims and
    the data pointer. The runtime tests whether a hook is set, so a probe
    costs a call and a few stores. Probes of a function share one stack array
    of dims. A strided value is copied first: hooks see
    dense data.

    Example: `bitnet.probe "fc" %q : memref<?x64xi8>` becomes
    `call @bitnet_rt_probe(%name, %c3, %c2, %dims, %data)`.
  }];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect",
                           "memref::MemRefDialect", "LLVM::LLVMDialect"];
}

def BitNetExpandStridedCopies : Pass<"bitnet-expand-strided-copies"> {
  let summary = "Turn memref.copy of strided memrefs into loops";
  let description = [{
    Upstream lowers such a copy to a call of `memrefCopy`, which a model .so does
    not have. Copies between contiguous memrefs stay: they become memcpy.

    Example: `memref.copy %a, %b : memref<?xf32, strided<[2]>> to memref<?xf32>`
    becomes an `scf.for` with a load and a store.
  }];
  let dependentDialects = ["arith::ArithDialect", "memref::MemRefDialect",
                           "scf::SCFDialect"];
}

def BitNetGuardAllocations : Pass<"bitnet-guard-allocations"> {
  let summary = "Check the size of dynamic allocations, drop alignments";
  let description = [{
    A `memref.alloc` with dynamic dims is preceded by a `cf.assert` that no
    dim is negative and that the size in bytes does not overflow, so that a
    hostile shape ends in an error status. Alignments up to 64 are dropped:
    `bitnet_rt_alloc` gives 64 anyway, and upstream would pad the block.

    Example: `memref.alloc(%n) {alignment = 64 : i64} : memref<?xf32>` loses its
    alignment and gains `cf.assert %ok, "a tensor size is negative or too large"`, with the name
    of the node in front where the location has it.
  }];
  let dependentDialects = ["arith::ArithDialect", "cf::ControlFlowDialect",
                           "memref::MemRefDialect"];
}

def BitNetMarkRegions : Pass<"bitnet-mark-regions", "mlir::ModuleOp"> {
  let summary = "Mark where each operation of a model begins, for profiles";
  let description = [{
    In the blocks of `@main`, every call of a function of the model, every loop
    nest or other structured operation, and every copy is a region. Its name
    are the ONNX nodes in its location; its kind (`bitnet_region_kind` in abi.h)
    is the `#bitnet.unit` that `bitnet-describe-units` left there. Where the next region has
    another name or kind, `bitnet_rt_mark` is called with its index in the module
    attribute `bitnet.regions`, which also counts the bytes of constants that
    matmuls read; -1 stands for everything else. A mark costs a call and a
    branch when nobody profiles.

    A call that says how much it multiplies (`bitnet.macs`: a factor, then pairs of
    an operand and a dimension whose extent counts) is preceded by `bitnet_rt_work`
    with the product, of the run's real extents.

    Example: `call @bitnet_kernel_generic(...) loc("fc")` becomes

        call @bitnet_rt_mark(%c0) : (i32) -> ()
        call @bitnet_kernel_generic(...)
  }];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect"];
}

def BitNetLowerPlannedBuffers
    : Pass<"bitnet-lower-planned-buffers", "mlir::ModuleOp"> {
  let summary = "Turn allocations with a slot into bitnet_rt_slot";
  let description = [{
    A `memref.alloc` with an attribute `bitnet.slot` (see `--bitnet-plan-buffers`)
    becomes a call that gets the slot and the size in bytes, an assert that there
    was memory, and a memref at the result. Its `memref.dealloc` becomes
    `bitnet_rt_release`, which frees nothing: it tells LLVM where one buffer ends
    and the next in the slot may begin.

    Example: `memref.alloc(%n) {bitnet.slot = 2 : i64} : memref<?x4xf32>` becomes
    `call @bitnet_rt_slot(%c2, %bytes) : (i64, i64) -> !llvm.ptr`, and with `bitnet.result = 1 : i32`
    `call @bitnet_rt_result(%c1, %c2, %bytes) : (i32, i64, i64) -> !llvm.ptr`.
  }];
  let dependentDialects = ["arith::ArithDialect", "cf::ControlFlowDialect",
                           "func::FuncDialect", "LLVM::LLVMDialect"];
}

def BitNetBoundStack : Pass<"bitnet-bound-stack", "mlir::ModuleOp"> {
  let summary = "Move large buffers of tasks from the stack to blocks of working memory";
  let description = [{
    The threads that run tasks are the host's, and may have small stacks. Buffers
    of a function marked `bitnet.parallel` that take more than 4 KB together become
    views of a block that the function takes (`bitnet_scratch_take`, abi.h) and
    gives back: in the branch that alone uses them, or for its whole body. Blocks
    have levels: 0 for functions that call none, one more for each call. The module
    attribute `bitnet.scratch` says how large the blocks of a level are.

    Example:

    ```mlir
    func.func private @f(%b: index, %e: index) attributes {bitnet.parallel} {
      %tile = memref.alloca() {alignment = 64 : i64} : memref<128x128xi32>
      "test.use"(%tile) : (memref<128x128xi32>) -> ()
      return
    }
    ```

    becomes

    ```mlir
    func.func private @f(%b: index, %e: index) attributes {bitnet.parallel} {
      %level = arith.constant 0 : i32
      %block = call @bitnet_scratch_take(%level) : (i32) -> !llvm.ptr
      %tile = "test.view"(%block) : (!llvm.ptr) -> memref<128x128xi32>
      "test.use"(%tile) : (memref<128x128xi32>) -> ()
      call @bitnet_scratch_give(%level, %block) : (i32, !llvm.ptr) -> ()
      return
    }
    func.func private @bitnet_scratch_take(i32) -> !llvm.ptr
    func.func private @bitnet_scratch_give(i32, !llvm.ptr)
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect",
                           "LLVM::LLVMDialect"];
}

def BitNetCloneVariants : Pass<"bitnet-clone-variants", "mlir::ModuleOp"> {
  let summary = "Make versions of functions for several classes of machines";
  let description = [{
    The entry and all that it calls get a version for each CPU level of `isas`,
    named `<function>.<isa>` after the worst machine that runs it, with the
    attribute `bitnet.isa`. A function with `bitnet.variants` gets a body that
    calls the first kernel whose `bitnet.features` the machine has: directly if all
    machines of the level agree, else by a switch over `bitnet_rt_isa`, the index
    in `isas` that the glue has chosen. The shapes function exists once, for the
    worst machine. Without `isas` nothing is cloned: there is one machine, with
    `features`.

    Example: with isas=generic,avx2,avx512vnni

    ```
    func.func private @bitnet_kernel_dispatch(...) attributes {bitnet.parallel,
      bitnet.variants = [@bitnet_kernel_avx512vnni, @bitnet_kernel_avx2, @bitnet_kernel_generic]}
    ```

    becomes `@bitnet_kernel_dispatch.avx2`, which calls `@bitnet_kernel_avx2.avx2`,
    and two more like it.
  }];
  let options = [
    ListOption<"isas", "isas", "::mlir::bitnet::ISA",
               "Classes of machines, worst to best. Example: isas=generic,avx2">,
    ListOption<"features", "features", "std::string",
               "LLVM target features of the one machine. Example: features=+avx2,+fma">,
  ];
  let dependentDialects = ["bitnet::BitNetDialect", "cf::ControlFlowDialect",
                           "LLVM::LLVMDialect"];
}

def BitNetThreadContext : Pass<"bitnet-thread-context", "mlir::ModuleOp"> {
  let summary = "Give functions the run's context and a status result";
  let description = [{
    Every function that can fail or call the runtime gets a leading `!llvm.ptr`
    argument (the run's context) and a leading i32 result (0, or 1 after
    `bitnet_rt_fail`). `cf.assert` becomes a branch to a block that calls
    `bitnet_rt_fail(ctx, message)` and returns 1; calls of `bitnet_rt_*` and of
    such functions get the context, the latter also a test of the status.
    Parallel kernels (`bitnet.parallel`) are left alone; an assert or an allocation
    in one is an error. Runs after control flow is lowered to cf.

    Example: `cf.assert %ok, "bad index"` in `@main` becomes
    `cf.cond_br %ok, ^next, ^fail`.
  }];
  let dependentDialects = ["arith::ArithDialect", "cf::ControlFlowDialect",
                           "func::FuncDialect", "ub::UBDialect",
                           "LLVM::LLVMDialect"];
}

def BitNetGenerateEntry : Pass<"bitnet-generate-entry", "mlir::ModuleOp"> {
  let summary = "Add bitnet_generated_main and bitnet_generated_shapes";
  let description = [{
    The two functions that the glue calls (abi.h). The first builds memrefs from
    the `bitnet_tensor` array and calls `@main` with them and the weights of the
    context; the second calls `@bitnet_shapes` where it exists, else it writes
    static dims and -1. `@main` itself hands its results over with
    `bitnet_rt_output`, and `@bitnet_shapes` writes a dim as soon as it is known.
    Frames do not grow with the number of inputs and outputs: those behind the 64th
    are read where they are used, and their dims written as soon as they are known.
    Names, dims and types of inputs and outputs go to the module attribute
    `bitnet.signature`, from which the description table is made.

    Example: after this pass `@main` is private, returns its status only and
    `func.func @bitnet_generated_main(!llvm.ptr, !llvm.ptr) -> i32` calls it.
  }];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect",
                           "memref::MemRefDialect", "LLVM::LLVMDialect"];
}

def BitNetLowerAllocations : Pass<"bitnet-lower-allocations", "mlir::ModuleOp"> {
  let summary = "Replace malloc and free by bitnet_rt_alloc and bitnet_rt_free";
  let description = [{
    Works on the LLVM dialect. A null block makes the function return 1; the runtime
    has recorded the reason and frees the other blocks of the run.

    Example: `llvm.call @malloc(%n)` becomes `llvm.call @bitnet_rt_alloc(%ctx, %n)`
    and a branch.
  }];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

def BitNetLowerParallelCalls : Pass<"bitnet-lower-parallel-calls", "mlir::ModuleOp"> {
  let summary = "Distribute calls of parallel kernels with bitnet_rt_parallel";
  let description = [{
    Works on the LLVM dialect. A call of a function marked `bitnet.parallel`
    stores those of its operands that the kernel reads, and the begin of the range,
    in a struct on the stack and passes a trampoline that loads them again and calls
    the kernel for a part of the range. A call from one kernel to another, or one marked `bitnet.serial`,
    stays a plain call, and is not inlined where a function has hundreds of them.

    Example: `llvm.call @kernel(%a, %zero, %n)` becomes
    `llvm.call @bitnet_rt_parallel(%ctx, @kernel_task, %struct, %n)`.
  }];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

#endif // BITNET_TARGET_CPU_PASSES_TD
