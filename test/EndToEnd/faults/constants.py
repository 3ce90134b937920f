# What is made of constants is evaluated when the model is compiled: weights behind any operator are seen, values are
# right, errors are reported where the node stands.
#
# RUN: %python %s %t
"""Results, and what the report says of each layer."""

from __future__ import annotations

import json
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, QUICK, ROWS, Model, Table, Wrong, call, f, i64, quantize_rows, rand, ternary

table = Table()
N, K = 12, 32
x, w, t = rand(5, K), rand(N, K, seed=3), ternary(N, K)

# Absmean quantization with a scale `s`: weights of K x N for a MatMul.
QUANTIZE = "d = Div (W, s) r = Round (d) c = Clip (r, lo, hi) q = Mul (c, s) T = Transpose <perm = [1, 0]> (q) "
MEAN = "a = Abs (W) m = ReduceMean <keepdims = 0> (a) "
SIGNS = {"lo": f(-1), "hi": f(1)}
# Nodes that make the weights T, and their constants.
WEIGHTS = {
    "log_and_pow": (MEAN + "l = Log (m) e = Div (l, ln2) o = Round (e) s = Pow (two, o) " + QUANTIZE,
                    {"W": w, "ln2": f(np.log(2)), "two": f(2), **SIGNS}),
    "exp": ("s = Exp (p) " + QUANTIZE, {"W": w, "p": f(-0.3), **SIGNS}),
    "sigmoid": ("s = Sigmoid (p) " + QUANTIZE, {"W": w, "p": f(0.2), **SIGNS}),
    "reduce_l1": ("l = ReduceL1 <keepdims = 0> (W) s = Div (l, n) " + QUANTIZE, {"W": w, "n": f(N * K), **SIGNS}),
    "tanh": ("h = Tanh (W) a = Abs (h) m = ReduceMean <keepdims = 0> (a) d = Div (h, m) r = Round (d) "
             "q = Clip (r, lo, hi) T = Transpose <perm = [1, 0]> (q)", {"W": w, **SIGNS}),
    "merged_lora": ("M = MatMul (B, A) V = Add (W, M) a = Abs (V) s = ReduceMean <keepdims = 0> (a) d = Div (V, s) "
                    "r = Round (d) c = Clip (r, lo, hi) q = Mul (c, s) T = Transpose <perm = [1, 0]> (q)",
                    {"W": w, "A": rand(4, K), "B": rand(N, 4), **SIGNS}),
    "base_3": ("m = Mod (P, three) u = Sub (m, one) e = Cast <to = 1> (u) T = Transpose <perm = [1, 0]> (e)",
               {"P": (t + 1 + 3 * (t > 0)).astype(np.int32), "three": np.int32(3), "one": np.int32(1)}),
    "quantize_linear": ("q = QuantizeLinear (W, s, z) c = Clip (q, low, high) d = DequantizeLinear (c, s, z) "
                        "T = Transpose <perm = [1, 0]> (d)",
                        {"W": w, "s": f(0.7), "z": np.int8(0), "low": np.int8(-1), "high": np.int8(1)}),
    "non_zero": ("g = Greater (W, zero) i = NonZero (g) I = Transpose <perm = [1, 0]> (i) "
                 "q = ScatterND (Z, I, ones) T = Transpose <perm = [1, 0]> (q)",
                 {"W": w, "zero": f(0), "Z": np.zeros((N, K), F32), "ones": np.ones(int((w > 0).sum()), F32)}),
    "residue_behind_tanh": ("h = Tanh (W) r = Round (h) d = Sub (r, W) q = Add (W, d) "
                            "T = Transpose <perm = [1, 0]> (q)", {"W": w}),
}  # fmt: skip


def check_layer(name: str, nodes: str, constants: dict[str, np.ndarray]) -> None:
    text = "(float[n,32] x) => (float[n,12] y) { " + quantize_rows("x", "X") + f" {nodes} y = MatMul (X, T) }}"
    rows = {**{"c127": ROWS["c127"], "eps": ROWS["eps"]}, "alo": f(-128), "ahi": f(127)}
    text = text.replace("X_r, lo, hi", "X_r, alo, ahi")
    model = Model(name, text, {**rows, **constants})

    def check(work: pathlib.Path) -> None:
        model.gives({"x": x}).check(work)
        report = work / f"{name}.json"
        run = call(["bitnet-compile", *QUICK, "--report", report, work / f"{name}.onnx", "-o", work / f"{name}.so"])
        layers = json.loads(report.read_text())["layers"]
        if [layer["kind"] for layer in layers] not in (["ternary"], ["binary"]):
            raise Wrong(f"layers are {layers}: {run.stderr}")
        if json.loads(report.read_text())["weight_bytes"] >= N * K * 2:
            raise Wrong("the library keeps what the codes were made of")

    table.check(name, check)


for case, (nodes, constants) in WEIGHTS.items():
    check_layer(f"weights_{case}", nodes, constants)

# A scale that runs behind the product: computed once, of weights that are not kept.
nodes = (
    MEAN + "g = Clip (m, eps) s = Reciprocal (g) d = Mul (W, s) r = Round (d) c = Clip (r, lo, hi) "
    "T = Transpose <perm = [1, 0]> (c) p = MatMul (x, T) z = Mul (s, u) y = Div (p, z)"
)
behind = table.model(
    "scale_behind_the_product",
    f"(float[n,32] x, float[n,1] u) => (float[n,12] y) {{ {nodes} }}",
    W=w, eps=f(1e-5), **SIGNS,
)  # fmt: skip
behind.gives({"x": x, "u": np.abs(rand(5, 1)) + F32(1)})

# Values that no layer takes, in every place.
table.model(
    "in_bodies",
    "(float[n,8] x, bool c) => (float[n,8] y) { e = Exp (v) y = If (c) <then_branch = t () => (float[] a) "
    "{ h = Tanh (e) a = Add (x, h) }, else_branch = f () => (float[] b) { k = Sin (v) b = Mul (x, k) }> }",
    v=rand(8),
).gives({"x": rand(3, 8), "c": True}).gives({"x": rand(3, 8), "c": False})
table.model(
    "returned",
    "(float[n,8] x) => (float[n,8] y, float[8] z, int64[2] s) { z = Sinh (v) y = Add (x, z) s = Shape (M) }",
    v=rand(8), M=rand(2, 3),
).gives({"x": rand(3, 8)})  # fmt: skip
table.model(
    "many_elements",
    "(float[n,64] x) => (float[n,64] y) { p = Pow (v, k) q = MatMul (p, p) y = MatMul (x, q) }",
    v=np.abs(rand(64, 64)), k=f(0.5), tolerance=1e-5,
).gives({"x": rand(3, 64)})  # fmt: skip
table.model(
    "empty",
    "(float[n,8] x) => (float[n,8] y, float[0] z) { z = Exp (v) y = Relu (x) }",
    v=np.zeros(0, F32),
).gives({"x": rand(3, 8)})

# A node that cannot be evaluated is reported where it stands, and others are not in the way.
table.model(
    "index_out_of_range",
    "(float[n,8] x) => (float[n,8] y) { g = Gather (v, i) h = Tanh (v) a = Add (g, h) y = Add (x, a) }",
    v=rand(8), i=i64(9),
).is_refused("error: node 'g': operator 'Gather' has an index out of range")  # fmt: skip
table.model(
    "shapes_that_do_not_fit",
    "(float[n,8] x) => (float[n,8] y) { a = Add (v, u) h = Tanh (a) y = Add (x, h) }",
    v=rand(8), u=rand(3),
).is_refused("error: .*Add")  # fmt: skip

# The library may not grow: what is small in the file is made in each call.
def check_growth(work: pathlib.Path) -> None:
    model = Model(
        "growth",
        "(float[2048,2048] x) => (float[2048,2048] y) { e = Exp (v) t = Tile (e, r) y = Mul (x, t) }",
        {"v": rand(1, 2), "r": i64(2048, 1024)},
    )
    model.gives({"x": rand(2048, 2048)}).check(work)
    size = (work / "growth.so").stat().st_size
    if size > 1 << 20:
        raise Wrong(f"the library has {size} bytes")


table.check("growth", check_growth)
table.main()
