# What recognition reads of a graph: residues, weights by all that makes them, casts that round.
#
# RUN: %python %s %t
"""Graphs next to those that recognition was written for: the numbers must be those of the graph as it stands."""

import itertools
import pathlib
import re
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, ROWS, Array, Table, f, i64, quantize_rows, rand, ternary

table = Table()

# x + (q - x) is q only where q is as large as x.
RESIDUES = {
    "add": "d = Sub (q, {0}) z = Add ({0}, d)",
    "add_first": "d = Sub (q, {0}) z = Add (d, {0})",
    "subtract": "d = Sub ({0}, q) z = Sub ({0}, d)",
}
# q, and the value of which it is taken.
QUANTIZED = {
    "same": ("q = Round (x)", "x"),
    "row_mean": ("m = ReduceMean <axes = [1], keepdims = 1> (x) q = Round (m)", "x"),
    "column_mean": ("m = ReduceMean <axes = [0], keepdims = 0> (x) q = Round (m)", "x"),
    "scalar": ("m = ReduceMean <keepdims = 0> (x) q = Sign (m)", "x"),
    "of_row": ("m = ReduceMean <axes = [1], keepdims = 1> (x) o = Mul (x, m) q = Round (o)", "m"),
    "other": ("o = Mul (x, three) q = Round (o)", "x"),
    "unrelated": ("q = Floor (w)", "x"),
}
READERS = {
    "is_output": "y = Identity (z)",
    "is_summed": "y = ReduceSum <keepdims = 1> (z, one)",
    "is_multiplied": "y = MatMul (z, W)",
    "is_read_twice": "u = MatMul (z, W) y = Add (u, z)",
}
for (form, residue), (what, (nodes, x)), (reader, end) in itertools.product(
    RESIDUES.items(), QUANTIZED.items(), READERS.items()
):
    usual = what in ("same", "row_mean")
    if (form != "add" and not usual) or (reader == "is_multiplied" and not usual):
        continue
    table.model(
        f"residue_{form}_{what}_{reader}",
        f"(float[n,3] x, float[p,3] w) => (float[] y) {{ {nodes} {residue.format(x)} {end} }}",
        three=f(3),
        one=i64(1),
        W=ternary(3, 3),
    ).gives({"x": rand(2, 3) * 5, "w": rand(1, 3) * 5}).gives({"x": rand(1, 3) * 5, "w": rand(1, 3) * 5})

# One initializer is another weight with another zero point, scale or axis.
codes, a = np.random.default_rng(1).integers(0, 3, (4, 4)).astype(np.int8), i64(1, -2, 3, 5).astype(np.int8)[None]
# Both orders: the first one read must not decide for the others.
ORDERS = {"first_to_last": 1, "last_to_first": -1}
FOUR = "(float[n,{0}] x) => (float[] p0, float[] p1, float[] p2, float[] p3) "
zeros = ['""', "z1", "z2", "zc"]
for order, step in ORDERS.items():
    nodes = " ".join(f'p{i} = MatMulInteger (a, W, "", {zero})' for i, zero in enumerate(zeros[::step]))
    table.model(
        f"zero_points_{order}",
        f"(int8[n,4] a) => (int32[] p0, int32[] p1, int32[] p2, int32[] p3) {{ {nodes} }}",
        W=codes,
        z1=np.int8(1),
        z2=np.int8(2),
        zc=np.array([0, 1, 2, 1], np.int8),
    ).gives({"a": a})


def nbits(packed: Array, scale: float, zero: int) -> Array:
    """The matrix [K, N] of four codes a byte, one block a row."""
    unpacked = (packed.reshape(packed.shape[0], -1, 1) >> np.array([0, 2, 4, 6])) & 3
    return np.asarray((unpacked.reshape(packed.shape[0], -1).astype(F32) - F32(zero)) * F32(scale)).T


packed = np.random.default_rng(2).integers(0, 171, (3, 1, 4)).astype(np.uint8) & 0b10101010
forms = [(1, 1), (3, 1), (1, 2), (3, 2)]  # scale, zero point
for order, step in ORDERS.items():
    nodes = " ".join(
        f"p{i} = com.microsoft.MatMulNBits <K = 16, N = 3, bits = 2, block_size = 16> (x, B, s{s}, z{z})"
        for i, (s, z) in enumerate(forms[::step])
    )
    table.model(
        f"nbits_{order}",
        FOUR.format(16) + f"{{ {nodes} }}",
        B=packed,
        s1=np.full((3, 1), 1, F32),
        s3=np.full((3, 1), 3, F32),
        z1=np.full((3, 1), 1, np.uint8),
        z2=np.full((3, 1), 2, np.uint8),
    ).gives({"x": rand(2, 16)}, {f"p{i}": rand(2, 16) @ nbits(packed, *form) for i, form in enumerate(forms[::step])})

operands = ["<axis = 0> (W, s1, zc)", "<axis = 1> (W, s1, zc)", "<axis = 0> (W, s2, zc)", "<axis = 0> (W, s1, zz)"]
for order, step in ORDERS.items():
    nodes = " ".join(f"u{i} = DequantizeLinear {of} p{i} = MatMul (x, u{i})" for i, of in enumerate(operands[::step]))
    table.model(
        f"dequantized_{order}",
        FOUR.format(4) + f"{{ {nodes} }}",
        W=codes,
        s1=f(1, 2, 3, 4),
        s2=f(4, 3, 2, 1),
        zc=np.array([1, 1, 1, 1], np.int8),
        zz=np.array([1, 0, 1, 2], np.int8),
    ).gives({"x": rand(2, 4)})
for how in ("u = Transpose (W) q = MatMul (x, u)", "q = Gemm <transB = 1> (x, W)", "u = Neg (W) q = MatMul (x, u)"):
    table.model(
        f"shared_{how.split()[2].lower()}",
        f"(float[n,4] x) => (float[n,4] p, float[n,4] q) {{ p = MatMul (x, W) {how} }}",
        W=ternary(4, 4, seed=3),
    ).gives({"x": rand(2, 4)})

# Casts of an f32 graph that round: of what is quantized, of the scale, of what is scaled, of codes.
BITS16 = {"bf16": 16, "f16": 10}
# The value that is rounded.
PLACES = {
    "input": "x",
    "magnitude": "q_a",
    "maximum": "q_m",
    "clipped": "q_e",
    "scale": "q_s",
    "scaled": "q_x",
    "rounded": "q_r",
    "quantized": "q",
}


def with_cast(value: str, kind: int) -> str:
    """The quantizer of rows and its product, in which all that reads the value reads it rounded."""
    nodes = re.findall(r"\w+ = [^()]*\([^)]*\)", quantize_rows("x", "q") + " y = MatMul (q, W)")
    made = next((i + 1 for i, node in enumerate(nodes) if node.startswith(f"{value} =")), 0)
    cast = f"half = Cast <to = {kind}> ({value}) rounded = Cast <to = 1> (half)"
    after = [re.sub(rf"(?<=[(, ]){value}(?=[,)])", "rounded", node) for node in nodes[made:]]
    return " ".join([*nodes[:made], cast, *after])


for (kind, number), (place, value) in itertools.product(BITS16.items(), PLACES.items()):
    table.model(
        f"cast_{kind}_{place}",
        f"(float[n,24] x) => (float[n,8] y) {{ {with_cast(value, number)} }}",
        W=ternary(24, 8),
        **ROWS,
    ).gives({"x": rand(6, 24) * 3})
for kind, number in BITS16.items():
    table.model(
        f"cast_{kind}_of_layer",
        f"(float[n,24] x) => (float[n,8] y) {{ {quantize_rows('x', 'q')} p = MatMul (q, W) "
        f"h = Cast <to = {number}> (p) "
        "r = Cast <to = 1> (h) y = Mul (r, g) }",
        W=ternary(24, 8),
        g=f(1.5),
        **ROWS,
    ).gives({"x": rand(6, 24) * 3})
    table.model(
        f"cast_{kind}_of_weights",
        f"(float[n,24] x) => (float[n,8] y) {{ h = Cast <to = {number}> (W) w = Cast <to = 1> (h) y = MatMul (x, w) }}",
        W=ternary(24, 8) * F32(0.3001),
    ).gives({"x": rand(6, 24)})

table.main()
