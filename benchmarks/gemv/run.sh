#!/bin/sh
# run.sh [KERNEL] [CPU]: bandwidth of the compiled GEMV beside a raw read of the same memory.
#   kernels: avx512vnni avx2 generic (x86-64); CPU: as in -mcpu, default native.
set -e
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
kernel=${1:-avx512vnni} cpu=${2:-native}
PATH="$root/build/bin:/usr/lib/llvm-22/bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/test/Codegen/Kernels/Inputs/to-assembly.sh" "$kernel" "$here/gemv.mlir" -mcpu="$cpu" -relocation-model=pic >"$work/kernel.s"
clang -O3 -march=native -pthread -DKERNEL="bitnet_kernel_$kernel" "$here/gemv.c" "$work/kernel.s" -o "$work/gemv"
echo "kernel $kernel, 2560 x 2560, M = 1, 672 MB of distinct matrices"
"$work/gemv"
