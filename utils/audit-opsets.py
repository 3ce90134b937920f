#!/usr/bin/env python3
"""Which forms of the supported operators lack a test?

    audit-opsets.py            prints "operator, opsets, tests" and fails when a form has none

A form is a range of opsets over which an operator has the same inputs, outputs, attributes and defaults in
the schemas of the installed onnx package, and the same meaning as far as MEANING knows of changes
that no signature shows. Supported operators are the rows of docs/OnnxSupport.md. A test is a node of that
operator and opset in test/Conversion/ONNXToLinalg/*.mlir or a case of test/EndToEnd/opset-versions.py.
"""

import importlib.util
import pathlib
import re
import sys

from onnx import defs

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLDEST, NEWEST = 7, 28  # opsets that the importer takes

# Changes of meaning behind an unchanged signature.
MEANING = {
    "BatchNormalization": [15],  # types of scale and statistics are their own
    "Max": [8],  # broadcasting
    "Min": [8],
    "Mod": [28],  # floor division of floats
    "ScatterElements": [18],  # reduction max, min
    "ScatterND": [18],
    "Softmax": [11],  # negative axes, here and below
    "LogSoftmax": [11],
    "Split": [11],
    "Squeeze": [11],
    "Unsqueeze": [11],
}


def signature(schema):
    """What a node can be told to do; texts and types do not count."""
    attributes = [(a.name, str(a.type), a.required, a.default_value.SerializeToString()) for a in schema.attributes.values()]
    return (
        [(i.name, str(i.option)) for i in schema.inputs],
        [(o.name, str(o.option)) for o in schema.outputs],
        sorted(attributes),
    )


def supported():
    text = (ROOT / "docs" / "OnnxSupport.md").read_text()
    return sorted(set(re.findall(r"^\| (\w+) \| \d", text, re.MULTILINE)))


def find_forms(versions, extra):
    """[first, end) of each form that the importer can meet, given {version: schema}."""
    starts, before = [], None
    for version in sorted(versions):
        now = signature(versions[version])
        if now != before or version in extra:
            starts.append(version)
        before = now
    ends = starts[1:] + [NEWEST + 1]
    return [(max(start, OLDEST), end) for start, end in zip(starts, ends) if end > OLDEST]


def numeric_cases():
    """opset -> cases of the numeric test."""
    path = ROOT / "test" / "EndToEnd" / "opset-versions.py"
    spec = importlib.util.spec_from_file_location("opset_versions", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.cases


def find_tests():
    """operator -> [(opset, name of the file that tests it)]."""
    tests = {}
    for opset, cases in numeric_cases().items():
        for case in cases:
            tests.setdefault(case.op, []).append((opset, "opset-versions.py"))
    for path in sorted(ROOT.glob("test/Conversion/ONNXToLinalg/*.mlir")):
        for op, opset in re.findall(r'onnx\.node "(\w+)".*? opset (\d+)', path.read_text()):
            tests.setdefault(op, []).append((int(opset), path.name))
    return tests


def main():
    operators, history = supported(), {}
    for schema in defs.get_all_schemas_with_history():
        if schema.domain == "":
            history.setdefault(schema.name, {})[schema.since_version] = schema
    tests, missing = find_tests(), 0
    for op in operators:
        forms = find_forms(history.get(op, {}), MEANING.get(op, []))
        for start, end in forms if len(forms) > 1 else []:
            names = sorted({name for opset, name in tests.get(op, []) if start <= opset < end})
            missing += not names
            print(f"{op:24} {start:2}..{end - 1:<2} {', '.join(names) or 'NO TEST'}")
    print(f"{len(operators)} operators, {missing} forms without a test")
    return 1 if missing or not operators else 0


if __name__ == "__main__":
    sys.exit(main())
