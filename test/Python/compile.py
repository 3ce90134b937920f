# RUN: rm -rf %t && mkdir %t && %python %s %models %t
"""bitnet.compile gives what bitnet-compile gives, from a path, bytes or a ModelProto, and says what is wrong."""

import pathlib
import subprocess
import sys
import warnings
from typing import Any

import bitnet
import onnx

models, folder = map(pathlib.Path, sys.argv[1:])
path = models / "bitlinear_v1.legacy.onnx"
proto = onnx.load(path)
outputs = []
for kind, model in (("path", path), ("text", str(path)), ("bytes", path.read_bytes()), ("proto", proto)):
    (folder / kind).mkdir()
    steps: list[bitnet.Progress] = []
    result = bitnet.compile(model, folder / kind / "m.so", progress=steps.append, cpu="native")
    assert result.output == str(folder / kind / "m.so") and result.kernel and result.weight_bytes > 0
    assert steps[0].stage == "import" and steps[-1].stage == "link"
    assert [step.index for step in steps] == list(range(1, len(steps) + 1)) and steps[-1].count == len(steps)
    outputs.append((folder / kind / "m.so").read_bytes())
(folder / "tool").mkdir()
subprocess.run(["bitnet-compile", "-q", path, "-o", folder / "tool" / "m.so", "--mcpu=native"], check=True)
assert outputs[0] == outputs[1] == (folder / "tool" / "m.so").read_bytes()
(layer,) = result.layers
assert (layer.kind, layer.rows, layer.cols, layer.packing) == ("binary", 208, 160, "u2"), layer

# Options: words, numbers, lists, dims.
result = bitnet.compile(path, folder / "o.so", isas=["generic", "avx2"], opt_level=0, packing="1.6", max_memory=10**12)
assert result.isas == ["generic", "avx2"] and result.layers[0].packing == "u1_6", result
bitnet.compile(models / "mlp_bit.dynamo.onnx", folder / "d.so", cpu="native", dims={"batch": 3})
assert bitnet.InferenceSession(folder / "d.so").get_inputs()[0].shape == [3, 160]


def refused(code: int, *words: str, model: Any = path, **options: Any) -> None:
    out = folder / "refused.so"
    out.write_text("old")
    try:
        bitnet.compile(model, out, **options)
    except bitnet.CompileError as error:
        assert error.code == code, error
        assert all(word in str(error) for word in words), error
        assert error.diagnostics[0].severity == "error"
        assert out.read_text() == "old"
        return
    raise AssertionError(words)


refused(64, "kernel", "auto", kernel="none")
refused(65, "no dim named", dims={"nothing": 3})
refused(65, "none.onnx", model=folder / "none.onnx")
refused(65, "ONNX", model=b"no model")
node = onnx.helper.make_node("Nothing", ["x"], ["y"], name="the_node")
value = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [4]) for name in "xy"]
broken = onnx.helper.make_model(onnx.helper.make_graph([node], "g", value[:1], value[1:]))
refused(65, "the_node", "Nothing", model=broken)
wrong: dict[str, Any]
for wrong in ({"nothing": 1}, {"opt_level": "3"}, {"isas": "avx2"}, {"cpu": 1}, {"dims": 3}, {"max_nodes": -1}):
    try:
        bitnet.compile(path, folder / "x.so", **wrong)
    except (TypeError, AttributeError):
        assert not (folder / "x.so").exists()
    else:
        raise AssertionError(wrong)


# What a callback raises ends the compilation and comes out.
class Stop(BaseException):
    pass


def stop(step: bitnet.Progress) -> None:
    if step.stage == "bitnet":
        raise Stop


try:
    bitnet.compile(path, folder / "stopped.so", progress=stop)
except Stop:
    assert not (folder / "stopped.so").exists()
else:
    raise AssertionError("not stopped")

# Warnings: by warnings.warn, or to who asks.
value[1] = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [5])
odd = onnx.helper.make_model(
    onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", value[:1], value[1:])
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    bitnet.compile(odd, folder / "w.so", cpu="native")
assert [w.category for w in caught] == [bitnet.CompileWarning] and "declared" in str(caught[0].message), caught
said: list[bitnet.Diagnostic] = []
with warnings.catch_warnings():
    warnings.simplefilter("error")
    bitnet.compile(odd, folder / "w.so", cpu="native", diagnostic=said.append)
assert said[0].severity == "warning"
