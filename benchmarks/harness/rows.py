"""What a row of results.json holds."""
NUMBER, OPTIONAL = (int, float), (int, float, type(None))
# Always there; null where a figure means nothing (the MACs of a memory read).
SCHEMA = {
    "name": str, "isa": str, "packing": str, "source": str, "threads": int, "m": int, "n": int, "k": int,
    "seconds": NUMBER, "median_seconds": NUMBER,
    "gbps": OPTIONAL, "dram_gbps": OPTIONAL, "frac_dram": OPTIONAL,
    "gmacs": OPTIONAL, "peak_gmacs": OPTIONAL, "frac_peak": OPTIONAL,
    "cycles_per_64": OPTIONAL, "of_intrinsics": OPTIONAL,
    # Against the ternary reference: all integer sums equal; relative L2 error of the floats.
    "exact": (bool, type(None)), "relative_error": OPTIONAL,
    # Time of this row divided by the time of our fastest form of the same thing.
    "times_ours": OPTIONAL,
    # Part of the time that is spent in ternary products.
    "ternary_share": OPTIONAL,
    "checked": bool,
}


def complete(row):
    unknown = set(row) - set(SCHEMA)
    assert not unknown, f"columns without a description: {unknown}"
    return {key: row.get(key) for key in SCHEMA}


def check(rows):
    """The schema, and that no figure is of an unchecked result."""
    for row in rows:
        assert list(row) == list(SCHEMA), row
        for key, kind in SCHEMA.items():
            assert isinstance(row[key], kind), f"{key} = {row[key]!r} in {row}"
        assert row["checked"] and row["seconds"] > 0, row
