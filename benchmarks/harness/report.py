"""results.json as Markdown tables."""


def figure(value, form="{:.2f}"):
    return "" if value is None else form.format(value)


def percent(value):
    return figure(value and 100 * value, "{:.0f} %")


def table(head, lines):
    text = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(text + ["| " + " | ".join(map(str, line)) + " |" for line in lines]) + "\n"


def by_name(results, *names):
    return [row for row in results if row["name"] in names]


def limits(results):
    lines = [(r["name"], r["isa"], r["source"], r["threads"], figure(r["gbps"], "{:.1f}"), figure(r["gmacs"], "{:.0f}"))
             for r in by_name(results, "dram-read", "int8-peak")]
    return table(("limit", "how", "from", "threads", "GB/s", "GMAC/s"), lines)


def gemv(results):
    lines = [(r["isa"], r["packing"], f"{r['n']}x{r['k']}", r["threads"], figure(r["gbps"], "{:.1f}"),
              figure(r["dram_gbps"], "{:.1f}"), percent(r["frac_dram"]), figure(r["gmacs"], "{:.0f}"))
             for r in by_name(results, "gemv") if r["source"] == "dram"]
    return table(("kernel", "packing", "N x K", "threads", "GB/s", "raw read", "of it", "Gweights/s"), lines)


def gemm(results):
    lines = [(r["isa"], r["packing"], f"{r['n']}x{r['k']}", r["m"], r["threads"], r["source"], figure(r["gmacs"], "{:.0f}"),
              figure(r["peak_gmacs"], "{:.0f}"), percent(r["frac_peak"]), percent(r["frac_dram"]))
             for r in by_name(results, "gemm") if r["cycles_per_64"] is None]
    return table(("kernel", "packing", "N x K", "M", "threads", "from", "GMAC/s", "peak", "of it", "of raw read"), lines)


def in_cache(results):
    lines = [(r["isa"], r["packing"], f"{r['n']}x{r['k']}", r["m"], figure(r["cycles_per_64"], "{:.3f}"),
              percent(r["of_intrinsics"])) for r in results if r["cycles_per_64"] is not None]
    return table(("code", "packing", "N x K", "M", "cycles per 64 weights", "speed of intrinsics"), lines)


def whole(results, *names):
    lines = [(r["name"], r["isa"], r["packing"], r["m"], r["threads"], figure(1e3 * r["seconds"], "{:.3f}"), figure(1e3 * r["median_seconds"], "{:.3f}"),
              figure(r["times_ours"]), {True: "yes", False: "no", None: ""}[r["exact"]],
              figure(r["relative_error"], "{:.1e}"), percent(r["ternary_share"])) for r in by_name(results, *names)]
    head = ("what", "engine", "form", "M", "threads", "ms", "median", "times ours", "exact", "relative error", "in ternary products")
    return table(head, lines)


def markdown(results, machine):
    cpu = machine["cpu"]
    parts = [f"# Benchmarks\n\n`benchmarks/run {machine['arguments']}`, {machine['date']}, commit {machine['commit'][:12]}"
             f"{' (modified)' if machine['modified'] else ''}\n\n{cpu['model']} ({cpu['family_model_stepping']}), "
             f"{machine['cores']} cores, Linux {machine['kernel']}, load {machine['load_before'][0]:.1f} before and "
             f"{machine['load_after'][0]:.1f} after. Machine record: machine.json.\n"]
    sections = (("Limits", limits(results)), ("M = 1: weights from memory", gemv(results)), ("M > 1", gemm(results)),
                ("Generated code and intrinsics, in cache, one thread", in_cache(results)),
                ("One layer, activations in, activations out", whole(results, "layer")),
                ("Two layers of 2B4T widths", whole(results, "stack-decode", "stack-prefill")))
    parts += [f"## {title}\n\n{text}" for title, text in sections if text.count("\n") > 2]
    return "\n".join(parts)
