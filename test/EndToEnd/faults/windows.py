# Pools and convolutions of images that are smaller than a window, at any stride: no window, or the one of a pool that
# onnxruntime clips; never memory outside of the image.
#
# RUN: %python %s %t
"""Every form at every size around that of its window, with sizes known when it is compiled and when it is run."""

import itertools
import pathlib
import sys
from typing import Any, NamedTuple

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, ROWS, Array, Table, quantize_rows, rand, ternary

table = Table()


class Form(NamedTuple):
    """Two spatial dimensions; pads are (top, left, bottom, right)."""

    kernel: tuple[int, int] = (3, 3)
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)
    ceil: int = 0

    def text(self, pool: bool) -> str:
        text = f"strides = {list(self.strides)}, pads = {list(self.pads)}, dilations = {list(self.dilations)}"
        return text + (f", kernel_shape = {list(self.kernel)}, ceil_mode = {self.ceil}" if pool else "")

    def reach(self, axis: int) -> int:
        return (self.kernel[axis] - 1) * self.dilations[axis] + 1

    def windows(self, axis: int, size: int, pool: bool) -> int:
        """How many there are. onnxruntime's pools divide toward zero: less than a stride may be missing."""
        room = size + self.pads[axis] + self.pads[axis + 2] - self.reach(axis)
        if self.ceil:
            count = -(-room // self.strides[axis]) + 1
            begun = size + self.pads[axis]
            return max(min(count, -(-begun // self.strides[axis])), 0)
        return max((int(room / self.strides[axis]) if pool else room // self.strides[axis]) + 1, 0)


FORMS = {
    "s1": Form(),
    "s2": Form(strides=(2, 2)),
    "s3": Form(strides=(3, 3)),
    "s12": Form(strides=(1, 2)),
    "padded": Form(strides=(2, 2), pads=(1, 0, 0, 1)),
    "dilated": Form(kernel=(2, 2), strides=(2, 2), dilations=(2, 3)),
    "ceil": Form(strides=(2, 2), ceil=1),
    "ceil_padded": Form(kernel=(2, 2), strides=(2, 2), pads=(1, 1, 0, 0), ceil=1),
    "flat": Form(kernel=(1, 3), strides=(1, 2)),
}
SIZES = ((1, 1), (2, 2), (3, 3), (2, 9), (9, 2), (4, 5))
CHANNELS = 3
POOLS = ("MaxPool", "AveragePool")


def pool(op: str, form: Form, x: Array) -> Array:
    """A window holds what of it lies in the image, and averages count no more."""
    grid = [form.windows(axis, x.shape[axis + 2], True) for axis in (0, 1)]
    y = np.zeros((*x.shape[:2], *grid), F32)
    for at in itertools.product(*map(range, grid)):
        rows, columns = (
            [at[a] * form.strides[a] - form.pads[a] + k * form.dilations[a] for k in range(form.kernel[a])]
            for a in (0, 1)
        )
        inside = [(r, c) for r in rows for c in columns if 0 <= r < x.shape[2] and 0 <= c < x.shape[3]]
        values = np.stack([x[:, :, r, c] for r, c in inside], -1)
        y[:, :, at[0], at[1]] = values.max(-1) if op == "MaxPool" else values.mean(-1)
    return y


def convolve(form: Form, x: Array, w: Array) -> Array:
    grid = [form.windows(axis, x.shape[axis + 2], False) for axis in (0, 1)]
    padded = np.pad(x, ((0, 0), (0, 0), (form.pads[0], form.pads[2]), (form.pads[1], form.pads[3])))
    y = np.zeros((x.shape[0], w.shape[0], *grid), F32)
    for i, j in itertools.product(*map(range, grid)):
        top, left = i * form.strides[0], j * form.strides[1]
        rows = slice(top, top + form.reach(0), form.dilations[0])
        columns = slice(left, left + form.reach(1), form.dilations[1])
        y[:, :, i, j] = np.einsum("ncij,ocij->no", padded[:, :, rows, columns], w)
    return y


def add(name: str, declared: str, form: Form, images: list[Array]) -> None:
    """Pools and convolutions of one form. (Convolutions do not have ceil_mode.)"""
    weights = {"float": rand(CHANNELS, 2, *form.kernel), "ternary": ternary(CHANNELS, 2, *form.kernel)}
    convolutions = {} if form.ceil else {f"Conv_{kind}": w for kind, w in weights.items()}
    nodes = [f"{op} = {op} <{form.text(True)}> (x)" for op in POOLS]
    nodes += [f"{op} = Conv <{form.text(False)}> (x, W_{op})" for op in convolutions]
    results = ", ".join(f"float[] {op}" for op in (*POOLS, *convolutions))
    constants: dict[str, Any] = {f"W_{op}": w for op, w in convolutions.items()}
    model = table.model(name, f"(float[{declared}] x) => ({results}) {{ {' '.join(nodes)} }}", opset=19, **constants)
    for x in images:
        want = {op: pool(op, form, x) for op in POOLS}
        model.gives({"x": x}, want | {op: convolve(form, x, w) for op, w in convolutions.items()})


for tag, form in FORMS.items():
    add(tag, "n,2,h,w", form, [rand(2, 2, *size) for size in SIZES])
# Sizes that are known: other code decides, and other code is generated.
for tag, size in itertools.product(("s1", "s2", "dilated"), ((1, 1), (2, 2), (2, 9))):
    add(f"{tag}_known_{size[1]}", f"1,2,{size[0]},{size[1]}", FORMS[tag], [rand(1, 2, *size)])

# What averages count: padding as count_include_pad says; onnxruntime says how that is of an image without a window.
for opset, tag in itertools.product((11, 19), ("s2", "padded")):
    model = table.model(
        f"count_{opset}_{tag}",
        f"(float[n,2,h,w] x) => (float[] y) {{ y = AveragePool <strides = [2, 2], pads = {list(FORMS[tag].pads)}, "
        "kernel_shape = [3, 3], count_include_pad = 1> (x) }",
        opset=opset,
    )
    for size in SIZES[1:]:
        model.gives({"x": rand(1, 2, *size)})

# One and three dimensions.
for dims in (1, 3):
    names, kernel = ",".join("dhw"[-dims:]), [3] * dims
    nodes = " ".join(f"{op} = {op} <kernel_shape = {kernel}, strides = {[2] * dims}> (x)" for op in POOLS)
    model = table.model(
        f"pools_{dims}d", f"(float[n,2,{names}] x) => (float[] MaxPool, float[] AveragePool) {{ {nodes} }}"
    )
    for extent in (2, 3, 4):
        model.gives({"x": rand(1, 2, *[extent] * dims)})
    model = table.model(
        f"Conv_{dims}d",
        f"(float[n,2,{names}] x) => (float[] y) {{ y = Conv <strides = {[2] * dims}> (x, W) }}",
        W=ternary(CHANNELS, 2, *kernel),
    )
    for extent in (1, 2):
        model.gives({"x": rand(1, 2, *[extent] * dims)}, {"y": np.zeros((1, CHANNELS, *[0] * dims), F32)})
    model.gives({"x": rand(1, 2, *[4] * dims)})

same = 'auto_pad = "SAME_UPPER", strides = [2, 2]'  # has a window for every stride
model = table.model(
    "same",
    f"(float[n,2,h,w] x) => (float[] p, float[] c) {{ "
    f"p = MaxPool <kernel_shape = [3, 3], {same}> (x) c = Conv <{same}> (x, W) }}",
    W=ternary(CHANNELS, 2, 3, 3),
)
for extent in (1, 2, 5):
    model.gives({"x": rand(1, 2, extent, extent)})

# One column of windows because a layer behind them wants one: what no window reads is no part of the last one.
WINDOWS = {
    "max": "p = MaxPool <kernel_shape = [3, 3], strides = [2, 3]> (x)",
    "max_dilated": "p = MaxPool <kernel_shape = [2, 2], dilations = [2, 2], strides = [2, 3]> (x)",
    "average": "p = AveragePool <kernel_shape = [3, 3], strides = [2, 3]> (x)",
    "float_conv": "p = Conv <strides = [2, 3]> (x, F)",
    "ternary_conv": "p = Conv <strides = [2, 3]> (x, T)",
    "codes_conv": quantize_rows("x", "q", (1, 2, 3)) + " p = Conv <strides = [2, 3]> (q, T)",
}
for (name, nodes), flags in itertools.product(WINDOWS.items(), (("-O0",), ("-O2",))):
    model = table.model(
        f"one_column_{name}{flags[0]}",
        f"(float[n,3,h,w] x) => (float[] y) {{ {nodes} y = MatMul (p, R) }}",
        flags=(*flags, "--mcpu=native"),
        F=rand(3, 3, 3, 3, seed=1),
        T=ternary(3, 3, 3, 3),
        R=rand(1, 4, seed=2),
        **ROWS,
    )
    for height, width in ((3, 3), (4, 4), (5, 5), (8, 4)):
        model.gives({"x": rand(2, 3, height, width)})
    model.fails({"x": rand(2, 3, 4, 6)}, "error: ")

# No images at all, of a size that the windows do not fill.
for name, w in (("float", rand(1, 1, 1, 1)), ("ternary", ternary(1, 1, 1, 1))):
    table.model(
        f"no_images_{name}", "(float[0,1,1,2] x) => (float[] y) { y = Conv <strides = [2, 2]> (x, W) }", W=w
    ).gives({"x": rand(0, 1, 1, 2)}, {"y": np.zeros((0, 1, 1, 1), F32)})

table.main()
