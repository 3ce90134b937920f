"""Random arrays.

Most floats are small multiples of 1/8: sums and products of a few of them are exact, so that the
order in which a compiler adds cannot show, and results can be compared to the last bit of what rounding leaves.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import numpy.typing as npt

from .dice import Dice
from .model import Array

DType = np.dtype[Any]

F32, F16, F64 = np.dtype(np.float32), np.dtype(np.float16), np.dtype(np.float64)
BF16 = np.dtype(ml_dtypes.bfloat16)
I8, I16, I32, I64 = (np.dtype(t) for t in (np.int8, np.int16, np.int32, np.int64))
U8, U16, U32, U64 = (np.dtype(t) for t in (np.uint8, np.uint16, np.uint32, np.uint64))
BOOL = np.dtype(np.bool_)
I4, U4, I2, U2 = (np.dtype(t) for t in (ml_dtypes.int4, ml_dtypes.uint4, ml_dtypes.int2, ml_dtypes.uint2))

FLOATS = (F32, F16, BF16, F64)
INTEGERS = (I8, I16, I32, I64, U8, U16, U32, U64)
UNSIGNED = (U8, U16, U32, U64, U4, U2)
SPECIALS = (np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-40, 1e18)


class Range(NamedTuple):
    """Normal numbers of a float type are from 2^lowest to below 2^highest, with so many binary digits after the first."""

    lowest: int
    highest: int
    digits: int


RANGES: dict[Any, Range] = {
    F64: Range(-1022, 1024, 52),
    F32: Range(-126, 128, 23),
    F16: Range(-14, 16, 10),
    BF16: Range(-126, 128, 7),
}


def is_float(dtype: DType) -> bool:
    return dtype in FLOATS


def is_integer(dtype: DType) -> bool:
    return dtype in INTEGERS


def grid(dice: Dice, shape: tuple[int, ...], reach: int = 24, step: float = 1 / 8) -> Array:
    """Multiples of `step`, at most `reach` of them; small ones and zeros are common."""
    size = dice.pick([1, 4, reach])
    return dice.rng.integers(-size, size + 1, shape).astype(np.float64) * step


def random_float(dice: Dice, shape: tuple[int, ...], dtype: DType, rough: bool = False, special: bool = False) -> Array:
    values: npt.NDArray[Any] = dice.rng.standard_normal(shape) if rough else grid(dice, shape)
    if special:
        mask = dice.rng.random(shape) < 0.15
        values = np.where(mask, dice.rng.choice(SPECIALS, shape), values)
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(dtype)


def random_integer(dice: Dice, shape: tuple[int, ...], dtype: DType) -> Array:
    info = np.iinfo(dtype)
    reach = dice.pick([2, 5, 100])
    low, high = max(int(info.min), -reach), min(int(info.max), reach)
    values = np.asarray(dice.rng.integers(low, high + 1, shape), dtype)
    if dice.chance(0.1) and dtype.itemsize == 1:
        values = np.asarray(dice.rng.integers(int(info.min), int(info.max) + 1, shape), dtype)
    return values


def random_array(dice: Dice, shape: tuple[int, ...], dtype: DType, rough: bool = False, special: bool = False) -> Array:
    if dtype == BOOL:
        return np.asarray(dice.rng.random(shape) < 0.5)
    if is_float(dtype):
        return random_float(dice, shape, dtype, rough, special)
    return random_integer(dice, shape, dtype)


def is_finite(array: Array) -> bool:
    return not is_float(array.dtype) or bool(np.isfinite(array.astype(np.float64)).all())
