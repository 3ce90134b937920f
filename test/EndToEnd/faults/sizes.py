# Sizes, bounds, steps and strides at the ends of their types: the answer of ONNX or an error, never a number that
# wrapped around.
#
# RUN: %python %s %t
"""Extreme numbers where tensors get their sizes, and lists and reductions of numbers that do not fit a signed type."""

import itertools
import pathlib
import sys
from typing import Any

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, Array, Table, f, i64, rand

table = Table()
LOWEST, HIGHEST = -(2**63), 2**63 - 1
HUGE = 2**62
FORBIDDEN = r"error: .*'\w+' has the size -"
TOO_LARGE = "error: .*has sizes of more than 72057594037927936 elements"
AT_RUN = "error: .*: a size is negative or too large"

# Sizes of ConstantOfShape, Expand, Tile and Reshape.
SIZED = {
    "floats": "(float[n] x) => (float[] y) { y = ConstantOfShape (s) }",
    "integers": "(float[n] x) => (int64[] y) { y = ConstantOfShape <value = int64[1] {7}> (s) }",
    "expand": "(float[n] x) => (float[] y) { y = Expand (x, s) }",
    "expand_one": "(float[1] x) => (float[] y) { y = Expand (x, s) }",
    "tile": "(float[n] x) => (float[] y) { y = Tile (x, s) }",
}
for name, text in SIZED.items():
    for size in (-1, LOWEST):
        table.model(f"{name}_{size}", text, s=i64(size)).is_refused(FORBIDDEN + str(-size))
    table.model(f"{name}_huge", text, s=i64(HUGE)).is_refused(TOO_LARGE + f": {HUGE}")
    given = text.replace(" x)", " x, int64[1] s)")
    model = table.model(f"{name}_given", given).gives({"x": rand(1), "s": i64(3)})
    for size in (-1, LOWEST, HUGE, HIGHEST):
        model.fails({"x": rand(1), "s": i64(size)}, AT_RUN)
table.model("product", SIZED["floats"], s=i64(2**32, 2**32)).is_refused(TOO_LARGE)
table.model(
    "product_given", "(int64[2] s) => (float[] y) { c = ConstantOfShape (s) y = ReduceSum <keepdims = 0> (c) }"
).gives({"s": i64(2, 3)}).fails({"s": i64(2**32, 2**32)}, AT_RUN).fails({"s": i64(-1, -1)}, AT_RUN)
table.model("tile_wraps", "(float[n,m] x, int64[2] s) => (float[] y) { y = Tile (x, s) }").gives(
    {"x": rand(2, 1), "s": i64(2, 3)}
).fails({"x": rand(4, 1), "s": i64(HUGE, 1)}, AT_RUN).fails({"x": rand(4, 1), "s": i64(HUGE + 1, 1)}, AT_RUN).fails(
    {"x": rand(0, 1), "s": i64(-1, 1)}, AT_RUN
)
table.model("reshape_wraps", "(float[n] x, int64[2] s) => (float[] y) { y = Reshape (x, s) }").gives(
    {"x": rand(6), "s": i64(2, -1)}
).fails({"x": rand(0), "s": i64(2**32, 2**32)}, AT_RUN).fails({"x": rand(4), "s": i64(HUGE + 1, 4)}, AT_RUN)

# Steps of Slice; nothing is behind the first element.
x = rand(5)
for start, end, step in (
    (0, HIGHEST, HIGHEST),
    (0, HIGHEST, HIGHEST - 1),
    (-1, LOWEST, LOWEST),
    (-1, LOWEST, -HIGHEST),
):
    bounds: dict[str, Any] = {"s": i64(start), "e": i64(end)}
    for extent in ("5", "n"):
        text = f"(float[{extent}] x) => (float[] y) {{ y = Slice (x, s, e, a, t) }}"
        model = table.model(f"slice_{start}_{step}_of_{extent}", text, a=i64(0), t=i64(step), **bounds)
        model.gives({"x": x}, {"y": x[[start]]})
        if extent == "n":
            model.gives({"x": x[:0]}, {"y": x[:0]})
    text = "(float[n] x, int64[1] s, int64[1] e) => (float[] y) { y = Slice (x, s, e, a, t) }"
    table.model(f"slice_given_{start}_{step}", text, a=i64(0), t=i64(step)).gives({"x": x, **bounds}, {"y": x[[start]]})
table.model(
    "slice_list",
    "(float[a,b,c] x) => (int64[] y, int64[] z) "
    "{ s = Shape (x) y = Slice (s, minus, low, zero, low) z = Slice (s, zero, high, zero, high) }",
    minus=i64(-1),
    low=i64(LOWEST),
    zero=i64(0),
    high=i64(HIGHEST),
).gives({"x": rand(2, 3, 4)}, {"y": i64(4), "z": i64(2)})
table.model(
    "slice_axes_twice",
    "(float[n,m] x) => (float[] y) { y = Slice (x, s, e, a) }",
    s=i64(1, 0),
    e=i64(3, 2),
    a=i64(0, -2),
).is_refused("error: .*'Slice' repeats axis -2")

# Sizes of Split whose sum wraps around to the extent.
for extent in ("4", "n"):
    table.model(
        f"split_wraps_of_{extent}",
        f"(float[{extent}] x) => (float[] y, float[] z, float[] v, float[] w) {{ y, z, v, w = Split (x, s) }}",
        s=i64(HUGE, HUGE, HUGE, HUGE + 4),
    ).is_refused(f"error: .*'Split' has the size {HUGE}")

# Range: the distance of its ends does not fit in their type.
for dtype in (np.dtype(np.int16), np.dtype(np.int32), np.dtype(np.int64)):
    name, low, high = dtype.name, int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    third = high // 3
    fed = table.model(f"range_{name}", f"({name} s, {name} l, {name} d) => ({name}[] y) {{ y = Range (s, l, d) }}")
    for start, limit, delta in (
        (5 - 3 * third, 3 * third - 5, third),
        (3 * third - 5, 5 - 3 * third, -third),
        (low, high, third),
        (high, low, low),
        (low, high, high),
        (3, 3, 1),
        (5, 2, 1),
        (2, 5, -1),
        (2, -5, -3),
    ):
        arguments: dict[str, Any] = {
            key: np.array(number, dtype) for key, number in zip("sld", (start, limit, delta), strict=True)
        }
        steps = {"y": np.array(list(range(start, limit, delta)), dtype)}
        fed.gives(arguments, steps)
        text = f"(float x) => ({name}[] y) {{ y = Range (s, l, d) }}"
        table.model(f"range_{name}_{start}_{limit}_{delta}", text, **arguments).gives({"x": F32(0)}, steps)
    fed.fails(
        {key: np.array(number, dtype) for key, number in (("s", 0), ("l", 5), ("d", 0))}, "error: .*: the step is 0"
    )
table.model("range_step_0", "(float x) => (float[] y) { y = Range (s, l, d) }", s=f(0), l=f(5), d=f(0)).is_refused(
    "error: .*'Range' has a step of 0"
)
model = table.model("range_floats", "(float s, float l, float d) => (float[] y) { y = Range (s, l, d) }")
model.gives({"s": f(1), "l": f(0.1), "d": f(-0.1)}).gives({"s": f(0), "l": f(1), "d": f(-1)})
model.fails({"s": f(0), "l": f(5), "d": f(0)}, "error: .*: the step is 0")
model.fails({"s": f(0), "l": f(np.nan), "d": f(1)}, "error: .*: the number of steps is not a number")
model.fails({"s": f(0), "l": f(np.inf), "d": f(1)}, AT_RUN)

# Trilu: numbers of rows and of the diagonal are added.
x = rand(3, 4)
for diagonal in (LOWEST, HIGHEST - 1, HIGHEST):
    near = min(max(diagonal, -100), 100)
    for name, inputs in (("known", ""), ("given", ", int64 k")):
        text = f"(float[a,b] x{inputs}) => (float[] y, float[] z) {{ y = Trilu (x, k) z = Trilu <upper = 0> (x, k) }}"
        constants: dict[str, Any] = {} if inputs else {"k": np.int64(diagonal)}
        feeds = {"x": x, **({"k": np.int64(diagonal)} if inputs else {})}
        table.model(f"trilu_{name}_{diagonal}", text, **constants).gives(
            feeds, {"y": np.triu(x, near), "z": np.tril(x, near)}
        )

# Strides beyond the image make one window; pads and dilations that are as large are errors.
image, ones, kernel = rand(1, 1, 4, 4), np.ones((1, 1, 2, 2), F32), rand(1, 1, 2, 2)
columns = np.stack([image[:, :, :2, i : i + 2] for i in range(3)], 2)  # [1, 1, 3, 2, 2]
pool = "kernel_shape = [2, 2], ceil_mode"
FORMS: dict[str, tuple[str, Array]] = {
    "Conv": ("Conv <{}> (x, kernel)", (columns * kernel[:, :, None]).sum((3, 4))),
    "Conv_ternary": ("Conv <{}> (x, ones)", columns.sum((3, 4))),
    "MaxPool": (f"MaxPool <{pool} = 0, {{}}> (x)", columns.max((3, 4))),
    "MaxPool_ceil": (f"MaxPool <{pool} = 1, {{}}> (x)", columns.max((3, 4))),
    "AveragePool": (f"AveragePool <{pool} = 0, {{}}> (x)", columns.mean((3, 4))),
    "AveragePool_ceil": (f"AveragePool <{pool} = 1, {{}}> (x)", columns.mean((3, 4))),
}
REFUSED = {
    "pads": f"pads = [{HIGHEST}, 0, 0, 0]",
    "two_pads": f"pads = [{HUGE}, 0, {HUGE}, 0]",
    "dilation": f"dilations = [{HIGHEST}, 1]",
    "dilation_of_same": f'auto_pad = "SAME_UPPER", dilations = [{HUGE}, 1]',
}
for (name, (node, result)), extents in itertools.product(FORMS.items(), ("1,1,4,4", "n,1,h,w")):
    constants = {"ones": ones} if "ones" in node else {"kernel": kernel} if "kernel)" in node else {}
    form = f"(float[{extents}] x) => (float[] y) {{{{ y = {node} }}}}"
    suffix = "_of_any" if "n" in extents else ""
    text = form.format(f"strides = [{HIGHEST}, 1]")
    table.model(f"{name}_stride{suffix}", text, opset=19, **constants).gives({"x": image}, {"y": result[:, :, None]})
    for kind, attributes in REFUSED.items():
        model = table.model(f"{name}_{kind}{suffix}", form.format(attributes), opset=19, **constants)
        model.is_refused(f"error: .*'{name.split('_')[0]}' needs .* of at most 2147483647")

# Lists of numbers that are known when the model is compiled.
a, b = i64(1, HIGHEST, 3, HIGHEST - 1, LOWEST, LOWEST), i64(2, LOWEST, HIGHEST, 0, -1, LOWEST)
FUNCTIONS = {
    "Max": np.maximum,
    "Min": np.minimum,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Equal": np.equal,
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
}
for name, function in FUNCTIONS.items():
    answer = function(a, b)
    kind_of_list = "bool" if answer.dtype == np.bool_ else "int64"
    text = f"(int64[6] x) => ({kind_of_list}[] y, {kind_of_list}[] z) {{ y = {name} (a, b) z = {name} (a, x) }}"
    table.model(f"list_{name}", text, a=a, b=b).gives({"x": b}, {"y": answer, "z": answer})
a, b = i64(-7, LOWEST, HIGHEST, LOWEST, 7), i64(2, -1, -5, LOWEST, -1)
quotients = {"y": i64(-3, LOWEST, -(HIGHEST // 5), 1, -7)}
table.model("list_Div", "(float x) => (int64[] y) { y = Div (a, b) }", a=a, b=b).gives({"x": F32(0)}, quotients)
# Reading a shape from `b` makes numbers of it that the compiler follows.
table.model(
    "list_Div_given",
    "(int64[5] a, int64[5] b) => (int64[] y, float[] z) { y = Div (a, b) t = Mul (b, zero) z = ConstantOfShape (t) }",
    zero=i64(0),
).gives({"a": a, "b": b}, {**quotients, "z": np.zeros((0,) * 5, F32)})

# Reductions of unsigned numbers, in lists and at run time.
for unsigned in (np.dtype(np.uint32), np.dtype(np.uint64)):
    name, high = unsigned.name, int(np.iinfo(unsigned).max)
    numbers = np.array([1, high, 3, high - 1], unsigned)
    for op, extreme in (("ReduceMax", high), ("ReduceMin", 1)):
        text = f"({name}[n] x) => ({name}[] y, {name}[] z) {{ y = {op} (c) z = {op} (x) }}"
        found = np.array([extreme], unsigned)
        table.model(f"{op}_{name}", text, opset=18, c=numbers).gives({"x": numbers}, {"y": found, "z": found})
    largest = np.array([high, 0, 0], unsigned)
    short = np.array([40000, 20000, 30000] if unsigned == np.uint32 else [12, 9, 0], unsigned)
    length = np.sqrt(float(int((short.astype(np.uint64) ** 2).sum()) % (high + 1)))
    for op, terms, total in (
        ("ReduceL1", largest, high),
        ("ReduceL2", short, int(length)),
        ("ReduceLogSum", largest, int(np.log(float(high)))),
    ):
        text = f"({name}[n,3] x) => ({name}[] y) {{ y = {op} <keepdims = 0> (x, one) }}"
        model = table.model(f"{op}_{name}", text, opset=18, one=i64(1))
        model.gives({"x": terms[None]}, {"y": np.array([total], unsigned)})
        model.gives({"x": np.zeros((0, 3), unsigned)}, {"y": np.zeros(0, unsigned)})

table.main()
