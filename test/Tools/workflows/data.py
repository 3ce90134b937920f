# Inputs and expected outputs: archives, names, types, folders of tensors.
#
# RUN: %python %s %t
"""What bitnet-run is given to compute and to compare."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from workflow import (
    BAD_DATA,
    COMPILE,
    DIFFERS,
    NO_INPUT,
    RUN,
    USAGE,
    Case,
    main,
    make_model,
    ternary_layer,
)


def use(name: str, file: str, code: int = 0, says: str = "") -> Case:
    return Case(name, f"{RUN} m.so --data {file}", code, says)


ARCHIVES = [
    use("compressed", "compressed.npz"),
    use("column_major", "fortran.npz"),
    use("big_endian", "big_endian.npz", BAD_DATA, "'>f4' is not supported"),
    use("float64", "float64.npz", BAD_DATA, "input 'x': expected f32[n,32], got f64[3,32]"),
    use("int64", "int64.npz", BAD_DATA, "input 'x': expected f32[n,32], got i64[3,32]"),
    use("objects", "objects.npz", BAD_DATA, "'|O' is not supported"),
    use("array_for_archive", "x.npy", BAD_DATA, "not a .npz file"),
    use("missing_file", "no.npz", NO_INPUT, "no.npz"),
    use("truncated", "truncated.npz", BAD_DATA, "truncated.npz"),
]

NAMES = [
    use("no_prefix", "no_prefix.npz", BAD_DATA, "in_"),
    use("wrong_input", "wrong_input.npz", BAD_DATA, "'in_wrong' is no input of the model, which takes 'x'"),
    use("wrong_output", "wrong_output.npz", BAD_DATA, "'out_wrong' is no output of the model, which has 'y'"),
    use("wrong_both", "wrong_both.npz", 0, "not named as the model's outputs, so taken in order: wrong"),
    use("extra_input", "extra_input.npz", BAD_DATA, "extra"),
    use("extra_output", "extra_output.npz", BAD_DATA, "'out_extra' is no output"),
    use("missing_input", "missing_input.npz", NO_INPUT, "no data for input 'x'"),
    use("no_outputs", "no_outputs.npz"),
    Case("two_by_name", f"{RUN} two.so --data two_ok.npz"),
    Case(
        "two_misnamed",
        f"{RUN} two.so --data two_misnamed.npz",
        BAD_DATA,
        "'in_b2' is no input of the model, which takes 'a', 'b'",
    ),
    Case("one_of_two_misnamed", f"{RUN} two.so --data two_half.npz", BAD_DATA, "'in_first' is no input of the model"),
    Case(
        "two_by_order",
        f"{RUN} two.so --data two_order.npz",
        0,
        "not named as the model's inputs, so taken in order: first, second",
    ),
]

VALUES = [
    use("wrong_shape", "wrong_shape.npz", BAD_DATA, "got f32[3,31] (dim 1)"),
    use("wrong_rank", "wrong_rank.npz", BAD_DATA, "got f32[32] (rank 1)"),
    use("expected_shape", "expected_shape.npz", DIFFERS, "expected f32[2,24]"),
    use("expected_nan", "expected_nan.npz", DIFFERS),
    use("expected_one_nan", "expected_one_nan.npz", DIFFERS),
    use("expected_inf", "expected_inf.npz", DIFFERS),
    use("computed_nan", "computed_nan.npz", DIFFERS),
    use("both_zero", "both_zero.npz"),
    use("expected_zero", "expected_zero.npz", DIFFERS),
    Case("tol_negative", f"{RUN} m.so --data d.npz --tol=-1", USAGE, "--tol"),
    Case("tol_nan", f"{RUN} m.so --data d.npz --tol=nan", USAGE, "--tol"),
    Case("bench_0", f"{RUN} m.so --bench=0", USAGE, "--bench"),
    Case("bench_huge", f"{RUN} m.so --bench=99999999999", USAGE, "1 to 1000000"),
    Case("data_and_dim", f"{RUN} m.so --data d.npz --dim n=7"),
]

FILES = [
    Case("input", f"{RUN} m.so --input x=x.npy"),
    Case("input_unknown", f"{RUN} m.so --input z=x.npy", BAD_DATA, "'z' is no input of the model, which takes 'x'"),
    Case("input_no_equals", f"{RUN} m.so --input x.npy", USAGE, "name=file.npy"),
    Case("folder", f"{RUN} m.so test_data_set_0"),
    Case("folder_empty", f"mkdir -p none; {RUN} m.so none", NO_INPUT, "none"),
    Case("folder_missing", f"{RUN} m.so nofolder", NO_INPUT, "nofolder"),
]


def prepare_archives(x: np.ndarray, y: np.ndarray) -> None:
    changed = y.copy()
    changed[1, 2] = np.nan
    holed = x.copy()
    holed[1, 2] = np.nan
    np.savez_compressed("compressed.npz", in_x=x, out_y=y)
    archives = {
        "fortran": {"in_x": np.asfortranarray(x), "out_y": np.asfortranarray(y)},
        "big_endian": {"in_x": x.astype(">f4"), "out_y": y},
        "float64": {"in_x": x.astype("f8"), "out_y": y},
        "int64": {"in_x": x.astype("i8"), "out_y": y},
        "objects": {"in_x": np.array([{1: 2}], dtype=object)},
        "no_prefix": {"x": x, "y": y},
        "wrong_input": {"in_wrong": x, "out_y": y},
        "wrong_output": {"in_x": x, "out_wrong": y},
        "wrong_both": {"in_wrong": x, "out_wrong": y},
        "extra_input": {"in_x": x, "in_extra": x, "out_y": y},
        "extra_output": {"in_x": x, "out_y": y, "out_extra": y},
        "missing_input": {"out_y": y},
        "no_outputs": {"in_x": x},
        "wrong_shape": {"in_x": x[:, :31], "out_y": y},
        "wrong_rank": {"in_x": x[0], "out_y": y},
        "expected_shape": {"in_x": x, "out_y": y[:2]},
        "expected_nan": {"in_x": x, "out_y": np.full_like(y, np.nan)},
        "expected_one_nan": {"in_x": x, "out_y": changed},
        "expected_inf": {"in_x": x, "out_y": np.full_like(y, np.inf)},
        "computed_nan": {"in_x": holed, "out_y": y},
        "both_zero": {"in_x": x * 0, "out_y": y * 0},
        "expected_zero": {"in_x": x, "out_y": y * 0},
    }
    for name, arrays in archives.items():
        np.savez(f"{name}.npz", **arrays)


def prepare_two() -> None:
    """y = a - b, where a mix-up shows."""
    onnx.save(make_model([("a", ["n"]), ("b", ["n"])], [helper.make_node("Sub", ["a", "b"], ["y"])], ["n"]), "two.onnx")
    subprocess.run([*COMPILE.split(), "two.onnx", "-o", "two.so"], check=True)
    zeros, ones = np.zeros(2, np.float32), np.ones(2, np.float32)
    np.savez("two_ok.npz", in_b=ones, in_a=zeros, out_y=-ones)
    np.savez("two_misnamed.npz", in_b2=ones, in_a2=zeros, out_y=-ones)
    np.savez("two_half.npz", in_b=ones, in_first=zeros, out_y=-ones)
    np.savez("two_order.npz", in_first=zeros, in_second=ones, out_third=-ones)


def prepare(folder: pathlib.Path) -> None:
    _, x, y = ternary_layer()
    os.chdir(folder)
    prepare_archives(x, y)
    prepare_two()
    np.save("x.npy", x)
    pathlib.Path("truncated.npz").write_bytes(pathlib.Path("d.npz").read_bytes()[:500])
    pathlib.Path("test_data_set_0").mkdir()
    for name, array in (("input_0", x), ("output_0", y)):
        pathlib.Path("test_data_set_0", f"{name}.pb").write_bytes(numpy_helper.from_array(array).SerializeToString())


if __name__ == "__main__":
    main(ARCHIVES + NAMES + VALUES + FILES, prepare)
