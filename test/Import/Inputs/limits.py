"""Writes models that strain the importer: limits.py KIND FILE."""
import sys

from onnx import ModelProto, NodeProto


def new_model():
    model = ModelProto(ir_version=10)
    model.opset_import.add(version=20)
    model.opset_import.add(domain="f", version=1)
    model.graph.input.add(name="x")
    model.graph.output.add(name="y")
    return model


def nested(levels):
    """If inside of If."""
    model = new_model()
    body = None
    for _ in range(levels):
        node = NodeProto(op_type="If", input=["x"], output=["y"])
        branch = node.attribute.add(name="then_branch", type=5).g
        if body:
            branch.node.append(body)
        branch.output.add(name="y" if body else "x")
        body = node
    model.graph.node.append(body)
    return model


def laughs():
    """Forty functions, each calling the next twice."""
    model = new_model()
    model.graph.node.add(op_type="f0", domain="f", input=["x"], output=["y"])
    for i in range(40):
        function = model.functions.add(name=f"f{i}", domain="f", input=["x"], output=["y"])
        function.opset_import.add(version=20)
        function.opset_import.add(domain="f", version=1)
        callee = {"op_type": f"f{i + 1}", "domain": "f"} if i < 39 else {"op_type": "Relu"}
        function.node.add(input=["x"], output=["t"], **callee)
        function.node.add(input=["t"], output=["y"], **callee)
    return model


def chain():
    """A long chain in reverse order: the sort may not recurse."""
    model = new_model()
    names = ["x"] + [f"t{i}" for i in range(19999)] + ["y"]
    for a, b in reversed(list(zip(names, names[1:]))):
        model.graph.node.add(op_type="Relu", input=[a], output=[b])
    return model


make = {"deep": lambda: nested(70), "nested": lambda: nested(60), "laughs": laughs, "chain": chain}
with open(sys.argv[2], "wb") as out:
    out.write(make[sys.argv[1]]().SerializeToString())
