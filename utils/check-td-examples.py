"""Runs the ```mlir examples of every .td file: documentation that cannot rot.

An example must parse and verify. One that is not a whole function becomes the
body of one; values it does not define become arguments of the types it uses.
In a pass description the example, or the part above a line `// becomes`, is
also run through the pass. Where a second example follows the words "after `--flags`",
the pass with these flags must turn the first into the second (both printed
after --canonicalize --cse, so names do not matter).

Usage: check-td-examples.py <include folder> [--opt bitnet-opt]
"""
import argparse
import pathlib
import re
import subprocess
import sys
import textwrap

BLOCK = re.compile(r"```mlir\n(.*?)```", re.S)
ATTRIBUTE = re.compile(r"Example: `(#[^`]*)`")
DEF = re.compile(r'^def (\w+)\s*:\s*(\w+)<"([\w.-]+)"', re.M)
NAME = re.compile(r"%[\w$.-]+")
PREVIOUS = re.compile(r"error: definition of SSA value '(%[\w$.-]+)#0' has type.*?"
                      r"note: previously used here with type '(.*?)'\n", re.S)
SPLIT = re.compile(r"^\s*// becomes.*\n", re.M)


class Failure(Exception):
    pass


def opt(tool, text, *flags):
    """bitnet-opt on `text`: (output, errors)."""
    command = [tool, "--allow-unregistered-dialect", *flags]
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    return (result.stdout if result.returncode == 0 else None), result.stderr


def defined(text):
    """Names defined by `text`: results and block or function arguments."""
    names = set()
    for results in re.findall(r"^\s*((?:%[\w$.-]+(?::\d+)?\s*,\s*)*%[\w$.-]+(?::\d+)?)\s*=", text, re.M):
        names.update(NAME.findall(results.replace(":", " :")))
    return names


def wrap(tool, text):
    """`text` as a module; its free values become function arguments."""
    if re.search(r"^\s*(func\.func|module|builtin\.module)\b", text, re.M):
        return text
    free = sorted(set(NAME.findall(text)) - defined(text) - set(re.findall(r"\((%[\w$.-]+):", text)))
    types = {}
    while len(types) < len(free):
        probes = "".join(f'%{n[1:]} = "probe.value"() : () -> none\n' for n in free if n not in types)
        head = ", ".join(f"{n}: {t}" for n, t in types.items())
        _, errors = opt(tool, f"func.func @example({head}) {{\n{text}\n{probes}return\n}}")
        found = dict(PREVIOUS.findall(errors))
        if not found:
            raise Failure(errors)
        types.update(found)
    head = ", ".join(f"{n}: {t}" for n, t in types.items())
    return f"func.func @example({head}) {{\n{text}\nreturn\n}}"


def parse(tool, text):
    output, errors = opt(tool, text)
    if output is None:
        raise Failure(errors)
    return output


def anonymize(text):
    """The body of `text` without the function's result types and returns, which
    `wrap` does not know."""
    return re.sub(r"\s+", " ", text)


def check_transformation(tool, before, after, flags):
    clean = ["--canonicalize", "--cse"]
    actual, errors = opt(tool, before, *flags, *clean)
    if actual is None:
        raise Failure(errors)
    expected, errors = opt(tool, after, *clean)
    if expected is None:
        raise Failure(errors)
    if anonymize(actual) != anonymize(expected):
        raise Failure(f"the pass gives\n{actual}\nbut the example says\n{expected}")


def check_description(tool, kind, name, description):
    """Checks all examples of one definition; returns how many there are."""
    for attribute in ATTRIBUTE.findall(description):
        parse(tool, f'"example.op"() {{value = {attribute}}} : () -> ()')
    blocks = list(BLOCK.finditer(description))
    previous = None
    for block in blocks:
        parts = SPLIT.split(textwrap.dedent(block.group(1)))
        lead = description[:block.start()].rstrip().splitlines()
        flags = re.search(r"after\s+`([^`]*)`", " ".join(lead[-2:])) if lead else None
        first = wrap(tool, parts[0])
        parse(tool, first)
        for part in parts[1:]:
            parse(tool, wrap(tool, part))
        if kind != "Pass":
            continue
        if flags and previous:
            words = re.findall(r'--[\w-]+(?:="[^"]*"|=\S+)?', flags.group(1))
            check_transformation(tool, previous, first, [w.replace('"', "") for w in words])
        elif not flags:
            if opt(tool, first, f"--{name}")[0] is None:
                raise Failure(opt(tool, first, f"--{name}")[1])
        previous = first
    return len(blocks) + len(ATTRIBUTE.findall(description))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--opt", default="bitnet-opt")
    arguments = parser.parse_args()
    total, failures = 0, 0
    for path in sorted(arguments.folder.rglob("*.td")):
        text = path.read_text()
        definitions = list(DEF.finditer(text))
        ends = [d.start() for d in definitions[1:]] + [len(text)]
        for definition, end in zip(definitions, ends):
            kind, name = definition.group(2), definition.group(3)
            try:
                total += check_description(arguments.opt, kind, name, text[definition.start():end])
            except Failure as failure:
                failures += 1
                print(f"{path}: example of '{name}':\n{failure}", file=sys.stderr)
    print(f"{total} examples, {failures} definitions with failures")
    return 1 if failures or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
