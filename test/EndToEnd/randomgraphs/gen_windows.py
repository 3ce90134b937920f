"""Windows over pictures: convolutions of floats and pools, also on pictures smaller than the window."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .builder import Builder, Extents
from .data import F16, F32
from .family import Row, require
from .model import RUNS, Value

CHANNELS = (1, 2, 3, 4, 6)


def picture_axis(b: Builder) -> Extents:
    """The size of a picture: around that of a window, with surprises at later runs."""
    if b.dice.chance(0.4):
        return (b.dice.pick([1, 2, 3, 4, 5, 7, 9]),) * RUNS
    if b.dice.chance(0.3):
        return b.dice.pick(list(b.symbols.values()))
    return tuple(b.dice.weighted({1: 2, 2: 2, 3: 2, 4: 1, 5: 1, 6: 1, 8: 1, 11: 0.5, 0: 0.4}) for _ in range(RUNS))


def picture(b: Builder, spatial: int, channels: int | None = None) -> Value:
    """[N, C, ...] with a known number of channels."""
    found = b.visible(
        lambda v: (
            v.dtype in (F32, F16) and v.rank == spatial + 2 and v.is_static(1) and channels in (None, v.at(0).shape[1])
        )
    )
    if found and b.dice.chance(0.75):
        return b.dice.recent(found)
    count = (channels or b.dice.pick(CHANNELS),) * RUNS
    dtype = b.profile.half if b.profile.half == F16 else F32
    return b.input(dtype, [b.extents(), count, *(picture_axis(b) for _ in range(spatial))])


def window_attributes(b: Builder, kernel: list[int], dilations: bool = True, pool: bool = False) -> dict[str, Any]:
    """strides, dilations, and one of pads, auto_pad, nothing."""
    spatial = len(kernel)
    attributes: dict[str, Any] = {}
    if b.dice.chance(0.55):
        attributes["strides"] = [b.dice.pick([1, 2, 2, 3]) for _ in range(spatial)]
    if dilations and b.dice.chance(0.3):
        attributes["dilations"] = [b.dice.pick([1, 2, 3]) for _ in range(spatial)]
    form = b.dice.weighted({"none": 3, "pads": 4, "auto": 1.5})
    if form == "pads":
        wide = kernel * 2
        attributes["pads"] = [b.dice.integer(0, max(0, k - 1 if pool else 2)) for k in wide]
    elif form == "auto":
        attributes["auto_pad"] = b.dice.pick(["SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"])
    return attributes


def kernel_shape(b: Builder, spatial: int) -> list[int]:
    return [b.dice.weighted({1: 2, 2: 2, 3: 3, 4: 0.5, 5: 0.4}) for _ in range(spatial)]


def vector(b: Builder, length: int, like: Value, make: Any = None) -> Value:
    """One number per channel: a constant, an input, or computed."""
    form = b.dice.weighted({"const": 4, "input": 2, "computed": 1})
    values = functools.partial(make or b.array, (length,), like.dtype)
    if form == "const":
        return b.const(values())
    whole = b.input(like.dtype, [(length,) * RUNS], lambda shape: values())
    return whole if form == "input" else b.one("Identity" if b.dice.chance(0.3) else "Abs", whole)


def groups_of(b: Builder, channels: int) -> int:
    require(channels > 0, "no channels")
    divisors = [d for d in range(1, channels + 1) if channels % d == 0]
    return 1 if b.dice.chance(0.6) else b.dice.pick(divisors)


def conv(b: Builder) -> None:
    spatial = b.dice.weighted({1: 2, 2: 5, 3: 0.7})
    x = picture(b, spatial)
    channels = x.at(0).shape[1]
    group = groups_of(b, channels)
    outputs = group * b.dice.integer(1, 4)
    kernel = kernel_shape(b, spatial)
    shape = (outputs, channels // group, *kernel)
    weights = b.const(b.array(shape, x.dtype)) if b.dice.chance(0.8) else b.input(x.dtype, [(s,) * RUNS for s in shape])
    bias = [vector(b, outputs, x)] if b.dice.chance(0.55) else []
    attributes = window_attributes(b, kernel)
    if b.dice.chance(0.5):
        attributes["kernel_shape"] = kernel
    if group > 1 or b.dice.chance(0.1):
        attributes["group"] = group
    b.one("Conv", x, weights, *bias, **attributes)


def pool(op: str, b: Builder) -> None:
    spatial = b.dice.weighted({1: 2, 2: 5, 3: 0.5})
    x = picture(b, spatial)
    kernel = kernel_shape(b, spatial)
    attributes = window_attributes(b, kernel, pool=True, dilations=b.opset >= (10 if op == "MaxPool" else 19))
    if b.opset >= 10 and b.dice.chance(0.3):
        attributes["ceil_mode"] = 1
    if op == "AveragePool" and b.dice.chance(0.4):
        attributes["count_include_pad"] = 1
    b.one(op, x, kernel_shape=kernel, nonfinite=x.at(1).size == 0, **attributes)


def global_pool(op: str, b: Builder) -> None:
    b.one(op, picture(b, b.dice.integer(1, 3)))


def batch_norm(b: Builder) -> None:
    x = picture(b, b.dice.integer(0, 2))
    channels = x.at(0).shape[1]
    variance = np.abs(b.array((channels,), x.dtype)) + x.dtype.type(0.25)
    parameters = [vector(b, channels, x), vector(b, channels, x), vector(b, channels, x), b.const(variance)]
    b.one("BatchNormalization", x, *parameters, **({"epsilon": 0.125} if b.dice.chance(0.4) else {}))


def instance_norm(b: Builder) -> None:
    x = picture(b, b.dice.integer(1, 2))
    channels = x.at(0).shape[1]
    require(all(np.prod(a.shape[2:]) > 0 for a in x.arrays), "no elements to normalize")
    b.one(
        "InstanceNormalization",
        x,
        vector(b, channels, x),
        vector(b, channels, x),
        **({"epsilon": 0.125} if b.dice.chance(0.6) else {}),
    )


def group_norm(b: Builder) -> None:
    x = picture(b, b.dice.integer(1, 2))
    channels = x.at(0).shape[1]
    require(all(np.prod(a.shape[2:]) > 0 for a in x.arrays), "no elements to normalize")
    groups = groups_of(b, channels)
    length = channels if b.opset >= 21 else groups
    b.one(
        "GroupNormalization",
        x,
        vector(b, length, x),
        vector(b, length, x),
        num_groups=groups,
        **({"epsilon": 0.125} if b.dice.chance(0.6) else {}),
    )


ROWS = [
    Row("Conv", conv, 6),
    Row("MaxPool", functools.partial(pool, "MaxPool"), 3, 8),
    Row("AveragePool", functools.partial(pool, "AveragePool"), 3),
    Row("GlobalAveragePool", functools.partial(global_pool, "GlobalAveragePool"), 0.7),
    Row("GlobalMaxPool", functools.partial(global_pool, "GlobalMaxPool"), 0.7),
    Row("BatchNormalization", batch_norm, 1.5),
    Row("InstanceNormalization", instance_norm, 0.8),
    Row("GroupNormalization", group_norm, 0.8, 18),
]
