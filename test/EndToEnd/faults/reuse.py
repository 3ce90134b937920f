# A buffer is written again only when nothing reads what was in it: values that leave an If, views of them, inputs.
#
# RUN: %python %s %t
"""Graphs in which an elementwise operator could take the place of an operand that is still wanted."""

import pathlib
import sys

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

table.main()
