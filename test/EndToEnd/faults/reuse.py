# A buffer is written again only when nothing reads what was in it: values that leave an If, views of them, inputs.
#
# RUN: %python %s %t
"""Graphs in which an elementwise operator could take the place of an operand that is still wanted."""

import pathlib
import sys
from typing import Any

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import Table, f, i64, rand, ternary

table = Table()
SHAPES = {"static": "4,64", "dynamic": "n,m"}
# What a branch makes of `a`, and what the other makes of it.
BRANCHES = {
    "identity_or_neg": ("t = Identity (a)", "e = Neg (a)"),
    "neg_or_identity": ("t = Neg (a)", "e = Identity (a)"),
    "either_value": ("t = Identity (a)", "e = Identity (b)"),
    "the_input": ("t = Identity (x)", "e = Identity (a)"),
    "reshaped": ("u = Reshape (a, flat) t = Reshape (u, like)", "e = Identity (b)"),
    "there_and_back": ("u = Transpose (a) t = Transpose (u)", "e = Identity (a)"),
}
# What follows the If, whose result is r.
READERS = {
    "exp_of_a": "y = Exp (a) z = Add (r, y)",
    "exp_of_r": "y = Exp (r) z = Add (a, y)",
    "chain": "y0 = Neg (a) y1 = Exp (y0) y = Sqrt (y1) z0 = Neg (b) z = Mul (r, z0)",
}


def choice(then: str, other: str) -> str:
    return f"If (c) <then_branch = tg () => (float[] t) {{ {then} }}, else_branch = eg () => (float[] e) {{ {other} }}>"


for kind, shape in SHAPES.items():
    for branches, (then, other) in BRANCHES.items():
        for reader, nodes in READERS.items():
            model = table.model(
                f"{kind}_{branches}_{reader}",
                f"(float[{shape}] x, bool c) => (float[] y, float[] z, float[] b) "
                f"{{ like = Shape (x) a = Relu (x) b = Abs (x) r = {choice(then, other)} {nodes} }}",
                flat=i64(-1),
            )
            for taken in (True, False):
                model.gives({"x": rand(4, 64), "c": taken})

nested = choice(f"t = {choice('t = Identity (a)', 'e = Neg (a)').replace('(c)', '(d)')}", "e = Identity (a)")
model = table.model(
    "nested",
    f"(float[n,64] x, bool c, bool d) => (float[n,64] y, float[n,64] z) "
    f"{{ a = Relu (x) r = {nested} y = Exp (a) z = Add (r, y) }}",
)
for outer in (True, False):
    for inner in (True, False):
        model.gives({"x": rand(3, 64), "c": outer, "d": inner})

# Two results, of which one is the other's buffer in one branch.
model = table.model(
    "two_results",
    "(float[n,64] x, bool c) => (float[n,64] y, float[n,64] z) { a = Relu (x) b = Sigmoid (x) "
    "r, s = If (c) <then_branch = tg () => (float[] t1, float[] t2) { t1 = Identity (a) t2 = Identity (a) }, "
    "else_branch = eg () => (float[] e1, float[] e2) { e1 = Identity (b) e2 = Identity (a) }> "
    "u = Exp (r) y = Add (u, s) v = Exp (a) z = Add (v, b) }",
)
for taken in (True, False):
    model.gives({"x": rand(5, 64), "c": taken})

# Without an If: an input, a constant and an output whose buffer the next operator must leave alone.
table.model(
    "outputs_that_are_read",
    "(float[n,64] x) => (float[n,64] a, float[n,64] b, float[n,64] y, float[n,64] k) "
    "{ a = Relu (x) b = Exp (a) u = Add (b, x) y = Sqrt (b) k = Add (u, one) }",
    one=f(1),
).gives({"x": rand(4, 64)})
table.model(
    "layer_and_its_input",
    "(float[n,16] x) => (float[n,16] y, float[n,16] z) { a = Relu (x) h = MatMul (a, W) y = Add (a, h) z = Exp (a) }",
    W=ternary(16, 16),
).gives({"x": rand(4, 16)})

# A view of the buffer that would hold the result: it shows the next row what the row before has become.
ENDS: dict[str, Any] = {"i0": i64(0), "i1": i64(1), "i2": i64(2), "m1": i64(-1), "reps": i64(4, 1), "parts": i64(1, 3)}
ENDS["zero"] = np.array(0)
VIEWS = {
    "first_row": "s = Slice (a, i0, i1, i0) y = Sub (a, s)",
    "first_column": "s = Slice (a, i0, i1, i1) y = Sub (s, a)",
    "row_of_gather": "s = Gather <axis = 0> (a, zero) y = Mul (a, s)",
    "split": "s, r = Split <axis = 0> (a, parts) y = Add (s, a)",
    "squeezed": "r = Slice (a, i0, i1, i0) s = Squeeze (r, i0) y = Add (a, s)",
    "reversed": "s = Slice (a, m1, far, i0, m1) y = Sub (a, s)",
    "tiled": "r = Slice (a, i0, i1, i0) s = Tile (r, reps) y = Sub (a, s)",
    "expanded": "r = Slice (a, i0, i1, i0) z = Shape (a) s = Expand (r, z) y = Sub (a, s)",
    "slope": "s = Slice (a, i1, i2, i0) b = Neg (a) t = Slice (b, i1, i2, i0) y = PRelu (b, t)",
    "condition": "s = Slice (a, i0, i1, i0) g = Greater (a, s) y = Where (g, s, a)",
    "in_a_branch": "b = Less (one, two) y = If (b) <then_branch = tg () => (float[] t1) "
    "{ s = Slice (a, i0, i1, i0) t1 = Sub (a, s) }, else_branch = eg () => (float[] e1) { e1 = Identity (a) }>",
    "of_a_branch": "b = Less (one, two) s = If (b) <then_branch = tg () => (float[] t1) "
    "{ t1 = Slice (a, i0, i1, i0) }, else_branch = eg () => (float[] e1) { e1 = Slice (a, i1, i2, i0) }> y = Sub (a, s)",
    "transposed": "s = Transpose (a) y = Sub (a, s)",
}
for view, nodes in VIEWS.items():
    for rows in ("4", "n"):
        table.model(
            f"view_{view}_{rows}",
            f"(float[{rows},4] x) => (float[] y) {{ a = Sigmoid (x) {nodes} }}",
            one=f(1),
            two=f(2),
            far=i64(-9),
            **ENDS,
        ).gives({"x": rand(4, 4)})
for count in (3, 130):
    table.model(
        f"view_of_a_layer_{count}",
        "(float[n,64] x) => (float[n,64] y) { h = MatMul (x, W) s = Slice (h, i0, i1, i0) y = Add (h, s) }",
        W=ternary(64, 64),
        **ENDS,
    ).gives({"x": rand(count, 64)})
table.model(
    "view_of_an_image",
    "(float[n,3,4,4] x) => (float[] y) { a = Relu (x) s = Slice (a, i1, i2, i1) y = Sub (a, s) }",
    **ENDS,
).gives({"x": rand(2, 3, 4, 4)})

# Layers that become one loop. What it hands on may be two tensors at first and one later (a scale of 1 is gone from
# all but the first layer), an older one beside the new one, or two that change places.
CARRIED = {
    "one_of_two": "m{i} = Mul (x{i}, s{i}) c{i} = Tanh (m{i}) d{i} = Sub (c{i}, x{i}) p{i} = MatMul (d{i}, w{i}) "
    "x{j} = Add (p{i}, x{i})",
    "older": "c{i} = Tanh (x{i}) p{i} = MatMul (c{i}, w{i}) q{i} = Add (p{i}, y{i}) x{j} = Mul (q{i}, x{i}) "
    "y{j} = Identity (x{i})",
    "exchanged": "c{i} = Sub (y{i}, x{i}) x{j} = MatMul (c{i}, w{i}) y{j} = Tanh (x{i})",
    "both_new": "c{i} = Sub (y{i}, x{i}) x{j} = MatMul (c{i}, w{i}) y{j} = Neg (x{j})",
}
for name, layer in CARRIED.items():
    for kind in ("ternary", "float"):
        weights = [ternary(16, 16, seed=i) if kind == "ternary" else rand(16, 16, seed=i) for i in range(6)]
        for rows in ("n", "6"):
            nodes = " ".join(layer.format(i=i, j=i + 1) for i in range(6))
            table.model(
                f"carried_{name}_{kind}_{rows}",
                f"(float[{rows},16] x, float[{rows},16] y) => (float[{rows},16] z, float[{rows},16] u) "
                f"{{ x0 = Sigmoid (x) y0 = Exp (y) {nodes} z0 = Add (x6, {'x0' if name == 'one_of_two' else 'y6'}) "
                f"z = Add (z0, x0) u = Sub (y0, x6) }}",
                **{f"w{i}": w * np.float32(0.25) for i, w in enumerate(weights)},
                **{f"s{i}": f(1 if i else 0.5) for i in range(6)},
            ).gives({"x": rand(6, 16), "y": rand(6, 16)})

table.main()
