# RUN: rm -rf %t && mkdir %t && %python %s %models %t
"""InferenceSession gives what ONNX Runtime gives, takes what it takes, and says what is wrong."""

import gc
import pathlib
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import bitnet
import ml_dtypes
import numpy as np
import onnx.parser
import onnxruntime  # type: ignore[import-untyped]

models, folder = map(pathlib.Path, sys.argv[1:])


def compiled(name: str) -> bitnet.InferenceSession:
    out = folder / f"{name}.so"
    bitnet.compile(models / f"{name}.onnx", out, cpu="native", opt_level=1)
    return bitnet.InferenceSession(out)


def refused(word: str, function: Callable[..., Any], *arguments: Any) -> None:
    """The call raises ValueError with `word` in its text."""
    try:
        function(*arguments)
    except ValueError as error:
        assert word in str(error), error
        return
    raise AssertionError(f"nothing was raised about {word}")


def check_model(name: str, vectors: str) -> None:
    """Same names, types and shapes as ONNX Runtime, and the outputs that PyTorch gave."""
    ours = compiled(name)
    theirs = onnxruntime.InferenceSession(models / f"{name}.onnx", providers=["CPUExecutionProvider"])
    for mine, other in ((ours.get_inputs(), theirs.get_inputs()), (ours.get_outputs(), theirs.get_outputs())):
        assert [(v.name, v.type) for v in mine] == [(v.name, v.type) for v in other], (mine, other)
    assert [v.shape for v in ours.get_inputs()] == [v.shape for v in theirs.get_inputs()]
    data = np.load(models / vectors)
    feeds = {v.name: data[f"in_{v.name}"] for v in ours.get_inputs()}
    expected = theirs.run(None, feeds)
    results = ours.run(None, feeds)
    for value, result, other in zip(ours.get_outputs(), results, expected, strict=True):
        torch = data[f"out_{value.name}"]
        assert result.dtype == other.dtype and result.shape == other.shape, value
        error = float(np.linalg.norm(result.astype(float) - torch)) / max(float(np.linalg.norm(torch)), 1e-30)
        assert error < 5e-6, (name, value.name, error)
    last = ours.get_outputs()[-1].name
    (alone,) = ours.run([last], feeds)
    assert np.array_equal(alone, results[-1])


for name, vectors in (
    ("mlp_bit.dynamo", "mlp_bit.npz"),
    ("bitlinear_v1.legacy", "bitlinear_v1.npz"),
    ("bitnet_s_online_past.dynamo", "bitnet_s_online_past.npz"),
):
    check_model(name, vectors)

session = bitnet.InferenceSession(folder / "mlp_bit.dynamo.so")
(x_arg,) = session.get_inputs()
assert x_arg.name == "x" and x_arg.shape[1] == 160 and isinstance(x_arg.shape[0], str), x_arg
rng = np.random.default_rng(0)
x = rng.standard_normal((5, 160)).astype(np.float32)
(y,) = session.run(None, {"x": x})

# Rows of any number and layout; lists; arrays that are no dense block are copied, never misread.
for rows in (0, 1, 3):
    assert np.array_equal(session.run(None, {"x": x[:rows]})[0], y[:rows])
wide = np.zeros((5, 320), np.float32)
wide[:, ::2] = x
for same in (x.tolist(), wide[:, ::2], np.asfortranarray(x), x[::-1][::-1]):
    assert np.array_equal(session.run(None, {"x": same})[0], y)
unaligned = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape)
assert not unaligned.flags.aligned
assert np.array_equal(session.run(None, {"x": unaligned})[0], y)


class Foreign:
    """An array of another library, as DLPack shows it."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


assert np.array_equal(session.run(None, {"x": Foreign(x)})[0], y)
refused("float64", session.run, None, {"x": Foreign(x.astype(float))})
x.flags.writeable = False
assert np.array_equal(session.run(None, {"x": x})[0], y)

# Outputs own their memory: they outlive the session.
kept = [session.run(None, {"x": x})[0] for _ in range(50)]
view = kept[-1][2:4]
other = bitnet.InferenceSession(folder / "mlp_bit.dynamo.so", threads=2)
assert np.array_equal(other.run(None, {"x": x})[0], y)
del other
gc.collect()
assert all(np.array_equal(result, y) for result in kept) and np.array_equal(view, y[2:4])
kept[0][:] = 0
assert np.array_equal(kept[1], y)

# What is wrong has a name.
refused("'x'", session.run, None, {})
refused("'z'", session.run, None, {"x": x, "z": x})
refused("'q'", session.run, ["q"], {"x": x})
refused("float64", session.run, None, {"x": x.astype(np.float64)})
refused("rank 1", session.run, None, {"x": x[0]})
refused("x", session.run, None, {"x": x[:, :7]})
refused(">f4", session.run, None, {"x": x.astype(">f4")})
refused("threads", lambda: bitnet.InferenceSession(folder / "mlp_bit.dynamo.so", threads=0))
for path, word in ((folder / "none.so", "none.so"), (models / "mlp_bit.dynamo.onnx", "mlp_bit")):
    try:
        bitnet.InferenceSession(path)
    except RuntimeError as error:
        assert word in str(error), error
    else:
        raise AssertionError(path)

# Several threads at once.
failures: list[int] = []


def work(seed: int) -> None:
    mine = np.random.default_rng(seed).standard_normal((seed + 1, 160)).astype(np.float32)
    first = session.run(None, {"x": mine})[0]
    for _ in range(50):
        if not np.array_equal(session.run(None, {"x": mine})[0], first):
            failures.append(seed)


threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failures

# Other dtypes, by value; bfloat16 as its bits, in and out.
WORDS = {
    "float16": np.float16,
    "double": np.float64,
    "int64": np.int64,
    "uint8": np.uint8,
    "bool": np.bool_,
    "bfloat16": ml_dtypes.bfloat16,
}
for word, dtype in WORDS.items():
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["":17]> g ({word}[n] a, bool[n] c) => ({word}[n] r) {{ r = Where (c, a, a) }}'
    )
    bitnet.compile(model, folder / f"{word}.so", cpu="native", opt_level=0)
    typed = bitnet.InferenceSession(folder / f"{word}.so")
    assert typed.get_inputs()[0].type == typed.get_outputs()[0].type == f"tensor({word})"
    a = np.array([0, 1, 2.5], np.float32).astype(dtype)
    (r,) = typed.run(None, {"a": a, "c": np.array([True, False, True])})
    assert r.dtype == (np.uint16 if word == "bfloat16" else dtype) and r.tobytes() == a.tobytes(), (word, r)

# Outputs whose size only the run knows.
model = onnx.parser.parse_model(
    '<ir_version: 8, opset_import: ["":17]> g (int64 n) => (int64[m] r) '
    "<int64 zero = {0}, int64 one = {1}> { r = Range (zero, n, one) }"
)
bitnet.compile(model, folder / "range.so", cpu="native")
counter = bitnet.InferenceSession(folder / "range.so")
for count in (0, 1, 5):
    assert counter.run(None, {"n": count})[0].tolist() == list(range(count))

# States belong to the session object; an input in place is the caller's array.
text = folder / "state.mlir"
text.write_text("""module attributes {bitnet.stage = #bitnet.stage<loops>} {
func.func @main(%x: memref<4xf32> {onnx.value = #onnx.value<name = "x">},
    %sum: memref<4xf32> {bitnet.state = "sum"},
    %total: memref<4xf32> {bitnet.in_place, onnx.value = #onnx.value<name = "total">})
    -> (memref<4xf32> {onnx.value = #onnx.value<name = "y">}, memref<4xf32> {onnx.value = #onnx.value<name = "t">}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %y = memref.alloc() : memref<4xf32>
  scf.for %i = %c0 to %c4 step %c1 {
    %a = memref.load %x[%i] : memref<4xf32>
    %b = memref.load %sum[%i] : memref<4xf32>
    %c = arith.addf %a, %b : f32
    memref.store %c, %sum[%i] : memref<4xf32>
    memref.store %c, %y[%i] : memref<4xf32>
    memref.store %c, %total[%i] : memref<4xf32>
  }
  return %y, %total : memref<4xf32>, memref<4xf32>
}
}
""")
bitnet.compile(text, folder / "state.so", cpu="native")
first, second = (bitnet.InferenceSession(folder / "state.so") for _ in range(2))
one, total = np.ones(4, np.float32), np.zeros(4, np.float32)
for step in (1, 2, 3):
    y, t = first.run(None, {"x": one, "total": total})
    assert y.tolist() == [step] * 4 and t is total or np.shares_memory(t, total)
    assert total.tolist() == [step] * 4
assert second.run(["y"], {"x": one, "total": total})[0].tolist() == [1] * 4
first.reset()
assert first.run(["y"], {"x": one, "total": total})[0].tolist() == [1] * 4
assert first.run(["t"], {"x": one, "total": Foreign(total)})[0].tolist() == total.tolist() == [2] * 4
refused("in place", first.run, None, {"x": one, "total": [0.0] * 4})
total.flags.writeable = False
refused("in place", first.run, None, {"x": one, "total": total})

# A process that only imports the package loads no LLVM.
probe = "import bitnet, pathlib; print('LLVM' in pathlib.Path('/proc/self/maps').read_text())"
assert subprocess.check_output([sys.executable, "-c", probe], text=True).strip() == "False"
