"""Compiles a model of single functions and compares it with float64, in ulp of f32.

usage: check-math.py FOLDER

Runs the library on every level that this machine has (BITNET_ISA); all must give the same bits.
"""
import math
import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

# Function, its value in float64, largest error in ulp. Elu is expm1 below 0, Softplus has a log1p.
FUNCTIONS = {"Exp": (np.exp, 0.68), "Erf": (np.vectorize(math.erf), 0.93), "Tanh": (np.tanh, 1.02),
             "Elu": (lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x), 0.51), "Softplus": (lambda x: np.logaddexp(x, 0), 2.5),
             "Log": (np.log, 0.51)}


def points():
    rng = np.random.default_rng(11)
    bits = rng.integers(0, 0x43800000, 50_000, np.uint32) | rng.integers(0, 2, 50_000).astype(np.uint32) << 31
    wide = bits.view(np.float32)
    narrow = rng.uniform(-10, 10, 100_000).astype(np.float32)
    ends = np.concatenate([np.nextafter(np.float32(c), np.float32(d)) + np.float32(s) * np.arange(-12_500, 12_500, dtype=np.float32)
                           for c, d, s in ((88.7228, 100, 1e-5), (-103.9, 0, 1e-4))])
    special = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 0.84375, 0.01, 4, -4, 3e38, -3e38], np.float32)
    return np.concatenate([wide, narrow, ends, special]).astype(np.float32)


def ulps(actual, exact):
    """Errors in units of the last place of the true value, of the smallest subnormal below."""
    exponent = np.maximum(np.frexp(np.where(np.isfinite(exact), exact, 1))[1] - 24, -149)
    return np.abs(actual.astype(np.float64) - exact) / np.ldexp(1.0, exponent)


def check(name, x, actual):
    function, bound = FUNCTIONS[name]
    with np.errstate(all="ignore"):
        exact = function(x.astype(np.float64))
        rounded = exact.astype(np.float32)
    usual = np.isfinite(exact) & np.isfinite(rounded) & (np.abs(exact) >= 2.0 ** -126)
    errors = ulps(actual[usual], exact[usual])
    worst = int(np.argmax(errors))
    print(f"{name}: {errors[worst]:.3f} ulp at {x[usual][worst]!r}")
    if errors[worst] > bound:
        sys.exit(f"{name}: more than {bound}")
    small = np.abs(exact) < 2.0 ** -126
    if np.max(ulps(actual[small], exact[small]), initial=0) > 1:
        sys.exit(f"{name}: a subnormal is off by more than 1 ulp")
    rest = ~(usual | small)
    if not np.array_equal(actual[rest], rounded[rest], equal_nan=True):
        sys.exit(f"{name}: not infinite or not a number where it should be")


def build(folder, x):
    shape = ["n"]
    nodes = [helper.make_node(name, ["x"], [name]) for name in FUNCTIONS]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in FUNCTIONS]
    graph = helper.make_graph(nodes, "functions", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)], outputs)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), folder / "m.onnx")
    np.save(folder / "x.npy", x)
    subprocess.run(["bitnet-compile", "-q", folder / "m.onnx", "-o", folder / "m.so"], check=True)


def run(folder, isa):
    out = folder / isa
    result = subprocess.run(["bitnet-run", folder / "m.so", f"--input=x={folder / 'x.npy'}", "--save-outputs", out],
                            env={**os.environ, "BITNET_ISA": isa}, capture_output=True, text=True)
    if result.returncode:
        if isa == "generic" or "BITNET_ISA" not in result.stderr:
            sys.exit(result.stderr)
        return None
    return {name: np.load(next(out.glob(f"*{name}.npy"))) for name in FUNCTIONS}


def main():
    folder, x = pathlib.Path(sys.argv[1]), points()
    build(folder, x)
    base = run(folder, "generic")
    for name, actual in base.items():
        check(name, x, actual)
    for isa in ("avx2", "avx512vnni"):
        results = run(folder, isa)
        for name in results or {}:
            if results[name].tobytes() != base[name].tobytes():
                sys.exit(f"{name}: other bits on {isa}")


if __name__ == "__main__":
    main()
