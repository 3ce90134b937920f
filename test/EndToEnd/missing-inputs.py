# A node without an input that its operator needs, for every supported operator of the onnx package: one located error, no
# library. The compiler's own numbers are generated from the same package (utils/generate-onnx-schemas.py); what is
# tested is that every operator is checked, at every version, before anything reads its inputs.
#
# RUN: %python %s %t %src
"""Builds models of one node with too few inputs and compiles them."""
import pathlib
import re
import subprocess
import sys

from onnx import TensorProto, defs, helper

NEWEST = 28  # opset that the importer takes
SKIPPED = {"If": "has graphs, which the importer wants first", "Gemm": "C, optional since opset 11, may be missing before, too"}


def operators(root):
    text = (root / "docs" / "OnnxSupport.md").read_text()
    return sorted(set(re.findall(r"^\| (\w+) \| \d", text, re.MULTILINE)))


def needed(op):
    """{opset: inputs that are not optional} where that number changes."""
    versions = {s.since_version: s.min_input for s in defs.get_all_schemas_with_history() if s.name == op and s.domain == ""}
    counts, before = {}, None
    for version in sorted(v for v in versions if v <= NEWEST):
        if versions[version] != before:
            counts[max(version, 7)] = before = versions[version]
    return counts


def compile_node(folder, op, opset, inputs):
    info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    node = helper.make_node(op, ["x"] * inputs, ["y"], name="the_node")
    graph = helper.make_graph([node], "g", [info("x", [2, 3, 4])], [info("y", None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    return subprocess.run(["bitnet-compile", "-q", folder / "m.onnx", "-o", folder / "m.so"], capture_output=True, text=True)


def check(folder, op, opset, inputs):
    result = compile_node(folder, op, opset, inputs)
    lines = result.stderr.strip().splitlines()
    good = result.returncode == 65 and len(lines) == 1 and "'the_node'" in lines[0] and "is missing" in lines[0]
    if not good or (folder / "m.so").exists():
        sys.exit(f"{op} of opset {opset} with {inputs} inputs: status {result.returncode}\n{result.stderr}")


def main():
    folder, count = pathlib.Path(sys.argv[1]), 0
    folder.mkdir(parents=True, exist_ok=True)
    for op in operators(pathlib.Path(sys.argv[2])):
        for opset, least in needed(op).items():
            for inputs in range(least if op not in SKIPPED else 0):
                check(folder, op, opset, inputs)
                count += 1
    print(f"{count} nodes refused")


if __name__ == "__main__":
    main()
