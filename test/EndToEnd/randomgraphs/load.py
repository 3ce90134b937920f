"""An ONNX model with the arrays of one run, as a graph: what others generate is judged and shrunk like our own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from .evaluate import Reject, evaluate
from .model import Array, Body, Graph, Kind, Node, Value


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        if isinstance(value, onnx.GraphProto):
            continue
        if isinstance(value, onnx.TensorProto):
            value = numpy_helper.to_array(value)
        result[attribute.name] = (
            value.decode()
            if isinstance(value, bytes)
            else list(value)
            if not isinstance(value, (int, float, str, np.ndarray))
            else value
        )
    return result


def _body(graph: Graph, proto: onnx.GraphProto) -> Body:
    body = Body(_nodes(graph, proto), [o.name for o in proto.output], [i.name for i in proto.input])
    for output in proto.output:
        dtype = helper.tensor_dtype_to_np_dtype(output.type.tensor_type.elem_type)
        graph.values.setdefault(output.name, Value(output.name, Kind.RESULT, (np.zeros((), dtype),)))
    return body


def _nodes(graph: Graph, proto: onnx.GraphProto) -> list[Node]:
    """The nodes; Constant nodes and initializers become values."""
    for tensor in proto.initializer:
        graph.values[tensor.name] = Value(tensor.name, Kind.CONSTANT, (numpy_helper.to_array(tensor),))
    nodes = []
    for each in proto.node:
        attributes = _attributes(each)
        if each.op_type == "Constant" and "value" in attributes:
            graph.values[each.output[0]] = Value(each.output[0], Kind.CONSTANT, (np.asarray(attributes["value"]),))
            continue
        bodies = {a.name: _body(graph, a.g) for a in each.attribute if a.type == onnx.AttributeProto.GRAPH}
        domain = "" if each.domain == "ai.onnx" else each.domain
        nodes.append(Node(each.op_type, list(each.input), list(each.output), attributes, domain, bodies))
    return nodes


def _dims(value: onnx.ValueInfoProto) -> Iterable[int | str | None]:
    for dim in value.type.tensor_type.shape.dim:
        yield dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None


def from_onnx(model: onnx.ModelProto, inputs: Mapping[str, Array], origin: str = "") -> Graph:
    """Raises Reject when the reference has no answer."""
    opset = max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    graph = Graph(opset, runs=1, origin=origin)
    graph.nodes = _nodes(graph, model.graph)
    for value in model.graph.input:
        if value.name not in graph.values:
            if value.name not in inputs:
                raise Reject("invalid", f"no data for {value.name}")
            graph.values[value.name] = Value(
                value.name, Kind.INPUT, (np.asarray(inputs[value.name]),), tuple(_dims(value))
            )
    graph.outputs = [o.name for o in model.graph.output]
    graph.declared = {o.name: tuple(_dims(o)) for o in model.graph.output if o.type.tensor_type.HasField("shape")}
    for name, array in evaluate(graph, 0).items():
        kind = graph.values[name].kind if name in graph.values else Kind.RESULT
        if kind is Kind.RESULT:
            graph.values[name] = Value(name, kind, (array,))
    return graph
