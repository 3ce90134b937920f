"""Compiles one model with many products of floats and compares it with NumPy in float64.

usage: check-contractions.py [--cpu=haswell ...] [--same-bits]

Weights that the model holds as int8 codes with one scale per row (w_c7) or transposes first are among them. Every CPU's results must be within 1e-6 of the exact products, the same bits on 1, 2 and 5
threads; with --same-bits, which holds among CPUs with fused multiply-add, the same bits on all of them.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TYPES = {"f32": (TensorProto.FLOAT, np.float32, 1e-6), "f16": (TensorProto.FLOAT16, np.float16, 5e-4),
         "bf16": (TensorProto.BFLOAT16, ml_dtypes.bfloat16, 4e-3)}


class Model:
    """Products of random inputs, each an output, and what they should be."""

    def __init__(self):
        self.nodes, self.inputs, self.outputs, self.data, self.wanted = [], [], [], {}, {}
        self.weights, self.int8_layers = [], 0
        self.rng = np.random.default_rng(5)

    def input(self, shape, kind):
        name = f"x{len(self.inputs)}"
        code, dtype, _ = TYPES[kind]
        # All but 1, which may broadcast, is known at run time only.
        dims = [1 if size == 1 else f"{name}_{i}" for i, size in enumerate(shape)]
        self.inputs.append(helper.make_tensor_value_info(name, code, dims))
        self.data[name] = self.rng.standard_normal(shape).astype(dtype)
        return name

    def product(self, op, a, b, kind="f32", **attributes):
        x, y = self.input(a, kind), self.input(b, kind)
        out = f"y{len(self.outputs)}"
        domain = "com.microsoft" if op == "FusedMatMul" else ""
        self.nodes.append(helper.make_node(op, [x, y], [out], domain=domain, name=out, **attributes))
        u, v = (self.data[name].astype(np.float64) for name in (x, y))
        u = np.swapaxes(u, -1, -2) if attributes.get("transA") else u
        v = np.swapaxes(v, -1, -2) if attributes.get("transB") else v
        self.wanted[out] = (u @ v, TYPES[kind][2])
        self.outputs.append(helper.make_tensor_value_info(out, TYPES[kind][0], [None] * self.wanted[out][0].ndim))

    def constant(self, values):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def transposed_product(self, shape_x, shape_w):
        """x by constant weights whose last two dimensions a node swaps."""
        x, out, order = self.input(shape_x, "f32"), f"y{len(self.outputs)}", list(range(len(shape_w)))
        order[-2:] = order[:-3:-1]
        w = self.rng.standard_normal(shape_w).astype(np.float32)
        self.nodes.append(helper.make_node("Transpose", [self.constant(w)], [f"{out}_w"], perm=order))
        self.nodes.append(helper.make_node("MatMul", [x, f"{out}_w"], [out], name=out))
        y = np.matmul(self.data[x].astype(np.float64), np.swapaxes(w.astype(np.float64), -1, -2))
        self.wanted[out] = (y, TYPES["f32"][2])
        self.outputs.append(helper.make_tensor_value_info(out, TYPES["f32"][0], [None] * y.ndim))

    def int8_product(self, m, n, k, axis, kind="f32"):
        """x by dequantized [n, k] codes with scales along axis 0, or [k, n] along axis 1; the first has a bias."""
        x, out = self.input((m, k), kind), f"y{len(self.outputs)}"
        code, dtype, tolerance = TYPES[kind]
        q = self.rng.integers(-128, 128, (n, k) if axis == 0 else (k, n)).astype(np.int8)
        scales, bias = (self.rng.uniform(0.01, 0.02, n).astype(dtype) for _ in range(2))
        parts = [self.constant(q), self.constant(scales)]
        self.nodes.append(helper.make_node("DequantizeLinear", parts, [f"{out}_w"], axis=axis))
        more = [self.constant(bias)] if axis == 0 else []
        self.nodes.append(helper.make_node("Gemm", [x, f"{out}_w", *more], [out], name=out, transB=1 - axis))
        w = (q if axis == 0 else q.T).astype(np.float64) * scales.astype(np.float64)[:, None]
        y = self.data[x].astype(np.float64) @ w.T
        self.wanted[out] = (y + bias.astype(np.float64) if more else y, tolerance)
        self.outputs.append(helper.make_tensor_value_info(out, code, [None, None]))
        self.int8_layers += 1

    def save(self, folder):
        graph = helper.make_graph(self.nodes, "products", self.inputs, self.outputs, self.weights)
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), folder / "m.onnx")
        np.savez(folder / "m.npz", **{f"in_{name}": value for name, value in self.data.items()})


def build_model():
    model = Model()
    shapes = [(1, 1, 1), (1, 16, 15), (1, 17, 16), (1, 65, 37), (2, 15, 17), (5, 300, 16), (6, 5, 1), (7, 64, 33), (17, 16, 16),
              (65, 17, 100), (1, 1100, 300), (300, 70, 520), (3, 2100, 9), (1, 64, 300), (4, 128, 600), (5, 100, 513), (0, 5, 5), (5, 0, 5), (5, 5, 0), (9, 70, 0), (1, 300, 0)]
    for i, (m, n, k) in enumerate(shapes):
        model.product("MatMul", (m, k), (k, n))
        model.product("Gemm", (m, k), (n, k), transB=1)
        if i % 6 == 5:
            model.product("Gemm", (k, m), (k, n), transA=1)
            model.product("Gemm", (k, m), (n, k), transA=1, transB=1)
    for kind in TYPES:
        for m in (1, 3, 9):
            model.product("MatMul", (m, 77), (77, 90), kind)
            model.product("Gemm", (m, 77), (90, 77), kind, transB=1)
    for a, b in (((2, 3, 33, 20), (2, 3, 20, 19)), ((2, 3, 7, 20), (1, 3, 20, 40)), ((2, 3, 4, 5, 20), (2, 3, 1, 20, 30)),
                 ((4, 9, 20), (20, 33)), ((20,), (20, 33)), ((9, 20), (20,)), ((40,), (40,)), ((2, 1, 3, 1, 6, 8), (2, 5, 1, 2, 8, 17))):
        model.product("MatMul", a, b)
    model.product("FusedMatMul", (2, 3, 40, 32), (2, 3, 50, 32), transB=1)
    model.product("FusedMatMul", (2, 3, 32, 40), (2, 3, 32, 50), transA=1)
    for x, w in (((1, 77), (90, 77)), ((9, 77), (90, 77)), ((2, 5, 20), (33, 20)), ((2, 3, 5, 20), (3, 7, 20))):
        model.transposed_product(x, w)
    for m, n, k in ((1, 1, 16), (1, 37, 15), (1, 70, 77), (1, 300, 640), (2, 9, 16), (5, 33, 100), (9, 70, 77), (65, 100, 64)):
        model.int8_product(m, n, k, axis=0)
        model.int8_product(m, n, k, axis=1)
    for kind in ("f16", "bf16"):
        model.int8_product(3, 33, 77, 0, kind)
    return model


def sh(*command):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{command}\n{result.stdout}{result.stderr}")


def run(folder, library, threads):
    out = folder / f"out-{library.stem}-{threads}"
    sh("bitnet-run", library, "--data", folder / "m.npz", "--threads", threads, "--save-outputs", out)
    return {path.stem.split("_", 1)[1]: np.load(path) for path in out.iterdir()}


def as_float(array, kind):
    return array.view(kind).astype(np.float64) if array.dtype.kind in "uV" else array.astype(np.float64)


def check(model, results, cpu):
    for (name, (wanted, tolerance)), info in zip(model.wanted.items(), model.outputs):
        kind = ml_dtypes.bfloat16 if info.type.tensor_type.elem_type == TensorProto.BFLOAT16 else None
        ours = as_float(results[name], kind)
        if ours.shape != wanted.shape:
            sys.exit(f"{cpu}: {name} is {ours.shape}, not {wanted.shape}")
        error = np.linalg.norm(ours - wanted) / max(np.linalg.norm(wanted), 1e-30)
        if not error <= tolerance:
            sys.exit(f"{cpu}: {name} {wanted.shape}: relative L2 {error:.1e}")


def same(first, second, what):
    for name in first:
        if first[name].tobytes() != second[name].tobytes():
            sys.exit(f"{what}: {name} differs")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cpu", action="append", default=[])
    parser.add_argument("--same-bits", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder, model, first = pathlib.Path(work), build_model(), None
        model.save(folder)
        for cpu in args.cpu or ["native"]:
            library = folder / f"{cpu}.so"
            sh("bitnet-compile", folder / "m.onnx", "-o", library, f"--mcpu={cpu}", "-q", f"--report={folder / 'report.json'}")
            layers = json.loads((folder / "report.json").read_text())["layers"]
            if sum(layer.get("storage") == "int8 rows" for layer in layers) != model.int8_layers:
                sys.exit(f"int8 weights were not kept: {layers}")
            results = run(folder, library, 1)
            check(model, results, cpu)
            for threads in (2, 5):
                same(results, run(folder, library, threads), f"{cpu}, {threads} threads")
            if args.same_bits:
                first = first or results
                same(first, results, f"{args.cpu[0]} and {cpu}")
    print(f"{len(model.wanted)} products on {', '.join(args.cpu or ['native'])}")


if __name__ == "__main__":
    main()
