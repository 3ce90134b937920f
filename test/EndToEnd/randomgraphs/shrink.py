"""Makes a failing graph small: every step is kept that still fails in the same way."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from .data import is_float
from .evaluate import Reject, evaluate
from .model import Array, Graph, Kind, Node, Storage, Value, readers

Step = Callable[[Graph], object]


def refresh(graph: Graph) -> None:
    """Computes all results at the top level again; raises Reject."""
    if graph.may_fail:
        return
    results = [evaluate(graph, run) for run in range(graph.runs)]
    for node in graph.nodes:
        for name in node.outputs:
            if name:
                graph.values[name] = Value(name, Kind.RESULT, tuple(r[name] for r in results))


def prune(graph: Graph) -> None:
    """Drops nodes that no output needs, and inputs and constants that nobody reads."""
    needed = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if needed & set(node.outputs):
            kept.insert(0, node)
            needed |= readers([node])
    graph.nodes = kept
    graph.values = {name: v for name, v in graph.values.items() if v.kind is Kind.RESULT or name in needed}
    made = {name for node in kept for name in node.outputs}
    graph.declared = {name: dims for name, dims in graph.declared.items() if name in made or name in graph.outputs}


def replace_reads(nodes: list[Node], old: str, new: str) -> None:
    for node in nodes:
        node.inputs = [new if name == old else name for name in node.inputs]
        for body in node.bodies.values():
            replace_reads(body.nodes, old, new)
            body.outputs = [new if name == old else name for name in body.outputs]


def as_input(graph: Graph, name: str) -> None:
    """The value is fed instead of computed."""
    value = graph.values[name]
    dims = tuple(
        f"{name}_{axis}" if len({a.shape[axis] for a in value.arrays}) > 1 else value.arrays[0].shape[axis]
        for axis in range(value.rank)
    )
    graph.values[name] = Value(name, Kind.INPUT, value.arrays, dims)


class Shrinker:
    def __init__(self, graph: Graph, still_fails: Callable[[Graph], bool], seconds: float) -> None:
        self.graph, self.still_fails = graph, still_fails
        self.deadline = time.monotonic() + seconds
        self.tests = 0

    def attempt(self, change: Step) -> bool:
        """Keeps the change when the graph is still valid and still fails."""
        if time.monotonic() > self.deadline:
            return False
        candidate = self.graph.copy()
        try:
            change(candidate)
            prune(candidate)
            refresh(candidate)
        except (Reject, KeyError, IndexError, ValueError, StopIteration):
            return False
        self.tests += 1
        if not candidate.outputs or not self.still_fails(candidate):
            return False
        self.graph = candidate
        return True

    def run(self, run: int, output: str) -> Graph:
        self.attempt(partial(keep_run, run=run))
        self.attempt(partial(keep_outputs, names=[output]))
        progress = True
        while progress and time.monotonic() < self.deadline:
            before = self.tests, self.size()
            for steps in (
                outputs_alone,
                cuts,
                inlined,
                fed,
                bypassed,
                without_attributes,
                without_operands,
                smaller,
                simpler,
                plainer,
            ):
                for change in list(steps(self.graph)):
                    self.attempt(change)
            progress = self.size() < before[1]
        return self.graph

    def size(self) -> tuple[int, ...]:
        arrays = [a for v in self.graph.values.values() if v.kind is not Kind.RESULT for a in v.arrays]
        return (
            len(list(self.graph.all_nodes())),
            len(self.graph.outputs),
            sum(a.size for a in arrays),
            sum(int((a != 0).sum()) for a in arrays),
        )


def keep_run(graph: Graph, run: int) -> None:
    for value in graph.values.values():
        value.arrays = (value.at(run),)
    graph.runs = 1


def keep_outputs(graph: Graph, names: list[str]) -> None:
    graph.outputs = [name for name in graph.outputs if name in names]


def outputs_alone(graph: Graph) -> Iterator[Step]:
    if len(graph.outputs) > 1:
        for name in graph.outputs:
            yield partial(keep_outputs, names=[name])
        for name in graph.outputs:
            yield partial(keep_outputs, names=[other for other in graph.outputs if other != name])


def feed(graph: Graph, names: list[str]) -> None:
    """These results are fed; the nodes that gave them go."""
    for name in names:
        as_input(graph, name)
    graph.nodes = [node for node in graph.nodes if not set(node.outputs) & set(names)]


def set_output(graph: Graph, name: str) -> None:
    graph.outputs, graph.declared = [name], {}


def cuts(graph: Graph) -> Iterator[Step]:
    """All nodes before a place are fed; an intermediate value becomes the output."""
    for at in range(len(graph.nodes) - 1, 0, -1):
        yield partial(feed, names=[name for node in graph.nodes[:at] for name in node.outputs if name])
    for node in graph.nodes[:-1]:
        for name in node.outputs:
            if name:
                yield partial(set_output, name=name)


def fed(graph: Graph) -> Iterator[Step]:
    for node in graph.nodes:
        yield partial(feed, names=[name for name in node.outputs if name])


def inline(graph: Graph, index: int, key: str) -> None:
    node = graph.nodes[index]
    body = node.bodies[key]
    graph.nodes[index : index + 1] = body.nodes
    for old, new in zip(node.outputs, body.outputs):
        replace_reads(graph.nodes, old, new)
        graph.outputs = [new if name == old else name for name in graph.outputs]


def inlined(graph: Graph) -> Iterator[Step]:
    """A branch of an If in its place."""
    for index, node in enumerate(graph.nodes):
        for key in node.bodies if node.op == "If" else ():
            yield partial(inline, index=index, key=key)


def bypass(graph: Graph, old: str, source: str) -> None:
    replace_reads(graph.nodes, old, source)
    graph.outputs = list(dict.fromkeys(source if name == old else name for name in graph.outputs))
    for node in graph.all_nodes():
        for body in node.bodies.values():
            body.nodes = [inner for inner in body.nodes if old not in inner.outputs]


def bypassed(graph: Graph) -> Iterator[Step]:
    """An operand in the place of a result, also in bodies."""
    for node in list(graph.all_nodes()):
        for source in dict.fromkeys(name for name in node.inputs if name):
            yield partial(bypass, old=node.outputs[0], source=source)


def drop_attribute(graph: Graph, index: int, key: str) -> None:
    del graph.nodes[index].attributes[key]


def without_attributes(graph: Graph) -> Iterator[Step]:
    for index, node in enumerate(graph.nodes):
        for key in node.attributes:
            yield partial(drop_attribute, index=index, key=key)


def drop_operand(graph: Graph, index: int) -> None:
    graph.nodes[index].inputs.pop()


def without_operands(graph: Graph) -> Iterator[Step]:
    """The last operand left out."""
    for index, node in enumerate(graph.nodes):
        if len(node.inputs) > 1:
            yield partial(drop_operand, index=index)


def given(graph: Graph) -> list[Value]:
    return [v for v in graph.values.values() if v.kind is not Kind.RESULT]


def set_arrays(value: Value, change: Callable[[Array], Array]) -> None:
    value.arrays = tuple(np.asarray(change(a)).astype(a.dtype) for a in value.arrays)
    if value.kind is Kind.INPUT and len(value.arrays) == 1:
        value.dims = tuple(s if isinstance(d, int) else d for d, s in zip(value.dims, value.arrays[0].shape))


def cut_everywhere(graph: Graph, old: int, new: int) -> None:
    """Every axis of size `old` becomes `new`."""
    for value in given(graph):
        set_arrays(value, lambda a: a[tuple(slice(0, new) if size == old else slice(None) for size in a.shape)])


def cut_axis(graph: Graph, name: str, axis: int, new: int) -> None:
    set_arrays(graph.values[name], lambda a: a[(slice(None),) * axis + (slice(0, new),)])


def smaller_sizes(old: int) -> list[int]:
    return [new for new in dict.fromkeys([1, 2, old // 2, old - 1]) if 0 < new < old]


def smaller(graph: Graph) -> Iterator[Step]:
    """A size cut everywhere; then axis by axis."""
    sizes = sorted({s for v in given(graph) for a in v.arrays for s in a.shape}, reverse=True)
    for old in sizes:
        for new in smaller_sizes(old):
            yield partial(cut_everywhere, old=old, new=new)
    for value in given(graph):
        for axis, size in enumerate(value.arrays[0].shape):
            for new in smaller_sizes(size):
                yield partial(cut_axis, name=value.name, axis=axis, new=new)


def make_plain(graph: Graph, name: str, change: Callable[[Array], Array]) -> None:
    value = graph.values[name]
    before = value.arrays
    set_arrays(value, change)
    if all(a.tobytes() == b.tobytes() for a, b in zip(before, value.arrays)):
        raise ValueError("nothing changed")


def simpler(graph: Graph) -> Iterator[Step]:
    """Plain numbers: zeros, ones, whole numbers."""
    for value in given(graph):
        for change in (np.zeros_like, np.ones_like, np.rint, np.sign)[: 4 if is_float(value.dtype) else 2]:
            yield partial(make_plain, name=value.name, change=change)


def forget_declared(graph: Graph) -> None:
    graph.declared.clear()


def make_initializer(graph: Graph, name: str) -> None:
    graph.values[name].storage = Storage.INITIALIZER


def make_static(graph: Graph, name: str) -> None:
    graph.values[name].dims = graph.values[name].arrays[0].shape


def plainer(graph: Graph) -> Iterator[Step]:
    """No declared outputs, static inputs, initializers instead of Constant nodes."""
    if graph.declared:
        yield forget_declared
    for value in given(graph):
        if value.kind is Kind.CONSTANT and value.storage is Storage.NODE:
            yield partial(make_initializer, name=value.name)
        if value.kind is Kind.INPUT and graph.runs == 1 and any(not isinstance(d, int) for d in value.dims):
            yield partial(make_static, name=value.name)


def shrink(graph: Graph, still_fails: Callable[[Graph], bool], run: int, output: str, seconds: float) -> Graph:
    return Shrinker(dataclasses.replace(graph), still_fails, seconds).run(run, output)
