"""Blocks on several cores, and the command line."""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence

from .block import Block, Options
from .findings import Finding, Result
from .generate import BLOCK, generate
from .report import print_report
from .self_test import LIARS

BLOCK_LIMIT_S = 3600


class Job:
    """One block in a process of its own: onnxruntime can crash, and does not give memory back."""

    def __init__(self, number: int, indices: Sequence[int], options: Options, seen: dict[str, int]) -> None:
        self.number, self.indices, self.options, self.seen = number, list(indices), options, seen
        self.work = options.work / str(number)
        self.work.mkdir(parents=True, exist_ok=True)
        self.started = time.monotonic()
        self.process = multiprocessing.get_context("fork").Process(target=self._main)
        self.process.start()

    def _main(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        tools = LIARS[self.options.self_test](self.work, self.options.programs)
        result = Block(self.number, self.options, tools, self.seen).run(self.indices, self._note)
        (self.work / "result.json").write_text(json.dumps(result.to_json()))

    def _note(self, index: int) -> None:
        self._progress.write_text(str(index))

    @property
    def _progress(self) -> pathlib.Path:
        return self.work / "progress"

    @property
    def running(self) -> bool:
        if self.process.is_alive() and time.monotonic() - self.started > BLOCK_LIMIT_S:
            self.process.kill()
        return self.process.is_alive()

    def finish(self) -> tuple[Result, list[int]]:
        """The result, and what is left to do when the process died making a graph."""
        self.process.join()
        path = self.work / "result.json"
        if path.exists():
            result = Result.from_json(json.loads(path.read_text()))
            shutil.rmtree(self.work, ignore_errors=True)
            return result, []
        code = self.process.exitcode or 0
        at = int(self._progress.read_text() or -1) if self._progress.exists() else -1
        if code < 0 <= at:
            return Result(lost=[(f"onnxruntime ended with {code}", at)]), [i for i in self.indices if i != at]
        return Result(findings=[self._own_fault(max(at, self.indices[0]), code)]), []

    def _own_fault(self, index: int, code: int) -> Finding:
        """A block that nothing is known about is a failure of the net, and no reason to forget the other blocks."""
        message = f"block {self.number} ended with {code}, its trace is on stderr"
        return Finding(index, "the net failed", message, [], f"--index {index}", [])


class Runner:
    def __init__(self, options: Options, jobs: int, first: int, count: int, time_limit: float) -> None:
        self.options, self.jobs = options, jobs
        self.waiting = split_blocks(first, count)
        self.deadline = time.monotonic() + time_limit if time_limit else None
        self.total = Result()
        self.seen: dict[str, int] = {}

    def run(self, progress: bool) -> Result:
        running: list[Job] = []
        while running or (self.waiting and not self._late()):
            while len(running) < self.jobs and self.waiting and not self._late():
                running.append(Job(*self.waiting.pop(0), self.options, dict(self.seen)))
            time.sleep(0.02)
            for job in [job for job in running if not job.running]:
                running.remove(job)
                self._collect(job, progress)
        return self.total

    def _late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def _collect(self, job: Job, progress: bool) -> None:
        result, left = job.finish()
        if left:
            self.waiting.insert(0, (job.number, left))
        self.total.add(result)
        for finding in result.findings:
            key = f"{finding.kind}: {finding.message}"
            self.seen[key] = self.seen.get(key, 0) + 1
            print(f"{finding.folder}: {finding.kind}: {finding.message} [{' '.join(finding.ops[:8])}]", flush=True)
        if progress:
            print(f"{self.total.graphs} graphs, {len(self.total.findings)} failures", file=sys.stderr, flush=True)


def split_blocks(first: int, count: int) -> list[tuple[int, list[int]]]:
    """(number of the block, indices), aligned so that an index has the same block in every run."""
    blocks: dict[int, list[int]] = {}
    for index in range(first, first + count):
        blocks.setdefault(index // BLOCK, []).append(index)
    return list(blocks.items())


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="random-graphs", description="Compiles random ONNX graphs and compares them with onnxruntime."
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--index", type=int, default=0, help="first graph (with --count 1: this one again)")
    parser.add_argument("--count", type=int, default=480, help="graphs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--time-limit", type=float, default=0, metavar="S", help="start no block after so many seconds")
    parser.add_argument(
        "--out", type=pathlib.Path, default=pathlib.Path("random-graphs-found"), help="folder for failing models"
    )
    parser.add_argument("--programs", type=pathlib.Path, help="folder of bitnet-compile and bitnet-run (default: PATH)")
    parser.add_argument("--flags", help="flags of bitnet-compile for all blocks")
    parser.add_argument("--shrink", type=float, default=20, metavar="S", help="seconds to make a failing model small")
    parser.add_argument("--loops", action="store_true", help="Loop as well")
    parser.add_argument("--progress", action="store_true", help="a line per block on stderr")
    parser.add_argument("--json", type=pathlib.Path, help="write all counts")
    parser.add_argument("--self-test", choices=LIARS, default="", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    args = parse(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="random-graphs-") as work:
        flags = tuple(args.flags.split()) if args.flags is not None else None
        source = functools.partial(generate, args.seed, args.loops)
        options = Options(
            args.seed, source, pathlib.Path(work), args.out, args.programs, flags, args.shrink, args.self_test
        )
        total = Runner(options, args.jobs, args.index, args.count, args.time_limit).run(args.progress)
    if args.json:
        args.json.write_text(json.dumps(total.to_json()))
    print_report(total, args.seed, time.monotonic() - started)
    return 1 if total.findings else 0
