#!/usr/bin/env python3
"""Makes the files of a pass: its entry in Passes.td, its source, its line in CMakeLists.txt and its test.

    new-pass.py FOLDER NAME SUMMARY [--on func|module]
    new-pass.py Codegen/Memory bitnet-free-buffers "Buffers are freed behind their last use"

FOLDER is one below lib/ and include/bitnet/ that has passes. NAME is the flag, a verb and a noun. The pass fails with
an error until it is written, and so does its test. What is left to do is printed.
"""

from __future__ import annotations

import argparse
import pathlib
import re
import sys
import textwrap

COLUMNS = 120
OPERATIONS = {"func": "func::FuncOp", "module": "ModuleOp"}

TD = """\
def {type} : Pass<"{flag}", "::mlir::{op}"> {{
  let summary = "{summary}";
  let description = [{{
    Not described yet: what goes in, what comes out, and why.

    Example:

    ```mlir
    func.func @main() {{
      return
    }}
    ```
  }}];
}}

"""

SOURCE = """\
#include "bitnet/{folder}/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::bitnet {{
#define GEN_PASS_DEF_{upper}
#include "bitnet/{folder}/Passes.h.inc"
}} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {{
struct {name} : public bitnet::impl::{type}Base<{name}> {{
  void runOnOperation() override {{
    getOperation().emitError("--{flag} is not written yet");
    signalPassFailure();
  }}
}};
}} // namespace
"""

TEST = """\
// RUN: bitnet-opt %s --{flag} | FileCheck %s

// Not tested yet: what becomes of what, and what is left alone.

// CHECK-LABEL: func.func @main
// CHECK: what the pass makes
func.func @main() {{
  return
}}
"""


class Refusal(Exception):
    """Why nothing was made."""


def write_td(path: pathlib.Path, names: dict[str, str]) -> None:
    text = path.read_text()
    head, end, tail = text.rpartition("#endif")
    path.write_text(head + TD.format(**names) + end + tail)


def write_source(path: pathlib.Path, names: dict[str, str]) -> None:
    rule = f"//===- {path.name} - --{names['flag']} "
    path.write_text(rule.ljust(75, "-") + "===//\n\n" + SOURCE.format(**names))


def write_cmake(path: pathlib.Path, source: str) -> None:
    """Adds `source` to the first library of the file, whose sources stay in order."""
    text = path.read_text()
    library = re.search(r"add_bitnet_library\((\w+)\s+(.*?\.cpp)(\s+LINK|\))", text, re.DOTALL)
    if not library:
        raise Refusal(f"{path}: no add_bitnet_library with sources")
    sources = sorted([*library[2].split(), source], key=str.lower)
    lines = textwrap.fill(f"add_bitnet_library({library[1]} {' '.join(sources)}", COLUMNS, subsequent_indent="  ")
    end = library[3] if library[3] == ")" else "\n  LINK"
    path.write_text(text[: library.start()] + lines + end + text[library.end() :])


def make(root: pathlib.Path, folder: str, flag: str, summary: str, on: str) -> list[pathlib.Path]:
    """Writes all files, or raises Refusal before the first one."""
    if not re.fullmatch(r"bitnet(-[a-z0-9]+){2,}", flag):
        raise Refusal(f"{flag}: expected bitnet-<verb>-<noun>")
    name = "".join(word.capitalize() for word in flag.split("-")[1:])
    names = {
        "flag": flag,
        "name": name,
        "type": f"BitNet{name}",
        "upper": f"BITNET{name.upper()}",
        "folder": folder,
        "summary": summary,
        "op": OPERATIONS[on],
    }
    td, cmake = root / "include/bitnet" / folder / "Passes.td", root / "lib" / folder / "CMakeLists.txt"
    source, test = root / "lib" / folder / f"{name}.cpp", root / "test" / folder / f"{flag[len('bitnet-') :]}.mlir"
    for path in (td, cmake):
        if not path.exists():
            raise Refusal(f"{path} is missing: is {folder} a folder of passes?")
    for path in (source, test):
        if path.exists():
            raise Refusal(f"{path} exists")
    if f'"{flag}"' in td.read_text():
        raise Refusal(f"{td} has {flag}")
    write_cmake(cmake, source.name)
    write_td(td, names)
    write_source(source, names)
    test.parent.mkdir(parents=True, exist_ok=True)
    test.write_text(TEST.format(**names))
    return [td, cmake, source, test]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("name")
    parser.add_argument("summary")
    parser.add_argument("--on", choices=OPERATIONS, default="func")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    try:
        files = make(arguments.root, arguments.folder, arguments.name, arguments.summary, arguments.on)
    except Refusal as refusal:
        print(f"new-pass: error: {refusal}", file=sys.stderr)
        return 1
    for file in files:
        print(file)
    print("Then: write it, describe it, say in lib/Pipelines where it runs; utils/gen-docs.py build; CHANGELOG.md.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
