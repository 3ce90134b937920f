"""Memory of compiled models as arrays, and arrays as tensors of the C interface."""

from __future__ import annotations

import ctypes
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .runtime import DTYPES, IN_PLACE, Tensor, ValueDesc

Array = npt.NDArray[Any]


class DLPackArray(Protocol):
    """An array of another library."""

    def __dlpack__(self, *arguments: Any, **options: Any) -> Any: ...

    def __dlpack_device__(self) -> Any: ...


Input = npt.ArrayLike | DLPackArray

_free = ctypes.CDLL(None).free
_free.argtypes, _free.restype = [ctypes.c_void_p], None


class _Owner:
    """What an array that a run allocated is a view of: frees the memory when the last view is gone."""

    def __init__(self, address: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.address = address
        self.__array_interface__ = {"version": 3, "data": (address, False), "shape": shape, "typestr": dtype.str}

    # At the end of the interpreter the module's names may be gone before the last array.
    def __del__(self, free: Any = _free) -> None:
        free(self.address)


def take_array(tensor: Tensor) -> Array:
    """The output in `tensor`, whose memory becomes the array's: nothing is copied."""
    shape = tuple(tensor.dims[: tensor.rank])
    dtype = DTYPES[tensor.dtype][0]
    if not tensor.data:
        return np.empty(shape, dtype)
    return np.asarray(_Owner(tensor.data, shape, dtype))


def _is_memory(given: object) -> bool:
    """Whether `given` is an array: NumPy's, or another library's, of which DLPack gives a view."""
    return isinstance(given, np.ndarray) or hasattr(given, "__dlpack__")


def _view(given: Any, dtype: np.dtype[Any]) -> Array:
    if isinstance(given, np.ndarray):
        return given
    return np.from_dlpack(given) if _is_memory(given) else np.asarray(given, dtype)


def _describe(name: str, value: ValueDesc) -> str:
    return f"input '{name}' is a {DTYPES[value.dtype][1]} of rank {value.rank}"


def check_array(name: str, value: ValueDesc, given: Input) -> Array:
    """`given` as a dense array that input `name` takes; a copy only where it is not dense.

    Raises ValueError for another dtype or rank, and for memory that the run could not write where it must. Arrays of
    other libraries are viewed by DLPack. Lists and numbers get the dtype of the input.
    """
    dtype, word = DTYPES[value.dtype]
    array = _view(given, dtype)
    # Arrays of ml_dtypes.bfloat16 are the 16 bits that are meant.
    if word == "tensor(bfloat16)" and array.dtype.name == "bfloat16":
        array = array.view(np.uint16)
    if array.dtype != dtype:
        raise ValueError(f"{_describe(name, value)} ({dtype}), got {array.dtype}")
    if array.ndim != value.rank:
        raise ValueError(f"{_describe(name, value)}, got rank {array.ndim}: shape {array.shape}")
    if not value.flags & IN_PLACE:
        return np.require(array, requirements=["C", "ALIGNED"])
    flags = array.flags
    if _is_memory(given) and flags.c_contiguous and flags.aligned and flags.writeable:
        return array
    raise ValueError(f"input '{name}' is updated in place: it needs a C-contiguous writable array")


def fill_tensor(tensor: Tensor, dtype: int, array: Array) -> None:
    """Makes `tensor` the memory of `array`, which must outlive it."""
    tensor.data = array.ctypes.data
    tensor.dtype = dtype
    tensor.rank = array.ndim
    tensor.dims[: array.ndim] = array.shape
