"""Quantizes mlp_fp32 by each method; compares report and outputs with NumPy from the initializers."""
import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import numpy_helper

model, work = (pathlib.Path(a) for a in sys.argv[1:3])


def compile_model(*flags):
    report = work / "report.json"
    subprocess.run(["bitnet-compile", "-q", "-O1", "--mcpu=native", str(model), "-o", str(work / "m.so"), f"--report={report}", *flags], check=True)
    return json.loads(report.read_text())["layers"]


def kinds(layers):
    return [layer["kind"] for layer in layers]


def ternary(weights, method):
    mean = np.float32(np.mean(np.abs(weights), dtype=np.float64))
    if method == "sign":
        return np.sign(weights - weights.mean(dtype=np.float64)), mean
    scale = 1 / max(mean, 1e-5) if method == "absmean" else 1 / (mean + np.float32(1e-5))
    return np.clip(np.round(weights * np.float32(scale)), -1, 1), 1 / np.float32(scale)


def layer(x, weights, bias, method):
    codes, scale = ternary(weights, method)
    act = 127 / np.maximum(np.abs(x).max(-1, keepdims=True), np.float32(1e-5))
    q = np.clip(np.round(x * act), -128, 127)
    return ((q @ codes.T) / act * scale + bias).astype(np.float32)


def check_outputs(method):
    compile_model(f"--quantize={method}")
    saved = work / "saved"
    data = model.parent / "mlp_fp32.npz"
    subprocess.run(["bitnet-run", str(work / "m.so"), "--data", str(data), "--tol=10", f"--save-outputs={saved}"],
                   check=True, stdout=subprocess.DEVNULL)
    arrays = {i.name: numpy_helper.to_array(i, str(model.parent)) for i in onnx.load(model).graph.initializer}
    y = np.load(data)["in_x"]
    for name in ("fc1", "fc2", "fc3"):
        y = layer(y, arrays[name + ".weight"], arrays[name + ".bias"], method)
        y = np.maximum(y, 0) if name != "fc3" else y
    actual = np.load(saved / "0_y.npy")
    error = np.linalg.norm(actual - y) / np.linalg.norm(y)
    print(method, error)
    # A code at a tie may fall either way; another method is off by far more.
    assert error < 5e-3, (method, error)


def main():
    layers = compile_model()
    assert set(kinds(layers)) <= {"float"}, layers
    layers = compile_model("--quantize=absmean")
    names = [layer["name"] for layer in layers]
    assert kinds(layers) == ["ternary"] * len(layers) and layers, layers
    for flag, expected in ((f"--quantize-include={names[0]}", ["ternary"] + ["float"] * (len(names) - 1)),
                           (f"--quantize-exclude={names[0]}", ["float"] + ["ternary"] * (len(names) - 1))):
        assert kinds(compile_model("--quantize=absmean", flag)) == expected, flag
    for method in ("absmean", "absmean-plus-eps", "sign"):
        check_outputs(method)


main()
