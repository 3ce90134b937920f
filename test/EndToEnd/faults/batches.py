# Batches of products broadcast by the sizes of a run: 1 against any, and an error otherwise.
#
# RUN: %python %s %t
"""MatMul and its kin with batches that are 1, equal, 0 or different, known when compiled or not."""

import itertools
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, Table, rand, ternary

table = Table()
MS = "com.microsoft."
SIZES = ((3, 1), (1, 3), (1, 1), (3, 3), (1, 0), (0, 1), (0, 0))

for op, kind in (
    ("MatMul", "float"),
    (MS + "FusedMatMul", "float"),
    ("MatMulInteger", "int8"),
    ("MatMul", "float16"),
    ("MatMul", "int32"),
):
    result = {"int8": "int32"}.get(kind, kind)
    dtype = np.dtype({"float": "float32"}.get(kind, kind))
    model = table.model(
        f"{op.removeprefix(MS)}_{kind}", f"({kind}[p,2,k] a, {kind}[q,k,3] b) => ({result}[] y) {{ y = {op} (a, b) }}"
    )
    for p, q in SIZES:
        feeds = {"a": (rand(p, 2, 4) * 4).astype(dtype), "b": (rand(q, 4, 3) * 4).astype(dtype)}
        want = (feeds["a"].astype(np.float64) @ feeds["b"].astype(np.float64)).astype(
            {"int8": np.int32}.get(kind, dtype)
        )
        model.gives(feeds, {"y": want})
    for p, q in ((2, 3), (3, 0)):
        feeds = {"a": rand(p, 2, 4).astype(dtype), "b": rand(q, 4, 3).astype(dtype)}
        model.fails(feeds, r"error: .*y: operands cannot be broadcast")
    model.fails(
        {"a": np.zeros((1, 2, 4), dtype), "b": np.zeros((1, 5, 3), dtype)}, r"error: .*(differ|'k' is 4 in input 'a')"
    )

# One axis known, ranks that differ, two batch axes of which each is 1 somewhere.
Pairs = tuple[tuple[int | None, int | None], ...]
SHAPES: dict[str, tuple[str, str, Pairs, Pairs]] = {
    "known_left": ("3,2,4", "q,4,3", ((3, 1), (3, 3)), ((3, 2),)),
    "known_right": ("p,2,4", "3,4,3", ((1, 3), (3, 3)), ((2, 3),)),
    "one_left": ("1,2,4", "q,4,3", ((1, 1), (1, 5), (1, 0)), ()),
    "matrix_left": ("2,4", "q,4,3", ((None, 1), (None, 4)), ()),
    "matrix_right": ("p,2,4", "4,3", ((1, None), (4, None)), ()),
    "vector_left": ("4", "q,4,3", ((None, 1), (None, 3)), ()),
    "vector_right": ("p,2,4", "4", ((1, None), (3, None)), ()),
    "higher_left": ("5,p,2,4", "q,4,3", ((1, 1), (3, 1), (1, 3), (3, 3)), ((2, 3),)),
    "higher_right": ("p,2,4", "r,q,4,3", ((1, 1), (3, 1), (1, 3), (3, 3)), ((2, 3),)),
}


def extents(declared: str, p: int | None, q: int | None) -> list[int]:
    known = {"p": p or 0, "q": q or 0, "r": 2}
    return [known[d] if d in known else int(d) for d in declared.split(",")]


for name, (left, right, good, bad) in SHAPES.items():
    model = table.model(name, f"(float[{left}] a, float[{right}] b) => (float[] y) {{ y = MatMul (a, b) }}")
    for pair in (*good, *bad):
        feeds = {"a": rand(*extents(left, *pair)), "b": rand(*extents(right, *pair), seed=1)}
        if pair in bad:
            model.fails(feeds, r"error: .*y: operands cannot be broadcast")
        else:
            model.gives(feeds, {"y": feeds["a"] @ feeds["b"]})
model = table.model("two_axes", "(float[p,q,2,4] a, float[r,s,4,3] b) => (float[] y) { y = MatMul (a, b) }")
for batches in itertools.product((1, 2), repeat=4):
    a, b = rand(*batches[:2], 2, 4), rand(*batches[2:], 4, 3)
    model.gives({"a": a, "b": b}, {"y": a @ b})

# A batch that a product broadcasts is a batch for what follows, and for a layer before it.
model = table.model(
    "between_layers",
    "(float[p,t,8] x, float[q,8,8] m) => (float[] y, float[] z) { h = MatMul (x, W) s = MatMul (h, m) "
    "n = Add (s, h) y = MatMul (n, W) z = Relu (s) }",
    W=ternary(8, 8),
)
for p, q in ((1, 1), (3, 1), (1, 3), (3, 3)):
    x, m, w = rand(p, 2, 8), rand(q, 8, 8), ternary(8, 8)
    h = x @ w
    model.gives({"x": x, "m": m}, {"y": (h @ m + h) @ w, "z": np.maximum(h @ m, F32(0))})
model = table.model(
    "transposed",
    f"(float[p,4,2] a, float[q,3,4] b) => (float[] y) {{ y = {MS}FusedMatMul <transA = 1, transB = 1, alpha = "
    f"0.5> (a, b) }}",
)
for p, q in SIZES[:4]:
    a, b = rand(p, 4, 2), rand(q, 3, 4)
    model.gives({"a": a, "b": b}, {"y": a.transpose(0, 2, 1) @ b.transpose(0, 2, 1) * F32(0.5)})

table.main()
