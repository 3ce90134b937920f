# What random graphs found, each as small as it gets: views where dense buffers are wanted, tensors that are chosen,
# tensors without elements, sizes that only the run knows.
#
# RUN: %python %s %t
"""Sizes and orders that the graph leaves open; wrong ones are errors, also within a branch."""

import itertools
import pathlib
import sys
from typing import Literal

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, ROWS, Table, i64, quantize_rows, rand, ternary

table = Table()

# A prefix of rows is no dense buffer, but its sizes and strides at run time look like those of one.
VIEWS = {
    "prefix": "v = Slice (x, zero, sixteen, one)",
    "suffix": "v = Slice (x, minus, far, one)",
    "middle": "v = Slice (x, two, eighteen, one)",
    "split": "v, rest = Split <axis = 1> (x, parts)",
    "split_last": "rest, v = Split <axis = 1> (x, stray)",
    "gathered": "v = Gather <axis = 1> (x, indices)",
    "turned": "u = Transpose (x) w = Slice (u, zero, sixteen, zero) v = Transpose (w)",
    "row_prefix": "w = Slice (x, zero, two, zero) v = Slice (w, zero, sixteen, one)",
}
# "split" has to know the extent of what it splits.
READERS = {
    "product": "y = MatMul (v, W)",
    "layer": quantize_rows("v", "q") + " y = MatMul (q, W)",
    "result": "y = Identity (v)",
    "softmax": "y = Softmax <axis = -1> (v)",
    "both": "h = MatMul (v, W) z = Relu (v) y = Concat <axis = 1> (h, z)",
    "chosen": "y = If (c) <then_branch = t () => (float[] a) { a = MatMul (v, W) }, else_branch = e () => "
    "(float[] b) { b = MatMul (v, V) }>",
}
for (view, nodes), (reader, end) in itertools.product(VIEWS.items(), READERS.items()):
    if reader in ("softmax", "both", "chosen") and view not in ("prefix", "split"):
        continue
    columns = "20" if "split" in view else "m"
    model = table.model(
        f"{view}_{reader}",
        f"(float[n,{columns}] x, bool c) => (float[] y) {{ {nodes} {end} }}",
        zero=i64(0),
        one=i64(1),
        two=i64(2),
        minus=i64(-16),
        far=i64(2**62),
        sixteen=i64(16),
        eighteen=i64(18),
        parts=i64(16, 4),
        stray=i64(4, 16),
        indices=np.arange(16) + 1,
        W=ternary(16, 5),
        V=ternary(16, 5, seed=1),
        **ROWS,
    )
    for rows, width in ((3, 20), (1, 20), (0, 20), *(() if columns == "20" else ((3, 23), (2, 18)))):
        model.gives({"x": rand(rows, width), "c": rows != 3})

# A choice between two values that are there already is no branch, but may be a choice of tensors.
CHOICES = {
    "values": ("a = Relu (x) b = Neg (x)", "Identity (a)", "Identity (b)"),
    "views": ("a = Slice (x, zero, two, one) b = Slice (x, two, four, one)", "Identity (a)", "Identity (b)"),
    "views_inside": ("a = Relu (x)", "Slice (a, zero, two, one)", "Slice (a, two, four, one)"),
    "other_order": ("a = Transpose (x) b = Relu (a)", "Transpose (a)", "Transpose (b)"),
    "other_sizes": ("a = Slice (x, zero, two, zero) b = Relu (x)", "Identity (a)", "Identity (b)"),
    "input_or_constant": ("a = Identity (x)", "Identity (x)", "Identity (K)"),
}
for name, (nodes, then, other) in CHOICES.items():
    for reader, end in {
        "result": "y = Identity (r)",
        "sum": "y = Add (r, r)",
        "product": "t = Transpose (r) y = MatMul (t, r)",
    }.items():
        model = table.model(
            f"choice_{name}_{reader}",
            f"(float[n,m] x, bool c) => (float[] y) {{ {nodes} r = If (c) <then_branch = t () => (float[] p) "
            f"{{ p = {then} }}, "
            f"else_branch = e () => (float[] q) {{ q = {other} }}> {end} }}",
            zero=i64(0),
            one=i64(1),
            two=i64(2),
            four=i64(4),
            K=rand(3, 4),
        )
        for taken, rows in itertools.product((True, False), (3, 1)):
            model.gives({"x": rand(rows, 4), "c": taken})
model = table.model(
    "where",
    "(float[n,m] x, float[n,m] z, bool c) => (float[n,m] y) { a = Transpose (x) b = Transpose (z) "
    "w = Where (c, a, b) y = Transpose (w) }",
)
for taken in (True, False):
    model.gives({"x": rand(3, 2), "z": rand(3, 2, seed=1), "c": taken}).gives(
        {"x": rand(0, 2), "z": rand(0, 2), "c": taken}
    )

# Reshape: 0 copies, -1 is what is left, and with no elements what is left is a matter of the other extents.
RESHAPES: dict[str, tuple[list[int], int, dict[tuple[int, int], tuple[int, ...]]]] = {
    "copy": ([0, -1], 0, {(0, 6): (0, 6), (2, 6): (2, 6)}),
    "split": ([0, 2, 3], 0, {(0, 6): (0, 2, 3), (4, 6): (4, 2, 3)}),
    "flat": ([-1], 0, {(0, 6): (0,), (2, 0): (0,), (2, 3): (6,)}),
    "leading": ([-1, 6], 0, {(0, 6): (0, 6), (3, 4): (2, 6)}),
    "zero": ([0, 5], 1, {(0, 6): (0, 5), (3, 0): (0, 5)}),
    "zero_last": ([3, 0], 1, {(0, 6): (3, 0), (2, 0): (3, 0)}),
}
for name, (shape, allow, cases) in RESHAPES.items():
    model = table.model(
        f"reshape_{name}",
        f"(float[n,m] x) => (float[] y) {{ y = Reshape <allowzero = {allow}> (x, s) }}",
        s=i64(*shape),
    )
    for old, new in cases.items():
        model.gives({"x": rand(*old)}, {"y": rand(*old).reshape(new)})
    if allow:
        model.fails({"x": rand(2, 5)}, "error: y: ")
table.model("reshape_left_over", "(float[n,m] x) => (float[] y) { y = Reshape (x, s) }", s=i64(-1, 4)).fails(
    {"x": rand(3, 3)}, "error: y: "
).gives({"x": rand(2, 6)})
model = table.model(
    "reshape_like", "(float[n,m] x, float[p,q] z) => (float[] y) { s = Shape (z) y = Reshape <allowzero = 1> (x, s) }"
)
model.gives({"x": rand(2, 3), "z": rand(3, 2)}, {"y": rand(2, 3).reshape(3, 2)})
model.gives({"x": rand(0, 3), "z": rand(5, 0)}, {"y": np.zeros((5, 0), F32)}).fails(
    {"x": rand(2, 3), "z": rand(2, 2)}, "error: y: "
)

# Pad: a constant makes something of nothing, an edge has to be there.
MODES: tuple[Literal["constant", "edge", "reflect"], ...] = ("constant", "edge", "reflect")
for mode in MODES:
    model = table.model(
        f"pad_{mode}", f'(float[n,m] x) => (float[] y) {{ y = Pad <mode = "{mode}"> (x, pads) }}', pads=i64(1, 0, 0, 2)
    )
    for rows, width in ((2, 3), (4, 5)):
        model.gives({"x": rand(rows, width)}, {"y": np.pad(rand(rows, width), ((1, 0), (0, 2)), mode=mode)})
    for rows, width in ((0, 3), (2, 0), (0, 0)):
        x = rand(rows, width)
        if mode == "constant":
            model.gives({"x": x}, {"y": np.pad(x, ((1, 0), (0, 2)))})
        else:
            model.fails({"x": x}, "error: y: ")

# Integer products of odd sizes; columns that the weights do not have.
codes = np.random.default_rng(0).integers(-128, 128, (40, 40)).astype(np.int8)
for k, n in ((1, 1), (3, 1), (1, 5), (5, 3), (17, 7), (33, 9)):
    w = codes[:k, :n] if k != 17 else np.sign(codes[:k, :n])
    model = table.model(
        f"integer_{k}_{n}",
        "(int8[m,k] a) => (int32[] y) { y = MatMulInteger (a, W, za, zw) }",
        W=w,
        za=np.int8(3),
        zw=np.int8(-2 if k != 17 else 0),
    )
    for m in (0, 1, 3):
        a = codes[:m, 7 : 7 + k]
        model.gives({"a": a}, {"y": (a.astype(np.int32) - 3) @ (w.astype(np.int32) - (-2 if k != 17 else 0))})
    model.fails({"a": codes[:2, : k + 1]}, "error: .*y'?: ")
    table.model(
        f"integer_{k}_{n}_known", f"(int8[m,{k + 1}] a) => (int32[] y) {{ y = MatMulInteger (a, W) }}", W=w
    ).is_refused("error: node 'y': ")

# Channels that the file leaves open: known from the weights, checked when it runs, in a branch too.
for kind, w in (("float", rand(4, 3, 2, 2)), ("ternary", ternary(4, 3, 2, 2))):
    for q in ("x", "codes"):
        nodes = quantize_rows("x", "codes", (1, 2, 3)) if q == "codes" else ""
        model = table.model(
            f"channels_{kind}_{q}", f"(float[n,c,h,w] x) => (float[] y) {{ {nodes} y = Conv ({q}, W) }}", W=w, **ROWS
        )
        model.gives({"x": rand(2, 3, 4, 5)}).gives({"x": rand(1, 3, 2, 2)})
        for wrong in (0, 1, 2, 4, 6):
            model.fails({"x": rand(2, wrong, 4, 5)}, "error: .*y'?: .*channels")
    branch = table.model(
        f"channels_{kind}_in_a_branch",
        "(float[n,c,h,w] x, bool b) => (float[] y) { y = If (b) <then_branch = t () => (float[] a) "
        "{ a = Conv (x, W) }, "
        "else_branch = e () => (float[] z) { z = Neg (x) }> }",
        W=w,
    )
    for taken in (True, False):
        branch.gives({"x": rand(2, 3, 4, 5), "b": taken})
    branch.gives({"x": rand(2, 2, 4, 5), "b": False}).fails(
        {"x": rand(2, 2, 4, 5), "b": True}, "error: .*a'?: .*channels"
    )
for kind, w in (("float", rand(8, 3)), ("ternary", ternary(8, 3))):
    model = table.model(f"columns_{kind}", "(float[n,k] x) => (float[n,3] y) { y = MatMul (x, W) }", W=w).gives(
        {"x": rand(2, 8)}
    )
    for wrong in (0, 1, 7, 9):
        model.fails({"x": rand(2, wrong)}, "error: .*y'?: ")

# An extent that one operand fixes and another one leaves open.
for name, extents, nodes, sizes in (
    (
        "layer_of_one",
        "8,1,n,m",
        quantize_rows("x", "q") + " p = MatMul (q, One) y = Transpose (p) z = Identity (q_c)",
        (8, 1, 5, 1),
    ),
    ("instance_of_one", "b,c,h,w", "y = InstanceNormalization (x, one_f, zero_f) z = Neg (y)", (2, 1, 1, 1)),
    ("layer_of_nothing", "m,0,1", quantize_rows("x", "q") + " y = MatMul (q, One) z = Abs (y)", (3, 0, 1)),
):
    table.model(
        name,
        f"(float[{extents}] x) => (float[] y, float[] z) {{ {nodes} }}",
        One=np.ones((1, 16), F32),
        one_f=np.ones(1, F32),
        zero_f=np.zeros(1, F32),
        **ROWS,
    ).gives({"x": rand(*sizes)})

# One number lies behind the pointer, and no more: FastISel of LLVM reads four.
for flags in (("-O0", "--mcpu=native"), ("-O2", "--mcpu=native")):
    table.model(
        f"chosen_scalar{flags[0]}",
        "(float x, float v) => (float y) { l = Less (x, half) y = Where (l, v, two) }",
        half=F32(0.5),
        two=F32(2),
        flags=flags,
    ).gives({"x": np.array(0.25, F32), "v": np.array(3, F32)})

# Two lists of indices of one product each: a vector of the loop's numbers is handed to the threads, and a slot on the
# stack is aligned for no vector (several runs: half of all stacks are by chance).
pairs = np.random.default_rng(0).integers(-2, 2, (16, 1))
model = table.model(
    "vector_for_threads",
    "(int64[2] x, int64[1,2] v, int64[3,m,2] at) => (int64[] y, int64[] z) "
    "{ y = GatherND (x, columns) z = GatherND (v, at) }",
    columns=pairs,
)
for seed in range(8):
    at = np.stack([np.full((3, 1), -1), np.random.default_rng(seed).integers(-1, 1, (3, 1))], axis=-1)
    model.gives({"x": i64(-3, 1), "v": np.array([[-3, 1]]), "at": at})

# What one reader asks of a tensor (its columns) is known to the other, but not in its types: output_shape [3, 30, 8]
# of tensor<3x?x8xf32> crashed the canonicalizer.
table.model(
    "columns_known_to_the_other_reader",
    f"(float[3,c,7,w] x) => (float[] y, float[] z) {{ {quantize_rows('x', 'q', (3,))} "
    "p = Conv <strides = [2, 2], pads = [2, 2, 2, 1]> (q, W) y = Add (p, b) "
    "r = Round (q) k = Clip (r, lo, hi) z = MatMul (k, V) }",
    W=ternary(8, 1, 2, 1),
    V=ternary(9, 4),
    b=rand(8, 1, 1),
    **ROWS,
).gives({"x": rand(3, 1, 7, 9)})

# A branch that is not taken may be larger than the place where the other one's result goes.
for (name, then, other), axis, level in itertools.product(
    (("outside", "Identity (a)", "Identity (b)"), ("inside", "Abs (x)", "Neg (z)")), (0, 1), ("-O0", "-O2")
):
    shapes = ("2,3", "2,m", "1,3") if axis == 0 else ("3,2", "m,2", "3,1")
    model = table.model(
        f"joined_branch_{name}_{axis}{level}",
        f"(float[{shapes[0]}] x, float[{shapes[1]}] z, float[{shapes[2]}] w, bool c) => (float[] y) "
        f"{{ a = Abs (x) b = Neg (z) v = If (c) <then_branch = t () => (float[] p) {{ p = {then} }}, "
        f"else_branch = e () => (float[] q) {{ q = {other} }}> y = Concat <axis = {axis}> (w, v) }}",
        flags=(level, "--mcpu=native"),
    )
    first, second = rand(2, 3), rand(1, 3, seed=2)
    for taken, width in ((True, 1), (True, 3), (True, 40), (True, 400000), (False, 3), (False, 4)):
        third = rand(2, width, seed=1)
        feeds = {"x": first, "z": third, "w": second} if axis == 0 else {"x": first.T, "z": third.T, "w": second.T}
        if taken or width == 3:
            model.gives(feeds | {"c": taken})
        else:
            model.fails(feeds | {"c": taken}, "error: y: ")

# Before opset 13 all dimensions from the axis on are one: a long sum of short rows.
for op, axis in itertools.product(("Softmax", "LogSoftmax"), (0, 2)):
    model = table.model(
        f"old_{op}_{axis}", f"(float[a,b,c,d] x) => (float[a,b,c,d] y) {{ y = {op} <axis = {axis}> (x) }}", opset=9
    )
    for sizes in ((8, 4, 8, 9), (2, 3, 1, 5), (1, 1, 1, 1), (2, 2, 0, 3)):
        model.gives({"x": np.round(rand(*sizes) * 8) / 8})

# The extents of a padded image without elements are sums, which stage 2 takes.
for image in ("0,1,h,w", "n,1,h,w"):
    table.model(
        f"padded_layer_{image[0]}",
        f"(float[{image}] x) => (float[] y) {{ y = Conv <pads = [1, 0, 1, 0]> (x, W) }}",
        W=np.ones((1, 1, 1, 1), F32),
    ).gives({"x": rand(0, 1, 3, 2)})

# The last axes that are reduced are one row, too: thousands of equal numbers, one after the other, round the same way.
SUMS = {
    "mean": "y = ReduceMean (e)",
    "sum": "y = ReduceSum <keepdims = 0> (e, last)",
    "norm": "y = ReduceL2 <axes = [3, 1, 2]> (e)",
    "around": "y = ReduceSum (e, outer)",
    "logsumexp": "y = ReduceLogSumExp <axes = [1, 2, 3], keepdims = 0> (e)",
    "pool": "y = GlobalAveragePool (e)",
}
for (name, nodes), declared in itertools.product(SUMS.items(), ("17,7,5,4", "a,b,c,d")):
    model = table.model(
        f"row_of_rows_{name}_{declared[0]}",
        f"(float[{declared}] x) => (float[] y) {{ s = Sin (x) e = Abs (s) {nodes} }}",
        last=i64(1, 2, 3),
        outer=i64(0, 2, 3),
    )
    model.gives({"x": np.sign(rand(17, 7, 5, 4))})
    if declared[0] == "a":
        for sizes in ((2, 1, 9, 1), (1, 1, 1, 1), *(((1, 3, 0, 4),) if name == "sum" else ())):
            model.gives({"x": rand(*sizes)})

# A reduction whose body folds to a constant still gives its init where there is nothing to reduce. The reduction
# before it makes the constant, of an axis without elements; what is left may have some.
I32 = np.iinfo(np.int32)
LEAST, MOST, ONE, NONE = int(I32.min), int(I32.max), 1, 0
CONSTANT_BODIES = {
    "max": ("ReduceMin", "ReduceMax", MOST, LEAST),
    "min": ("ReduceMax", "ReduceMin", LEAST, MOST),
    "product": ("ReduceSum", "ReduceProd", NONE, ONE),
}
for name, (inner, outer, some, none) in CONSTANT_BODIES.items():
    empty = "ReduceSum (x, zero)" if inner == "ReduceSum" else f"{inner} <axes = [0]> (x)"
    model = table.model(
        f"reduce_nothing_{name}",
        f"(int32[0,n,m] x) => (int32[] y, int32[] z) {{ e = {empty} "
        f"y = {outer} (e) z = {outer} <axes = [1], keepdims = 0> (e) }}",
        opset=17,
        zero=i64(0),
    )
    for n, m in ((0, 3), (3, 2), (20, 0), (0, 0)):
        want = {
            "y": np.full((1, 1, 1), some if n * m else none, np.int32),
            "z": np.full((1, m), some if n else none, np.int32),
        }
        model.gives({"x": np.zeros((0, n, m), np.int32)}, want)

# A picture that a window with strides leaves is padded as far as the window reads. If it was padded before, upstream's
# canonicalization makes one of the two, and affine.apply of its sizes, which the checks between stages did not know.
for declared, pads in itertools.product(("1,1,d,e", "a,b,c,d"), ((1, 1, 1, 1, 1, 1, 1, 1), (0, 0, 1, 0, 0, 0, 0, 2))):
    table.model(
        f"pad_of_pad_{declared[-1]}_{pads[0]}",
        f"(float[{declared}] x) => (float[] y, float[] z) {{ v = Pad (x, around) "
        "y = AveragePool <kernel_shape = [3, 1], strides = [3, 2]> (v) "
        "z = MaxPool <kernel_shape = [1, 3], strides = [2, 3]> (v) }",
        around=i64(*pads),
    ).gives({"x": rand(1, 1, 1, 1)}).gives({"x": rand(1, 1, 5, 4)})

# Integers reduce in their own type (mm_c6): exactly, modulo the number of its values, for any number of threads.
LARGE = {
    "int64": (np.int64, (0, 6, 2**63 - 1, 2**53 + 1, -(2**63))),
    "int32": (np.int32, (0, 6, 2**31 - 1, 2**24 + 1, -(2**31))),
}
REDUCE = {
    "Sum": lambda x: x.sum(axis=1, dtype=x.dtype),
    "Prod": lambda x: x.prod(axis=1, dtype=x.dtype),
    "L1": lambda x: np.abs(x).sum(axis=1, dtype=x.dtype),
    "SumSquare": lambda x: (x * x).sum(axis=1, dtype=x.dtype),
}
for (dtype, (kind, values)), (name, reduce) in itertools.product(LARGE.items(), REDUCE.items()):
    model = table.model(
        f"reduce_large_{name}_{dtype}",
        f"({dtype}[n,m] x) => ({dtype}[] y) {{ y = Reduce{name} <keepdims = 0> (x, one) }}",
        opset=18,
        one=i64(1),
    )
    for many in ((1, 5), (3, 67)):
        x = np.resize(np.array(values, kind), many)
        with np.errstate(over="ignore"):
            model.gives({"x": x}, {"y": reduce(x)})

table.main()
