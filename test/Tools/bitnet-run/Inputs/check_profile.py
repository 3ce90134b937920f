"""check_profile.py p.json data.npz: rows and kinds of a profile add up; 14 ternary layers are there with their work."""
import json
import sys

import numpy as np

profile = json.load(open(sys.argv[1]))
rows, kinds = profile["regions"], profile["kinds"]
assert profile["runs"] == 3 and profile["threads"] == 2 and profile["ms"] > 0
assert abs(sum(r["ms"] for r in rows) - profile["ms"]) < 1e-6 * profile["ms"]
assert abs(sum(r["percent"] for r in rows) - 100) < 1e-6
for kind, ms in kinds.items():
    assert abs(sum(r["ms"] for r in rows if r["kind"] == kind) - ms) <= 1e-6 * profile["ms"], kind
ternary = [r for r in rows if r["kind"] == "ternary matmul"]
assert len({n for r in ternary for n in r["nodes"].split(" + ")}) == 14, ternary
assert all(r["gbps"] > 0 for r in ternary)
# Both layers: q and o, k and v, gate and up and down; for each token of the run.
tokens = np.load(sys.argv[2])["in_input_ids"].size
macs = sum(r["gmacs"] * r["ms"] * 1e6 for r in ternary)
assert abs(macs / (2 * tokens * (2 * 128 * 128 + 2 * 64 * 128 + 3 * 344 * 128)) - 1) < 1e-6, macs
assert any(r["gmacs"] > 0 for r in rows if r["kind"] == "matmul")
assert rows == sorted(rows, key=lambda r: -r["ms"])
