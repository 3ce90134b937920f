"""What the families of operators share: the row of a table, and operands that fit a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .builder import Builder, Extents
from .data import DType
from .evaluate import Reject
from .model import RUNS, Array, Value

Generator = Callable[[Builder], None]


class Row(NamedTuple):
    """One way to grow a graph."""

    name: str
    generate: Generator
    weight: float = 1.0
    since: int = 7  # opset
    until: int = 1000


def require(condition: bool, what: str) -> None:
    if not condition:
        raise Reject("unfit", what)


def broadcast(*values: Value) -> bool:
    """Whether the values can meet in one elementwise operator at every size."""
    for run in range(RUNS):
        try:
            np.broadcast_shapes(*(v.at(run).shape for v in values))
        except ValueError:
            return False
    return True


def axes_of(value: Value) -> list[Extents]:
    return [value.extents(axis) for axis in range(value.rank)]


def static_shape(b: Builder, like: Value, to: bool = False) -> tuple[int, ...]:
    """The shape of a constant that can meet `like`; `to`: without growing it."""
    rank = like.rank if b.dice.chance(0.4) else b.dice.integer(0, like.rank)
    shape = []
    for axis in range(like.rank - rank, like.rank):
        size = like.at(0).shape[axis]
        shape.append(size if like.is_static(axis) and b.dice.chance(0.7) else 1)
    if not to and b.dice.chance(0.08):
        shape = [1] * b.dice.integer(1, 2) + shape
    return tuple(shape)


def partner_axes(b: Builder, like: Value) -> list[Extents]:
    """Axes that broadcast with those of `like`, each in a way of its own at every size."""
    axes: list[Extents] = []
    for extents in axes_of(like)[b.dice.integer(0, like.rank) if b.dice.chance(0.3) else 0 :]:
        form = b.dice.weighted({"same": 6, "one": 2, "some": 1.5})
        if form == "same":
            axes.append(extents)
        elif form == "one":
            axes.append((1,) * RUNS)
        else:
            axes.append(tuple(b.dice.pick([1, e]) if e != 1 else b.dice.pick([1, 1, 3, 0]) for e in extents))
    return axes


def partner(
    b: Builder,
    like: Value,
    dtype: DType | None = None,
    make: Callable[[Extents], Array] | None = None,
    const: float = 0.35,
) -> Value:
    """A second operand: the value itself, another one, a constant or a new input."""
    dtype = dtype or like.dtype
    form = b.dice.weighted({"value": 0.5, "const": const, "input": 0.18})
    if form == "value" and make is None:
        found = b.visible(lambda v: v.dtype == dtype and broadcast(v, like))
        if found:
            return b.dice.recent(found)
    if form == "input":
        return b.input(dtype, partner_axes(b, like), make)
    shape = static_shape(b, like)
    return b.const(make(shape) if make else b.array(shape, dtype), dtype)


def axis_of(b: Builder, rank: int) -> int:
    """An axis, counted from either end."""
    require(rank > 0, "rank 0 has no axis")
    axis = b.dice.integer(0, rank - 1)
    return axis - rank if b.dice.chance(0.4) else axis


def axes_subset(b: Builder, rank: int, least: int = 1) -> list[int]:
    axes = b.dice.subset(range(rank), min(least, rank))
    return [a - rank if b.dice.chance(0.3) else a for a in b.dice.shuffled(axes)]


def anything(b: Builder, least: int = 0) -> Value:
    return b.any(ranks=range(least, 6), fresh=0.1)
