"""Compiles the golden functions and compares what they return, bit by bit.

Codes, packed bytes, accumulators, activation scales and layers computed here must
be equal; floats recorded from other sources are within 4e-7 (they order the last
two operations differently). Weights go through files, as a model's do.

Usage: run.py [--compile bitnet-compile] [--run bitnet-run] [case...]
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np

HERE = pathlib.Path(__file__).parent
f32 = np.float32


def to_bf16(values):
    """Finite float32 values rounded half to even, as bf16 bits."""
    bits = np.ascontiguousarray(values, f32).view(np.uint32)
    bits = bits + 0x7FFF + (bits >> 16 & 1)
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
             "scale": scales.astype(f32)}  # bitnet-run widens bf16, exactly
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
                {"packed": data[f"{index}_u2"].view(np.int8), "packed_1_6": data[f"{index}_u16"].view(np.int8),
                 "acc": acc.astype(np.int32)}, {})


def quantize(x, axes, form, qmax, high):
    """act_c1 as docs/Semantics.md words it, one f32 operation at a time."""
    m = np.maximum(np.abs(x).max(axes, keepdims=True), f32(1e-5))
    if form == "reciprocal_mul":
        scale = f32(1) / m * f32(qmax)
    else:
        scale = f32(qmax) / m
    value = x * f32(qmax) / m if form == "mul_divide" else x * scale
    return np.clip(np.rint(value), -128, high), scale


def rescale(acc, scale, weight_scale):
    """mm_c2 without the bias."""
    return acc.astype(f32) * (f32(1) / scale) * weight_scale


def windows(codes, kernel, strides, dilations, pads):
    """Rows [B*OH*OW, C*KH*KW] of zero-padded codes, and OH, OW."""
    padded = np.pad(codes, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilations)]
    view = np.lib.stride_tricks.sliding_window_view(padded, spans, (2, 3))
    view = view[:, :, ::strides[0], ::strides[1], ::dilations[0], ::dilations[1]]
    high, wide = view.shape[2:4]
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(len(codes) * high * wide, -1), high, wide


class Conv(NamedTuple):
    kernel: tuple
    strides: tuple
    dilations: tuple
    pads: tuple


def convolve(x, codes, scales, conv):
    """A ternary convolution of x, quantized per sample."""
    q, scale = quantize(x, (1, 2, 3), "divide", 127, 127)
    rows_of_x, high, wide = windows(q, *conv)
    repeated = np.repeat(scale.reshape(-1, 1), high * wide, axis=0)
    y = rescale(rows_of_x.astype(np.int64) @ codes.astype(np.int64).T, repeated, scales)
    return y.reshape(len(x), high, wide, len(codes)).transpose(0, 3, 1, 2)


def wide_convolutions_case():
    """Convolutions of so many channels that their windows have them last."""
    rng = np.random.default_rng(20)
    forms = {"strided": Conv((3, 3), (2, 1), (1, 1), (1, 0, 2, 1)), "dilated": Conv((3, 3), (1, 2), (1, 2), (1, 0, 2, 1)),
             "point": Conv((1, 1), (1, 1), (1, 1), (0, 0, 0, 0))}
    x = rng.standard_normal((2, 20, 9, 11)).astype(f32)
    scales = rng.random(7).astype(f32)
    blob, exact = b"", {}
    for name, conv in forms.items():
        codes = rng.integers(-1, 2, (7, 20 * conv.kernel[0] * conv.kernel[1])).astype(np.int8)
        blob += storage(codes)
        exact[name] = convolve(x, codes, scales, conv)
    return Case("layer_conv_wide", {"T.bin": blob, "S.bin": scales.tobytes()}, x, exact, {})


def layer_case(name):
    """A whole layer against numpy: every float must be bit-equal."""
    rng = np.random.default_rng(sum(name.encode()))
    rows, cols = {"conv": (7, 45), "groups": (37, 96)}.get(name, (37, 53))
    codes = rng.integers(-1, 2, (rows, cols)).astype(np.int8)
    scales = rng.random((rows, 3) if name == "groups" else rows).astype(f32)
    bias = rng.standard_normal(rows).astype(f32)
    weights = codes.astype(np.int64).T
    if name == "rows":
        x = rng.standard_normal((3, 5, cols)).astype(f32)
        q, scale = quantize(x, -1, "reciprocal_mul", 127, 127)
        y = rescale(q.astype(np.int64) @ weights, scale, scales) + bias
        for row, value in (((0, 1), np.nan), ((2, 4), np.inf)):
            x[row + (7,)] = value
            y[row] = np.nan
    elif name == "plus_128":
        x = rng.standard_normal((6, cols)).astype(f32)
        q, scale = quantize(x, -1, "mul_divide", 128, 128)
        assert q.max() == 128
        y = rescale(q.astype(np.int64) @ weights, scale, scales)
    elif name == "groups":
        x = rng.standard_normal((4, cols)).astype(f32)
        q, scale = quantize(x, -1, "divide", 127, 127)
        y = np.zeros((4, rows), f32)
        for g in range(3):
            part = slice(32 * g, 32 * g + 32)
            y = y + rescale(q[:, part].astype(np.int64) @ weights[part], scale, scales[:, g])
    else:
        x = rng.standard_normal((2, 5, 9, 11)).astype(f32)
        y = convolve(x, codes, scales, Conv((3, 3), (2, 1), (1, 2), (1, 0, 2, 1)))
    files = {"T.bin": storage(codes), "S.bin": scales.tobytes(), "B.bin": bias.tobytes()}
    return Case(f"layer_{name}", files, x, {"y": y.astype(f32)}, {})


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
    yield from map(layer_case, ("rows", "plus_128", "groups", "conv"))
    yield wide_convolutions_case()


def run_case(case, packing, arguments, folder):
    for name, content in case.weights.items():
        (folder / name).write_bytes(content)
    np.savez(folder / "in.npz", in_x=case.x)
    source = (HERE / f"{case.file}.mlir").resolve()
    subprocess.run([arguments.compile, "-q", f"--packing={packing}", source, "-o", "case.so"], cwd=folder, check=True)
    subprocess.run([arguments.run, "./case.so", "--data", "in.npz", "--dump-codes", "out.npz"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with np.load(folder / "out.npz") as results:
        return {name.removeprefix("out_"): results[name] for name in results}


def compare(case, results):
    problems = []
    for name, expected in case.exact.items():
        actual = results[name]
        floats = expected.dtype == f32
        if actual.shape != expected.shape or not np.array_equal(actual, expected, equal_nan=floats):
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
        problems = []
        for packing in ("2.0", "1.6"):
            with tempfile.TemporaryDirectory() as folder:
                results = run_case(case, packing, arguments, pathlib.Path(folder))
            problems += [f"{packing} bits: {problem}" for problem in compare(case, results)]
        failed += bool(problems)
        print(case.file, "FAILED: " + "; ".join(problems) if problems else "equal")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
