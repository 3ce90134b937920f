#!/usr/bin/env python3
"""What a call from Python costs beyond the C call, beside ONNX Runtime's.

    .venv/bin/python benchmarks/python-overhead.py

A model of one Relu, four floats, one thread: all that is left is the call. Prints the medians of five rounds in turn, in
microseconds, of 10,000 calls each.
"""

from __future__ import annotations

import ctypes
import statistics
import tempfile
import time
from collections.abc import Callable

import bitnet
import numpy as np
import onnx.parser
import onnxruntime  # type: ignore[import-untyped]
from bitnet.memory import fill_tensor
from bitnet.runtime import Tensor

CALLS, ROUNDS = 10_000, 5
MODEL = '<ir_version: 8, opset_import: ["":17]> g (float[n,4] x) => (float[n,4] y) { y = Relu (x) }'


def median_of(call: Callable[[], object]) -> float:
    """Microseconds of one call."""
    times = []
    for _ in range(CALLS):
        started = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - started)
    return statistics.median(times) / 1e3


def prepare_c_call(
    session: bitnet.InferenceSession, x: np.ndarray[tuple[int, int], np.dtype[np.float32]]
) -> Callable[[], object]:
    """The C function on tensors that are ready, its output included."""
    inputs, outputs, y = (Tensor * 1)(), (Tensor * 1)(), np.empty_like(x)
    fill_tensor(inputs[0], 1, x)
    fill_tensor(outputs[0], 1, y)
    outputs[0].capacity = y.nbytes
    handles, options = session._handles, ctypes.byref(session._options)
    invoke = handles.library.bitnet_model_invoke
    return lambda: (invoke(handles.model, inputs, 1, outputs, 1, options), y)


def main() -> None:
    model = onnx.parser.parse_model(MODEL)
    x = np.ones((1, 4), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        bitnet.compile(model, f"{folder}/relu.so", cpu="native")
        ours = bitnet.InferenceSession(f"{folder}/relu.so", threads=1)
    theirs = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    calls = {
        "the C call": prepare_c_call(ours, x),
        "InferenceSession.run": lambda: ours.run(None, {"x": x}),
        "ONNX Runtime's run": lambda: theirs.run(None, {"x": x}),
    }
    rounds = [{name: median_of(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    for name in calls:
        print(f"{name:22}{statistics.median(times[name] for times in rounds):6.1f} us")


if __name__ == "__main__":
    main()
