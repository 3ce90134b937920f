"""Layers that repeat: the same nodes with other weights, each reading what the one before it made."""

from __future__ import annotations

from .activations import quantize_activation
from .builder import Builder
from .data import F32, is_float
from .family import Row, require
from .gen_ternary import finish, tokens
from .model import RUNS, Kind, Node, Value
from .weights import ternary_weight

MOST_LAYERS = 4


def same_type(a: Value, b: Value) -> bool:
    return a.dtype == b.dtype and all(a.at(run).shape == b.at(run).shape for run in range(RUNS))


def layer(b: Builder, x: Value) -> Value:
    """One layer with as many outputs as inputs; what stands between is whatever other families make."""
    from .generate import grow_graph  # the families hold this one

    size = x.at(0).shape[-1]
    w = b.const(b.array((size, size), F32)) if b.dice.chance(0.15) else ternary_weight(b, (size, size))
    quantized = quantize_activation(b, x)
    require(quantized.value.dtype == F32, "another type than that of the weights")
    y = finish(b, b.one("MatMul", quantized.value, b.one("Transpose", w, perm=[1, 0])), quantized)
    grow_graph(b, b.dice.weighted({0: 4, 1: 2, 2: 1}))
    if b.dice.chance(0.5):
        y = b.one("Add", *b.dice.shuffled([x, y]))
    require(same_type(x, y), "a layer that can be repeated")
    return y


def altered(b: Builder, constant: Value) -> Value:
    """Another constant of the type and shape; of weights a permutation, which keeps what they are."""
    array = constant.at(0)
    if not is_float(array.dtype) or b.dice.chance(0.15 if array.size > 1 else 0.8):
        return constant
    if array.size == 1:
        return b.const(array * array.dtype.type(b.dice.pick([0.5, 2.0])))
    return b.const(b.dice.rng.permutation(array.reshape(-1)).reshape(array.shape))


def repeat_layer(b: Builder, nodes: list[Node], known: dict[str, Value]) -> None:
    """Writes `nodes` again; `known` says what stands for the values of the layer that was written before."""
    for node in nodes:
        inputs: list[Value | None] = []
        for name in node.inputs:
            value = known.get(name, b.graph.values[name]) if name else None
            if value and value.kind is Kind.CONSTANT:
                known[name] = value = altered(b, value)
            inputs.append(value)
        results = b.emit(
            node.op,
            *inputs,
            outputs=len(node.outputs),
            domain=node.domain,
            keep=lambda i, node=node: bool(node.outputs[i]),  # type: ignore[misc]
            **node.attributes,
        )
        known.update(zip([name for name in node.outputs if name], results, strict=True))


def layers(b: Builder) -> None:
    """Two to four layers; now and then one of them reads what it should not, so that it differs from the others."""
    x = tokens(b, (2, 3))
    require(x.dtype == F32 and all(a.size for a in x.arrays), "numbers for layers")
    first = len(b.nodes)
    y = layer(b, x)
    nodes = b.nodes[first:]
    require(not any(node.bodies for node in nodes), "a layer without branches")
    carried = y
    for _ in range(b.dice.integer(1, MOST_LAYERS - 1)):
        known = {x.name: x if b.dice.chance(0.1) else carried}
        repeat_layer(b, nodes, known)
        carried = known[y.name]
    if b.dice.chance(0.2):
        b.one("Sub", carried, b.dice.pick([x, y]))


ROWS = [Row("layers", layers, 1, 9)]
