# Which layers are ternary, and why others are not: every product with constant weights is in the report.
#
# RUN: %python %s %t
"""Weights that a report once left out or called float, and their results against onnxruntime or NumPy."""

import json
import pathlib
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, QUICK, Array, Model, Table, Wrong, call, rand, ternary

table = Table()
MS = "com.microsoft."
# (name of the node, kind, granularity, words of the reason) of each layer.
Layer = tuple[str, str, str, str]


def check_report(model: Model, layers: list[Layer]) -> Callable[[pathlib.Path], None]:
    def check(work: pathlib.Path) -> None:
        report = work / f"{model.name}.json"
        run = call(
            [
                "bitnet-compile",
                *QUICK,
                work / f"{model.name}.onnx",
                "-o",
                work / f"{model.name}.so",
                f"--report={report}",
            ]
        )
        if run.returncode:
            raise Wrong(run.stderr)
        found = json.loads(report.read_text())["layers"]
        wanted = [" ".join(layer) for layer in layers]
        got = [" ".join(str(layer[key]) for key in ("name", "kind", "granularity", "reason")) for layer in found]
        if len(got) != len(wanted) or not all(map(re.match, wanted, got)):
            raise Wrong(f"layers {got}, not {wanted}")

    return check


def layers(name: str, text: str, feeds: dict[str, Array], want: Array | None, *told: Layer, **constants: Any) -> None:
    model = table.model(name, text, **constants).gives(feeds, None if want is None else {"y": want})
    table.check(f"{name}_report", check_report(model, list(told)))


def grouped(k: int, n: int, size: int) -> Array:
    """[K, N], a scale for each group along K; neighbours differ, so that no larger group would do."""
    scales = 2.0 ** (np.arange(k // size)[:, None] % 2 + np.arange(n)[None, :] % 3)
    w = np.where(ternary(k, n) == 0, 0, np.sign(rand(k, n)))
    w[::size] = 1
    return np.asarray(w * np.repeat(scales, size, 0), F32)


for k, size in ((48, 16), (64, 16), (96, 32), (96, 16), (128, 64)):
    x = rand(3, k)
    layers(
        f"groups_{size}_of_{k}",
        f"(float[n,{k}] x) => (float[n,8] y) {{ [fc] y = MatMul (x, W) }}",
        {"x": x},
        None,
        ("fc", "ternary", "group", ""),
        W=grouped(k, 8, size),
    )
layers(
    "groups_8_are_none",
    "(float[n,32] x) => (float[n,8] y) { [fc] y = MatMul (x, W) }",
    {"x": rand(3, 32)},
    None,
    ("fc", "float", "", "no common magnitude|.*magnitudes"),
    W=grouped(32, 8, 8),
)

# The same weights stored: two bits, blocks of 16, which onnxruntime need not know.
k, n = 64, 6
t = ternary(n, k).astype(np.int64)
packed = ((t + 2).reshape(n, -1, 4, 4) << np.array([0, 2, 4, 6])).sum(-1).astype(np.uint8).reshape(n, k // 16, 4)
scales = 2.0 ** (np.arange(n)[:, None] % 2 + np.arange(k // 16)[None, :] % 3).astype(F32)
x = rand(2, k)
layers(
    "nbits_16",
    f"(float[n,{k}] x) => (float[n,{n}] y) {{ [fc] y = {MS}MatMulNBits <K = {k}, N = {n}, bits = 2, "
    f"block_size = 16> (x, B, s) }}",
    {"x": x},
    np.asarray(x @ (t * np.repeat(scales, 16, 1)).T, F32),
    ("fc", "ternary", "group", ""),
    B=packed,
    s=scales.astype(F32),
)

# Products with constants that are no [K, N]: they are told, with the reason.
heads = np.stack([ternary(8, 5, seed=i) for i in range(3)])
layers(
    "per_head",
    "(float[n,3,t,8] x) => (float[] y) { [fc] y = MatMul (x, W) }",
    {"x": rand(2, 3, 4, 8)},
    None,
    ("fc", "float", "", "one matrix of weights per batch entry"),
    W=heads,
)
layers(
    "on_the_left",
    "(float[n,8,t] x) => (float[] y) { [fc] y = MatMul (W, x) }",
    {"x": rand(2, 8, 4)},
    None,
    ("fc", "float", "", "weights on the left of the product"),
    W=ternary(5, 8),
)
layers(
    "batch_of_1",
    "(float[n,t,8] x) => (float[] y) { [fc] y = MatMul (x, W) }",
    {"x": rand(2, 4, 8)},
    None,
    ("fc", "float", "", "one matrix of weights per batch entry"),
    W=ternary(1, 8, 5),
)
layers(
    "a_vector_is_none",
    "(float[n,t,8] x) => (float[] y) { [fc] y = MatMul (x, W) }",
    {"x": rand(2, 4, 8)},
    None,
    W=ternary(8),
)
layers(
    "both_are_constant_or_none",
    "(float[n,8] x, float[8,4] w) => (float[] y) { [a] h = MatMul (x, w) [b] y = MatMul (h, W) }",
    {"x": rand(2, 8), "w": rand(8, 4)},
    None,
    ("b", "ternary", "tensor", ""),
    W=ternary(4, 5),
)

# Constants that are computed by operators without a stream, and a product that only looks like one.
for name, nodes in {
    "Tanh": "w = Tanh (W)",
    "Split": "w, v = Split <axis = 1> (W)",
    "Dropout": "w = Dropout (W)",
    "Pow": "p = Pow (W, W) w = Neg (p)",
}.items():
    layers(
        f"computed_by_{name}",
        f"(float[n,8] x) => (float[] y) {{ {nodes} [fc] y = MatMul (x, w) }}",
        {"x": rand(2, 8)},
        None,
        ("fc", "binary" if name == "Pow" else "ternary", "tensor", ""),
        W=np.abs(ternary(8, 6)),
    )
layers(
    "computed_of_an_input",
    "(float[n,8] x) => (float[] y) { s = Tanh (W) w = Mul (s, x) t = Transpose (w) [fc] y = MatMul (x, t) }",
    {"x": rand(2, 8)},
    None,
    W=ternary(8),
)

table.main()
