"""The command `bitnet`: compiles and runs models."""

from __future__ import annotations

import argparse
import os
import sys
import time
import zipfile
from collections.abc import Sequence
from typing import NoReturn

import numpy as np

from .compiler import CompileError, CompileResult, Diagnostic, Progress, compile
from .session import InferenceSession

USAGE, BAD_INPUT, INTERRUPTED = 64, 65, 130
# Options of `bitnet compile` that take one word, those that may be given several times, and numbers.
WORDS = (
    *("emit", "target", "report", "external-data", "external-root", "quantize", "float-weights"),
    *("triple", "cpu", "features", "kernel", "packing", "weights", "runner"),
)
LISTS = ("quantize-include", "quantize-exclude", "float-weights-include", "float-weights-exclude")
NUMBERS = ("max-nodes", "max-memory")


def escape(text: str) -> str:
    """What a terminal may be shown: names come from models."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Parser(argparse.ArgumentParser):
    """Ends with the exit code of bitnet-compile where the command line is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: error: {message}; see --help\n")


def make_parser() -> Parser:
    parser = Parser(prog="bitnet", description="Compiles BitNet-style networks, and runs them.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    make = commands.add_parser("compile", help="ONNX model to library", description="Compiles an ONNX model.")
    make.add_argument("model")
    make.add_argument("-o", "--output", help="path of the output (default: the model's name with .so)")
    make.add_argument("-q", "--quiet", action="store_true", help="errors and warnings only")
    make.add_argument("--dim", action="append", default=[], metavar="NAME=SIZE", help="fix a dim of the inputs")
    make.add_argument("--isa", action="append", default=[], dest="isas", help="class of machines to serve")
    make.add_argument("--strict-shapes", action="store_true", help="outputs must have their declared shapes")
    make.add_argument("-O", dest="opt_level", type=int, choices=range(4), help="effort (default 3)")
    for name in WORDS:
        make.add_argument(f"--{name}", metavar="WORD", help="as in bitnet-compile --help")
    for name in LISTS:
        make.add_argument(f"--{name}", action="append", metavar="PATTERN", help="as in bitnet-compile --help")
    for name in NUMBERS:
        make.add_argument(f"--{name}", type=int, metavar="N", help="as in bitnet-compile --help")
    run = commands.add_parser("run", help="library on arrays", description="Runs a compiled model on arrays.")
    run.add_argument("model")
    run.add_argument("--data", required=True, metavar="FILE.npz", help="an array for each input")
    run.add_argument("--save", metavar="FILE.npz", help="where the outputs go")
    run.add_argument("--threads", type=int, help="default: one per core")
    return parser


def read_dims(entries: Sequence[str]) -> dict[str, int]:
    """Sizes by name; a name may hold "=" itself. ValueError for what is no size."""
    dims = {}
    for entry in entries:
        name, _, size = entry.rpartition("=")
        if not name or not size.isdigit():
            raise ValueError(f"--dim: expected name=size, got '{entry}'")
        dims[name] = int(size)
    return dims


def show(diagnostic: Diagnostic) -> None:
    print(escape(str(diagnostic)), file=sys.stderr)


def summarize(result: CompileResult) -> str:
    kinds = [layer.kind for layer in result.layers]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    size = os.path.getsize(result.output) if os.path.exists(result.output) else 0
    text = f"{result.output}: {size / 1e3:.1f} kB for {result.cpu}"
    return text + (f"; layers: {counts}" if counts else "") + (f"; kernels: {result.kernel}" if result.kernel else "")


def run_compile(arguments: argparse.Namespace) -> int:
    given = vars(arguments)
    names = [name.replace("-", "_") for name in (*WORDS, *LISTS, *NUMBERS)] + ["opt_level"]
    words = {name: given[name] for name in names if given[name] is not None}
    if arguments.isas:
        words["isas"] = arguments.isas

    def tell(step: Progress) -> None:
        print(f"[{step.index}/{step.count}] {step.stage} {step.seconds:.2f} s", file=sys.stderr, flush=True)

    stem = os.path.splitext(os.path.basename(arguments.model))[0]
    try:
        result = compile(
            arguments.model,
            arguments.output or f"{stem}.so",
            progress=None if arguments.quiet else tell,
            diagnostic=show,
            dims=read_dims(arguments.dim),
            strict_shapes=arguments.strict_shapes,
            **words,
        )
    except CompileError as error:
        return error.code
    if not arguments.quiet:
        print(escape(summarize(result)))
    return 0


def run_model(arguments: argparse.Namespace) -> int:
    session = InferenceSession(arguments.model, threads=arguments.threads)
    with np.load(arguments.data, allow_pickle=False) as data:
        feeds = {value.name: data[value.name] for value in session.get_inputs() if value.name in data.files}
    started = time.perf_counter()
    results = session.run(None, feeds)
    seconds = time.perf_counter() - started
    outputs = {value.name: array for value, array in zip(session.get_outputs(), results, strict=True)}
    for name, array in outputs.items():
        print(escape(f"{name}: {array.dtype} {list(array.shape)}"))
    print(f"{seconds * 1e3:.2f} ms")
    if arguments.save:
        np.savez(arguments.save, allow_pickle=False, **outputs)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; the exit code says how it ended (64: the command line, 65: the input is wrong)."""
    arguments = make_parser().parse_args(argv)
    try:
        return run_compile(arguments) if arguments.command == "compile" else run_model(arguments)
    except (OSError, RuntimeError, ValueError, MemoryError, zipfile.BadZipFile) as error:
        print(escape(f"bitnet: error: {error}"), file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
