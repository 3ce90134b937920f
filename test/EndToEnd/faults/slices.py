# Slices that walk backward, at axes of run-time size 0 and 1, and pieces without elements.
#
# RUN: %python %s %t
"""Slice, Split, Concat and Pad against NumPy's own slices."""

import itertools
import pathlib
import sys
from typing import Any

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, Table, i64, rand, ternary

table = Table()
LOWEST, HIGHEST = -(2**63), 2**63 - 1
SIZES = (0, 1, 2, 5)
SLICES = {
    "reversed": (-1, LOWEST, -1),
    "reversed_from_far": (HIGHEST, LOWEST, -1),
    "reversed_by_two": (-1, LOWEST, -2),
    "reversed_by_three": (-2, LOWEST, -3),
    "down_to_first": (3, 0, -1),
    "down_from_second": (1, -9, -1),
    "nothing_backward": (0, 3, -1),
    "every_second": (0, HIGHEST, 2),
    "from_second": (1, HIGHEST, 1),
    "last_two": (-2, HIGHEST, 1),
    "behind_the_end": (7, 9, 1),
    "nothing": (2, 1, 1),
}


def indices(size: int, start: int, end: int, step: int) -> list[int]:
    """The elements that ONNX chooses. Other than NumPy it begins at the first one when all of the axis lies ahead."""
    low, high = (0, size - 1) if step < 0 else (0, size)
    first = min(max(start + size if start < 0 else start, low), high)
    last = min(max(end + size if end < 0 else end, -1 if step < 0 else 0), size)
    return list(range(first, last, step)) if size else []


for axis, shape in ((0, "n"), (0, "n,3"), (1, "2,n")):
    constants: dict[str, Any] = {"a": i64(axis)}
    for name, numbers in SLICES.items():
        constants |= {f"{part}_{name}": i64(number) for part, number in zip("set", numbers, strict=True)}
    results = ", ".join(f"float[] {name}" for name in SLICES)
    nodes = " ".join(f"{name} = Slice (x, s_{name}, e_{name}, a, t_{name})" for name in SLICES)
    model = table.model(f"axis_{axis}_of_{shape}", f"(float[{shape}] x) => ({results}) {{ {nodes} }}", **constants)
    for size in SIZES:
        x = rand(*[size if d == "n" else int(d) for d in shape.split(",")])
        model.gives({"x": x}, {name: np.take(x, indices(size, *numbers), axis) for name, numbers in SLICES.items()})

# Bounds that come with the run, both axes at once.
model = table.model(
    "bounds_are_inputs",
    "(float[n,m] x, int64[2] s, int64[2] e) => (float[] y) { y = Slice (x, s, e, a, t) }",
    a=i64(0, 1),
    t=i64(-1, 2),
)
for rows, columns in itertools.product((0, 1, 4), repeat=2):
    x = rand(rows, columns)
    model.gives({"x": x, "s": i64(-1, 0), "e": i64(LOWEST, HIGHEST)}, {"y": x[::-1, ::2]})
    model.gives({"x": x, "s": i64(2, -3), "e": i64(0, -1)}, {"y": x[2:0:-1, -3:-1:2]})

# Pieces of no extent at the end of an axis that is known, and what reads them.
PIECES = {
    "concat": ("r = Slice (x, eight, far, one) y = Concat <axis = 1> (x, r)", (3, 8)),
    "concat_first": ("r = Slice (x, eight, far, one) y = Concat <axis = 1> (r, x)", (3, 8)),
    "only": ("y = Slice (x, eight, far, one)", (3, 0)),
    "backward": ("y = Slice (x, zero, far, one, minus)", (3, 0)),
    "split_last": ("y0, r = Split <axis = 1> (x, eight_zero) y = Concat <axis = 1> (y0, r)", (3, 8)),
    "split_first": ("r, y0 = Split <axis = 1> (x, zero_eight) y = Concat <axis = 1> (y0, r)", (3, 8)),
    "of_empty": (
        "r = Slice (x, eight, far, one) s = Slice (r, zero, far, one) y = Concat <axis = 1> (s, x, r)",
        (3, 8),
    ),
    "transposed": ("r = Slice (x, eight, far, one) u = Transpose (r) y = Transpose (u)", (3, 0)),
    "relu": ("r = Slice (x, eight, far, one) y = Relu (r)", (3, 0)),
}
for name, (nodes, extents) in PIECES.items():
    x = rand(3, 8)
    table.model(
        f"piece_{name}",
        f"(float[n,8] x) => (float[] y) {{ {nodes} }}",
        eight=i64(8),
        far=i64(2**62),
        one=i64(1),
        zero=i64(0),
        minus=i64(-1),
        eight_zero=i64(8, 0),
        zero_eight=i64(0, 8),
    ).gives({"x": x}, {"y": x if extents[1] else np.zeros(extents, F32)})

# A product over nothing is 0, a layer of no rows gives no rows.
table.model(
    "product_of_nothing",
    "(float[n,8] x) => (float[n,5] y) { r = Slice (x, eight, far, one) p = MatMul (r, W) "
    "q = ReduceSum <keepdims = 1> (x, one) "
    "y = Add (p, q) }",
    eight=i64(8),
    far=i64(2**62),
    one=i64(1),
    W=np.zeros((0, 5), F32),
).gives({"x": rand(2, 8)}, {"y": np.repeat(rand(2, 8).sum(1, keepdims=True), 5, 1)})
model = table.model(
    "layer_reversed",
    "(float[n,8] x) => (float[n,6] y) { r = Slice (x, s, e, a, t) y = MatMul (r, W) }",
    s=i64(-1),
    e=i64(LOWEST),
    a=i64(0),
    t=i64(-1),
    W=ternary(8, 6),
)
for rows in (0, 1, 4):
    model.gives({"x": rand(rows, 8)}, {"y": rand(rows, 8)[::-1] @ ternary(8, 6)})

table.main()
