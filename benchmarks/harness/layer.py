"""One layer, 2560 -> 6912: compiled model against other engines on the same numbers."""
import numpy as np

import llama
import models
import timing
from session import Model, bind_onnxruntime
from settings import say

FORMS = {"ort-f32": None, "ort-int8": "int8", "ort-4bit": "4bit", "ort-2bit": "2bit"}


def packings(tools):
    """Values of --packing that the compiler has; none before there was a choice."""
    text = tools.run([tools.path("bitnet-compile"), "--help"])
    found = [p for p in ("2.0", "1.6") if "--packing" in text and f"={p}" in text]
    return found or ["auto"]


def compile_model(tools, source, packing):
    target = source.with_name(f"{source.stem}-{packing}.so")
    flags = [] if packing == "auto" else [f"--packing={packing}"]
    tools.run([tools.path("bitnet-compile"), source, "-q", "-o", target, *flags])
    return target


def bind_numpy(layer, x, y, threads):
    """OpenBLAS, f32; its threads cannot be chosen after the import."""
    weight = layer.dequantized()
    return lambda: np.matmul(x, weight, out=y)


class Bench:
    def __init__(self, tools, settings):
        self.tools, self.settings = tools, settings
        k, n, *self.rows = settings.layer
        self.folder = tools.work / "layer"
        self.folder.mkdir(exist_ok=True)
        self.layer = models.Layer(tools.root, k, n)
        source = self.layer.save_training_form(self.folder)
        self.ours = {f"bitnet-{p}": compile_model(tools, source, p) for p in packings(tools)}
        self.others = {} if settings.smoke else self.make_others()
        self.ggml = llama.Ggml() if settings.with_llama_cpp else None

    def make_others(self):
        source = self.layer.save_float_form(self.folder)
        return {name: models.other_form(source, form) if form else source for name, form in FORMS.items()}

    def bind(self, m, threads):
        """Functions by name, and the output of each."""
        x = self.layer.activations(m)[1]
        functions, outputs = {}, {}
        new = lambda name: outputs.setdefault(name, np.zeros((m, self.layer.n), np.float32))
        for name, path in self.ours.items():
            functions[name] = Model(self.tools, path, threads).bind(x, new(name))
        for name, path in self.others.items():
            functions[name] = bind_onnxruntime(path, x, new(name), threads)
        for form in llama.FORMATS if self.ggml else ():
            product = llama.Product(self.ggml, form, self.layer.transposed(), x, threads)
            functions[f"llama.cpp-{form}"], outputs[f"llama.cpp-{form}"] = product, product.y
        if self.others and threads == max(self.settings.threads):
            functions["numpy-f32"] = bind_numpy(self.layer, x, new("numpy-f32"), threads)
        return functions, outputs

    def measure(self, m, threads):
        functions, outputs = self.bind(m, threads)
        for function in functions.values():
            function()
        judged = {name: self.layer.judge(m, y) for name, y in outputs.items()}
        times = timing.in_turn(functions, self.settings.budget * 2)
        for function in functions.values():
            if isinstance(function, llama.Product):
                function.close()
        ours = min(times[name][0] for name in self.ours)
        return [self.row(name, m, threads, times[name], ours, *judged[name]) for name in functions]

    def row(self, name, m, threads, times, ours, exact, error):
        engine, _, form = name.partition("-")
        best, median = times
        k, n = self.layer.k, self.layer.n
        return {"name": "layer", "isa": engine, "packing": form, "source": "cache", "threads": threads, "m": m, "n": n,
                "k": k, "seconds": best, "median_seconds": median, "gmacs": m * n * k / best / 1e9, "exact": exact,
                "relative_error": error, "times_ours": best / ours, "checked": exact or engine != "bitnet"}


def measure(tools, settings):
    if settings.filter not in "layer":
        return [], True
    say("measuring one layer")
    bench, rows = Bench(tools, settings), []
    for m in bench.rows:
        for threads in settings.threads:
            rows += bench.measure(m, threads)
    return rows, all(row["checked"] for row in rows)
