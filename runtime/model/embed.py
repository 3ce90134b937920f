#!/usr/bin/env python3
"""embed.py OUT.c NAME=FILE...: byte arrays NAME and NAME_size as C."""

import sys


def array(name, data):
    lines = [f"const unsigned char {name}[] = {{"]
    for i in range(0, len(data), 16):
        lines.append("  " + "".join(f"{b}," for b in data[i : i + 16]))
    lines.append("};")
    lines.append(f"const unsigned long {name}_size = {len(data)};")
    return "\n".join(lines)


def main():
    out, *items = sys.argv[1:]
    text = '#include "GlueBitcode.h"\n\n'
    for item in items:
        name, path = item.split("=", 1)
        with open(path, "rb") as f:
            text += array(name, f.read()) + "\n"
    with open(out, "w") as f:
        f.write(text)


main()
