//===- KernelDispatch.h - one function for several kernels -----*- C++ -*-===//
//
// One library has kernels for several classes of machines. Code that is no
// kernel calls a dispatch function; --bitnet-clone-variants gives it a body.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_TRANSFORMS_KERNELDISPATCH_H
#define BITNET_CODEGEN_TRANSFORMS_KERNELDISPATCH_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace mlir::bitnet {

/// String attribute of kernels: the features that they need, space separated.
inline constexpr llvm::StringLiteral kFeaturesAttr =
    BitNetDialect::FeaturesAttrHelper::getNameStr();
/// Attribute of dispatch functions: symbols of kernels, preferred first.
inline constexpr llvm::StringLiteral kVariantsAttr =
    BitNetDialect::VariantsAttrHelper::getNameStr();

/// A declaration that stands for the first of `kernels` that the machine can
/// run, found or made in `module` by its `name`, which no other list of kernels
/// may have:
///
///   func private @bitnet_kernel_dispatch_avx2_generic(...) attributes
///     {bitnet.parallel, bitnet.variants = [@bitnet_kernel_avx2, ...]}
///
/// Null when the types of the kernels differ.
func::FuncOp getOrCreateDispatch(ModuleOp module, llvm::StringRef name,
                                 llvm::ArrayRef<func::FuncOp> kernels);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_TRANSFORMS_KERNELDISPATCH_H
