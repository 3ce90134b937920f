"""Ternary weights in the forms in which models hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .activations import residue, two_bounds
from .builder import Builder
from .data import F32, I4, I8, I32, I64, U4, U8
from .family import require
from .gen_types import cast_to
from .model import Array, Value

Shape = Sequence[int]


def ternary_codes(b: Builder, shape: Shape) -> Array:
    """-1, 0 and 1; often those of another layer, as in tied or merged weights."""
    old = [a for a in b.codes if a.shape == tuple(shape)]
    if old and b.dice.chance(0.5):
        return b.dice.pick(old)
    codes = b.dice.rng.choice(
        [-1, 0, 1], tuple(shape), p=b.dice.pick([[0.3, 0.4, 0.3], [0.5, 0, 0.5], [0.05, 0.9, 0.05]])
    ).astype(np.int8)
    b.codes.append(codes)
    return codes


def row_scales(b: Builder, rows: int, columns: int) -> Array:
    """[N, K] or what broadcasts to it: one scale, one per row, per segment of rows, per group of columns."""
    choices = [0.25, 0.5, 1.0, 2.0] if b.dice.chance(0.7) else [0.1, 0.7, 1.3]
    form = b.dice.weighted({"one": 3, "row": 2, "segment": 1, "group": 1, "unit": 2})
    if form == "unit":
        return np.ones((1, 1))
    if form == "row":
        return b.dice.rng.choice(choices, (rows, 1))
    if form == "segment" and rows > 1:
        cut = b.dice.integer(1, rows - 1)
        return np.repeat(b.dice.rng.choice(choices, (2, 1)), [cut, rows - cut], axis=0)
    if form == "group" and columns % 16 == 0:
        return np.repeat(b.dice.rng.choice(choices, (rows, columns // 16)), 16, axis=1)
    return np.full((1, 1), b.dice.pick(choices))


def plain(b: Builder, shape: Shape) -> Value:
    """Floats that happen to be -s, 0 and s."""
    codes = ternary_codes(b, shape)
    flat = codes.reshape(shape[0], -1)
    return b.const((flat * row_scales(b, *flat.shape)).reshape(codes.shape).astype(np.float32))


def weight_mean(b: Builder, w: Value) -> Value:
    magnitude = b.one("Abs", w)
    if b.dice.chance(0.25):
        axes = list(range(1, w.rank))
        mean = (
            b.one("ReduceMean", magnitude, b.ints(*axes), keepdims=1)
            if b.opset >= 18
            else b.one("ReduceMean", magnitude, axes=axes, keepdims=1)
        )
    else:
        mean = b.one("ReduceMean", magnitude, keepdims=b.dice.integer(0, 1))
    return b.one("Clip", mean, b.const(1e-5, F32)) if b.opset >= 11 else b.one("Clip", mean, min=1e-5)


def online(b: Builder, shape: Shape) -> Value:
    """Trained weights, quantized in the graph."""
    w = b.const(b.array(shape, F32))
    mean = weight_mean(b, w)
    if b.dice.chance(0.6):
        s = b.one("Reciprocal", mean)
        q = b.one("Div", two_bounds(b, b.one("Round", b.one("Mul", w, s)), -1, 1), s)
    else:
        q = b.one("Mul", two_bounds(b, b.one("Round", b.one("Div", w, mean)), -1, 1), mean)
    return residue(b, w, q) if b.dice.chance(0.3) else q


def signs(b: Builder, shape: Shape) -> Value:
    w = b.const(b.array(shape, F32))
    mean = b.one("ReduceMean", w, keepdims=0)
    t = b.one("Sign", b.one("Sub", w, mean))
    return b.one("Mul", t, weight_mean(b, w)) if b.dice.chance(0.6) else t


def stored(b: Builder, shape: Shape) -> Value:
    """int8 or uint8 codes behind DequantizeLinear."""
    codes = ternary_codes(b, shape)
    dtype = b.dice.pick([I8, U8])
    axis = b.dice.integer(0, len(shape) - 1)
    per_axis = b.opset >= 13 and b.dice.chance(0.5)
    parameters: tuple[int, ...] = (shape[axis],) if per_axis else ()
    zero = b.dice.rng.choice([0, 0, 3] if dtype == I8 else [1, 100], parameters if b.dice.chance(0.5) else ())
    zero = np.broadcast_to(zero, parameters)
    along = zero.reshape([-1 if i == axis else 1 for i in range(len(shape))]) if per_axis else zero
    scale = b.const(b.dice.rng.choice([0.25, 0.5, 1.0], parameters).astype(np.float32))
    operands = [] if not zero.any() and b.dice.chance(0.5) else [b.const(zero.astype(dtype))]
    return b.one(
        "DequantizeLinear",
        b.const((codes + along).astype(dtype)),
        scale,
        *operands,
        **({"axis": axis} if per_axis else {}),
    )


def blocked(b: Builder, shape: Shape) -> Value:
    """Codes of 8 or 4 bits with a scale per block."""
    axis = b.dice.integer(0, len(shape) - 1)
    require(b.opset >= 21 and shape[axis] % 4 == 0, "blocks")
    block = b.dice.pick([d for d in (4, 8, 16) if shape[axis] % d == 0])
    scales = [s // block if i == axis else s for i, s in enumerate(shape)]
    dtype = b.dice.pick([I8, I4])
    codes = b.const(ternary_codes(b, shape).astype(dtype))
    return b.one(
        "DequantizeLinear",
        codes,
        b.const(b.dice.rng.choice([0.25, 0.5, 1.0], scales).astype(np.float32)),
        axis=axis,
        block_size=block,
    )


def nibbles(b: Builder, shape: Shape) -> Value:
    require(b.opset >= 21, "4 bits")
    codes = b.const((ternary_codes(b, shape) + 8).astype(U4))
    return b.one("DequantizeLinear", codes, b.const(np.float32(0.5)), b.const(np.asarray(8, U4)))


def cast_codes(b: Builder, shape: Shape) -> Value:
    w = cast_to(b, b.const(ternary_codes(b, shape).astype(b.dice.pick([I8, I8, I32, I64]))), F32)
    return b.one("Mul", w, b.const(b.dice.pick([0.5, 1.5]), F32)) if b.dice.chance(0.4) else w


def packed(b: Builder, shape: Shape) -> Value:
    """Four codes to a byte, taken apart by the graph: rows i, i + N/4, ... as transformers packs them."""
    require(b.opset >= 18 and len(shape) == 2 and shape[0] % 4 == 0, "packing")
    parts = (ternary_codes(b, shape) + 1).astype(np.uint8).reshape(4, shape[0] // 4, shape[1])
    bytes_ = b.const(sum(parts[i] << (2 * i) for i in range(4)))
    pieces = []
    for i in range(4):
        if b.dice.chance(0.5):
            shifted = b.one("BitShift", bytes_, b.const(np.uint8(2 * i)), direction="RIGHT")
            pieces.append(b.one("BitwiseAnd", shifted, b.const(np.uint8(3))))
        else:
            masked = b.one("BitwiseAnd", bytes_, b.const(np.uint8(3 << 2 * i)))
            pieces.append(b.one("BitShift", masked, b.const(np.uint8(2 * i)), direction="RIGHT"))
    return b.one("Sub", cast_to(b, b.one("Concat", *pieces, axis=0), F32), b.const(1, F32))


def almost(b: Builder, shape: Shape) -> Value:
    """Ternary but for one weight."""
    values: Any = ternary_codes(b, shape) * 0.5
    if values.size:
        values.reshape(-1)[b.dice.integer(0, values.size - 1)] = b.dice.pick([1.0, 0.25, 0.5000001, -1.0])
    return b.const(values.astype(np.float32))


FORMS: dict[Callable[[Builder, Shape], Value], float] = {
    plain: 6,
    online: 2.5,
    signs: 0.7,
    stored: 2,
    blocked: 0.8,
    nibbles: 0.3,
    cast_codes: 1,
    packed: 0.8,
    almost: 0.7,
}


def ternary_weight(b: Builder, shape: Shape) -> Value:
    """[N, K] or [O, C, ...]: the first axis is that of the outputs."""
    form = b.dice.weighted(FORMS)
    require(form not in (online, signs) or b.opset >= 11, "opset")
    require(form is not stored or b.opset >= 10, "opset")
    return form(b, shape)
