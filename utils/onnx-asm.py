#!/usr/bin/env python3
"""Assembles ONNX text (the syntax of onnx.parser) into a .onnx file.

    onnx-asm.py model.onnxtxt -o model.onnx [--raw] [--external FILE]
                [--edit STATEMENT]... [--truncate BYTES]

Lines that start with `//` are comments. Initializers stay in typed fields as the
parser makes them; --raw moves them to raw_data, --external to FILE beside the
output, each at a multiple of 64 bytes. --edit runs a Python statement with `m`
bound to the ModelProto just before it is saved, which is how tests make models
that no builder would let through.
"""
import argparse
import os

import onnx
import onnx.parser
from onnx import numpy_helper


def tensors(graph):
    """Initializers and tensor attributes, subgraphs included."""
    yield from graph.initializer
    for node in graph.node:
        for attr in node.attribute:
            if attr.HasField("t"):
                yield attr.t
            for sub in [attr.g] if attr.HasField("g") else attr.graphs:
                yield from tensors(sub)


def to_raw(tensor):
    if tensor.data_type == onnx.TensorProto.STRING or tensor.HasField("raw_data"):
        return
    raw = numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name)
    tensor.CopyFrom(raw)


def to_external(tensor, name, file):
    to_raw(tensor)
    if not tensor.HasField("raw_data"):
        return
    file.write(b"\0" * (-file.tell() % 64))
    offset = file.tell()
    file.write(tensor.raw_data)
    fields = {"location": name, "offset": offset, "length": len(tensor.raw_data)}
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in fields.items():
        tensor.external_data.add(key=key, value=str(value))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("input")
    parser.add_argument("-o", dest="output", required=True)
    parser.add_argument("--raw", action="store_true", help="raw_data instead of typed fields")
    parser.add_argument("--external", metavar="FILE", help="move initializers to FILE")
    parser.add_argument("--edit", action="append", default=[], metavar="STATEMENT")
    parser.add_argument("--truncate", type=int, metavar="BYTES", help="keep only the first BYTES bytes")
    args = parser.parse_args()

    with open(args.input, encoding="utf-8") as file:
        text = "".join(line for line in file if not line.lstrip().startswith("//"))
    model = onnx.parser.parse_model(text)
    if args.raw:
        for tensor in tensors(model.graph):
            to_raw(tensor)
    if args.external:
        with open(os.path.join(os.path.dirname(args.output), args.external), "wb") as file:
            for tensor in model.graph.initializer:
                to_external(tensor, args.external, file)
    for statement in args.edit:
        exec(statement, {"m": model, "g": model.graph, "onnx": onnx})
    with open(args.output, "wb") as file:
        file.write(model.SerializeToString()[: args.truncate])


if __name__ == "__main__":
    main()
