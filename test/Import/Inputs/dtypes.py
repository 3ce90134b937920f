"""Writes a model whose outputs are initializers of every element type."""
import struct
import sys

import onnx
from onnx import TensorProto, helper

# Three elements: 1.5, -2, 0 as bits of each float format; extremes of integers.
BITS = {
    "FLOAT16": [0x3E00, 0xC000, 0], "BFLOAT16": [0x3FC0, 0xC000, 0],
    "FLOAT8E4M3FN": [0x3C, 0xC0, 0], "FLOAT8E4M3FNUZ": [0x44, 0xC8, 0],
    "FLOAT8E5M2": [0x3E, 0xC0, 0], "FLOAT8E5M2FNUZ": [0x42, 0xC4, 0],
    "FLOAT8E8M0": [127, 128, 126], "FLOAT4E2M1": [0x3 | 0xC << 4, 0],
    "FLOAT6E2M3": [0x0C, 0x30, 0], "FLOAT6E3M2": [0x0E, 0x30, 0],
    "UINT8": [1, 255, 0], "INT8": [1, -128, 0], "UINT16": [1, 65535, 0], "INT16": [1, -32768, 0],
    "INT32": [1, -(2**31), 0], "BOOL": [1, 1, 0],
    "UINT4": [0xF1, 0], "INT4": [0x81, 0], "UINT2": [0b1101], "INT2": [0b1001],
}
OTHER = {
    "FLOAT": ("float_data", [1.5, -2, 0]), "DOUBLE": ("double_data", [1.5, -2, 0]),
    "INT64": ("int64_data", [1, -(2**63), 0]),
    "UINT32": ("uint64_data", [1, 2**32 - 1, 0]), "UINT64": ("uint64_data", [1, 2**64 - 1, 0]),
    "COMPLEX64": ("float_data", [1.5, 2, -2, 0, 0, 0]), "COMPLEX128": ("double_data", [1.5, 2, -2, 0, 0, 0]),
    "STRING": ("string_data", [b"a", b'b"c', b""]),
}
RAW = {
    "INT4": b"\x81\x00", "UINT2": b"\x0d", "BFLOAT16": struct.pack("<3H", 0x3FC0, 0xC000, 0),
    "BOOL": b"\x01\x02\x00", "FLOAT6E2M3": (0x0C | 0x30 << 6).to_bytes(3, "little"),
}


def tensor(name, dtype, dims, field, values):
    result = TensorProto(name=name, data_type=TensorProto.DataType.Value(dtype), dims=dims)
    if field == "raw_data":
        result.raw_data = values
    else:
        getattr(result, field).extend(values)
    return result


tensors = [tensor(name, name, [3], "int32_data", values) for name, values in BITS.items()]
tensors += [tensor(name, name, [3], *value) for name, value in OTHER.items()]
tensors += [tensor(name + "_raw", name, [3], "raw_data", value) for name, value in RAW.items()]
tensors.append(tensor("EMPTY", "INT4", [0, 3], "raw_data", b""))
tensors.append(tensor("LARGE", "FLOAT", [2048], "float_data", [1.0] * 2048))
graph = helper.make_graph([], "g", [], [onnx.ValueInfoProto(name=t.name) for t in tensors], tensors)
graph.sparse_initializer.append(helper.make_sparse_tensor(
    tensor("SPARSE", "FLOAT", [2], "float_data", [1.5, -2]),
    tensor("", "INT64", [2], "int64_data", [1, 3]), [4]))
graph.output.append(onnx.ValueInfoProto(name="SPARSE"))
opset = [helper.make_opsetid("", 28)]
with open(sys.argv[1], "wb") as file:
    file.write(helper.make_model(graph, opset_imports=opset).SerializeToString())
