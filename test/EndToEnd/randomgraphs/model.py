"""What a random graph is made of.

Every value carries its arrays, one per run: a graph is compiled once and run at several sizes, so a dim is
dynamic where the arrays of the runs disagree (and may be declared so where they agree).
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Dim = int | str | None  # a size, a name, or nothing declared
RUNS = 3
MICROSOFT = "com.microsoft"


class Kind(enum.Enum):
    INPUT = "input"
    CONSTANT = "constant"
    RESULT = "result"


class Storage(enum.Enum):
    """Where the number of a constant is written."""

    INITIALIZER = "initializer"
    NODE = "node"  # a Constant node beside its first reader


@dataclasses.dataclass
class Value:
    name: str
    kind: Kind
    arrays: tuple[Array, ...]  # one per run; a constant has one for all
    dims: tuple[Dim, ...] = ()  # as declared; inputs only
    storage: Storage = Storage.INITIALIZER

    def at(self, run: int) -> Array:
        return self.arrays[run if len(self.arrays) > 1 else 0]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.arrays[0].dtype

    @property
    def rank(self) -> int:
        return self.arrays[0].ndim

    def extents(self, axis: int, runs: int = RUNS) -> tuple[int, ...]:
        """The sizes of one axis over the runs."""
        return tuple(self.at(run).shape[axis] for run in range(runs))

    def is_static(self, axis: int) -> bool:
        return len({a.shape[axis] for a in self.arrays}) == 1


@dataclasses.dataclass
class Body:
    """The graph of an attribute: it sees the values of the graphs around it."""

    nodes: list[Node]
    outputs: list[str]
    inputs: list[str] = dataclasses.field(default_factory=list)  # of a Loop


@dataclasses.dataclass
class Node:
    op: str
    inputs: list[str]  # "" where an optional one is left out
    outputs: list[str]
    attributes: dict[str, Any] = dataclasses.field(default_factory=dict)
    domain: str = ""
    bodies: dict[str, Body] = dataclasses.field(default_factory=dict)

    @property
    def qualified(self) -> str:
        return f"{self.domain}.{self.op}" if self.domain else self.op


@dataclasses.dataclass
class Graph:
    opset: int
    nodes: list[Node] = dataclasses.field(default_factory=list)
    values: dict[str, Value] = dataclasses.field(default_factory=dict)
    outputs: list[str] = dataclasses.field(default_factory=list)
    # Declared dims of outputs and of values between nodes; an output that is missing here has a type but no shape.
    declared: dict[str, tuple[Dim, ...]] = dataclasses.field(default_factory=dict)
    runs: int = RUNS
    may_fail: str = ""  # why the reference refuses these inputs: only a crash is wrong then
    origin: str = ""  # seed and index

    def all_nodes(self) -> Iterator[Node]:
        return walk(self.nodes)

    def of_kind(self, kind: Kind) -> list[Value]:
        return [v for v in self.values.values() if v.kind is kind]

    def copy(self) -> Graph:
        """A copy whose lists may be changed; arrays are shared."""
        values = {name: dataclasses.replace(v) for name, v in self.values.items()}
        return dataclasses.replace(
            self,
            nodes=[copy_node(n) for n in self.nodes],
            values=values,
            outputs=list(self.outputs),
            declared=dict(self.declared),
        )


def walk(nodes: list[Node]) -> Iterator[Node]:
    """Nodes in order, those of bodies before the node that holds them."""
    for node in nodes:
        for body in node.bodies.values():
            yield from walk(body.nodes)
        yield node


def copy_node(node: Node) -> Node:
    bodies = {
        key: Body([copy_node(n) for n in b.nodes], list(b.outputs), list(b.inputs)) for key, b in node.bodies.items()
    }
    return Node(node.op, list(node.inputs), list(node.outputs), dict(node.attributes), node.domain, bodies)


def readers(nodes: list[Node]) -> set[str]:
    """Names that these nodes, their bodies and the outputs of their bodies read."""
    names: set[str] = set()
    for node in walk(nodes):
        names.update(name for name in node.inputs if name)
        for body in node.bodies.values():
            names.update(body.outputs)
    return names
