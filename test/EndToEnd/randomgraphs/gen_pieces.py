"""Pieces of tensors: cut, joined, repeated, padded."""

from __future__ import annotations

from typing import Any

import numpy as np

from .builder import Builder
from .data import BOOL, F32, I32, I64, DType
from .family import Row, anything, axes_of, axis_of
from .model import RUNS, Value


def bound(b: Builder, size: int) -> int:
    """A start or end: inside, negative or far outside."""
    return b.dice.weighted(
        {
            b.dice.integer(-size - 1, size + 1): 5,
            0: 1,
            size: 1,
            2**31 - 1: 0.4,
            -(2**31): 0.3,
            2**63 - 1: 0.7,
            -(2**63): 0.5,
            size + 3: 0.3,
            -size - 3: 0.3,
        }
    )


def slice_(b: Builder) -> None:
    x = anything(b, 1)
    axes = b.dice.subset(range(x.rank), 1)
    sizes = [x.at(0).shape[a] for a in axes]
    starts, ends = [bound(b, s) for s in sizes], [bound(b, s) for s in sizes]
    steps = [b.dice.weighted({1: 4, -1: 2.5, 2: 1.5, 3: 1, -2: 1, -3: 0.5, 9: 0.2}) for _ in sizes]
    for i, step in enumerate(steps):  # mostly the way in which something is left
        if b.dice.chance(0.6) and (starts[i] > ends[i]) == (step > 0):
            starts[i], ends[i] = ends[i], starts[i]
    if b.opset < 10:
        b.one("Slice", x, starts=starts, ends=ends, axes=axes)
        return
    signed = [a - x.rank if b.dice.chance(0.3) else a for a in axes]
    narrow = all(abs(v) < 2**31 for v in starts + ends) and b.dice.chance(0.15)
    dtype = I32 if narrow else I64
    operands = [slice_bound(b, x, starts, dtype), slice_bound(b, x, ends, dtype)]
    if axes != list(range(len(axes))) or any(s != 1 for s in steps) or b.dice.chance(0.7):
        operands.append(b.const(signed, dtype))
    if any(s != 1 for s in steps) or (len(operands) == 3 and b.dice.chance(0.5)):
        operands.append(b.const(steps, dtype))
    b.one("Slice", x, *operands)


def slice_bound(b: Builder, x: Value, values: list[int], dtype: DType) -> Value:
    """A constant, or computed from a size, or fed."""
    form = b.dice.weighted({"const": 6, "shape": 1, "input": 0.5})
    if form == "shape" and len(values) == 1 and dtype == I64:
        size = b.one("Gather", b.one("Shape", x), b.ints(b.dice.integer(0, x.rank - 1)), axis=0)
        return b.one("Sub", size, b.ints(b.dice.integer(-1, 2))) if b.dice.chance(0.5) else size
    if form == "input":
        return b.input(dtype, [(len(values),) * RUNS], lambda shape: np.array(values, dtype), known_last=True)
    return b.const(values, dtype)


def own_part(b: Builder) -> None:
    """A value meets one row or column of itself, which is gone when the result takes its place too early."""
    x = b.any(F32, F32, I64, ranks=range(1, 5), accept=lambda v: all(a.size for a in v.arrays))
    whole = b.one(b.dice.pick(["Neg", "Abs", "Identity"]), x) if b.dice.chance(0.6) else x
    axis = b.dice.integer(0, x.rank - 1)
    at = b.dice.integer(0, min(x.extents(axis)) - 1)
    if b.opset < 10:
        part = b.one("Slice", whole, starts=[at], ends=[at + 1], axes=[axis])
    elif b.dice.chance(0.6):
        part = b.one("Slice", whole, b.ints(at), b.ints(at + 1), b.ints(axis))
    else:
        part = b.one("Gather", whole, b.ints(at), axis=axis)
    b.one(b.dice.pick(["Add", "Sub", "Mul"]), *b.dice.shuffled([whole, part]))


def split(b: Builder) -> None:
    x = anything(b, 1)
    axis = axis_of(b, x.rank)
    at = axis % x.rank
    axis = at if b.opset < 11 else axis
    size, pieces = x.at(0).shape[at], b.dice.integer(1, 3)
    equal = b.dice.chance(0.4) or not x.is_static(at)
    if equal:
        attributes: dict[str, Any] = {"num_outputs": pieces} if b.opset >= 18 else {}
        b.emit("Split", x, outputs=pieces, axis=axis, **attributes)
        return
    cuts = sorted(b.dice.integer(0, size) for _ in range(pieces - 1))
    sizes = [int(s) for s in np.diff([0, *cuts, size])]
    if b.opset >= 13:
        b.emit("Split", x, b.ints(*sizes), outputs=pieces, axis=axis)
    else:
        b.emit("Split", x, outputs=pieces, axis=axis, split=sizes)


def concat(b: Builder) -> None:
    x = anything(b, 1)
    axis = axis_of(b, x.rank)
    at = axis % x.rank
    fits = b.visible(
        lambda v: (
            v.dtype == x.dtype
            and v.rank == x.rank
            and all(i == at or v.extents(i) == x.extents(i) for i in range(x.rank))
        )
    )
    parts = [x]
    for _ in range(b.dice.weighted({0: 0.5, 1: 4, 2: 2, 3: 1})):
        form = b.dice.weighted({"value": 5, "const": 2, "input": 1})
        static = all(i == at or x.is_static(i) for i in range(x.rank))
        axes = [b.extents() if i == at else e for i, e in enumerate(axes_of(x))]
        if form == "const" and static:
            parts.append(
                b.const(b.array([b.dice.integer(0, 3) if i == at else s for i, s in enumerate(x.at(0).shape)], x.dtype))
            )
        else:
            parts.append(b.input(x.dtype, axes) if form == "input" else b.dice.pick(fits))
    b.one("Concat", *b.dice.shuffled(parts), axis=at if b.opset < 11 else axis)


def tile(b: Builder) -> None:
    x = anything(b)
    repeats = [b.dice.weighted({1: 3, 2: 2, 3: 1, 0: 0.3}) for _ in range(x.rank)]
    if x.rank and b.dice.chance(0.15):
        b.one("Tile", x, b.input(I64, [(x.rank,) * RUNS], lambda shape: np.array(repeats, np.int64), known_last=True))
    else:
        b.one("Tile", x, b.const(np.array(repeats, np.int64)))


def pad(b: Builder) -> None:
    x = b.any(F32, *((I32, I64) if b.opset >= 11 else ()), *((BOOL,) if b.opset >= 13 else ()), ranks=range(1, 5))
    mode = b.dice.weighted({"constant": 4, "edge": 1.5, "reflect": 1.5, "wrap": 1 if b.opset >= 19 else 0})
    reach = [1, 2, 3] if mode == "constant" else [1, 2]
    axes = list(range(x.rank)) if b.opset < 18 or b.dice.chance(0.6) else b.dice.subset(range(x.rank), 1)
    pads = [
        b.dice.pick(reach) if b.dice.chance(0.45) else -1 if b.dice.chance(0.12) else 0 for _ in range(2 * len(axes))
    ]
    if b.opset < 11:
        b.one("Pad", x, pads=pads, mode=mode, **({"value": 2.0} if b.dice.chance(0.4) else {}))
        return
    fill = (
        b.const(np.asarray(b.dice.pick([0, 1, -2]) if x.dtype != BOOL else True).astype(x.dtype))
        if b.dice.chance(0.5)
        else None
    )
    operands: list[Value | None] = [b.ints(*pads), fill]
    if len(axes) < x.rank or (b.opset >= 18 and b.dice.chance(0.3)):
        operands.append(b.ints(*(a - x.rank if b.dice.chance(0.3) else a for a in axes)))
    while operands[-1] is None:
        operands.pop()
    b.one("Pad", x, *operands, **({} if mode == "constant" and b.dice.chance(0.5) else {"mode": mode}))


def trilu(b: Builder) -> None:
    x = b.any(F32, F32, I64, BOOL, ranks=range(2, 6))
    k = [b.const(np.int64(b.dice.integer(-3, 3)))] if b.dice.chance(0.6) else []
    b.one("Trilu", x, *k, **({} if b.dice.chance(0.3) else {"upper": b.dice.integer(0, 1)}))


ROWS = [
    Row("Slice", slice_, 6),
    Row("OwnPart", own_part, 1.5),
    Row("Split", split, 2.5),
    Row("Concat", concat, 4),
    Row("Tile", tile, 1.5),
    Row("Pad", pad, 3),
    Row("Trilu", trilu, 1, 14),
]
