"""Products of floats and integers, and rotary embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np

from .builder import Builder, Extents
from .data import F16, F32, F64, I8, I32, I64, U8, DType
from .family import Row, axes_of, require
from .model import MICROSOFT, RUNS, Value

WIDTHS = (1, 2, 3, 4, 5, 8, 16, 17)


def batch_axes(b: Builder, x: Value) -> list[Extents]:
    """Batch axes that broadcast with those of x."""
    axes: list[Extents] = []
    for extents in axes_of(x)[:-2][b.dice.integer(0, max(0, x.rank - 2)) if b.dice.chance(0.5) else 0 :]:
        form = b.dice.weighted({"same": 5, "one": 1, "some": 2})
        axes.append(
            extents if form == "same" else (1,) * RUNS if form == "one" else tuple(b.dice.pick([1, e]) for e in extents)
        )
    return axes


def right_operand(b: Builder, x: Value, dtype: DType) -> Value:
    inner = x.extents(x.rank - 1)
    outer = (b.dice.pick(WIDTHS),) * RUNS if b.dice.chance(0.7) else b.extents()
    fits = b.visible(lambda v: v.dtype == dtype and v.rank >= 2 and v.extents(v.rank - 2) == inner and v.rank <= x.rank)
    form = b.dice.weighted(
        {"const": 4 if x.is_static(x.rank - 1) else 0, "value": 2 if fits else 0, "batch": 2, "vector": 0.7}
    )
    if form == "value":
        return b.dice.recent(fits)
    if form == "vector":
        return b.const(b.array((inner[0],), dtype)) if x.is_static(x.rank - 1) else b.input(dtype, [inner])
    if form == "const":
        return b.const(b.array((inner[0], b.dice.pick(WIDTHS)), dtype))
    return b.input(dtype, [*batch_axes(b, x), inner, outer])


def matmul(b: Builder) -> None:
    x = b.any(
        F32,
        F32,
        *((F16,) if b.profile.half else ()),
        *((F64, I32, I64) if b.dice.chance(0.1) else ()),
        ranks=range(1, 5),
    )
    b.one("MatMul", x, right_operand(b, x, x.dtype))


def matmul_left(b: Builder) -> None:
    """The constant is on the left."""
    x = b.any(F32, ranks=range(2, 5), accept=lambda v: v.is_static(v.rank - 2))
    b.one("MatMul", b.const(b.array((b.dice.pick(WIDTHS), x.at(0).shape[-2]), x.dtype)), x)


def fused_matmul(b: Builder) -> None:
    x = b.any(F32, ranks=range(2, 5))
    flags = {key: 1 for key in ("transA", "transB") if b.dice.chance(0.4)}
    inner = x.extents(x.rank - (2 if "transA" in flags else 1))
    outer = (b.dice.pick(WIDTHS),) * RUNS
    pair = [outer, inner] if "transB" in flags else [inner, outer]
    if len(set(inner)) == 1 and b.dice.chance(0.5):
        y = b.const(b.array([e[0] for e in pair], x.dtype))
    else:
        y = b.input(x.dtype, [*axes_of(x)[:-2], *pair])
    b.one("FusedMatMul", x, y, domain=MICROSOFT, **flags, **({"alpha": 0.5} if b.dice.chance(0.4) else {}))


def addend(b: Builder, rows: Extents, columns: Extents, like: Value) -> Value:
    """C of Gemm: anything that broadcasts to [M, N] without growing it."""
    one = (1,) * RUNS
    axes = b.dice.pick([[columns], [one, columns], [rows, one], [rows, columns], [one], [], [one, one]])
    if all(len(set(e)) == 1 for e in axes) and b.dice.chance(0.7):
        return b.const(b.array([e[0] for e in axes], like.dtype))
    return b.input(like.dtype, axes)


def gemm(b: Builder) -> None:
    x = b.any(F32, F32, *((F16,) if b.profile.half else ()), ranks=(2,))
    flags = {key: b.dice.integer(0, 1) for key in ("transA", "transB") if b.dice.chance(0.6)}
    rows, inner = x.extents(0), x.extents(1)
    if flags.get("transA"):
        rows, inner = inner, rows
    columns = (b.dice.pick(WIDTHS),) * RUNS
    pair = [columns, inner] if flags.get("transB") else [inner, columns]
    if len(set(inner)) == 1 and b.dice.chance(0.7):
        y = b.const(b.array([e[0] for e in pair], x.dtype))
    else:
        y = b.input(x.dtype, pair)
    factors = {key: b.dice.pick([0.5, 2.0, 0.0]) for key in ("alpha", "beta") if b.dice.chance(0.25)}
    c = [addend(b, rows, columns, x)] if b.dice.chance(0.65) or b.opset < 11 else []
    b.one("Gemm", x, y, *c, **flags, **factors)


# Integers ------------------------------------------------------------------------------------------------------------


def zero(b: Builder, dtype: DType, length: int | None, column: bool) -> Value:
    """A zero point: one number, as a scalar or not, or one per column of the weights."""
    shape = (length,) if column and length and b.dice.chance(0.4) else b.dice.pick([(), (1,)])
    values = b.dice.rng.choice([0, 1, 2, 3, 128 if dtype == U8 else -1], shape).astype(dtype)
    return b.const(values)


def integer_matmul(b: Builder) -> None:
    x = b.any(U8, I8, ranks=range(2, 4), fresh=0.3)
    inner = x.extents(x.rank - 1)
    dtype = b.dice.pick([I8, U8])
    columns = b.dice.pick(WIDTHS)
    if len(set(inner)) == 1 and b.dice.chance(0.8):
        w = b.const(b.array((inner[0], columns), dtype))
    else:
        w = b.input(dtype, [inner, (columns,) * RUNS])
    operands: list[Value | None] = [zero(b, x.dtype, None, False) if b.dice.chance(0.5) else None]
    operands.append(zero(b, dtype, columns, True) if b.dice.chance(0.5) else None)
    while operands and operands[-1] is None:
        operands.pop()
    b.one("MatMulInteger", x, w, *operands)


def nbits_matmul(b: Builder) -> None:
    """MatMulNBits whose weights may be anything."""
    x = b.any(F32, ranks=range(1, 4), accept=lambda v: v.is_static(v.rank - 1) and v.at(0).shape[-1] > 0, fresh=0.3)
    k, n = x.at(0).shape[-1], b.dice.pick([1, 2, 3, 8, 17])
    bits, block = b.dice.pick([2, 4, 8]), b.dice.pick([16, 32])
    blocks = -(-k // block)
    packed = b.const(b.dice.rng.integers(0, 256, (n, blocks, block * bits // 8)).astype(np.uint8))
    scales = b.const(b.dice.rng.choice([0.25, 0.5, 1, 2], (n * blocks,)).astype(np.float32))
    operands: list[Value | None] = [packed, scales]
    if b.dice.chance(0.4):
        operands.append(b.const(b.dice.rng.integers(0, 256, (n * -(-blocks * bits // 8),)).astype(np.uint8)))
    if b.dice.chance(0.2):
        operands += [None] * (5 - 1 - len(operands)) + [b.const(b.array((n,), x.dtype))]
    b.one("MatMulNBits", x, *operands, domain=MICROSOFT, K=k, N=n, bits=bits, block_size=block)


# Rotary embeddings ---------------------------------------------------------------------------------------------------


def rotary(b: Builder) -> None:
    heads, width = b.dice.integer(1, 3), b.dice.pick([2, 4, 8])
    batch, length = b.extents(), b.extents()
    x = b.input(F32, [batch, (heads,) * RUNS, length, (width,) * RUNS])
    most = max(length)
    cos, sin = (b.const(b.array((most + 1, width // 2), F32)) for _ in range(2))
    positions = b.input(
        I64, [batch, length], lambda shape: np.broadcast_to(np.arange(shape[1]), shape).astype(np.int64)
    )
    attributes: dict[str, Any] = {"interleaved": b.dice.integer(0, 1)} if b.dice.chance(0.6) else {}
    if b.opset >= 23 and b.dice.chance(0.5):
        b.one("RotaryEmbedding", x, cos, sin, positions, **attributes)
    else:
        b.one("RotaryEmbedding", x, positions, cos, sin, domain=MICROSOFT, **attributes)


def rotary_by_hand(b: Builder) -> None:
    """rotate_half: slices, negation, concatenation."""
    x = b.any(
        F32,
        ranks=(3, 4),
        accept=lambda v: v.is_static(v.rank - 1) and v.at(0).shape[-1] % 2 == 0 and v.at(0).shape[-1] > 0,
    )
    half = x.at(0).shape[-1] // 2
    require(b.opset >= 10, "Slice with operands")
    last = b.ints(x.rank - 1)
    low = b.one("Slice", x, b.ints(0), b.ints(half), last)
    high = b.one("Slice", x, b.ints(half), b.ints(2**63 - 1), last)
    turned = b.one("Concat", b.one("Neg", high), low, axis=x.rank - 1)
    table = b.const(b.array((2 * half,), F32))
    b.one("Add", b.one("Mul", x, table), b.one("Mul", turned, b.const(b.array((2 * half,), F32))))


ROWS = [
    Row("MatMul", matmul, 6),
    Row("MatMul, constant left", matmul_left, 1),
    Row("FusedMatMul", fused_matmul, 1),
    Row("Gemm", gemm, 4),
    Row("MatMulInteger", integer_matmul, 2, 10),
    Row("MatMulNBits", nbits_matmul, 1.5),
    Row("RotaryEmbedding", rotary, 0.7),
    Row("rotate half", rotary_by_hand, 0.7),
]
