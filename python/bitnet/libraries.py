"""Where the two shared libraries are: the compiler's and the runtime's."""

from __future__ import annotations

import ctypes
import functools
import os
import pathlib

VARIABLE = "BITNET_LIBRARY_DIR"


def library_folders() -> list[pathlib.Path]:
    """Folders in the order of search: what the environment says, the package's own, the build of this checkout."""
    package = pathlib.Path(__file__).resolve().parent
    folders = [package / "lib", package.parent.parent / "build" / "lib"]
    if named := os.environ.get(VARIABLE):
        folders.insert(0, pathlib.Path(named))
    return folders


@functools.cache
def load_library(name: str) -> ctypes.CDLL:
    """Loads `lib<name>.so`.

    Raises OSError, which lists the folders that were searched, where there is none.
    """
    folders = library_folders()
    for folder in folders:
        path = folder / f"lib{name}.so"
        if path.exists():
            return ctypes.CDLL(str(path))
    searched = ", ".join(str(folder) for folder in folders)
    raise OSError(f"lib{name}.so is in none of {searched}: build the project (scripts/build) or set {VARIABLE}")
