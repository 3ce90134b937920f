"""w_c7: bf16 that loses nothing, bit by bit against f32; tables that Gather reads against NumPy and onnxruntime.

usage: check_float_tables.py <work folder>
"""
import json
import pathlib
import subprocess
import sys

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

work = pathlib.Path(sys.argv[1])
# 1 MB and more, no multiples of 16 lanes; more than one piece of 4 MB at the link.
SHAPES = [(1021, 261), (301, 1000), (4099, 523)]


def save(nodes, inputs, outputs, constants, opset=20):
    initializers = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), work / "m.onnx")


def compile_model(*flags, source="m.onnx", target="m.so", cpu="--mcpu=native"):
    subprocess.run(["bitnet-compile", "-q", "-O1", cpu, work / source, "-o", work / target, f"--report={work / 'report.json'}", *flags], check=True)
    return [layer.get("storage") for layer in json.loads((work / "report.json").read_text())["layers"]]


def run(inputs, library="m.so", threads=1):
    np.savez(work / "in.npz", **{f"in_{name}": value for name, value in inputs.items()})
    subprocess.run(["bitnet-run", work / library, "--data", work / "in.npz", "--threads", str(threads), "--save-outputs", work / "out"],
                   check=True, stdout=subprocess.DEVNULL)
    paths = sorted((work / "out").iterdir())
    results = [np.load(path) for path in paths]
    for path in paths:
        path.unlink()
    return results[0] if len(results) == 1 else results


def value(name, dtype, *shape):
    return helper.make_tensor_value_info(name, dtype, list(shape))


def bf16_numbers(*shape):
    bits = np.random.default_rng(5).standard_normal(shape).astype(np.float32).view(np.uint32)
    return (bits & np.uint32(0xffff0000)).view(np.float32)


def save_tied(table, opset=20):
    """Rows of a table; rows times the table, and times a weight [K, N]."""
    code = helper.np_dtype_to_tensor_dtype(table.dtype)
    nodes = [helper.make_node("Gather", ["table", "ids"], ["a_rows"], "embed"),
             helper.make_node("Transpose", ["table"], ["turned"], perm=[1, 0]),
             helper.make_node("MatMul", ["a_rows", "turned"], ["b_head"], "head"),
             helper.make_node("MatMul", ["a_rows", "columns"], ["c_layer"], "layer")]
    n, k = table.shape
    save(nodes, [value("ids", TensorProto.INT64, "b", "s")],
         [value("a_rows", code, "b", "s", k), value("b_head", code, "b", "s", n), value("c_layer", code, "b", "s", n)],
         {"table": table, "columns": table.T[::-1]}, opset)


def ids_of(n, count):
    ids = np.random.default_rng(count).integers(-n, n, (1, count))
    ids[0, 0] = n - 1
    return {"ids": ids}


def check_lossless():
    """The same bits as f32, for few and many rows, threads, and in each form of product."""
    for n, k in SHAPES:
        save_tied(bf16_numbers(n, k))
        assert compile_model("--float-weights=keep", target="f32.so") == [None] * 3
        assert compile_model() == ["lossless bf16"] * 3
        assert (work / "m.so").stat().st_size < 0.6 * (work / "f32.so").stat().st_size
        for count in (1, 5, 40):
            inputs = ids_of(n, count)
            wanted = run(inputs, "f32.so")
            for threads in (1, 2):
                for ours, f32 in zip(run(inputs, threads=threads), wanted):
                    assert ours.tobytes() == f32.tobytes(), (n, k, count, threads)
    # The text of a stage names a file of the narrow bytes.
    compile_model("--emit=packed", target="m.mlir")
    compile_model(source="m.mlir", target="again.so")
    for ours, again in zip(run(inputs), run(inputs, "again.so")):
        assert ours.tobytes() == again.tobytes()


def check_variants():
    """On the machines that one library serves, too."""
    save_tied(bf16_numbers(*SHAPES[0]))
    compile_model("--float-weights=keep", target="f32.so", cpu="-O1")
    compile_model(cpu="-O1")
    inputs = ids_of(SHAPES[0][0], 3)
    for ours, f32 in zip(run(inputs), run(inputs, "f32.so")):
        assert ours.tobytes() == f32.tobytes()


SPECIAL = np.array([0x7fc00000, 0xffc10000, 0x7f810000, 0x80000000, 0x7f800000, 0xff800000, 0x00010000, 0x807f0000, 0x7f7f0000], np.uint32)


def check_special():
    """NaN with its bits, zero with its sign, infinity, subnormals."""
    table = bf16_numbers(513, 512)
    table[7, :len(SPECIAL)] = SPECIAL.view(np.float32)
    save([helper.make_node("Gather", ["table", "ids"], ["y"])], [value("ids", TensorProto.INT64, "s")],
         [value("y", TensorProto.FLOAT, "s", 512)], {"table": table})
    assert compile_model() == ["lossless bf16"]
    ids = np.array([7, 0, 512, -506])
    assert run({"ids": ids}).tobytes() == table[ids].tobytes()
    table = np.where(np.isnan(table), np.float32(3), table)
    save_tied(table)
    assert compile_model("--float-weights=keep", target="f32.so") == [None] * 3
    assert compile_model() == ["lossless bf16"] * 3
    for ours, f32 in zip(run({"ids": ids[None]}), run({"ids": ids[None]}, "f32.so")):
        assert np.array_equal(ours, f32, equal_nan=True) and np.array_equal(np.signbit(ours), np.signbit(f32))


def check_refused():
    """One value that is no bf16 number, wherever it is, and weights that are small."""
    for at, odd in (((0, 0), 1.001), ((512, 511), 1.001), ((300, 5), np.float32(np.uint32(0x7fc00001).view(np.float32)))):
        table = bf16_numbers(513, 512)
        table[at] = odd
        save_tied(table)
        assert compile_model()[:2] == [None, None], at
        y = run(ids_of(513, 3))[0]
        assert y.tobytes() == table[ids_of(513, 3)["ids"]].tobytes()
    save_tied(bf16_numbers(100, 512))
    assert compile_model() == [None] * 3


def int8_rows(w):
    most = np.abs(w.astype(np.float32)).max(1)
    scale = most / np.float32(127)
    scale[scale == 0] = 1
    q = np.rint(w.astype(np.float64) / scale[:, None].astype(np.float64))
    return np.clip(q, -127, 127).astype(np.int8).astype(np.float32) * scale[:, None]


def relative(a, b):
    return np.linalg.norm(a.astype(np.float64) - b) / np.linalg.norm(b)


def check_rounded():
    """Rows exactly as w_c7 says; what follows from them as onnxruntime has it. Opset 11 spells Unsqueeze otherwise."""
    for opset in (11, 20):
        table = np.random.default_rng(6).standard_normal((509, 131)).astype(np.float32)
        table[3] = 0
        inputs = ids_of(509, 9)
        for storage, rounded in (("int8", int8_rows(table)), ("bf16", table.astype(ml_dtypes.bfloat16).astype(np.float32))):
            save_tied(table, opset)
            assert compile_model(f"--float-weights={storage}") == [{"int8": "int8 rows", "bf16": "bf16"}[storage]] * 3
            # One constant serves the table and the head, another one the layer.
            assert (work / "m.so").stat().st_size < table.size * (2.2 if storage == "int8" else 4.2) + 100_000
            rows, head, _ = run(inputs)
            assert rows.tobytes() == rounded[inputs["ids"]].tobytes(), storage
            save_tied(rounded, opset)
            wanted = onnxruntime.InferenceSession(str(work / "m.onnx")).run(["a_rows", "b_head"], inputs)
            assert np.array_equal(rows, wanted[0]) and relative(head, wanted[1]) < 5e-6, storage
    table = table.astype(np.float16)
    save_tied(table)
    assert compile_model("--float-weights=bf16") == [None] * 3
    assert compile_model("--float-weights=int8") == ["int8 rows"] * 3
    assert np.array_equal(run(inputs)[0], int8_rows(table)[inputs["ids"]].astype(np.float16))


def check_stored_codes():
    """w_c4: a table of the model's own int8 codes."""
    rng = np.random.default_rng(7)
    codes, scale = rng.integers(-128, 128, (1024, 65)).astype(np.int8), rng.uniform(0.1, 2, 1024).astype(np.float32)
    save([helper.make_node("DequantizeLinear", ["codes", "scale"], ["table"], axis=0), helper.make_node("Gather", ["table", "ids"], ["y"])],
         [value("ids", TensorProto.INT64, "s")], [value("y", TensorProto.FLOAT, "s", 65)], {"codes": codes, "scale": scale})
    assert compile_model() == ["int8 rows"]
    ids = np.array([3, -1, 1023, 3])
    assert np.array_equal(run({"ids": ids}), (codes.astype(np.float32) * scale[:, None])[ids])


check_lossless()
check_variants()
check_special()
check_refused()
check_rounded()
check_stored_codes()
