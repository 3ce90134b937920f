"""A block of graphs: compiled together, run at every size, taken apart when something is wrong."""

from __future__ import annotations

import dataclasses
import pathlib
import platform
import re
import signal
from collections.abc import Callable, Sequence

from .check import EXPLAINED, LENIENT, OK, REFUSED, Verdict, check_alone
from .compare import difference
from .dice import Dice
from .emit import feeds, to_onnx
from .findings import Finding, Result, save
from .generate import Rejections
from .model import Array, Graph
from .shrink import shrink
from .toolchain import Outcome, Tools
from .wild import make_wild

BASELINE = "neon" if platform.machine() in ("aarch64", "arm64") else "generic"
# How a block is compiled: mostly quickly, so that graphs are many; now and then as users do.
FLAGS = {
    ("--mcpu=native", "-O0"): 6.0,
    ("--mcpu=native",): 2.0,
    ("--mcpu=native", "-O0", "--packing=1.6"): 1.0,
    ("--mcpu=native", "-O1", "--float-weights=keep"): 1.0,
    ("-O0", f"--isa={BASELINE}"): 0.7,
    ("-O0", "--mcpu=native", "--kernel=scalar"): 0.3,
}
GENERATION_LIMIT_S = 60
SHRINKS_PER_MESSAGE = 3

Pair = tuple[int, Graph]
Source = Callable[[int, Rejections], Graph | None]  # the graph of an index


@dataclasses.dataclass
class Options:
    seed: int
    source: Source
    work: pathlib.Path
    out: pathlib.Path
    programs: pathlib.Path | None = None
    flags: tuple[str, ...] | None = None
    shrink_s: float = 20
    self_test: str = ""


class Block:
    def __init__(self, number: int, options: Options, tools: Tools, seen: dict[str, int]) -> None:
        self.options, self.tools, self.seen = options, tools, seen
        dice = Dice(options.seed, 2, number)
        self.flags = options.flags or dice.weighted(FLAGS)
        self.threads = dice.pick([1, 1, 2])
        tools.guarded = dice.chance(0.6)
        self.result = Result()

    def run(self, indices: Sequence[int], starts: Callable[[int], None]) -> Result:
        """`starts` hears which graph is being made: onnxruntime may not survive it."""
        pairs = self.make(indices, starts)
        self.together(pairs)
        for index, graph in pairs:
            self.run_wild(index, graph)
        return self.result

    def make(self, indices: Sequence[int], starts: Callable[[int], None]) -> list[Pair]:
        pairs, rejections = [], Rejections()
        for index in indices:
            starts(index)
            signal.alarm(GENERATION_LIMIT_S)
            graph = self.options.source(index, rejections)
            signal.alarm(0)
            if graph:
                pairs.append((index, graph))
                self.result.count(graph)
        starts(-1)
        self.result.rejections = dict(rejections)
        return pairs

    # Together --------------------------------------------------------------------------------------------------------

    def together(self, pairs: list[Pair]) -> None:
        """One model of all graphs; those that are refused, wrong or suspected are judged alone."""
        if len(pairs) < 2:
            for index, graph in pairs:
                self.alone(index, graph)
            return
        outcome, suspects = self.attempt(pairs)
        if not outcome.good:
            self.take_apart(pairs, outcome)
            return
        self.result.passed += len(pairs) - len(suspects)
        for index, graph in pairs:
            if index in suspects:
                self.alone(index, graph, suspects[index])

    def attempt(self, pairs: list[Pair]) -> tuple[Outcome, dict[int, str]]:
        """The first outcome that is not ok, and what is wrong with single graphs."""
        named = [(f"g{index}_", graph) for index, graph in pairs]
        outcome = self.tools.compile(to_onnx(named).SerializeToString(), self.flags)
        suspects: dict[int, str] = {}
        for run in range(pairs[0][1].runs if outcome.good else 0):
            outcome, outputs = self.tools.run(feeds(named, run), self.threads)
            if not outcome.good:
                break
            for index, graph in pairs:
                mine, outputs = outputs[: len(graph.outputs)], outputs[len(graph.outputs) :]
                wrong = first_difference(graph, run, mine)
                if wrong:
                    suspects.setdefault(index, wrong)
        return outcome, suspects

    def take_apart(self, pairs: list[Pair], outcome: Outcome) -> None:
        """The graphs that the message names, else halves."""
        named = {int(digits) for digits in re.findall(r"\bg(\d+)_", outcome.text)}
        guilty = [pair for pair in pairs if pair[0] in named]
        if guilty and len(guilty) < len(pairs):
            for index, graph in guilty:
                self.alone(index, graph, outcome.message)
            self.together([pair for pair in pairs if pair[0] not in named])
            return
        half = len(pairs) // 2
        self.together(pairs[:half])
        self.together(pairs[half:])

    # Alone -----------------------------------------------------------------------------------------------------------

    def check(self, graph: Graph) -> Verdict:
        return check_alone(graph, self.tools, self.flags, self.threads)

    def alone(self, index: int, graph: Graph, suspicion: str = "") -> None:
        verdict = self.check(graph)
        if verdict.kind == OK and suspicion:
            self.report(index, graph, Verdict("wrong only beside other graphs", suspicion))
        elif verdict.kind == OK:
            self.result.passed += 1
        elif verdict.kind == REFUSED:
            self.result.refused.append((verdict.message, index))
        elif verdict.kind == EXPLAINED:
            self.result.explained.append((verdict.message, index))
        else:
            self.report(index, graph, verdict)

    def run_wild(self, index: int, graph: Graph) -> None:
        """Sizes that were not thought of when the graph was made."""
        wild = make_wild(graph, Dice(self.options.seed, 3, index))
        if wild is None:
            return
        self.result.wild += 1
        verdict = self.check(wild)
        if verdict.failed:
            self.report(index, wild, verdict, "-odd-sizes")
        elif verdict.kind == LENIENT:
            self.result.lenient.append((wild.may_fail, index))

    def report(self, index: int, graph: Graph, verdict: Verdict, suffix: str = "") -> None:
        key = f"{verdict.kind}: {verdict.message}"
        self.seen[key] = self.seen.get(key, 0) + 1
        small = graph
        if verdict.kind == "wrong" or verdict.message == "" or self.seen[key] <= SHRINKS_PER_MESSAGE:
            small = self.smaller(graph, verdict)
        folder = save(self.options.out, f"{self.options.seed}-{index}{suffix}", small, graph, verdict, self.flags)
        self.result.findings.append(
            Finding(
                index, verdict.kind, verdict.message, [n.qualified for n in small.all_nodes()], folder, list(self.flags)
            )
        )

    def smaller(self, graph: Graph, verdict: Verdict) -> Graph:
        exact = verdict.kind not in ("wrong", "shape")  # other numbers are the same fault, another message is not

        def still_fails(candidate: Graph) -> bool:
            found = self.check(candidate)
            return found.kind == verdict.kind and (not exact or found.message == verdict.message)

        return shrink(graph, still_fails, verdict.run, verdict.output, self.options.shrink_s)


def first_difference(graph: Graph, run: int, outputs: list[Array]) -> str:
    if len(outputs) != len(graph.outputs):
        return "an output is missing"
    for name, got in zip(graph.outputs, outputs):
        wrong = difference(graph.values[name].at(run), got)
        if wrong:
            return wrong
    return ""
