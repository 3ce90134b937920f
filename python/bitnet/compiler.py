"""Compiles models: the C interface of libbitnet-compiler (bitnet/CAPI/Compiler.h)."""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .compiler_abi import (
    SEVERITIES,
    CancelledFunction,
    DiagnosticFunction,
    LayerStruct,
    Options,
    ProgressFunction,
    Words,
    load_compiler,
)
from .interrupt import catch_interrupts

USAGE, CANCELLED = 64, 75


class SerializableModel(Protocol):
    """What onnx.ModelProto is to us."""

    def SerializeToString(self) -> bytes: ...


@dataclass(frozen=True)
class Diagnostic:
    """One message of the compiler.

    `severity` is "note", "warning" or "error", `node` the ONNX node ("" for the whole model), `file` the model ("" for
    the options), `line` the number of the node, from 1, or the line of a stage's text, 0 for the whole file.
    """

    severity: str
    message: str
    node: str
    file: str
    line: int

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "")
        node = f"node '{self.node}'" if self.node else ""
        return ": ".join(part for part in (place, self.severity, node, self.message) if part)


@dataclass(frozen=True)
class Progress:
    """A stage that has ended: number `index` of `count`, which may grow, and how long it took."""

    index: int
    count: int
    stage: str
    seconds: float


@dataclass(frozen=True)
class Layer:
    """What became of one layer with constant weights of `rows` by `cols`.

    `kind` is "ternary", "binary", "float" or "table", `reason` why it is not ternary, `packing` "u2", "u1_6" or "".
    """

    name: str
    kind: str
    reason: str
    packing: str
    bits_per_weight: float
    rows: int
    cols: int
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True)
class CompileResult:
    """What was written: the path, the CPU and classes of machines that it is for, its kernels and its layers."""

    output: str
    cpu: str
    kernel: str
    isas: list[str]
    weight_bytes: int
    layers: list[Layer]


class CompileWarning(UserWarning):
    """A warning of the compiler, where nobody asked for diagnostics."""


class CompileError(RuntimeError):
    """A model that was not compiled. `code` is the exit code of bitnet-compile, `diagnostics` all that was said."""

    def __init__(self, code: int, diagnostics: list[Diagnostic]) -> None:
        said = [str(d) for d in diagnostics if d.severity != "warning"]
        super().__init__("\n".join(said) or f"the compilation ended with code {code}")
        self.code = code
        self.diagnostics = diagnostics


class _Listener:
    """The callbacks of one compilation. What they raise ends it, and is raised again when C has returned."""

    def __init__(
        self, progress: Callable[[Progress], object] | None, diagnostic: Callable[[Diagnostic], object] | None
    ) -> None:
        self.progress, self.diagnostic = progress, diagnostic
        self.diagnostics: list[Diagnostic] = []
        self.raised: BaseException | None = None

    def _guard(self, function: Callable[[], object]) -> None:
        try:
            if self.raised is None:
                function()
        except BaseException as error:  # noqa: BLE001 - whatever it is, C cannot take it
            self.raised = error

    def interrupt(self) -> None:
        self.raised = KeyboardInterrupt()

    def on_diagnostic(self, pointer: Any, _: object) -> None:
        d = pointer.contents
        message, node, file = (text.decode(errors="replace") for text in (d.message, d.node, d.file))
        self.diagnostics.append(Diagnostic(SEVERITIES[d.severity], message, node, file, d.line))
        if self.diagnostic:
            self._guard(lambda: self.diagnostic and self.diagnostic(self.diagnostics[-1]))

    def on_progress(self, pointer: Any, _: object) -> None:
        p = pointer.contents
        step = Progress(p.index, p.count, p.stage.decode(), p.seconds)
        self._guard(lambda: self.progress and self.progress(step))

    def is_cancelled(self, _: object) -> int:
        return self.raised is not None


def _make_words(words: Sequence[str]) -> Words:
    texts = (ctypes.c_char_p * len(words))(*(word.encode() for word in words))
    return Words(texts, len(words))


def _set_model(options: Options, model: str | os.PathLike[str] | bytes | SerializableModel) -> None:
    if isinstance(model, (str, os.PathLike)):
        options.model = os.fsencode(model)
        return
    data = model if isinstance(model, bytes) else model.SerializeToString()
    options.model_bytes, options.model_size = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p), len(data)
    options.keep = data


def _read_result(library: ctypes.CDLL, result: ctypes.c_void_p) -> CompileResult:
    layers = []
    for index in range(library.bitnet_compile_result_layer_count(result)):
        layer = LayerStruct(struct_size=ctypes.sizeof(LayerStruct))
        library.bitnet_compile_result_layer(result, index, ctypes.byref(layer))
        layers.append(
            Layer(
                *(getattr(layer, name).decode(errors="replace") for name in ("name", "kind", "reason", "packing")),
                *(getattr(layer, name) for name in ("bits_per_weight", "rows", "cols", "bytes_before", "bytes_after")),
            )
        )
    isas = library.bitnet_compile_result_isas(result)
    return CompileResult(
        os.fsdecode(library.bitnet_compile_result_output(result)),
        library.bitnet_compile_result_cpu(result).decode(),
        library.bitnet_compile_result_kernel(result).decode(),
        [isas.words[i].decode() for i in range(isas.count)],
        library.bitnet_compile_result_weight_bytes(result),
        layers,
    )


def _run(options: Options, listener: _Listener) -> CompileResult:
    library = load_compiler()
    callbacks = (
        DiagnosticFunction(listener.on_diagnostic),
        ProgressFunction(listener.on_progress),
        CancelledFunction(listener.is_cancelled),
    )
    options.diagnostic, options.progress, options.cancelled = callbacks
    result = ctypes.c_void_p()
    with catch_interrupts(listener.interrupt):
        code = library.bitnet_compile(ctypes.byref(options), ctypes.byref(result))
    try:
        if listener.raised is not None:
            raise listener.raised
        if code != 0:
            raise CompileError(code, listener.diagnostics)
        return _read_result(library, result)
    finally:
        library.bitnet_compile_result_free(result)


def compile(
    model: str | os.PathLike[str] | bytes | SerializableModel,
    out: str | os.PathLike[str],
    *,
    progress: Callable[[Progress], object] | None = None,
    diagnostic: Callable[[Diagnostic], object] | None = None,
    dims: Mapping[str, int] | None = None,
    **words: str | int | bool | Sequence[str],
) -> CompileResult:
    """Compiles a model to `out`, as `bitnet-compile` does.

    Args:
        model: path of an ONNX model or of a stage's text, or the model itself: its bytes, or an onnx.ModelProto.
        out: path of the library. Other endings give other stages (.mlir, .s, .o), as on the command line.
        progress: called after each stage.
        diagnostic: called with each error, warning and note. Without it warnings go to `warnings.warn`.
        dims: sizes of dims of inputs to fix, by name.
        words: the other options of `bitnet-compile --help` under the names of bitnet_compile_options: `target`,
            `emit`, `report`, `strict_shapes`, `external_data`, `external_root`, `max_nodes`, `max_memory`, `quantize`,
            `quantize_include`, `quantize_exclude`, `float_weights`, `float_weights_include`, `float_weights_exclude`,
            `triple`, `cpu`, `features`, `isas`, `opt_level`, `kernel`, `packing`, `weights`, `runner`.

    Raises:
        CompileError: the model cannot be compiled as asked; nothing was written.
        TypeError: an option has an unknown name, or a value of a wrong type.
        What a callback raises, KeyboardInterrupt included, ends the compilation.
    """
    library = load_compiler()
    options = Options()
    library.bitnet_compile_options_init(ctypes.byref(options), ctypes.sizeof(Options))
    _set_model(options, model)
    options.output = os.fsencode(out)
    if dims:
        options.dims = _make_words([f"{name}={size}" for name, size in dims.items()])
    for name, value in words.items():
        options.set_word(name, value, _make_words)
    listener = _Listener(progress, diagnostic)
    result = _run(options, listener)
    if diagnostic is None:
        for said in listener.diagnostics:
            if said.severity == "warning":
                warnings.warn(str(said), CompileWarning, stacklevel=2)
    return result
