"""Runs inside the environment that utils/nnsmith-graphs makes: writes models of nnsmith with their inputs.

nnsmith_generate.py FOLDER FIRST COUNT      <seed>.onnx and <seed>.npz; seeds that give no model are left out
"""

import functools
import pathlib
import sys

import numpy as np
import torch.onnx

# nnsmith was written for the exporter that traces; newer versions of PyTorch have another default.
torch.onnx.export = functools.partial(torch.onnx.export, dynamo=False)

from nnsmith.backends.factory import BackendFactory  # noqa: F401
from nnsmith.graph_gen import model_gen
from nnsmith.materialize import Model
from nnsmith.narrow_spec import auto_opset


def write(kind, operators, seed, folder):
    gen = model_gen(
        opset=operators,
        method="symbolic-cinit",
        seed=seed,
        max_elem_per_tensor=4096,
        max_nodes=4 + seed % 9,
        timeout_ms=10000,
    )
    model = kind.from_gir(gen.make_concrete())
    model.refine_weights()
    oracle = model.make_oracle()
    model.dump(str(folder / f"{seed}.onnx"))
    np.savez(folder / f"{seed}.npz", **{f"in_{name}": array for name, array in oracle.input.items()})


def main():
    folder, first, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    kind = Model.init("onnx", backend_target="cpu")
    kind.add_seed_setter()
    operators = auto_opset(kind, None, vulops=False)
    for seed in range(first, first + count):
        if not (folder / f"{seed}.npz").exists():
            try:
                write(kind, operators, seed, folder)
            except Exception as error:  # noqa: BLE001 (nnsmith gives up on some seeds)
                print(f"seed {seed}: {type(error).__name__}: {str(error)[:100]}", file=sys.stderr)


if __name__ == "__main__":
    main()
