"""One graph on its own: compiled, run at every size, compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from .compare import difference, is_shape_error
from .emit import feeds, to_onnx
from .explain import is_explained
from .model import Array, Graph
from .toolchain import Outcome, Tools

# Verdicts that are no failure. LENIENT: the reference refuses these inputs, we give something.
OK, REFUSED, EXPLAINED, LENIENT = "ok", "refused", "explained", "lenient"


# What the model says when it does not go on though ONNX has an answer (docs/OnnxSupport.md: Reshape, Pad).
# onnxruntime repeats the skip of a norm, whatever its size (and divides by 0 where it is empty), and gives a PRelu
# without elements the sizes of its slope.
DOCUMENTED_REFUSALS = (
    "a size of 0 would mean that of the input",
    "it cuts more away than there is",
    "the sizes of skip and its input differ",
    "the sizes of slope and its input differ",
)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """kind: OK, REFUSED, EXPLAINED, or of a failure: wrong, shape, refused at run time, or what an Outcome says."""

    kind: str
    message: str = ""
    run: int = 0
    output: str = ""

    @property
    def failed(self) -> bool:
        return self.kind not in (OK, REFUSED, EXPLAINED, LENIENT)


def judge_compile(outcome: Outcome) -> Verdict:
    if outcome.kind in ("ok", "refused"):
        return Verdict(outcome.kind, outcome.message)
    return Verdict("compiler: " + outcome.kind, outcome.message)


def judge_run(graph: Graph, outcome: Outcome, run: int) -> Verdict:
    if outcome.good:
        return Verdict(LENIENT if graph.may_fail else OK)
    if graph.may_fail and outcome.kind in ("refused", "internal"):
        return Verdict(OK)
    if outcome.kind == "refused" and any(text in outcome.text for text in DOCUMENTED_REFUSALS):
        return Verdict(REFUSED, outcome.message, run)
    return Verdict("run: " + outcome.kind, outcome.message, run)


def judge_outputs(graph: Graph, run: int, outputs: Sequence[Array]) -> Verdict:
    """Compares with what the reference gave when the graph was made."""
    if len(outputs) != len(graph.outputs):
        return Verdict("shape", f"{len(outputs)} outputs", run)
    explained = Verdict(OK)
    for name, got in zip(graph.outputs, outputs):
        expected = graph.values[name].at(run)
        wrong = difference(expected, got)
        if wrong and is_explained(graph, run, name, expected, got):
            explained = Verdict(EXPLAINED, wrong, run, name)
        elif wrong:
            return Verdict("shape" if is_shape_error(wrong) else "wrong", wrong, run, name)
    return explained


def check_alone(graph: Graph, tools: Tools, flags: Sequence[str], threads: int = 1) -> Verdict:
    pair = [("", graph)]
    verdict = judge_compile(tools.compile(to_onnx(pair).SerializeToString(), flags))
    if verdict.kind != OK:
        return verdict
    result = Verdict(OK)
    for run in range(graph.runs):
        outcome, outputs = tools.run(feeds(pair, run), threads)
        verdict = judge_run(graph, outcome, run)
        if verdict.kind == OK and outcome.good:
            verdict = judge_outputs(graph, run, outputs)
        if verdict.failed:
            return verdict
        result = verdict if verdict.kind != OK else result
    return result
