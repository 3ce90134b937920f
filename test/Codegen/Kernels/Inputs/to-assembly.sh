#!/bin/sh
# to-assembly.sh KERNEL FILE.mlir LLC-FLAGS...: assembly of the file's matmuls on stdout.
set -e
kernel=$1 file=$2
shift 2
bitnet-opt "$file" --bitnet-select-kernels="kernel=$kernel" --bitnet-lower-matmul |
  mlir-opt --canonicalize --cse --convert-scf-to-cf --expand-strided-metadata --lower-affine \
    --convert-vector-to-llvm --finalize-memref-to-llvm --convert-index-to-llvm --convert-arith-to-llvm \
    --convert-cf-to-llvm --convert-func-to-llvm --reconcile-unrealized-casts |
  mlir-translate --mlir-to-llvmir | opt -O3 "$@" -S | llc -O3 "$@"
