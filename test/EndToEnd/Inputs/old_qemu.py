"""What qemu 7 (Debian 12) cannot run of a RISC-V library, rewritten.

It aborts (`decode_save_opc: Assertion`) where the first floating-point instruction of a block is a conversion of
vectors to integers that says how to round, `vf[nw]cvt.rtz.*`; qemu 8 does not. The same conversion with the current
rounding mode, to nearest, has the same result for integral values, and codes are rounded before they are converted.
"""
import functools
import re
import struct
import subprocess

# Bits of an instruction by which `rtz.x.f` and `rtz.xu.f` differ from `x.f` and `xu.f`.
TOWARDS_ZERO = 0b110 << 15


@functools.cache
def is_old(emulator):
    version = subprocess.run([emulator, "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"version (\d+)", version).group(1)) < 8


def file_offset(elf, address):
    """Where the byte at `address` of the loaded library is in the file."""
    first, = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    for at in range(first, first + count * size, size):
        kind, _, offset, start, _, length = struct.unpack_from("<IIQQQQ", elf, at)
        if kind == 1 and start <= address < start + length:  # PT_LOAD
            return offset + address - start
    raise AssertionError(f"no segment at {address:#x}")


def rewrite(library):
    """Rewrites the file in place."""
    command = ["llvm-objdump", "-d", "--mattr=+v", str(library)]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    addresses = re.findall(r"^\s*([0-9a-f]+):.*\svf[nw]?cvt\.rtz\.", listing, re.M)
    elf = bytearray(library.read_bytes())
    for address in addresses:
        at = file_offset(elf, int(address, 16))
        instruction, = struct.unpack_from("<I", elf, at)
        struct.pack_into("<I", elf, at, instruction & ~TOWARDS_ZERO)
    library.write_bytes(elf)
