# One library, every ISA variant that runs here or under emulation: the same codes and outputs, bit by bit; only products of
# floats differ in last bits where the CPU has no fused multiply-add (mm_c5).
#
# REQUIRES: host-x86_64, qemu-x86_64-static
# RUN: %python %s %models %build/bin/bitnet-run %t
"""Compiles some models for all ISAs and runs each with every BITNET_ISA, natively and under qemu."""
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np

# int8 layers, bf16 layers without kernels of their own, f16 conversions.
MODELS = ["mlp_bit.dynamo", "bitlinear_tips_rms.dynamo", "bitlinear_tips_bf16.dynamo", "bitlinear_tips_fp16.dynamo"]
# With products of floats: a ternary decoder with softmax and norms, an encoder and convolutions of floats.
FLOAT_PRODUCTS = ["bitnet_s_auto_past.dynamo", "bert_s.dynamo", "cnn_s.dynamo"]
WITHOUT_CODES = ["bitlinear_tips_bf16.dynamo", "bert_s.dynamo", "cnn_s.dynamo"]
WITHOUT_FMA = ["generic"]
# What the choice must be on machines of qemu, from baseline x86-64 on.
MACHINES = {"qemu64": "generic", "Nehalem": "generic", "Haswell": "avx2", "max": "avx2"}
EMULATED = ["mlp_bit.dynamo", "bitlinear_tips_bf16.dynamo"]
TOLERANCES = json.loads((pathlib.Path(__file__).parent / "tolerances.json").read_text())
ALL = ["generic", "avx2", "avxvnni", "avx512bw", "avx512vnni", "avx512vbmi", "amx"]


def run(library, arguments, isa=None, prefix=()):
    environment = dict(os.environ, BITNET_NUM_THREADS="2")
    environment.pop("BITNET_ISA", None)
    if isa:
        environment["BITNET_ISA"] = isa
    # Not what is on the PATH: that is a script, which qemu cannot run.
    return subprocess.run([*prefix, sys.argv[2], "--guard-pages", str(library), *map(str, arguments)], env=environment,
                          capture_output=True, text=True)


def chosen(output):
    name, names = re.search(r"^isa (\S+), of (.*)$", output, re.M).groups()
    return name, names.split(", ")


def available(library):
    """What this CPU runs, as the refusal of a wrong name lists it."""
    refusal = run(library, [], "foo")
    assert refusal.returncode and "no such variant; variants that run here: " in refusal.stderr, refusal
    return refusal.stderr.strip().split("run here: ")[1].split(", ")


def results(library, data, work, isa=None, prefix=()):
    """Codes and outputs by name, and the variant that made them."""
    codes = work / f"{isa}.npz"
    tolerance = TOLERANCES.get(data.stem, 5e-6)
    done = run(library, ["-v", "--data", data, f"--tol={tolerance}", f"--dump-codes={codes}"], isa, prefix)
    assert done.returncode == 0, (isa, prefix, done.stdout, done.stderr)
    with np.load(codes) as file:
        return chosen(done.stdout)[0], {name: file[name].tobytes() for name in file.files}


def check_equal(name, actual, expected, where, outputs=True):
    """Codes are equal, and outputs if `outputs`: those are within a tolerance in any case."""
    assert actual.keys() == expected.keys(), (name, where)
    assert any(key.startswith("codes_") for key in actual) or name in WITHOUT_CODES, (name, "no codes")
    different = [key for key in expected if actual[key] != expected[key] and (outputs or key.startswith("codes_"))]
    assert not different, (name, where, different)


def check_model(name, models, work):
    library, data = work / f"{name}.so", models / f"{name.split('.')[0]}.npz"
    subprocess.run(["bitnet-compile", "-q", models / f"{name}.onnx", "-o", library], check=True)
    here = available(library)
    best, expected = results(library, data, work)
    assert best == here[-1] and set(here) <= set(ALL), (best, here)
    for isa in here:
        used, actual = results(library, data, work, isa)
        assert used == isa, (used, isa)
        check_equal(name, actual, expected, isa, name in MODELS or isa not in WITHOUT_FMA)
    for machine in MACHINES if name in EMULATED else []:
        used, actual = results(library, data, work, None, ["qemu-x86_64-static", "-cpu", machine])
        assert used == MACHINES[machine], (machine, used)
        check_equal(name, actual, expected, machine)
    print(f"{name}: {', '.join(here)} agree in {len(expected)} arrays")


def check_refusals(models, work):
    """A CPU that lacks what is asked for gets a status and a line, never a signal."""
    library, model = work / "new.so", models / "mlp_bit.dynamo.onnx"
    nehalem = ["qemu-x86_64-static", "-cpu", "Nehalem"]
    subprocess.run(["bitnet-compile", "-q", model, "-o", library, "--isa=avx512vnni,avx2"], check=True)
    old = run(library, ["-v"], None, nehalem)
    assert old.returncode == 69 and "isa none, of avx2, avx512vnni" in old.stdout, old
    assert re.search(r"this CPU has no \S+, which the model 'mlp_bit.dynamo.onnx' needs; "
                     r"it was compiled for: avx2, avx512vnni", old.stderr), old.stderr
    wish = run(library, [], "avx512vnni", ["qemu-x86_64-static", "-cpu", "max"])
    assert wish.returncode == 69, wish
    assert re.search(r"BITNET_ISA=avx512vnni: this CPU has no avx512\w+; variants that run here: avx2$",
                     wish.stderr.strip()), wish.stderr
    subprocess.run(["bitnet-compile", "-q", model, "-o", library, "--mcpu=x86-64-v4"], check=True)
    one = run(library, [], None, ["qemu-x86_64-static", "-cpu", "max"])
    assert one.returncode == 69, one
    assert re.search(r"this CPU has no avx512\w+, .*; it was compiled for: x86-64-v4", one.stderr), one.stderr


def main():
    models, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[3])
    work.mkdir(parents=True, exist_ok=True)
    for name in MODELS + FLOAT_PRODUCTS:
        check_model(name, models, work)
    check_refusals(models, work)


if __name__ == "__main__":
    main()
