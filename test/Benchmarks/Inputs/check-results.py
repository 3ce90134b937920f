"""usage: check-results.py FOLDER: results.json and machine.json hold what docs/Kernels.md promises."""
import json
import pathlib
import sys

KEYS = {"name": str, "isa": str, "packing": str, "threads": int, "m": int, "n": int, "k": int, "gbps": float,
        "frac_dram": float, "gmacs": float, "frac_peak": float, "checked": bool}
MACHINE = {"date", "commit", "cpu", "cores", "caches", "kernel", "governor"}

folder = pathlib.Path(sys.argv[1])
rows = json.loads((folder / "results.json").read_text())
assert isinstance(rows, list) and rows
for row in rows:
    for key, kind in KEYS.items():
        value = row[key]
        assert value is None and kind is float or isinstance(value, (int, float) if kind is float else kind), (key, row)
    assert row["checked"] is True, row
    if row["name"] == "gemv":
        assert row["gbps"] > 0 and row["gmacs"] > 0 and row["frac_dram"] > 0, row
assert {"dram-read", "gemv", "gemm", "layer"} <= {row["name"] for row in rows}
assert MACHINE <= set(json.loads((folder / "machine.json").read_text()))
