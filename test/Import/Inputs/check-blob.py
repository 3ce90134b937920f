"""Reads IR; checks that the first blob of it holds only the float 1.0."""
import re
import struct
import sys

name, offset, length = re.search(r'#bitnet.blob<"([^"]*)", (\d+), (\d+)>', sys.stdin.read()).groups()
with open(name, "rb") as file:
    file.seek(int(offset))
    data = file.read(int(length))
assert data == struct.pack("<f", 1.0) * (int(length) // 4), "wrong bytes"
