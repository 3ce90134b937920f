"""Nodes whose result ONNX leaves open for the arrays at hand: a generator must not make them.

Each row says for which operators it looks, what it looks for and why no answer is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from onnx import helper

from .data import RANGES, UNSIGNED, is_finite, is_float, is_integer
from .model import Array, Node

Inputs = list[Array | None]


class Rule(NamedTuple):
    ops: tuple[str, ...]
    holds: Callable[[Node, int, Inputs], bool]
    why: str


def first(inputs: Inputs) -> Array:
    assert inputs[0] is not None
    return inputs[0]


def has_nan(array: Array | None) -> bool:
    return array is not None and is_float(array.dtype) and bool(np.isnan(array.astype(np.float64)).any())


def _batches_differ(node: Node, opset: int, inputs: Inputs) -> bool:
    count = node.attributes.get("batch_dims", 0)
    data, indices = inputs[0], inputs[1]
    return data is not None and indices is not None and data.shape[:count] != indices.shape[:count]


def _cast_leaves_range(node: Node, opset: int, inputs: Inputs) -> bool:
    x = first(inputs)
    to = (
        inputs[1].dtype
        if node.op == "CastLike" and inputs[1] is not None
        else helper.tensor_dtype_to_np_dtype(node.attributes.get("to", 1))
    )
    if not is_float(x.dtype) or not is_integer(to):
        return False
    if not is_finite(x):
        return True
    wide = np.trunc(x.astype(np.float64))
    info = np.iinfo(to)
    return bool((wide < float(info.min)).any() or (wide > float(info.max)).any() or (np.abs(wide) > 2.0**53).any())


def _divides_by_zero(node: Node, opset: int, inputs: Inputs) -> bool:
    a, b = first(inputs), inputs[1]
    if b is None or is_float(a.dtype):
        return False
    if (b == 0).any():
        return True
    return a.dtype not in UNSIGNED and bool((b == -1).any() and (a == np.iinfo(a.dtype).min).any())


def _shifts_out(node: Node, opset: int, inputs: Inputs) -> bool:
    amount = inputs[1]
    return amount is not None and bool((amount >= amount.dtype.itemsize * 8).any())


def _integer_power(node: Node, opset: int, inputs: Inputs) -> bool:
    base, exponent = first(inputs), inputs[1]
    if exponent is None or is_float(base.dtype):
        return False
    wide = np.abs(base.astype(np.float64)).max(initial=0) ** np.abs(exponent.astype(np.float64)).max(initial=0)
    inexact = is_float(exponent.dtype) and bool((exponent != np.trunc(exponent)).any())
    return inexact or bool((exponent < 0).any()) or wide > min(float(np.iinfo(base.dtype).max), 2.0**50)


def _quantizes_nonsense(node: Node, opset: int, inputs: Inputs) -> bool:
    scale = inputs[1] if len(inputs) > 1 else None
    return has_nan(first(inputs)) or (
        scale is not None and not (np.isfinite(scale.astype(np.float64)) & (scale > 0)).all()
    )


def _not_finite(node: Node, opset: int, inputs: Inputs) -> bool:
    return not is_finite(first(inputs)) or first(inputs).size == 0


def _repeats_index(node: Node, opset: int, inputs: Inputs) -> bool:
    data, indices = first(inputs), inputs[1]
    if indices is None or node.attributes.get("reduction", "none") != "none":
        return False
    if node.op == "ScatterND":
        limits = np.array(data.shape[: indices.shape[-1]], np.int64)
        tuples = (indices % np.maximum(limits, 1)).reshape(-1, indices.shape[-1])
        return len({tuple(t) for t in tuples.tolist()}) < len(tuples)
    axis = node.attributes.get("axis", 0) % max(data.ndim, 1)
    wrapped = np.sort(indices % max(data.shape[axis], 1), axis=axis)
    return bool((np.diff(wrapped, axis=axis) == 0).any())


def _infers_beside_zero(node: Node, opset: int, inputs: Inputs) -> bool:
    shape = inputs[1] if len(inputs) > 1 else None
    if shape is None or not node.attributes.get("allowzero", 0):
        return False
    return bool((shape == 0).any() and (shape < 0).any())


def _keeps_nan_or_not(node: Node, opset: int, inputs: Inputs) -> bool:
    return node.attributes.get("reduction", "none") in ("max", "min") and (has_nan(first(inputs)) or has_nan(inputs[2]))


def pads_less_than_nothing(node: Node, opset: int, inputs: Inputs) -> bool:
    """Windows that begin behind the first pixel: a SAME pad of fewer than no pixels."""
    if not str(node.attributes.get("auto_pad", "NOTSET")).startswith("SAME"):
        return False
    kernel = node.attributes.get("kernel_shape", ())
    strides = node.attributes.get("strides", [1] * len(kernel))
    dilations = node.attributes.get("dilations", [1] * len(kernel))
    return any(
        (-(-size // step) - 1) * step + (taps - 1) * apart + 1 < size
        for size, taps, step, apart in zip(first(inputs).shape[2:], kernel, strides, dilations)
    )


def _averages_nan_without_reference(node: Node, opset: int, inputs: Inputs) -> bool:
    return pads_less_than_nothing(node, opset, inputs) and has_nan(first(inputs))


def _reduced_axes(node: Node, inputs: Inputs) -> tuple[int, ...] | None:
    """As NumPy takes them; None: all."""
    axes = node.attributes.get("axes", inputs[1] if len(inputs) > 1 else None)
    if axes is None or len(axes) == 0:
        return () if node.attributes.get("noop_with_empty_axes", 0) else None
    return tuple(int(a) for a in axes)


def _leaves_range_in_some_order(node: Node, opset: int, inputs: Inputs) -> bool:
    x = first(inputs)
    if not is_float(x.dtype) or not x.size:
        return False
    with np.errstate(all="ignore"):
        logs = np.log2(np.abs(x.astype(np.float64)))
    logs = np.where(np.isfinite(logs), logs, 0)
    axes, limits = _reduced_axes(node, inputs), RANGES[x.dtype]
    below, above = (np.sum(bound(logs, 0), axis=axes) for bound in (np.minimum, np.maximum))
    return bool((below < limits.lowest).any() or (above >= limits.highest).any())


def _reflects_within_nothing(node: Node, opset: int, inputs: Inputs) -> bool:
    x, pads = first(inputs), inputs[1] if len(inputs) > 1 else None
    if node.attributes.get("mode", "constant") != "reflect" or x.size or pads is None or len(pads) != 2 * x.ndim:
        return False
    return any(max(a, b) >= n for n, a, b in zip(x.shape, pads[: x.ndim], pads[x.ndim :]) if max(a, b) > 0)


def _repeats_skip_in_part(node: Node, opset: int, inputs: Inputs) -> bool:
    x, skip = first(inputs), inputs[1]
    if skip is None or skip.ndim not in (x.ndim, x.ndim - 1):
        return False
    shared = skip.shape if skip.ndim == x.ndim else (1, *skip.shape)
    return shared[1:] != x.shape[1:] or shared[0] not in (1, x.shape[0])


def _rotates_other_heads(node: Node, opset: int, inputs: Inputs) -> bool:
    x, table = first(inputs), inputs[2]
    heads = node.attributes.get("num_heads", 0) if x.ndim == 3 else 1
    if table is None or table.ndim != 2 or heads <= 0 or node.attributes.get("rotary_embedding_dim", 0):
        return False
    return bool(x.shape[-1] != 2 * heads * table.shape[1])


def _filters_of_other_size(node: Node, opset: int, inputs: Inputs) -> bool:
    w, kernel = inputs[1], node.attributes.get("kernel_shape")
    return w is not None and kernel is not None and tuple(kernel) != w.shape[2:]


def _gathers_nothing_from_outside(node: Node, opset: int, inputs: Inputs) -> bool:
    data, indices = first(inputs), inputs[1]
    if indices is None or not indices.ndim or data.size:
        return False
    begin = int(node.attributes.get("batch_dims", 0))
    limits = np.array(data.shape[begin : begin + indices.shape[-1]], np.int64)
    return bool(((indices < -limits) | (indices >= limits)).any())


def _joins_nothing_of_other_size(node: Node, opset: int, inputs: Inputs) -> bool:
    axis = node.attributes.get("axis", 1) % max(first(inputs).ndim, 1)
    shapes = [a.shape for a in inputs if a is not None]
    return len({(*s[:axis], *s[axis + 1 :]) for s in shapes}) > 1


def _steps_over(node: Node, opset: int, inputs: Inputs) -> bool:
    return any(n < d for n, d in zip(first(inputs).shape[2:], node.attributes.get("dilations", [])))


def _begins_in_front(node: Node, opset: int, inputs: Inputs) -> bool:
    if len(inputs) < 5 or inputs[1] is None or inputs[4] is None:
        return False
    shape = first(inputs).shape
    axes = range(len(inputs[1])) if inputs[3] is None else inputs[3].tolist()
    return any(step < 0 and start < -shape[axis] for start, axis, step in zip(inputs[1], axes, inputs[4]))


def _mean_of_nothing(node: Node, opset: int, inputs: Inputs) -> bool:
    """A result although no element goes into it."""
    x = first(inputs)
    given = node.attributes.get("axes") or (inputs[1].tolist() if len(inputs) > 1 and inputs[1] is not None else None)
    if x.size or (not given and node.attributes.get("noop_with_empty_axes")):
        return False
    reduced = {a % max(x.ndim, 1) for a in given} if given else set(range(x.ndim))
    return all(size > 0 for axis, size in enumerate(x.shape) if axis not in reduced)


def _old_mask(node: Node, opset: int, inputs: Inputs) -> bool:
    return opset < 12 and len(node.outputs) > 1


RULES = [
    Rule(("GatherND",), _batches_differ, "batch dimensions of data and indices that differ"),
    Rule(("Cast", "CastLike"), _cast_leaves_range, "a float out of the integer's range"),
    Rule(("Div", "Mod"), _divides_by_zero, "an integer division by zero, or one that overflows"),
    Rule(("BitShift",), _shifts_out, "a shift by the width or more"),
    Rule(("Pow",), _integer_power, "an integer power that overflows or is no integer"),
    Rule(("QuantizeLinear",), _quantizes_nonsense, "NaN, or a scale that is not positive"),
    Rule(("DynamicQuantizeLinear",), _not_finite, "the range of NaN, infinity or nothing"),
    Rule(("Scatter", "ScatterElements", "ScatterND"), _repeats_index, "two updates of one element"),
    Rule(("MaxPool",), _steps_over, "the maximum of a window whose taps are all in the padding"),
    Rule(
        ("AveragePool",),
        _averages_nan_without_reference,
        "a negative SAME pad, which onnxruntime gets wrong, and NaN, which onnx.reference loses there",
    ),
    Rule(
        ("ReduceProd",),
        _leaves_range_in_some_order,
        "a product that in some order overflows or loses digits below the smallest normal number",
    ),
    # onnxruntime has an answer to these where it computes nothing, or reads what is not there.
    Rule(("Pad",), _reflects_within_nothing, "a reflection of more than there is, in an empty tensor"),
    Rule(
        ("SkipLayerNormalization", "SkipSimplifiedLayerNormalization"),
        _repeats_skip_in_part,
        "a skip neither as large as its input nor shared by the batch",
    ),
    Rule(("RotaryEmbedding",), _rotates_other_heads, "heads that are not twice as wide as the tables"),
    Rule(("Conv",), _filters_of_other_size, "a kernel_shape that is not that of the weights"),
    Rule(("GatherND",), _gathers_nothing_from_outside, "slices without elements at an index beyond the axis"),
    Rule(("Slice",), _begins_in_front, "backward from in front of the axis (one element in ONNX, none in NumPy)"),
    Rule(("Concat",), _joins_nothing_of_other_size, "an empty tensor of other sizes, which onnxruntime leaves out"),
    Rule(("ScatterElements", "ScatterND"), _keeps_nan_or_not, "a maximum of NaN"),
    Rule(
        ("MaxPool", "GlobalMaxPool"),
        lambda n, o, i: has_nan(first(i)) or bool(np.isneginf(first(i).astype(np.float64)).any()),
        "a maximum of NaN, or of nothing but -infinity",
    ),
    Rule(
        ("MaxPool", "AveragePool"),
        lambda n, o, i: (
            n.attributes.get("auto_pad", "").startswith("SAME") and max(n.attributes.get("dilations", [1])) > 1
        ),
        "what SAME pads around a dilated window (onnxruntime, onnx.reference and the text of ONNX disagree)",
    ),
    Rule(("Dropout",), _old_mask, "the mask when nothing is dropped"),
    Rule(("ReduceMean",), _mean_of_nothing, "the mean of nothing"),
    Rule(
        ("ReduceLogSumExp",),
        lambda n, o, i: has_nan(first(i)) and bool(np.isinf(first(i).astype(np.float64)).any()),
        "NaN beside infinity (onnxruntime drops NaN, onnx.reference makes NaN of infinity alone)",
    ),
    Rule(("Reshape",), _infers_beside_zero, "-1 beside 0 with allowzero (onnxruntime takes 1)"),
    Rule(("ArgMax", "ArgMin"), lambda n, o, i: has_nan(first(i)), "the place of NaN in an order"),
]


def reason(node: Node, opset: int, inputs: Inputs) -> str:
    """Why nobody can say what the node gives; empty when it is defined."""
    for rule in RULES:
        if node.op in rule.ops and rule.holds(node, opset, inputs):
            return rule.why
    return ""
