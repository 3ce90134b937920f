"""Runs a table of command lines and says which of them ended in another way than the table says.

Every command that fails must do so on purpose: no signal, no dump of a stack, one error that holds the words of the table.
"""

import argparse
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BASH = ["bash", "-c"]
TIMEOUT = 120
# sysexits.h, as the tools use them.
OK, DIFFERS, USAGE, BAD_DATA, NO_INPUT, NO_CPU, CANNOT_WRITE = 0, 1, 64, 65, 66, 69, 74

# Compiled for this CPU alone and without much work: most commands are not about the code.
COMPILE = "bitnet-compile -q -O0 --mcpu=native"
RUN = "bitnet-run"


@dataclasses.dataclass(frozen=True)
class Case:
    """`says`: words of what it prints; `root`: needs nodes of devices; `user`: another user, $AS_USER, who may read this."""

    name: str
    command: str
    code: int = OK
    says: str = ""
    root: bool = False
    user: bool = False


def as_user() -> str | None:
    """What makes a command one of a user who may not write everywhere; None: such a user cannot run the tools here."""
    if os.geteuid() != 0:
        return ""
    prefix = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    check = f"cd / && {prefix} bitnet-compile --version && {prefix} test -r {os.path.abspath(__file__)}"
    return prefix if subprocess.run([*BASH, check], capture_output=True, check=False).returncode == 0 else None


def can_make_nodes() -> bool:
    """Only root can, and not in every container."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.mknod(os.path.join(folder, "null"), 0o600 | 0o020000, os.makedev(1, 3))
        except OSError:
            return False
    return True


def problem(case: Case, run: subprocess.CompletedProcess) -> str | None:
    text = (run.stdout + run.stderr).decode(errors="replace")
    if run.returncode != case.code:
        return f"exit code {run.returncode}, not {case.code}"
    if case.says not in text:
        return f"does not say {case.says!r}"
    if "Stack dump" in text or "terminate called" in text or "LLVM ERROR" in text:
        return "crashed"
    if case.code in (BAD_DATA, NO_INPUT, NO_CPU, CANNOT_WRITE) and text.count("error: ") != 1:
        return f"{text.count('error: ')} errors"
    return None


def execute(case: Case, folder: pathlib.Path, user: str | None) -> tuple[str | None, str]:
    """What is wrong, and what was printed."""
    environment = {**os.environ, "AS_USER": user or ""}
    try:
        run = subprocess.run(
            [*BASH, case.command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return "no end", ""
    return problem(case, run), (run.stdout + run.stderr).decode(errors="replace")


def run_cases(cases: list[Case], folder: pathlib.Path) -> int:
    """The exit code of a test."""
    nodes, user, failed, skipped = can_make_nodes(), as_user(), 0, 0
    assert len({case.name for case in cases}) == len(cases), "two cases of one name"
    for case in cases:
        if (case.root and not nodes) or (case.user and user is None):
            skipped += 1
            continue
        what, text = execute(case, folder, user)
        if what:
            failed += 1
            print(f"{case.name}: {what}\n$ {case.command}\n{text}")
    print(f"{len(cases)} command lines, {failed} end in another way, {skipped} skipped: they need other rights")
    return 1 if failed else 0


def make_model(inputs: list, nodes: list, output: list, initializers: Sequence = ()) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, output)],
        list(initializers),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def ternary_layer(inputs: int = 32, outputs: int = 24) -> tuple[onnx.ModelProto, np.ndarray, np.ndarray]:
    """y = x W: the model, x and y."""
    rng = np.random.default_rng(1)
    weights = rng.integers(-1, 2, (inputs, outputs)).astype(np.float32)
    x = rng.standard_normal((3, inputs)).astype(np.float32)
    model = make_model(
        [("x", ["n", inputs])],
        [helper.make_node("MatMul", ["x", "W"], ["y"])],
        ["n", outputs],
        [numpy_helper.from_array(weights, "W")],
    )
    return model, x, x @ weights


def prepare() -> pathlib.Path:
    """The folder to work in, with m.onnx, m.so, d.npz (in_x, out_y), and large.onnx, whose weights are blobs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    subprocess.run(["rm", "-rf", folder], check=True)
    folder.mkdir(parents=True)
    model, x, y = ternary_layer()
    onnx.save(model, folder / "m.onnx")
    onnx.save(ternary_layer(256, 256)[0], folder / "large.onnx")
    np.savez(folder / "d.npz", in_x=x, out_y=y)
    subprocess.run([*COMPILE.split(), "m.onnx", "-o", "m.so"], cwd=folder, check=True)
    return folder


def main(cases: list[Case], prepare_more: Callable[[pathlib.Path], None] | None = None) -> None:
    folder = prepare()
    if prepare_more:
        prepare_more(folder)
    sys.exit(run_cases(cases, folder))
