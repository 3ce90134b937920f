# Each form that an operator has had between opsets, compiled and compared with onnxruntime (with NumPy where
# onnxruntime does not know the opset yet). utils/audit-opsets.py checks that none is missing.
#
# RUN: %python %s %t
"""One model per opset: every case is a node with inputs and outputs of its own."""
import collections
import pathlib
import subprocess
import sys

import numpy as np
import onnxruntime
from onnx import helper, numpy_helper

TOLERANCE = 1e-5
Case = collections.namedtuple("Case", "op inputs attributes outputs expected")
cases = collections.defaultdict(list)  # by opset


class K:
    """An input that is an initializer."""

    def __init__(self, values, dtype=np.int64):
        self.array = np.asarray(values, dtype)


def case(op, opset, *inputs, outputs=1, expected=None, **attributes):
    cases[opset].append(Case(op, inputs, attributes, outputs, expected))


def rand(*shape):
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)


x, image = rand(2, 3, 4), rand(1, 4, 5, 5)
tied = np.array([[1, 3, 3], [2, 2, 0]], np.float32)
u8 = np.arange(12, dtype=np.uint8).reshape(3, 4)
channel = [K(np.abs(rand(4)) + 0.5, np.float32) for _ in range(4)]

wide = np.concatenate([rand(60) * 8, [-100, -30, 30, 100, 0, -0.5, 0.5]]).astype(np.float32)
for opset in (6, 22):
    case("Elu", opset, wide, alpha=0.7)
    case("Elu", opset, wide)
    case("Selu", opset, wide)
    case("Selu", opset, wide, alpha=1.5, gamma=2.0)
    case("HardSigmoid", opset, wide)
    case("HardSigmoid", opset, wide, alpha=0.3, beta=0.4)
    case("Softplus", opset, wide)
    case("Softsign", opset, wide)
case("Celu", 12, wide)
case("Celu", 12, wide, alpha=2.0)
case("HardSwish", 14, wide)
case("HardSwish", 22, wide)
case("Mish", 18, wide)
case("Mish", 22, wide)
case("ThresholdedRelu", 10, wide)
case("ThresholdedRelu", 22, wide, alpha=0.25)
case("Shrink", 9, wide)
case("Shrink", 9, wide, bias=0.25, lambd=1.5)
for opset in (7, 9, 16):
    case("PRelu", opset, image, K(np.abs(rand(4, 1, 1)), np.float32))
for opset in (8, 13):
    case("Mean", opset, x, x * 2, K(rand(4), np.float32))
case("Mean", 7, x)
for op in ("ArgMax", "ArgMin"):
    case(op, 11, tied, axis=1)
    case(op, 12, tied, axis=1, select_last_index=1)
case("AveragePool", 7, image, kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 0, 0], count_include_pad=1)
case("AveragePool", 10, image, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
case("AveragePool", 19, image, kernel_shape=[2, 2], dilations=[2, 2])
case("BatchNormalization", 7, image, *channel)
case("BatchNormalization", 9, image, *channel)
case("BatchNormalization", 14, image, *channel)
case("BatchNormalization", 15, image, *channel, training_mode=0)
for opset in (9, 19, 24):
    case("Cast", opset, x * 3, to=6)
for opset in (15, 19, 24):
    case("CastLike", opset, x * 3, K([0], np.int32))
case("Clip", 7, x, min=-0.5, max=0.5)
case("Clip", 11, x, K(-0.5, np.float32), K(0.5, np.float32))
case("Clip", 12, x, None, K(0.5, np.float32))
for opset in (7, 11, 13):
    case("DepthToSpace", opset, rand(2, 8, 2, 3), blocksize=2)
    case("SpaceToDepth", opset, rand(2, 3, 4, 6), blocksize=2)
case("DepthToSpace", 11, rand(2, 8, 2, 3), blocksize=2, mode="CRD")
pixels = rand(1, 2, 4, 6)  # of opset 28, which onnxruntime does not know: the mode of both
blocks = pixels.reshape(1, 2, 2, 2, 3, 2).transpose(0, 1, 3, 5, 2, 4).reshape(1, 8, 2, 3)
case("SpaceToDepth", 28, pixels, blocksize=2, mode="CRD", expected=[blocks])
case("DepthToSpace", 28, blocks, blocksize=2, mode="CRD", expected=[pixels])
case("DequantizeLinear", 10, u8, K(0.5, np.float32), K(3, np.uint8))
case("DequantizeLinear", 13, u8, K([0.5, 1, 2], np.float32), K([1, 2, 3], np.uint8), axis=0)
for opset in (21, 23):
    case("DequantizeLinear", opset, u8, K([[0.5, 1]] * 3, np.float32), K([[1, 2]] * 3, np.uint8), axis=1, block_size=2)
case("Dropout", 7, x, ratio=0.3)
case("Dropout", 12, x, K(0.3, np.float32), K(False, bool))
case("GatherND", 11, x, K([[0, 1], [1, 2]]))
case("GatherND", 12, x, K([[1], [0]]), batch_dims=1)
case("Gemm", 7, rand(2, 3), rand(3, 4), K(rand(4), np.float32), alpha=0.5)
case("Gemm", 9, rand(2, 3), rand(3, 4), K(rand(2, 1), np.float32), beta=2.0)
case("Gemm", 11, rand(2, 3), rand(4, 3), transB=1)
case("GroupNormalization", 18, image, K([1, 2], np.float32), K([0, 1], np.float32), num_groups=2)
case("GroupNormalization", 21, image, K([1, 2, 3, 4], np.float32), K([0, 1, 2, 3], np.float32), num_groups=2)
for op in ("Softmax", "LogSoftmax"):
    case(op, 7, x)  # axis 1, over all dimensions from there
    case(op, 11, x, axis=-2)
    case(op, 13, x)  # the last axis alone
    case(op, 13, x, axis=1)
for op in ("Max", "Min"):
    case(op, 7, x, x * -0.5)
    case(op, 8, x, rand(4))
case("MaxPool", 7, image, kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 0, 0])
case("MaxPool", 8, image, kernel_shape=[3, 3], storage_order=0)
case("MaxPool", 10, image, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, dilations=[2, 2])
case("Pad", 7, x, pads=[0, 0, 1, 0, 1, 0], value=2.0)
case("Pad", 11, x, K([0, 0, 1, 0, 1, 0]), K(2, np.float32))
case("Pad", 18, x, K([1, 2]), None, K([-1]))
case("QuantizeLinear", 10, x, K(0.02, np.float32), K(100, np.uint8))
case("QuantizeLinear", 13, x, K([0.02, 0.03, 0.04], np.float32), K([1, 2, 3], np.int8), axis=1)
case("QuantizeLinear", 19, x, K(0.02, np.float32), K(3, np.int8))
for opset in (21, 23):
    case("QuantizeLinear", opset, rand(3, 4), K([[0.02, 0.03]] * 3, np.float32), K([[1, 2]] * 3, np.int8), axis=1, block_size=2)
case("Mod", 13, x, x * 0.3, fmod=1)
case("Mod", 28, x, x[:, ::-1].copy(), expected=[np.mod(x, x[:, ::-1])])  # fmod=0 holds for floats, too
case("Range", 11, *(K(v, np.float32) for v in (-1, 4, 0.75)))
steps = np.arange(2000, dtype=np.float32) * np.float32(1.5)  # past 2048, f16 counts in twos
case("Range", 27, *(np.array(v, np.float16) for v in (0, 3000, 1.5)), expected=[steps.astype(np.float16)])
for name in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare"):
    case(f"Reduce{name}", 7, np.abs(x), axes=[1, 2], keepdims=0)
    case(f"Reduce{name}", 13, np.abs(x), axes=[-2])
    case(f"Reduce{name}", 18, np.abs(x), K([-1]), keepdims=0)
    case(f"Reduce{name}", 18, np.abs(x))
case("ReduceSum", 11, x, axes=[-1])
case("ReduceSum", 13, x, K([1]), keepdims=0)
case("ReduceSum", 13, x, noop_with_empty_axes=1)
case("Reshape", 7, x, K([0, -1]))
case("Reshape", 14, np.zeros((0, 3), np.float32), K([3, 0]), allowzero=1)
case("ScatterElements", 11, rand(3, 3), K([[0, 2, 1]]), rand(1, 3))
case("ScatterElements", 16, rand(3, 3), K([[0, 2, 1], [0, 1, 1]]), rand(2, 3), reduction="add")
case("ScatterElements", 18, rand(3, 3), K([[0, 2, 1], [0, 1, 1]]), rand(2, 3), reduction="max")
case("ScatterND", 11, rand(4, 3), K([[2], [0]]), rand(2, 3))
case("ScatterND", 16, rand(4, 3), K([[2], [2]]), rand(2, 3), reduction="mul")
case("ScatterND", 18, rand(4, 3), K([[2], [2]]), rand(2, 3), reduction="min")
case("Shape", 7, x)
case("Shape", 15, x, start=1, end=-1)
case("Slice", 7, x, starts=[0, 1], ends=[1, 9], axes=[0, 2])
case("Slice", 10, x, K([-1]), K([-9]), K([2]), K([-2]))
case("Slice", 13, x, K([1, 0]), K([2, 2]))
case("Split", 7, x, axis=2, split=[1, 3], outputs=2)
case("Split", 11, x, axis=-1, outputs=2)
case("Split", 13, x, K([1, 3]), axis=2, outputs=2)
case("Split", 18, x, axis=1, num_outputs=2, outputs=2)
case("Squeeze", 7, rand(1, 3, 1), axes=[0])
case("Squeeze", 11, rand(1, 3, 1), axes=[-1])
case("Squeeze", 13, rand(1, 3, 1), K([0, 2]))
case("Unsqueeze", 7, x, axes=[0, 2])
case("Unsqueeze", 11, x, axes=[-1])
case("Unsqueeze", 13, x, K([1, -1]))


def build(opset, number, item, feeds):
    """The node of a case, and what its graph needs."""
    names, inputs, initializers = [], [], []
    for i, value in enumerate(item.inputs):
        name = "" if value is None else f"c{number}_{i}"
        names.append(name)
        if isinstance(value, K):
            initializers.append(numpy_helper.from_array(value.array, name))
        elif value is not None:
            feeds[name] = value
            inputs.append(make_value(name, value))
    outputs = [f"c{number}_{item.op}_{i}" for i in range(item.outputs)]
    return helper.make_node(item.op, names, outputs, f"{item.op}_{number}", **item.attributes), inputs, initializers


def make_value(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def make_model(opset, parts, expected=None):
    """One graph of the parts (node, inputs, initializers); outputs typed as `expected`."""
    names = [name for part in parts for name in part[0].output]
    values = [make_value(n, expected[n]) if expected else helper.make_empty_tensor_value_info(n) for n in names]
    graph = helper.make_graph([part[0] for part in parts], "cases", sum((part[1] for part in parts), []), values,
                              sum((part[2] for part in parts), []))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def reference(opset, item, part, feeds):
    if item.expected:
        return item.expected
    model = make_model(opset, [part])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {i.name: feeds[i.name] for i in part[1]})


def check(opset, work):
    """Failures of one opset."""
    feeds, expected = {}, {}
    parts = [build(opset, number, item, feeds) for number, item in enumerate(cases[opset])]
    for item, part in zip(cases[opset], parts):
        expected.update(zip(part[0].output, reference(opset, item, part, feeds)))
    model, library, data = (work / f"{opset}.{end}" for end in ("onnx", "so", "npz"))
    model.write_bytes(make_model(opset, parts, expected).SerializeToString())
    np.savez(data, **{f"in_{n}": a for n, a in feeds.items()}, **{f"out_{n}": a for n, a in expected.items()})
    for command in (["bitnet-compile", "-q", "-O0", str(model), "-o", str(library)],
                    ["bitnet-run", str(library), "--data", str(data), f"--tol={TOLERANCE}"]):
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            print(f"opset {opset}: {run.stdout}{run.stderr}")
            return 1
    return 0


def main():
    work = pathlib.Path(sys.argv[1])
    work.mkdir(parents=True, exist_ok=True)
    failures = sum(check(opset, work) for opset in sorted(cases))
    print(f"{sum(map(len, cases.values()))} cases of {len(cases)} opsets, {failures} opsets fail")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
