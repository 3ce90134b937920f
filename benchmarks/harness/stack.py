"""A two-layer stack of 2B4T widths: one token (decode) and 128 (prefill)."""
import contextlib
import json
import sys

import numpy as np

import models
import timing
from layer import compile_model, packings
from session import Model, bind_onnxruntime
from settings import say

HIDDEN, TOKENS = 2560, (1, 128)


def fold_weights(source, target):
    """The same graph with the weights' own quantization computed: what ONNX Runtime does at
    load, written down, because its quantizers want weights that are constants."""
    import onnxruntime as ort
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return target
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 3
    ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
    return target


class Bench:
    def __init__(self, tools, settings):
        self.tools, self.settings = tools, settings
        self.folder = tools.work / "stack"
        self.source = self.folder / "stack.onnx"
        module = models.stack_module(tools.root)
        if not (self.folder / "rows.npz").exists():
            module.make(self.folder, settings.stack_layers)
        # n x k of all ternary matrices of a layer.
        self.weights = settings.stack_layers * sum(n * k for n, k in module.PROJECTIONS.values())
        self.ours = {f"bitnet-{p}": compile_model(tools, self.source, p) for p in packings(tools)}
        self.good = {name: self.is_right(module, path) for name, path in self.ours.items()}
        folded = fold_weights(self.source, self.folder / "folded.onnx") if settings.comparators else None
        self.others = {f"ort-{form}": self.source if form == "f32" else models.other_form(folded, form)
                       for form in settings.comparators}

    def is_right(self, module, model):
        """By the NumPy reference. ONNX Runtime is none: its f32 mean over a matrix is off enough to
        move weights across rounding, so that its outputs differ by percents."""
        codes, outputs = self.folder / "codes.npz", self.folder / "outputs"
        self.tools.run([self.tools.path("bitnet-run"), model, "--data", self.folder / "rows.npz", "--dump-codes", codes,
                        "--save-outputs", outputs])
        with contextlib.redirect_stdout(sys.stderr):
            return module.check(self.folder, codes, outputs, self.settings.stack_layers) == 0

    def measure(self, tokens, threads):
        x = np.random.default_rng(5).standard_normal((1, tokens, HIDDEN)).astype(np.float32)
        outputs = {name: np.zeros_like(x) for name in (*self.ours, *self.others)}
        functions = {name: Model(self.tools, path, threads).bind(x, outputs[name]) for name, path in self.ours.items()}
        for name, path in self.others.items():
            functions[name] = bind_onnxruntime(path, x, outputs[name], threads)
        for function in functions.values():
            function()
        want = outputs[next(iter(self.ours))].astype(np.float64)
        errors = {name: float(np.linalg.norm(y - want) / np.linalg.norm(want)) for name, y in outputs.items()}
        times = timing.in_turn(functions, self.settings.budget * 4)
        ours = min(times[name][0] for name in self.ours)
        shares = {name: self.ternary_share(path, tokens, threads) for name, path in self.ours.items()}
        return [self.row(name, tokens, threads, times[name], ours, errors[name], shares.get(name)) for name in functions]

    def row(self, name, tokens, threads, times, ours, error, share):
        engine, _, form = name.partition("-")
        best, median = times
        return {"name": "stack-decode" if tokens == 1 else "stack-prefill", "isa": engine, "packing": form,
                "source": "dram", "threads": threads, "m": tokens, "n": 0, "k": 0, "seconds": best,
                "median_seconds": median, "gmacs": tokens * self.weights / best / 1e9, "relative_error": error,
                "times_ours": best / ours, "ternary_share": share,
                "checked": self.good.get(name, True)}

    def ternary_share(self, model, tokens, threads):
        """Part of a run's time in ternary products, by bitnet-run's profile; None without one."""
        profile = self.folder / "profile.json"
        tool = self.tools.path("bitnet-run")
        if "--profile" not in self.tools.run([tool, "--help"]):
            return None
        self.tools.run([tool, model, "--dim", "batch=1", "--dim", f"seq={tokens}", f"--threads={threads}", "--bench=20",
                        f"--profile={profile}"])
        return share_of(json.loads(profile.read_text()))


def share_of(profile):
    return profile["kinds"]["ternary matmul"] / profile["ms"]


def measure(tools, settings):
    if settings.filter not in "stack" or not settings.stack_layers:
        return [], True
    say("measuring a two-layer stack (the first time: making the models)")
    bench, rows = Bench(tools, settings), []
    for tokens in TOKENS:
        for threads in settings.threads:
            rows += bench.measure(tokens, threads)
    return rows, all(row["checked"] for row in rows)
