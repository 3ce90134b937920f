"""If and Loop, whose bodies are graphs of their own that see all values around them."""

from __future__ import annotations

import numpy as np

from .builder import Builder
from .data import BOOL, F32, I64, DType
from .family import Row, require
from .model import RUNS, Body, Node, Value

MOST_DEPTH = 2


def condition(b: Builder) -> Value:
    """A boolean of one element: fed, constant, or computed from values or sizes."""
    form = b.dice.weighted({"input": 3, "const": 1, "values": 2, "sizes": 1, "found": 1})
    found = b.visible(lambda v: v.dtype == BOOL and all(a.shape in ((), (1,)) for a in v.arrays))
    if form == "found" and found:
        return b.dice.recent(found)
    if form == "const":
        return b.const(np.asarray(b.dice.chance(0.5)))
    if form == "values":
        x = b.any(F32, accept=lambda v: all(a.size for a in v.arrays))
        return b.one("Greater", b.one("ReduceMax", x, keepdims=0), b.const(b.dice.pick([0, 1, 2]), F32))
    if form == "sizes":
        x = b.any(ranks=range(1, 6))
        size = b.one("Gather", b.one("Shape", x), b.const(np.int64(0)), axis=0)
        return b.one("Equal" if b.opset >= 11 else "Less", size, b.const(np.int64(b.dice.pick([0, 1, 3]))))
    return b.input(
        BOOL, [(1,) * RUNS] * b.dice.pick([0, 0, 0, 0, 0, 0, 1, 2]), lambda shape: np.full(shape, b.dice.chance(0.5))
    )


def branch_result(b: Builder, wanted: list[tuple[DType, int]], grow: int) -> list[Value]:
    """Values of the wanted types and ranks: captured ones as they are, views of them, or new ones."""
    from .generate import grow_graph  # the families hold this one

    grow_graph(b, grow)
    return [branch_value(b, dtype, rank) for dtype, rank in wanted]


def branch_value(b: Builder, dtype: DType, rank: int) -> Value:
    fits = b.visible(lambda v: v.dtype == dtype and v.rank == rank)
    require(bool(fits), "a result for the branch")
    value = b.dice.recent(fits)
    form = b.dice.weighted({"as it is": 3, "Identity": 3, "view": 2, "Neg": 1 if dtype == F32 else 0})
    if form == "Identity":
        return b.one("Identity", value)
    if form == "view" and rank > 0:
        return b.one("Transpose", value, perm=b.dice.shuffled(range(rank)))
    return b.one("Neg", value) if form == "Neg" else value


def if_(b: Builder) -> None:
    require(b.depth < MOST_DEPTH, "depth")
    chooser = condition(b)
    count = b.dice.weighted({1: 5, 2: 2})
    kinds = b.visible(lambda v: v.dtype in (F32, I64, BOOL))
    require(bool(kinds), "values")
    wanted = [(v.dtype, v.rank) for v in (b.dice.recent(kinds) for _ in range(count))]
    bodies: dict[str, Body] = {}
    results: dict[str, list[Value]] = {}
    for name in ("then_branch", "else_branch"):
        with b.body() as body:
            results[name] = branch_result(b, wanted, b.dice.integer(0, 3))
            body.outputs = local_outputs(b, body, results[name])
            results[name] = [b.graph.values[o] for o in body.outputs]
        bodies[name] = body
    node = Node("If", [chooser.name], [b.fresh_name("v") for _ in wanted], {}, "", bodies)
    b.nodes.append(node)
    for i, output in enumerate(node.outputs):
        b.result(
            output,
            tuple(results["then_branch" if chooser.at(r).reshape(()) else "else_branch"][i].at(r) for r in range(RUNS)),
        )


def local_outputs(b: Builder, body: Body, values: list[Value]) -> list[str]:
    """An output of a body must be computed there: an Identity is what exporters write for a captured value."""
    names: list[str] = []
    own = {name for node in body.nodes for name in node.outputs}
    for value in values:
        if value.name not in own or value.name in names:
            value = b.one("Identity", value)
        names.append(value.name)
    return names


def loop(b: Builder) -> None:
    """Carries one value over a few iterations; no operator list has it yet."""
    require(b.profile.loops and b.depth < 1, "loops")
    start = b.any(F32, ranks=range(1, 4))
    count = b.const(np.int64(b.dice.integer(1, 3)))
    trips, arrays = int(count.at(0)), start.arrays
    with b.body() as body:
        body.inputs = [b.fresh_name("l") for _ in range(3)]
        going = b.result(body.inputs[1], (np.asarray(True),) * RUNS)
        b.result(body.inputs[0], (np.asarray(0),) * RUNS)
        carried = b.result(body.inputs[2], arrays)
        step = b.const(b.array((1,), F32))
        following = b.one("Add", carried, step)
        body.outputs = [b.one("Identity", going).name, following.name]
    for _ in range(trips):
        arrays = tuple(np.asarray(a + step.at(0), np.float32) for a in arrays)
    node = Node("Loop", [count.name, "", start.name], [b.fresh_name("v")], {}, "", {"body": body})
    b.nodes.append(node)
    b.result(node.outputs[0], arrays)


ROWS = [Row("If", if_, 3), Row("Loop", loop, 1, 11)]
