"""Runs compiled models, by ONNX Runtime's contract."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .memory import Array, Input, check_array, fill_tensor, take_array
from .runtime import DTYPES, IN_PLACE, RunOptions, Tensor, ValueDesc, check, load_runtime


@dataclass(frozen=True)
class NodeArg:
    """An input or output.

    `shape` has an int for each fixed dim, and for others the name that the model gives them, None without one. `type`
    is ONNX Runtime's word for the elements, "tensor(float)".
    """

    name: str
    type: str
    shape: list[int | str | None]


def _read_dim(value: ValueDesc, axis: int) -> int | str | None:
    if value.dims[axis] >= 0:
        return int(value.dims[axis])
    name = value.dim_names[axis] if value.dim_names else None
    return name.decode(errors="replace") or None if name else None


def _read_value(value: ValueDesc) -> NodeArg:
    shape = [_read_dim(value, axis) for axis in range(value.rank)]
    return NodeArg(value.name.decode(errors="replace"), DTYPES[value.dtype][1], shape)


class _Handles:
    """The C objects behind a session; freed in the order that they need."""

    def __init__(self, path: bytes, threads: int | None) -> None:
        self.library = load_runtime()
        self.model, self.state, self.pool = ctypes.c_void_p(), ctypes.c_void_p(), None
        try:
            check(self.library.bitnet_model_load(path, ctypes.byref(self.model)))
            if self.library.bitnet_model_num_states(self.model):
                check(self.library.bitnet_session_create(self.model, ctypes.byref(self.state)))
            if threads is not None:
                self.pool = self._create_pool(threads)
        except BaseException:
            self.close()
            raise

    def _create_pool(self, threads: int) -> int:
        pool: int | None = self.library.bitnet_pool_create(threads)
        if not pool:
            raise ValueError(self.library.bitnet_last_error().decode(errors="replace"))
        return pool

    def close(self) -> None:
        if self.state:
            self.library.bitnet_session_free(self.model, self.state)
        if self.model:
            self.library.bitnet_model_free(self.model)
        if self.pool:
            self.library.bitnet_pool_free(self.pool)


class InferenceSession:
    """A loaded model, like `onnxruntime.InferenceSession`.

    Args:
        path: the library that the compiler wrote.
        threads: how many a run uses, the calling one included; None: as many as the process has cores, shared by all
            sessions.

    Any number of threads may call `run` of a model without states at once; runs of one with states take turns.

    Raises:
        ValueError, RuntimeError: the file is no model, of another version, or for another machine.
    """

    def __init__(self, path: str | os.PathLike[str], *, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"threads must be at least 1, got {threads}")
        self._handles = handles = _Handles(os.fsencode(path), threads)
        weakref.finalize(self, handles.close)
        library, model = handles.library, handles.model
        self._input_descs = [
            library.bitnet_model_input(model, i).contents for i in range(library.bitnet_model_num_inputs(model))
        ]
        self._output_descs = [
            library.bitnet_model_output(model, i).contents for i in range(library.bitnet_model_num_outputs(model))
        ]
        self._inputs = [_read_value(value) for value in self._input_descs]
        self._outputs = [_read_value(value) for value in self._output_descs]
        self._output_index = {output.name: i for i, output in enumerate(self._outputs)}
        self._options = self._make_options()
        self._turn = threading.Lock()

    def _make_options(self) -> RunOptions:
        options = RunOptions(struct_size=ctypes.sizeof(RunOptions), session=self._handles.state.value)
        if self._handles.pool:
            function = self._handles.library.bitnet_pool_parallel_for
            options.parallel_for = ctypes.cast(function, ctypes.c_void_p).value
            options.pool = self._handles.pool
        return options

    def get_inputs(self) -> list[NodeArg]:
        """Name, type and shape of each input, in the model's order."""
        return list(self._inputs)

    def get_outputs(self) -> list[NodeArg]:
        """Name, type and shape of each output, in the model's order."""
        return list(self._outputs)

    def run(self, output_names: Sequence[str] | None, feeds: Mapping[str, Input]) -> list[Array]:
        """Computes outputs.

        Args:
            output_names: which ones, in which order; None: all.
            feeds: an array for each input. Dense ones are not copied. bfloat16 travels as uint16.

        Returns:
            An array for each name. It owns its memory; an output that the model computes in place of an input is that
            input's array.

        Raises:
            ValueError: a name, dtype, rank or dim is wrong, or dims contradict each other; it says which.
            MemoryError: the run found no memory.
        """
        chosen = self._choose(output_names)
        arrays = self._check(feeds)
        inputs, outputs = (Tensor * len(arrays))(), (Tensor * len(self._outputs))()
        for tensor, value, array in zip(inputs, self._input_descs, arrays, strict=True):
            fill_tensor(tensor, value.dtype, array)
        for tensor, value in zip(outputs, self._output_descs, strict=True):
            tensor.dtype = value.dtype
        self._invoke(inputs, outputs)
        results = [self._take(i, tensor, arrays) for i, tensor in enumerate(outputs)]
        return [results[i] for i in chosen]

    def reset(self) -> None:
        """Sets the states of a model that has some to zeros."""
        if self._handles.state:
            with self._turn:
                self._handles.library.bitnet_session_reset(self._handles.model, self._handles.state)

    def _choose(self, names: Sequence[str] | None) -> list[int]:
        if names is None:
            return list(range(len(self._outputs)))
        for name in names:
            if name not in self._output_index:
                known = ", ".join(self._output_index)
                raise ValueError(f"the model has no output '{name}', it has {known}")
        return [self._output_index[name] for name in names]

    def _check(self, feeds: Mapping[str, Input]) -> list[Array]:
        known = [value.name for value in self._inputs]
        if missing := [name for name in known if name not in feeds]:
            raise ValueError(f"no array for input {', '.join(map(repr, missing))}")
        if len(feeds) > len(known):
            unknown = ", ".join(repr(name) for name in feeds if name not in known)
            raise ValueError(f"the model has no input {unknown}, it has {', '.join(known)}")
        return [check_array(name, value, feeds[name]) for name, value in zip(known, self._input_descs, strict=True)]

    def _invoke(self, inputs: ctypes.Array[Tensor], outputs: ctypes.Array[Tensor]) -> None:
        handles = self._handles
        call = handles.library.bitnet_model_invoke
        arguments = (handles.model, inputs, len(inputs), outputs, len(outputs), ctypes.byref(self._options))
        if handles.state:
            with self._turn:
                check(call(*arguments))
        else:
            check(call(*arguments))

    def _take(self, index: int, tensor: Tensor, arrays: list[Array]) -> Array:
        value = self._output_descs[index]
        if not value.flags & IN_PLACE:
            return take_array(tensor)
        updated: Array = arrays[value.alias].reshape(tensor.dims[: tensor.rank])
        return updated
