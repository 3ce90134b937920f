# Names of axes and what a file says of outputs and of values in between are hints: they refuse no valid model.
#
# RUN: %python %s %t
"""Stale, missing and contradicting declarations; the words of warnings and, with --strict-shapes, of errors."""

import pathlib
import sys
from collections.abc import Callable

import numpy as np
import onnx

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, QUICK, Table, f, i64, rand, ternary

table = Table()
STRICT = (*QUICK, "--strict-shapes")

# Exporters derive such names; users feed what they like.
NAMES = ("past + 1", "past + seq", "total - 1 + 1", "2*past", "floor(past/2)", "?", "None", "unk", "_", "", "-1 + past")
for number, name in enumerate(NAMES):
    model = table.model(
        f"mask_{number}",
        f'(float[b,"{name}"] m, float[b,past] p, float["{name}",past] q) => (float s, float[] o) '
        "{ r = ReduceSum <keepdims = 0> (m) t = ReduceSum <keepdims = 0> (p) u = ReduceSum <keepdims = 0> (q) "
        "s = Sum (r, t, u) o = Neg (m) }",
    )
    for tokens, past in ((1, 5), (5, 0), (3, 4)):
        feeds = {"m": rand(2, tokens), "p": rand(2, past), "q": rand(past + 7, past)}
        model.gives(feeds, {"s": np.sum([v.sum() for v in feeds.values()], dtype=F32), "o": -feeds["m"]})

model = table.model("any_size", '(float["?",3,"?"] x) => (float["?",3,"?"] y) { y = Relu (x) }')
model.gives({"x": rand(2, 3, 5)}).gives({"x": rand(1, 3, 1)})

# A sum of sizes that decides the shape of the result, under a name that says another.
model = table.model(
    "past_and_tokens",
    '(float[b,seq,8] x, float[b,past,8] p, int64[b,"past + 1"] mask) => '
    '(float[b,seq,8] y, float[b,"past + 1",8] present) '
    "{ k = MatMul (x, W) present = Concat <axis = 1> (p, k) kt = Transpose <perm = [0, 2, 1]> (present) "
    "s = MatMul (x, kt) "
    "m = Cast <to = 1> (mask) m1 = Sub (m, one) m2 = Mul (m1, big) m3 = Unsqueeze (m2, one_axis) t = Add (s, m3) "
    "w = Softmax <axis = -1> (t) y = MatMul (w, present) }",
    W=ternary(8, 8),
    one=f(1),
    big=f(1e4),
    one_axis=i64(1),
)
for batch, tokens, past in ((2, 1, 5), (2, 5, 0), (1, 3, 4)):
    mask = np.ones((batch, tokens + past), np.int64)
    mask[0, 0] = 0
    model.gives({"x": rand(batch, tokens, 8), "p": rand(batch, past, 8), "mask": mask})

# A plain name is one size, and its error says so.
for name in ("n", "batch_size", "s0", "dim.1"):
    table.model(
        f"one_name_{name}",
        f'(float["{name}"] x, float["{name}",2] z) => (float[] y) {{ r = ReduceSum <keepdims = 0> (z) '
        f"y = Add (x, r) }}",
    ).gives({"x": rand(3), "z": rand(3, 2)}).fails(
        {"x": rand(3), "z": rand(2, 2)}, rf"input 'z': .*'{name}' is 3 in input 'x'"
    )

# Outputs: what is declared, what the warning says (nothing where only the run can tell), what strict mode does.
RELU = "{ y = Relu (x) }"
table.model("batch_of_1", f"(float[n,2] x) => (float[1,2] y) {RELU}").gives({"x": rand(3, 2)}).gives({"x": rand(1, 2)})
table.model("batch_of_1_strict", f"(float[n,2] x) => (float[1,2] y) {RELU}", flags=STRICT).gives(
    {"x": rand(1, 2)}
).fails({"x": rand(3, 2)}, "output 'y' does not have its declared size 1 in dimension 0")
WRONG = {
    "extent": ("float[n,3]", "tensor<?x3xf32>", "tensor<?x2xf32>"),
    "rank": ("float[n]", "tensor<?xf32>", "tensor<?x2xf32>"),
    "scalar": ("float", "tensor<f32>", "tensor<?x2xf32>"),
    "type": ("float16[n,2]", "tensor<?x2xf16>", "tensor<?x2xf32>"),
    "signs": ("uint8[n,2]", "tensor<?x2xui8>", "tensor<?x2xf32>"),
    "type_alone": ("int64[]", "tensor<*xi64>", "tensor<?x2xf32>"),
}
for name, (declared, said, computed) in WRONG.items():
    text = f"(float[n,2] x) => ({declared} y) {RELU}"
    words = f"output 'y' is declared as '{said}' but the graph computes '{computed}'"
    words = words.replace("?", r"\?").replace("*", r"\*")
    feeds = {"x": rand(3, 2)}
    table.model(f"declared_{name}", text).warns(rf"declared_{name}.onnx: warning: {words}$").gives(
        feeds, {"y": np.maximum(feeds["x"], 0)}
    )
    table.model(f"declared_{name}_strict", text, flags=STRICT).is_refused(rf"error: {words}$", "note: .*computed here")
table.model("right", f"(float[n,2] x) => (float[n,2] y) {RELU}", flags=STRICT).gives({"x": rand(3, 2)})
table.model("other_name", f"(float[n,2] x) => (float[m,2] y) {RELU}", flags=STRICT).gives({"x": rand(3, 2)})


def no_output_type(model: onnx.ModelProto) -> None:
    model.graph.output[0].ClearField("type")


def no_output_shape(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.ClearField("shape")


def no_names(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].Clear()
    model.graph.name = ""


def minus_one(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = -1


def value_info(kind: int, shape: list[int | str] | None) -> Callable[[onnx.ModelProto], None]:
    def edit(model: onnx.ModelProto) -> None:
        for name in ("a", "W", "x", "nothing"):
            model.graph.value_info.append(onnx.helper.make_tensor_value_info(name, kind, shape))

    return edit


EDITS = {
    "no_output_type": no_output_type,
    "no_output_shape": no_output_shape,
    "no_names": no_names,
    "minus_one": minus_one,
    "stale_rank": value_info(1, []),
    "stale_extent": value_info(1, [1, 99]),
    "stale_type": value_info(10, ["n", 3]),
    "no_shape": value_info(1, None),
}
for name, edit in EDITS.items():
    x = rand(3, 2)
    for flags in (QUICK, STRICT):
        table.model(
            f"{name}{'_strict' if flags == STRICT else ''}",
            "(float[n,2] x) => (float[n,3] y) { a = MatMul (x, W) y = Relu (a) }",
            W=ternary(2, 3, seed=5),
            edit=edit,
            flags=flags,
        ).gives({"x": x}, {"y": np.maximum(x @ ternary(2, 3, seed=5), 0)})
# The type of the elements is what the graph computes, its sign, too.
for type_name in ("uint8", "uint16", "uint32", "uint64", "int8", "bool", "float16", "double"):
    dtype = np.dtype({"float16": "f2", "double": "f8"}.get(type_name, type_name))
    values = np.array([0, 1, 100, 255 if type_name[0] in "uf" else 1]).astype(dtype)
    table.model(
        f"undeclared_{type_name}",
        f"({type_name}[n] x) => ({type_name}[n] y) {{ y = Gather (x, order) }}",
        order=i64(3, 0, 1, 2),
        edit=no_output_type,
    ).gives({"x": values}, {"y": values[[3, 0, 1, 2]]})
table.model("input_without_shape", "(float[] x) => (float[n,2] y) { y = Relu (x) }").is_refused(
    r"error: input 'x' declares no shape .*a model needs the rank of its inputs"
)

table.main()
