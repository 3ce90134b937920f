"""The C interface of libbitnet_runtime (bitnet/runtime/abi.h, runtime.h) for ctypes: its structs and functions."""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import numpy as np

from .libraries import load_library

MAX_RANK = 8
IN_PLACE = 1
OK, INVALID_ARGUMENT, SHAPE_MISMATCH, OUT_OF_MEMORY = range(4)

# bitnet_dtype: the array's elements and ONNX Runtime's name for a tensor of them. NumPy has no bfloat16: its 16 bits
# travel as uint16.
DTYPES: dict[int, tuple[np.dtype[Any], str]] = {
    1: (np.dtype(np.float32), "tensor(float)"),
    2: (np.dtype(np.uint8), "tensor(uint8)"),
    3: (np.dtype(np.int8), "tensor(int8)"),
    4: (np.dtype(np.uint16), "tensor(uint16)"),
    5: (np.dtype(np.int16), "tensor(int16)"),
    6: (np.dtype(np.int32), "tensor(int32)"),
    7: (np.dtype(np.int64), "tensor(int64)"),
    9: (np.dtype(np.bool_), "tensor(bool)"),
    10: (np.dtype(np.float16), "tensor(float16)"),
    11: (np.dtype(np.float64), "tensor(double)"),
    12: (np.dtype(np.uint32), "tensor(uint32)"),
    13: (np.dtype(np.uint64), "tensor(uint64)"),
    16: (np.dtype(np.uint16), "tensor(bfloat16)"),
}


class Tensor(ctypes.Structure):
    """bitnet_tensor"""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("dims", ctypes.c_int64 * MAX_RANK),
        ("strides", ctypes.c_void_p),
        ("capacity", ctypes.c_uint64),
    ]


class ValueDesc(ctypes.Structure):
    """bitnet_value_desc"""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("dims", ctypes.POINTER(ctypes.c_int64)),
        ("dim_names", ctypes.POINTER(ctypes.c_char_p)),
        ("flags", ctypes.c_uint32),
        ("alias", ctypes.c_int32),
    ]


class RunOptions(ctypes.Structure):
    """bitnet_run_options"""

    _fields_ = [
        ("struct_size", ctypes.c_uint64),
        ("weights", ctypes.c_void_p),
        ("parallel_for", ctypes.c_void_p),
        ("pool", ctypes.c_void_p),
        ("allocate", ctypes.c_void_p),
        ("probe", ctypes.c_void_p),
        ("user", ctypes.c_void_p),
        ("error", ctypes.c_char_p),
        ("error_size", ctypes.c_uint64),
        ("mark", ctypes.c_void_p),
        ("work", ctypes.c_void_p),
        ("session", ctypes.c_void_p),
    ]


_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "bitnet_model_load": (ctypes.c_int, [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]),
    "bitnet_model_free": (None, [ctypes.c_void_p]),
    "bitnet_model_num_inputs": (ctypes.c_uint32, [ctypes.c_void_p]),
    "bitnet_model_num_outputs": (ctypes.c_uint32, [ctypes.c_void_p]),
    "bitnet_model_num_states": (ctypes.c_uint32, [ctypes.c_void_p]),
    "bitnet_model_input": (ctypes.POINTER(ValueDesc), [ctypes.c_void_p, ctypes.c_uint32]),
    "bitnet_model_output": (ctypes.POINTER(ValueDesc), [ctypes.c_void_p, ctypes.c_uint32]),
    "bitnet_model_invoke": (
        ctypes.c_int,
        [ctypes.c_void_p] + [ctypes.c_void_p, ctypes.c_uint32] * 2 + [ctypes.c_void_p],
    ),
    "bitnet_model_shapes": (ctypes.c_int, [ctypes.c_void_p] + [ctypes.c_void_p, ctypes.c_uint32] * 2),
    "bitnet_session_create": (ctypes.c_int, [ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)]),
    "bitnet_session_reset": (None, [ctypes.c_void_p, ctypes.c_void_p]),
    "bitnet_session_free": (None, [ctypes.c_void_p, ctypes.c_void_p]),
    "bitnet_pool_create": (ctypes.c_void_p, [ctypes.c_int]),
    "bitnet_pool_free": (None, [ctypes.c_void_p]),
    "bitnet_last_error": (ctypes.c_char_p, []),
}


@functools.cache
def load_runtime() -> ctypes.CDLL:
    """The runtime, with the types of its functions."""
    library = load_library("bitnet_runtime")
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def check(status: int) -> None:
    """Raises what `status` of this thread's latest call means: ValueError, MemoryError or RuntimeError."""
    if status == OK:
        return
    text = load_runtime().bitnet_last_error().decode(errors="replace")
    if status in (INVALID_ARGUMENT, SHAPE_MISMATCH):
        raise ValueError(text)
    raise (MemoryError if status == OUT_OF_MEMORY else RuntimeError)(text)
