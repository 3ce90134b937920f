# Headers of .npy files and members of .npz archives: taken where NumPy takes them, refused where it refuses them.
#
# RUN: %python %s %t
"""Bytes of arrays that another program wrote, or that a disk has changed."""

import io
import pathlib
import struct
import sys
import zipfile

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from workflow import BAD_DATA, OK, RUN, Case, main, ternary_layer

EXPECTED = "header: expected {'descr': <dtype>, 'fortran_order': <True or False>, 'shape': (<sizes>)}, got '"
REST = "'fortran_order': False, 'shape': (3, 32)"
PLAIN = "{'descr': '<f4', " + REST + "}"

# Each with what is said of it; empty: it is the array.
HEADERS = {
    "plain": (PLAIN, ""),
    "padded": (PLAIN + "   \n", ""),
    "spaces": ("{ 'descr' : '<f4' ,\n'fortran_order' : False ,\t'shape' : ( 3 , 32 , ) , }", ""),
    "any_order": ("{'shape':(3,32),'fortran_order':False,'descr':'<f4'}", ""),
    "double_quotes": (PLAIN.replace("'", '"'), ""),
    "native_order": (PLAIN.replace("<f4", "=f4"), ""),
    "no_order": (PLAIN.replace("<f4", "f4"), ""),
    "name": (PLAIN.replace("<f4", "float32"), ""),
    "last_of_two": ("{'shape': (32, 3), 'descr': '<f4', " + REST + "}", ""),
    "empty": ("", EXPECTED + "'"),
    "open": (PLAIN[:-1], EXPECTED),
    "open_text": ("{'descr': '<f4", EXPECTED),
    "more": (PLAIN + " x", EXPECTED),
    "zero_byte": (PLAIN.replace("False", "False\0"), EXPECTED),
    "no_fortran_order": ("{'descr': '<f4', 'shape': (3, 32)}", EXPECTED),
    "fortran_order_1": (PLAIN.replace("False", "1"), EXPECTED),
    "other_key": (PLAIN.replace("}", ", 'x': 1}"), EXPECTED),
    "no_comma": (PLAIN.replace("<f4',", "<f4'"), EXPECTED),
    "list": (PLAIN.replace("(3, 32)", "[3, 32]"), EXPECTED),
    "number": (PLAIN.replace("(3, 32)", "(96)"), EXPECTED),
    "negative": (PLAIN.replace("(3, 32)", "(-3, -32)"), EXPECTED),
    "two_commas": (PLAIN.replace("(3, 32)", "(3,, 32)"), EXPECTED),
    "digits": (PLAIN.replace("(3, 32)", f"({'9' * 30}, 0)"), EXPECTED),
    "no_dtype": (PLAIN.replace("<f4", ""), "dtype '' is not supported"),
    "long_double": (PLAIN.replace("<f4", "<f16"), "dtype '<f16' is not supported"),
    "fields": (PLAIN.replace("'<f4'", "[('a', '<f4')]"), "a dtype with fields is not supported"),
    "inner_shape": (PLAIN.replace("'<f4'", "('<f4', (32,))"), "a dtype with fields is not supported"),
}
VERSIONS = {"version_2": (b"\2\0", OK, ""), "version_1_5": (b"\1\5", BAD_DATA, "not a .npy file")}


def npy(header: str, data: bytes, version: bytes = b"\1\0") -> bytes:
    size = struct.pack("<H" if version[0] == 1 else "<I", len(header))
    return b"\x93NUMPY" + version + size + header.encode() + data


def headers() -> list[Case]:
    cases = [
        Case(f"header_{name}", f"{RUN} m.so --input x={name}.npy", BAD_DATA if says else OK, says)
        for name, (_, says) in HEADERS.items()
    ]
    return cases + [
        Case(name, f"{RUN} m.so --input x={name}.npy", code, says) for name, (_, code, says) in VERSIONS.items()
    ]


def use(name: str, code: int = OK, says: str = "") -> Case:
    what = f"{name}.npz: 'in_x.npy' {says}" if code else says
    return Case(f"archive_{name}", f"{RUN} m.so --data {name}.npz", code, what)


CHANGED = "is damaged: its bytes do not have the checksum that the archive says"
ARCHIVES = [
    use("stored"),
    use("deflated"),
    use("streamed"),
    use("data", BAD_DATA, CHANGED),
    use("checksum", BAD_DATA, CHANGED),
    use("short", BAD_DATA, CHANGED),
    use("deflated_checksum", BAD_DATA, CHANGED),
    use("encrypted", BAD_DATA, "is encrypted, which is not supported"),
    use("bzip2", BAD_DATA, "is compressed by method 12 of zip archives: expected 0 (stored) or 8 (deflated)"),
    use("lzma", BAD_DATA, "is compressed by method 14 of zip archives: expected 0 (stored) or 8 (deflated)"),
]


class Stream(io.BytesIO):
    """Cannot be written anew: sizes and checksum come after the bytes, and in the directory."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


def archive(data: bytes, method: int, file: io.BytesIO | None = None) -> bytes:
    file = file or io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as members:
        members.writestr("in_x.npy", data)
    return file.getvalue()


def patch(data: bytes, at: int, *values: int) -> bytes:
    return data[:at] + bytes(values) + data[at + len(values) :]


def prepare_archives(folder: pathlib.Path, data: bytes) -> None:
    stored, deflated = archive(data, zipfile.ZIP_STORED), archive(data, zipfile.ZIP_DEFLATED)
    entry, other = stored.rfind(b"PK\1\2"), deflated.rfind(b"PK\1\2")
    archives = {
        "stored": stored,
        "deflated": deflated,
        "streamed": archive(data, zipfile.ZIP_DEFLATED, Stream()),
        "data": patch(stored, entry - 9, stored[entry - 9] ^ 0x40),
        "checksum": patch(stored, entry + 16, stored[entry + 16] ^ 1),
        "short": patch(stored, entry + 20, stored[entry + 20] ^ 8),
        "deflated_checksum": patch(deflated, other + 16, deflated[other + 16] ^ 1),
        "encrypted": patch(stored, entry + 8, 1),
        "bzip2": archive(data, zipfile.ZIP_BZIP2),
        "lzma": archive(data, zipfile.ZIP_LZMA),
    }
    for name, content in archives.items():
        (folder / f"{name}.npz").write_bytes(content)


def prepare(folder: pathlib.Path) -> None:
    _, x, _ = ternary_layer()
    for name, (header, _) in HEADERS.items():
        (folder / f"{name}.npy").write_bytes(npy(header, x.tobytes()))
    for name, (version, _, _) in VERSIONS.items():
        (folder / f"{name}.npy").write_bytes(npy(PLAIN, x.tobytes(), version))
    for name, (_, says) in HEADERS.items():
        if not says:
            assert np.array_equal(np.load(folder / f"{name}.npy"), x), name
    prepare_archives(folder, npy(PLAIN, x.tobytes()))


if __name__ == "__main__":
    main(headers() + ARCHIVES, prepare)
