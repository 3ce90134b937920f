"""Layers with ternary weights: every product, activation form, weight form and bias, and tensors that layers share."""

from __future__ import annotations

from typing import Any

import numpy as np

from .activations import Quantized, quantize_activation
from .builder import Builder
from .data import F32, I8, I32, U8, is_float
from .emit import proto_type
from .family import Row, partner, require
from .gen_windows import picture, vector, window_attributes
from .model import MICROSOFT, RUNS, Value
from .weights import row_scales, ternary_codes, ternary_weight

OUTPUTS = (1, 2, 3, 4, 8, 16, 17, 20, 33)
INPUTS = (1, 4, 5, 8, 16, 16, 20, 32, 48)


def tokens(b: Builder, ranks: tuple[int, ...] = (1, 2, 2, 3, 3, 4)) -> Value:
    """[..., K] with a known K."""
    dtype = b.profile.half or F32
    found = b.visible(
        lambda v: v.dtype == dtype and v.rank in ranks and v.is_static(v.rank - 1) and v.at(0).shape[-1] > 0
    )
    if found and b.dice.chance(0.65):
        return b.dice.recent(found)
    return b.input(dtype, [b.extents() for _ in range(b.dice.pick(ranks) - 1)] + [(b.dice.pick(INPUTS),) * RUNS])


def finish(b: Builder, y: Value, quantized: Quantized) -> Value:
    """What follows a product: the scale, a bias, a residual, an activation function."""
    if quantized.rescale:
        op, scale = quantized.rescale
        y = b.one(op, y, scale)
    if b.dice.chance(0.2):
        y = b.one(b.dice.pick(["Mul", "Div"]), y, b.const(b.dice.pick([0.5, 4.0, 1.3]), y.dtype))
    if b.dice.chance(0.35):
        y = b.one(
            "Add",
            *b.dice.shuffled(
                [
                    y,
                    vector(b, y.at(0).shape[-1], y)
                    if y.is_static(y.rank - 1) and b.dice.chance(0.6)
                    else partner(b, y),
                ]
            ),
        )
    if b.dice.chance(0.3):
        y = b.one(b.dice.pick(["Relu", "Sigmoid", "Tanh", "Neg"]), y)
    return y


def product(b: Builder, x: Value) -> Value:
    """x times the transpose of [N, K]."""
    inner, outputs = x.at(0).shape[-1], b.dice.pick(OUTPUTS)
    w = ternary_weight(b, (outputs, inner))
    form = b.dice.weighted(
        {
            "MatMul": 5,
            "Gemm": 3 if x.rank == 2 and x.dtype == F32 else 0,
            "FusedMatMul": 0.7 if x.dtype == F32 and x.rank > 1 else 0,
        }
    )
    if form == "Gemm":
        factors = {key: b.dice.pick([0.5, 2.0]) for key in ("alpha", "beta") if b.dice.chance(0.15)}
        bias = [vector(b, outputs, x)] if b.dice.chance(0.6) or b.opset < 11 else []
        return b.one("Gemm", x, w, *bias, transB=1, **factors)
    if form == "FusedMatMul":
        return b.one("FusedMatMul", x, w, domain=MICROSOFT, transB=1, **({"alpha": 2.0} if b.dice.chance(0.3) else {}))
    if x.dtype != F32:
        w = b.one("Cast", w, to=proto_type(x.dtype))
    return b.one("MatMul", x, b.one("Transpose", w, perm=[1, 0]))


def linear(b: Builder) -> None:
    """One to three layers that read the same activations, as q, k and v."""
    x = tokens(b)
    quantized = quantize_activation(b, x)
    for _ in range(b.dice.weighted({1: 5, 2: 2, 3: 1})):
        y = product(b, quantized.value)
        if not is_float(y.dtype):
            y = b.one("Cast", y, to=proto_type(F32))
        finish(b, y, quantized)


def stored_transposed(b: Builder) -> None:
    """[K, N] as it lies in the model, once or for two layers with scales of their own behind them."""
    x = tokens(b)
    inner, outputs = x.at(0).shape[-1], b.dice.pick(OUTPUTS)
    codes = ternary_codes(b, (inner, outputs)).astype(np.float32)
    scales = row_scales(b, outputs, inner).T if b.dice.chance(0.5) else 1.0
    w = b.const((codes * scales).astype(np.float32))
    quantized = quantize_activation(b, x)
    require(quantized.value.dtype == F32, "another type than that of the weights")
    for _ in range(b.dice.integer(1, 2)):
        y = b.one("MatMul", quantized.value, w)
        finish(b, b.one("Mul", y, b.const(b.array((outputs,), F32))) if b.dice.chance(0.5) else y, quantized)


def convolution(b: Builder) -> None:
    spatial = b.dice.weighted({2: 4, 1: 1.5})
    x = picture(b, spatial)
    require(x.dtype == F32, "half a picture")
    quantized = quantize_activation(b, x)
    require(quantized.value.dtype == F32, "integers")
    channels = x.at(0).shape[1]
    grouped = channels > 0 and b.dice.chance(0.15)
    group = b.dice.pick([d for d in range(1, channels + 1) if channels % d == 0]) if grouped else 1
    kernel = [b.dice.pick([1, 2, 3]) for _ in range(spatial)]
    outputs = group * b.dice.pick([1, 2, 4, 8, 17] if group == 1 else [1, 2])
    w = ternary_weight(b, (outputs, channels // group, *kernel))
    bias = [vector(b, outputs, x)] if b.dice.chance(0.55) else []
    attributes: dict[str, Any] = {"group": group} if group > 1 else {}
    y = b.one("Conv", quantized.value, w, *bias, **window_attributes(b, kernel), **attributes)
    if quantized.rescale and quantized.rescale[1].rank in (0, y.rank):
        y = b.one(quantized.rescale[0], y, quantized.rescale[1])
    if b.dice.chance(0.4):
        shape = (outputs, *[1] * spatial)
        y = b.one(b.dice.pick(["Add", "Mul"]), y, b.const(b.array(shape, F32)))
    if b.dice.chance(0.3):
        b.one("Relu", y)


def two_bits(values: Any) -> Any:
    v = np.pad(np.asarray(values, np.uint8), [(0, 0)] * (np.ndim(values) - 1) + [(0, -np.shape(values)[-1] % 4)])
    v = v.reshape(*v.shape[:-1], -1, 4)
    return (v[..., 0] | v[..., 1] << 2 | v[..., 2] << 4 | v[..., 3] << 6).astype(np.uint8)


def nbits(b: Builder) -> None:
    """Ternary weights in MatMulNBits; two nodes may share them with other scales or zero points."""
    x = tokens(b, (1, 2, 3))
    inner, outputs, block = x.at(0).shape[-1], b.dice.pick(OUTPUTS), b.dice.pick([16, 32])
    blocks = -(-inner // block)
    padded = np.zeros((outputs, blocks * block), np.int8)
    padded[:, :inner] = ternary_codes(b, (outputs, inner))
    zeros = b.dice.chance(0.5)
    packed = b.const(two_bits((padded + (1 if zeros else 2)).astype(np.uint8)).reshape(outputs, blocks, block // 4))
    quantized = quantize_activation(b, x)
    require(quantized.value.dtype == F32, "integers")
    for _ in range(b.dice.integer(1, 2)):
        scales = b.const(
            b.dice.rng.choice([0.25, 0.5, 1, 2], (outputs * blocks,) if b.dice.chance(0.6) else (1,))
            .astype(np.float32)
            .repeat(1)
        )
        if scales.at(0).size == 1:
            scales = b.const(np.full((outputs * blocks,), scales.at(0)[0], np.float32))
        points = [b.const(two_bits(np.full((outputs, blocks), 1)).reshape(-1))] if zeros or b.dice.chance(0.1) else []
        y = b.one(
            "MatMulNBits",
            quantized.value,
            packed,
            scales,
            *points,
            domain=MICROSOFT,
            K=inner,
            N=outputs,
            bits=2,
            block_size=block,
        )
        finish(b, y, quantized)


def integer_layer(b: Builder) -> None:
    """DynamicQuantizeLinear or codes, MatMulInteger, and the scales behind it; shared codes with other zero points."""
    x = tokens(b, (2, 3))
    require(all(a.size for a in x.arrays), "the range of nothing")
    q, scale, zero = b.emit("DynamicQuantizeLinear", x, outputs=3)
    inner, outputs = x.at(0).shape[-1], b.dice.pick(OUTPUTS)
    codes = ternary_codes(b, (inner, outputs))
    dtype, offset = b.dice.pick([(I8, 0), (I8, 2), (U8, 1), (U8, 7)])
    w = b.const((codes + offset).astype(dtype))
    for _ in range(b.dice.integer(1, 2)):
        shape = b.dice.pick([(), (1,), (outputs,)])
        point = b.const(np.full(shape, offset if b.dice.chance(0.8) else 0, dtype))
        operands = [q, w, zero] if offset == 0 and b.dice.chance(0.5) else [q, w, zero, point]
        y = b.one("Cast", b.one("MatMulInteger", *operands), to=proto_type(F32))
        finish(b, b.one("Mul", y, scale), Quantized(y))


def integer_product(b: Builder) -> None:
    """int8 codes times ternary weights in i32, written as MatMul."""
    x = tokens(b, (2, 3))
    codes = b.one("Cast", quantize_codes(b, x), to=proto_type(I8))
    wide = b.one("Cast", codes, to=proto_type(I32))
    w = b.const(ternary_codes(b, (x.at(0).shape[-1], b.dice.pick(OUTPUTS))).astype(np.int32))
    b.one("Cast", b.one("MatMul", wide, w), to=proto_type(F32))


def tied(b: Builder) -> None:
    """A table that Gather reads is also the weight of a layer."""
    x = tokens(b, (2, 3))
    require(x.dtype == F32, "half a table")
    table = ternary_weight(b, (b.dice.pick([4, 8, 16, 33]), x.at(0).shape[-1]))
    rows = b.const(b.dice.rng.integers(0, table.at(0).shape[0], (b.dice.integer(1, 3),)))
    embedded = b.one("Gather", table, rows, axis=0)
    finish(
        b,
        b.one("MatMul", quantize_activation(b, embedded).value, b.one("Transpose", table, perm=[1, 0])),
        Quantized(embedded),
    )
    b.one("MatMul", x, b.one("Transpose", table, perm=[1, 0]))


def quantize_codes(b: Builder, x: Value) -> Value:
    rounded = b.one("Round", x)
    return b.one("Clip", rounded, b.const(-128, F32), b.const(127, F32))


ROWS = [
    Row("ternary linear", linear, 8, 9),
    Row("ternary [K, N]", stored_transposed, 4, 9),
    Row("ternary Conv", convolution, 5, 9),
    Row("ternary MatMulNBits", nbits, 1.5, 9),
    Row("ternary MatMulInteger", integer_layer, 2, 11),
    Row("ternary i32", integer_product, 0.7, 11),
    Row("tied", tied, 0.8, 9),
]
