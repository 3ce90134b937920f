"""Views: operators that give the same elements under another shape or in another order."""

from __future__ import annotations

from .builder import Builder
from .data import F32, I64
from .family import Row, anything, axes_of, require
from .model import RUNS, Kind, Value


def split_factor(b: Builder, size: int) -> list[int]:
    """`size` as a product of one to three factors."""
    factors: list[int] = []
    while size > 1 and len(factors) < 2 and b.dice.chance(0.5):
        divisor = b.dice.pick([d for d in range(1, size + 1) if size % d == 0])
        factors.append(divisor)
        size //= divisor
    return factors + [size]


def new_shape(b: Builder, x: Value) -> list[int]:
    """Static sizes regrouped; a dynamic axis stays (0) or is found (-1)."""
    shape: list[int] = []
    for axis in range(x.rank):
        size = x.at(0).shape[axis]
        if not x.is_static(axis):
            shape.append(0 if axis == len(shape) and -1 in shape or b.dice.chance(0.3) else -1)
        elif b.dice.chance(0.35) and shape and shape[-1] > 0 and size > 0:
            shape[-1] *= size
        else:
            shape += split_factor(b, size)
    if -1 not in shape and shape and b.dice.chance(0.4):
        shape[b.dice.integer(0, len(shape) - 1)] = -1
    if b.dice.chance(0.15):
        shape.insert(b.dice.integer(0, len(shape)), 1)
    return shape


def reshape(b: Builder) -> None:
    x = anything(b)
    form = b.dice.weighted({"groups": 5, "flat": 1, "ones": 0.7, "like": 1, "computed": 1})
    if form == "flat":
        b.one("Reshape", x, b.ints(-1))
    elif form == "ones":
        b.one("Reshape", x, b.ints(*([1] * b.dice.integer(0, 3)), -1, *([1] * b.dice.integer(0, 2))))
    elif form == "like":
        other = b.any(accept=lambda v: all(v.at(r).size == x.at(r).size for r in range(RUNS)))
        b.one("Reshape", x, b.one("Shape", other))
    elif form == "computed":
        computed_reshape(b, x)
    else:
        allow = {"allowzero": 1} if b.opset >= 14 and b.dice.chance(0.1) else {}
        b.one("Reshape", x, b.ints(*new_shape(b, x)), **allow)


def computed_reshape(b: Builder, x: Value) -> None:
    """As exporters do: single sizes from Shape, put together with Concat."""
    require(x.rank > 0, "no axis")
    axis = b.dice.integer(0, x.rank - 1)
    size = b.one("Gather", b.one("Shape", x), b.ints(axis) if b.dice.chance(0.6) else b.ints(axis - x.rank), axis=0)
    b.one(
        "Reshape",
        x,
        b.one("Concat", *b.dice.pick([(size, b.ints(-1)), (b.ints(-1), size), (b.ints(1), size, b.ints(-1))]), axis=0),
    )


def transpose(b: Builder) -> None:
    x = anything(b)
    attributes = {} if b.dice.chance(0.15) else {"perm": b.dice.shuffled(range(x.rank))}
    b.one("Transpose", x, **attributes if x.rank else {})


def depth_to_space(b: Builder) -> None:
    """The channels are a multiple of whole blocks at every size."""
    rows = b.dice.pick([1, 2, 2, 3])
    channels = b.dice.pick([1, 2, 3]) * rows * rows
    x = b.input(b.dice.pick([F32, I64]), [b.extents(), (channels,) * RUNS, b.extents(), b.extents()])
    mode = {"mode": b.dice.pick(["DCR", "CRD"])} if b.opset >= 11 and b.dice.chance(0.6) else {}
    b.one("DepthToSpace", x, blocksize=rows, **mode)


def space_to_depth(b: Builder) -> None:
    """Height and width are multiples of those of a block."""
    rows = b.dice.pick([1, 2, 2, 3])
    height, width = (tuple(rows * extent for extent in b.extents()) for _ in range(2))
    x = b.input(b.dice.pick([F32, I64]), [b.extents(), b.extents(), height, width])
    b.one("SpaceToDepth", x, blocksize=rows)


def axes_node(b: Builder, op: str, x: Value, axes: list[int]) -> Value:
    """Squeeze and Unsqueeze take axes as an attribute up to opset 12."""
    return (
        b.one(op, x, b.ints(*axes))
        if b.opset >= 13
        else b.one(op, x, axes=[a % 8 if a >= 0 or b.opset >= 11 else a for a in axes])
    )


def unsqueeze(b: Builder) -> None:
    x = anything(b)
    require(x.rank < 5, "rank")
    count = b.dice.integer(1, min(2, 5 - x.rank))
    rank = x.rank + count
    axes = b.dice.shuffled(range(rank))[:count]
    axes_node(b, "Unsqueeze", x, [a - rank if b.opset >= 11 and b.dice.chance(0.3) else a for a in axes])


def squeeze(b: Builder) -> None:
    x = b.any(ranks=range(1, 6), accept=lambda v: any(set(e) == {1} for e in axes_of(v)))
    ones = [axis for axis, extents in enumerate(axes_of(x)) if set(extents) == {1}]
    known = x.kind is Kind.INPUT and all(isinstance(d, int) for d in x.dims)  # else nobody knows the rank of the result
    if known and b.dice.chance(0.3):
        b.one("Squeeze", x)
        return
    axes = b.dice.subset(ones, 1)
    axes_node(b, "Squeeze", x, [a - x.rank if b.opset >= 11 and b.dice.chance(0.3) else a for a in axes])


def flatten(b: Builder) -> None:
    x = anything(b)
    axis = b.dice.integer(-x.rank if b.opset >= 11 else 0, x.rank)
    b.one("Flatten", x, **({} if x.rank and b.dice.chance(0.3) else {"axis": axis}))


def identity(b: Builder) -> None:
    b.one("Identity", anything(b))


def expand(b: Builder) -> None:
    x = anything(b)
    if b.dice.chance(0.4):
        other = b.any(accept=lambda v: v.rank <= 5)
        b.one("Expand", x, b.one("Shape", other))
        return
    shape = [1 if not x.is_static(a) or b.dice.chance(0.3) else x.at(0).shape[a] for a in range(x.rank)]
    shape = [b.dice.pick([1, 2, 3]) if s == 1 and b.dice.chance(0.5) else s for s in shape]
    shape = [b.dice.pick([1, 2]) for _ in range(b.dice.integer(0, 2))] + shape if b.dice.chance(0.4) else shape
    b.one("Expand", x, b.ints(*shape[-5:]))


ROWS = [
    Row("Reshape", reshape, 5),
    Row("Transpose", transpose, 5),
    Row("DepthToSpace", depth_to_space, 0.7),
    Row("SpaceToDepth", space_to_depth, 0.7),
    Row("Unsqueeze", unsqueeze, 2),
    Row("Squeeze", squeeze, 1.5),
    Row("Flatten", flatten, 1.5, 9),
    Row("Identity", identity, 1),
    Row("Expand", expand, 2.5, 8),
]
