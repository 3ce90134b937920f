"""Elementwise operators: unary, binary, with several operands, and their broadcasting."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .builder import Builder
from .data import BF16, BOOL, F16, F32, F64, I8, I32, I64, U8, U32, U64, is_float
from .family import Row, broadcast, partner, require, static_shape
from .model import MICROSOFT, Value

FLOAT = (F32, F16, BF16)
NUMBERS = (F32, F16, BF16, I32, I64, F64)

Domain = Callable[[Builder, Value], Value]


def as_it_is(b: Builder, x: Value) -> Value:
    return x


def positive(b: Builder, x: Value) -> Value:
    return b.one("Add", b.one("Abs", x), b.const(0.125, x.dtype))


def not_negative(b: Builder, x: Value) -> Value:
    return b.one("Abs", x)


def small(b: Builder, x: Value) -> Value:
    """Within [-1, 1], where Asin and Atanh are defined."""
    return b.one("Mul", x, b.const(1 / 32, x.dtype))


def from_one(b: Builder, x: Value) -> Value:
    return b.one("Add", b.one("Abs", x), b.const(1, x.dtype))


def unary(op: str, domain: Domain, types: tuple[Any, ...], attributes: dict[str, tuple[Any, ...]], b: Builder) -> None:
    x = domain(b, b.any(*types))
    given = {key: b.dice.pick(values) for key, values in attributes.items() if b.dice.chance(0.6)}
    b.one(op, x, **given)


def unary_row(
    op: str,
    domain: Domain = as_it_is,
    types: tuple[Any, ...] = (*FLOAT, F64),
    weight: float = 1,
    since: int = 7,
    **attributes: tuple[Any, ...],
) -> Row:
    return Row(op, functools.partial(unary, op, domain, types, attributes), weight, since)


ALPHA = (0.25, 0.5, 1.5)
UNARY = [
    unary_row("Abs", types=(F32, F16, BF16, I8, I32, I64), weight=2),
    unary_row("Neg", types=NUMBERS, weight=2),
    unary_row("Sign", types=NUMBERS + (U8,), since=9),
    unary_row("Relu", types=(F32, F16, BF16, F64), weight=3),
    unary_row("Round", types=(F32, F16, F64), since=11, weight=2),
    unary_row("Floor", weight=2),
    unary_row("Ceil"),
    unary_row("Sqrt", not_negative),
    unary_row("Reciprocal", positive),
    unary_row("Exp", small),
    unary_row("Log", positive),
    unary_row("Sin"),
    unary_row("Cos"),
    unary_row("Tan", small, weight=0.5),
    unary_row("Asin", small, weight=0.5),
    unary_row("Acos", small, weight=0.5),
    unary_row("Atan", weight=0.5),
    unary_row("Sinh", small, weight=0.5, since=9),
    unary_row("Cosh", small, weight=0.5, since=9),
    unary_row("Asinh", weight=0.5, since=9),
    unary_row("Acosh", from_one, weight=0.5, since=9),
    unary_row("Atanh", small, weight=0.5, since=9),
    unary_row("Erf", since=9),
    unary_row("Tanh"),
    unary_row("Sigmoid"),
    unary_row("Softplus", weight=0.5),
    unary_row("Softsign", weight=0.5),
    unary_row("Elu", alpha=ALPHA, weight=0.5),
    unary_row("Selu", alpha=ALPHA, gamma=ALPHA, weight=0.5),
    unary_row("Celu", alpha=ALPHA, since=12, weight=0.5),
    unary_row("HardSigmoid", alpha=ALPHA, beta=ALPHA, weight=0.5),
    unary_row("HardSwish", since=14, weight=0.5),
    unary_row("Mish", since=18, weight=0.5),
    unary_row("ThresholdedRelu", alpha=ALPHA, since=10, weight=0.5),
    unary_row("Shrink", bias=ALPHA, lambd=ALPHA, since=9, weight=0.5),
    unary_row("LeakyRelu", alpha=ALPHA),
    unary_row("Gelu", approximate=("none", "tanh"), since=20),
    unary_row("Swish", alpha=ALPHA, since=24),
    unary_row("Not", types=(BOOL,)),
    unary_row("BitwiseNot", types=(I32, I64, U8, I8), since=18),
    unary_row("IsNaN", since=9),
    unary_row("IsInf", types=(F32, F64), since=10, detect_negative=(0, 1), detect_positive=(0, 1)),
    unary_row("Identity", types=(), weight=1.5),
]


def numeric_partner(b: Builder, x: Value, op: str) -> Value:
    """A second operand for which `op` is defined."""
    if op in ("Div", "Mod"):
        return partner(
            b,
            x,
            make=lambda shape: b.dice.rng.choice(
                [1, 2, 3, 4, 5, -2] if x.dtype.kind != "u" else [1, 2, 3, 4, 5], shape
            ).astype(x.dtype),
            const=0.6,
        )
    if op == "Pow":
        return partner(b, x, make=lambda shape: b.dice.rng.choice([2, 1, 3, 0], shape).astype(x.dtype), const=0.9)
    if op == "BitShift":
        return partner(b, x, make=lambda shape: b.dice.rng.integers(0, 8, shape).astype(x.dtype), const=0.6)
    return partner(b, x)


def binary(op: str, types: tuple[Any, ...], b: Builder) -> None:
    x = b.any(*types)
    y = numeric_partner(b, x, op)
    attributes: dict[str, Any] = {}
    if op == "Mod":
        attributes["fmod"] = 1 if is_float(x.dtype) else b.dice.integer(0, 1)
    if op == "BitShift":
        attributes["direction"] = b.dice.pick(["LEFT", "RIGHT"])
    swapped = b.dice.chance(0.3) and op not in ("Div", "Mod", "Pow", "BitShift")
    b.one(op, *((y, x) if swapped else (x, y)), **attributes)


def binary_row(op: str, types: tuple[Any, ...] = NUMBERS, weight: float = 1, since: int = 7) -> Row:
    return Row(op, functools.partial(binary, op, types), weight, since)


WHOLE = (I32, I64, U8, I8)
BINARY = [
    binary_row("Add", weight=5),
    binary_row("Sub", weight=4),
    binary_row("Mul", weight=4),
    binary_row("Div", weight=2.5),
    binary_row("Pow", weight=1),
    binary_row("Mod", types=(I32, I64, F32, U8), since=10, weight=1),
    binary_row("BitShift", types=(U8, U32, U64), since=11),
    binary_row("Equal", types=NUMBERS + (BOOL,), since=11),
    binary_row("Less", since=9),
    binary_row("Greater", since=9),
    binary_row("LessOrEqual", since=12),
    binary_row("GreaterOrEqual", since=12),
    binary_row("And", types=(BOOL,)),
    binary_row("Or", types=(BOOL,)),
    binary_row("Xor", types=(BOOL,)),
    binary_row("BitwiseAnd", types=WHOLE, since=18, weight=0.6),
    binary_row("BitwiseOr", types=WHOLE, since=18, weight=0.6),
    binary_row("BitwiseXor", types=WHOLE, since=18, weight=0.6),
]


def several(op: str, types: tuple[Any, ...], b: Builder) -> None:
    x = b.any(*types)
    operands = [x]
    for _ in range(b.dice.weighted({0: 0.5, 1: 3, 2: 2, 3: 1, 6: 0.2})):
        y = partner(b, x)
        require(broadcast(*operands, y), "operands do not meet")
        operands.append(y)
    b.one(op, *b.dice.shuffled(operands))


def where(b: Builder) -> None:
    x = b.any(*NUMBERS)
    y = partner(b, x)
    masks = b.visible(lambda v: v.dtype == BOOL and broadcast(v, x, y))
    condition = b.dice.recent(masks) if masks and b.dice.chance(0.6) else partner(b, x, BOOL)
    require(broadcast(condition, x, y), "operands do not meet")
    b.one("Where", condition, *b.dice.shuffled([x, y]))


def clip(b: Builder) -> None:
    x = b.any(F32, F16, F64, *((I32, I64, I8) if b.opset >= 12 else ()))
    low, high = b.dice.pick([(-1, 1), (0, 2), (-2, 0.5), (1, 1), (-128, 127), (0, 255)])
    if not is_float(x.dtype):
        low, high = int(low), int(high) % 128
    if b.opset < 11:
        b.one("Clip", x, **{key: float(v) for key, v in (("min", low), ("max", high)) if b.dice.chance(0.8)})
        return
    bounds: list[Value | None] = []
    for bound in (low, high):
        form = b.dice.weighted({"const": 4, "none": 1.5, "input": 0.7})
        scalar = functools.partial(np.full, fill_value=bound, dtype=x.dtype)
        bounds.append(
            None if form == "none" else b.const(scalar(())) if form == "const" else b.input(x.dtype, [], scalar)
        )
    while bounds and bounds[-1] is None:
        bounds.pop()
    b.one("Clip", x, *bounds)


def prelu(b: Builder) -> None:
    x = b.float()
    shape = static_shape(b, x, to=True)
    b.one("PRelu", x, b.const(b.array(shape, x.dtype)))


def dropout(b: Builder) -> None:
    x = b.float()
    rest: list[Value] = []
    attributes: dict[str, Any] = {}
    if b.opset >= 12:
        rest = [b.const(0.5, F32)] if b.dice.chance(0.5) else []
    elif b.dice.chance(0.5):
        attributes["ratio"] = 0.25
    b.emit("Dropout", x, *rest, outputs=b.dice.pick([1, 1, 2]), **attributes)


def microsoft(op: str, b: Builder) -> None:
    x = b.any(F32, ranks=range(1, 5) if op in ("BiasGelu", "FastGelu") else range(5))
    operands = [x]
    if op == "BiasGelu" or (op == "FastGelu" and b.dice.chance(0.5)):
        require(x.is_static(x.rank - 1), "bias of unknown length")
        operands.append(b.const(b.array(x.at(0).shape[-1:], x.dtype)))
    attributes = {"alpha": b.dice.pick([0.5, 1.702])} if op == "QuickGelu" and b.dice.chance(0.5) else {}
    b.one(op, *operands, domain=MICROSOFT, **attributes)


ROWS = (
    UNARY
    + BINARY
    + [
        Row("Max", functools.partial(several, "Max", (F32, F16, F64, I32, I64)), 1.5, 8),
        Row("Min", functools.partial(several, "Min", (F32, F16, F64, I32, I64)), 1.5, 8),
        Row("Sum", functools.partial(several, "Sum", FLOAT), 1, 8),
        Row("Mean", functools.partial(several, "Mean", FLOAT), 0.7, 8),
        Row("Where", where, 2.5, 9),
        Row("Clip", clip, 2),
        Row("PRelu", prelu, 0.7),
        Row("Dropout", dropout, 0.5),
    ]
    + [Row(op, functools.partial(microsoft, op), 0.3) for op in ("BiasGelu", "FastGelu", "Gelu", "QuickGelu")]
)
