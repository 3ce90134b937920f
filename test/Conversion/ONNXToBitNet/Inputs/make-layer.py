"""Writes one small model per way ternary weights or quantized activations arrive.

    make-layer.py CASE out.onnx
"""
import sys

import numpy as np
from onnx import TensorProto as T
from onnx import helper, numpy_helper

N, K = 32, 256
rng = np.random.default_rng(7)
codes = rng.integers(-1, 2, (N, K)).astype(np.float32)
nodes, initializers = [], []
opset, domains = 20, []


def const(name, value, dtype=np.float32):
    initializers.append(numpy_helper.from_array(np.asarray(value, dtype), name))
    return name


def raw(name, dtype, dims, data):
    initializers.append(helper.make_tensor(name, dtype, dims, data, raw=True))
    return name


def node(op, *inputs, outputs=1, domain="", **attributes):
    names = [f"{op.lower()}{len(nodes)}_{i}" for i in range(outputs)]
    nodes.append(helper.make_node(op, inputs, names, name=names[0], domain=domain, **attributes))
    return names[0] if outputs == 1 else names


def two_bits(values):
    """Values 0..3, four to a byte, low bits first."""
    v = np.asarray(values, np.uint8).reshape(-1, 4) & 3
    return (v[:, 0] | v[:, 1] << 2 | v[:, 2] << 4 | v[:, 3] << 6).tobytes()


def absmax(x="x"):
    return node("Clip", node("ReduceMax", node("Abs", x), const("axes", [-1], np.int64)), const("eps", 1e-5))


def quantized(x="x"):
    """Codes and scale of the training FAQ."""
    s = node("Mul", node("Reciprocal", absmax(x)), const("c127", 127))
    q = node("Clip", node("Round", node("Mul", x, s)), const("low", -128), const("high", 127))
    return q, s


def linear(weights, x="x"):
    """x * transpose(weights)"""
    return node("MatMul", x, node("Transpose", weights, perm=[1, 0]))


def per_row():
    scales = np.linspace(0.5, 2.0, N, dtype=np.float32)
    return linear(const("w", codes * scales[:, None]))


def per_row_online():
    w = const("w", rng.standard_normal((N, K)) * np.linspace(0.1, 3, N)[:, None])
    mean = node("ReduceMean", node("Abs", w), const("rows", [1], np.int64), keepdims=1)
    s = node("Reciprocal", node("Clip", mean, const("weps", 1e-5)))
    t = node("Clip", node("Round", node("Mul", w, s)), const("m1", -1), const("p1", 1))
    return linear(node("Div", t, s))


def segments():
    scales = np.repeat(np.float32([0.25, 0.5, 0.75]), [16, 8, 8])
    return node("MatMul", "x", const("w", (codes * scales[:, None]).T))


def group():
    global opset
    opset = 25
    raw("w", T.INT2, [N, K], two_bits(codes.astype(np.int8).view(np.uint8)))
    scales = const("scales", rng.uniform(0.5, 1.5, (N, K // 128)))
    return linear(node("DequantizeLinear", "w", scales, axis=1, block_size=128))


def uint2():
    global opset
    opset = 25
    raw("w", T.UINT2, [N, K], two_bits(codes + 1))
    raw("zero", T.UINT2, [N], two_bits(np.ones(N)))
    scales = const("scales", rng.uniform(0.5, 1.5, N))
    return linear(node("DequantizeLinear", "w", scales, "zero", axis=0))


def non_finite():
    w = codes.copy()
    w[3, 5] = np.nan
    return linear(const("w", w))


def zero():
    return linear(const("w", np.zeros((N, K))))


def nbits(zero_point=False):
    domains.append(helper.make_opsetid("com.microsoft", 1))
    scales = const("scales", rng.uniform(0.5, 1.5, N * K // 64))
    offset = 1 if zero_point else 2
    initializers.append(numpy_helper.from_array(
        np.frombuffer(two_bits(codes + offset), np.uint8).reshape(N, K // 64, 16), "w"))
    inputs = ["x", "w", scales]
    if zero_point:
        inputs.append(const("zeros", np.full(N * K // 64 // 4, 0x55), np.uint8))
    return node("MatMulNBits", *inputs, domain="com.microsoft", N=N, K=K, bits=2, block_size=64)


def nbits_zero():
    return nbits(zero_point=True)


def dynamic_quantize():
    x, scale, zero = node("DynamicQuantizeLinear", "x", outputs=3)
    w = const("w", codes.T, np.int8)
    return node("Mul", node("Cast", node("MatMulInteger", x, w, zero), to=T.FLOAT), scale)


def int64_matmul():
    q, s = quantized()
    q = node("Cast", node("Cast", q, to=T.INT8), to=T.INT64)
    y = node("MatMul", q, const("w", codes.T, np.int64))
    return node("Div", node("Cast", y, to=T.FLOAT), s)


def divide():
    s = node("Div", const("c127", 127), absmax())
    q = node("Clip", node("Round", node("Mul", "x", s)), const("low", -128), const("high", 127))
    return linear(const("w", codes), node("Div", q, s))


def step():
    """x / (absmax / 127): no scale form of act_c1, but integers and a row scale."""
    d = node("Div", absmax(), const("c127", 127))
    q = node("Clip", node("Round", node("Div", "x", d)), const("low", -128), const("high", 127))
    return linear(const("w", codes * 0.5), node("Mul", q, d))


def floor_half():
    """Rounds half up, as onebitllms trains."""
    s = node("Mul", node("Reciprocal", absmax()), const("c127", 127))
    q = node("Floor", node("Add", node("Mul", "x", s), const("half", 0.5)))
    q = node("Clip", q, const("low", -128), const("high", 127))
    return linear(const("w", codes), node("Div", q, s))


def other_scale():
    """Scaled back by another row's scale than it was quantized with."""
    q, s = quantized()
    return linear(const("w", codes), node("Div", q, node("Mul", s, const("two", 2))))


def inference():
    """A4, B2: codes meet codes, both scales follow."""
    q, s = quantized()
    y = node("Div", linear(const("w", codes), q), const("ws", 4))
    return node("Div", y, s)


def gemm():
    return node("Gemm", "x", const("w", codes * 0.5), const("b", np.arange(N)), transB=1, alpha=2.0)


def repeated():
    """Every step uses its operand twice: 2^40 reads for whoever does not share."""
    w = const("w", codes)
    for _ in range(40):
        w = node("Mul", w, w)
    return linear(w)


def huge():
    """A few bytes that ask for 2^48 weights."""
    return node("MatMul", "x", node("Expand", const("one", 1), const("shape", [K, 1 << 40], np.int64)))


def grouped_conv():
    x = node("Reshape", "x", const("image", [-1, 8, 8, 4], np.int64))
    y = node("Conv", x, const("w", codes[:8, :4].reshape(8, 2, 2, 1)), group=4, kernel_shape=[2, 1])
    return node("Reshape", node("Expand", node("ReduceSum", y, const("all", [1, 2, 3], np.int64)),
                                const("wide", [1, N, 1, 1], np.int64)), const("flat", [-1, N], np.int64))


def float_weights():
    return node("MatMul", "x", const("w", rng.standard_normal((K, N))))


def float_rows():
    values = rng.standard_normal((N, K))
    values[0] = 0
    values[1:, 0] = -127 * 0.25
    return linear(const("w", values))


def tied(odd=None):
    """A table of 1 MB of bf16 numbers, save `odd`, that Gather and the head read."""
    global N
    N = 1024
    table = rng.standard_normal((N, K)).astype(np.float32).view(np.uint32) & np.uint32(0xffff0000)
    if odd:
        table[odd] |= 1
    return linear(const("table", table.view(np.float32)), node("Gather", "table", node("ArgMax", "x", axis=1, keepdims=0)))


def tied_odd():
    return tied(odd=(-1, -1))


def tied_read():
    """Another reader needs the f32."""
    return node("Add", tied(), node("ReduceMax", "table", keepdims=0))


def columns():
    """[K, N], for two products."""
    global N
    N = 1024
    w = rng.standard_normal((K, N)).astype(np.float32).view(np.uint32) & np.uint32(0xffff0000)
    const("w", w.view(np.float32))
    return node("Add", node("MatMul", "x", "w"), node("Gemm", "x", "w"))


def stored(axis, zero=None, kind=np.int8, scales=N):
    q = const("w", rng.integers(0 if kind == np.uint8 else -128, 128, (N, K) if axis == 0 else (K, N)), kind)
    s = const("scales", rng.uniform(0.5, 1.5, scales))
    z = [] if zero is None else [const("zero", np.full(scales, zero), kind)]
    w = node("DequantizeLinear", q, s, *z, axis=axis)
    return linear(w) if axis == 0 else node("MatMul", "x", w)


def int8_rows():
    return stored(0, zero=0)


def int8_columns():
    return stored(-1)


def int8_tensor():
    return stored(0, scales=())


def int8_ternary():
    return linear(node("DequantizeLinear", const("w", codes, np.int8), const("scales", rng.uniform(0.5, 1.5, N)), axis=0))


def int8_wrong_axis():
    return node("MatMul", "x", node("DequantizeLinear", const("w", rng.integers(-128, 128, (K, N)), np.int8),
                                    const("scales", rng.uniform(0.5, 1.5, K)), axis=0))


def int8_zero_point():
    return stored(0, zero=3)


def uint8_rows():
    return stored(0, kind=np.uint8)


case, path = sys.argv[1:]
result = globals()[case]()
value = helper.make_tensor_value_info
graph = helper.make_graph(nodes, case, [value("x", T.FLOAT, ["rows", K])],
                          [value(result, T.FLOAT, ["rows", N])], initializers)
# Names of constants repeat when a case uses a helper twice.
seen = {t.name: t for t in graph.initializer}
del graph.initializer[:]
graph.initializer.extend(seen.values())
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)] + domains)
model.ir_version = 13 if opset == 25 else 10
with open(path, "wb") as file:
    file.write(model.SerializeToString())
