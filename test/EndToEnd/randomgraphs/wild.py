"""A run at sizes that nobody thought of: what the reference refuses must be refused, or at least not crash."""

from __future__ import annotations

import numpy as np

from .data import random_array
from .dice import Dice
from .evaluate import Reject, evaluate
from .model import Array, Graph, Kind, Value
from .shrink import prune

PROBABILITY = 0.05


def _new_sizes(value: Value, sizes: dict[object, int], dice: Dice) -> tuple[int, ...]:
    """Axes that went together still do; declared sizes stay."""
    shape = []
    for axis, dim in enumerate(value.dims):
        if isinstance(dim, int):
            shape.append(dim)
            continue
        key = dim if isinstance(dim, str) and " " not in dim and dim != "?" else value.extents(axis)
        sizes.setdefault(value.extents(axis), dice.pick([0, 1, 2, 3, 4, 6, 9]))
        shape.append(sizes.setdefault(key, sizes[value.extents(axis)]))
    return tuple(shape)


def _new_array(value: Value, shape: tuple[int, ...], dice: Dice) -> Array:
    """Integers keep their values: they may be indices."""
    old = value.at(0)
    if old.dtype.kind in "iu" and old.size:
        return np.resize(old, shape)
    return random_array(dice, shape, old.dtype)


def make_wild(graph: Graph, dice: Dice) -> Graph | None:
    """The graph with one run of other sizes; now and then, and only where it has a dynamic size."""
    dynamic = any(not isinstance(d, int) for v in graph.of_kind(Kind.INPUT) for d in v.dims)
    if not dynamic or not dice.chance(PROBABILITY):
        return None
    wild, sizes = graph.copy(), dict[object, int]()
    prune(wild)  # a node that no output needs is not computed: what it would refuse is taken
    wild.runs = 1
    for value in wild.values.values():
        if value.kind is Kind.INPUT:
            value.arrays = (_new_array(value, _new_sizes(value, sizes, dice), dice),)
    if any(v.at(0).size > 20000 for v in wild.of_kind(Kind.INPUT)):
        return None
    try:
        results = evaluate(wild, 0)
    except Reject as reject:
        wild.may_fail = str(reject).split(":")[0] + ":" + str(reject).split(":")[1]
        return wild
    if any(a.size > 50000 for a in results.values()):
        return None
    for name, array in results.items():
        wild.values[name].arrays = (array,)
    return wild
