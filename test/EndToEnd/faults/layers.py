# Equal layers become a loop: the results stay, and so do the names of layers.
#
# RUN: %python %s %t
"""Networks whose layers are alike, nearly alike, or only look alike, against onnxruntime."""

import json
import pathlib
import re
import sys
from typing import Any

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, FULL, ROWS, Model, Table, Wrong, call, f, quantize_rows, rand, ternary

table = Table()
WIDTH = 32
X = {"x": rand(3, WIDTH)}


def layer(i: int, x: str, y: str, end: str = "Relu (m{i})") -> str:
    """One layer from `x` to `y` with the weights and the norm of layer i."""
    return (
        f"n{i} = Mul (g{i}, {x}) {quantize_rows(f'n{i}', f'q{i}')} m{i} = MatMul (q{i}, W{i}) {y} = "
        + end.format(i=i, x=x)
        + " "
    )


def constants(count: int) -> dict[str, Any]:
    weights = {f"W{i}": ternary(WIDTH, WIDTH, seed=i) * F32(0.25 + i % 3) for i in range(count)}
    return {**weights, **{f"g{i}": rand(WIDTH, seed=100 + i) for i in range(count)}, **ROWS}


def chain(count: int, end: str = "Add (m{i}, {x})", **others: str) -> str:
    steps = "".join(layer(i, f"h{i}", f"h{i + 1}", others.get(f"end{i}", end)) for i in range(count))
    return f"(float[n,{WIDTH}] x) => (float[] y) {{ h0 = Identity (x) {steps} y = Neg (h{count}) }}"


def loops(name: str, work: pathlib.Path) -> int:
    """How many loops over layers stage 4a has."""
    file = work / f"{name}.mlir"
    done = call(["bitnet-compile", *FULL, work / f"{name}.onnx", "--emit=dispatches", "-o", file])
    if done.returncode:
        raise Wrong(done.stderr)
    return file.read_text().count("scf.for")


def network(name: str, text: str, count: int, wanted: int, **more: Any) -> None:
    """A model with `count` layers, `wanted` loops over layers and the results of onnxruntime."""

    def run(work: pathlib.Path) -> None:
        model = Model(name, text, {**constants(count), **more}, flags=FULL)
        for rows in (3, 1, 0):
            model.gives({"x": rand(rows, WIDTH)})
        model.check(work)
        if loops(name, work) != wanted:
            raise Wrong(f"{loops(name, work)} loops, not {wanted}")

    table.check(name, run)


network("residual", chain(5), 5, 1)
network("plain", chain(3, "Relu (m{i})"), 3, 1)
network("two", chain(2), 2, 1)
# What is shared by all layers, made in the first one.
network(
    "shared",
    chain(4, "Add (m{i}, {x})").replace("n1 =", "s = Sigmoid (bias) n1 =").replace("Add (m", "Sub (m"),
    4,
    1,
    bias=rand(WIDTH, seed=7),
)
MASKED = chain(4, "Add (m{i}, k{i})").replace("n0 =", "mask = Tanh (x) n0 =", 1)
for i in range(4):
    MASKED = MASKED.replace(f"h{i + 1} = Add", f"k{i} = Mul (mask, h{i}) h{i + 1} = Add")
network("mask", MASKED, 4, 1)
# The weights of two layers are the same: offsets from a list.
network("tied", chain(4).replace("W2)", "W0)").replace("g2,", "g0,"), 4, 1)
# An encoder and a decoder with another kind of layer.
CODER = chain(4).replace("y = Neg (h4)", "").rstrip(" }")
network(
    "coder",
    CODER + "".join(layer(i, f"h{i}", f"h{i + 1}", "Tanh (m{i})") for i in range(4, 8)) + " y = Neg (h8) }",
    8,
    2,
)
# One of four layers is another kind: three are alike.
network("odd_last", chain(4, end3="Relu (m{i})"), 4, 1)
network("odd_first", chain(4, end0="Relu (m{i})"), 4, 1)
# Every layer's result is read, or one layer reads what is two layers before it: no loop over these.
network("all_states", chain(3).replace("y = Neg (h3)", "y = Sum (h1, h2, h3)"), 3, 0)
network("two_before", chain(3).replace("Add (m2, h2)", "Add (m2, h1)"), 3, 0)
# The input and what the loop gives are read afterwards.
network("reread", chain(4).replace("y = Neg (h4)", "p = Sub (h4, x) y = Mul (p, h4)"), 4, 1)
# Two values are handed on, and change places.
SWAP = "".join(layer(i, f"a{i}", f"b{i + 1}", f"Add (m{i}, b{i})") + f"a{i + 1} = Tanh (b{i}) " for i in range(4))
network("swap", f"(float[n,{WIDTH}] x) => (float[] y) {{ a0 = Neg (x) b0 = Abs (x) {SWAP} y = Sub (a4, b4) }}", 4, 1)
# What is handed on grows: sizes differ from layer to layer.
GROW = "".join(
    layer(i, f"h{i}", f"r{i}", "Relu (m{i})") + f"h{i + 1} = Concat <axis = 0> (h{i}, r{i}) " for i in range(3)
)
network("grow", f"(float[n,{WIDTH}] x) => (float[] y) {{ h0 = Identity (x) {GROW} y = Neg (h3) }}", 3, 0)
# Float layers are layers, too.
FLOAT = "".join(
    f"m{i} = MatMul (h{i}, F{i}) t{i} = Tanh (m{i}) s{i} = Mul (t{i}, c{i}) h{i + 1} = Add (s{i}, h{i}) "
    for i in range(4)
)
network(
    "float",
    f"(float[n,{WIDTH}] x) => (float[] y) {{ h0 = Identity (x) {FLOAT} y = Neg (h4) }}",
    0,
    1,
    **{f"F{i}": rand(WIDTH, WIDTH, seed=i) * F32(0.1) for i in range(4)},
    **{f"c{i}": f(0.5 + i) for i in range(4)},
)
# A branch within each layer.
IF = "".join(
    layer(i, f"h{i}", f"r{i}", "Relu (m{i})")
    + f"h{i + 1} = If (c) <then_branch = t{i} () => (float[] u{i}) {{ u{i} = Add (r{i}, h{i}) }}, "
    f"else_branch = e{i} () => (float[] v{i}) {{ v{i} = Mul (r{i}, two) }}> "
    for i in range(3)
)
network(
    "branch",
    f"(float[n,{WIDTH}] x) => (float[] y) {{ h0 = Identity (x) z = ReduceMax <keepdims = 0> (t) "
    f"c = Greater (z, two) {IF} y = Neg (h3) }}",
    3,
    1,
    two=f(2.0),
    t=f(1.0, 3.0),
)


def text_size(library: pathlib.Path) -> int:
    done = call(["size", "-A", library])
    found = re.search(r"^\.text\s+(\d+)", done.stdout, re.MULTILINE)
    if not found:
        raise Wrong(done.stdout + done.stderr)
    return int(found[1])


def depth(work: pathlib.Path) -> None:
    """Code does not grow with the number of layers."""
    sizes = []
    for count in (2, 8, 30):
        model = Model(f"depth_{count}", chain(count), constants(count), flags=FULL)
        model.gives(X).check(work)
        sizes.append(text_size(work / f"{model.name}.so"))
    if max(sizes) > 1.05 * min(sizes):
        raise Wrong(f"code of {sizes} bytes for 2, 8 and 30 layers")


def names(work: pathlib.Path) -> None:
    """A layer keeps its name where the user sees it: in codes that are dumped, and in the profile."""
    model = Model("names", chain(4), constants(4), flags=FULL)
    model.gives(X).check(work)
    library, codes, profile = (work / f"names.{suffix}" for suffix in ("so", "codes.npz", "json"))
    np.savez(work / "names.npz", in_x=X["x"])
    done = call(
        ["bitnet-run", library, f"--data={work / 'names.npz'}", f"--dump-codes={codes}", f"--profile={profile}"]
    )
    if done.returncode:
        raise Wrong(done.stderr)
    archive = np.load(codes)
    dumped = sorted(name for name in archive.files if name.startswith("codes_"))
    if len(dumped) != 4 or any(archive[name].shape != (3, WIDTH) for name in dumped):
        raise Wrong(f"codes of {archive.files}")
    if len({archive[name].tobytes() for name in dumped}) != 4:
        raise Wrong("two layers have the same codes")
    rows = json.dumps(json.loads(profile.read_text()))
    missing = [name for name in dumped if name.removeprefix("codes_") not in rows]
    if missing:
        raise Wrong(f"{missing} are not in the profile")


table.check("depth", depth)
table.check("names", names)
table.main()
