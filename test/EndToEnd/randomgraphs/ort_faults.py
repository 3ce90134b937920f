"""Where onnxruntime's answer is not ONNX's: onnx.reference is asked instead.

A row is a fault of the pinned onnxruntime that was seen; it says what onnxruntime does. It is no tolerance: such a
node is compared as strictly as any other. (Where onnx.reference has no answer either, the node is not made.)
"""

from __future__ import annotations

import numpy as np

from .data import is_finite
from .model import Node
from .undefined import Inputs, Rule, first, has_nan, pads_less_than_nothing

REDUCTIONS = tuple(
    "Reduce" + name for name in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp")
)


def _no_channels(node: Node, opset: int, inputs: Inputs) -> bool:
    return inputs[1] is not None and inputs[1].size == 0


def _is_empty(node: Node, opset: int, inputs: Inputs) -> bool:
    return first(inputs).size == 0


def _reads_nan(node: Node, opset: int, inputs: Inputs) -> bool:
    return any(has_nan(a) for a in inputs)


def _backward_to_far_end(node: Node, opset: int, inputs: Inputs) -> bool:
    if len(inputs) < 5 or inputs[2] is None or inputs[4] is None:
        return False
    return bool(((inputs[4] < 0) & (inputs[2] >= 2**31 - 1)).any())


def _sum_of_nothing_plus(node: Node, opset: int, inputs: Inputs) -> bool:
    return first(inputs).size == 0 and node.attributes.get("beta", 1.0) != 1.0


def _infinity_without_bound(node: Node, opset: int, inputs: Inputs) -> bool:
    bounds = sum(a is not None for a in inputs[1:]) + len({"min", "max"} & set(node.attributes))
    return bounds < 2 and not is_finite(first(inputs))


def _half_nan(node: Node, opset: int, inputs: Inputs) -> bool:
    return first(inputs).dtype.itemsize == 2 and has_nan(first(inputs))


def _wide(node: Node, opset: int, inputs: Inputs) -> bool:
    return first(inputs).dtype == np.float64


def _reads_infinity(node: Node, opset: int, inputs: Inputs) -> bool:
    return not is_finite(first(inputs))


def _is_unsigned(node: Node, opset: int, inputs: Inputs) -> bool:
    return first(inputs).dtype == np.uint8


def _far_below(node: Node, opset: int, inputs: Inputs) -> bool:
    return bool((first(inputs).astype(np.float64) < -17).any())


def _passes_float64(node: Node, opset: int, inputs: Inputs) -> bool:
    """Whether integers may reduce to what is no integer of their type in float64."""
    x = first(inputs)
    if not np.issubdtype(x.dtype, np.integer):
        return False
    size = np.abs(x.astype(np.float64))
    most = {"ReduceProd": np.maximum(size, 1).prod(), "ReduceSumSquare": (size**2).sum()}.get(node.op, size.sum())
    return bool(most > min(2**53, np.iinfo(x.dtype).max))


FAULTS = [
    Rule(("Conv",), _no_channels, "does not return when there are no channels"),
    Rule((*REDUCTIONS, "ArgMax", "ArgMin"), _is_empty, "keeps the reduced axis of an empty tensor as it is"),
    Rule(
        ("MatMul", "FusedMatMul", "MatMulInteger"),
        _is_empty,
        "does not write the result when K is 0 (MatMul: by a vector)",
    ),
    Rule(("Gemm",), _sum_of_nothing_plus, "forgets beta when K is 0"),
    Rule(
        ("Clip",),
        _infinity_without_bound,
        "takes the largest number for a bound that is not there (as the text of ONNX says; PyTorch and onnx.reference "
        "keep infinity)",
    ),
    Rule(("MatMulInteger",), _is_unsigned, "saturates pairs of products in 16 bits on a CPU without VNNI"),
    Rule(("AveragePool",), pads_less_than_nothing, "begins inside the image where a SAME pad would be negative"),
    Rule(("MatMulNBits",), _reads_infinity, "multiplies infinity by codes before it subtracts their zero point"),
    Rule(("Slice",), _backward_to_far_end, "takes the largest integer for the end of the axis where it walks backward"),
    Rule(("Sigmoid",), _far_below, "gives 0 below -18, which times infinity is NaN"),
    Rule(("Sign",), _half_nan, "gives 0 for NaN in 16 bits (NaN in 32 and 64)"),
    Rule(("Gelu",), _wide, "expands float64 with constants of float32"),
    Rule(("Shrink",), _wide, "computes float64 in float32"),
    Rule(("ReduceMax", "ReduceMin"), _reads_nan, "keeps or drops NaN by its position"),
    Rule(
        ("ReduceSum", "ReduceMean", "ReduceL1", "ReduceSumSquare", "ReduceProd"),
        _passes_float64,
        "reduces integers in float64 and clamps to their type; ONNX says nothing, onnx.reference and PyTorch wrap",
    ),
]


def is_wrong(node: Node, opset: int, inputs: Inputs) -> bool:
    return any(node.op in fault.ops and fault.holds(node, opset, inputs) for fault in FAULTS)
