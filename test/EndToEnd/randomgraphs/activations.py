"""Quantizers of activations as training libraries and exporters write them, and some that only look like them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from .builder import Builder
from .data import BF16, F16, F32, I8, I32, U8, is_finite
from .family import axes_subset, require
from .gen_types import cast_to
from .model import Value

QMAX = {127: 8, 7: 1, 1: 0.6, 128: 0.6, 15: 0.5, 255: 0.3, 448: 0.1}


@dataclasses.dataclass
class Quantized:
    """What the product reads, and what its result is still to be multiplied with or divided by."""

    value: Value
    rescale: tuple[str, Value] | None = None


def maybe_narrow(b: Builder, x: Value, probability: float = 0.07) -> Value:
    """Now and then a step is rounded to 16 bits, in a graph that is f32 elsewhere."""
    if x.dtype != F32 or not b.dice.chance(probability):
        return x
    narrow = BF16 if b.opset >= 13 and b.dice.chance(0.5) else F16
    return cast_to(b, cast_to(b, x, narrow), F32)


def reduce_max(b: Builder, x: Value, axes: list[int], op: str = "ReduceMax") -> Value:
    if b.opset >= 18:
        return b.one(op, x, b.ints(*axes), keepdims=1)
    return b.one(op, x, axes=axes if b.opset >= 11 else [a % x.rank for a in axes], keepdims=1)


def reduced_axes(b: Builder, x: Value) -> list[int]:
    """Per token mostly; per tensor, per sample, and axes that no layer may take for a token."""
    forms: dict[str, float] = {"token": 6, "tensor": 1, "sample": 1.2, "other": 0.8}
    form = b.dice.weighted(forms)
    if form == "token":
        return [-1 if b.dice.chance(0.8) else x.rank - 1]
    if form == "tensor":
        return list(range(x.rank))
    return list(range(1, x.rank)) if form == "sample" and x.rank > 1 else axes_subset(b, x.rank)


def lower_bound(b: Builder, m: Value) -> Value:
    eps = b.dice.pick([1e-5, 1e-5, 0.125, 1e-8])
    form = b.dice.weighted({"clip": 5, "max": 2, "none": 0.2})
    if form == "max":
        return b.one("Max", m, b.const(eps, m.dtype)) if b.opset >= 8 else m
    if form == "none":
        return m
    return b.one("Clip", m, b.const(eps, m.dtype)) if b.opset >= 11 else b.one("Clip", m, min=eps)


def two_bounds(b: Builder, x: Value, low: float, high: float) -> Value:
    if b.opset >= 11:
        return b.one("Clip", x, b.const(low, x.dtype), b.const(high, x.dtype))
    return b.one("Clip", x, min=float(low), max=float(high))


def rounded(b: Builder, x: Value) -> Value:
    """Half to even, or half up."""
    if b.opset < 11 or b.dice.chance(0.12):
        return b.one("Floor", b.one("Add", x, b.const(0.5, x.dtype)))
    return b.one("Round", x)


def codes_of(b: Builder, product: Value, qmax: int) -> Value:
    """Round and clip in either order, or round alone."""
    low, high = b.dice.pick([(-qmax - 1, qmax), (-qmax - 1, qmax), (-qmax, qmax), (-128, 127), (0, qmax)])
    form = b.dice.weighted({"after": 6, "before": 1, "none": 0.8})
    if form == "before":
        return rounded(b, two_bounds(b, product, low, high - b.dice.pick([0, 0, 0.125])))
    q = rounded(b, maybe_narrow(b, product, 0.04))
    return two_bounds(b, q, low, high) if form == "after" else q


def absmax_quantizer(b: Builder, x: Value) -> Quantized:
    """codes = clip(round(x * s)), s = qmax / max|x|, in the three forms of act_c1 and one of its own."""
    qmax = b.dice.weighted(QMAX)
    # The old Clip makes 3e38 of infinity; what is scaled back by that overflows in some products of a row.
    require(b.opset >= 11 or all(is_finite(a) for a in x.arrays), "scale of infinity")
    measured = x
    if b.dice.chance(0.05):  # by something else, which has no 0 or infinity that only some of a row's products meet
        measured = b.float(ranks=(x.rank,))
        require(all(is_finite(a) for a in measured.arrays), "scale of infinity")
    magnitude = b.one("Abs", measured)
    m = maybe_narrow(b, lower_bound(b, reduce_max(b, magnitude, reduced_axes(b, x))))
    top = b.const(qmax, x.dtype)
    form = b.dice.weighted({"reciprocal": 4, "divide": 3, "mul_divide": 2, "step": 1})
    if form == "mul_divide":
        q = codes_of(b, b.one("Div", b.one("Mul", x, top), m), qmax)
        return (
            Quantized(b.one("Div", b.one("Mul", q, m), top))
            if b.dice.chance(0.8)
            else Quantized(q, ("Mul", b.one("Div", m, top)))
        )
    if form == "step":
        step = b.one("Div", m, top)
        q = codes_of(b, b.one("Div", x, step), qmax)
        return Quantized(b.one("Mul", q, step)) if b.dice.chance(0.7) else Quantized(q, ("Mul", step))
    s = b.one("Div", top, m) if form == "divide" else b.one("Mul", b.one("Reciprocal", m), top)
    s = maybe_narrow(b, s)
    q = codes_of(b, maybe_narrow(b, b.one("Mul", x, s)), qmax)
    return scaled_back(b, q, s)


def scaled_back(b: Builder, q: Value, s: Value) -> Quantized:
    if b.dice.chance(0.06):
        s = b.one("Mul", s, b.const(2, s.dtype))
    if b.dice.chance(0.15) and all(np.abs(a.astype(np.float64)).max(initial=0) <= 127 for a in q.arrays):
        q = cast_to(b, cast_to(b, q, I8), q.dtype)
    return Quantized(b.one("Div", q, s)) if b.dice.chance(0.7) else Quantized(q, ("Div", s))


def residue(b: Builder, x: Value, quantized: Value) -> Value:
    """The straight-through estimator: x + (q - x) and its relatives.

    Of finite x in 32 bits: in front of a layer it is read as q, which x = infinity would tell (act_c2), or the last bits
    of 16, where they decide the next rounding.
    """
    require(x.dtype == F32 and all(is_finite(a) for a in x.arrays), "residue of infinity")
    form = b.dice.integer(0, 3)
    if form == 0:
        return b.one("Add", x, b.one("Sub", quantized, x))
    if form == 1:
        return b.one("Add", b.one("Sub", quantized, x), x)
    if form == 2:
        return b.one("Sub", x, b.one("Sub", x, quantized))
    return b.one("Sub", b.one("Add", x, quantized), x)


def static_codes(b: Builder, x: Value) -> Quantized:
    """Scales that do not depend on the data."""
    scale = b.const(b.dice.pick([0.5, 0.25, 2.0, 1.0]), x.dtype)
    product = b.one(b.dice.pick(["Mul", "Div"]), x, scale) if b.dice.chance(0.6) else x
    q = codes_of(b, product, b.dice.pick([127, 127, 7]))
    if b.dice.chance(0.3):
        return Quantized(q)
    if b.dice.chance(0.3) and x.is_static(x.rank - 1):
        scale = b.const(b.dice.rng.choice([0.5, 1, 2], x.at(0).shape[-1:]).astype(x.dtype))
    back = b.dice.pick(["Mul", "Div"])
    return (
        Quantized(b.one(back, q, scale))
        if b.dice.chance(0.6)
        else Quantized(q, (back, scale) if scale.rank == 0 else None)
    )


def linear_codes(b: Builder, x: Value) -> Quantized:
    """QuantizeLinear and DequantizeLinear with one scale."""
    dtype = b.dice.pick([I8, U8])
    zero = b.const(np.asarray(b.dice.pick([0, 3, 128 if dtype == U8 else -5])).astype(dtype))
    scale = b.const(np.float32(b.dice.pick([0.125, 0.25, 0.1])))
    return Quantized(b.one("DequantizeLinear", b.one("QuantizeLinear", x, scale, zero), scale, zero))


def asymmetric(b: Builder, x: Value) -> Quantized:
    """Codes between the smallest and the largest value of a row."""
    axes = reduced_axes(b, x)
    high, low = reduce_max(b, x, axes), reduce_max(b, x, axes, "ReduceMin")
    spread = b.one("Add", b.one("Sub", high, low), b.const(0.125, x.dtype))
    step = b.one("Div", spread, b.const(b.dice.pick([255, 15]), x.dtype))
    zero = rounded(b, b.one("Div", low, step))
    q = two_bounds(b, b.one("Sub", rounded(b, b.one("Div", x, step)), zero), 0, 255)
    return Quantized(b.one("Mul", b.one("Add", q, zero), step))


def sign_codes(b: Builder, x: Value) -> Quantized:
    q = b.one("Sign", x) if b.opset >= 9 else x
    return Quantized(q)


def integer_codes(b: Builder, x: Value) -> Quantized:
    """Integers that were cast."""
    q = two_bounds(b, rounded(b, x), -128, 127)
    return Quantized(cast_to(b, cast_to(b, q, I8), b.dice.pick([F32, F32, I32])))


FORMS: dict[Callable[[Builder, Value], Quantized], float] = {
    absmax_quantizer: 8,
    static_codes: 2,
    linear_codes: 1.2,
    asymmetric: 0.8,
    sign_codes: 0.3,
    integer_codes: 0.8,
}


def quantize_activation(b: Builder, x: Value) -> Quantized:
    """x in one of all forms; unchanged now and then."""
    if b.dice.chance(0.15):
        return Quantized(x)
    form = b.dice.weighted(FORMS)
    require(form is not linear_codes or b.opset >= 10, "opset")
    result = form(b, x)
    if result.rescale is None and result.value.dtype == x.dtype and b.dice.chance(0.2):
        result.value = residue(b, x, result.value)
    return result
