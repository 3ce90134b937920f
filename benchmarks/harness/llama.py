"""One layer through ggml, the arithmetic of llama.cpp, in its ternary formats (benchmarks/requirements-llama-cpp.txt).

Weights are blocks of 256 along K with a scale each, activations are rounded to int8 per block.
"""
import ctypes as c
import importlib.util
import pathlib

import numpy as np

F32 = 0  # enum ggml_type
FORMATS = {"tq2_0": 35, "tq1_0": 34}
MAX_THREADS = 512  # GGML_MAX_N_THREADS


class InitParams(c.Structure):
    _fields_ = [("mem_size", c.c_size_t), ("mem_buffer", c.c_void_p), ("no_alloc", c.c_bool)]


class ThreadpoolParams(c.Structure):
    _fields_ = [("cpumask", c.c_bool * MAX_THREADS), ("n_threads", c.c_int), ("prio", c.c_int), ("poll", c.c_uint32),
                ("strict_cpu", c.c_bool), ("paused", c.c_bool)]


class Plan(c.Structure):
    _fields_ = [("work_size", c.c_size_t), ("work_data", c.c_void_p), ("n_threads", c.c_int), ("threadpool", c.c_void_p),
                ("abort_callback", c.c_void_p), ("abort_callback_data", c.c_void_p), ("use_ref", c.c_bool)]


# Function: library, result, arguments.
FUNCTIONS = {
    "ggml_init": ("base", c.c_void_p, [InitParams]),
    "ggml_free": ("base", None, [c.c_void_p]),
    "ggml_new_tensor_2d": ("base", c.c_void_p, [c.c_void_p, c.c_int, c.c_int64, c.c_int64]),
    "ggml_get_data": ("base", c.c_void_p, [c.c_void_p]),
    "ggml_mul_mat": ("base", c.c_void_p, [c.c_void_p] * 3),
    "ggml_new_graph": ("base", c.c_void_p, [c.c_void_p]),
    "ggml_build_forward_expand": ("base", None, [c.c_void_p] * 2),
    "ggml_quantize_chunk": ("base", c.c_size_t, [c.c_int, c.c_void_p, c.c_void_p, c.c_int64, c.c_int64, c.c_int64, c.c_void_p]),
    "ggml_threadpool_params_init": ("base", None, [c.POINTER(ThreadpoolParams), c.c_int]),
    "ggml_cpu_init": ("cpu", None, []),
    "ggml_threadpool_new": ("cpu", c.c_void_p, [c.POINTER(ThreadpoolParams)]),
    "ggml_threadpool_free": ("cpu", None, [c.c_void_p]),
    "ggml_graph_plan": ("cpu", Plan, [c.c_void_p, c.c_int, c.c_void_p]),
    "ggml_graph_compute": ("cpu", c.c_int, [c.c_void_p, c.POINTER(Plan)]),
}


class Ggml:
    """The functions in use, by name."""

    def __init__(self):
        folder = pathlib.Path(importlib.util.find_spec("llama_cpp").origin).parent / "lib"
        libraries = {part: c.CDLL(str(folder / f"libggml-{part}.so"), mode=c.RTLD_GLOBAL) for part in ("base", "cpu")}
        for name, (part, result, arguments) in FUNCTIONS.items():
            function = getattr(libraries[part], name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        self.ggml_cpu_init()


class Product:
    """y [m, n] = x [m, k] W^T. `y` is ggml's own memory."""

    def __init__(self, ggml, form, weight, x, threads):
        self.ggml, kind, (n, k), m = ggml, FORMATS[form], weight.shape, len(x)
        self.context = ggml.ggml_init(InitParams(4 * (n * k + m * (n + k)) + (64 << 20), None, False))
        w = ggml.ggml_new_tensor_2d(self.context, kind, k, n)
        ggml.ggml_quantize_chunk(kind, weight.ctypes.data, ggml.ggml_get_data(w), 0, n, k, None)
        input = ggml.ggml_new_tensor_2d(self.context, F32, k, m)
        c.memmove(ggml.ggml_get_data(input), x.ctypes.data, x.nbytes)
        output = ggml.ggml_mul_mat(self.context, w, input)
        self.graph = ggml.ggml_new_graph(self.context)
        ggml.ggml_build_forward_expand(self.graph, output)
        floats = c.cast(ggml.ggml_get_data(output), c.POINTER(c.c_float))
        self.y = np.ctypeslib.as_array(floats, (m, n))
        self.start(threads)

    def start(self, threads):
        """Threads of its own, which wait as llama.cpp's do."""
        params = ThreadpoolParams()
        self.ggml.ggml_threadpool_params_init(params, threads)
        self.pool = self.ggml.ggml_threadpool_new(params)
        self.plan = self.ggml.ggml_graph_plan(self.graph, threads, self.pool)
        self.work = np.empty(max(self.plan.work_size, 1), np.uint8)
        self.plan.work_data = self.work.ctypes.data

    def __call__(self):
        if self.ggml.ggml_graph_compute(self.graph, self.plan):
            raise RuntimeError("ggml_graph_compute failed")

    def close(self):
        self.ggml.ggml_threadpool_free(self.pool)
        self.ggml.ggml_free(self.context)
