"""Graphs as ONNX: several random graphs become one model, each with a prefix of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from .model import (
    MICROSOFT,
    Array,
    Body,
    Dim,
    Graph,
    Kind,
    Node,
    Storage,
    Value,
    readers,
)

IR_VERSIONS = {25: 13, 23: 11, 0: 10}  # from which opset


def proto_type(dtype: np.dtype[Any]) -> int:
    return int(helper.np_dtype_to_tensor_dtype(dtype))


def tensor(array: Array, name: str) -> onnx.TensorProto:
    return numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)


def make_node(
    node: Node, rename: Any = lambda name: name, graphs: dict[str, onnx.GraphProto] | None = None
) -> onnx.NodeProto:
    """`rename` maps names of values; `graphs` are the finished bodies."""
    result = helper.make_node(
        node.op,
        [rename(n) for n in node.inputs],
        [rename(n) for n in node.outputs],
        rename(node.outputs[0]) + "." + node.op,
        domain=node.domain or None,
    )
    attributes = {k: tensor(v, k) if isinstance(v, np.ndarray) else v for k, v in node.attributes.items()}
    for key, value in sorted({**attributes, **(graphs or {})}.items()):
        kind = None
        if isinstance(value, (list, tuple)):
            kind = onnx.AttributeProto.FLOATS if value and isinstance(value[0], float) else onnx.AttributeProto.INTS
        result.attribute.append(helper.make_attribute(key, value, attr_type=kind))
    return result


def make_model(graph: onnx.GraphProto, opset: int) -> onnx.ModelProto:
    ir_version = next(ir for since, ir in IR_VERSIONS.items() if opset >= since)
    imports = [helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=ir_version, producer_name="random-graphs")


class Emitter:
    """Writes one graph with a prefix."""

    def __init__(self, graph: Graph, prefix: str = "") -> None:
        self.graph, self.prefix = graph, prefix
        self.written: set[str] = set()

    def rename(self, name: str) -> str:
        return self.prefix + name if name else ""

    def _dims(self, dims: Sequence[Dim]) -> list[Dim]:
        return [self.rename(d) if isinstance(d, str) and d != "?" else d for d in dims]

    def input(self, value: Value) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(self.rename(value.name), proto_type(value.dtype), self._dims(value.dims))

    def output(self, name: str) -> onnx.ValueInfoProto:
        dims = self.graph.declared.get(name)
        shape = None if dims is None else self._dims(dims)
        return helper.make_tensor_value_info(self.rename(name), proto_type(self.graph.values[name].dtype), shape)

    def _constants(self, nodes: list[Node], outputs: list[str]) -> list[onnx.NodeProto]:
        """Constant nodes for what these nodes read, unless a graph around has written them."""
        names = {name for node in nodes for name in node.inputs if name} | set(outputs)
        result = []
        for name in sorted(names - self.written):
            value = self.graph.values.get(name)
            if value and value.kind is Kind.CONSTANT and value.storage is Storage.NODE:
                self.written.add(name)
                result.append(make_node(Node("Constant", [], [name], {"value": value.at(0)}), self.rename))
        return result

    def nodes(self, nodes: list[Node], outputs: list[str]) -> list[onnx.NodeProto]:
        result = self._constants(nodes, outputs)
        for node in nodes:
            graphs = {key: self.body(key, body) for key, body in node.bodies.items()}
            result.append(make_node(node, self.rename, graphs))
        return result

    def body(self, name: str, body: Body) -> onnx.GraphProto:
        before = set(self.written)
        nodes = self.nodes(body.nodes, body.outputs)
        self.written = before
        outputs = [
            helper.make_tensor_value_info(self.rename(o), proto_type(self.graph.values[o].dtype), None)
            for o in body.outputs
        ]
        inputs = [self._argument(self.graph.values[name]) for name in body.inputs]
        return helper.make_graph(nodes, self.rename(name), inputs, outputs)

    def _argument(self, value: Value) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(self.rename(value.name), proto_type(value.dtype), [None] * value.rank)

    def initializers(self) -> list[onnx.TensorProto]:
        read = readers(self.graph.nodes) | set(self.graph.outputs)
        return [
            tensor(v.at(0), self.rename(v.name))
            for v in self.graph.of_kind(Kind.CONSTANT)
            if v.storage is Storage.INITIALIZER and v.name in read
        ]


def to_onnx(graphs: Sequence[tuple[str, Graph]]) -> onnx.ModelProto:
    """One model of all graphs, which share an opset."""
    whole = onnx.GraphProto(name="random")
    for prefix, graph in graphs:
        emitter = Emitter(graph, prefix)
        whole.input.extend(emitter.input(v) for v in graph.of_kind(Kind.INPUT))
        whole.output.extend(emitter.output(name) for name in graph.outputs)
        whole.value_info.extend(emitter.output(name) for name in graph.declared if name not in graph.outputs)
        whole.initializer.extend(emitter.initializers())
        whole.node.extend(emitter.nodes(graph.nodes, graph.outputs))
    return make_model(whole, graphs[0][1].opset)


def feeds(graphs: Sequence[tuple[str, Graph]], run: int) -> dict[str, Array]:
    return {prefix + v.name: v.at(run) for prefix, graph in graphs for v in graph.of_kind(Kind.INPUT)}
