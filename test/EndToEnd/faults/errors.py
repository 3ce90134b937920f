# Models that are refused: one located line for each error, all errors of a model at once, no word twice, no crash.
#
# RUN: %python %s %t
"""Operators, types and forms that are not supported, by name; and conditions of one element, which are."""

import pathlib
import sys
from collections.abc import Callable

import ml_dtypes
import numpy as np
import onnx

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import Table, f, i64, rand, ternary

table = Table()
MS = "com.microsoft."

# Types of inputs and outputs that no caller can pass: the error names the type as ONNX has it.
for kind in ("int4", "uint4", "complex64", "complex128", "string", "float8e4m3fn", "float8e5m2"):
    table.model(
        f"input_{kind}",
        f"({kind}[4] q, float[2] x) => (float[2] y, {kind}[4] z) {{ y = Relu (x) z = Identity (q) }}",
        opset=21,
    ).is_refused("^[^']*error: input 'q' has elements of type '[^']+', which a caller cannot pass to a model$")
table.model("output_int4", "(float[4] x) => (int4[4] z) { z = Cast <to = 22> (x) }", opset=21).is_refused(
    "error: output 'z' has elements of type 'i4', which a model cannot give to its caller"
)
table.model(
    "inputs_at_once", "(int4[4] p, string[2] q, float[] r) => (float[] y) { y = Relu (r) }", opset=21
).is_refused("error: input 'p' has elements", "error: input 'q' has elements", "error: input 'r' declares no shape")


def declare(kind: str, values: str) -> Callable[[onnx.ModelProto], None]:
    """The first value of the list `values` of the graph as something that is no dense tensor."""
    tensor = onnx.helper.make_tensor_type_proto(1, [2])
    types = {
        "sequence": onnx.helper.make_sequence_type_proto(tensor),
        "optional": onnx.helper.make_optional_type_proto(tensor),
        "map": onnx.helper.make_map_type_proto(7, tensor),
        "sparse": onnx.helper.make_sparse_tensor_type_proto(1, [2]),
    }
    return lambda model: getattr(model.graph, values)[0].type.CopyFrom(types[kind])


for kind, words in (
    ("sequence", "a sequence"),
    ("optional", "optional"),
    ("map", "a map"),
    ("sparse", "a sparse tensor"),
):
    table.model(
        f"input_{kind}", "(float[2] q, float[2] x) => (float[2] y) { y = Relu (x) }", edit=declare(kind, "input")
    ).is_refused(f"error: input 'q' is {words}, which a caller cannot pass to a model$")
    table.model(
        f"output_{kind}", "(float[2] x) => (float[2] q) { q = Relu (x) }", edit=declare(kind, "output")
    ).is_refused(f"error: output 'q' is {words}, which a model cannot give to its caller$")

# Eight bits and a type that the schema does not have.
NARROW = {
    "dequantize": (
        "(uint8[4] u) => (float[4] y) { x = Cast <to = 17> (u) y = DequantizeLinear (x, two) }",
        "node '(x|y)': operator '(Cast|DequantizeLinear)':? ",
    ),
    "quantize": (
        "(float[4] x) => (float[4] y) { q = QuantizeLinear <output_dtype = 17> (x, two) y = Cast <to = 1> (q) }",
        "node 'q': operator 'QuantizeLinear':? ",
    ),
    "cast": (
        "(float[4] x) => (float[4] y) { a = Cast <to = 17> (x) y = Cast <to = 1> (a) }",
        "node 'a': operator 'Cast':? does not take elements of type 'f8E4M3FN'",
    ),
    "constant": (
        "(float[4] x) => (float[4] y) { a = Cast <to = 1> (e) y = Add (x, a) }",
        "node 'a': operator 'Cast':? does not take elements of type 'f8E4M3FN'",
    ),
    "cast_of_constant": (
        "(float[4] x) => (float[4] y) { e = Cast <to = 17> (third) a = Cast <to = 1> (e) y = Add (x, a) }",
        "node 'e': operator 'Cast':? ",
    ),
    "int_exp": (
        "(int32[4] x) => (int32[4] y) { y = Exp (x) }",
        "node 'y': operator 'Exp':? does not take elements of type 'i32' as input 1",
    ),
    "bool_add": (
        "(bool[4] x) => (bool[4] y) { y = Add (x, x) }",
        "node 'y': operator 'Add':? does not take elements of type 'i1' as input 1",
    ),
}
EIGHT = np.ones(4, ml_dtypes.float8_e4m3fn)
OPERANDS = {"cast_of_constant": {"third": f(1 / 3, 2 / 3, 1, 2)}}
for name, (text, says) in NARROW.items():
    table.model(f"type_{name}", text, opset=21, **OPERANDS.get(name, {"two": f(2), "e": EIGHT})).is_refused(
        f"^[^ ]+ error: {says}"
    )

# Operators without a lowering: operator, operands, opset, and how the note names it.
UNSUPPORTED = {
    "NonZero": "x",
    "Det": "x",
    "Hardmax": "x",
    "Unique": "x",
    "RandomNormalLike": "x",
    "LpNormalization": "x",
    "NoSuchOperator": "x, x",
    MS + "QMoE": "x",
    MS + "EmbedLayerNormalization": "x",
    "local.BitLinear": "x",
    "local.Relu": "x",
}
for op, operands in UNSUPPORTED.items():
    table.model(f"unsupported_{op}", f"(float[n,8] x) => (float[] y) {{ y = {op} ({operands}) }}").is_refused(
        "^[^ ]+ error: the model uses 1 unsupported operator$",
        rf"^  note: node 'y': operator '{op}' at opset \d+: 1 node, ",
    )
table.model(
    "many_unsupported",
    "(float[n,8] x) => (float[] y) { a = Hardmax (x) b = Det (a) c = Hardmax (b) d = LpNormalization (c) "
    "y = Hardmax (d) unread = Unique (x) }",
).is_refused(
    "error: the model uses 3 unsupported operators$",
    "note: node 'a': operator 'Hardmax' at opset 17: 3 nodes",
    "note: node 'b': operator 'Det' at opset 17: 1 node,",
    "note: node 'd': operator 'LpNormalization' at opset 17: 1 node,",
)
table.model(
    "in_a_branch",
    "(float[n,8] x, bool c) => (float[] y) { y = If (c) <then_branch = t () => (float[] a) { a = Det (x) "
    "}, else_branch = e () => (float[] b) { b = Hardmax (x) }> }",
).is_refused(
    "error: the model uses 2 unsupported operators",
    "note: node 'a': operator 'Det'",
    "note: node 'b': operator 'Hardmax'",
)

# Errors of operators and of parameters come together.
table.model("both", "(float[2] x) => (float[m] y) { s = Shape (x) p = Pad (x, s) y = LpNormalization (p) }").is_refused(
    "error: the model uses 1 unsupported operator",
    "note: node 'y': operator 'LpNormalization'",
    "error: node 'p': operator 'Pad':? needs two pads per axis",
)
table.model(
    "four",
    "(float[2,3] x, int64[1] k, bool[2,3] m) => (float[] a, float[] b, float[] c, float[] d) "
    "{ a = ReduceSum (x, k) b = Transpose <perm = [0, 0]> (x) c = Add (x, m) e = Relu (c) d = Hardmax (e) }",
).is_refused(
    "error: the model uses 1 unsupported operator",
    "note: node 'd'",
    "error: node 'a': operator 'ReduceSum':? needs constant 'axes'",
    "error: node 'b': operator 'Transpose':? has a 'perm' that is no permutation of 2 dimensions",
    "error: node 'c': operator 'Add':? does not take elements of type 'i1' as input 2",
)

table.model("old_opset", "(float[3,8] x) => (float[3,8] y) { y = Add (x, x) }", opset=6).is_refused(
    "error: the model uses 1 unsupported operator",
    "note: node 'y': operator 'Add' at opset 6: 1 node, supported from opset 7",
)
table.model(
    "computed_pads",
    "(float[n,4] x) => (float[] y) { s = Shape (x) p = Concat <axis = 0> (zeros, s) y = Pad (x, p) }",
    zeros=i64(0, 0),
).is_refused("error: node 'y': operator 'Pad':? needs constant 'pads'")

# Errors of the importer name the node once, with its operator.
IMPORT = {
    "domain": (
        "y = other.domain.Op (x)",
        r"node 'y' .*Op.*: its domain 'other.domain' is missing from the model's opset_import",
    ),
    "input": ("y = Add (x, nowhere)", r"node 'y' \('Add'\): input 'nowhere' is not produced by any node"),
    "named": (
        "[the_node] y = Add (x, nowhere)",
        r"node 'the_node' \('Add'\): input 'nowhere' is not produced by any node",
    ),
    "cycle": (
        "a = Add (x, b) b = Neg (a) y = Neg (b)",
        r"node '[ab]' \('(Add|Neg)'\): is part of a cycle through tensor '[ab]'",
    ),
}
for name, (nodes, says) in IMPORT.items():
    table.model(f"import_{name}", f"(float[4] x) => (float[4] y) {{ {nodes} }}").is_refused(
        rf"^[^ ]+ error: (?!.*node '.*node '){says}"
    )

# Forms: what is asked and cannot be, with the numbers.
FORMS = {
    "matmul": (
        "float[2,3] x",
        "y = MatMul (x, W)",
        "node 'y': layer 'y' needs rows of 4 numbers, got 'tensor<2x3xf32>'",
    ),
    "broadcast": ("float[2,3] x", "y = Add (x, v)", "node 'y': operator 'Add':? cannot broadcast extents 3 and 4"),
    "reshape": ("float[2,3] x", "y = Reshape (x, four)", "node 'y': operator 'Reshape':? "),
    "axis": ("float[2,3] x", "y = Softmax <axis = 2> (x)", "node 'y': operator 'Softmax':? has axis 2 but rank 2"),
    "concat": ("float[2,3] x", "y = Concat <axis = 0> (x, W)", "node 'y': operator 'Concat':? "),
    "split": ("float[2,3] x", "y, z = Split <axis = 0> (x, four)", "node 'y': operator 'Split':? "),
    "pads": (
        "float[1,1,3,3] x",
        "y = MaxPool <kernel_shape = [2, 2], pads = [-1, 0, 0, 0]> (x)",
        "node 'y': operator 'MaxPool':? needs pads that are not negative",
    ),
    "kernel": (
        "float[1,1,3,3] x",
        "y = MaxPool <kernel_shape = [2, 0]> (x)",
        "node 'y': operator 'MaxPool':? needs a kernel of positive sizes",
    ),
    "kernel_shape": (
        "float[1,2,5,5] x",
        "y = Conv <kernel_shape = [2, 2]> (x, K)",
        "node 'y': operator 'Conv':? .*kernel_shape",
    ),
    "condition": (
        "float[2,3] x",
        (
            "c = Greater (x, x) y = If (c) <then_branch = t () => (float[] a) { a = Neg (x) "
            "}, else_branch = e () => (float[] b) { b = Abs (x) }>"
        ),
        "node 'y': operator 'If':? (needs a condition of one element|numbers of elements .* differ: 6 and 1)",
    ),
    "ranks": (
        "float[2,3] x",
        (
            "s = ReduceSum <keepdims = 0> (x) c0 = Greater (s, s) y = If (c0) <then_branch = t () => (float[] a) "
            "{ a = Neg (x) }, "
            "else_branch = e () => (float[] b) { b = ReduceSum <keepdims = 0> (x) }>"
        ),
        "node 'y': operator 'If':? has branches with results of different type: 'tensor<2x3xf32>' and 'tensor<f32>'",
    ),
}
for name, (declared, nodes, says) in FORMS.items():
    table.model(
        f"form_{name}",
        f"({declared}) => (float[] y) {{ {nodes} }}",
        W=ternary(4, 4),
        v=rand(4),
        four=i64(4),
        K=rand(1, 2, 3, 3),
    ).is_refused(f"error: {says}")

# A condition may have any rank.
for shape in ("", "[1]", "[1,1]", "[1,1,1]", "[k]", "[k,1]"):
    model = table.model(
        f"condition_{len(shape)}_{'k' in shape}",
        f"(float[n,2] x, bool{shape} c) => (float[n,2] y) {{ y = If (c) <then_branch = t () => (float[] a) "
        f"{{ a = Neg (x) }}, else_branch = e () => (float[] b) {{ b = Identity (x) }}> }}",
    )
    dims = [1 for _ in shape.split(",")] if shape else []
    for taken in (True, False):
        x = rand(3, 2)
        model.gives({"x": x, "c": np.full(dims, taken)}, {"y": -x if taken else x})
    if "k" in shape:
        model.fails(
            {"x": rand(3, 2), "c": np.full([2, *dims[1:]], True)},
            "error: y: (.*condition|numbers of elements .* differ)",
        )

table.main()
