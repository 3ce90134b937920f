"""Adds nodes to a random graph, and runs each at once at all sizes.

What onnxruntime refuses, or nobody defines, never becomes part of the graph: families of operators may propose
anything.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .data import (
    BF16,
    BOOL,
    F16,
    F32,
    F64,
    I8,
    I32,
    I64,
    U8,
    DType,
    is_finite,
    is_float,
    random_array,
)
from .dice import Dice
from .evaluate import Reject, run_node
from .model import RUNS, Array, Body, Dim, Graph, Kind, Node, Storage, Value

Extents = tuple[int, ...]  # of one axis, per run
MOST_ELEMENTS = 6000
LARGEST = 2.0**20  # floats beyond lose the grid that makes them exact


@dataclasses.dataclass(frozen=True)
class Profile:
    """What kind of graph to make."""

    special: bool = False  # NaN and infinities in inputs
    rough: bool = False  # floats that are not on a grid
    half: DType | None = None  # a graph of f16 or bf16
    loops: bool = False


class Builder:
    mixture: Any  # families.Mixture: which operators are drawn

    def __init__(
        self, dice: Dice, opset: int, profile: Profile, rejected: Callable[[Reject], None] = lambda _: None
    ) -> None:
        self.dice, self.profile, self.rejected = dice, profile, rejected
        self.graph = Graph(opset)
        self.nodes = self.graph.nodes  # of the graph or body that is being written
        self.scope: list[str] = []  # visible values, oldest first
        self.depth = 0
        self.count = 0
        self.codes: list[Array] = []  # ternary codes of the layers so far
        self.symbols: dict[str, Extents] = {}
        for name in ("n", "m", "k")[: dice.integer(1, 3)]:
            self.symbols[name] = self._random_extents()

    @property
    def opset(self) -> int:
        return self.graph.opset

    # Values ----------------------------------------------------------------------------------------------------------

    def _random_extents(self) -> Extents:
        sizes = [self.dice.pick([2, 3, 4, 5, 7, 8, 17])]
        sizes += [self.dice.weighted({0: 2, 1: 3, 2: 1, 3: 1, 5: 1, 6: 1, 16: 0.5}) for _ in range(RUNS - 1)]
        return tuple(sizes)

    def extents(self) -> Extents:
        """A size for each run: fixed or the size of a symbol."""
        if self.dice.chance(0.5):
            return (self.dice.weighted({1: 2, 2: 2, 3: 3, 4: 3, 5: 2, 7: 1, 8: 2, 16: 0.5, 0: 0.15}),) * RUNS
        return self.dice.pick(list(self.symbols.values()))

    def declare(self, extents: Extents) -> Dim:
        """How an input says that one of its axes has these sizes."""
        if len(set(extents)) == 1 and self.dice.chance(0.7):
            return extents[0]
        known = [name for name, sizes in self.symbols.items() if sizes == extents]
        form = self.dice.weighted({"known": 6, "new": 2, "none": 1, "wild": 0.3})
        if form == "none":
            return None
        if form == "wild":
            return self.dice.pick(["?", f"{self.dice.pick(list(self.symbols))} + 1"])
        if form == "known" and known:
            return self.dice.pick(known)
        name = f"d{len(self.symbols)}"
        self.symbols[name] = extents
        return name

    def dtype(self) -> DType:
        """Mostly the float of the graph."""
        main = self.profile.half if self.profile.half and self.dice.chance(0.8) else F32
        return self.dice.weighted(
            {main: 12, I64: 1, I32: 1, BOOL: 0.7, U8: 0.4, I8: 0.4, F16: 0.4, F64: 0.3, BF16: 0.2}
        )

    def array(self, shape: Sequence[int], dtype: DType, special: bool = False) -> Array:
        return random_array(self.dice, tuple(shape), dtype, self.profile.rough, special and is_float(dtype))

    def input(
        self,
        dtype: DType,
        axes: Sequence[Extents],
        make: Callable[[Extents], Array] | None = None,
        known_last: bool = False,
    ) -> Value:
        """A new input; `make` gives the array of a shape, `known_last` declares the size of the last axis."""
        if any(np.prod([a[run] for a in axes], initial=1) > MOST_ELEMENTS for run in range(RUNS)):
            raise Reject("too large", "input")
        shapes = [tuple(a[run] for a in axes) for run in range(RUNS)]
        arrays = tuple(make(s) if make else self.array(s, dtype, self.profile.special) for s in shapes)
        dims = [self.declare(a) for a in axes]
        if known_last:
            dims[-1] = axes[-1][0]
        return self._add(Value(self.fresh_name("x"), Kind.INPUT, arrays, tuple(dims)))

    def const(self, array: Any, dtype: DType | None = None, share: float = 0.5) -> Value:
        """A constant; often one that the graph has already, as tools that merge equal initializers make them."""
        array = np.asarray(array, dtype)
        for old in self.graph.of_kind(Kind.CONSTANT) if self.dice.chance(share) else []:
            if old.dtype == array.dtype and old.at(0).shape == array.shape and old.at(0).tobytes() == array.tobytes():
                return old
        storage = (
            Storage.NODE
            if self.dice.chance(0.15) and array.dtype.itemsize >= 1 and array.size < 64
            else Storage.INITIALIZER
        )
        value = Value(self.fresh_name("c"), Kind.CONSTANT, (array,), (), storage)
        self.graph.values[value.name] = value
        return value

    def ints(self, *values: int) -> Value:
        return self.const(np.array(values, np.int64))

    def _add(self, value: Value) -> Value:
        self.graph.values[value.name] = value
        self.scope.append(value.name)
        return value

    def visible(self, accept: Callable[[Value], bool] = lambda _: True) -> list[Value]:
        return [v for v in (self.graph.values[name] for name in self.scope) if accept(v)]

    def any(
        self,
        *dtypes: DType,
        ranks: Sequence[int] = range(6),
        accept: Callable[[Value], bool] = lambda _: True,
        fresh: float = 0.12,
    ) -> Value:
        """A visible value of one of the types and ranks, or a new input."""
        found = self.visible(lambda v: (not dtypes or v.dtype in dtypes) and v.rank in ranks and accept(v))
        if found and not self.dice.chance(fresh):
            return self.dice.recent(found)
        dtype = (
            self.dice.pick(dtypes)
            if dtypes and not (dtypes[0] in (F32, F16, BF16) and self.dice.chance(0.7))
            else self.dtype()
        )
        if dtypes and dtype not in dtypes:
            dtype = dtypes[0]
        rank = self.dice.weighted({r: w for r, w in {0: 0.5, 1: 2, 2: 4, 3: 4, 4: 2, 5: 0.7}.items() if r in ranks})
        value = self.input(dtype, [self.extents() for _ in range(rank)])
        if not accept(value):
            raise Reject("unfit", "input")
        return value

    def float(
        self, ranks: Sequence[int] = range(6), accept: Callable[[Value], bool] = lambda _: True, fresh: float = 0.12
    ) -> Value:
        first = self.profile.half or F32
        return self.any(first, *(t for t in (F32, F16, BF16) if t != first), ranks=ranks, accept=accept, fresh=fresh)

    # Nodes -----------------------------------------------------------------------------------------------------------

    def emit(
        self,
        op: str,
        *inputs: Value | None,
        outputs: int = 1,
        domain: str = "",
        keep: Callable[[int], bool] = lambda _: True,
        nonfinite: bool = False,
        **attributes: Any,
    ) -> list[Value]:
        """Adds a node; its results that `keep` wants. Raises Reject when it is not valid at every size."""
        names = [self.fresh_name("v") if keep(i) else "" for i in range(outputs)]
        node = Node(op, [v.name if v else "" for v in inputs], names, attributes, domain)
        try:
            results = [run_node(node, self.opset, [v.at(run) if v else None for v in inputs]) for run in range(RUNS)]
            self._check(node, [v for v in inputs if v], results, nonfinite)
        except Reject as reject:
            self.rejected(reject)
            raise
        self.nodes.append(node)
        kept = [name for name in names if name]
        return [self._add(Value(name, Kind.RESULT, tuple(r[i] for r in results))) for i, name in enumerate(kept)]

    def one(self, op: str, *inputs: Value | None, **rest: Any) -> Value:
        return self.emit(op, *inputs, **rest)[0]

    def _check(self, node: Node, inputs: list[Value], results: list[list[Array]], nonfinite: bool) -> None:
        tame = not nonfinite and all(is_finite(a) for v in inputs for a in v.arrays)
        for result in results:
            for array in result:
                if array.size > MOST_ELEMENTS:
                    raise Reject("too large", node.op)
                if tame and is_float(array.dtype) and not self._is_tame(array):
                    raise Reject("too wild", node.op)

    def _is_tame(self, array: Array) -> bool:
        return is_finite(array) and bool(
            (np.abs(array.astype(np.float64)) < (2.0**12 if array.dtype == F16 else LARGEST)).all()
        )

    @contextlib.contextmanager
    def body(self) -> Iterator[Body]:
        """Nodes go to a new body, whose values are not seen outside."""
        body, nodes, seen = Body([], []), self.nodes, len(self.scope)
        inputs: list[str] = []
        self.nodes, self.depth = body.nodes, self.depth + 1
        try:
            yield body
        finally:
            inputs = [name for name in self.scope[seen:] if self.graph.values[name].kind is Kind.INPUT]
            self.nodes, self.depth = nodes, self.depth - 1
            self.scope[seen:] = [name for name in inputs if name not in body.inputs]

    def result(self, name: str, arrays: tuple[Array, ...]) -> Value:
        """A value whose arrays are known: of a node with bodies, or an argument of one."""
        return self._add(Value(name, Kind.RESULT, arrays))

    def fresh_name(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"
