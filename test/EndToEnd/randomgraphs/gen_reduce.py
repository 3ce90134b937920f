"""Reductions, arguments of extremes, softmax and norms over the last axes."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .builder import Builder
from .data import F16, F32, F64, I32, I64
from .family import Row, axes_of, axes_subset, axis_of, partner, require
from .model import MICROSOFT, RUNS, Value

AXES_INPUT = {"ReduceSum": 13}  # the others take axes as an input from opset 18


def reduce(op: str, b: Builder) -> None:
    types = (
        F32,
        F32,
        F64,
        *((I32, I64) if op in ("ReduceSum", "ReduceMax", "ReduceMin") else ()),
        *((F16,) if b.profile.half else ()),
    )
    x = b.any(*types, ranks=range(6))
    if op in ("ReduceLogSum",):
        x = b.one("Add", b.one("Abs", x), b.const(0.125, x.dtype))
    elif op in ("ReduceProd", "ReduceLogSumExp", "ReduceSumSquare"):
        x = b.one("Mul", x, b.const(0.25, x.dtype)) if b.dice.chance(0.7) else x
    attributes: dict[str, Any] = {} if b.dice.chance(0.3) else {"keepdims": b.dice.integer(0, 1)}
    axes = axes_subset(b, x.rank) if x.rank and b.dice.chance(0.85) else None
    nonfinite = any(a.size == 0 for a in x.arrays)
    if b.opset < AXES_INPUT.get(op, 18):
        axes = [a % x.rank for a in axes] if axes and b.opset < 11 else axes
        b.one(op, x, nonfinite=nonfinite, **attributes, **({"axes": axes} if axes else {}))
        return
    if b.dice.chance(0.25):
        attributes["noop_with_empty_axes"] = b.dice.integer(0, 1)
    operands = [x] if axes is None and b.dice.chance(0.5) else [x, b.const(np.array(axes or [], np.int64))]
    b.one(op, *operands, nonfinite=nonfinite, **attributes)


def argument(op: str, b: Builder) -> None:
    x = b.any(F32, F32, I32, *((F64,) if b.opset >= 11 else ()), ranks=range(1, 6))
    axis = axis_of(b, x.rank)
    axis = axis % x.rank if b.opset < 11 else axis
    attributes: dict[str, Any] = {} if b.dice.chance(0.3) else {"keepdims": b.dice.integer(0, 1)}
    if b.opset >= 12 and b.dice.chance(0.4):
        attributes["select_last_index"] = b.dice.integer(0, 1)
    b.one(op, x, **({} if b.dice.chance(0.15) else {"axis": axis}), **attributes)


def softmax(op: str, b: Builder) -> None:
    x = b.float(ranks=range(1, 6))
    axis = axis_of(b, x.rank)
    axis = axis % x.rank if b.opset < 11 else axis
    b.one(op, x, **({} if b.dice.chance(0.3) else {"axis": axis}))


# Norms ---------------------------------------------------------------------------------------------------------------


def normalized_shape(x: Value, axis: int) -> tuple[int, ...]:
    at = axis % x.rank
    require(all(x.is_static(i) for i in range(at, x.rank)), "norm of unknown extent")
    return x.at(0).shape[at:]


def parameter(b: Builder, shape: tuple[int, ...], x: Value) -> Value:
    """Scale or bias of a norm: of the normalized shape."""
    if b.dice.chance(0.2):
        return b.input(x.dtype, [(s,) * RUNS for s in shape])
    return b.const(b.array(shape, x.dtype))


def epsilon(b: Builder) -> dict[str, Any]:
    return {"epsilon": 0.125} if b.dice.chance(0.5) else {"epsilon": 1e-5} if b.dice.chance(0.5) else {}


def layer_norm(op: str, b: Builder) -> None:
    x = b.float(ranks=range(1, 5))
    axis = -1 if b.dice.chance(0.6) else axis_of(b, x.rank)
    if op == "SimplifiedLayerNormalization":
        axis = -1
    shape = normalized_shape(x, axis)
    require(0 not in shape, "norm of nothing")
    given = {} if axis == -1 and b.dice.chance(0.5) else {"axis": axis}
    bias = [parameter(b, shape, x)] if op == "LayerNormalization" and b.dice.chance(0.6) else []
    b.one(op, x, parameter(b, shape, x), *bias, **given, **epsilon(b))


def skip_norm(op: str, b: Builder) -> None:
    x = b.any(F32, ranks=(3,))
    shape = normalized_shape(x, -1)
    require(0 not in shape, "norm of nothing")
    same = b.visible(lambda v: v.dtype == x.dtype and axes_of(v) == axes_of(x))
    skip = b.dice.pick(same) if b.dice.chance(0.6) else b.input(x.dtype, axes_of(x))
    operands: list[Value | None] = [x, skip, parameter(b, shape, x)]
    if op == "SkipLayerNormalization":
        operands.append(parameter(b, shape, x) if b.dice.chance(0.7) else None)
    if b.dice.chance(0.5):
        operands.append(parameter(b, shape, x))
    while operands[-1] is None:
        operands.pop()
    wants_sum = b.dice.chance(0.3)
    b.emit(op, *operands, outputs=4 if wants_sum else 1, keep=lambda i: i in (0, 3), domain=MICROSOFT, **epsilon(b))


def rms_by_hand(b: Builder) -> None:
    """As PyTorch's exporter writes it: Pow, ReduceMean, Add, Sqrt, Reciprocal or Div, Mul."""
    x = b.any(F32, ranks=range(1, 5))
    require(x.is_static(x.rank - 1) and x.at(0).shape[-1] > 0, "norm of unknown extent")
    square = b.one("Pow", x, b.const(2, F32)) if b.dice.chance(0.7) else b.one("Mul", x, x)
    mean = (
        b.one("ReduceMean", square, b.ints(-1))
        if b.opset >= 18
        else b.one("ReduceMean", square, axes=[-1] if b.opset >= 11 else [x.rank - 1])
    )
    root = b.one("Sqrt", b.one("Add", mean, b.const(b.dice.pick([0.125, 1e-5]), F32)))
    if b.dice.chance(0.5):
        y = b.one("Mul", x, b.one("Reciprocal", root))
    else:
        y = b.one("Div", x, root)
    b.one("Mul", y, parameter(b, x.at(0).shape[-1:], x))


def scores(b: Builder) -> None:
    """Attention: products, a mask, softmax, products."""
    q = b.any(F32, ranks=(3, 4))
    require(q.is_static(q.rank - 1), "width of a head")
    keys = b.dice.pick([e for e in b.symbols.values()] + [(3,) * RUNS])
    k = b.input(F32, [*axes_of(q)[:-2], keys, q.extents(q.rank - 1)])
    v = k if b.dice.chance(0.3) else b.input(F32, [*axes_of(q)[:-2], keys, (b.dice.integer(1, 5),) * RUNS])
    perm = [*range(q.rank - 2), q.rank - 1, q.rank - 2]
    s = b.one("Mul", b.one("MatMul", q, b.one("Transpose", k, perm=perm)), b.const(b.dice.pick([0.25, 0.5]), F32))
    if b.dice.chance(0.5):
        s = b.one("Add", s, partner(b, s))
    b.one("MatMul", b.one("Softmax", s, axis=-1 if b.opset >= 13 or b.dice.chance(0.5) else s.rank - 1), v)


REDUCTIONS = {
    "Sum": 3,
    "Mean": 3,
    "Max": 3,
    "Min": 1.5,
    "Prod": 1,
    "L1": 1,
    "L2": 1,
    "SumSquare": 1,
    "LogSum": 0.7,
    "LogSumExp": 0.7,
}
ROWS = [
    Row(f"Reduce{name}", functools.partial(reduce, f"Reduce{name}"), weight) for name, weight in REDUCTIONS.items()
] + [
    Row("ArgMax", functools.partial(argument, "ArgMax"), 1.5),
    Row("ArgMin", functools.partial(argument, "ArgMin"), 1),
    Row("Softmax", functools.partial(softmax, "Softmax"), 2),
    Row("LogSoftmax", functools.partial(softmax, "LogSoftmax"), 1),
    Row("LayerNormalization", functools.partial(layer_norm, "LayerNormalization"), 2, 17),
    Row("RMSNormalization", functools.partial(layer_norm, "RMSNormalization"), 2, 23),
    Row("SimplifiedLayerNormalization", functools.partial(layer_norm, "SimplifiedLayerNormalization"), 1),
    Row("SkipLayerNormalization", functools.partial(skip_norm, "SkipLayerNormalization"), 0.8),
    Row("SkipSimplifiedLayerNormalization", functools.partial(skip_norm, "SkipSimplifiedLayerNormalization"), 0.8),
    Row("rms by hand", rms_by_hand, 1.5),
    Row("attention", scores, 1.5),
]
