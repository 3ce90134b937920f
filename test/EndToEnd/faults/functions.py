# Functions of a model: an operator that the compiler has is the operator, whatever body the model brings for it;
# another domain, an overload or an unknown name is the function.
#
# RUN: %python %s %t
"""Bodies that compute something else than their name says, so that the result tells which was taken."""

import pathlib
import sys

import numpy as np
import onnx

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, Table, f, rand, ternary

table = Table()
MS = "com.microsoft."


def function(domain: str, name: str, inputs: str, body: str) -> str:
    return f'<domain: "{domain}", opset_import: ["" : 17]> {name} ({inputs}) => (r) {{ {body} }}'


def overload(model: onnx.ModelProto) -> None:
    model.functions[0].overload = "mine"
    model.graph.node[0].overload = "mine"


def foreign_overload(model: onnx.ModelProto) -> None:
    model.functions[0].overload = "mine"


x = rand(3, 8)
gelu = np.asarray(x * 0.5 * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))), F32)
NEG = "r = Neg (a)"
# The node's operator, the domain and name of the function, what it should be, and what is done to the model.
CASES = {
    "operator_of_microsoft": (MS + "FastGelu", "com.microsoft", "FastGelu", gelu, None),
    "operator_of_onnx": ("Relu", "", "Relu", np.maximum(x, 0), None),
    "ai_onnx_is_onnx": ("Relu", "ai.onnx", "Relu", np.maximum(x, 0), None),
    "own_domain": ("local.Relu", "local", "Relu", -x, None),
    "unknown_of_microsoft": (MS + "Nonsense", "com.microsoft", "Nonsense", -x, None),
    "overload_of_operator": ("Relu", "", "Relu", -x, overload),
    "overload_of_microsoft": (MS + "FastGelu", "com.microsoft", "FastGelu", -x, overload),
    "overload_of_own": ("local.Relu", "local", "Relu", -x, overload),
    "overload_of_another": ("Relu", "", "Relu", np.maximum(x, 0), foreign_overload),
}
for name, (op, domain, function_name, want, edit) in CASES.items():
    table.model(
        name,
        f"(float[n,8] x) => (float[n,8] y) {{ y = {op} (x) }} " + function(domain, function_name, "a", NEG),
        edit=edit,
        tolerance=1e-5,
    ).gives({"x": x}, {"y": want})
table.model(
    "missing_overload",
    "(float[n,8] x) => (float[n,8] y) { y = local.F (x) } " + function("local", "F", "a", NEG),
    edit=foreign_overload,
).is_refused("error: the model uses 1 unsupported operator", "note: node 'y': operator 'local.F'")

# A body that exporters write for a contrib operator: the layer must stay one, with the operator's defaults.
codes = np.random.default_rng(0).integers(0, 3, (5, 1, 4, 4))
packed = (codes << np.array([0, 2, 4, 6])).sum(-1).astype(np.uint8)
scales = np.full((5, 1), 0.5, F32)
z = rand(2, 16)
weights = (codes.reshape(5, 16) - 2) * F32(0.5)
table.model(
    "nbits_has_a_body",
    f"(float[n,16] x) => (float[n,5] y) {{ y = {MS}MatMulNBits <K = 16, N = 5, bits = 2, block_size = 16> (x, B, s) }} "
    + function(
        "com.microsoft",
        "MatMulNBits",
        "a, b, s",
        "u = Cast <to = 21> (b) v = DequantizeLinear (u, s) r = MatMul (a, v)",
    ),
    B=packed,
    s=scales,
).gives({"x": z}, {"y": np.asarray(z @ weights.T, F32)})

# Functions in functions and in branches, with attributes and a default.
nested = (
    "(float[n,8] x, bool c) => (float[n,8] y) { y = If (c) <then_branch = t () => (float[] a) { a = local.Outer (x) }, "
    "else_branch = e () => (float[] b) { b = local.Softplus <slope = 2.0> (x) }> } "
    '<domain: "local", opset_import: ["" : 17, "local" : 1]> Outer (a) => (r) { u = local.Softplus (a) r = Relu (u) } '
    '<domain: "local", opset_import: ["" : 17]> Softplus <slope: float = 3.0> (a) => (r) '
    "{ r = LeakyRelu <alpha: float = @slope> (a) }"
)
model = table.model("nested", nested)
model.gives({"x": x, "c": True}, {"y": np.maximum(np.where(x < 0, 3 * x, x), 0)}).gives(
    {"x": x, "c": False}, {"y": np.where(x < 0, 2 * x, x)}
)
table.model(
    "layer_inside",
    "(float[n,8] x) => (float[n,6] y) { h = local.MatMul (x, W) y = Mul (h, g) } "
    + function("local", "MatMul", "a, w", "u = Abs (a) r = MatMul (u, w)"),
    W=ternary(8, 6),
    g=f(0.5),
).gives({"x": x}, {"y": np.abs(x) @ ternary(8, 6) * F32(0.5)})

table.main()
