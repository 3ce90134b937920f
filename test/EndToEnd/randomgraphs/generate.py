"""A random graph as a function of (seed, index)."""

from __future__ import annotations

import collections
import contextlib

from .builder import Builder, Profile
from .data import BF16, F16, F32
from .dice import Dice
from .evaluate import Reject
from .families import THEME_WEIGHTS, Mixture
from .model import Dim, Graph, Kind, Value, readers

BLOCK = 24  # graphs of one block share an opset and are compiled together
OPSETS = {
    7: 0.6,
    8: 0.4,
    9: 0.6,
    10: 0.6,
    11: 1.5,
    12: 1,
    13: 3,
    14: 1,
    15: 1,
    16: 1,
    17: 4,
    18: 3,
    19: 1,
    20: 3,
    21: 3,
    22: 2,
    23: 3,
    24: 1.5,
    25: 1,
}
MOST_TRIES = 12
MOST_OUTPUTS = 6

Rejections = collections.Counter[str]


def opset_of(seed: int, index: int) -> int:
    return Dice(seed, 1, index // BLOCK).weighted(OPSETS)


def grow_graph(b: Builder, count: int) -> None:
    """Adds about `count` operators or idioms."""
    for _ in range(count):
        for _ in range(MOST_TRIES):
            try:
                b.mixture.draw(b.dice).generate(b)
                break
            except Reject:
                continue


def profile_of(dice: Dice, opset: int, loops: bool) -> Profile:
    half = None
    if dice.chance(0.1):
        half = BF16 if opset >= 13 and dice.chance(0.4) else F16
    return Profile(special=dice.chance(0.08), rough=dice.chance(0.25), half=half, loops=loops)


def top_level(graph: Graph) -> list[str]:
    return [name for node in graph.nodes for name in node.outputs if name]


def choose_outputs(b: Builder) -> None:
    """What nobody reads, some of the rest, and now and then an input or a constant as it is."""
    graph, dice = b.graph, b.dice
    read, results = readers(graph.nodes), top_level(graph)
    leaves = [name for name in results if name not in read]
    outputs = dice.shuffled(leaves)[:MOST_OUTPUTS]
    outputs += [name for name in results if name in read and dice.chance(0.1)][: max(1, MOST_OUTPUTS - len(outputs))]
    if outputs and dice.chance(0.06):
        outputs.append(b.one("Identity", graph.values[dice.pick(outputs)], nonfinite=True).name)
    for kind, probability in ((Kind.INPUT, 0.06), (Kind.CONSTANT, 0.05)):
        values = [
            v
            for v in graph.of_kind(kind)
            if v.dtype.itemsize * 8 >= 8 and v.dtype.name not in ("int4", "uint4", "int2", "uint2")
        ]
        if values and dice.chance(probability):
            outputs.append(dice.pick(values).name)
    graph.outputs = list(dict.fromkeys(outputs))


def declare_axis(b: Builder, value: Value, axis: int) -> Dim:
    """What is true at every size."""
    if value.is_static(axis):
        return int(value.at(0).shape[axis])
    names = [name for name, sizes in b.symbols.items() if sizes == value.extents(axis)]
    return b.dice.pick(names) if names and b.dice.chance(0.7) else None


def declare_outputs(b: Builder) -> None:
    """Shapes of outputs, and now and then of values between nodes: right, unknown, or none.

    None for what an If gives: its other branch may have another shape.
    """
    branches = {name for node in b.graph.nodes if node.bodies for name in node.outputs}
    between = [name for name in top_level(b.graph) if name not in b.graph.outputs and b.dice.chance(0.3)]
    for name in b.graph.outputs + (between if b.dice.chance(0.2) else []):
        value = b.graph.values[name]
        form = b.dice.weighted({"none": 4, "right": 4, "unknown": 2})
        if name in branches:
            continue
        if value.kind is Kind.INPUT:  # declared once, as the input is
            b.graph.declared[name] = value.dims
        elif form == "right":
            b.graph.declared[name] = tuple(declare_axis(b, value, axis) for axis in range(value.rank))
        elif form == "unknown":
            b.graph.declared[name] = (None,) * value.rank


def drop_unused_inputs(graph: Graph) -> None:
    used = readers(graph.nodes) | set(graph.outputs)
    graph.values = {name: v for name, v in graph.values.items() if v.kind is Kind.RESULT or name in used}


def generate(seed: int, loops: bool, index: int, rejections: Rejections) -> Graph | None:
    """The graph of (seed, index); None when nothing could be made."""
    opset = opset_of(seed, index)
    dice = Dice(seed, 0, index)
    b = Builder(dice, opset, profile_of(dice, opset, loops), lambda reject: rejections.update([str(reject)[:120]]))
    b.mixture = Mixture(dice.weighted(THEME_WEIGHTS), opset)
    for _ in range(dice.integer(1, 2)):
        with contextlib.suppress(Reject):
            b.input(dice.pick([b.profile.half or F32, b.dtype()]), [b.extents() for _ in range(dice.integer(0, 4))])
    grow_graph(b, dice.weighted({1: 2, 2: 2, 3: 3, 4: 2, 6: 2, 9: 1}))
    choose_outputs(b)
    declare_outputs(b)
    drop_unused_inputs(b.graph)
    b.graph.origin = f"seed {seed}, index {index}, {b.mixture.theme}"
    return b.graph if b.graph.outputs else None
