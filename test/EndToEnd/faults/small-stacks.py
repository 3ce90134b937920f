# A model runs on the stack of a small thread: nothing of the size of a tile or a row lies there, however many
# operators a graph has.
#
# RUN: %python %s %t
"""Runs models by the C ABI in a thread of 64 KB, and looks for large frames in the code of their libraries."""

import ctypes
import os
import pathlib
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Callable

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import (
    F32,
    FULL,
    ROWS,
    Array,
    Model,
    Table,
    Wrong,
    call,
    compare,
    quantize_rows,
    rand,
    run_onnxruntime,
    ternary,
)

STACK = 64 << 10
FRAME = 32 << 10  # no function may take more, its callers and callees need some, too
ALL_CPUS = ("-O2",)
UNSUPPORTED_CPU = 4  # of bitnet_model_run, and the exit code of the child


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("dims", ctypes.c_int64 * 8),
        ("strides", ctypes.c_void_p),
        ("capacity", ctypes.c_uint64),
    ]


def run_small(library: str, data: str, result: str, num_outputs: str) -> None:
    """What the child does: the arrays of the file go in, in their order, those of f32 that come out are saved."""
    function = ctypes.CDLL(library).bitnet_model_run
    arrays = list(np.load(data).values())
    inputs, outputs = (Tensor * len(arrays))(), (Tensor * int(num_outputs))()
    for tensor, x in zip(inputs, arrays):
        tensor.data, tensor.dtype, tensor.rank = x.ctypes.data, 1, x.ndim
        tensor.dims[: x.ndim] = x.shape
    arguments = inputs, ctypes.c_uint32(len(inputs)), outputs, ctypes.c_uint32(len(outputs)), None
    status: list[int] = []
    threading.stack_size(STACK)
    thread = threading.Thread(target=lambda: status.append(function(*arguments)))
    thread.start()
    thread.join()
    if status == [UNSUPPORTED_CPU]:
        sys.exit(UNSUPPORTED_CPU)
    assert status == [0], status
    np.savez(result, *(read_tensor(tensor) for tensor in outputs))


def read_tensor(tensor: Tensor) -> Array:
    shape = tuple(tensor.dims[: tensor.rank])
    return np.frombuffer(ctypes.string_at(tensor.data, int(np.prod(shape)) * 4), F32).reshape(shape)


def check_frames(library: pathlib.Path) -> None:
    """Of x86-64 only: what a prologue subtracts from the stack pointer."""
    if platform.machine() != "x86_64":
        return
    text = call(["llvm-objdump-22", "-d", "--no-show-raw-insn", "-M", "intel", library])
    if text.returncode or "<bitnet_model_run>:" not in text.stdout:
        raise Wrong(f"no code in {library.name}: {text.stderr}")
    function = ""
    for line in text.stdout.splitlines():
        if name := re.match(r"[0-9a-f]+ <(.*)>:", line):
            function = name[1]
        frame = re.search(
            r"\bsub\s+rsp, (0x[0-9a-f]+)|\blea\s+rsp, \[rsp - (0x[0-9a-f]+)\]|\badd\s+rsp, -(0x[0-9a-f]+)", line
        )
        if frame and FRAME < (bytes_ := int(next(filter(None, frame.groups())), 16)) < 1 << 31:
            raise Wrong(f"{function} takes {bytes_} bytes of stack")


def check_small(model: Model, work: pathlib.Path, feeds: dict[str, Array], isa: str | None) -> bool:
    """False where this CPU does not have the variant."""
    library, data, result = work / f"{model.name}.so", work / f"{model.name}.in.npz", work / f"{model.name}.out.npz"
    np.savez(data, **feeds)  # type: ignore[arg-type]
    want = run_onnxruntime(model.proto, feeds)
    child = subprocess.run(
        [sys.executable, __file__, "--child", str(library), str(data), str(result), str(len(want))],
        env={**os.environ, "BITNET_ISA": isa} if isa else {**os.environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if child.returncode == UNSUPPORTED_CPU:
        return False
    if child.returncode:
        raise Wrong(f"variant {isa}: exit code {child.returncode} on a small stack\n{child.stderr}")
    for (name, expected), got in zip(want.items(), np.load(result).values(), strict=True):
        compare(name, got, expected, model.tolerance)
    return True


def check(model: Model, *feeds: dict[str, Array]) -> Callable[[pathlib.Path], None]:
    def run(work: pathlib.Path) -> None:
        model.gives(feeds[-1]).check(work)
        library = work / f"{model.name}.so"
        check_frames(library)
        variants = isas(library) if model.flags == ALL_CPUS else [None]
        for given in feeds:
            ran = [check_small(model, work, given, isa) for isa in variants]
            if not ran[-1]:
                raise Wrong(f"variant {variants[-1]} is chosen, but does not run")

    return run


def isas(library: pathlib.Path) -> list[str | None]:
    """The variants of the library up to the one that this CPU chooses; it may lack some of them (AVX-VNNI on Zen 4)."""
    told = call(["bitnet-run", library, "-v", "--dim", "n=1"]).stdout
    chosen = re.search(r"^isa (\w+), of (.*)$", told, re.MULTILINE)
    assert chosen, told
    names: list[str | None] = list(chosen[2].split(", "))
    return names[: names.index(chosen[1]) + 1]


if sys.argv[1:2] == ["--child"]:
    run_small(*sys.argv[2:])
    sys.exit(0)

table = Table()
K = 128
MANY_WEIGHTS = {f"W{i}": ternary(16, 8, seed=500 + i) for i in range(K)}
PRODUCTS, SUMMANDS = " ".join(f"q{i} = MatMul (x, W{i})" for i in range(K)), ", ".join(f"q{i}" for i in range(K))
SHARED = quantize_rows("x", "q") + " " + " ".join(f"q{i} = MatMul (q, W{i})" for i in range(K))
STEPS = " ".join(
    f"c{i} = Gather <axis = 1> (x, i{i}) a{i} = MatMul (c{i}, A) b{i} = MatMul (h{i}, B) s{i} "
    f"= Add (a{i}, b{i}) h{i + 1} = Tanh (s{i})"
    for i in range(30)
)
MODELS: dict[str, tuple[str, str, tuple[int, ...], dict[str, Array]]] = {
    "sum_of_products": ("n,16", f"{PRODUCTS} y = Sum ({SUMMANDS})", (5, 16), MANY_WEIGHTS),
    "sum_of_float_products": (
        "n,16",
        f"{PRODUCTS} y = Sum ({SUMMANDS})",
        (5, 16),
        {k: rand(16, 8, seed=i) for i, k in enumerate(MANY_WEIGHTS)},
    ),
    "shared_quantizer": ("n,16", f"{SHARED} y = Sum ({SUMMANDS})", (5, 16), {**MANY_WEIGHTS, **ROWS}),
    "recurrent": (
        "n,30,16",
        f"{STEPS} y = Identity (h30)",
        (3, 30, 16),
        {
            "h0": np.zeros((1, 16), F32),
            "A": ternary(16, 16) * F32(0.2),
            "B": ternary(16, 16, seed=1) * F32(0.2),
            **{f"i{i}": np.array(i) for i in range(30)},
        },
    ),
    "wide_layer": (
        "n,640",
        quantize_rows("x", "q") + " h = MatMul (q, W) y = Relu (h)",
        (70, 640),
        {"W": ternary(640, 200), **ROWS},
    ),
    "attention": (
        "n,64",
        "t = Transpose (x) s = MatMul (x, t) p = Softmax <axis = -1> (s) y = MatMul (p, x)",
        (150, 64),
        {},
    ),
    "convolution": (
        "n,8,20,20",
        quantize_rows("x", "q", (1, 2, 3))
        + " c = Conv <pads = [1, 1, 1, 1]> (q, W) d = Conv (c, V) y = MaxPool <kernel_shape = [3, 3], "
        "strides = [2, 2]> (d)",
        (2, 8, 20, 20),
        {"W": ternary(16, 8, 3, 3), "V": rand(8, 16, 3, 3), **ROWS},
    ),
}
for name, (shape, nodes, size, constants) in MODELS.items():
    for tag, flags in {"native": FULL, "all": ALL_CPUS}.items():
        if tag == "native" or name == "wide_layer":
            model = Model(
                f"{name}_{tag}",
                f"(float[{shape}] x) => (float[] y) {{ {nodes} }}",
                constants,
                flags=flags,
                tolerance=2e-5,
            )
            x = rand(*size)
            table.check(model.name, check(model, {"x": x}, {"x": x[:1]}))

# More inputs and outputs than may be described in frames, all of sizes of their own.
ENDS = range(80)
ends = Model(
    "many_ends",
    f"({', '.join(f'float[a{i},b{i}] x{i}' for i in ENDS)}) => ({', '.join(f'float[a{i},b{i}] y{i}' for i in ENDS)}) {{ "
    + " ".join(f"y{i} = Neg (x{i})" for i in ENDS)
    + " }",
    {},
    flags=FULL,
)
table.check(ends.name, check(ends, {f"x{i}": rand(1 + i % 3, 1 + i % 5, seed=i) for i in ENDS}))
table.main()
