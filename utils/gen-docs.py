#!/usr/bin/env python3
"""Generates docs/Dialects, docs/Passes and docs/OnnxSupport.md from the .td files and the registry.

    gen-docs.py BUILD_DIR [--check]     --check: fail when a file on disk differs
"""
import argparse
import pathlib
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
TBLGEN = "/usr/lib/llvm-22/bin/mlir-tblgen"
INCLUDE = ROOT / "include" / "bitnet"
COLUMNS = 120
# Output below docs/ -> (.td file, generator flags)
DIALECTS = {
    "Dialects/BitNet.md": ("Dialect/BitNet/IR/BitNetOps.td", ["-gen-dialect-doc", "-dialect=bitnet"]),
    "Dialects/ONNX.md": ("Dialect/ONNX/IR/ONNXOps.td", ["-gen-dialect-doc", "-dialect=onnx"]),
}


def fit(line):
    """`line` in lines of 120 columns: cells of HTML rows below each other, what options and formats say continued."""
    if len(line) <= COLUMNS:
        return line
    if line.startswith("<tr>"):
        return line.replace("<td>", "\n<td>").replace("</tr>", "\n</tr>")
    if line.startswith(("-", "operation ::=")):
        return textwrap.fill(line, COLUMNS, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return line


def tblgen(td, flags):
    command = [TBLGEN, *flags, str(td), f"-I{ROOT / 'include'}", "-I/usr/lib/llvm-22/include"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "\n".join(fit(line.rstrip()) for line in text.splitlines()).strip() + "\n"


def passes():
    for td in sorted(INCLUDE.rglob("Passes.td")):
        folder = td.parent.relative_to(INCLUDE)
        name = "".join(p for p in folder.parts if p not in ("Dialect", "Conversion", "Codegen"))
        yield f"Passes/{name}.md", f"# Passes of {folder}\n\n" + tblgen(td, ["-gen-pass-doc"])


def onnx_support(build):
    lines = subprocess.run([build / "bin" / "bitnet-compile", "--supported-ops"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    rows, long_notes = [], []
    for line in lines:
        head, _, note = line.partition(" (")
        op, _, versions = head.partition(" ")
        row = f"| {op} | {versions} | {note.rstrip(')')} |"
        if len(row) > COLUMNS:
            # A row of a table cannot be continued in the next line, so what it says stands below the table.
            long_notes.append("\n" + textwrap.fill(f"{op} {versions}: {note.rstrip(')')}.", COLUMNS) + "\n")
            row = f"| {op} | {versions} | see below |"
        rows.append(row)
    return ("# Supported ONNX operators\n\nEach version is an opset from which an entry of the registry holds. Printed by "
            "`bitnet-compile --supported-ops`.\n\n| operator | from opset | note |\n|---|---|---|\n" +
            "\n".join(rows) + "\n" + "".join(long_notes))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    files = {name: tblgen(INCLUDE / td, flags) for name, (td, flags) in DIALECTS.items()}
    files.update(passes())
    files["OnnxSupport.md"] = onnx_support(args.build)
    stale = []
    for name, text in files.items():
        path = ROOT / "docs" / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not args.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if args.check and stale:
        print(f"stale: {', '.join(stale)}; run utils/gen-docs.py build", file=sys.stderr)
        return 1
    print(f"gen-docs: {len(files)} files, {len(stale)} {'stale' if args.check else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
