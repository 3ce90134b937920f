"""bitnet-compile and bitnet-run as a user calls them, with a limit of time, and what became of the call."""

from __future__ import annotations

import dataclasses
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence

import numpy as np

from .data import BF16
from .model import Array

LIMIT_S = 60
# An error that says where: a name in quotes, or a node ("v3.Add: sizes differ") at run time.
_LOCATED = re.compile(r"error: .*('[^']+'|[\w.]+\.\w+: )|uses \d+ unsupported operators?\n.*note: .*'[^']+'", re.DOTALL)
# Words of MLIR and LLVM instead of the user's.
_INTERNAL = re.compile(
    r"LLVM ERROR|Assertion|PLEASE submit|Stack dump|UNREACHABLE|LLVM IR|@main|operand #|"
    r"'(memref|tensor|linalg|arith|scf|affine|vector|func|cf|math|builtin)\.|out-of-bounds|legalize|verif",
    re.IGNORECASE,
)
_FATAL = re.compile(r"^.*(?:Assertion|LLVM ERROR|UNREACHABLE).*$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """kind: ok, refused (a located error, exit 65), internal (another one), signal, hang, exit."""

    kind: str
    text: str = ""

    @property
    def good(self) -> bool:
        return self.kind == "ok"

    @property
    def message(self) -> str:
        """What kind of message it is: without names and numbers."""
        lines = self.text.splitlines() or [""]
        told = next((line for line in lines if "error" in line.lower()), "" if self.kind == "signal" else lines[-1])
        missing = re.findall(r"note: .*operator '(\w+)' at opset", self.text)
        if missing:
            return "unsupported: " + ", ".join(sorted(set(missing)))
        if self.kind == "signal":
            fatal = _FATAL.search(self.text)
            told = fatal[0] if fatal else told
        text = (lines[0] + ": " if self.kind in ("signal", "exit") else "") + re.sub(r"^.*?error: ", "", told)
        text = re.sub(r"node '[^']*\.(\w+)'|\b(?:g\d+_)?[vxcld]\d+\.(\w+)", r"node '\1\2'", text)
        text = re.sub(r"'(g\d+_)?[a-z]\d*( \+ 1)?'", r"'_\2'", text)
        text = re.sub(r"\[[^][]*\]|tensor<[^>]*>", "[..]", text)
        return re.sub(r"-?\d+", "#", text)[:160]


def classify(code: int, text: str) -> Outcome:
    if code == 0:
        return Outcome("ok", text)
    if code < 0:
        return Outcome("signal", f"{signal.Signals(-code).name}\n{text}")
    if code != 65:
        return Outcome("exit", f"exit {code}\n{text}")
    good = _LOCATED.search(text) and not _INTERNAL.search(text)
    return Outcome("refused" if good else "internal", text)


# What was freed or never written is no number that could be right by chance.
ENVIRONMENT = {**os.environ, "MALLOC_PERTURB_": "165"}


def call(command: Sequence[str]) -> Outcome:
    try:
        run = subprocess.run(
            command, env=ENVIRONMENT, check=False, capture_output=True, text=True, errors="replace", timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return Outcome("hang", f"no end after {LIMIT_S} s")
    return classify(run.returncode, run.stderr)


@functools.cache
def has_option(program: str, option: str) -> bool:
    return (
        option
        in subprocess.run([program, "--help"], check=False, capture_output=True, text=True, errors="replace").stdout
    )


def read_outputs(folder: pathlib.Path) -> list[Array]:
    """The files of --save-outputs, in the order of the model's outputs."""
    paths = sorted(folder.glob("*.npy"), key=lambda path: int(path.name.split("_")[0]))
    arrays = [np.load(path) for path in paths]
    return [a.view(BF16) if a.dtype == np.dtype("V2") else a for a in arrays]


def save_arrays(path: pathlib.Path, arrays: Mapping[str, Array]) -> None:
    np.savez(path, **arrays)  # type: ignore[arg-type]


class Tools:
    def __init__(self, work: pathlib.Path, programs: pathlib.Path | None = None) -> None:
        self.work = work
        self.compile_program, self.run_program = (
            str(programs / name) if programs else shutil.which(name) or name
            for name in ("bitnet-compile", "bitnet-run")
        )
        # Without guards the C library finds what a model writes outside of its arena; between guards it cannot.
        self.guarded = True
        work.mkdir(parents=True, exist_ok=True)

    def compile(self, model: bytes, flags: Sequence[str]) -> Outcome:
        (self.work / "model.onnx").write_bytes(model)
        (self.work / "model.so").unlink(missing_ok=True)
        outcome = call(
            [self.compile_program, "-q", *flags, str(self.work / "model.onnx"), "-o", str(self.work / "model.so")]
        )
        if not outcome.good and (self.work / "model.so").exists():
            return Outcome("exit", "leaves an output file behind\n" + outcome.text)
        return outcome

    def run(self, feeds: Mapping[str, Array], threads: int = 1) -> tuple[Outcome, list[Array]]:
        folder = self.work / "outputs"
        shutil.rmtree(folder, ignore_errors=True)
        save_arrays(self.work / "data.npz", {f"in_{name}": array for name, array in feeds.items()})
        outcome = call(
            [
                self.run_program,
                str(self.work / "model.so"),
                "--data",
                str(self.work / "data.npz"),
                "--save-outputs",
                str(folder),
                f"--threads={threads}",
                *(["--guard-pages"] if self.guarded and has_option(self.run_program, "guard-pages") else []),
            ]
        )
        return outcome, read_outputs(folder) if outcome.good else []
