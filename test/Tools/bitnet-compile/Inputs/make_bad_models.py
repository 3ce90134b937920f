"""good.onnx (one ternary layer), unknown.onnx (two unknown ops), nan.onnx. make_bad_models.py <folder> <models>"""
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
