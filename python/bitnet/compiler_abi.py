"""The C interface of libbitnet-compiler (bitnet/CAPI/Compiler.h) for ctypes: its structs and functions."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any

from .libraries import load_library

SEVERITIES = ("note", "warning", "error")


class DiagnosticStruct(ctypes.Structure):
    """bitnet_compile_diagnostic"""

    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("severity", ctypes.c_int),
        ("status", ctypes.c_int),
        ("message", ctypes.c_char_p),
        ("node", ctypes.c_char_p),
        ("file", ctypes.c_char_p),
        ("line", ctypes.c_uint32),
    ]


class ProgressStruct(ctypes.Structure):
    """bitnet_compile_progress"""

    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("index", ctypes.c_uint32),
        ("count", ctypes.c_uint32),
        ("stage", ctypes.c_char_p),
        ("seconds", ctypes.c_double),
    ]


class LayerStruct(ctypes.Structure):
    """bitnet_compile_layer"""

    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("kind", ctypes.c_char_p),
        ("storage", ctypes.c_char_p),
        ("granularity", ctypes.c_char_p),
        ("activations", ctypes.c_char_p),
        ("reason", ctypes.c_char_p),
        ("packing", ctypes.c_char_p),
        ("packing_note", ctypes.c_char_p),
        ("bits_per_weight", ctypes.c_double),
        ("rows", ctypes.c_int64),
        ("cols", ctypes.c_int64),
        ("bytes_before", ctypes.c_uint64),
        ("bytes_after", ctypes.c_uint64),
    ]


class Words(ctypes.Structure):
    """bitnet_compile_words"""

    _fields_ = [("words", ctypes.POINTER(ctypes.c_char_p)), ("count", ctypes.c_size_t)]


DiagnosticFunction = ctypes.CFUNCTYPE(None, ctypes.POINTER(DiagnosticStruct), ctypes.c_void_p)
ProgressFunction = ctypes.CFUNCTYPE(None, ctypes.POINTER(ProgressStruct), ctypes.c_void_p)
CancelledFunction = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class Options(ctypes.Structure):
    """bitnet_compile_options"""

    # Bytes that the struct points to, while it lives.
    keep: bytes = b""

    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("model", ctypes.c_char_p),
        ("model_bytes", ctypes.c_void_p),
        ("model_size", ctypes.c_size_t),
        ("output", ctypes.c_char_p),
        ("emit", ctypes.c_char_p),
        ("target", ctypes.c_char_p),
        ("report", ctypes.c_char_p),
        ("dims", Words),
        ("strict_shapes", ctypes.c_int32),
        ("external_data", ctypes.c_char_p),
        ("external_root", ctypes.c_char_p),
        ("max_nodes", ctypes.c_uint64),
        ("max_memory", ctypes.c_uint64),
        ("quantize", ctypes.c_char_p),
        ("quantize_include", Words),
        ("quantize_exclude", Words),
        ("float_weights", ctypes.c_char_p),
        ("float_weights_include", Words),
        ("float_weights_exclude", Words),
        ("triple", ctypes.c_char_p),
        ("cpu", ctypes.c_char_p),
        ("features", ctypes.c_char_p),
        ("isas", Words),
        ("opt_level", ctypes.c_uint32),
        ("kernel", ctypes.c_char_p),
        ("packing", ctypes.c_char_p),
        ("weights", ctypes.c_char_p),
        ("runner", ctypes.c_char_p),
        ("user", ctypes.c_void_p),
        ("diagnostic", DiagnosticFunction),
        ("progress", ProgressFunction),
        ("cancelled", CancelledFunction),
        ("configure", ctypes.c_void_p),
    ]

    def set_word(
        self, name: str, value: str | int | bool | Sequence[str], make_words: Callable[[Sequence[str]], Words]
    ) -> None:
        """Sets option `name`; TypeError where there is none, or none of this type."""
        kinds: dict[str, Any] = {field[0]: field[1] for field in self._fields_[5:-5]}
        kind = kinds.get(name)
        if kind is None or name == "dims":
            raise TypeError(f"compile() has no option '{name}', it has {', '.join(n for n in kinds if n != 'dims')}")
        if kind is Words and not isinstance(value, (str, int)):
            setattr(self, name, make_words(value))
        elif kind is ctypes.c_char_p and isinstance(value, str):
            setattr(self, name, value.encode())
        elif kind is not Words and kind is not ctypes.c_char_p and isinstance(value, int) and value >= 0:
            setattr(self, name, int(value))
        else:
            needs = {Words: "a list of words", ctypes.c_char_p: "a word"}.get(kind, "a number that is not negative")
            raise TypeError(f"option '{name}' needs {needs}, got {value!r}")


_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "bitnet_compile_options_init": (None, [ctypes.POINTER(Options), ctypes.c_size_t]),
    "bitnet_compile": (ctypes.c_int, [ctypes.POINTER(Options), ctypes.POINTER(ctypes.c_void_p)]),
    "bitnet_compile_result_free": (None, [ctypes.c_void_p]),
    "bitnet_compile_result_output": (ctypes.c_char_p, [ctypes.c_void_p]),
    "bitnet_compile_result_cpu": (ctypes.c_char_p, [ctypes.c_void_p]),
    "bitnet_compile_result_kernel": (ctypes.c_char_p, [ctypes.c_void_p]),
    "bitnet_compile_result_isas": (Words, [ctypes.c_void_p]),
    "bitnet_compile_result_weight_bytes": (ctypes.c_uint64, [ctypes.c_void_p]),
    "bitnet_compile_result_layer_count": (ctypes.c_size_t, [ctypes.c_void_p]),
    "bitnet_compile_result_layer": (None, [ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(LayerStruct)]),
    "bitnet_compiler_version": (ctypes.c_char_p, []),
}


@functools.cache
def load_compiler() -> ctypes.CDLL:
    """The compiler, with the types of its functions. It takes as long as loading LLVM does."""
    library = load_library("bitnet-compiler")
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
