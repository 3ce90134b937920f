"""Tools that lie: the tests of the net itself. Each lie must be found, and shrunk to what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx

from .model import Array
from .toolchain import Outcome, Tools


def reached_by(model: onnx.ModelProto, op: str) -> list[bool]:
    """Which outputs depend on a node of this operator; bodies are not looked into."""
    reached: set[str] = set()
    for node in model.graph.node:
        if node.op_type == op or reached & set(node.input):
            reached.update(node.output)
    return [output.name in reached for output in model.graph.output]


class WrongElement(Tools):
    """What depends on a Relu has one element off, by less than a 16-bit ulp."""

    def run(self, feeds: Mapping[str, Array], threads: int = 1) -> tuple[Outcome, list[Array]]:
        outcome, outputs = super().run(feeds, threads)
        for array, lie in zip(outputs, reached_by(onnx.load(self.work / "model.onnx"), "Relu")):
            if lie and array.size and array.dtype == np.float32:
                array.reshape(-1)[-1] += 1e-3
        return outcome, outputs


class StaleOutput(Tools):
    """A run of the same library gives what the run before it gave, where the shapes agree."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.last: list[Array] = []

    def compile(self, model: bytes, flags: Sequence[str]) -> Outcome:
        self.last = []
        return super().compile(model, flags)

    def run(self, feeds: Mapping[str, Array], threads: int = 1) -> tuple[Outcome, list[Array]]:
        outcome, outputs = super().run(feeds, threads)
        before, self.last = self.last, outputs
        if len(before) == len(outputs):
            outputs = [old if old.shape == new.shape else new for old, new in zip(before, outputs)]
        return outcome, outputs


class Crash(Tools):
    """A model with a Transpose dies at run time."""

    def run(self, feeds: Mapping[str, Array], threads: int = 1) -> tuple[Outcome, list[Array]]:
        if any(node.op_type == "Transpose" for node in onnx.load(self.work / "model.onnx").graph.node):
            return Outcome("signal", "SIGSEGV"), []
        return super().run(feeds, threads)


class OwnFault(Tools):
    """The net itself fails in the first block."""

    def compile(self, model: bytes, flags: Sequence[str]) -> Outcome:
        if self.work.name == "0":
            raise AssertionError("a fault of the net")
        return super().compile(model, flags)


LIARS: dict[str, type[Tools]] = {
    "": Tools,
    "element": WrongElement,
    "stale": StaleOutput,
    "crash": Crash,
    "own-fault": OwnFault,
}
