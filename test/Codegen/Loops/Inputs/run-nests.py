"""Runs nests.mlir as vector loops and as upstream's scalar ones, on many sizes, and compares bits.

usage: run-nests.py WORK_FOLDER [--cpu=x86-64]

Elementwise nests must equal the scalar loops bit for bit. Float sums along a row must equal the order that
docs/Semantics.md states (mm_c3), emulated here, and NumPy's f64 sum within rounding.
"""
import argparse
import ctypes
import pathlib
import subprocess
import sys

import ml_dtypes
import numpy as np

NESTS = pathlib.Path(__file__).with_name("nests.mlir")
SIZES = (0, 1, 15, 16, 17, 33, 64, 80, 1000)
ROWS = (0, 1, 3)
TRANSPOSED = (0, 1, 15, 16, 17, 31, 32, 40, 64, 100)
VECTOR = "--bitnet-vectorize-nests --convert-linalg-to-loops --bitnet-outline-parallel=grain=1"
SCALAR = "--convert-linalg-to-loops"
FLOATS = ("--bitnet-expand-math=native-round={round} --bitnet-expand-small-floats=native-half={half} "
          "--arith-expand=include-bf16=true --bitnet-expand-strided-copies")
LOWER = ("--canonicalize --cse --convert-vector-to-scf --convert-scf-to-cf --expand-strided-metadata --lower-affine "
         "--convert-vector-to-llvm --convert-math-to-llvm --finalize-memref-to-llvm --convert-index-to-llvm "
         "--convert-arith-to-llvm --convert-cf-to-llvm --convert-func-to-llvm --reconcile-unrealized-casts")


def sh(command):
    result = subprocess.run(command, shell=True, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{command}\n{result.stdout}{result.stderr}")


def build(work, name, nests, cpu):
    modern = "false" if cpu == "x86-64" else "true"
    floats = FLOATS.format(round=modern, half=modern)
    sh(f"bitnet-opt {NESTS} {nests} -o {work}/{name}.mlir")
    sh(f"bitnet-opt {work}/{name}.mlir {floats} {LOWER} | mlir-translate --allow-unregistered-dialect --mlir-to-llvmir -o {work}/{name}.ll")
    sh(f"opt -O2 -mcpu={cpu} {work}/{name}.ll -o {work}/{name}.bc")
    sh(f"llc -O2 -mcpu={cpu} -relocation-model=pic -filetype=obj {work}/{name}.bc -o {work}/{name}.o")
    sh(f"cc -shared {work}/{name}.o -lm -o {work}/{name}.so")
    return ctypes.CDLL(str(work / f"{name}.so"))


def descriptor(array):
    strides = [s // array.itemsize for s in array.strides]
    words = [array.ctypes.data, array.ctypes.data, 0, *array.shape, *strides]
    return (ctypes.c_int64 * len(words))(*words)


def call(library, function, arrays):
    arguments = [descriptor(a) for a in arrays]
    getattr(library, "_mlir_ciface_" + function)(*(ctypes.byref(a) for a in arguments))


def dense(array):
    return np.ascontiguousarray(array)


def wide(array):
    """Rows that do not follow each other: the stride is larger than the row."""
    store = np.full((array.shape[0], array.shape[1] + 5), 77).astype(array.dtype)
    view = store[:, 3:3 + array.shape[1]]
    view[...] = array
    return view


def elementwise(rng, m, n):
    """(function, inputs, output)"""
    f32 = lambda *shape: (rng.standard_normal(shape) * 3).astype(np.float32)
    x = wide(f32(m, n))
    scale = np.abs(f32(m)) + 1
    out = lambda dtype: wide(np.zeros((m, n), dtype))
    yield "softmax_power", [x, dense(f32(m, 1))], out(np.float32)
    yield "quantize", [wide(f32(m, n) * 100), scale], out(np.int8)
    accumulators = rng.integers(-10**6, 10**6, (m, n)).astype(np.int32)
    yield "rescale", [wide(accumulators), scale, f32(n)], out(ml_dtypes.bfloat16)
    yield "half", [wide(f32(m, n).astype(np.float16)), wide(f32(m, n).astype(np.float16))], out(np.float16)
    yield "mask", [x, dense(rng.integers(0, 2, (m, n)).astype(bool))], out(np.float32)
    yield "compare", [x], np.zeros((m, n), bool)
    yield "copy_7", [rng.integers(-128, 128, (n, 7)).astype(np.int8)], wide(np.zeros((n, 7), np.int8))
    yield "double_29", [f32(n, 29)], np.zeros((n, 29), np.float32)
    yield "copy", [x], out(np.float32)
    yield "every_second", [wide(f32(m, max(2 * n - 1, 0)))], out(np.float32)
    yield "every_second_13", [rng.integers(-128, 128, (n, 13)).astype(np.int8)], np.zeros((n, 7), np.int8)
    yield "max_windows", [wide(f32(m, 2 * n + 1)), f32(3)], out(np.float32)
    yield "position", [x], out(np.float32)
    yield "embedding", [rng.integers(0, 7, m).astype(np.int32), f32(7, n)], out(np.float32)
    yield "lookup", [wide(rng.integers(0, 9, (m, n)).astype(np.int32)), f32(9)], out(np.float32)
    yield "tanh_row", [f32(m * n * 11)], np.zeros(m * n * 11, np.float32)
    yield "absmax", [x], np.zeros(m, np.float32)
    yield "sum_codes", [wide(rng.integers(-128, 128, (m, n)).astype(np.int8))], np.zeros(m, np.int32)
    yield "sum_columns", [x], np.zeros(n, np.float32)


def transpositions(rng, m, n):
    """(function, inputs, output), of m rows of output where that is not fixed"""
    codes = lambda rows: rng.integers(-128, 128, (n, rows))
    zeros = lambda rows, dtype: np.zeros((rows, n), dtype)
    yield "transpose", [wide(codes(m).astype(np.float32))], wide(zeros(m, np.float32))
    yield "transpose_codes", [wide(codes(m).astype(np.int8))], wide(zeros(m, np.int8))
    yield "transpose_small", [wide(codes(m).astype(ml_dtypes.bfloat16))], wide(zeros(m, ml_dtypes.bfloat16))
    yield "transpose_wide", [codes(m)], zeros(m, np.int64)
    yield "transpose_bits", [codes(m) > 0], zeros(m, bool)
    yield "transpose_32", [codes(32).astype(np.float32)], zeros(32, np.float32)
    yield "transpose_40", [codes(40).astype(np.int8)], zeros(40, np.int8)


def ordered_sum(values, start):
    many, middle = len(values) // 64 * 64, len(values) // 16 * 16
    lanes = np.zeros((4, 16), np.float32)
    for at in range(0, many, 64):
        lanes += values[at:at + 64].reshape(4, 16)
    for at in range(many, middle, 16):
        lanes[0] += values[at:at + 16]
    lanes = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
    while len(lanes) > 1:
        lanes = lanes[:len(lanes) // 2] + lanes[len(lanes) // 2:]
    total = np.float32(start) + lanes[0]
    for value in values[middle:]:
        total = total + value
    return total


def check(name, size, actual, expected):
    if not np.array_equal(actual.view(np.uint8), expected.view(np.uint8)):
        at = np.flatnonzero(actual != expected)[:3]
        sys.exit(f"{name} {size}: {len(at)} differ, first {at}: {actual.flat[at]} and {expected.flat[at]}")


def check_nest(vector, scalar, size, name, inputs, output):
    expected = output.copy()
    call(scalar, name, [*inputs, expected])
    call(vector, name, [*inputs, output])
    check(name, size, dense(output), dense(expected))
    if output.base is not None and output.base.shape != output.shape:
        around = np.delete(output.base, np.arange(3, 3 + output.shape[1]), axis=1)
        assert np.all(around == 77), f"{name} {size}: written outside of its rows"


def check_sums(library, rng, m, n):
    x = wide(rng.standard_normal((m, n)).astype(np.float32))
    sums = np.full(m, 0.5, np.float32)
    call(library, "sum_squares", [x, sums])
    check("sum_squares", (m, n), sums, np.array([ordered_sum(row * row, 0.5) for row in x], np.float32))
    exact = 0.5 + (np.asarray(x, np.float64) ** 2).sum(1)
    assert np.allclose(sums, exact, rtol=1e-6), (m, n)
    total = np.full((), -1, np.float32)
    values = dense(x).ravel()
    call(library, "sum_all", [values, total])
    check("sum_all", (m, n), total.reshape(1), np.array([ordered_sum(values, -1)], np.float32))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--cpu", default="x86-64")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    vector, scalar = (build(args.work, name, nests, args.cpu) for name, nests in (("vector", VECTOR), ("scalar", SCALAR)))
    rng, count = np.random.default_rng(1), 0
    for m in ROWS:
        for n in SIZES:
            for case in elementwise(rng, m, n):
                check_nest(vector, scalar, (m, n), *case)
                count += 1
            check_sums(vector, rng, m, n)
    for m in TRANSPOSED:
        for n in TRANSPOSED:
            for name, inputs, output in transpositions(rng, m, n):
                check_nest(vector, scalar, (m, n), name, inputs, output)
                check(name, (m, n), dense(output), dense(inputs[0].T))
                count += 1
    print(f"{count} nests bit-equal to scalar loops")


if __name__ == "__main__":
    main()
