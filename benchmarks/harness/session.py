"""Compiled models through the C runtime, without copies: docs/Abi.md."""
import ctypes as c

import numpy as np

MAX_RANK, F32 = 8, 1


class Tensor(c.Structure):
    _fields_ = [("data", c.c_void_p), ("dtype", c.c_int32), ("rank", c.c_int32), ("dims", c.c_int64 * MAX_RANK),
                ("strides", c.c_void_p), ("capacity", c.c_uint64)]


class RunOptions(c.Structure):
    """The part of bitnet_run_options that is set here; struct_size says how much that is."""
    _fields_ = [("struct_size", c.c_uint64), ("weights", c.c_void_p), ("parallel_for", c.c_void_p), ("pool", c.c_void_p)]


def tensor_of(array):
    assert array.dtype == np.float32 and array.flags.c_contiguous
    dims = (c.c_int64 * MAX_RANK)(*array.shape)
    return Tensor(array.ctypes.data, F32, array.ndim, dims, None, array.nbytes)


class Model:
    """One input, one output, f32; a pool of its own."""

    def __init__(self, tools, path, threads):
        self.library = lib = c.CDLL(str(tools.build / "lib" / "libbitnet_runtime.so"))
        lib.bitnet_last_error.restype = c.c_char_p
        lib.bitnet_pool_create.restype = c.c_void_p
        self.model = c.c_void_p()
        self.check(lib.bitnet_model_load(str(path).encode(), c.byref(self.model)))
        self.pool = lib.bitnet_pool_create(threads)
        parallel_for = c.cast(lib.bitnet_pool_parallel_for, c.c_void_p)
        self.options = RunOptions(c.sizeof(RunOptions), None, parallel_for, self.pool)

    def check(self, status):
        if status:
            raise RuntimeError(self.library.bitnet_last_error().decode())

    def bind(self, x, y):
        """A function that reads x and writes y."""
        inputs, outputs = tensor_of(x), tensor_of(y)
        arguments = (self.model, c.byref(inputs), 1, c.byref(outputs), 1, c.byref(self.options))
        invoke, keep = self.library.bitnet_model_invoke, (inputs, outputs, x, y)
        return lambda: self.check(invoke(*arguments)) or keep and None


def bind_onnxruntime(model, x, y, threads):
    """The same for ONNX Runtime, through IO binding, which copies nothing either."""
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for bind, name, array in ((binding.bind_input, session.get_inputs()[0].name, x),
                              (binding.bind_output, session.get_outputs()[0].name, y)):
        bind(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
    return lambda: session.run_with_iobinding(binding)
