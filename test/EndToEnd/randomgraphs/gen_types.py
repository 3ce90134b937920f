"""Casts between all types, islands of 16 bits in f32 graphs, and quantization as operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from .builder import Builder
from .data import BF16, BOOL, F16, F32, F64, I8, I16, I32, I64, U8, U16, DType, is_float
from .emit import proto_type
from .family import Row, axis_of, require
from .model import RUNS, Value

TARGETS = {F32: 5, F16: 2, BF16: 2, F64: 1, I32: 2, I64: 2, I8: 1.5, U8: 1, BOOL: 1, I16: 0.5, U16: 0.3}


def cast_to(b: Builder, x: Value, dtype: DType) -> Value:
    return b.one("Cast", x, to=proto_type(dtype))


def target(b: Builder, x: Value) -> DType:
    targets = dict(TARGETS)
    if b.opset < 13:
        targets.pop(BF16)
    if b.profile.special and is_float(x.dtype):
        targets = {t: w for t, w in targets.items() if is_float(t) or t == BOOL}
    return b.dice.weighted(targets)


def cast(b: Builder) -> None:
    x = b.any()
    if b.opset >= 15 and b.dice.chance(0.2):
        to = target(b, x)
        b.one("CastLike", x, b.const(np.zeros((1,), to)))
        return
    y = cast_to(b, x, target(b, x))
    if b.dice.chance(0.6) and y.dtype not in (F32, BOOL):
        cast_to(b, y, F32 if b.dice.chance(0.8) else target(b, y))


def island(b: Builder) -> None:
    """f32 -> 16 bits, one to three operators there, and back."""
    narrow = BF16 if b.opset >= 13 and b.dice.chance(0.5) else F16
    x = cast_to(b, b.any(F32, ranks=range(5)), narrow)
    for _ in range(b.dice.integer(0, 3)):
        op = b.dice.pick(["Mul", "Add", "Sub", "Div", "Relu", "Neg", "Transpose", "Reshape", "Tanh", "Abs", "self"])
        if op in ("Mul", "Add", "Sub", "Div"):
            other = b.const(np.asarray(b.dice.pick([0.3, 1.7, 3.0, 127.0])).astype(narrow))
            x = b.one(op, x, other)
        elif op == "self":
            x = b.one("Mul", x, x)
        else:
            x = b.one(op, x, *([b.ints(-1)] if op == "Reshape" else []))
    cast_to(b, x, F32)


def round_trip(b: Builder) -> None:
    """Two casts that look like nothing and round."""
    x = b.any(F32)
    narrow = BF16 if b.opset >= 13 and b.dice.chance(0.5) else F16
    rough = b.one("Mul", x, b.const(np.float32(b.dice.pick([0.3, 1.1, 33.3]))))
    cast_to(b, cast_to(b, rough, narrow), F32)


# QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear -------------------------------------------------------------


def code_types(b: Builder) -> list[DType]:
    return [U8, I8] + ([U16, I16] if b.opset >= 21 else [])


class Granularity:
    """One scale, one per slice of an axis, or one per block of it."""

    def __init__(self, b: Builder, x: Value) -> None:
        self.attributes: dict[str, Any] = {}
        self.shape: tuple[int, ...] = ()
        form = b.dice.weighted(
            {"tensor": 4, "one": 0.7, "axis": 3 if b.opset >= 13 else 0, "block": 1.5 if b.opset >= 21 else 0}
        )
        if form == "one" and b.opset >= 13:
            self.shape = (1,)
        if form in ("axis", "block"):
            axis = axis_of(b, x.rank)
            require(x.is_static(axis % x.rank), "scales of unknown number")
            self.attributes["axis"] = axis
            size = x.at(0).shape[axis % x.rank]
            self.shape = (size,)
        if form == "block":
            require(all(x.is_static(i) for i in range(x.rank)) and size > 1, "blocks of unknown number")
            block = b.dice.integer(2, size)
            self.attributes["block_size"] = block
            self.shape = tuple(-(-s // block) if i == axis % x.rank else s for i, s in enumerate(x.at(0).shape))


def scale_values(b: Builder, shape: tuple[int, ...]) -> Any:
    return b.dice.rng.choice([0.125, 0.25, 0.5, 1, 2] if b.dice.chance(0.7) else [0.1, 0.03, 0.7], shape)


def zero_point(b: Builder, shape: tuple[int, ...], dtype: DType) -> Any:
    info = np.iinfo(dtype)
    return b.dice.rng.choice([0, 0, 1, 3, 100, int(info.min), int(info.max)], shape).astype(dtype)


def quantize(b: Builder) -> None:
    x = b.any(F32, ranks=range(1, 5))
    grain = Granularity(b, x)
    dtype = b.dice.pick(code_types(b))
    values = scale_values(b, grain.shape).astype(x.dtype)
    scale = (
        b.const(values)
        if b.dice.chance(0.85)
        else b.input(x.dtype, [(s,) * RUNS for s in grain.shape], lambda shape: values)
    )
    operands = [scale, b.const(zero_point(b, grain.shape, dtype))] if b.dice.chance(0.8) else [scale]
    codes = b.one("QuantizeLinear", x, *operands, **grain.attributes)
    if b.dice.chance(0.8):
        b.one("DequantizeLinear", codes, *operands, **grain.attributes)


def dequantize(b: Builder) -> None:
    q = (
        b.any(I8, U8, ranks=range(1, 5))
        if b.dice.chance(0.8)
        else b.input(b.dice.pick([I8, U8]), [b.extents(), b.extents()])
    )
    grain = Granularity(b, q)
    scale = scale_values(b, grain.shape)
    half = b.opset >= 19 and b.dice.chance(0.2)
    operands = [b.const(scale.astype(F16 if half else F32))]
    if b.dice.chance(0.6):
        operands.append(b.const(zero_point(b, grain.shape, q.dtype)))
    to = {"output_dtype": proto_type(b.dice.pick([F32, F16]))} if b.opset >= 23 and b.dice.chance(0.3) else {}
    b.one("DequantizeLinear", q, *operands, **grain.attributes, **to)


def dynamic_quantize(b: Builder) -> None:
    x = b.any(F32, ranks=range(5), accept=lambda v: all(a.size for a in v.arrays))
    q, scale, zero = b.emit("DynamicQuantizeLinear", x, outputs=3)
    if b.dice.chance(0.7):
        b.one("DequantizeLinear", q, scale, zero)


ROWS = [
    Row("Cast", cast, 4, 9),
    Row("island", island, 3, 9),
    Row("round trip", round_trip, 2, 9),
    Row("QuantizeLinear", quantize, 3, 10),
    Row("DequantizeLinear", dequantize, 1.5, 10),
    Row("DynamicQuantizeLinear", dynamic_quantize, 1, 11),
]
