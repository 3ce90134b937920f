"""Is the reference right? Whole graphs in onnxruntime, compared with what it gives node by node.

    cd test/EndToEnd && python -m randomgraphs.audit --seed 1 --count 1000

They may differ only where onnxruntime loses roundings of 16 bits or a node is one of ort_faults; such graphs are not
counted as differences. What onnxruntime refuses as a whole, although it takes every node, is listed.
"""

from __future__ import annotations

import argparse
import collections
import sys

from . import ort_faults
from .compare import difference
from .data import BF16, F16
from .emit import feeds, to_onnx
from .evaluate import Reject, evaluate, onnxruntime_runner
from .generate import Rejections, generate
from .model import Array, Graph, Node


def leaves_onnxruntime(graph: Graph) -> str:
    """Why the whole graph may differ; empty when it may not."""
    faults: list[str] = []

    def look(node: Node, inputs: list[Array | None], results: list[Array]) -> list[Array]:
        if ort_faults.is_wrong(node, graph.opset, inputs):
            faults.append(node.op)
        return results

    for run in range(graph.runs):
        evaluate(graph, run, look)
    if faults:
        return "a fault of onnxruntime"
    return "16 bits" if any(v.dtype in (F16, BF16) for v in graph.values.values()) else ""


def judge(graph: Graph) -> str:
    try:
        reason = leaves_onnxruntime(graph)
        if reason:
            return "left out: " + reason
        whole = onnxruntime_runner(to_onnx([("", graph)]))
        for run in range(graph.runs):
            for name, got in zip(graph.outputs, whole(feeds([("", graph)], run))):
                wrong = difference(graph.values[name].at(run), got)
                if wrong:
                    return f"differs: {wrong}"
    except Reject as reject:
        return f"rejected: {reject}"
    except Exception as error:  # noqa: BLE001 (onnxruntime's are of a dozen kinds)
        return f"refused as a whole: {str(error)[:400]}"
    return "agrees"


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares whole graphs with their nodes, both in onnxruntime.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=500)
    args = parser.parse_args()
    counts: collections.Counter[str] = collections.Counter()
    for index in range(args.count):
        graph = generate(args.seed, False, index, Rejections())
        if graph:
            counts[judge(graph)] += 1
    for verdict, count in counts.most_common():
        print(f"{count:6} {verdict}")
    return 1 if any(verdict.startswith("differs") for verdict in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
