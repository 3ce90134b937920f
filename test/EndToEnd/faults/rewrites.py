# What recognition reads of a graph: residues, weights by all that makes them, casts that round.
#
# RUN: %python %s %t
"""Graphs next to those that recognition was written for: the numbers must be those of the graph as it stands."""

import itertools
import pathlib
import re
import sys
from typing import Any

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

# Codes that an unsigned type wraps are no codes.
codes = f(*range(-8, 8))[None]
for number in (4, 12, 13):
    table.model(
        f"codes_cast_to_{number}",
        f"(float[n,16] x) => (float[n,4] y) {{ r = Round (x) i = Cast <to = 3> (r) u = Cast <to = {number}> (i) "
        "q = Cast <to = 1> (u) y = MatMul (q, W) }",
        W=ternary(16, 4),
    ).gives({"x": codes})
    table.model(
        f"positive_codes_cast_to_{number}",
        f"(uint8[n,16] x) => (float[n,4] y) {{ u = Cast <to = {number}> (x) q = Cast <to = 1> (u) y = MatMul (q, W) }}",
        W=ternary(16, 4),
    ).gives({"x": np.arange(240, 256, dtype=np.uint8)[None]})

# Bounds after rounding are bounds as they are; before it they are rounded, too.
QUANTIZE = "a = Abs (x) m = ReduceMax <axes = [-1]> (a) e = Max (m, eps) s = Div (most, e) p = Mul (x, s)"
AFTER, BEFORE = "r = Round (p) c = Clip (r, low, high)", "r = Clip (p, low, high) c = Round (r)"
for low, high in ((-3.25, 3.75), (-127.5, 126.5), (-2, 2)):
    for order, clip in (("after", AFTER), ("before", BEFORE)):
        table.model(
            f"bounds_{order}_{high}",
            f"(float[n,16] x) => (float[n,4] y) {{ {QUANTIZE} {clip} q = Div (c, s) y = MatMul (q, W) }}",
            W=ternary(16, 4),
            eps=f(1e-5),
            most=f(127),
            low=np.float32(low),
            high=np.float32(high),
        ).gives({"x": rand(3, 16)})

# A constant of a higher rank gives its rank to the result.
for rank in (0, 1, 2, 3):
    for which in ("eps", "most"):
        ones: dict[str, Any] = {"eps": f(1e-5), "most": f(127)}
        ones[which] = ones[which].reshape((1,) * rank)
        table.model(
            f"rank_{rank}_of_{which}",
            f"(float[n,16] x) => (float[] y) {{ {QUANTIZE} {AFTER} q = Div (c, s) y = MatMul (q, W) }}",
            W=ternary(16, 4),
            low=np.float32(-128),
            high=np.float32(127),
            **ones,
        ).gives({"x": rand(3, 16)})

# Weights that are computed: 16-bit codes of a 16-bit scale, integers that wrap, floats that an integer cannot hold.
for dtype, zero in ((np.uint16, 30000), (np.int16, -20001), (np.uint8, 200)):
    stored = (ternary(16, 4) + zero).astype(dtype)
    table.model(
        f"dequantized_{np.dtype(dtype).name}_f16",
        "(float16[n,16] x) => (float16[n,4] y) { w = DequantizeLinear (V, s, z) y = MatMul (x, w) }",
        opset=21,
        V=stored,
        s=np.float16(0.5),
        z=dtype(zero),
    ).gives(
        {"x": rand(2, 16).astype(np.float16)},
        {"y": (rand(2, 16).astype(np.float16).astype(F32) @ (ternary(16, 4) * F32(0.5))).astype(np.float16)},
    )
big = np.where(ternary(16, 4) > 0, 1234567891, 3).astype(np.int32)
wide = np.where(ternary(16, 4) > 0, 2**53 + 1, 2**53).astype(np.int64)
table.model(
    "weights_of_int32_products",
    "(float[n,16] x) => (float[n,4] y) { p = Mul (B, B) e = Equal (p, want) w = Cast <to = 1> (e) y = MatMul (x, w) }",
    B=big,
    want=(big.astype(np.int64) ** 2).astype(np.int32).max(keepdims=True),
).gives({"x": rand(2, 16)})
table.model(
    "weights_of_int64_differences",
    "(float[n,16] x) => (float[n,4] y) { d = Sub (B, c) w = Cast <to = 1> (d) y = MatMul (x, w) }",
    B=wide,
    c=i64(2**53),
).gives({"x": rand(2, 16)})
table.model(
    "weights_that_saturate",
    "(float[n,4] x) => (float[n,4] y) { i = Cast <to = 3> (V) w = Cast <to = 1> (i) y = MatMul (x, w) }",
    V=np.array([[255, -257, 1.5, -0.5], [0, np.nan, np.inf, -np.inf], [1, 0, 0, 1], [0, 1, 1, 0]], F32),
).gives({"x": f(1, 1, 1, 1)[None]}, {"y": f(128, -255, 129, -127)[None]})

# Products of unsigned integers are unsigned; a bias or a factor of integers is no part of a layer.
for name, number in (("uint32", 12), ("uint64", 13)):
    table.model(
        f"product_of_{name}",
        f"(uint8[n,2] x) => ({name}[n,3] y) {{ u = Cast <to = {number}> (x) y = MatMul (u, W) }}",
        W=np.array([[0, 1, 1], [1, 0, 1]], name),
    ).gives({"x": np.array([[255, 3]], np.uint8)}, {"y": np.array([[3, 255, 258]], name)})
table.model(
    "integer_gemm_with_a_bias",
    "(int8[n,16] x) => (int32[n,4] y) { u = Cast <to = 6> (x) y = Gemm (u, W, B) }",
    W=ternary(16, 4).astype(np.int32),
    B=np.array([7, -7, 0, 1], np.int32),
).gives(
    {"x": np.arange(-8, 8, dtype=np.int8)[None]},
    {"y": (np.arange(-8, 8) @ ternary(16, 4) + [7, -7, 0, 1]).astype(np.int32)[None]},
)

# A scale after the layer whose reciprocal is no number.
for scale in (1e-39, 1e-45, 3e38):
    table.model(
        f"divided_by_{scale}",
        "(float[n,16] x) => (float[n,4] y) { h = MatMul (x, W) y = Div (h, s) }",
        W=ternary(16, 4),
        s=np.float32(scale),
    ).gives({"x": rand(2, 16) * F32(scale) if scale < 1 else rand(2, 16)})

table.main()
