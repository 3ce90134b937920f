"""Rule mm_c4 of docs/Semantics.md on arrays: everything exact but floats, whose relative L2 distance is bounded."""

from __future__ import annotations

from typing import Any

import numpy as np

from .data import BF16, F16, F32, F64, is_float
from .model import Array

# f64 has no rule of its own: it must not be computed in f32. One rounding to 16 bits is half an ulp.
TOLERANCE: dict[Any, float] = {F32: 5e-6, F64: 1e-9, F16: 1e-3, BF16: 8e-3}


def relative_l2(expected: Array, got: Array) -> float:
    """Over finite elements; equal infinities and NaN against NaN are no distance."""
    a, b = expected.astype(np.float64), got.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    distance = float(np.linalg.norm(a[finite] - b[finite]))
    norm = float(np.linalg.norm(a[finite]))
    return distance / norm if norm else distance


def _special_positions(expected: Array, got: Array) -> str:
    for name, mask in (("NaN", np.isnan), ("infinity", np.isposinf), ("-infinity", np.isneginf)):
        a, b = mask(expected.astype(np.float64)), mask(got.astype(np.float64))
        if (a != b).any():
            return f"{name} at {int(a.sum())} places, got it at {int(b.sum())}"
    return ""


def shape_of(array: Array) -> str:
    return f"{array.dtype}[{','.join(map(str, array.shape))}]"


def narrowed(expected: Array, got: Array) -> Array:
    """bitnet-run writes bf16 as f32, of the same value."""
    if expected.dtype == BF16 and got.dtype == F32:
        narrow = got.astype(BF16)
        return narrow if np.array_equal(narrow.astype(F32), got, equal_nan=True) else got
    return got


def difference(expected: Array, got: Array) -> str:
    """What is wrong with `got`; empty when it is right."""
    got = narrowed(expected, got)
    if expected.shape != got.shape or expected.dtype != got.dtype:
        return f"expected {shape_of(expected)}, got {shape_of(got)}"
    if not is_float(expected.dtype):
        wrong = int((expected != got).sum())
        return f"{wrong} of {expected.size} elements differ" if wrong else ""
    special = _special_positions(expected, got)
    if special:
        return special
    error = relative_l2(expected, got)
    return f"relative L2 of {error:.2e}" if error > TOLERANCE[expected.dtype] else ""


def is_shape_error(text: str) -> bool:
    return text.startswith("expected ")
