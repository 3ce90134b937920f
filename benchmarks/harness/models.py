"""ONNX graphs of a layer, its ternary reference, and the forms in which other engines want it."""
import importlib.util
import logging

import numpy as np

# The quantizers would tell about every node.
logging.disable(logging.WARNING)


def stack_module(root):
    """utils/stack-2b4t.py, whose name is no module's."""
    spec = importlib.util.spec_from_file_location("stack_2b4t", root / "utils" / "stack-2b4t.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def save(path, nodes, initializers, k, n):
    import onnx
    from onnx import helper
    info = lambda name, size: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", size])
    graph = helper.make_graph(nodes, "layer", [info("x", k)], [info("y", n)], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path.write_bytes(model.SerializeToString())
    return path


class Layer:
    """y = quantize(x) W^T / scales, W ternary [n, k] with one scale.

    Activations are made on the quantizer's grid: every engine gets the same numbers, and
    quantizing them per row once more changes nothing.
    """

    def __init__(self, root, k, n):
        self.stack, self.k, self.n = stack_module(root), k, n
        rng = np.random.default_rng(3)
        self.codes = rng.integers(-1, 2, (n, k)).astype(np.int8)
        self.scale = np.float32(0.0372)

    def activations(self, m):
        rng = np.random.default_rng(m)
        codes = np.clip(np.rint(rng.standard_normal((m, self.k)) * 32), -127, 127).astype(np.int32)
        codes[:, 0] = 127  # the absolute maximum of every row
        step = np.float32(2.0 ** -6)
        return codes, np.ascontiguousarray(codes.astype(np.float32) * step), step

    def judge(self, m, y):
        """Whether y holds the exact integer sums, and its relative L2 error."""
        codes, _, step = self.activations(m)
        sums = codes.astype(np.float64) @ self.codes.T.astype(np.float64)
        unit = float(step) * float(self.scale)
        error = np.linalg.norm(y - sums * unit) / np.linalg.norm(sums * unit)
        return bool((np.rint(y / unit) == sums).all()), float(error)

    def save_training_form(self, folder):
        """Fake-quant in standard operators: what users export, and our input."""
        import onnx
        # absmean of the stored values is `scale`: rounding w / scale gives the codes back.
        share = np.abs(self.codes).mean(dtype=np.float64)
        weight = self.codes * np.float32(self.scale / share)
        self.scale = np.float32(np.abs(weight).mean(dtype=np.float64))
        with open(folder / "layer.onnx.data", "wb") as data:
            graph = self.stack.Graph(data)
            out = graph.linear(graph.quantize("x"), graph.external("weight", weight), "layer")
        graph.nodes.append(onnx.helper.make_node("Identity", [out], ["y"]))
        return save(folder / "layer.onnx", graph.nodes, graph.initializers, self.k, self.n)

    def dequantized(self):
        return np.ascontiguousarray((self.codes.T * self.scale).astype(np.float32))

    def transposed(self):
        """[n, k], as others store it."""
        return np.ascontiguousarray(self.codes * self.scale)

    def save_float_form(self, folder):
        """One MatMul with the dequantized weights: the least work for another engine."""
        import onnx
        weight = onnx.numpy_helper.from_array(self.dequantized(), "weight")
        node = onnx.helper.make_node("MatMul", ["x", "weight"], ["y"], name="layer")
        return save(folder / "layer-f32.onnx", [node], [weight], self.k, self.n)


def quantize_int8(source, target):
    """ONNX Runtime's dynamic int8."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    quantize_dynamic(source, target, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8,
                     extra_options={"MatMulConstBOnly": True})
    return target


def quantize_blocks(source, target, bits):
    """ONNX Runtime's MatMulNBits: blocks of 128 along K, int8 arithmetic (accuracy level 4)."""
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    quantizer = MatMulNBitsQuantizer(onnx.load(source), bits=bits, block_size=128, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    onnx.save(quantizer.model.model, target)
    return target


def other_form(source, form):
    """The file of `source` in another engine's form, made once."""
    target = source.with_name(f"{source.stem}-{form}.onnx")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return target
    partial = target.with_name("partial.onnx")
    if form == "int8":
        quantize_int8(source, partial)
    else:
        quantize_blocks(source, partial, int(form[0]))
    return partial.rename(target)
