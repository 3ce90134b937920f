# Defaults of attributes, attributes that change what is computed, and those that a compiler must not overlook.
#
# RUN: %python %s %t
"""Epsilons, empty axes, output types, training forms, functions listed as supported; NumPy where ONNX is newer."""

import itertools
import pathlib
import sys
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, Array, Table, f, rand, run_onnxruntime

table = Table()
MS = "com.microsoft."
tiny = rand(2, 3, 4) * F32(1e-3)
ones, zeros = np.ones(4, F32), np.zeros(4, F32)


def norm(x: Array, epsilon: float, centered: bool) -> Array:
    wide = x.astype(np.float64)
    wide = wide - wide.mean(-1, keepdims=True) if centered else wide
    return np.asarray(wide / np.sqrt((wide**2).mean(-1, keepdims=True) + epsilon), F32)


# Values so small that another epsilon is another result: operator, operands, default, whether it subtracts the mean.
NORMS = {
    "LayerNormalization": ("x, g, z", 1e-5, True),
    "SimplifiedLayerNormalization": ("x, g", 1e-5, False),
    "RMSNormalization": ("x, g", 1e-5, False),
    MS + "SkipLayerNormalization": ("x, w, g, z", 1e-12, True),
    MS + "SkipSimplifiedLayerNormalization": ("x, w, g", 1e-12, False),
}
EPSILONS = {"a": 1e-3, "b": 0.0}
for op, (operands, default, centered) in NORMS.items():
    skip = "Skip" in op
    given = " ".join(f"{y} = {op} <epsilon = {epsilon:f}> ({operands})" for y, epsilon in EPSILONS.items())
    table.model(
        op.removeprefix(MS),
        f"(float[n,t,4] x{', float[n,t,4] w' if skip else ''}) => (float[] y, float[] a, float[] b) {{ "
        f"y = {op} ({operands}) {given} }}",
        opset=23,
        g=ones,
        z=zeros,
    ).gives(
        {"x": tiny, **({"w": tiny} if skip else {})},
        {y: norm(tiny * (1 + skip), epsilon, centered) for y, epsilon in {"y": default, **EPSILONS}.items()},
    )
channels: dict[str, Any] = {k: np.abs(rand(3, seed=i)) + F32(0.5) for i, k in enumerate("gbmv")}
image = rand(2, 3, 4, 4) * F32(1e-2)
for op, operands in (
    ("BatchNormalization", "x, g, b, m, small"),
    ("InstanceNormalization", "x, g, b"),
    ("GroupNormalization", "x, g, b"),
):
    for attribute in ("", "epsilon = 0.001"):
        given = ", ".join(filter(None, ["num_groups = 3" if op[0] == "G" else "", attribute]))
        table.model(
            f"{op}_{'given' if attribute else 'default'}",
            f"(float[n,3,h,w] x) => (float[] y) {{ y = {op} {f'<{given}>' if given else ''} ({operands}) }}",
            opset=21,
            small=channels["v"] * F32(1e-4),
            **channels,
        ).gives({"x": image})

# noop_with_empty_axes leaves the axes alone, not the elementwise part (onnx since 1.20; onnxruntime differs).
ELEMENTWISE: dict[str, Callable[[Array], Array]] = {
    "ReduceSum": lambda v: v,
    "ReduceMean": lambda v: v,
    "ReduceMax": lambda v: v,
    "ReduceMin": lambda v: v,
    "ReduceProd": lambda v: v,
    "ReduceLogSumExp": lambda v: v,
    "ReduceL1": np.abs,
    "ReduceL2": np.abs,
    "ReduceSumSquare": np.square,
    "ReduceLogSum": np.log,
}
for op, part in ELEMENTWISE.items():
    x = np.abs(rand(2, 3)) if op == "ReduceLogSum" else rand(2, 3)
    forms = [
        f"noop_with_empty_axes = 1, keepdims = {keep}> ({operands})" for keep in (0, 1) for operands in ("x", "x, none")
    ]
    nodes = " ".join(f"y{number} = {op} <{form}" for number, form in enumerate(forms))
    model = table.model(
        op,
        f"(float[n,3] x) => (float[] y0, float[] y1, float[] y2, float[] y3, float[] all) {{ {nodes} "
        f"all = {op} <keepdims = 0> (x, none) }}",
        opset=18,
        none=np.zeros(0, np.int64),
    )
    model.gives(
        {"x": x},
        {f"y{number}": part(x) for number in range(4)} | {"all": run_onnxruntime(model.proto, {"x": x})["all"]},
    )

# output_dtype (opset 23) decides, not the type of the scale.
codes = np.array([1, -2, 127], np.int8)
RESULTS = {"float": (1, F32), "float16": (10, np.float16), "bfloat16": (16, ml_dtypes.bfloat16)}
SCALES: dict[str, Array] = {"f16": np.array(0.3, np.float16), "f32": np.array(0.3, F32)}
for (kind, scale), (result, (number, dtype)) in itertools.product(SCALES.items(), RESULTS.items()):
    table.model(
        f"dequantize_{kind}_{result}",
        f"(int8[n] q) => ({result}[n] y) {{ y = DequantizeLinear <output_dtype = {number}> (q, s) }}",
        opset=23,
        s=scale,
    ).gives({"q": codes}, {"y": (codes.astype(F32) * scale.astype(F32)).astype(dtype)})
table.model(
    "dequantize_default", "(int8[n] q) => (float16[n] y) { y = DequantizeLinear (q, s) }", opset=23, s=np.float16(0.3)
).gives({"q": codes}, {"y": (codes.astype(F32) * F32(np.float16(0.3))).astype(np.float16)})
for result, number in {"int8": 3, "uint8": 2, "int16": 5, "uint16": 4}.items():
    table.model(
        f"quantize_{result}",
        f"(float[n] x) => ({result}[n] y) {{ y = QuantizeLinear <output_dtype = {number}> (x, s) }}",
        opset=21,
        s=f(0.25),
    ).gives({"x": f(-1e6, -3.1, 0.125, 7.3, 1e6)})
table.model(
    "dequantize_to_f8",
    "(int8[n] q) => (float[n] y) { d = DequantizeLinear <output_dtype = 17> (q, s) y = Cast <to = 1> (d) }",
    opset=23,
    s=f(0.3),
).is_refused("node 'd': operator 'DequantizeLinear':? supports only floats of 16 bits and more as its output_dtype")

# Training forms are not inference.
bn = "y, o1, o2, o3, o4 = BatchNormalization (x, g, b, m, v)"
TRAINING = {
    "five_outputs": (9, bn, "supports inference only"),
    "training_mode": (
        15,
        "y, o1, o2 = BatchNormalization <training_mode = 1> (x, g, b, m, v)",
        "inference only|training",
    ),
    "one_output": (15, "y = BatchNormalization <training_mode = 1> (x, g, b, m, v)", "inference only|training"),
    "dropout": (13, "y = Dropout (x, half, yes)", "inference only|training"),
}
for name, (opset, nodes, says) in TRAINING.items():
    table.model(
        f"training_{name}",
        f"(float[n,3,h,w] x) => (float[] y) {{ {nodes} }}",
        opset=opset,
        half=f(0.5),
        yes=np.bool_(True),
        **channels,
    ).is_refused(rf"node 'y': operator '\w+':? .*({says})")
table.model(
    "dropout_of_nothing",
    "(float[n,3,h,w] x) => (float[] y) { y = Dropout (x, zero, yes) }",
    zero=f(0),
    yes=np.bool_(True),
).gives({"x": image}, {"y": image})

# The inverse hyperbolic functions, at their limits too.
far = f(1, 1.0000001, 1.5, 30, 1e30, np.inf, 0.5, np.nan)
for op, values in (
    ("Acosh", far),
    ("Asinh", np.concatenate([far, -far, f(0, -0.0, 1e-30)])),
    ("Atanh", f(0, 1e-30, 0.5, -0.9, 0.999999, 1, -1, 2, np.nan)),
):
    with np.errstate(all="ignore"):
        want = getattr(np, "arc" + op[1:].lower() if op[0] == "A" else op)(values.astype(np.float64)).astype(F32)
    table.model(op, f"(float[n] x) => (float[n] y) {{ y = {op} (x) }}").gives({"x": values}, {"y": want})

# bf16, of which LLVM makes calls of a compiler library where it lives in more than one block: few numbers, and tasks.
for count in (3, 250):
    table.model(
        f"range_bf16_{count}",
        "(bfloat16 x) => (bfloat16[n] y) { y = Range (x, end, step) }",
        opset=27,
        end=np.array(count, ml_dtypes.bfloat16),
        step=np.array(1, ml_dtypes.bfloat16),
    ).gives({"x": np.array(0, ml_dtypes.bfloat16)}, {"y": np.arange(count).astype(ml_dtypes.bfloat16)})

# HardSwish of f64 has the alpha of ONNX's function, an f32.
wide = np.linspace(-4, 4, 9)
table.model("hard_swish_f64", "(double[n] x) => (double[n] y) { y = HardSwish (x) }", tolerance=1e-12).gives(
    {"x": wide}, {"y": wide * np.clip(wide * float(F32(1) / F32(6)) + 0.5, 0, 1)}
)

# An attribute of another kind, a missing one, and one that the opset does not have.
ATTRIBUTES = {
    "unknown": ("Relu <slope = 2> (x)", "has no attribute 'slope' at opset 17"),
    "later": ("Shape <start = 1> (x)", "has no attribute 'start' at opset 13"),
    "kind": ('LeakyRelu <alpha = "much"> (x)', "needs a float as attribute 'alpha'"),
    "missing": ("Concat (x, x)", "needs the attribute 'axis'"),
}
for name, (node, says) in ATTRIBUTES.items():
    table.model(
        f"attribute_{name}", f"(float[n,4] x) => (float[] y) {{ y = {node} }}", opset=13 if name == "later" else 17
    ).is_refused(rf"error: node 'y': operator '\w+':? {says}")

table.main()
