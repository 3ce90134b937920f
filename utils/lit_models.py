"""lit test format: one test per exported model, compiled, run and compared (mm_c4)."""
import os
import subprocess

import lit.formats
import lit.Test
import numpy as np
import onnx


def name_as_model(arrays, prefix, values):
    """Exporters name past values in their own ways: what the model does not know follows in order."""
    own = {name: array for name, array in arrays.items() if name.startswith(prefix)}
    known = {prefix + value.name for value in values}
    rest = iter([array for name, array in own.items() if name not in known])
    return {name: own[name] if name in own else next(rest) for name in (prefix + value.name for value in values)}


def bind_data(model, data, work):
    """The stored arrays under the names of this export."""
    graph = onnx.load(model, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    with np.load(data) as arrays:
        inputs = name_as_model(arrays, "in_", [v for v in graph.input if v.name not in constants])
        outputs = name_as_model(arrays, "out_", graph.output)
    bound = os.path.join(work, "data.npz")
    np.savez(bound, **inputs, **outputs)
    return bound


class ModelTest(lit.formats.ShTest):
    """Files are ShTests; to those of folder `path_in_suite` every model of `models_dir` adds a test of its own."""

    def __init__(self, path_in_suite, models_dir, tolerances):
        super().__init__(execute_external=True)
        self.path_in_suite = path_in_suite
        self.models_dir = models_dir
        self.tolerances = tolerances

    def getTestsInDirectory(self, suite, path_in_suite, lit_config, local_config):
        yield from super().getTestsInDirectory(suite, path_in_suite, lit_config, local_config)
        # Folders below have this format, too.
        if path_in_suite != self.path_in_suite:
            return
        for name in sorted(os.listdir(self.models_dir)):
            if name.endswith(".onnx"):
                yield lit.Test.Test(suite, path_in_suite + (name,), local_config)

    def execute(self, test, lit_config):
        name = test.path_in_suite[-1]
        if not name.endswith(".onnx"):
            return super().execute(test, lit_config)
        stem = name.split(".")[0]
        work = os.path.join(test.config.test_exec_root, "EndToEnd", "Output", name)
        os.makedirs(work, exist_ok=True)
        model = os.path.join(self.models_dir, name)
        library = os.path.join(work, "model.so")
        data = bind_data(model, os.path.join(self.models_dir, stem + ".npz"), work)
        tol = self.tolerances.get(stem)
        log = ""
        for command in (["bitnet-compile", "--mcpu=native", model, "-o", library],
                        ["bitnet-run", library, "--data", data] + ([f"--tol={tol}"] if tol else [])):
            run = subprocess.run(command, env=test.config.environment, capture_output=True, text=True)
            log += f"$ {' '.join(command)}\n{run.stdout}{run.stderr}"
            if run.returncode:
                return self.explain(test, model, library, data, log, command[0], run.returncode)
        return lit.Test.PASS, log

    def explain(self, test, model, library, data, log, tool, code):
        """A larger difference passes only when rounding ties are shown to explain it."""
        if tool != "bitnet-run" or code != 1 or self.tolerances.get(os.path.basename(model).split(".")[0]):
            return lit.Test.FAIL, log
        script = os.path.join(test.config.bitnet_source_dir, "utils", "check-model-codes.py")
        run = subprocess.run([test.config.python, script, model, library, data],
                             env=test.config.environment, capture_output=True, text=True)
        log += f"$ check-model-codes\n{run.stdout}{run.stderr}"
        return (lit.Test.FAIL if run.returncode else lit.Test.PASS), log
