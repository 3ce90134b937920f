"""Writes models that strain the importer: limits.py KIND FILE."""
import sys

from onnx import AttributeProto, GraphProto, ModelProto, NodeProto


def new_model():
    model = ModelProto(ir_version=10)
    model.opset_import.add(version=20)
    model.opset_import.add(domain="f", version=1)
    model.graph.input.add(name="x")
    model.graph.output.add(name="y")
    return model


def field(number, payload):
    """One length-delimited field of the wire format."""
    head = bytearray([number << 3 | 2])
    size = len(payload)
    while size >= 0x80:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(head + bytearray([size])) + payload


def nested(levels):
    """If inside of If; by hand, as the Python library has a limit, too."""
    body = b""
    for level in range(levels):
        branch = GraphProto()
        branch.output.add(name="y" if body else "x")
        graph = branch.SerializeToString() + (field(1, body) if body else b"")
        attr = AttributeProto(name="then_branch", type=5).SerializeToString() + field(6, graph)
        body = NodeProto(op_type="If", input=["x"], output=["y"]).SerializeToString() + field(5, attr)
    # Fields of one message merge: this adds the node to the graph.
    return new_model().SerializeToString() + field(7, field(1, body))


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
    return model.SerializeToString()


def chain():
    """A long chain in reverse order: the sort may not recurse."""
    model = new_model()
    names = ["x"] + [f"t{i}" for i in range(19999)] + ["y"]
    for a, b in reversed(list(zip(names, names[1:]))):
        model.graph.node.add(op_type="Relu", input=[a], output=[b])
    return model.SerializeToString()


make = {"deep": lambda: nested(70), "nested": lambda: nested(60), "laughs": laughs, "chain": chain}
with open(sys.argv[2], "wb") as out:
    out.write(make[sys.argv[1]]())
