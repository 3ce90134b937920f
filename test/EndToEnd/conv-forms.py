# Convolutions of floats: groups, depthwise, strides, dilations, uneven padding, 1 to 3 dimensions, against onnxruntime.
#
# RUN: %python %s %t
"""A model of one Conv per form, whose batch is not known when it is compiled."""
import pathlib
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper


class Form(NamedTuple):
    x: tuple
    w: tuple
    attributes: dict
    dtype: type = np.float32


FORMS = {
    "padded": Form((2, 6, 9, 11), (8, 6, 3, 3), dict(pads=[1, 1, 1, 1])),
    "groups": Form((2, 6, 9, 11), (8, 3, 3, 3), dict(group=2, strides=[2, 1])),
    "depthwise": Form((2, 6, 9, 11), (6, 1, 3, 3), dict(group=6, pads=[1, 0, 1, 2])),
    "two-per-channel": Form((2, 6, 9, 11), (12, 1, 3, 3), dict(group=6, dilations=[2, 2])),
    "one-dimension": Form((3, 5, 17), (7, 5, 4), dict(strides=[3], pads=[2, 1])),
    "pointwise": Form((2, 4, 7, 7), (9, 4, 1, 1), dict(strides=[2, 2])),
    "patches": Form((1, 3, 32, 32), (16, 3, 8, 8), dict(strides=[8, 8])),
    "three-dimensions": Form((1, 2, 5, 6, 7), (3, 2, 2, 3, 2), dict(pads=[1, 1, 0, 0, 1, 1])),
    "half": Form((2, 6, 9, 11), (8, 6, 3, 3), dict(pads=[1, 1, 1, 1]), np.float16),
}


def make_model(form, rng):
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(form.dtype))
    constant = lambda name, shape: numpy_helper.from_array((rng.standard_normal(shape) * 0.3).astype(form.dtype), name)
    graph = helper.make_graph([helper.make_node("Conv", ["x", "w", "b"], ["y"], **form.attributes)], "conv",
                              [helper.make_tensor_value_info("x", kind, ["batch", *form.x[1:]])],
                              [helper.make_tensor_value_info("y", kind, None)],
                              [constant("w", form.w), constant("b", form.w[:1])])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def check(name, form, work):
    model, library, data = (work / f"{name}.{end}" for end in ("onnx", "so", "npz"))
    rng = np.random.default_rng(len(name))
    onnx.save(make_model(form, rng), model)
    x = rng.standard_normal(form.x).astype(form.dtype)
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    np.savez(data, in_x=x, out_y=session.run(None, {"x": x})[0])
    subprocess.run(["bitnet-compile", "-q", "--mcpu=native", str(model), "-o", str(library)], check=True)
    tolerance = "5e-6" if form.dtype == np.float32 else "1e-3"
    run = subprocess.run(["bitnet-run", str(library), "--data", str(data), f"--tol={tolerance}"],
                         capture_output=True, text=True)
    if run.returncode:
        print(f"{name}: exit {run.returncode}\n{run.stdout}{run.stderr}")
    return run.returncode == 0


def main():
    work = pathlib.Path(sys.argv[1])
    work.mkdir(parents=True, exist_ok=True)
    good = sum(check(name, form, work) for name, form in FORMS.items())
    print(f"{good} of {len(FORMS)} forms")
    return 0 if good == len(FORMS) else 1


if __name__ == "__main__":
    sys.exit(main())
