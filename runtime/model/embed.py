#!/usr/bin/env python3
"""embed.py OUT.c ARCH=FILE...: the table bitnet_glues of GlueBitcode.h as C."""

import sys


def array(name, data):
    lines = [f"static const unsigned char {name}[] = {{"]
    for i in range(0, len(data), 16):
        lines.append("  " + "".join(f"{b}," for b in data[i : i + 16]))
    lines.append("};")
    return "\n".join(lines)


def main():
    out, *items = sys.argv[1:]
    arrays, rows = [], []
    for item in items:
        arch, path = item.split("=", 1)
        with open(path, "rb") as f:
            arrays.append(array(arch, f.read()))
        rows.append(f'  {{"{arch}", {arch}, sizeof({arch})}},')
    with open(out, "w") as f:
        f.write("\n".join([
            '#include "GlueBitcode.h"', "", *arrays, "const bitnet_glue bitnet_glues[] = {", *rows, "};",
            f"const unsigned bitnet_num_glues = {len(rows)};", ""]))


main()
