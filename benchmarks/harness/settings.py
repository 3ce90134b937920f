"""How much is measured, and where tools and files are."""
import pathlib
import subprocess
import sys
import time
from typing import NamedTuple

SHAPES = ((2560, 2560), (640, 2560), (6912, 2560), (2560, 6912), (3200, 8640))


class Settings(NamedTuple):
    megabytes: int  # of distinct matrices
    budget: float  # seconds for one figure
    shapes: tuple
    rows: tuple
    in_cache: tuple  # generated code against intrinsics
    layer: tuple  # (K, N, rows...)
    stack_layers: int
    comparators: tuple  # of the stack
    only: tuple = ()  # kernels, if not all
    threads: tuple = (1,)
    filter: str = ""
    with_llama_cpp: bool = False

    @property
    def smoke(self):
        return self.stack_layers == 0


FULL = Settings(672, 0.5, SHAPES, (1, 4, 16, 128, 512), ((256, 2560), (640, 2560)), (2560, 6912, 1, 128), 2,
                ("f32", "int8", "4bit", "2bit"))
# ONNX Runtime's best forms: 2 bits for a token, int8 for a prompt.
QUICK = Settings(672, 0.08, (SHAPES[0], SHAPES[2]), (1, 4, 128), ((256, 2560),), (2560, 6912, 1, 128), 2,
                 ("int8", "2bit"))
SMOKE = Settings(4, 0.001, ((128, 320),), (1, 5), ((64, 320),), (160, 192, 1, 3), 0, (), ("scalar", "generic"))


class Tools(NamedTuple):
    root: pathlib.Path
    build: pathlib.Path
    work: pathlib.Path

    def path(self, name):
        return str(self.build / "bin" / name)

    def run(self, command, **kwargs):
        """Standard output; a failure is an exception that shows the command's own words."""
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **kwargs)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def say(text):
    print(f"[bench {time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)
