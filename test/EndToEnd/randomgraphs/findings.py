"""What a run finds: counts, and failing models on disk with the command that shows them again."""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Sequence
from typing import Any

from .check import Verdict
from .emit import feeds, to_onnx
from .model import Graph
from .toolchain import save_arrays


@dataclasses.dataclass
class Finding:
    """A failure, as it is counted and printed."""

    index: int
    kind: str
    message: str
    ops: list[str]  # of the small model
    folder: str
    flags: list[str]

    @property
    def signature(self) -> tuple[str, str]:
        """Failures that look alike: by message, wrong numbers by the operators of the small model."""
        return self.kind, self.message if self.kind not in ("wrong", "shape", "run: signal") else " ".join(self.ops)


@dataclasses.dataclass
class Result:
    """What became of a block, or of all."""

    graphs: int = 0
    passed: int = 0
    wild: int = 0
    explained: list[tuple[str, int]] = dataclasses.field(default_factory=list)  # message, index
    lenient: list[tuple[str, int]] = dataclasses.field(default_factory=list)
    refused: list[tuple[str, int]] = dataclasses.field(default_factory=list)
    lost: list[tuple[str, int]] = dataclasses.field(default_factory=list)  # onnxruntime died
    findings: list[Finding] = dataclasses.field(default_factory=list)
    rejections: dict[str, int] = dataclasses.field(default_factory=dict)
    nodes: dict[str, int] = dataclasses.field(default_factory=dict)

    def count(self, graph: Graph) -> None:
        self.graphs += 1
        for node in graph.all_nodes():
            self.nodes[node.qualified] = self.nodes.get(node.qualified, 0) + 1

    def add(self, other: Result) -> None:
        for field in dataclasses.fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if isinstance(mine, dict):
                for key, value in theirs.items():
                    mine[key] = mine.get(key, 0) + value
            else:
                setattr(self, field.name, mine + theirs)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> Result:
        pairs = {key: [tuple(pair) for pair in data[key]] for key in ("explained", "lenient", "refused", "lost")}
        return Result(**{**data, **pairs, "findings": [Finding(**f) for f in data["findings"]]})


def save(out: pathlib.Path, name: str, small: Graph, graph: Graph, verdict: Verdict, flags: Sequence[str]) -> str:
    """small.onnx with small.npz, the whole model as it was made, and a text."""
    folder = out / f"{re.sub('[^a-z]+', '-', verdict.kind)}-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    for stem, each in (("small", small), ("whole", graph)):
        (folder / f"{stem}.onnx").write_bytes(to_onnx([("", each)]).SerializeToString())
        for run in range(each.runs):
            arrays = {f"in_{key}": array for key, array in feeds([("", each)], run).items()}
            if not each.may_fail:
                arrays |= {f"out_{key}": each.values[key].at(run) for key in each.outputs}
            save_arrays(folder / f"{stem}{run if each.runs > 1 else ''}.npz", arrays)
    last = f"{small.runs - 1}" if small.runs > 1 else ""
    commands = f"bitnet-compile {' '.join(flags)} small.onnx -o small.so && bitnet-run small.so --data small{last}.npz"
    text = [f"{graph.origin}: {verdict.kind}: {verdict.message}", "", commands, "", describe(small), ""]
    (folder / "README.txt").write_text("\n".join(text))
    return str(folder)


def describe(graph: Graph) -> str:
    lines = [f"opset {graph.opset}"]
    lines += [
        f"{v.kind.value} {v.name}: {v.dtype} {[a.shape for a in v.arrays]} declared {list(v.dims)}"
        for v in graph.values.values()
        if v.kind.value != "result"
    ]
    lines += [
        f"{', '.join(n.outputs)} = {n.qualified}({', '.join(n.inputs)}) {n.attributes or ''}" for n in graph.all_nodes()
    ]
    return "\n".join([*lines, f"outputs {graph.outputs}"])
