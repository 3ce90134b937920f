"""Does rounding alone explain a difference? Shown, not assumed: the reference itself is run with last bits changed.

Every f32 node whose result is rounded gets noise of about one unit in the last place (of the sum of magnitudes, for
sums: another order of addition). What is exact by arithmetic gets none: a tie that is no accident of rounding stays
one.
A difference is explained where it lies within what the noise moves.
"""

from __future__ import annotations

import numpy as np

from .compare import TOLERANCE, narrowed
from .data import BF16, F16, F32, F64, RANGES, is_float
from .dice import Dice
from .evaluate import Reject, evaluate, run_node
from .model import Array, Graph, Node

TRIALS = 256  # the first that explains ends them; what has to hit a number exactly needs many
MARGIN = 2.0  # noise is drawn, the largest is not seen

SUMS = {
    "MatMul",
    "Gemm",
    "Conv",
    "FusedMatMul",
    "MatMulNBits",
    "ReduceSum",
    "ReduceMean",
    "ReduceL1",
    "ReduceSumSquare",
    "AveragePool",
    "GlobalAveragePool",
    "CumSum",
    "Sum",
    "Mean",
}
ARITHMETIC = {"Add", "Sub", "Mul", "Div", "Sqrt", "Reciprocal"}
FUNCTIONS = {
    "Exp",
    "Log",
    "Sin",
    "Cos",
    "Tan",
    "Asin",
    "Acos",
    "Atan",
    "Sinh",
    "Cosh",
    "Asinh",
    "Acosh",
    "Atanh",
    "Erf",
    "Tanh",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "HardSigmoid",
    "HardSwish",
    "Mish",
    "ThresholdedRelu",
    "Shrink",
    "LeakyRelu",
    "PRelu",
    "Gelu",
    "Swish",
    "Pow",
    "Mod",
    "BiasGelu",
    "FastGelu",
    "QuickGelu",
    "ReduceProd",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "RotaryEmbedding",
    "DynamicQuantizeLinear",
}
# Sigmoids and the like are as good as their largest value: onnxruntime's is 0 below -18, and near 0 its Elu is what
# the subtraction exp(x) - 1 leaves.
BOUNDED = {
    "Sigmoid",
    "Tanh",
    "Erf",
    "Swish",
    "QuickGelu",
    "Gelu",
    "FastGelu",
    "BiasGelu",
    "Mish",
    "Softplus",
    "Elu",
    "Selu",
    "Celu",
}
NORMS = {
    "Softmax",
    "LogSoftmax",
    "LayerNormalization",
    "RMSNormalization",
    "SimplifiedLayerNormalization",
    "SkipLayerNormalization",
    "SkipSimplifiedLayerNormalization",
}
CHANNEL_NORMS = {"BatchNormalization", "InstanceNormalization", "GroupNormalization"}


def epsilon(array: Array) -> float:
    """Half an ulp of 1."""
    return {F32: 2.0**-24, F64: 2.0**-53, F16: 2.0**-11, BF16: 2.0**-8}[array.dtype]


def _converted(inputs: list[Array | None], to: np.dtype[np.float64]) -> list[Array | None]:
    return [a.astype(to) if a is not None and a.dtype == F32 else a for a in inputs]


def _in_f64(node: Node, opset: int, inputs: list[Array | None]) -> list[Array] | None:
    try:
        return run_node(node, opset, _converted(inputs, F64))
    except Reject:
        return None


def fraction_bits(array: Array) -> int:
    """The smallest b such that all elements are multiples of 2^-b; 99 when there is none below 13."""
    wide = array.astype(np.float64)
    for bits in range(13):
        if (wide * 2.0**bits == np.rint(wide * 2.0**bits)).all():
            return bits
    return 99


def _sums_are_exact(inputs: list[Array | None], magnitudes: list[Array]) -> bool:
    """All partial sums are integers below 2^24 of one unit."""
    bits = sum(fraction_bits(a) for a in inputs if a is not None and is_float(a.dtype))
    largest = max((float(np.abs(m.astype(np.float64)).max(initial=0)) for m in magnitudes), default=0)
    return bits < 40 and largest * 2.0**bits < 2.0**24


def _sum_noise(node: Node, opset: int, inputs: list[Array | None], results: list[Array]) -> list[Array]:
    try:
        absolute = [np.abs(a) if a is not None and is_float(a.dtype) else a for a in inputs]
        magnitudes = run_node(node, opset, absolute)
    except Reject:
        magnitudes = [np.abs(r) for r in results]
    exact = _sums_are_exact(inputs, magnitudes) and not node.op.endswith("Mean") and "Average" not in node.op
    # A layer of 16 bits rounds once, at its end, and not each of its dequantized activations (act_c3).
    exact = exact and results[0].dtype not in (F16, BF16)
    # One after the other, the error of a sum grows with the root of its length.
    length = max((a.size for a in inputs if a is not None), default=0) / max(results[0].size, 1)
    units = max(2.0, 0.5 * length**0.5)
    return [
        np.zeros(r.shape) if exact else units * epsilon(r) * m.astype(np.float64) for r, m in zip(results, magnitudes)
    ]


def _norm_noise(node: Node, opset: int, inputs: list[Array | None], results: list[Array]) -> list[Array]:
    """What last bits of the operand do to the results, however small the deviation that they are divided by."""
    x = inputs[0]
    assert x is not None
    moved = (x.astype(np.float64) * (1 + 8 * epsilon(x) * Dice(x.size).rng.choice([-1, 1], x.shape))).astype(x.dtype)
    try:
        others = run_node(node, opset, [moved, *inputs[1:]])
    except Reject:
        others = results
    wide = [r.astype(np.float64) for r in results]
    tops = [np.abs(w).max(axis=-1, keepdims=True, initial=0) if w.ndim else np.abs(w) for w in wide]
    return [
        np.asarray(np.abs(o.astype(np.float64) - w) + 8 * epsilon(r) * np.maximum(np.abs(w), 0.1 * t))
        for o, w, r, t in zip(others, wide, results, tops)
    ]


def _channel_noise(node: Node, inputs: list[Array | None], results: list[Array]) -> list[Array]:
    """x * s - mean * s + bias as onnxruntime forms it: the terms may be far larger than what is left."""
    x, scale, bias = (a.astype(np.float64) for a in inputs[:3] if a is not None)
    if not x.size:
        return [np.zeros(r.shape) for r in results]
    groups = {"InstanceNormalization": x.shape[1], "BatchNormalization": x.shape[1]}.get(
        node.op, node.attributes.get("num_groups", 1)
    )
    rows = x.reshape(x.shape[0], groups, -1)
    mean, variance = rows.mean(axis=2, keepdims=True), rows.var(axis=2, keepdims=True)
    if node.op == "BatchNormalization":
        mean, variance = (a.astype(np.float64).reshape(1, -1, 1) for a in inputs[3:5] if a is not None)
    deviation = np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
    terms = (np.abs(rows) + np.abs(mean)) * np.abs(scale).max(initial=0) / deviation + np.abs(bias).max(initial=0)
    return [4 * epsilon(results[0]) * terms.reshape(x.shape)] + [np.zeros(r.shape) for r in results[1:]]


def _arithmetic_noise(node: Node, opset: int, inputs: list[Array | None], results: list[Array]) -> list[Array]:
    """None where the result is exact. 16-bit steps round as ONNX says, with nothing left to chance (act_c3)."""
    if results[0].dtype != F32:
        return [np.zeros(r.shape) for r in results]
    exact = _in_f64(node, opset, inputs)
    noise = [2 * epsilon(r) * np.abs(r.astype(np.float64)) for r in results]
    return noise if exact is None else [np.where(e == r, 0, n) for n, e, r in zip(noise, exact, results)]


def _noise(node: Node, opset: int, inputs: list[Array | None], results: list[Array]) -> list[Array] | None:
    if node.op in SUMS:
        return _sum_noise(node, opset, inputs, results)
    if node.op in ARITHMETIC:
        return _arithmetic_noise(node, opset, inputs, results)
    if node.op in BOUNDED:
        return [8 * epsilon(r) * np.maximum(np.abs(r.astype(np.float64)), 0.25) for r in results]
    if node.op in FUNCTIONS:
        return [
            8 * epsilon(r) * np.abs(r.astype(np.float64)) if is_float(r.dtype) else np.zeros(r.shape) for r in results
        ]
    if node.op in CHANNEL_NORMS:
        return _channel_noise(node, inputs, results)
    if node.op in NORMS:
        return _norm_noise(node, opset, inputs, results)
    return None


class Shaker:
    """Changes last bits of what nodes give."""

    def __init__(self, dice: Dice, opset: int) -> None:
        self.dice, self.opset = dice, opset

    def __call__(self, node: Node, inputs: list[Array | None], results: list[Array]) -> list[Array]:
        if not any(is_float(r.dtype) for r in results):
            return results
        with np.errstate(all="ignore"):
            noise = _noise(node, self.opset, inputs, results)
            if noise is None:
                return results
            return [self._shake(r, n) if is_float(r.dtype) else r for r, n in zip(results, noise)]

    def _shake(self, result: Array, noise: Array) -> Array:
        # Up, down or both: the largest of many elements moves down only where all of them do.
        low, high = self.dice.pick(((-1, 1), (-1, 0), (0, 1)))
        noise = np.where(np.isfinite(noise), noise, 0)
        # Below the smallest normal number an ulp is no share of the number any more.
        limits = RANGES[result.dtype]
        noise = np.where(noise > 0, np.maximum(noise, 2.0 ** (limits.lowest - limits.digits + 1)), noise)
        moved = result.astype(np.float64) + noise * self.dice.rng.uniform(low, high, result.shape)
        if self.dice.chance(0.5):
            # Terms that cancel leave a multiple of their last bit, often 0, which nothing else hits.
            moved = np.where(noise > 0, np.rint(moved / np.where(noise > 0, noise, 1)) * noise, moved)
        return np.asarray(np.where(np.isfinite(result.astype(np.float64)), moved, result.astype(np.float64))).astype(
            result.dtype
        )


def is_explained(graph: Graph, run: int, output: str, expected: Array, got: Array) -> bool:
    """Whether noise moves the reference at least half as far as `got` is away, at every element."""
    got = narrowed(expected, got)
    if expected.shape != got.shape or expected.dtype != got.dtype:
        return False
    wide, reach = expected.astype(np.float64), np.zeros(expected.shape)
    slack = (
        TOLERANCE.get(expected.dtype, 0.0) * float(np.sqrt(np.mean(np.square(wide[np.isfinite(wide)]))))
        if is_float(expected.dtype) and wide.size
        else 0.0
    )
    with np.errstate(all="ignore"):
        away = np.abs(got.astype(np.float64) - wide)
    same = (got.astype(np.float64) == wide) | (np.isnan(wide) & np.isnan(got.astype(np.float64)))
    for trial in range(TRIALS):
        try:
            moved = evaluate(graph, run, Shaker(Dice(trial), graph.opset))[output]
        except Reject:
            continue
        if moved.shape == expected.shape:
            with np.errstate(all="ignore"):
                reach = np.fmax(reach, np.abs(moved.astype(np.float64) - wide))
        if (same | (away <= MARGIN * reach + slack)).all():
            return True
    return False
