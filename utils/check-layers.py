#!/usr/bin/env python3
"""Checks that includes point left only (docs/Architecture.md, Layers), and what else libraries must not hold.

Support < Dialect/*/IR < Dialect/*/Transforms < ConstantEval < {Import, Conversion, Codegen} < Target < Pipelines < CAPI < tools
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]', re.M)

# Folder prefix (below include/bitnet or lib) -> layer. Longest prefix wins.
LAYERS = {
    "Support": 0,
    "Dialect/ONNX/IR": 1,
    "Dialect/BitNet/IR": 1,
    "Dialect/BitNet/Transforms": 2,
    "ConstantEval": 3,
    "Import": 4,
    "Conversion": 4,
    "Codegen": 4,
    "Target": 5,
    "Pipelines": 6,
    "CAPI": 7,
}
# Siblings of one layer that must not see each other.
EXCLUSIVE = ("Import", "Conversion/ONNXToBitNet", "Conversion/ONNXToLinalg",
             "Conversion/BitNetToLinalg", "Codegen")
# (include pattern, the only folders that may use it)
CONFINED = [
    (re.compile(r"onnx.*\.pb\.h$"), ("lib/Import",)),
    (re.compile(r"^llvm/(CodeGen|ExecutionEngine|Target|Passes|Linker|IR|Bitcode)/"), ("lib/Target/CPU",)),
    # What CPUs have is asked of LLVM in one place.
    (re.compile(r"^llvm/MC/"), ("lib/Target/CPU", "lib/Codegen/Kernels/Architecture.cpp")),
    (re.compile(r"^mlir/Dialect/EmitC/|^mlir/Target/Cpp/"), ("lib/Target/HLSCpp", "include/bitnet/Target/HLSCpp")),
    (re.compile(r"^bitnet/runtime/(?!abi\.h)"), ("runtime", "tools/bitnet-run")),
]
FORBIDDEN_IN_LIB = [
    (re.compile(r"\bcl::opt\b|\bcl::list\b"), "command-line option in a library"),
    (re.compile(r"\bllvm::errs\(\)|\bstd::cerr\b"), "printing in a library"),
    (re.compile(r"(?<![\w:.])exit\("), "exit in a library"),
]
# Attributes that pass between stages are declared in the dialects (discardableAttrs) and named by their helpers; names
# of operations come from their classes. These two are neither: an operator domain and a key of a node's attributes.
RAW_NAME = re.compile(r'"(?:bitnet|onnx)\.(?!internal"|bodies")[a-z_]+"')


def folder_of(path):
    """'include/bitnet/Support/X.h' and 'lib/Support/X.cpp' -> 'Support'."""
    parts = path.parts
    if parts[0] == "lib":
        return "/".join(parts[1:-1])
    if parts[:2] == ("include", "bitnet"):
        return "/".join(parts[2:-1])
    return None


def layer_of(folder):
    best = max((p for p in LAYERS if folder == p or folder.startswith(p + "/")), key=len, default=None)
    return None if best is None else LAYERS[best]


def sibling_of(folder):
    return next((p for p in EXCLUSIVE if folder == p or folder.startswith(p + "/")), None)


def check_include(rel, where, folder, target, errors):
    for pattern, allowed in CONFINED:
        if pattern.search(target) and not str(rel).startswith(allowed):
            errors.append(f"{where}: {target} belongs to {allowed[0]} only")
    if folder is None or not target.startswith("bitnet/") or target.startswith("bitnet/runtime/"):
        return
    to = target[len("bitnet/"):].rsplit("/", 1)[0]
    a, b = layer_of(folder), layer_of(to)
    if a is None or b is None:
        errors.append(f"{where}: {target} is in no layer")
    elif b > a:
        errors.append(f"{where}: {folder} (layer {a}) includes {target} (layer {b})")
    elif sibling_of(folder) and sibling_of(to) and sibling_of(folder) != sibling_of(to):
        errors.append(f"{where}: siblings {folder} and {to} must not see each other")


def check(path, errors):
    text = path.read_text(errors="replace")
    rel = path.relative_to(ROOT)
    folder = folder_of(rel)
    line_of = lambda match: text.count("\n", 0, match.start()) + 1
    for match in INCLUDE.finditer(text):
        check_include(rel, f"{rel}:{line_of(match)}", folder, match.group(1), errors)
    if not str(rel).startswith("runtime"):
        errors += [f"{rel}:{line_of(m)}: {m.group()} is written out; take the name from the dialect"
                   for m in RAW_NAME.finditer(text)]
    if str(rel).startswith("lib"):
        for pattern, why in FORBIDDEN_IN_LIB:
            errors += [f"{rel}:{line_of(m)}: {why}" for m in pattern.finditer(text)]


def main():
    errors = []
    files = [p for top in ("include", "lib", "runtime", "tools") for p in sorted((ROOT / top).rglob("*"))
             if p.suffix in (".h", ".cpp", ".c")]
    for path in files:
        check(path, errors)
    for error in errors:
        print(error, file=sys.stderr)
    print(f"check-layers: {len(files)} files, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
