"""good.onnx (one ternary layer), unknown.onnx (two unknown ops), nan.onnx and so on. make_bad_models.py <folder> <models>"""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, helper, load, numpy_helper, save

folder, models = (pathlib.Path(a) for a in sys.argv[1:3])


def value(name, dims):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


def model(nodes, initializers=()):
    graph = helper.make_graph(nodes, "g", [value("x", ["n", 64])], [value("y", ["n", 64])], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


save(load(models / "mlp_bit.dynamo.onnx"), folder / "good.onnx")
save(model([helper.make_node("Nonsense", ["x"], ["a"], "first"), helper.make_node("Relu", ["a"], ["b"], "second"),
            helper.make_node("Gibberish", ["b"], ["y"], "third")]), folder / "unknown.onnx")
weights = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
weights[3, 5] = np.nan
save(model([helper.make_node("MatMul", ["x", "w"], ["y"], "fc")], [numpy_helper.from_array(weights, "w")]), folder / "nan.onnx")
large = weights.copy()
large[3, 5] = np.finfo(np.float32).max
save(model([helper.make_node("MatMul", ["x", "w"], ["y"], "fc")], [numpy_helper.from_array(large, "w")]), folder / "large.onnx")


def absmean_nodes():
    """The weight path of QAT exports: ternary by recognition, whatever option is given."""
    node = helper.make_node
    return [node("Abs", ["w"], ["abs"]), node("ReduceMean", ["abs"], ["mean"], keepdims=0),
            node("Max", ["mean", "eps"], ["gamma"]), node("Reciprocal", ["gamma"], ["scale"]),
            node("Mul", ["w", "scale"], ["scaled"]), node("Round", ["scaled"], ["rounded"]),
            node("Clip", ["rounded", "low", "high"], ["codes"]), node("Div", ["codes", "scale"], ["weight"]),
            node("MatMul", ["x", "weight"], ["y"], "fc")]


def constant(name, number):
    return numpy_helper.from_array(np.float32(number), name)


def recognised(weights):
    return model(absmean_nodes(), [numpy_helper.from_array(weights, "w"), constant("eps", 1e-5),
                                   constant("low", -1), constant("high", 1)])


save(recognised(weights), folder / "nan_recognised.onnx")
weights[3, 5] = np.inf
save(recognised(weights), folder / "inf_recognised.onnx")
codes = np.random.default_rng(0).integers(-1, 2, (64, 64)).astype(np.int8)
for name, number in (("nan", np.nan), ("inf", np.inf)):
    save(model([helper.make_node("DequantizeLinear", ["w", "s"], ["weight"]),
                helper.make_node("MatMul", ["x", "weight"], ["y"], "fc")],
               [numpy_helper.from_array(codes, "w"), constant("s", number)]), folder / f"{name}_scale.onnx")
