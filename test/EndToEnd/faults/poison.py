# NaN and infinity come out where every reference has them (act_c2), not vanish in integer codes or under weights of 0.
#
# RUN: %python %s %t
"""Rows, windows and elements with NaN, infinity and minus infinity; onnxruntime keeps them."""

import itertools
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, ROWS, Array, Model, Table, clip_codes, f, i64, quantize_rows, rand, run_onnxruntime, ternary

table = Table()
K = 24


def rows(*poison: float) -> Array:
    """A row without poison, then one for each; the last is 0."""
    x = rand(len(poison) + 2, K) * F32(3)
    x[np.arange(1, len(poison) + 1), 5] = poison
    x[-1] = 0
    return x


every, nan = rows(np.nan, np.inf, -np.inf), rows(np.nan)
sparse = ternary(K, 12)
sparse[5] = 0  # nothing looks at the poison
WEIGHTS = {
    "sparse": sparse,
    "dense": np.sign(rand(K, 12)),
    "zero": np.zeros((K, 12), F32),
    "float": rand(K, 12) * (sparse[:, :1] != 0),
}
ACTIVATIONS = {
    "floats": ("q = Identity (x)", "y = MatMul (q, W)", every),
    "codes": (clip_codes("x", "q"), "y = MatMul (q, W)", every),
    "scaled_codes": ("d = Div (x, s) " + clip_codes("d", "q", scale="s"), "y = MatMul (q, W)", every),
    "rows": (quantize_rows("x", "q"), "y = MatMul (q, W)", every),
    "scale_after": (quantize_rows("x", "q"), "p = MatMul (q_c, W) y = Div (p, q_s)", nan),
}


def poisoned(model: Model, x: Array) -> dict[str, Array]:
    """Where the graph quantizes by the largest of a row or sample, all of it is NaN; the others are onnxruntime's.

    onnxruntime alone will not do: its ReduceMax drops a NaN by its place, and its Clip infinity.
    """
    bad = ~np.isfinite(x).all(axis=tuple(range(1, x.ndim)))
    results = run_onnxruntime(model.proto, {"x": np.where(np.isfinite(x), x, F32(0))})
    for result in results.values():
        result[bad] = np.nan
    return results


def gives(model: Model, quantizes: bool, *feeds: Array) -> None:
    for x in feeds:
        model.gives({"x": x}, poisoned(model, x) if quantizes else None)


for (weights, w), (activations, (nodes, product, x)) in itertools.product(WEIGHTS.items(), ACTIVATIONS.items()):
    model = table.model(
        f"{activations}_{weights}",
        f"(float[n,{K}] x) => (float[n,12] y, float[n,12] z) {{ {nodes} {product} "
        f"{product.replace('p =', 'o =').replace('(p,', '(o,').replace('y =', 'h =')} z = Add (h, b) }}",
        W=w,
        b=rand(12),
        s=f(0.05),
        **ROWS,
    )
    gives(model, activations in ("rows", "scale_after"), x, x[:1], x[1:2])
    if weights == "zero":
        model.warns("w_c1: weight 'W' is all zero")

# A window of a convolution is what a row is to a product.
image = rand(2, 2, 5, 5) * F32(3)
image[0, 0, 1, 1], image[1, 1, 4, 4] = np.nan, np.nan
for name, nodes in {
    "floats": "q = Identity (x)",
    "codes": clip_codes("x", "q"),
    "scaled_codes": clip_codes("x", "q", scale="s"),
    "samples": quantize_rows("x", "q", (1, 2, 3)),
}.items():
    w = ternary(3, 2, 3, 3)
    w[:, 0, 1, 1] = 0
    model = table.model(
        f"conv_{name}",
        f"(float[n,2,h,w] x) => (float[] y) {{ {nodes} y = Conv <pads = [1, 1, 1, 1]> (q, W, b) }}",
        W=w,
        b=f(1, 2, 3),
        s=f(0.5),
        **ROWS,
    )
    gives(model, name == "samples", image, image[1:], np.where(np.isnan(image), F32(0), image))

# Windows of padding only, which no NaN of the image reaches: pads as wide as a window, taps that stand wide apart.
BESIDE = {
    "wide_pads": ((2, 2), (1, 1), (2, 0, 1, 3), (5, 4)),
    "strides": ((2, 3), (2, 2), (4, 3, 4, 5), (3, 5)),
    "dilated": ((2, 2), (1, 1), (1, 2, 2, 1), (1, 1)),
    "one_axis": ((1, 3), (1, 1), (0, 3, 0, 3), (2, 4)),
}
# A scale that no quantizer of a layer has, the mean of a sample, acts after the product.
BY_MEAN = (
    "a = Abs (x) m = ReduceMean <axes = [1, 2, 3], keepdims = 1> (a) d = Div (x, m) r = Round (d) "
    "l = Clip (r, lo, hi) q = Mul (l, m)"
)
QUANTIZERS = {"quantizer": quantize_rows("x", "q", (1, 2, 3)), "mean": BY_MEAN}
for (name, (kernel, strides, pads, size)), (form, nodes) in itertools.product(BESIDE.items(), QUANTIZERS.items()):
    dilations = [3, 3] if name == "dilated" else [1, 1]
    attributes = f"pads = {list(pads)}, strides = {list(strides)}, dilations = {dilations}"
    model = table.model(
        f"beside_{name}_{form}",
        f"(float[n,2,h,w] x) => (float[] y, float[] hits) {{ {nodes} "
        f"y = Conv <{attributes}> (q, W, b) o = IsNaN (x) i = Not (o) c = Cast <to = 1> (i) "
        f"hits = Conv <{attributes}> (c, all) }}",
        W=ternary(3, 2, *kernel),
        all=np.ones((1, 2, *kernel), F32),
        b=f(1, 2, 3),
        **ROWS,
    )
    x = rand(2, 2, *size) * F32(3)
    clean = run_onnxruntime(model.proto, {"x": x})
    x[1, 0, 0, 0] = np.nan
    want = run_onnxruntime(model.proto, {"x": np.where(np.isnan(x), F32(0), x)})
    want["hits"] = run_onnxruntime(model.proto, {"x": x})["hits"]
    want["y"][1] = np.where(clean["hits"][1] > 0, F32(np.nan), f(1, 2, 3).reshape(3, 1, 1))
    model.gives({"x": x}, want)

# Elementwise operators and reductions.
v = np.array([[np.nan, 1, -1, 0], [2, np.nan, np.inf, -np.inf]], F32)
OPERATORS = {
    "Relu": "Relu (x)",
    "Clip": "Clip (x, low, high)",
    "Max": "Max (x, low)",
    "Min": "Min (x, low)",
    "LeakyRelu": "LeakyRelu (x)",
    "Round": "Round (x)",
    "Sign": "Sign (x)",
    "Sigmoid": "Sigmoid (x)",
    "Tanh": "Tanh (x)",
    "Exp": "Exp (x)",
    "Erf": "Erf (x)",
    "Sqrt": "Sqrt (x)",
    "IsNaN": "IsNaN (x)",
    "Greater": "Greater (x, low)",
    "Where": "Where (positive, x, low)",
}
typed = ", ".join(f"{'bool' if op in ('IsNaN', 'Greater') else 'float'}[n,4] y_{op}" for op in OPERATORS)
nodes = " ".join(f"y_{op} = {node}" for op, node in OPERATORS.items())
table.model(
    "elementwise",
    f"(float[n,4] x) => ({typed}) {{ positive = Greater (x, low) {nodes} }}",
    low=f(-0.5),
    high=f(0.5),
).gives({"x": v})
REDUCTIONS = ("ReduceSum", "ReduceMean", "ReduceProd", "ReduceL1", "ReduceLogSumExp")
nodes = " ".join(f"y_{op} = {op} <keepdims = 0> (x, one)" for op in REDUCTIONS)
table.model(
    "reductions",
    f"(float[n,4] x) => ({', '.join(f'float[] y_{op}' for op in REDUCTIONS)}) {{ {nodes} }}",
    opset=18,
    one=i64(1),
).gives({"x": v[:1]})
for op in ("ReduceMax", "ReduceMin"):  # onnxruntime keeps NaN or drops it by its place
    x = np.array([[np.nan, 1, -1, 0], [1, np.nan, 0, 3], [1, 2, 3, np.nan], [np.inf, 0, 1, -np.inf]], F32)
    table.model(op, f"(float[n,4] x) => (float[] y) {{ y = {op} <axes = [1], keepdims = 0> (x) }}").gives(
        {"x": x}, {"y": x.max(1) if op == "ReduceMax" else x.min(1)}
    )
# The power 0.5 is no square root at the ends, whether the exponent is known or not.
BASES = np.array([-np.inf, -0.0, 0, 1, 2, np.inf, np.nan, -1, 6e-8])
for of, bases in (("float", BASES.astype(F32)), ("float16", BASES.astype(np.float16)), ("double", BASES)):
    with np.errstate(invalid="ignore"):
        power = np.where(np.isneginf(bases), np.inf, np.sqrt(bases + 0)).astype(bases.dtype)
    table.model(f"root_{of}", f"({of}[n] x) => ({of}[] y) {{ y = Pow (x, half) }}", half=f(0.5)).gives(
        {"x": bases}, {"y": power}
    )
table.model("softmax_masked_row", "(float[n,4] x) => (float[n,4] y) { y = Softmax <axis = -1> (x) }").gives(
    {"x": np.array([[-np.inf] * 4, [1, -np.inf, 2, 3], [3e38, -3e38, 3e38, 0]], F32)}
)

# Squares that overflow 16 bits, a norm, a layer: each step rounds.
half = (rand(3, K) * 200).astype(np.float16)
half[1] = 1
with np.errstate(all="ignore"):
    relu = np.maximum(half, np.float16(0))
    square = relu * relu
    mean = (square * square).astype(F32).mean(-1, keepdims=True).astype(np.float16)
    normed = square / np.sqrt(mean + np.float16(1e-5))
    product = (normed.astype(F32) @ sparse).astype(np.float16)
product[np.isnan(normed).any(1)] = np.nan
table.model(
    "squares_overflow_f16",
    f"(float16[n,{K}] x) => (float16[n,12] y) {{ a = Relu (x) b = Mul (a, a) p = Mul (b, b) "
    "v = ReduceMean <axes = [-1]> (p) w = Add (v, e) "
    "r = Sqrt (w) q = Div (b, r) y = MatMul (q, W) }",
    W=sparse.astype(np.float16),
    e=np.float16(1e-5),
    tolerance=2e-3,
).gives({"x": half}, {"y": product})

# A maximum of nearly 0 has an infinite scale, which makes NaN of 0 and leaves 0 of all else.
QUANTIZE = {
    "divide": "s = Div (most, e) p = Mul (x, s) r = Round (p) c = Clip (r, low, high) q = Div (c, s)",
    "reciprocal_mul": "i = Reciprocal (e) s = Mul (i, most) p = Mul (x, s) r = Round (p) c = Clip (r, low, high) "
    "q = Div (c, s)",
    "mul_divide": "n = Mul (x, most) p = Div (n, e) r = Round (p) c = Clip (r, low, high) d = Mul (c, e) "
    "q = Div (d, most)",
}


def quantize(form: str, x: Array, eps: Array) -> Array:
    """x as the graph quantizes it: each step rounds to the type of x."""
    kind = x.dtype.type
    most, e = kind(127), np.maximum(np.abs(x).max(-1, keepdims=True), eps)
    if form == "mul_divide":
        return np.asarray(np.clip(np.rint(x * most / e), -128, 127) * e / most)
    s = most / e if form == "divide" else kind(1) / e * most
    return np.asarray(np.clip(np.rint(x * s), -128, 127) / s)


for form, nodes in QUANTIZE.items():
    for kind, eps in ((F32, 0), (F32, 1e-45), (F32, 1e-38), (F32, 1e-5), (np.float16, 1e-5), (np.float16, 1e-3)):
        x = np.zeros((4, K), kind)
        x[1], x[2], x[2, 0] = 1, 0.5, 0
        x[3] = 1e-3 if kind is np.float16 else 1e-38
        name = "float16" if kind is np.float16 else "float"
        with np.errstate(all="ignore"):
            q = quantize(form, x, np.array(eps, kind))
            product = (q.astype(F32) @ sparse).astype(kind)
        product[np.isnan(q).any(1)] = np.nan
        table.model(
            f"scale_{form}_{np.dtype(kind).name}_{eps}",
            f"({name}[n,{K}] x) => ({name}[n,12] y) {{ a = Abs (x) m = ReduceMax <axes = [-1]> (a) e = Max (m, eps) "
            f"{nodes} y = MatMul (q, W) }}",
            W=sparse.astype(kind),
            eps=kind(eps),
            most=kind(127),
            low=kind(-128),
            high=kind(127),
            tolerance=2e-3 if kind is np.float16 else 5e-6,
        ).gives({"x": x}, {"y": product})

table.main()
