#!/usr/bin/env python3
"""A decoder stack of BitNet b1.58 2B4T widths: makes the model, checks compiled outputs.

    stack-2b4t.py make DIR [--layers 2]        stack.onnx, stack.onnx.data (278 MB a layer), rows.npz
    stack-2b4t.py check DIR codes.npz OUTDIR   compares OUTDIR/y.npy with a NumPy reference

The graph is the training form (latent f32 weights, fake-quant in standard ops): RMSNorm, q/k/v,
grouped-query attention, sub-norm, o, RMSNorm, gate/up, relu^2, sub-norm, down.
`check` follows mm_c4: our int8 codes (bitnet-run --dump-codes) must equal the reference's except
next to rounding ties (8 ulp, at most 3 in 10,000); with our codes the outputs agree to 5e-6.
"""
import argparse
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

HIDDEN, FFN, HEADS, KV_HEADS, HEAD = 2560, 6912, 20, 5, 128
EPS = np.float32(1e-5)
PROJECTIONS = {"q": (HEADS * HEAD, HIDDEN), "k": (KV_HEADS * HEAD, HIDDEN), "v": (KV_HEADS * HEAD, HIDDEN),
               "o": (HIDDEN, HEADS * HEAD), "gate": (FFN, HIDDEN), "up": (FFN, HIDDEN), "down": (HIDDEN, FFN)}


class Graph:
    """Collects nodes; external weights are written to the data file as they are made."""

    def __init__(self, data):
        self.data, self.nodes, self.initializers, self.count = data, [], [], 0
        for name, value in (("eps", EPS), ("one27", 127.0), ("lo", -128.0), ("hi", 127.0), ("m1", -1.0), ("p1", 1.0),
                            ("two", 2.0), ("inv", HEAD ** -0.5)):
            self.constant(name, np.float32(value))
        self.constant("last", np.array([-1], np.int64))

    def constant(self, name, array):
        self.initializers.append(onnx.numpy_helper.from_array(np.asarray(array), name))
        return name

    def external(self, name, array):
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=array.shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", pathlib.Path(self.data.name).name), ("offset", str(self.data.tell())),
                           ("length", str(array.nbytes))):
            tensor.external_data.add(key=key, value=value)
        self.data.write(array.tobytes())
        self.initializers.append(tensor)
        return name

    def node(self, op, *inputs, **attributes):
        self.count += 1
        out = f"{op.lower()}_{self.count}"
        self.nodes.append(helper.make_node(op, inputs, [out], name=attributes.pop("name", out), **attributes))
        return out

    def rms_norm(self, x, weight):
        square = self.node("Pow", x, "two")
        mean = self.node("ReduceMean", square, "last", keepdims=1)
        root = self.node("Reciprocal", self.node("Sqrt", self.node("Add", mean, "eps")))
        return self.node("Mul", self.node("Mul", x, root), weight)

    def quantize(self, x):
        m = self.node("Clip", self.node("ReduceMax", self.node("Abs", x), "last", keepdims=1), "eps")
        s = self.node("Mul", self.node("Reciprocal", m), "one27")
        q = self.node("Clip", self.node("Round", self.node("Mul", x, s)), "lo", "hi")
        return self.node("Div", q, s)

    def linear(self, x, weight, name):
        g = self.node("Clip", self.node("ReduceMean", self.node("Abs", weight), keepdims=0), "eps")
        s = self.node("Reciprocal", g)
        t = self.node("Clip", self.node("Round", self.node("Mul", weight, s)), "m1", "p1")
        w = self.node("Transpose", self.node("Div", t, s), perm=[1, 0])
        return self.node("MatMul", x, w, name=name)

    def heads(self, x, n, transposed):
        shape = self.constant(f"shape_{self.count}", np.array([0, 0, n, HEAD], np.int64))
        return self.node("Transpose", self.node("Reshape", x, shape), perm=[0, 2, 3, 1] if transposed else [0, 2, 1, 3])

    def repeat(self, x, axis_dims):
        groups = HEADS // KV_HEADS
        parts = self.node("Unsqueeze", x, self.constant(f"ax_{self.count}", np.array([2], np.int64)))
        tiles = self.node("Concat", *([parts] * groups), axis=2)
        shape = self.constant(f"shape_{self.count}", np.array(axis_dims, np.int64))
        return self.node("Reshape", tiles, shape)


def weight(layer, name):
    rng = np.random.default_rng([layer, list(PROJECTIONS).index(name)])
    return (rng.standard_normal(PROJECTIONS[name], np.float32) * np.float32(0.02)).astype(np.float32)


def gains(layer):
    rng = np.random.default_rng([layer, 100])
    return {n: rng.uniform(0.5, 1.5, size).astype(np.float32)
            for n, size in (("in", HIDDEN), ("attn", HEADS * HEAD), ("post", HIDDEN), ("ffn", FFN))}


def add_layer(g, x, layer):
    gain = {n: g.external(f"layers.{layer}.{n}_norm", a) for n, a in gains(layer).items()}
    w = {n: g.external(f"layers.{layer}.{n}_proj.weight", weight(layer, n)) for n in PROJECTIONS}
    name = lambda n: f"/layers.{layer}/{n}_proj/MatMul"
    h = g.quantize(g.rms_norm(x, gain["in"]))
    q, k, v = (g.linear(h, w[n], name(n)) for n in "qkv")
    keys = g.repeat(g.heads(k, KV_HEADS, True), [0, HEADS, HEAD, -1])
    values = g.repeat(g.heads(v, KV_HEADS, False), [0, HEADS, -1, HEAD])
    scores = g.node("Mul", g.node("MatMul", g.heads(q, HEADS, False), keys), "inv")
    attention = g.node("MatMul", g.node("Softmax", scores, axis=-1), values)
    merged = g.node("Reshape", g.node("Transpose", attention, perm=[0, 2, 1, 3]),
                    g.constant(f"merge_{g.count}", np.array([0, 0, HEADS * HEAD], np.int64)))
    x = g.node("Add", x, g.linear(g.quantize(g.rms_norm(merged, gain["attn"])), w["o"], name("o")))
    h = g.quantize(g.rms_norm(x, gain["post"]))
    gate, up = (g.linear(h, w[n], name(n)) for n in ("gate", "up"))
    f = g.node("Mul", g.node("Pow", g.node("Relu", gate), "two"), up)
    return g.node("Add", x, g.linear(g.quantize(g.rms_norm(f, gain["ffn"])), w["down"], name("down")))


def make(directory, layers):
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "stack.onnx.data", "wb") as data:
        g = Graph(data)
        x = "x"
        for layer in range(layers):
            x = add_layer(g, x, layer)
        g.nodes.append(helper.make_node("Identity", [x], ["y"], name="y"))
    info = lambda n: helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", "seq", HIDDEN])
    graph = helper.make_graph(g.nodes, "stack", [info("x")], [info("y")], g.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    (directory / "stack.onnx").write_bytes(model.SerializeToString())
    rng = np.random.default_rng(7)
    np.savez(directory / "rows.npz", in_x=rng.standard_normal((1, 4, HIDDEN)).astype(np.float32))
    print(f"{directory}/stack.onnx: {layers} layers, {(directory / 'stack.onnx.data').stat().st_size / 1e6:.0f} MB of f32 weights")


class Reference:
    """The same function in NumPy, fed with the compiled model's codes, which it checks."""

    def __init__(self, codes):
        self.codes = list(codes)
        self.total = self.differing = self.bad = 0

    def quantize(self, x):
        m = np.maximum(np.abs(x).max(-1, keepdims=True), EPS)
        s = (np.float32(1) / m) * np.float32(127)
        v = x * s
        q = np.clip(np.rint(v), -128, 127)
        ours = self.codes.pop(0).reshape(q.shape).astype(np.float32)
        differ = ours != q
        tie = np.abs(np.abs(v - np.floor(v)) - 0.5) <= 8 * np.spacing(np.abs(v))
        self.total += q.size
        self.differing += int(differ.sum())
        self.bad += int((differ & ~(tie & (np.abs(ours - q) == 1))).sum())
        return ours, np.float32(1) / s

    def linear(self, quantized, w):
        q, r = quantized
        g = np.float32(max(np.float32(np.abs(w).mean(dtype=np.float64)), EPS))
        t = np.clip(np.rint(w * (np.float32(1) / g)), -1, 1).astype(np.float32)
        # Exact in f32: |acc| <= 128 K < 2^24.
        acc = (q.reshape(-1, w.shape[1]) @ t.T).reshape(*q.shape[:-1], w.shape[0])
        return (acc * r) * np.float32(1 / (np.float32(1) / g))

    def run(self, x, layers):
        norm = lambda v, gain: v * (1 / np.sqrt((v * v).mean(-1, keepdims=True) + EPS)) * gain
        split = lambda v, n: v.reshape(*v.shape[:2], n, HEAD).transpose(0, 2, 1, 3)
        for layer in range(layers):
            gain = gains(layer)
            h = self.quantize(norm(x, gain["in"]))
            q, k, v = (self.linear(h, weight(layer, n)) for n in "qkv")
            k, v = (np.repeat(split(a, KV_HEADS), HEADS // KV_HEADS, axis=1) for a in (k, v))
            scores = split(q, HEADS) @ k.transpose(0, 1, 3, 2) * np.float32(HEAD ** -0.5)
            p = np.exp(scores - scores.max(-1, keepdims=True))
            a = (p / p.sum(-1, keepdims=True)) @ v
            a = a.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[1], -1)
            x = x + self.linear(self.quantize(norm(a, gain["attn"])), weight(layer, "o"))
            h = self.quantize(norm(x, gain["post"]))
            gate, up = (self.linear(h, weight(layer, n)) for n in ("gate", "up"))
            f = np.maximum(gate, 0) ** 2 * up
            x = x + self.linear(self.quantize(norm(f, gain["ffn"])), weight(layer, "down"))
        return x


def check(directory, codes_file, out_dir, layers):
    archive = np.load(codes_file)
    reference = Reference([archive[name] for name in archive.files])
    y = reference.run(np.load(directory / "rows.npz")["in_x"], layers)
    ours = np.load(out_dir / "0_y.npy")
    error = float(np.linalg.norm((ours - y).astype(np.float64)) / np.linalg.norm(y.astype(np.float64)))
    ok = error <= 5e-6 and reference.bad == 0 and reference.differing <= max(1, 3 * reference.total // 10000)
    print(f"{'ok' if ok else 'FAILED'}: relative L2 {error:.1e} against NumPy; {reference.differing} of "
          f"{reference.total} codes differ, {reference.bad} of them not at a rounding tie")
    return 0 if ok else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("make", "check"))
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("codes", nargs="?", type=pathlib.Path)
    parser.add_argument("outputs", nargs="?", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=2)
    args = parser.parse_args()
    if args.command == "make":
        return make(args.directory, args.layers)
    return check(args.directory, args.codes, args.outputs, args.layers)


if __name__ == "__main__":
    sys.exit(main())
