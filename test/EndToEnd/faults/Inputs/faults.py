"""What the tests of this folder share: models as text (the syntax of onnx.parser), compiled, run between guard pages.

A test fills a table of models and says for each what must come of it: results (from onnxruntime, unless the table has
them from NumPy), one located error when it is compiled, or one error when it is run. Nothing else passes: no other
number, type or shape, no signal, no words of MLIR, no warning that the table does not have.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import onnx.parser
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper

Array = NDArray[Any]
Feeds = Mapping[str, Any]
F32 = np.float32

OK, BAD_DATA = 0, 65
TIMEOUT = 60
# Most cases are about what is computed, not about how well: these flags take the least time.
QUICK = ("-O0", "--mcpu=native")
# Where loops, buffers and kernels of the default are the subject.
FULL = ("--mcpu=native",)
TOLERANCES = {"float64": 1e-9, "float32": 5e-6, "float16": 1e-3, "bfloat16": 8e-3}
INTERNAL = re.compile(
    r"LLVM ERROR|Assertion|Stack dump|UNREACHABLE|terminate called|LLVM IR|operand #|legalize|"
    r"'(memref|tensor|linalg|arith|scf|affine|vector|func|cf|math|builtin)\."
)
# What was freed or never written is no number that could be right by chance.
ENVIRONMENT = {**os.environ, "MALLOC_PERTURB_": "165"}


class Wrong(Exception):
    """What came of a case is not what its table says."""


def f(*values: Any) -> Array:
    """A vector of f32, or a scalar for one number."""
    return np.array(values if len(values) != 1 else values[0], F32)


def i64(*values: int) -> Array:
    return np.array(values, np.int64)


def rand(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(F32)


def ternary(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).integers(-1, 2, shape).astype(F32)


def call(command: Sequence[str | pathlib.Path]) -> subprocess.CompletedProcess[str]:
    line = [str(word) for word in command]
    try:
        return subprocess.run(
            line, env=ENVIRONMENT, check=False, capture_output=True, text=True, errors="replace", timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise Wrong(f"no end after {TIMEOUT} s: {' '.join(line)}") from None


def match_lines(lines: list[str], patterns: Sequence[str], what: str) -> None:
    """Every line has its pattern, in order, and no pattern is left."""
    if len(lines) != len(patterns) or not all(map(re.search, patterns, lines)):
        raise Wrong(f"{what}: " + "\n  ".join([f"not {list(patterns)}, but", *(lines or ["none"])]))


def check_errors(run: subprocess.CompletedProcess[str], patterns: Sequence[str]) -> None:
    if run.returncode != BAD_DATA:
        raise Wrong(f"exit code {run.returncode}, not {BAD_DATA}: {run.stdout}{run.stderr}")
    if INTERNAL.search(run.stderr):
        raise Wrong(f"words of the compiler's insides: {run.stderr}")
    match_lines([line for line in run.stderr.splitlines() if re.search("error: |note: ", line)], patterns, "errors")


def distance(got: Array, want: Array) -> float:
    """Relative L2; NaN and infinities have to be where they are wanted."""
    a, b = got.astype(np.float64), want.astype(np.float64)
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True) or not np.isfinite(a[finite]).all():
        return np.inf
    norm = float(np.linalg.norm(b[finite]))
    return float(np.linalg.norm(a[finite] - b[finite])) / (norm or 1.0)


def load(path: pathlib.Path, dtype: np.dtype[Any]) -> Array:
    """bitnet-run writes bf16 as f32; numbers that are none of bf16 stay what they are."""
    got: Array = np.load(path)
    if dtype != ml_dtypes.bfloat16 or got.dtype != F32:
        return got
    narrow = got.astype(ml_dtypes.bfloat16)
    return narrow if np.array_equal(narrow.astype(F32), got, equal_nan=True) else got


def compare(name: str, got: Array, want: Array, tolerance: float | None) -> None:
    if got.dtype != want.dtype or got.shape != want.shape:
        raise Wrong(f"{name} is {got.dtype}{list(got.shape)}, not {want.dtype}{list(want.shape)}")
    limit = TOLERANCES.get(want.dtype.name, 0.0) if tolerance is None else tolerance
    far = distance(got, want)
    if far > limit:
        raise Wrong(f"{name} is off by {far:.2e} (limit {limit:.0e}):\n{got}\nnot\n{want}")


@dataclasses.dataclass
class Run:
    """`fails` is what the error says; else the results are `want`, or those of onnxruntime where it is None."""

    feeds: dict[str, Array]
    want: dict[str, Array] | None
    fails: str | None


def run_onnxruntime(proto: onnx.ModelProto, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """Without optimizations: some of them drop casts."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, dict(feeds)), strict=True))


class Model:
    """A model and what must come of it. `edit` makes of the parsed model one that the text cannot say."""

    def __init__(
        self,
        name: str,
        text: str,
        constants: Mapping[str, Any],
        opset: int = 17,
        flags: Sequence[str] = QUICK,
        tolerance: float | None = None,
        edit: Callable[[onnx.ModelProto], None] | None = None,
    ) -> None:
        header = f'<ir_version: 10, opset_import: ["" : {opset}, "com.microsoft" : 1, "local" : 1]> g '
        self.name, self.flags, self.tolerance = name, flags, tolerance
        self.proto = onnx.parser.parse_model(header + text)
        self.proto.graph.initializer.extend(numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items())
        if edit:
            edit(self.proto)
        self.runs: list[Run] = []
        self.refusals: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()

    def gives(self, feeds: Feeds, want: Feeds | None = None) -> Model:
        results = None if want is None else {name: np.asarray(array) for name, array in want.items()}
        self.runs.append(Run({name: np.asarray(array) for name, array in feeds.items()}, results, None))
        return self

    def fails(self, feeds: Feeds, says: str) -> Model:
        self.runs.append(Run({name: np.asarray(array) for name, array in feeds.items()}, None, says))
        return self

    def warns(self, *says: str) -> Model:
        self.warnings = says
        return self

    def is_refused(self, *says: str) -> Model:
        """One regular expression for each error, or note of an error, in their order."""
        self.refusals = says
        return self

    def check(self, work: pathlib.Path) -> None:
        assert self.runs or self.refusals or self.warnings, f"{self.name}: nothing is expected"
        model, library = work / f"{self.name}.onnx", work / f"{self.name}.so"
        model.write_bytes(self.proto.SerializeToString())
        library.unlink(missing_ok=True)
        compiled = call(["bitnet-compile", *self.flags, model, "-o", library])
        if self.refusals:
            check_errors(compiled, self.refusals)
            if library.exists():
                raise Wrong("a refused model leaves a library")
            return
        if compiled.returncode != OK:
            raise Wrong(f"does not compile, exit code {compiled.returncode}: {compiled.stderr}")
        match_lines([s for s in compiled.stderr.splitlines() if "warning: " in s], self.warnings, "warnings")
        for number, run in enumerate(self.runs):
            try:
                self.check_run(run, library, work)
            except Wrong as wrong:
                raise Wrong(f"run {number}: {wrong}") from None

    def check_run(self, run: Run, library: pathlib.Path, work: pathlib.Path) -> None:
        data, folder = work / f"{self.name}.npz", work / f"{self.name}.out"
        arrays: dict[str, Any] = {f"in_{name}": array for name, array in run.feeds.items()}
        np.savez(data, **arrays)
        shutil.rmtree(folder, ignore_errors=True)
        done = call(["bitnet-run", library, "--data", data, "--save-outputs", folder])
        if run.fails is not None:
            check_errors(done, [run.fails])
            return
        if done.returncode != OK:
            raise Wrong(f"exit code {done.returncode}: {done.stdout}{done.stderr}")
        want = run_onnxruntime(self.proto, run.feeds) if run.want is None else run.want
        names = [output.name for output in self.proto.graph.output]
        paths = sorted(folder.glob("*.npy"), key=lambda path: int(path.name.split("_")[0]))
        for name, path in zip(names, paths, strict=True):
            compare(name, load(path, want[name].dtype), want[name], self.tolerance)


class Table:
    def __init__(self) -> None:
        self.models: list[Model] = []
        self.functions: list[tuple[str, Callable[[pathlib.Path], None]]] = []

    def model(
        self,
        name: str,
        text: str,
        *,
        opset: int = 17,
        flags: Sequence[str] = QUICK,
        tolerance: float | None = None,
        edit: Callable[[onnx.ModelProto], None] | None = None,
        **constants: Any,
    ) -> Model:
        self.models.append(Model(name, text, constants, opset, flags, tolerance, edit))
        return self.models[-1]

    def check(self, name: str, function: Callable[[pathlib.Path], None]) -> None:
        """A case that is more than a model and its runs."""
        self.functions.append((name, function))

    def main(self) -> None:
        """Runs all, or those that the command line names after the folder; ends the program."""
        work, chosen = pathlib.Path(sys.argv[1]), sys.argv[2:]
        work.mkdir(parents=True, exist_ok=True)
        cases = [*((model.name, model.check) for model in self.models), *self.functions]
        assert len({name for name, _ in cases}) == len(cases), "two cases of one name"
        cases = [case for case in cases if not chosen or case[0] in chosen]
        failed = sum(not passes(name, check, work) for name, check in cases)
        print(f"{len(cases)} cases, {failed} failures")
        sys.exit(1 if failed or not cases else 0)


def passes(name: str, check: Callable[[pathlib.Path], None], work: pathlib.Path) -> bool:
    try:
        check(work)
    except Wrong as wrong:
        print(f"{name}: {wrong}")
        return False
    except Exception:  # a reference that fails is a fault of its case; the others still say something
        print(f"{name}: {traceback.format_exc()}")
        return False
    return True


def clip_codes(source: str, result: str, *, scale: str = "") -> str:
    """The nodes of static codes: round, clip, and a multiplication by the scale if there is one."""
    nodes = f"{result}_r = Round ({source}) {result}_c = Clip ({result}_r, lo, hi) "
    return nodes + (f"{result} = Mul ({result}_c, {scale})" if scale else f"{result} = Identity ({result}_c)")


CLIP: dict[str, Any] = {"lo": f(-128), "hi": f(127)}


def quantize_rows(source: str, result: str, axes: Iterable[int] = (-1,)) -> str:
    """The nodes of the published fake quantizer, scale 127 / max; needs the constants of ROWS."""
    p = result
    return (
        f"{p}_a = Abs ({source}) {p}_m = ReduceMax <axes = {list(axes)}, keepdims = 1> ({p}_a) "
        f"{p}_e = Clip ({p}_m, eps) {p}_s = Div (c127, {p}_e) {p}_x = Mul ({source}, {p}_s) "
        f"{p}_r = Round ({p}_x) {p}_c = Clip ({p}_r, lo, hi) {p} = Div ({p}_c, {p}_s)"
    )


ROWS: dict[str, Any] = {**CLIP, "eps": f(1e-5), "c127": f(127)}
