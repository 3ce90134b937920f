"""Shapes as values."""

from __future__ import annotations

import numpy as np

from .builder import Builder
from .data import BOOL, F32, I32, I64, is_float
from .family import Row, anything


def shape_of(b: Builder) -> None:
    x = anything(b)
    attributes = (
        {"start": b.dice.integer(-x.rank - 1, x.rank), "end": b.dice.integer(-x.rank, x.rank + 1)}
        if b.opset >= 15 and b.dice.chance(0.3)
        else {}
    )
    if b.dice.chance(0.25):
        b.one("Size", x)
    else:
        b.one("Shape", x, **attributes)


def constant_of_shape(b: Builder) -> None:
    shape = (
        b.one("Shape", anything(b))
        if b.dice.chance(0.6)
        else b.ints(*(b.dice.integer(0, 3) for _ in range(b.dice.integer(0, 3))))
    )
    value = b.array((1,), b.dice.pick([F32, F32, I64, BOOL]))
    b.one("ConstantOfShape", shape, **({} if b.dice.chance(0.2) else {"value": value}))


def range_(b: Builder) -> None:
    dtype = b.dice.pick([I64, I64, I32, F32])
    x = anything(b, 1)
    if dtype == I64 and b.dice.chance(0.6):
        size = b.one("Gather", b.one("Shape", x), b.const(np.int64(b.dice.integer(0, x.rank - 1))), axis=0)
        b.one("Range", b.const(np.int64(0)), size, b.const(np.int64(b.dice.pick([1, 1, 2]))))
        return
    start, step = b.dice.integer(-3, 3), b.dice.pick([1, 2, -1, -2])
    scale = 0.5 if is_float(dtype) else 1
    b.one(
        "Range",
        *(b.const(np.asarray(v * scale).astype(dtype)) for v in (start, start + step * b.dice.integer(-1, 4), step)),
    )


ROWS = [
    Row("Shape", shape_of, 1),
    Row("ConstantOfShape", constant_of_shape, 0.7, 9),
    Row("Range", range_, 0.7, 11),
]
