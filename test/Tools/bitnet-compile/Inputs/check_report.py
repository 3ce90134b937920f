"""The report of mlp_bit: three ternary layers, 2 bits a weight."""
import json
import sys

with open(sys.argv[1]) as file:
    report = json.load(file)
layers = report["layers"]
assert [layer["shape"] for layer in layers] == [[208, 160], [208, 208], [40, 208]], layers
assert all(layer["kind"] == "ternary" and layer["granularity"] == "tensor" for layer in layers), layers
for layer in layers:
    n, k = layer["shape"]
    assert layer["bytes_before"] == 4 * n * k, layer
    assert n * k / 4 <= layer["bytes_after"] < n * k / 2, layer
assert report["model"].endswith("mlp_bit.dynamo.onnx") and report["cpu"]
assert report["weight_bytes"] >= sum(layer["bytes_after"] for layer in layers)
