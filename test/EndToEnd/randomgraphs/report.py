"""The end of a run: counts, refusals by message, failures by what they look like."""

from __future__ import annotations

import collections

from .findings import Finding, Result


def table(title: str, pairs: list[tuple[str, int]]) -> None:
    """Messages with how often and one index, the most common first."""
    counts = collections.Counter(message for message, _ in pairs)
    sample = dict(reversed(pairs))
    if counts:
        print(f"\n{title}:")
    for message, count in counts.most_common():
        print(f"  {count:5} {message}  (index {sample[message]})")


def print_failures(findings: list[Finding]) -> None:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.signature, []).append(finding)
    if groups:
        print("\nfailures:")
    for (kind, what), group in sorted(groups.items(), key=lambda item: -len(item[1])):
        smallest = min(group, key=lambda f: len(f.ops))
        print(f"  {len(group):5} {kind}: {what[:150]}  ({smallest.folder})")


def print_report(total: Result, seed: int, seconds: float) -> None:
    table("refused", total.refused)
    table("explained by rounding", [(message.split(" of ")[0], index) for message, index in total.explained])
    table("taken although the reference refuses", total.lenient)
    table("onnxruntime died", total.lost)
    print_failures(total.findings)
    parts = [
        f"{total.passed} right",
        f"{len(total.explained)} explained by rounding",
        f"{len(total.refused)} refused ({len(total.refused) / max(total.graphs, 1):.1%})",
        f"{len(total.lost)} without reference",
        f"{total.wild} also at odd sizes",
        f"{len(total.findings)} failures",
    ]
    size = f"{total.graphs} graphs of {sum(total.nodes.values())} nodes ({len(total.nodes)} operators)"
    print(f"\nseed {seed}: {size} in {seconds:.0f} s: {', '.join(parts)}")
