#!/usr/bin/env python3
"""Prints the table of scripts/demo from what its steps left in a folder.

    demo-table.py build/demo
"""
import json
import pathlib
import re
import sys


def size(num_bytes):
    return f"{num_bytes / 1e6:.2f} MB"


def layers(report):
    """("14 ternary", bytes before, bytes after) of the ternary layers of a --report."""
    records = [r for r in json.loads(report.read_text())["layers"] if r["kind"] in ("ternary", "binary")]
    return f"{len(records)} ternary", sum(r["bytes_before"] for r in records), sum(r["bytes_after"] for r in records)


def rate(bench, rows):
    """Rows per second from bitnet-run --bench's "p50 0.720 ms"."""
    p50 = float(re.search(r"p50 ([0-9.]+) ms", bench.read_text()).group(1))
    return f"{rows / p50 * 1e3:,.0f}"


def max_error(text):
    """Largest relative L2 in the table of bitnet-run."""
    return max(float(v) for v in re.findall(r"\]\s+([0-9.]+e[+-]\d+)", text.read_text()))


def main():
    work = pathlib.Path(sys.argv[1])
    rows = [("model", "layers", "bytes before", "after", "relative error", "tokens/s")]
    for title, stem, tokens in (("bitnet_s_online_past", "small", 4), ("2 layers of 2B4T widths", "stack", 1)):
        count, before, after = layers(work / f"{stem}.json")
        error = re.search(r"relative L2 ([0-9.e+-]+)", (work / f"{stem}.txt").read_text())
        error = float(error.group(1)) if stem == "stack" else max_error(work / f"{stem}.txt")
        rows.append((title, count, size(before), size(after), f"{error:.1e}", rate(work / f"{stem}.bench", tokens)))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


if __name__ == "__main__":
    main()
