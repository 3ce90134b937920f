# Every row of the registry with constants as inputs: nothing of the node is left in the module, and its results have
# the bits of the same node that gets its inputs in a call (streams add floats in f64: there the last bit may differ).
#
# RUN: %python %s %t
"""One model per opset with all cases as inputs of the model, and one with all of them as initializers."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

Array = NDArray[Any]
F32, F16 = np.float32, np.float16
MS = "com.microsoft"
NEWEST = 24
# A later opset for a row that ends before the newest.
LAST = {("Clip", 6): 10, ("LogSoftmax", 1): 12, ("Softmax", 1): 12, ("Slice", 1): 9, ("Squeeze", 1): 12,
        ("Unsqueeze", 1): 12, ("ReduceSum", 1): 12, ("Scatter", 9): 10}  # fmt: skip
# What computes is no constant, cast or return.
COMPUTES = re.compile(r"onnx\.node|linalg\.|scf\.|math\.|tensor\.(?!cast)|arith\.(?!constant)")


@dataclasses.dataclass
class Case:
    """A node; inputs that are `Fixed` are initializers always."""

    op: str
    inputs: tuple[Any, ...]
    attributes: dict[str, Any]
    outputs: int = 1
    domain: str = ""
    # Sums of floats in f64 by a stream.
    loose: bool = False


class Fixed:
    """An input that the lowering needs as a constant."""

    def __init__(self, *values: int, array: Array | None = None) -> None:
        self.array = np.array(values, np.int64) if array is None else array


def rand(*shape: int, seed: int = 0, dtype: type = F32) -> Array:
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def ints(*shape: int, low: int = -9, high: int = 10, dtype: type = np.int32) -> Array:
    return np.random.default_rng(shape).integers(low, high, shape).astype(dtype)


def i64(*values: int) -> Array:
    return np.array(values, np.int64)


SPECIAL = np.array([0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, np.inf, -np.inf, np.nan, 1e-40, 3e38, 88.5, -104], F32)
WIDE = np.concatenate([SPECIAL, rand(50) * 6, rand(50) * 0.01])
OTHER = np.concatenate([np.roll(SPECIAL, 1), rand(50, seed=1) * 6, rand(50, seed=1)])
UNIT = np.clip(rand(64), -1, 1)
BOOLS, MORE = rand(40) > 0, rand(40, seed=1) > 0
X, IMAGE = rand(2, 3, 4), rand(1, 4, 6, 5)
CHANNEL = tuple(np.abs(rand(4, seed=i)) + F32(0.5) for i in range(4))


def unary() -> Iterator[Case]:
    names = (
        "Abs Asinh Atan Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu "
        "Log Mish Neg Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh "
        "ThresholdedRelu"
    )
    for name in names.split():
        yield Case(name, (WIDE,), {})
        if name not in ("IsInf", "Round"):
            yield Case(name, (np.clip(WIDE, -6e4, 6e4).astype(F16),), {})
    for name in ("Acos", "Asin", "Atanh"):
        yield Case(name, (UNIT,), {})
    yield Case("Acosh", (1 + np.abs(WIDE),), {})
    for name in ("Not",):
        yield Case(name, (BOOLS,), {})
    yield Case("BitwiseNot", (ints(40),), {})
    for name in ("Abs", "Neg", "Sign"):
        yield Case(name, (ints(5000),), {})


def binary() -> Iterator[Case]:
    for name in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean"):
        yield Case(name, (WIDE, OTHER), {})
        yield Case(name, (OTHER, WIDE), {})
        yield Case(name, (rand(3, 1), rand(4)), {})
    for name in ("Add", "Sub", "Mul", "Max", "Min"):
        yield Case(name, (ints(3, 5, dtype=np.int64), ints(5, dtype=np.int64)), {})
    yield Case("Div", (ints(40, low=-90, high=90), ints(40, low=1, high=9)), {})
    for name in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"):
        yield Case(name, (WIDE, OTHER), {})
        yield Case(name, (ints(40, dtype=np.int64), ints(40, low=-8, dtype=np.int64)), {})
    for name in ("And", "Or", "Xor"):
        yield Case(name, (BOOLS, MORE), {})
    for name in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
        yield Case(name, (ints(40), ints(1, 40, low=-99)), {})
    for direction in ("LEFT", "RIGHT"):
        shift = ints(40, low=0, high=8, dtype=np.uint8)
        yield Case("BitShift", (ints(40, low=0, high=256, dtype=np.uint8), shift), {"direction": direction})
    yield Case("Mod", (ints(40, low=-99), ints(40, low=1)), {})
    yield Case("Mod", (ints(40, low=-99), ints(40, low=-9, high=0)), {})
    yield Case("Mod", (WIDE, OTHER), {"fmod": 1})
    yield Case("Pow", (np.abs(WIDE), OTHER), {})
    yield Case("Pow", (ints(40), ints(40, low=0, high=4)), {})
    yield Case("PRelu", (WIDE, OTHER), {})
    yield Case("Where", (rand(115) > 0, WIDE, OTHER), {})
    yield Case("Clip", (WIDE, np.array(-0.5, F32), np.array(0.75, F32)), {})
    yield Case("Clip", (WIDE, np.array(0.0, F32)), {})


def reductions() -> Iterator[Case]:
    for name in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"):
        loose = name in ("Mean", "Sum")
        yield Case(f"Reduce{name}", (np.abs(rand(3, 70, 5)), Fixed(1)), {"keepdims": 0}, loose=loose)
        yield Case(f"Reduce{name}", (np.abs(rand(7, 300)),), {}, loose=loose)
    for name in ("Max", "Min", "Sum", "Prod", "L1"):
        yield Case(f"Reduce{name}", (ints(6, 9), Fixed(-1)), {})
    for name in ("ArgMax", "ArgMin"):
        yield Case(name, (ints(4, 9).astype(F32),), {"axis": 1})
    yield Case("CumSum", (rand(3, 9), Fixed(1)), {"exclusive": 1, "reverse": 1})
    for name in ("Softmax", "LogSoftmax"):
        yield Case(name, (rand(3, 40) * 5,), {"axis": -1})


def casts() -> Iterator[Case]:
    for to in (1, 2, 3, 6, 7, 9, 10, 11, 16):
        yield Case("Cast", (WIDE,), {"to": to})
        yield Case("Cast", (ints(40, low=-900, high=900),), {"to": to})
    yield Case("CastLike", (WIDE, ints(1)), {})
    scale, zero = np.array(0.3, F32), np.array(5, np.uint8)
    yield Case("QuantizeLinear", (WIDE, scale, zero), {})
    yield Case("QuantizeLinear", (rand(3, 8), np.abs(rand(3)) + F32(0.01), ints(3, dtype=np.int8)), {"axis": 0})
    yield Case("DequantizeLinear", (ints(40, low=0, high=256, dtype=np.uint8), scale, zero), {})
    yield Case("DequantizeLinear", (ints(3, 8, dtype=np.int8), np.abs(rand(3)), ints(3, dtype=np.int8)), {"axis": 0})
    yield Case("DynamicQuantizeLinear", (rand(30),), {}, outputs=3)


def movement() -> Iterator[Case]:
    yield Case("Concat", (X, X * 2), {"axis": 1})
    yield Case("ConstantOfShape", (i64(3, 4),), {"value": numpy_helper.from_array(np.array([2.5], F32))})
    yield Case("Expand", (rand(3, 1), i64(2, 3, 4)), {})
    yield Case("Flatten", (X,), {"axis": 2})
    yield Case("Gather", (X, i64(2, -1, 0)), {"axis": 1})
    yield Case("Gather", (X, np.array(1, np.int64)), {"axis": 0})
    yield Case("GatherElements", (X, ints(2, 3, 4, low=-3, high=3, dtype=np.int64)), {"axis": 1})
    yield Case("GatherND", (X, np.array([[0, 1], [1, 2]], np.int64)), {})
    yield Case("OneHot", (i64(1, 0, -1), np.array(4, np.int64), np.array([0.5, 2], F32)), {})
    yield Case("Pad", (X, Fixed(0, 0, 1, 0, 1, 0), Fixed(array=np.array(2, F32))), {})
    yield Case("Range", (np.array(-1, F32), np.array(4, F32), np.array(0.75, F32)), {})
    yield Case("Range", (np.array(3, np.int64), np.array(-9, np.int64), np.array(-2, np.int64)), {})
    yield Case("Reshape", (X, i64(0, -1)), {})
    yield Case("Scatter", (rand(3, 3), np.array([[0, 2, 1]], np.int64), rand(1, 3)), {})
    index = np.array([[0, 2, 1], [0, 1, 1]], np.int64)
    yield Case("ScatterElements", (rand(3, 3), index, rand(2, 3)), {"reduction": "add"})
    yield Case("ScatterND", (rand(4, 3), np.array([[2], [0]], np.int64), rand(2, 3)), {})
    yield Case("ScatterND", (rand(4, 3), np.array([[2], [2]], np.int64), rand(2, 3)), {"reduction": "mul"})
    for name in ("Shape", "Size"):
        yield Case(name, (X,), {})
    yield Case("Slice", (X, i64(-1), i64(-9), Fixed(2), Fixed(-2)), {})
    yield Case("Split", (X, Fixed(1, 3)), {"axis": 2}, outputs=2)
    yield Case("Squeeze", (rand(1, 3, 1), Fixed(0, 2)), {})
    yield Case("Unsqueeze", (X, Fixed(1, -1)), {})
    yield Case("Tile", (X, i64(1, 2, 3)), {})
    yield Case("Transpose", (X,), {"perm": [2, 0, 1]})
    yield Case("Trilu", (rand(5, 5),), {"upper": 0})
    yield Case("DepthToSpace", (rand(2, 8, 3, 2),), {"blocksize": 2, "mode": "CRD"})
    yield Case("SpaceToDepth", (ints(1, 2, 4, 6, dtype=np.int64),), {"blocksize": 2})
    yield Case("Dropout", (X,), {})
    yield Case("Identity", (ints(40, dtype=np.int64) * 2**40 + 1,), {})
    yield Case("Reshape", (ints(40, dtype=np.int64) * 2**55 + 1, i64(8, 5)), {})


def layers() -> Iterator[Case]:
    window = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}
    yield Case("AveragePool", (IMAGE,), window)
    yield Case("MaxPool", (IMAGE,), window)
    yield Case("Conv", (IMAGE, rand(6, 4, 3, 3), rand(6)), {"pads": [1, 1, 1, 1]})
    for name in ("GlobalAveragePool", "GlobalMaxPool"):
        yield Case(name, (IMAGE,), {})
    yield Case("BatchNormalization", (IMAGE, *CHANNEL), {})
    yield Case("GroupNormalization", (IMAGE, *CHANNEL[:2]), {"num_groups": 2})
    yield Case("InstanceNormalization", (IMAGE, *CHANNEL[:2]), {})
    yield Case("LayerNormalization", (rand(3, 70), rand(70), rand(70, seed=1)), {})
    yield Case("RMSNormalization", (rand(3, 70), rand(70)), {})
    yield Case("SimplifiedLayerNormalization", (rand(3, 70), rand(70)), {})
    yield Case("MatMul", (rand(9, 70), rand(70, 33)), {})
    yield Case("MatMul", (rand(2, 5, 16), rand(16)), {})
    yield Case("MatMul", (ints(3, 8), ints(8, 4)), {})
    yield Case("Gemm", (rand(5, 40), rand(17, 40), rand(17)), {"transB": 1, "alpha": 0.5})
    bytes_ = (ints(3, 8, low=0, high=256, dtype=np.uint8), ints(8, 4, dtype=np.int8))
    yield Case("MatMulInteger", (*bytes_, np.array(7, np.uint8)), {})
    angles = (rand(1, 7, 4), rand(1, 7, 4, seed=1))
    yield Case("RotaryEmbedding", (rand(1, 2, 7, 8), *angles), {})


def contributed() -> Iterator[Case]:
    yield Case("BiasGelu", (rand(3, 40), rand(40)), {}, domain=MS)
    yield Case("FastGelu", (rand(3, 40),), {}, domain=MS)
    yield Case("FusedMatMul", (rand(9, 70), rand(33, 70)), {"transB": 1, "alpha": 0.5}, domain=MS)
    yield Case("Gelu", (rand(40),), {}, domain=MS)
    yield Case("QuickGelu", (rand(40),), {}, domain=MS)
    packed = ints(5, 1, 8, low=0, high=256, dtype=np.uint8)
    bits = {"K": 16, "N": 5, "bits": 4, "block_size": 16}
    yield Case("MatMulNBits", (rand(3, 16), packed, np.abs(rand(5, 1))), bits, domain=MS)
    cache = (rand(9, 4), rand(9, 4, seed=1))
    positions = np.arange(7, dtype=np.int64)[None]
    yield Case("RotaryEmbedding", (rand(1, 2, 7, 8), positions, *cache), {}, domain=MS)
    yield Case("SkipLayerNormalization", (rand(2, 3, 40), rand(2, 3, 40, seed=1), rand(40)), {}, domain=MS)
    yield Case("SkipSimplifiedLayerNormalization", (rand(2, 3, 40), rand(2, 3, 40, seed=1), rand(40)), {}, domain=MS)


def older() -> Iterator[tuple[int, Case]]:
    """Rows that a later one replaces."""
    yield 10, Case("Clip", (WIDE,), {"min": -0.5, "max": 0.5})
    for name in ("Softmax", "LogSoftmax"):
        yield 12, Case(name, (X,), {})
    yield 9, Case("Slice", (X,), {"starts": [0, 1], "ends": [1, 9], "axes": [0, 2]})
    yield 12, Case("Squeeze", (rand(1, 3, 1),), {"axes": [0]})
    yield 12, Case("Unsqueeze", (X,), {"axes": [0, 2]})
    for name in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"):
        loose = name in ("Mean", "Sum")
        opset = 12 if name == "Sum" else 17
        yield opset, Case(f"Reduce{name}", (np.abs(X),), {"axes": [1], "keepdims": 0}, loose=loose)
    yield 10, Case("Scatter", (rand(3, 3), np.array([[0, 2, 1]], np.int64), rand(1, 3)), {})


def collect() -> dict[int, list[Case]]:
    cases: dict[int, list[Case]] = collections.defaultdict(list)
    for family in (unary, binary, reductions, casts, movement, layers, contributed):
        for case in family():
            if case.op != "Scatter":
                cases[NEWEST].append(case)
    for opset, case in older():
        cases[opset].append(case)
    return cases


def missing(cases: dict[int, list[Case]]) -> set[str]:
    """Rows `op since` that no case stands for. `If` has a test of its own."""
    printed = subprocess.run(["bitnet-compile", "--supported-ops"], check=True, capture_output=True, text=True).stdout
    rows = set()
    for line in printed.splitlines():
        name, versions = re.fullmatch(r"(\S+) ([\d, ]+?)(?: \(.*\))?", line).groups()  # type: ignore[union-attr]
        sinces = [int(v) for v in versions.split(",")]
        for since, following in zip(sinces, [*sinces[1:], 99]):
            domain = MS if name.startswith(MS) else ""
            op = name.removeprefix(MS + ".")
            found = any(
                case.op == op and case.domain == domain and (domain or since <= opset < following)
                for opset, table in cases.items()
                for case in table
            )
            if not found and op != "If":
                rows.add(f"{name} {since}")
    return rows


def info(name: str, array: Array) -> Any:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def make(opset: int, cases: list[Case], constant: bool) -> tuple[ModelProto, dict[str, Array]]:
    """The model of all cases and what it is fed with."""
    nodes: list[NodeProto] = []
    inputs, initializers, outputs, feeds = [], [], [], {}
    for number, case in enumerate(cases):
        names = []
        for slot, value in enumerate(case.inputs):
            name = f"c{number}_{slot}"
            names.append(name)
            array = value.array if isinstance(value, Fixed) else np.asarray(value)
            if constant or isinstance(value, Fixed):
                initializers.append(numpy_helper.from_array(array, name))
            else:
                inputs.append(info(name, array))
                feeds[name] = array
        results = [f"{number}_{case.op}_{i}" for i in range(case.outputs)]
        nodes.append(
            helper.make_node(case.op, names, results, f"{case.op}_{number}", domain=case.domain, **case.attributes)
        )
        outputs += [helper.make_empty_tensor_value_info(name) for name in results]
    graph = helper.make_graph(nodes, "cases", inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid(MS, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10), feeds


def call(*command: Any) -> str:
    run = subprocess.run([str(word) for word in command], check=False, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {run.stdout}{run.stderr}")
    return run.stdout


def run(work: pathlib.Path, name: str, model: ModelProto, feeds: dict[str, Array]) -> dict[str, Array]:
    path, library, folder = work / f"{name}.onnx", work / f"{name}.so", work / f"{name}.out"
    path.write_bytes(model.SerializeToString())
    np.savez(work / f"{name}.npz", **{f"in_{key}": array for key, array in feeds.items()})
    call("bitnet-compile", "-q", "-O0", path, "-o", library)
    call("bitnet-run", library, "--data", work / f"{name}.npz", "--save-outputs", folder)
    results = {file.stem.split("_", 1)[1]: np.load(file) for file in folder.glob("*.npy")}
    return {key: results[key] for key in (o.name for o in model.graph.output)}


def differs(got: Array, want: Array, loose: bool) -> bool:
    if got.dtype != want.dtype or got.shape != want.shape:
        return True
    if got.dtype.kind != "f":
        return not np.array_equal(got, want)
    if loose:
        return not np.allclose(got, want, rtol=3e-7, atol=0, equal_nan=True)
    same = (got == want) & (np.signbit(got) == np.signbit(want)) | np.isnan(got) & np.isnan(want)
    return not bool(same.all())


def check(work: pathlib.Path, opset: int, cases: list[Case]) -> int:
    given = run(work, f"inputs{opset}", *make(opset, cases, constant=False))
    model, feeds = make(opset, cases, constant=True)
    known = run(work, f"constants{opset}", model, feeds)
    text = work / f"constants{opset}.mlir"
    call("bitnet-compile", "-q", "--emit=bitnet", work / f"constants{opset}.onnx", "-o", text)
    failures = 0
    for line in text.read_text().splitlines():
        if COMPUTES.search(line):
            print(f"opset {opset}: left in the module: {line.strip()}")
            failures += 1
    loose = {f"{number}_{case.op}_0" for number, case in enumerate(cases) if case.loose}
    for name, want in given.items():
        if differs(known[name], want, name in loose):
            print(f"opset {opset}: {name}: {known[name].ravel()[:40]}\nnot\n{want.ravel()[:40]}")
            failures += 1
    return failures


def main() -> int:
    work = pathlib.Path(sys.argv[1])
    work.mkdir(parents=True, exist_ok=True)
    cases = collect()
    rows = missing(cases)
    if rows:
        print("no case for", ", ".join(sorted(rows)))
    failures = sum(check(work, opset, table) for opset, table in sorted(cases.items()))
    print(f"{sum(map(len, cases.values()))} cases, {failures} failures")
    return 1 if failures or rows else 0


if __name__ == "__main__":
    sys.exit(main())
