#!/usr/bin/env python3
"""Prints which share of the lines of headers and implementations are comments.

    comment-share.py [--files] [--check] [--root DIR] [FOLDER ...]    all folders of ROOTS unless some are given

How lines are counted:
- A blank line counts as nothing, and so does a line that holds only the marks of a comment: the rules of a file's
  banner (`//===---===//`), an empty `//`, the `*/` at the end of a block.
- A line counts as comment when all it holds is part of a comment. A line that holds code as well counts as code, with
  or without a comment behind the code.
- The lines of a file's banner that say what the file is for count as comment. A licence text does not count; no file
  of this repository has one, and a paragraph that names a copyright or SPDX identifier is taken for one.
- In a .td file the texts of `summary` and `description` count as comment too, because they are what documents an
  operation or a pass (docs/Dialects and docs/Passes are generated from them).
- Everything else counts as code, `#include` lines and include guards too.

A folder is one directory, without those below it. Its headers (.h), its table definitions (.td) and its
implementations (.c, .cpp) have a share each: comment lines divided by comment and code lines. The .td files are apart
from the headers because their descriptions would hide a header that says nothing.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import pathlib
import re
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
ROOTS = ("include", "lib", "runtime", "tools", "benchmarks")
# Tests explain themselves by their names; they are not counted.
SKIPPED = ("runtime/test",)
# Kind of file -> (its suffixes, the least share of comments that --check accepts for a folder).
KINDS: dict[str, tuple[tuple[str, ...], float]] = {
    "header": ((".h",), 0.30),
    "definition": ((".td",), 0.30),
    "implementation": ((".c", ".cpp"), 0.10),
}

ONLY_MARKS = re.compile(r"^[\s/*|\\=-]*(C\+\+|C|tablegen)?[\s/*|\\=-]*$")
LICENCE = re.compile(r"copyright|spdx-license|licensed under", re.I)
TD_TEXT_OPENS = re.compile(r"\blet\s+(summary|description)\s*=")
# A string or character literal; what looks like a comment inside of it is none.
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')


@dataclasses.dataclass
class Count:
    """Lines of one file, or the sums of several."""

    comment: int = 0
    code: int = 0

    def add(self, other: Count) -> None:
        """Adds the lines of `other`."""
        self.comment += other.comment
        self.code += other.code

    @property
    def share(self) -> float:
        """Comment lines in relation to all lines that count; 1 for a file without any."""
        lines = self.comment + self.code
        return self.comment / lines if lines else 1.0


def without_comments(line: str, inside: bool) -> tuple[str, bool]:
    """What of `line` is code, and whether a block comment is open at its end; `inside` says so for its beginning."""
    code = ""
    line = LITERAL.sub("0", line) if not inside else line
    while line:
        if inside:
            _, end, line = line.partition("*/")
            inside = not end
            continue
        mark = re.search(r"//|/\*", line)
        if not mark:
            return code + line, False
        code += line[: mark.start()]
        if mark.group() == "//":
            return code, False
        line, inside = line[mark.end() :], True
    return code, inside


def count_td_text(lines: list[str], at: int, count: Count) -> int:
    """Counts the summary or description that begins at line `at` of a .td file; the index of the line behind it."""
    # A text is `[{ ... }]`, of many lines, or a string; either ends the statement.
    close = "}]" if "[{" in lines[at] else ";"
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.strip() not in ("", "}];"):
            count.comment += 1
        if close in line:
            break
    return at


def count_lines(text: str, is_td: bool) -> Count:
    """The lines of a source file that has the content `text`."""
    count = Count()
    lines = text.splitlines()
    at, inside = 0, False
    licence = False
    while at < len(lines):
        line = lines[at]
        if is_td and not inside and TD_TEXT_OPENS.search(line):
            at = count_td_text(lines, at, count)
            continue
        at += 1
        was_inside = inside
        code, inside = without_comments(line, inside)
        if code.strip():
            licence = False
            count.code += 1
        elif ONLY_MARKS.match(line):
            licence = licence and bool(line.strip()) and was_inside
        else:
            licence = licence or bool(LICENCE.search(line))
            count.comment += not licence
    return count


def files_below(root: pathlib.Path, folders: list[str]) -> list[pathlib.Path]:
    """The counted files in `folders` of `root` and below them, sorted."""
    suffixes = tuple(suffix for kind, _ in KINDS.values() for suffix in kind)
    found = {path for folder in folders for path in (root / folder).rglob("*") if path.suffix in suffixes}
    return sorted(path for path in found if not str(path.relative_to(root)).startswith(SKIPPED))


def main() -> int:
    """Prints the shares; 1 when --check finds a folder below its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", default=list(ROOTS), metavar="FOLDER", help="relative to the root")
    parser.add_argument("--files", action="store_true", help="print each file, too")
    parser.add_argument("--check", action="store_true", help="print only folders below their limit, and fail for them")
    parser.add_argument("--root", type=pathlib.Path, default=REPOSITORY, help="the repository, for tests")
    args = parser.parse_args()

    too_few = 0
    for kind, (suffixes, least) in KINDS.items():
        counts: dict[pathlib.Path, dict[pathlib.Path, Count]] = collections.defaultdict(dict)
        for path in files_below(args.root, args.folders):
            if path.suffix in suffixes:
                text = path.read_text(encoding="utf-8")
                counts[path.parent.relative_to(args.root)][path] = count_lines(text, path.suffix == ".td")
        total = Count()
        for folder, files in counts.items():
            of_folder = Count()
            for count in files.values():
                of_folder.add(count)
            total.add(of_folder)
            below = of_folder.share < least
            too_few += below
            if args.check and not below:
                continue
            limit = f"  below {least:.0%}" if below else ""
            print(f"{of_folder.share:6.1%}  {of_folder.comment + of_folder.code:5}  {kind:14}  {folder}{limit}")
            if args.files:
                for path, count in files.items():
                    print(f"{count.share:6.1%}  {count.comment + count.code:5}  {'':14}    {path.name}")
        if not args.check:
            print(f"{total.share:6.1%}  {total.comment + total.code:5}  {kind:14}  all")
    if args.check:
        print(f"comment-share: {too_few} folders below their limit")
    return 1 if too_few else 0


if __name__ == "__main__":
    sys.exit(main())
