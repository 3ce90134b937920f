"""What a node, and then a graph, gives: onnxruntime without optimizations, one node at a time.

One node at a time because a whole graph loses roundings: onnxruntime's CPU provider computes 16-bit operators in f32
and drops the casts between two of them. A node that onnxruntime has no kernel for goes to onnx.reference; bf16,
which it hardly has, is computed in f32 and rounded at the end of every node.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]
from onnx import defs, helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from onnxruntime.capi import onnxruntime_pybind11_state as states  # type: ignore[import-untyped]

from . import ort_faults, undefined
from .data import BF16, F32, I2, I4, U2, U4
from .emit import make_model, make_node, proto_type
from .model import Array, Body, Graph, Kind, Node

onnxruntime.set_default_logger_severity(4)
warnings.filterwarnings("ignore", category=RuntimeWarning)  # of NumPy in onnx.reference: means of nothing, NaN
_MOST_SESSIONS = 4000


class Reject(Exception):
    """The node is not valid, or nobody says what it gives."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind


Runner = Callable[[dict[str, Array]], list[Array]]
Observer = Callable[[Node, list[Array | None], list[Array]], list[Array]]


def session_options() -> Any:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return options


def onnxruntime_runner(model: onnx.ModelProto) -> Runner:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), session_options(), providers=["CPUExecutionProvider"]
    )

    def run(feeds: dict[str, Array]) -> list[Array]:
        return [np.asarray(a) for a in session.run(None, feeds)]

    return run


def _erf(x: Array) -> Array:
    return np.asarray(np.vectorize(math.erf, otypes=[np.float64])(x))


class Erf(OpRun):
    """That of onnx.reference is of float32, whatever the type."""

    def _run(self, x: Array) -> tuple[Array]:
        return (_erf(x).astype(x.dtype),)


class Gelu(OpRun):
    """That of onnx.reference has the float32 Erf in it."""

    def _run(self, x: Array, approximate: str = "none") -> tuple[Array]:
        wide = x.astype(np.float64)
        if approximate == "tanh":
            inner = np.tanh(math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3))
        else:
            inner = _erf(wide / math.sqrt(2))
        return (np.asarray(0.5 * wide * (1 + inner)).astype(x.dtype),)


def reference_runner(model: onnx.ModelProto) -> Runner:
    evaluator = ReferenceEvaluator(model, new_ops=[Erf, Gelu])
    dtypes = [
        helper.tensor_dtype_to_np_dtype(o.type.tensor_type.elem_type) if o.type.tensor_type.elem_type else None
        for o in model.graph.output
    ]

    def run(feeds: dict[str, Array]) -> list[Array]:
        with np.errstate(all="ignore"):
            results = [np.asarray(a) for a in evaluator.run(None, feeds)]
        return [a if t is None else a.astype(t) for a, t in zip(results, dtypes)]

    return run


def single_node_model(node: Node, opset: int, dtypes: tuple[Any, ...]) -> onnx.ModelProto:
    copy = Node(
        node.op,
        [f"i{i}" if name else "" for i, name in enumerate(node.inputs)],
        [f"o{i}" if name else "" for i, name in enumerate(node.outputs)],
        node.attributes,
        node.domain,
    )
    inputs = [
        helper.make_tensor_value_info(f"i{i}", proto_type(t), None) for i, t in enumerate(dtypes) if t is not None
    ]
    outputs = [helper.make_empty_tensor_value_info(f"o{i}") for i, name in enumerate(node.outputs) if name]
    return make_model(helper.make_graph([make_node(copy)], "node", inputs, outputs), opset)


_sessions: dict[Any, Runner | Reject] = {}


def _make_runner(node: Node, opset: int, dtypes: tuple[Any, ...], use_reference: bool) -> Runner | Reject:
    model = single_node_model(node, opset, dtypes)
    if not use_reference and not any(t in (I4, U4, I2, U2) for t in dtypes):
        try:
            return onnxruntime_runner(model)
        except states.NotImplemented:
            pass
        except Exception as error:  # noqa: BLE001 (its bindings raise a dozen kinds)
            return Reject("onnxruntime refuses", f"{node.op}: {error}")
    try:
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        return reference_runner(inferred)
    except Exception as error:  # noqa: BLE001 (NumPy code of every operator)
        return Reject("no oracle", f"{node.op}: {error}")


def _runner(node: Node, opset: int, inputs: list[Array | None], use_reference: bool) -> Runner:
    dtypes = tuple(None if a is None else a.dtype for a in inputs)
    attributes = tuple(
        sorted((k, v.tobytes() if isinstance(v, np.ndarray) else repr(v)) for k, v in node.attributes.items())
    )
    key = (
        use_reference,
        opset,
        node.domain,
        node.op,
        attributes,
        dtypes,
        tuple(bool(n) for n in node.inputs),
        tuple(bool(n) for n in node.outputs),
    )
    if key not in _sessions:
        if len(_sessions) > _MOST_SESSIONS:
            _sessions.clear()
        _sessions[key] = _make_runner(node, opset, dtypes, use_reference)
    runner = _sessions[key]
    if isinstance(runner, Reject):
        raise runner
    return runner


def _run_plain(node: Node, opset: int, inputs: list[Array | None]) -> list[Array]:
    feeds = {f"i{i}": a for i, a in enumerate(inputs) if a is not None}
    runner = _runner(node, opset, inputs, ort_faults.is_wrong(node, opset, inputs))
    try:
        return runner(feeds)
    except Exception as error:
        raise Reject("node fails", f"{node.op}: {error}") from error


@functools.cache
def _schema(op: str, opset: int, domain: str) -> defs.OpSchema | None:
    try:
        return defs.get_schema(op, opset, domain)
    except defs.SchemaError:
        return None


def _formal(params: Any, index: int) -> Any:
    """The parameter that argument `index` belongs to; the last may be variadic."""
    return params[min(index, len(params) - 1)]


def _run_bfloat(node: Node, opset: int, inputs: list[Array | None]) -> list[Array]:
    schema = _schema(node.op, opset, node.domain)
    if schema is None:
        raise Reject("no oracle", f"{node.op} of bf16")
    rounded: set[str] = set()
    others: set[str] = set()
    for i, a in enumerate(inputs):
        if a is not None:
            formal = _formal(schema.inputs, i)
            (rounded if a.dtype == BF16 else others).add(formal.type_str)
            if a.dtype == BF16 and "tensor(bfloat16)" not in formal.types:
                raise Reject("onnxruntime refuses", f"{node.op} does not take bf16")
    if rounded & others:
        raise Reject("onnxruntime refuses", f"{node.op} mixes types")
    wide = [a.astype(F32) if a is not None and a.dtype == BF16 else a for a in inputs]
    results = _run_plain(node, opset, wide)
    return [
        r.astype(BF16) if r.dtype == F32 and _formal(schema.outputs, i).type_str in rounded else r
        for i, r in enumerate(results)
    ]


def _run_cast(inputs: list[Array | None], to: np.dtype[Any]) -> list[Array]:
    assert inputs[0] is not None
    with np.errstate(all="ignore"):
        return [
            inputs[0].astype(F32).astype(to)
            if BF16 in (inputs[0].dtype, to) and inputs[0].dtype != to
            else inputs[0].astype(to)
        ]


def run_node(node: Node, opset: int, inputs: list[Array | None]) -> list[Array]:
    """The results of a node without bodies; raises Reject."""
    reason = undefined.reason(node, opset, inputs)
    if reason:
        raise Reject("undefined", f"{node.op}: {reason}")
    dtypes = [a.dtype for a in inputs if a is not None]
    if node.op == "Cast":
        to = helper.tensor_dtype_to_np_dtype(node.attributes["to"])
        if BF16 in (to, dtypes[0]):
            return _run_cast(inputs, to)
    if BF16 in dtypes:
        return _run_bfloat(node, opset, inputs)
    return _run_plain(node, opset, inputs)


def _run_body(body: Body, graph: Graph, run: int, env: dict[str, Array], observe: Observer | None) -> list[Array]:
    inner = dict(env)
    _run_nodes(body.nodes, graph, run, inner, observe)
    return [_read(graph, run, inner, name) for name in body.outputs]


def _read(graph: Graph, run: int, env: Mapping[str, Array], name: str) -> Array:
    if name in env:
        return env[name]
    value = graph.values[name]
    if value.kind is Kind.RESULT:
        raise Reject("invalid", f"{name} is read before it is computed")
    return value.at(run)


def _single(graph: Graph, run: int, env: Mapping[str, Array], name: str) -> Array:
    value = _read(graph, run, env, name)
    if value.size != 1:
        raise Reject("invalid", f"{name} has {value.size} elements")
    return value.reshape(())


def _run_loop(node: Node, graph: Graph, run: int, env: dict[str, Array], observe: Observer | None) -> list[Array]:
    body = node.bodies["body"]
    count = int(_single(graph, run, env, node.inputs[0]))
    go = not node.inputs[1] or bool(_single(graph, run, env, node.inputs[1]))
    carried = [_read(graph, run, env, name) for name in node.inputs[2:]]
    stacks: list[list[Array]] = [[] for _ in body.outputs[1 + len(carried) :]]
    at = 0
    while at < count and go:
        inner = dict(env) | dict(zip(body.inputs, [np.asarray(at), np.asarray(go), *carried]))
        results = _run_body(body, graph, run, inner, observe)
        go, carried = bool(results[0]), results[1 : 1 + len(carried)]
        for stack, result in zip(stacks, results[1 + len(carried) :]):
            stack.append(result)
        at += 1
    if any(not stack for stack in stacks):
        raise Reject("undefined", "shape of a scan output of no iterations")
    return carried + [np.stack(stack) for stack in stacks]


def _run_control(node: Node, graph: Graph, run: int, env: dict[str, Array], observe: Observer | None) -> list[Array]:
    if node.op == "Loop":
        return _run_loop(node, graph, run, env, observe)
    taken = bool(_single(graph, run, env, node.inputs[0]))
    return _run_body(node.bodies["then_branch" if taken else "else_branch"], graph, run, env, observe)


def _run_nodes(nodes: list[Node], graph: Graph, run: int, env: dict[str, Array], observe: Observer | None) -> None:
    for node in nodes:
        if node.bodies:
            results = _run_control(node, graph, run, env, observe)
        else:
            inputs = [_read(graph, run, env, name) if name else None for name in node.inputs]
            results = run_node(node, graph.opset, inputs)
            if observe:
                results = observe(node, inputs, results)
        env.update(zip((name for name in node.outputs if name), results))


def evaluate(graph: Graph, run: int, observe: Observer | None = None) -> dict[str, Array]:
    """All values at the top level in one run; raises Reject. `observe` may change the results of a node."""
    env: dict[str, Array] = {}
    _run_nodes(graph.nodes, graph, run, env, observe)
    return {name: _read(graph, run, env, name) for name in {*env, *graph.outputs}}
