"""make_data.py FOLDER: inputs for the hand-written model of runtime/test/fake_model.c
(y = x + 1, rows = number of rows, half_out = half), good and bad."""
import os
import sys
import warnings
import zipfile

import numpy as np
from onnx import numpy_helper

warnings.simplefilter("ignore", UserWarning)  # of a name that is twice in an archive
folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)


def path(name):
    return os.path.join(folder, name)


x = np.arange(12, dtype=np.float32).reshape(3, 4)
mask = np.zeros(3, np.int64)
half = np.array([0.1, 65504.0, 6e-8], np.float32)
good = {
    "in_x": x,
    "in_mask": mask,
    "in_half": half,
    "out_y": x + 1,
    "out_rows": np.array(3),
    "out_half_out": half.astype(np.float16),
}
np.savez(path("good.npz"), **good)
# Deflated, column-major, and names that are not the model's: order decides.
np.savez_compressed(
    path("order.npz"), in_first=np.asfortranarray(x), in_second=mask, in_last=half,
    out_a=x + 1, out_b=np.array(3), out_c=half.astype(np.float16)
)
# Names that are half right: the order may not decide.
np.savez(path("half_in.npz"), in_first=x, in_mask=mask, in_half=half)
np.savez(path("half_out.npz"), **{**good, "out_sum": good["out_y"]})
np.savez(path("half_out3.npz"), **{k.replace("out_y", "out_sum"): v for k, v in good.items()})
np.savez(path("one_out.npz"), in_x=x, in_mask=mask, in_half=half, out_sum=x + 1)
np.savez(path("wrong.npz"), **{**good, "out_y": x + 2})
np.savez(path("shape.npz"), **{**good, "out_y": (x + 1)[:2]})
nan = x.copy()
nan[0, 0], nan[0, 1] = np.nan, np.inf
np.savez(path("nan.npz"), **{**good, "in_x": nan, "out_y": nan + 1})
np.savez(path("nan_wrong.npz"), **{**good, "out_y": nan + 1})
np.savez(path("missing.npz"), in_x=x, in_mask=mask)
np.savez(path("extra.npz"), **{**good, "in_other": x})
np.savez(path("misspelt.npz"), in_x=x, in_maks=mask)
np.savez(path("dtype.npz"), **{**good, "in_x": x.astype(np.int16)})
np.savez(path("dim.npz"), **{**good, "in_x": np.zeros((3, 5), np.float32)})
np.savez(path("names.npz"), x=x)
np.savez(path("complex.npz"), **{**good, "in_x": x.astype(np.complex64)})
np.savez(path("negative.npz"), **{**good, "in_mask": mask - 1})
with zipfile.ZipFile(path("good.npz")) as z, zipfile.ZipFile(path("twice.npz"), "w") as to:
    for name in [*z.namelist(), "out_y.npy"]:
        to.writestr(name, z.read(name))
with open(path("good.npz"), "rb") as f:
    data = f.read()
with open(path("truncated.npz"), "wb") as f:
    f.write(data[: len(data) // 2])
with open(path("damaged.npz"), "wb") as f:
    f.write(data.replace(b"PK\x03\x04", b"PK\x03\x05"))
with open(path("changed.npz"), "wb") as f:
    f.write(data.replace(b"'shape': (3, 4)", b"'shape': (9, 9)"))
with zipfile.ZipFile(path("good.npz")) as z, zipfile.ZipFile(path("lies.npz"), "w") as to:
    for name in z.namelist():
        to.writestr(name, z.read(name).replace(b"'shape': (3, 4)", b"'shape': (9, 9)"))
np.save(path("x.npy"), x)
np.save(path("mask.npy"), mask)
np.save(path("half.npy"), half.astype(np.float16))

os.makedirs(path("test_data_set_0"), exist_ok=True)
arrays = list(good.values())
for i in range(6):
    kind, array = ("input", arrays[i]) if i < 3 else ("output", arrays[i])
    if i == 2:
        array = array.astype(np.float16)
    with open(path(f"test_data_set_0/{kind}_{i % 3}.pb"), "wb") as f:
        f.write(numpy_helper.from_array(array).SerializeToString())
