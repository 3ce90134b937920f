# DepthToSpace and SpaceToDepth: both orders of channels, every element type, sizes known early or late, no elements, and
# blocks that do not fit.
#
# RUN: %python %s %t
"""Blocks of pixels as channels and back, against ONNX's own reference evaluator, and refusals of what is no block."""

import itertools
import pathlib
import sys

import numpy as np
from onnx.reference.ops import op_depth_to_space, op_space_to_depth

sys.path.append(str(pathlib.Path(__file__).parent / "faults" / "Inputs"))
from faults import Array, Table, rand

TYPES = {
    "bool": "bool",
    "float": "float32",
    "double": "float64",
    "float16": "float16",
    **{name: name for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
}
REFERENCES = {"DepthToSpace": op_depth_to_space.DepthToSpace, "SpaceToDepth": op_space_to_depth.SpaceToDepth}
# What a run gets: nothing special, no batch, no channel, no height, a single block.
DEEP = ((2, 36, 3, 2), (0, 36, 2, 3), (2, 0, 2, 3), (1, 36, 0, 4), (1, 72, 1, 1))
WIDE = ((2, 3, 12, 6), (0, 3, 6, 12), (2, 0, 6, 6), (1, 2, 0, 6), (1, 2, 6, 6))
HUGE = 2**28

table = Table()


def reference(op: str, x: Array, rows: int, mode: str) -> Array:
    run = REFERENCES[op]._run
    return run(None, x, blocksize=rows, mode=mode)[0]  # type: ignore[no-any-return]


def small(shape: tuple[int, ...], dtype: str) -> Array:
    return np.random.default_rng(shape).integers(0, 2 if dtype == "bool" else 100, shape).astype(dtype)


for (op, shapes), rows, mode in itertools.product(
    {"DepthToSpace": DEEP, "SpaceToDepth": WIDE}.items(), (1, 2, 3, 6), ("DCR", "CRD")
):
    opset, attributes = 17, f'blocksize = {rows}, mode = "{mode}"'
    if op == "SpaceToDepth":
        opset = 28 if mode == "CRD" else 17
        attributes = attributes if mode == "CRD" else f"blocksize = {rows}"
    node = f"y = {op} <{attributes}> (x)"
    model = table.model(f"{op}_{rows}_{mode}", f"(float[n,c,h,w] x) => (float[] y) {{ {node} }}", opset=opset)
    for shape in shapes:
        x = rand(*shape)
        model.gives({"x": x}, {"y": reference(op, x, rows, mode)})
    for name, shape in {"static": shapes[0], "empty": shapes[2]}.items():
        dims = ",".join(map(str, shape))
        text = f"(float[{dims}] x) => (float[] y) {{ {node} }}"
        x = rand(*shape)
        table.model(f"{op}_{rows}_{mode}_{name}", text, opset=opset).gives(
            {"x": x}, {"y": reference(op, x, rows, mode)}
        )

for (op, shapes), (onnx_name, dtype) in itertools.product(
    {"DepthToSpace": DEEP, "SpaceToDepth": WIDE}.items(), TYPES.items()
):
    text = f"({onnx_name}[n,c,h,w] x) => ({onnx_name}[] y) {{ y = {op} <blocksize = 3> (x) }}"
    x = small(shapes[0], dtype)
    table.model(f"{op}_{dtype}", text).gives({"x": x}, {"y": reference(op, x, 3, "DCR")})
# bf16, which NumPy lacks, between two casts.
text = (
    "(float[n,c,h,w] x) => (float[] y) { b = Cast <to = 16> (x) d = DepthToSpace <blocksize = 2> (b) "
    "s = SpaceToDepth <blocksize = 3> (d) y = Cast <to = 1> (s) }"
)
x = small((1, 36, 3, 6), "float32")
table.model("bfloat16", text).gives(
    {"x": x}, {"y": reference("SpaceToDepth", reference("DepthToSpace", x, 2, "DCR"), 3, "DCR")}
)
# There and back are the input again.
text = (
    '(float[n,c,h,w] x) => (float[] y) { d = DepthToSpace <blocksize = 2, mode = "CRD"> (x) '
    'y = SpaceToDepth <blocksize = 2, mode = "CRD"> (d) }'
)
table.model("there_and_back", text, opset=28).gives({"x": rand(*DEEP[0])}, {"y": rand(*DEEP[0])})
# A constant is reordered by the compiler.
x = rand(*DEEP[0])
table.model("constant", "(float[1] x) => (float[] y) { d = DepthToSpace <blocksize = 2> (C) y = Add (d, x) }", C=x).gives(
    {"x": np.zeros(1, np.float32)}, {"y": reference("DepthToSpace", x, 2, "DCR")}
)

# Blocks that do not fit, here or in a run.
DYNAMIC = "(float[n,c,h,w] x) => (float[] y) {{ y = {} (x) }}"
STATIC = "(float[1,6,4,6] x) => (float[] y) {{ y = {} (x) }}"
table.model("channels", STATIC.format("DepthToSpace <blocksize = 2>")).is_refused(
    "error: .*'DepthToSpace': the number of channels and a multiple of 4 differ: 6 and 4"
)
table.model("height", STATIC.format("SpaceToDepth <blocksize = 3>")).is_refused(
    "error: .*'SpaceToDepth': the height and a multiple of 3 differ: 4 and 3"
)
table.model("width", STATIC.format("SpaceToDepth <blocksize = 4>")).is_refused(
    "error: .*'SpaceToDepth': the width and a multiple of 4 differ: 6 and 4"
)
table.model("channels_late", DYNAMIC.format("DepthToSpace <blocksize = 2>")).fails(
    {"x": rand(1, 6, 2, 2)}, "error: .*: the number of channels and a multiple of 4"
)
model = table.model("pixels_late", DYNAMIC.format("SpaceToDepth <blocksize = 2>"))
model.fails({"x": rand(1, 2, 3, 2)}, "error: .*: the height and a multiple of 2")
model.fails({"x": rand(1, 2, 2, 3)}, "error: .*: the width and a multiple of 2")
for op in REFERENCES:
    for rows in (0, -2, HUGE + 1, 2**62, -(2**63)):
        table.model(f"{op}_rows_{rows}", DYNAMIC.format(f"{op} <blocksize = {rows}>")).is_refused(
            f"error: .*'{op}' has the blocksize {rows}"
        )
    table.model(f"{op}_rank", f"(float[n,4] x) => (float[] y) {{ y = {op} <blocksize = 2> (x) }}").is_refused(
        f"error: .*'{op}' needs an input of rank 4, got rank 2"
    )
    table.model(f"{op}_mode", DYNAMIC.format(f'{op} <blocksize = 2, mode = "RCD">'), opset=28).is_refused(
        f"error: .*'{op}' has the unknown mode 'RCD'"
    )
# No channel becomes pictures larger than any tensor.
table.model("huge", DYNAMIC.format(f"DepthToSpace <blocksize = {HUGE}>")).fails(
    {"x": rand(1, 0, 2, 2)}, "error: .*: a size is negative or too large"
)
table.model("huge_static", f"(float[1,0,2,2] x) => (float[] y) {{ y = DepthToSpace <blocksize = {HUGE}> (x) }}").is_refused(
    "error: .*has sizes of more than 72057594037927936 elements"
)

table.main()
