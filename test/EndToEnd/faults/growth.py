# What is made of a graph grows as the graph does: twice the pieces of a Concat, Sum or Split are twice the code.
#
# RUN: %python %s %t
"""Counts operations of the stages and bytes of the library for many and for twice as many pieces."""

import pathlib
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, QUICK, ROWS, Model, Table, Wrong, call, i64, quantize_rows, rand, ternary

table = Table()
MANY, LIMIT = 32, 2.6  # twice, and something for what is there once
Maker = Callable[[int], tuple[str, int]]  # text of a model of so many pieces, and its number of weights


def concat(k: int) -> tuple[str, int]:
    products = " ".join(f"h{i} = MatMul (x, W{i})" for i in range(k))
    return (
        (
            f"(float[n,16] x) => (float[] y) {{ {products} y = Concat <axis = 1> "
            f"({', '.join(f'h{i}' for i in range(k))}) }}"
        ),
        k,
    )


def concat_dynamic(k: int) -> tuple[str, int]:
    pieces = " ".join(f"h{i} = {('Neg', 'Abs', 'Relu')[i % 3]} (x)" for i in range(k))
    return (
        f"(float[n,m] x) => (float[] y) {{ {pieces} y = Concat <axis = 0> ({', '.join(f'h{i}' for i in range(k))}) }}",
        0,
    )


def total(k: int) -> tuple[str, int]:
    products = " ".join(f"h{i} = MatMul (x, W{i})" for i in range(k))
    return f"(float[n,16] x) => (float[] y) {{ {products} y = Sum ({', '.join(f'h{i}' for i in range(k))}) }}", k


def split(k: int) -> tuple[str, int]:
    pieces = ", ".join(f"p{i}" for i in range(k))
    results = " ".join(f"h{i} = {('Neg', 'Abs', 'Relu')[i % 3]} (p{i})" for i in range(k))
    return (
        (
            f"(float[n,{2 * k}] x) => (float[] y) {{ {pieces} = Split <axis = 1> (x) {results} "
            f"y = Sum ({', '.join(f'h{i}' for i in range(k))}) }}"
        ),
        0,
    )


def split_and_join(k: int) -> tuple[str, int]:
    text, _ = split(k)
    return text.replace("y = Sum", "y = Concat <axis = 1>"), 0


def shapes(k: int) -> tuple[str, int]:
    steps = " ".join(
        f"g{i} = Gather (s{i}, zero) u{i} = Unsqueeze (g{i}, axis) s{i + 1} = Concat <axis = 0> (u{i}, sixteen)"
        for i in range(k)
    )
    return f"(float[n,16] x) => (float[] y) {{ s0 = Shape (x) {steps} y = Reshape (x, s{k}) }}", 0


def layers(k: int) -> tuple[str, int]:
    """A chain, one layer after the other; its weights are square."""
    steps = " ".join(
        f"{quantize_rows(f'h{i}', f'q{i}')} m{i} = MatMul (q{i}, W{i}) h{i + 1} = Relu (m{i})" for i in range(k)
    )
    return f"(float[n,16] x) => (float[] y) {{ h0 = Identity (x) {steps} y = Identity (h{k}) }}", k


def weight(make: Maker, i: int) -> np.ndarray[Any, Any]:
    """Of a chain, permutations: products of many random weights are too large for codes that agree."""
    return np.roll(np.eye(16, dtype=F32), i, axis=1) if make is layers else ternary(16, 4, seed=i)


def count(make: Maker, k: int, work: pathlib.Path) -> dict[str, int]:
    text, weights = make(k)
    constants: dict[str, Any] = {f"W{i}": weight(make, i) for i in range(weights)}
    constants |= {"zero": np.int64(0), "axis": i64(0), "sixteen": i64(16)}
    model = Model(f"{make.__name__}_{k}", text, constants | (ROWS if make is layers else {}))
    model.gives({"x": rand(3, 2 * k if make in (split, split_and_join) else 16)}).check(work)
    file = work / f"{model.name}.mlir"
    done = call(["bitnet-compile", *QUICK, work / f"{model.name}.onnx", "--emit=loops", "-o", file])
    if done.returncode:
        raise Wrong(done.stderr)
    operations = sum(" = " in line or "memref.store" in line for line in file.read_text().splitlines())
    return {"operations of loops": operations, "bytes of the library": (work / f"{model.name}.so").stat().st_size}


def check(make: Maker) -> Callable[[pathlib.Path], None]:
    def run(work: pathlib.Path) -> None:
        once, twice = count(make, MANY, work), count(make, 2 * MANY, work)
        for what, number in once.items():
            if twice[what] > LIMIT * number:
                raise Wrong(f"{number} {what} for {MANY} pieces, {twice[what]} for {2 * MANY}")

    return run


def arena(model: pathlib.Path) -> int:
    """Bytes for the activations of 512 rows."""
    done = call(["bitnet-run", "-v", model, "--dim", "n=512"])
    found = re.search(r"^arena (\d+) bytes", done.stdout + done.stderr, re.MULTILINE)
    if done.returncode or not found:
        raise Wrong(done.stdout + done.stderr)
    return int(found[1])


def depth(work: pathlib.Path) -> None:
    """Activations that are read no more give their memory to the next ones: it does not grow with the depth."""
    check(layers)(work)
    once, twice = (arena(work / f"layers_{k}.so") for k in (MANY, 2 * MANY))
    if twice > 1.05 * once:
        raise Wrong(f"an arena of {once} bytes for {MANY} layers, of {twice} for {2 * MANY}")


def end(work: pathlib.Path) -> None:
    """Two hundred products took five minutes and take seconds: what is caught is a hang, by the limit of `call`."""
    count(concat, 200, work)


def long_chain(work: pathlib.Path) -> None:
    """Elementwise nodes in one body took quadratic time, 20,000 of them did not end in five minutes."""
    ops = ("Neg", "Abs", "Relu", "Sqrt")
    steps = " ".join(f"h{i + 1} = {ops[i % 4]} (h{i})" for i in range(5000))
    text = f"(float[n,16] x) => (float[] y) {{ h0 = Identity (x) {steps} y = Identity (h5000) }}"
    Model("long_chain", text, {}).gives({"x": rand(3, 16)}).check(work)


for make in (concat, concat_dynamic, total, split, split_and_join, shapes):
    table.check(make.__name__, check(make))
table.check("depth", depth)
table.check("two_hundred", end)
table.check("long_chain", long_chain)
table.main()
