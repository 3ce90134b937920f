"""Runs one kernel form on many shapes and compares with exact int64 arithmetic.

usage: run-kernels.py --kernel=avx2 [--lhs=i8] [--packing=u1_6] [--cpu=haswell] [--triple=T] [--run="qemu-x86_64-static"]

A bitnet.matmul per shape is lowered by bitnet-opt, compiled by the LLVM tools and
linked with driver.c into a static program, which reads the cases and their expected
accumulators (mm_c1: every bit counts) from a file.
"""
import argparse
import os
import shlex
import struct
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
EDGES = (1, 15, 16, 17, 63, 65, 127, 129)
# (N, K, group or 0): what the big layers of real models look like.
LARGE = ((65, 2560, 0), (33, 6912, 0), (64, 8640, 0))
# M: every tail of a tile, and for some shapes sizes around the blocked forms and their multiples.
ROWS = tuple(range(1, 18))
MANY_ROWS = {(129, 65): (23, 31, 32, 33, 47, 48, 64, 127, 129), (65, 129): (31, 33, 511, 512, 513), (17, 16): (31, 48)}
# Close to where scaled codes fill 32-bit accumulators (2^19 columns); int8 only.
LONG = (1, 524272, 0)
GROUPS = {"u2": ((65, 256, 128), (17, 48, 16), (130, 1280, 128)), "u1_6": ((65, 320, 160), (17, 240, 80))}
# Layouts of docs/Semantics.md: k of a chunk, rows of a block.
COLS = {"u2": 16, "u1_6": 20}
ROWS_OF = {"u2": 64, "u1_6": 32}
PASSES = ("--canonicalize --cse --convert-scf-to-cf --expand-strided-metadata --lower-affine "
          "--convert-vector-to-llvm --finalize-memref-to-llvm --convert-index-to-llvm --convert-arith-to-llvm "
          "--convert-cf-to-llvm --convert-func-to-llvm --reconcile-unrealized-casts")
# bitnet_core of abi.h: families that may have forms of their own.
CORES = (0, 1, 2)
CODES = {"i8": np.int8, "i16": np.int16, "f32": np.float32}


def pad(n, step):
    return -(-n // step) * step


def pack(w, packing):
    """Byte 4r+j of a chunk of 16 rows, field f: W of row r, k = 4Fi+4f+j."""
    n, k = w.shape
    cols, rows = COLS[packing], ROWS_OF[packing]
    codes = np.zeros((pad(n, rows), pad(k, cols)), np.int64)
    codes[:n, :k] = w
    fields = codes.reshape(-1, rows // 16, 16, codes.shape[1] // cols, cols // 4, 4)  # g, rb, r, i, f, j
    fields = np.moveaxis(fields, 4, 0)
    if packing == "u2":
        packed = sum((field + 1) << (2 * f) for f, field in enumerate(fields))
    else:
        v = sum(field * 3**f for f, field in enumerate(fields))
        packed = abs(v) | np.where(v < 0, 0x80, 0)
    return np.ascontiguousarray(packed.transpose(0, 3, 1, 2, 4).astype(np.uint8))


def matmul(x, w, group):
    """[groups, M, N]; float products add or subtract in ascending k, as the kernels do."""
    parts = []
    for at in range(0, x.shape[1], group):
        a, b = x[:, at:at + group], w[:, at:at + group]
        if a.dtype != np.float32:
            exact = a.astype(np.int64) @ b.astype(np.int64).T
            assert np.abs(exact).max() < 2**31
            parts.append(exact.astype(np.int32))
            continue
        acc = np.zeros((len(a), len(b)), np.float32)
        for k in range(a.shape[1]):
            column, t = a[:, k:k + 1], b[:, k]
            acc = np.where(t == 1, acc + column, np.where(t == -1, acc - column, acc))
        parts.append(acc)
    return np.stack(parts)


def function_name(n, k, group):
    return f"mm_{n}_{k}_{group}"


def matmul_text(w, y, w_type, y_type, logical, group, rest):
    x, s = rest
    operands = f"%x, {w}" + (", %s" if s else "")
    types = f"{x}, {w_type}" + (f", {s}" if s else "")
    grouped = f" group {group}" if group else ""
    return f"""
  bitnet.matmul ins({operands} : {types}) outs({y} : {y_type})
    packing <{logical}>{grouped}"""


def sliced_text(n, k, packing, w, y, rest):
    """As two products on slices: the first row block of weights, then the others."""
    rows, kc, acc = ROWS_OF[packing], -(-k // COLS[packing]), y.split(",")[0].split("x")[-1]
    chunks, bytes_ = rows // 16, rows * 4
    text = f"""
  %zero = arith.constant 0 : index
  %m = memref.dim %y, %zero : {y}"""
    for part, (first, blocks) in enumerate(((0, 1), (1, pad(n, rows) // rows - 1))):
        layout = f"strided<[{kc * bytes_}, {bytes_}, 64, 1], offset: {first * kc * bytes_}>"
        wt = f"memref<{blocks}x{kc}x{chunks}x64xi8, {layout}>"
        yt = f"memref<?x{blocks * rows}x{acc}, strided<[?, 1], offset: ?>>"
        text += f"""
  %w{part} = memref.subview %w[{first}, 0, 0, 0] [{blocks}, {kc}, {chunks}, 64] [1, 1, 1, 1] : {w} to {wt}
  %y{part} = memref.subview %y[0, {first * rows}] [%m, {blocks * rows}] [1, 1] : {y} to {yt}"""
        logical = f"{packing}, rows = {n - rows if part else rows}, cols = {k}"
        text += matmul_text(f"%w{part}", f"%y{part}", wt, yt, logical, 0, rest)
    return text


def function_text(n, k, group, lhs, packing):
    cols, rows = COLS[packing], ROWS_OF[packing]
    kp, np_ = pad(k, cols), pad(n, rows)
    acc = "f32" if lhs.startswith("f") else "i32"
    lead = f"{k // group}x" if group else ""
    strides = "[?, ?, 1]" if group else "[?, 1]"
    x = f"memref<?x{kp}x{lhs}, strided<[?, 1], offset: ?>>"
    w = f"memref<{np_ // rows}x{kp // cols}x{rows // 16}x64xi8>"
    s = f"memref<{lead}?xi32>"
    y = f"memref<{lead}?x{np_}x{acc}, strided<{strides}, offset: ?>>"
    rest = (x, s if acc == "i32" else "")
    if n > rows and not group:
        body = sliced_text(n, k, packing, w, y, rest)
    else:
        body = matmul_text("%w", "%y", w, y, f"{packing}, rows = {n}, cols = {k}", group, rest)
    sums = f", %s: {s}" if rest[1] else ""
    return f"""
func.func @{function_name(n, k, group)}(%x: {x}, %w: {w}{sums}, %y: {y}) attributes {{llvm.emit_c_interface}} {{{body}
  return
}}"""


def activations(rng, m, k, lhs, kind):
    if lhs == "f32":
        return rng.standard_normal((m, k)).astype(np.float32)
    low, high = (-128, 127) if lhs == "i8" else (-128, 128)
    if kind:
        return np.full((m, k), high if kind % 2 else low, CODES[lhs])
    return rng.integers(low, high + 1, (m, k)).astype(CODES[lhs])


def weights(rng, n, k, kind):
    if kind:
        return np.full((n, k), 1 if kind < 3 else -1, np.int8)
    return rng.integers(-1, 2, (n, k)).astype(np.int8)


def write_case(file, index, x, w, group, packing, rng):
    m, k = x.shape
    kp, np_ = pad(k, COLS[packing]), pad(len(w), ROWS_OF[packing])
    xpad, ypad = (int(v) for v in rng.integers(0, 3, 2) * 8)
    padded = np.full((m, kp + xpad), 77, x.dtype)
    padded[:, :k], padded[:, k:kp] = x, 0
    y = matmul(x, w, group or k)
    full = np.zeros((len(y), m, np_), y.dtype)
    full[:, :, :len(w)] = y
    sums = x.reshape(m, len(y), -1).astype(np.int64).sum(2).T.astype(np.int32)
    file.write(struct.pack("<11i", index, m, kp, np_, len(y), xpad, ypad, x.itemsize, int(x.dtype == np.float32),
                           COLS[packing], ROWS_OF[packing] // 16))
    for array in (padded, pack(w, packing), np.ascontiguousarray(sums), full):
        file.write(array.tobytes())


def write_cases(path, shapes, lhs, packing):
    rng, count = np.random.default_rng(1), 0
    with open(path, "wb") as file:
        for index, (n, k, group) in enumerate(shapes):
            large = (n, k, group) in LARGE
            rows = (1, 2, 6, 37) if large else (1, 3, 4, 9, 33, 130) if group else ROWS + MANY_ROWS.get((n, k), ())
            if (n, k, group) == LONG:
                rows = (1, 2)
            extremes = (1, 33) if (n, k, group) in (LARGE[1], (65, 127, 0)) else (1,) if rows == (1, 2) else (1, 5)
            kinds = [(m, 0) for m in rows] + [(m, kind) for m in extremes for kind in (1, 2, 3, 4)]
            for m, kind in kinds:
                x = activations(rng, m, k, lhs, kind)
                write_case(file, index, x, weights(rng, n, k, kind), group, packing, rng)
                count += 1
        file.write(struct.pack("<i", -1))
    return count


def sh(command):
    result = subprocess.run(command, shell=True, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{command}\n{result.stdout}{result.stderr}")
    return result.stdout


def build(args, shapes, work):
    mlir, obj = os.path.join(work, "k.mlir"), os.path.join(work, "k.o")
    with open(mlir, "w") as file:
        file.write("".join(function_text(*shape, args.lhs, args.packing) for shape in shapes))
    sh(f"bitnet-opt {mlir} --bitnet-select-kernels=kernel={args.kernel} --bitnet-lower-matmul -o {work}/l.mlir")
    target = f"-mtriple={args.triple} " + (f"-mcpu={args.cpu} " if args.cpu else "") + (f"-mattr={args.attr}" if args.attr else "")
    sh(f"mlir-opt {work}/l.mlir {PASSES} | mlir-translate --mlir-to-llvmir -o {work}/k.ll")
    sh(f"opt -O3 {target} {work}/k.ll -o {work}/k.bc && llc -O3 {target} -filetype=obj {work}/k.bc -o {obj}")
    with open(os.path.join(work, "table.inc"), "w") as file:
        file.write("".join(f"FUNCTION(_mlir_ciface_{function_name(*shape)})\n" for shape in shapes))
    arch = args.triple.split("-")[0]
    cc = args.cc if arch == "x86_64" else f"{arch}-linux-gnu-gcc"
    sh(f"{cc} -O1 -static -I{work} {HERE}/driver.c {obj} -lm -o {work}/run")
    with open(f"{work}/l.mlir") as file:
        return CORES if "bitnet_rt_core" in file.read() else CORES[:1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--lhs", default="i8", choices=sorted(CODES))
    parser.add_argument("--packing", default="u2", choices=sorted(COLS))
    parser.add_argument("--triple", default="x86_64-linux-gnu")
    parser.add_argument("--cpu", default="")
    parser.add_argument("--attr", default="")
    parser.add_argument("--run", default="")
    parser.add_argument("--cc", default="clang")
    args = parser.parse_args()
    shapes = [(n, k, 0) for n in EDGES for k in EDGES] + list(LARGE) + list(GROUPS[args.packing])
    if args.lhs == "i8":
        shapes.append(LONG)
    with tempfile.TemporaryDirectory() as work:
        cores = build(args, shapes, work)
        count = write_cases(os.path.join(work, "cases"), shapes, args.lhs, args.packing)
        for core in cores:
            report = sh(" ".join(shlex.split(args.run) + [f"{work}/run", f"{work}/cases", str(core)])).strip()
            print(f"core {core}: {report}")
            if report != f"{count} cases bit-equal":
                sys.exit(f"expected {count} cases")


if __name__ == "__main__":
    main()
