"""make_case.py FOLDER: a BitLinear whose input holds an exact tie (2.5 at scale 1), and dumps of
codes as a compiled model could give them."""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
node = helper.make_node
nodes = [
    node("Abs", ["x"], ["abs"]),
    node("ReduceMax", ["abs", "axis"], ["max"], keepdims=1),
    node("Div", ["qmax", "max"], ["scale"]),
    node("Mul", ["x", "scale"], ["scaled"]),
    node("Round", ["scaled"], ["rounded"]),
    node("Clip", ["rounded", "low", "high"], ["codes"]),
    node("MatMul", ["codes", "weight"], ["acc"]),
    node("Div", ["acc", "scale"], ["y"]),
]
weight = np.random.default_rng(0).integers(-1, 2, (8, 5)).astype(np.float32)
constants = {"axis": np.array([-1]), "qmax": np.float32(127), "low": np.float32(-128), "high": np.float32(127), "weight": weight}
graph = helper.make_graph(
    nodes,
    "case",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 8])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 5])],
    [numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()],
)
onnx.save(
    helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9),
    os.path.join(folder, "case.onnx"),
)

x = np.array([[127, 2.5, -3.25, 0, 1, 2, -5, 8], [10, 127, 20, -30, 7.75, 0, 0, 1]], np.float32)
codes = np.round(x).astype(np.int8)


def save(name, codes, error=0.0, **more):
    y = codes.astype(np.float32) @ weight + np.float32(error)
    np.savez(os.path.join(folder, name), codes_fc=codes, **more, out_y=y)


np.savez(os.path.join(folder, "data.npz"), in_x=x)
save("same.npz", codes)
tie = codes.copy()
tie[0, 1] = 3
save("tie.npz", tie)
save("output.npz", tie, error=0.01)
save("other_layer.npz", codes, codes_extra=np.zeros((2, 9, 9), np.int8))
off = codes.copy()
off[1, 4] = 7  # 7.75 is no tie
save("off.npz", off)
scale = np.float32(127) / np.abs(x).max(-1, keepdims=True)  # 1: codes are the rounded input
np.savez(os.path.join(folder, "stored.npz"), in_x=x, out_y=tie.astype(np.float32) @ weight / scale)
np.savez(os.path.join(folder, "stored_off.npz"), in_x=x, out_y=off.astype(np.float32) @ weight / scale)
far = codes.copy()
far[0, 1] = 4  # a tie, but two steps away
save("far.npz", far)
np.savez(os.path.join(folder, "ties.npz"), in_x=np.array([[127, 2.5, 4.5, 6.5, 0, 0, 0, 0]], np.float32))
save("many.npz", np.array([[127, 3, 5, 6, 0, 0, 0, 0]], np.int8))
