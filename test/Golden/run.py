"""Compiles the golden functions and compares what they return, bit by bit.

Codes, packed bytes, accumulators and activation scales must be equal; float
results are within 4e-7 (their sources differ in the order of the last two
operations). Weights go through files, as a model's do.

Usage: run.py [--compile bitnet-compile] [--run bitnet-run] [case...]
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).parent
f32 = np.float32


def to_bf16(values):
    """The bits of float32 values that bf16 represents exactly."""
    bits = np.ascontiguousarray(values, f32).view(np.uint32)
    assert not np.any(bits & 0xFFFF)
    return (bits >> 16).astype(np.uint16).view("V2")  # how ml_dtypes saves bf16


def pack_u2(codes):
    """Layout u2 as docs/Semantics.md words it; independent of the compiler."""
    rows, cols = codes.shape
    padded = np.ones((-(-rows // 64) * 64, -(-cols // 16) * 16), np.uint8)
    padded[:rows, :cols] = codes + 1
    fields = padded.reshape(len(padded) // 64, 4, 16, -1, 4, 4)  # block, rb, r, i, f, j
    packed = sum(fields[:, :, :, :, f, :] << (2 * f) for f in range(4))
    return np.ascontiguousarray(packed.transpose(0, 3, 1, 2, 4)).reshape(
        len(padded) // 64, padded.shape[1] // 16, 4, 64)


def storage(codes):
    """Codes as a blob holds them: four to a byte, low bits first."""
    flat = np.concatenate([codes.ravel(), np.zeros(-codes.size % 4, codes.dtype)])
    quads = (flat.astype(np.uint8) & 3).reshape(-1, 4)
    return (quads[:, 0] | quads[:, 1] << 2 | quads[:, 2] << 4 | quads[:, 3] << 6).tobytes()


class Case:
    """Bytes of the weights, the input x, and what is expected by output name."""

    def __init__(self, file, weights, x, exact, close):
        self.file, self.weights, self.x, self.exact, self.close = file, weights, x, exact, close


def quantized_case(name, size, source, weight_scale, x="X", codes="T", scale=None, bf16=False):
    data = np.load(HERE / "Inputs" / f"golden_{size}.npz")
    pick = lambda key: data[f"{source}/{key}"]
    inputs = data[x]
    scales = pick("x_scale") if scale is None else scale(data)
    exact = {"q": pick("q"), "packed": pack_u2(pick(codes)).view(np.int8), "acc": pick("acc"),
             "scale": to_bf16(scales) if bf16 else scales.astype(f32)}
    close = {} if bf16 else {"y": pick("y"), "weight_scale": f32(weight_scale(pick))}
    weights = to_bf16(data["W"]) if bf16 else data["W"].astype(f32)
    return Case(f"{name}_{size}", {"W.bin": weights.tobytes()},
                to_bf16(inputs) if bf16 else inputs.astype(f32), exact, close)


def layout_case(index):
    data = np.load(HERE / "Inputs" / "layout_vectors.npz")
    codes, x = data[f"{index}_W"], data[f"{index}_x"]
    extremes = np.stack([x, np.full_like(x, -128), np.full_like(x, 127)])
    acc = extremes.astype(np.int64) @ codes.astype(np.int64).T
    assert np.array_equal(acc[0], data[f"{index}_y"])
    return Case(f"layout_{index}", {"T.bin": storage(codes)}, extremes,
                {"packed": data[f"{index}_u2"].view(np.int8), "acc": acc.astype(np.int32)}, {})


def all_cases():
    for size in ("tiny", "large"):
        yield quantized_case("faq_inference", size, "faq_inference", lambda p: 1 / p("w_scale"))
        yield quantized_case("paper_b158", size, "paper_b158", lambda p: p("gamma"))
        hf = "hf/bitlinear_"
        yield quantized_case("hf_fp32", size, hf + "fp32", lambda p: 1 / p("weight_scale")[0])
        yield quantized_case("hf_bf16", size, hf + "bf16", None, bf16=True)
        yield quantized_case("paper_v1_binary", size, "paper_v1_binary", lambda p: p("beta"),
                             x="paper_v1_binary/x_ln", codes="B",
                             scale=lambda d: f32(128) / d["paper_v1_binary/gamma"])
    yield from map(layout_case, range(3))


def run_case(case, arguments, folder):
    for name, content in case.weights.items():
        (folder / name).write_bytes(content)
    np.savez(folder / "in.npz", in_x=case.x)
    source = (HERE / f"{case.file}.mlir").resolve()
    subprocess.run([arguments.compile, source, "-o", "case.so"], cwd=folder, check=True)
    subprocess.run([arguments.run, "./case.so", "--data", "in.npz", "--save-outputs", "out"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return {path.stem: np.load(path) for path in (folder / "out").glob("*.npy")}


def compare(case, results):
    problems = []
    for name, expected in case.exact.items():
        actual = results[name]
        if actual.dtype != expected.dtype:
            actual = actual.view(expected.dtype)
        if actual.shape != expected.shape or not np.array_equal(actual, expected):
            problems.append(f"{name}: {np.sum(actual != expected)} of {expected.size} differ")
    for name, expected in case.close.items():
        error = np.abs(results[name] - expected).max() / max(np.abs(expected).max(), 1e-30)
        if error > 4e-7:
            problems.append(f"{name}: relative difference {error:.1e}")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compile", default="bitnet-compile")
    parser.add_argument("--run", default="bitnet-run")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    failed = 0
    for case in all_cases():
        if arguments.cases and case.file not in arguments.cases:
            continue
        with tempfile.TemporaryDirectory() as folder:
            problems = compare(case, run_case(case, arguments, pathlib.Path(folder)))
        failed += bool(problems)
        print(case.file, "FAILED: " + "; ".join(problems) if problems else "equal")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
