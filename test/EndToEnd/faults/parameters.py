# A scale, bias or zero point whose length is not that of its axis is an error; it never widens the result.
#
# RUN: %python %s %t
"""Parameters of 3 numbers for an axis of 1, known when compiled or when run; and those that fit."""

import pathlib
import sys
from typing import Any

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, Array, Table, f, rand, ternary

table = Table()
MS = "com.microsoft."
three, zero8 = np.ones(3, F32), np.zeros(3, np.int8)
P: dict[str, Any] = {
    "s": rand(3) + 2,
    "b": rand(3),
    "m": rand(3),
    "v": np.abs(rand(3)) + 1,
    "z": zero8,
    "c": f(1, 2, 3, 4),
    "h": rand(5, 4),
}

# What is given, as (rank behind the axis, element type), and what is asked of it. The axis is 1 where the rest is n.
AXES = {
    "BatchNormalization": ("y = BatchNormalization (x, s, b, m, v)", 1, "float", r"the length of \w+ and dimension 1"),
    "InstanceNormalization": ("y = InstanceNormalization (x, s, b)", 1, "float", r"the length of \w+ and dimension 1"),
    "LayerNormalization": ("y = LayerNormalization <axis = -1> (x, s)", 0, "float", "the sizes of scale and its input"),
    "LayerNormalization_bias": (
        "y = LayerNormalization <axis = -1> (x, one, b)",
        0,
        "float",
        "the sizes of bias and its input",
    ),
    "SimplifiedLayerNormalization": (
        "y = SimplifiedLayerNormalization <axis = -1> (x, s)",
        0,
        "float",
        "the sizes of scale and its input",
    ),
    "RMSNormalization": ("y = RMSNormalization <axis = -1> (x, s)", 0, "float", "the sizes of scale and its input"),
    "QuantizeLinear": ("y = QuantizeLinear <axis = 1> (x, s, z)", 0, "float", "the length of scale and dimension 1"),
    "DequantizeLinear": ("y = DequantizeLinear <axis = 1> (x, s, z)", 0, "int8", "the length of scale and dimension 1"),
    "BiasGelu": (f"y = {MS}BiasGelu (x, b)", 0, "float", "bias|parameter"),
    "PRelu": ("y = PRelu (x, s)", 0, "float", "slope"),
}


def values(kind: str, *shape: int) -> Array:
    return rand(*shape) if kind == "float" else (rand(*shape) * 40).astype(np.int8)


for name, (node, behind, kind, says) in AXES.items():
    result = "int8" if name == "QuantizeLinear" else "float"
    constants: dict[str, Any] = {**P, "one": f(1).reshape(1)}
    for known in (True, False):
        shape = ["4", "1", "5"] if known else ["n", "k", "w"]
        model = table.model(
            f"{name}_{'known' if known else 'run'}",
            f"({kind}[{','.join(shape[: 2 + behind])}] x) => ({result}[] y) {{ {node} }}",
            opset=23,
            **constants,
        )
        if known:
            count = {"BatchNormalization": 4, "InstanceNormalization": 2}.get(name, 1)  # each parameter is wrong
            model.is_refused(*[rf"error: node 'y': operator '[\w.]+':? .*({says})"] * count)
        else:
            model.fails({"x": values(kind, 4, 1, *[5] * behind)}, rf"error: .*y: .*({says})")
            model.fails({"x": values(kind, 4, 2, *[5] * behind)}, rf"error: .*y: .*({says})")
            if name not in ("RMSNormalization", "SimplifiedLayerNormalization", "BiasGelu"):
                model.gives({"x": values(kind, 4, 3, *[5] * behind)})

table.model("skip", f"(float[b,t,k] x) => (float[] y) {{ y = {MS}SkipLayerNormalization (x, x, s) }}", **P).fails(
    {"x": rand(1, 4, 1)}, "error: .*y: .*parameter"
).gives({"x": rand(1, 4, 3)})
table.model(
    "skip_shapes",
    f"(float[b,t,3] x, float[c,u,3] w) => (float[] y) {{ y = {MS}SkipLayerNormalization (x, w, s) }}",
    **P,
).fails({"x": rand(1, 1, 3), "w": rand(1, 4, 3)}, "error: .*y: the skip does not broadcast").gives(
    {"x": rand(2, 4, 3), "w": rand(2, 4, 3)}
).gives({"x": rand(2, 4, 3), "w": rand(1, 4, 3)}).gives({"x": rand(2, 1, 3), "w": rand(2, 1, 3)}).fails(
    {"x": rand(2, 4, 3), "w": rand(2, 1, 3)}, "error: .*y: the skip is neither as large as the input nor shared"
)
# A skip is shared by the batch or not at all: onnxruntime repeats it from the front, whatever its shape.
for skip in ((2, 4, 3), (1, 4, 3), (4, 3)):
    table.model(
        f"skip_{'_'.join(map(str, skip))}",
        f"(float[2,4,3] x) => (float[] y) {{ y = {MS}SkipLayerNormalization (x, w, s) }}",
        w=rand(*skip),
        **P,
    ).gives({"x": rand(2, 4, 3)})
for skip in ((2, 1, 3), (4, 1), (2, 4, 1)):
    table.model(
        f"skip_{'_'.join(map(str, skip))}",
        f"(float[2,4,3] x) => (float[] y) {{ y = {MS}SkipLayerNormalization (x, w, s) }}",
        w=rand(*skip),
        **P,
    ).is_refused("error: node 'y': .*the skip is neither as large as the input nor shared by the batch")

# Products: a bias is added to what is there, and makes it no wider or higher.
row, image = "float[n,3] x", "float[n,2,5,5] x"
REFUSED = {
    "conv": (image, "y = Conv (x, fw, short)", "the length of bias and dimension 1"),
    "ternary_conv": (image, "y = Conv (x, tw, short)", "the length of bias and dimension 1"),
    "conv_rank_2": (image, "y = Conv (x, tw, square)", "bias of rank 1"),
    "gemm_wider": (row, "y = Gemm (x, column, c)", "the sizes of C and its input"),
    "ternary_gemm_wider": (row, "y = Gemm (x, tcolumn, c)", "the sizes of (C|bias) and its input"),
    "gemm_rank_3": (row, "y = Gemm (x, w, cube)", "rank 3"),
    "columns_zero": ("int8[n,3] x", "y = MatMulInteger (x, icolumn, none, z4)", "zero points and columns"),
}
FAILS = {
    "gemm_higher": (row, "y = Gemm (x, w, h)", "the sizes of C and its input"),
    "ternary_gemm_higher": (row, "y = Gemm (x, tw2, h)", "the sizes of (C|bias) and its input"),
    "rows_zero": ("int8[n,3] x", "y = MatMulInteger (x, iw, z5)", "zero points and rows"),
}
weights: dict[str, Any] = {
    "fw": rand(3, 2, 3, 3),
    "tw": ternary(3, 2, 3, 3),
    "short": f(1).reshape(1),
    "square": rand(3, 1),
    "column": rand(3, 1),
    "tcolumn": np.ones((3, 1), F32),
    "w": rand(3, 4),
    "tw2": ternary(3, 4),
    "cube": rand(1, 1, 4),
    "icolumn": np.ones((3, 1), np.int8),
    "iw": ternary(3, 4).astype(np.int8),
    "none": np.int8(0),
    "z4": np.zeros(4, np.int8),
    "z5": np.arange(5, dtype=np.int8),
}
for name, (declared, node, says) in {**REFUSED, **FAILS}.items():
    integer = declared.startswith("int8")
    model = table.model(name, f"({declared}) => ({'int32' if integer else 'float'}[] y) {{ {node} }}", **P, **weights)
    if name in REFUSED:
        operator = node.split()[2]  # that of the model, whatever the compiler makes of it
        model.is_refused(rf"error: node 'y': operator '{operator}':? .*{says}")
    else:
        model.fails({"x": values("int8" if integer else "float", 1, 3)}, f"error: .*y: .*{says}")
        x = values("int8" if integer else "float", 5, 3)
        zeros = np.arange(5)[:, None]  # onnxruntime takes none per row
        model.gives({"x": x}, {"y": ((x - zeros) @ weights["iw"]).astype(np.int32)} if integer else None)

table.main()
