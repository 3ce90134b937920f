"""Operators that read or write at indices: Gather, Scatter, OneHot, and running sums."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .builder import Builder, Extents
from .data import BOOL, F16, F32, F64, I32, I64, U8, DType
from .family import Row, axes_of, axis_of, require
from .model import RUNS, Array, Value

DATA = (F32, F32, I64, BOOL, F16, U8)


def random_indices(b: Builder, shape: Sequence[int], size: int, dtype: DType, negative: bool) -> Array:
    low = -size if negative else 0
    return b.dice.rng.integers(low, size, tuple(shape)).astype(dtype) if size else np.zeros(tuple(shape), dtype)


def indices(b: Builder, sizes: Extents, axes: Sequence[Extents], narrow: float = 0.25, tuples: bool = False) -> Value:
    """Indices into an axis of these sizes, constant or fed; of no elements where the axis is empty."""
    dtype = I32 if b.dice.chance(narrow) else I64
    negative = b.opset >= 11 and b.dice.chance(0.5)
    least = min(sizes)
    if all(len(set(e)) == 1 for e in axes) and least > 0 and b.dice.chance(0.5):
        return b.const(random_indices(b, [e[0] for e in axes], least, dtype, negative))
    require(least > 0 or any(e == sizes for e in axes), "an index into nothing")
    order = iter(range(RUNS))  # input() asks for the arrays of the runs in order
    return b.input(dtype, axes, lambda shape: random_indices(b, shape, sizes[next(order)], dtype, negative), tuples)


def gather(b: Builder) -> None:
    data = b.any(*DATA, ranks=range(1, 6))
    axis = axis_of(b, data.rank)
    at = axis % data.rank
    sizes = data.extents(at)
    rank = b.dice.weighted({0: 2, 1: 3, 2: 1})
    axes = [b.dice.pick([(b.dice.integer(0, 3),) * RUNS, b.extents(), sizes]) for _ in range(rank)]
    if min(sizes) == 0 and rank:
        axes[0] = sizes
    b.one("Gather", data, indices(b, sizes, axes), axis=at if b.opset < 11 else axis)


def gather_elements(b: Builder) -> None:
    data = b.any(*DATA, ranks=range(1, 5))
    axis = axis_of(b, data.rank)
    at = axis % data.rank
    axes = [
        e if i != at or b.dice.chance(0.4) else b.dice.pick([(2,) * RUNS, e, (1,) * RUNS])
        for i, e in enumerate(axes_of(data))
    ]
    b.one("GatherElements", data, indices(b, data.extents(at), axes), axis=axis)


def gather_nd(b: Builder) -> None:
    data = b.any(*DATA, ranks=range(1, 5))
    batch = b.dice.integer(1, data.rank - 1) if b.opset >= 12 and data.rank > 1 and b.dice.chance(0.25) else 0
    width = b.dice.integer(1, data.rank - batch)
    sizes = tuple(min(data.at(r).shape[batch : batch + width]) for r in range(RUNS))
    axes = axes_of(data)[:batch] + [b.extents() for _ in range(b.dice.integer(0, 2))] + [(width,) * RUNS]
    b.one("GatherND", data, indices(b, sizes, axes, 0, True), **({"batch_dims": batch} if batch else {}))


def reduction(b: Builder) -> dict[str, Any]:
    names = ["none"] + (["add", "mul"] if b.opset >= 16 else []) + (["max", "min"] if b.opset >= 18 else [])
    name = b.dice.pick(names)
    return {} if name == "none" else {"reduction": name}


def different_indices(b: Builder, shape: Sequence[int], at: int, size: int) -> Array:
    """No index twice along the axis."""
    wide = np.argsort(b.dice.rng.random([size if i == at else s for i, s in enumerate(shape)]), axis=at)
    return np.take(wide, range(shape[at]), axis=at).astype(np.int64)


def scatter_elements(op: str, b: Builder) -> None:
    data = b.any(F32, I64, ranks=range(1, 5), accept=lambda v: all(a.size for a in v.arrays))
    axis = axis_of(b, data.rank)
    at = axis % data.rank
    axes = [b.dice.pick([(1,) * RUNS, e]) for e in axes_of(data)]
    order = iter(range(RUNS))

    def make(shape: Extents) -> Array:
        return different_indices(b, shape, at, data.at(next(order)).shape[at])

    where = b.input(I64, axes, make)
    attributes = reduction(b) if op == "ScatterElements" else {}
    b.one(op, data, where, b.input(data.dtype, axes), axis=axis if op == "ScatterElements" else at, **attributes)


def scatter_nd(b: Builder) -> None:
    data = b.any(F32, I64, ranks=range(1, 5), accept=lambda v: all(a.size for a in v.arrays))
    width = b.dice.integer(1, data.rank)
    sizes = tuple(min(data.at(r).shape[:width]) for r in range(RUNS))
    count = (b.dice.integer(1, 2),) * RUNS
    order = iter(range(RUNS))
    where = b.input(
        I64,
        [count, (width,) * RUNS],
        lambda shape: random_indices(b, shape, sizes[next(order)], I64, False),
        known_last=True,
    )
    b.one("ScatterND", data, where, b.input(data.dtype, [count, *axes_of(data)[width:]]), **reduction(b))


def one_hot(b: Builder) -> None:
    rank = b.dice.integer(0, 3)
    axes = [b.extents() for _ in range(rank)]
    depth = b.dice.integer(1, 5)
    where = indices(b, (depth,) * RUNS, axes)
    axis = b.dice.integer(-rank - 1, rank)
    values = b.const(b.array((2,), b.dice.pick([F32, I64])))
    b.one("OneHot", where, b.const(np.int64(depth)), values, **({} if b.dice.chance(0.4) else {"axis": axis}))


def cum_sum(b: Builder) -> None:
    x = b.any(F32, I64, I32, F64, ranks=range(1, 5))
    flags = {key: b.dice.integer(0, 1) for key in ("exclusive", "reverse") if b.dice.chance(0.5)}
    b.one("CumSum", x, b.const(np.asarray(axis_of(b, x.rank), b.dice.pick([np.int64, np.int32]))), **flags)


ROWS = [
    Row("Gather", gather, 4),
    Row("GatherElements", gather_elements, 1.5, 11),
    Row("GatherND", gather_nd, 1.2, 11),
    Row("Scatter", functools.partial(scatter_elements, "Scatter"), 0.5, 9, 10),
    Row("ScatterElements", functools.partial(scatter_elements, "ScatterElements"), 1, 11),
    Row("ScatterND", scatter_nd, 1, 11),
    Row("OneHot", one_hot, 0.7, 11),
    Row("CumSum", cum_sum, 1, 11),
]
