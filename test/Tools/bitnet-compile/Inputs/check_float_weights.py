"""w_c7: --float-weights against NumPy: every weight of a layer, exactly; a language model with its head.

usage: check_float_weights.py <models> <work folder>
"""
import json
import os
import pathlib
import platform
import subprocess
import sys

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

models, work = (pathlib.Path(a) for a in sys.argv[1:3])
N, K = 37, 83
LM = "bitnet_s_online_prefill"


def compile_model(model, *flags, cpu="--mcpu=native"):
    """The report's layers; the library is work/m.so."""
    report = work / "report.json"
    subprocess.run(["bitnet-compile", "-q", "-O1", cpu, model, "-o", work / "m.so", f"--report={report}", *flags], check=True)
    return json.loads(report.read_text())["layers"]


def run(inputs, threads=1, isa=""):
    np.savez(work / "in.npz", **{f"in_{name}": value for name, value in inputs.items()})
    subprocess.run(["bitnet-run", work / "m.so", "--data", work / "in.npz", "--threads", str(threads), "--save-outputs", work / "out"],
                   check=True, stdout=subprocess.DEVNULL, env={**os.environ, **({"BITNET_ISA": isa} if isa else {})})
    (path,) = (work / "out").iterdir()
    result = np.load(path)
    path.unlink()
    return result


def int8_rows(w):
    """Codes and scales of w_c7."""
    most = np.abs(w.astype(np.float32)).max(1)
    scale = most / np.float32(127)
    scale[scale == 0] = 1
    q = np.rint(w.astype(np.float64) / scale[:, None].astype(np.float64))
    return np.clip(q, -127, 127).astype(np.int8), scale


def stored(w, storage):
    """The weights that a layer stands for."""
    if storage == "bf16":
        return w.astype(ml_dtypes.bfloat16).astype(np.float32)
    q, scale = int8_rows(w)
    return q.astype(np.float32) * scale[:, None]


def save_layer(w, transposed):
    code = helper.np_dtype_to_tensor_dtype(w.dtype)
    value = helper.make_tensor_value_info
    node = helper.make_node("Gemm", ["x", "w"], ["y"], "head", transB=int(transposed))
    graph = helper.make_graph([node], "g", [value("x", code, ["m", K])], [value("y", code, ["m", N])],
                              [numpy_helper.from_array(w if transposed else np.ascontiguousarray(w.T), "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), work / "m.onnx")
    return work / "m.onnx"


def layer_weights():
    """Ties, a row of zeros, rows whose scale is subnormal or none, the largest floats that bf16 holds."""
    w = np.random.default_rng(3).standard_normal((N, K)).astype(np.float32)
    w[0] = 0
    w[1] = np.arange(K) / 2
    w[1, 0] = 127
    w[2] *= np.float32(1e-43)
    w[3] = np.float32(1e-45)
    w[4, 5] = -3.3e38
    return w


def check_every_weight():
    """The rows of a unit matrix bring out the weights as they are."""
    for transposed in (True, False):
        w = layer_weights()
        for storage in ("int8", "bf16"):
            (layer,) = compile_model(save_layer(w, transposed), f"--float-weights={storage}")
            assert layer["storage"] == {"int8": "int8 rows", "bf16": "bf16"}[storage], layer
            assert layer["kind"] == "float" and layer["bytes_after"] == {"int8": N * (K + 4), "bf16": N * K * 2}[storage], layer
            y = run({"x": np.eye(K, dtype=np.float32)})
            assert np.array_equal(y, stored(w, storage).T), (storage, transposed)
    w = w[5:, :].repeat(2, 0)[:N].astype(np.float16)
    (layer,) = compile_model(save_layer(w, True), "--float-weights=int8")
    y = run({"x": np.eye(K, dtype=np.float16)})
    assert layer["storage"] == "int8 rows" and np.array_equal(y, stored(w, "int8").T.astype(np.float16))
    (layer,) = compile_model(save_layer(w, True), "--float-weights=bf16")
    assert "storage" not in layer, layer


def check_splits():
    """mm_c5: the same bits for every thread count, split of the batch and machine with fused multiply-add."""
    isas = ["generic", "avx2", "avx512bw"] if platform.machine() == "x86_64" else ["neon"]
    compile_model(save_layer(layer_weights()[5:].repeat(2, 0)[:N], True), "--float-weights=int8", cpu=f"--isa={','.join(isas)}")
    x = np.random.default_rng(4).standard_normal((19, K)).astype(np.float32)
    whole = run({"x": x})
    for threads in (2, 5):
        assert run({"x": x}, threads).tobytes() == whole.tobytes(), threads
    assert relative(run({"x": x}, isa=isas[0]), whole) < 1e-6
    if len(isas) > 1:
        assert run({"x": x}, isa="avx2").tobytes() == whole.tobytes()
    for row in range(0, 19, 6):
        assert run({"x": x[row:row + 1]}).tobytes() == whole[row].tobytes(), row


def relative(a, b):
    return np.linalg.norm(a.astype(np.float64) - b) / np.linalg.norm(b)


def check_head(storage):
    """A model whose head NumPy has rounded, in onnxruntime; PyTorch's logits within the error of the weights. The embedding stays."""
    source = models / f"{LM}.dynamo.onnx"
    layers = compile_model(source, f"--float-weights={storage}", "--float-weights-exclude=*embed*")
    (head,) = (layer for layer in layers if layer["kind"] == "float")
    assert "storage" in head and head["bytes_after"] < head["bytes_before"], head
    data = np.load(models / f"{LM}.npz")
    inputs = {name[3:]: data[name] for name in data if name.startswith("in_")}
    ours = run(inputs)

    model = onnx.load(source)
    name = next(n.input[1] for n in model.graph.node if n.name == head["name"])
    weights = next(i for i in model.graph.initializer if i.name == name)
    w = numpy_helper.to_array(weights, str(models)).T
    rounded = stored(w, storage)
    weights.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(rounded.T), name))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    wanted = session.run(None, inputs)[0]
    error, change = relative(ours, wanted), relative(rounded, w)
    distance = relative(ours, next(data[name] for name in data if name.startswith("out_")))
    print(f"{storage}: {error:.1e} from the same weights, {distance:.1e} from PyTorch, weights moved by {change:.1e}")
    assert error < 5e-6 and change / 4 < distance < 2 * change


def storages(layers):
    return [layer.get("storage", layer["kind"]) for layer in layers]


def check_choice():
    """Globs choose layers as those of --quantize do; --quantize comes first."""
    model = models / "mlp_fp32.dynamo.onnx"
    names = [layer["name"] for layer in compile_model(model)]
    rest = len(names) - 1
    assert storages(compile_model(model, "--float-weights=keep")) == ["float"] * len(names)
    for flags, expected in ((["--float-weights-include=nowhere"], ["float"] * len(names)),
                            ([f"--float-weights-include={names[0]}"], ["int8 rows"] + ["float"] * rest),
                            ([f"--float-weights-exclude={names[0]}"], ["float"] + ["int8 rows"] * rest),
                            (["--quantize=absmean"], ["ternary"] * len(names)),
                            (["--quantize=absmean", f"--quantize-exclude={names[0]}"], ["int8 rows"] + ["ternary"] * rest)):
        assert storages(compile_model(model, "--float-weights=int8", *flags)) == expected, flags


check_every_weight()
check_splits()
for storage in ("int8", "bf16"):
    check_head(storage)
check_choice()
