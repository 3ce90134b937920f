# One model in many threads, any thread count, any batch split: the same bits (mm_c1).
#
# REQUIRES: host-x86_64
# RUN: %python %s %models %t
"""Uses the C ABI with dlopen alone (ctypes lets go of the interpreter during a call)."""
import concurrent.futures
import ctypes
import os
import pathlib
import subprocess
import sys

import numpy as np

THREADS = 8
THREAD_COUNTS = (1, 2, 3, 5)
BATCH_MODELS = ["mlp_bit.dynamo", "bitnet_s_auto_prefill.dynamo", "bitnet_s_online_past.dynamo"]


class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("dtype", ctypes.c_int32), ("rank", ctypes.c_int32),
                ("dims", ctypes.c_int64 * 8), ("strides", ctypes.c_void_p), ("capacity", ctypes.c_uint64)]


class Value(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("dtype", ctypes.c_int32), ("rank", ctypes.c_int32),
                ("dims", ctypes.POINTER(ctypes.c_int64)), ("dim_names", ctypes.POINTER(ctypes.c_char_p)),
                ("flags", ctypes.c_uint32), ("alias", ctypes.c_int32)]


class Description(ctypes.Structure):
    _fields_ = [("magic", ctypes.c_uint32), ("abi_version", ctypes.c_uint32), ("struct_size", ctypes.c_uint64),
                ("name", ctypes.c_char_p), ("cpu", ctypes.c_char_p), ("features", ctypes.c_char_p),
                ("producer", ctypes.c_char_p), ("num_inputs", ctypes.c_uint32), ("num_outputs", ctypes.c_uint32),
                ("inputs", ctypes.POINTER(Value)), ("outputs", ctypes.POINTER(Value))]


class Model:
    DTYPES = {1: np.float32, 7: np.int64}

    def __init__(self, path):
        library = ctypes.CDLL(str(path))
        library.bitnet_model_describe.restype = ctypes.POINTER(Description)
        self.run_function = library.bitnet_model_run
        self.free = ctypes.CDLL(None).free
        self.free.argtypes = [ctypes.c_void_p]
        self.desc = library.bitnet_model_describe(2).contents
        assert self.desc.magic == 0x314E5442

    def names(self):
        return [self.desc.inputs[i].name.decode() for i in range(self.desc.num_inputs)]

    def run(self, feeds):
        inputs = (Tensor * self.desc.num_inputs)()
        arrays = [np.ascontiguousarray(feeds[name]) for name in self.names()]
        for i, array in enumerate(arrays):
            inputs[i] = Tensor(array.ctypes.data, self.desc.inputs[i].dtype, array.ndim)
            inputs[i].dims[: array.ndim] = array.shape
        outputs = (Tensor * self.desc.num_outputs)()
        status = self.run_function(inputs, ctypes.c_uint32(len(inputs)), outputs, ctypes.c_uint32(len(outputs)), None)
        assert status == 0, status
        return [self.take(value) for value in outputs]

    def take(self, value):
        shape, dtype = tuple(value.dims[: value.rank]), np.dtype(self.DTYPES[value.dtype])
        bytes_ = ctypes.string_at(value.data, int(np.prod(shape)) * dtype.itemsize)
        self.free(value.data)
        return np.frombuffer(bytes_, dtype).reshape(shape)


def make_feeds(data, batch, rng):
    """Inputs of the exported run's length, fresh values, `batch` rows."""
    feeds = {}
    for key in data.files:
        if not key.startswith("in_"):
            continue
        array, shape = data[key], (batch, *data[key].shape[1:])
        if array.dtype == np.float32:
            feeds[key[3:]] = rng.standard_normal(shape).astype(np.float32)
        elif "input_ids" in key:
            feeds[key[3:]] = rng.integers(0, 320, shape)
        elif "mask" in key:
            feeds[key[3:]] = np.ones(shape, np.int64)
        else:
            feeds[key[3:]] = np.broadcast_to(np.arange(shape[1]), shape).astype(np.int64)
    return feeds


def same(a, b):
    return all(np.array_equal(x.view(np.uint8), y.view(np.uint8)) for x, y in zip(a, b, strict=True))


def check_threads(model, data, rng):
    feeds = [make_feeds(data, 1 + i % 3, rng) for i in range(THREADS)]
    sequential = [model.run(f) for f in feeds]
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for _ in range(5):
            assert all(map(same, pool.map(model.run, feeds), sequential)), "threads disturb each other"


def check_batches(model, data, rng):
    feeds = make_feeds(data, 3, rng)
    whole = model.run(feeds)
    for row in range(3):
        part = model.run({k: v[row : row + 1] for k, v in feeds.items()})
        assert same(part, [w[row : row + 1].copy() for w in whole]), f"row {row} depends on the batch"


def check_thread_counts(library, data, work, rng):
    """Outputs and the codes of every layer."""
    feeds = work / "feeds.npz"
    np.savez(feeds, **{"in_" + k: v for k, v in make_feeds(data, 3, rng).items()})
    saved = []
    for count in THREAD_COUNTS:
        dump = work / f"threads{count}.npz"
        subprocess.run(["bitnet-run", str(library), "--data", str(feeds), f"--dump-codes={dump}"], check=True,
                       env={**os.environ, "BITNET_NUM_THREADS": str(count)}, stdout=subprocess.DEVNULL)
        arrays = np.load(dump)
        saved.append({name: arrays[name].tobytes() for name in arrays.files})
    kinds = {name.split("_")[0] for name in saved[0]}
    assert kinds == {"codes", "out"}, kinds
    for other in saved[1:]:
        assert other == saved[0], "the thread count changes outputs or codes"


def main():
    models, work = (pathlib.Path(a) for a in sys.argv[1:3])
    for seed, name in enumerate(BATCH_MODELS):
        folder = work / name
        folder.mkdir(parents=True, exist_ok=True)
        library = folder / "model.so"
        subprocess.run(["bitnet-compile", "-q", "--mcpu=native", str(models / f"{name}.onnx"), "-o", str(library)], check=True)
        data = np.load(models / f"{name.split('.')[0]}.npz")
        model, rng = Model(library), np.random.default_rng(seed)
        check_threads(model, data, rng)
        check_batches(model, data, rng)
        check_thread_counts(library, data, folder, rng)
        print(name, "ok")


if __name__ == "__main__":
    main()
