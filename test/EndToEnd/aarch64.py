# Compiled for AArch64 and run under emulation: the same codes or outputs as the x86-64 library (mm_c1).
#
# REQUIRES: qemu-aarch64-static, aarch64-linux-gnu-gcc, host-x86_64
# RUN: aarch64-linux-gnu-gcc -O1 -Wall -Werror -I%src/runtime/include %S/Inputs/driver.c -ldl -o %t.arm
# RUN: cc -O1 -Wall -Werror -I%src/runtime/include %S/Inputs/driver.c -ldl -o %t.x86
# RUN: %python %s %models %t %t.arm %t.x86
"""For each model and CPU: compile, run the driver under qemu, compare with a native run of it."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx

MODELS = ["bitlinear_tips_rms.dynamo", "mlp_bit.dynamo", "bitnet_s_auto_past.dynamo"]
TRIPLE = "--mtriple=aarch64-unknown-linux-gnu"
# All variants in one library, one CPU, no kernel, the other packing.
CPUS = {"default": [], "neoverse-v1": ["--mcpu=neoverse-v1"], "scalar": ["--kernel=scalar"],
        "base3": ["--packing=1.6"]}
# What must be among the kernels.
KERNELS = {"default": {"neon", "neon_dotprod", "i8mm"}, "neoverse-v1": {"i8mm"}, "scalar": set(), "base3": {"generic_u1_6"}}
# What the machines choose: without and with sdot.
MACHINES = {"cortex-a53": "neon", "max": "i8mm"}
QEMU = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", "-cpu"]


def write_inputs(folder, model, data):
    folder.mkdir(parents=True, exist_ok=True)
    for index, value in enumerate(model.graph.input):
        array = np.ascontiguousarray(data["in_" + value.name])
        head = " ".join(map(str, (array.ndim, *array.shape)))
        (folder / f"{index}.in").write_bytes(head.encode() + b"\n" + array.tobytes())


def probes(folder):
    files = sorted(folder.glob("*.probe"), key=lambda f: int(f.stem))
    return [f.read_bytes() for f in files]


def difference(actual, expected):
    actual, expected = (np.asarray(a, np.float64).ravel() for a in (actual, expected))
    return np.linalg.norm(actual - expected) / max(np.linalg.norm(expected), 1e-30)


def compile_model(model, library, flags):
    report = library.with_suffix(".json")
    subprocess.run(["bitnet-compile", "-q", str(model), "-o", str(library), f"--report={report}", *flags], check=True)
    return set(json.loads(report.read_text())["kernel"].split(", "))


def check_variants(name, arm, folder):
    """Each variant gives the bits of the best one."""
    expected = [f.read_bytes() for f in sorted(folder.glob("*.probe")) + sorted(folder.glob("*.out"))]
    for machine, isas in {"cortex-a53": [None, "neon"], "max": [None, "neon", "neon_dotprod", "i8mm"]}.items():
        for isa in isas:
            environment = {**os.environ, **({"BITNET_ISA": isa} if isa else {})}
            run = subprocess.run([*QEMU, machine, arm, folder / "model.so", folder], env=environment, check=True,
                                 capture_output=True, text=True)
            assert run.stdout.strip() == (isa or MACHINES[machine]), (machine, isa, run.stdout)
            actual = [f.read_bytes() for f in sorted(folder.glob("*.probe")) + sorted(folder.glob("*.out"))]
            assert actual == expected, (name, machine, isa)
    refused = subprocess.run([*QEMU, "cortex-a53", arm, folder / "model.so", folder], capture_output=True, text=True,
                             env={**os.environ, "BITNET_ISA": "i8mm"})
    assert refused.returncode == 1 and "BITNET_ISA=i8mm: this CPU has no " in refused.stderr, refused


def check(name, cpu, data, model, native, folder):
    """Largest difference of an output from the native one; how many probes differ."""
    worst = 0.0
    for index, value in enumerate(model.graph.output):
        dtype = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        actual, expected = (np.frombuffer((f / f"{index}.out").read_bytes(), dtype) for f in (folder, native))
        reference = data["out_" + value.name]
        assert actual.size == expected.size == reference.size, (name, cpu, value.name)
        worst = max(worst, difference(actual, expected))
    pairs = list(zip(probes(folder), probes(native), strict=True))
    assert pairs, (name, "no probes")
    # The first layer sees equal floats only up to the rounding of its sums.
    differing = sum(a != b for a, b in pairs)
    return worst, differing, len(pairs)


def main():
    models, work, arm, x86 = (pathlib.Path(a) for a in sys.argv[1:5])
    failures = 0
    for name in MODELS:
        path = models / f"{name}.onnx"
        model = onnx.load(path, load_external_data=False)
        data = np.load(models / f"{name.split('.')[0]}.npz")
        native = work / name / "x86"
        write_inputs(native, model, data)
        compile_model(path, native / "model.so", [])
        subprocess.run([x86, native / "model.so", native], check=True)
        for cpu, flags in CPUS.items():
            folder = work / name / cpu
            write_inputs(folder, model, data)
            kernels = compile_model(path, folder / "model.so", [TRIPLE, *flags])
            assert kernels >= KERNELS[cpu] and (cpu != "scalar" or kernels == {""}), (name, cpu, kernels)
            subprocess.run([*QEMU, "max", arm, folder / "model.so", folder], check=True)
            if cpu == "default":
                check_variants(name, arm, folder)
            worst, differing, count = check(name, cpu, data, model, native, folder)
            bad = differing and worst > 5e-6
            failures += bool(bad)
            print(f"{name} {cpu}: {differing} of {count} probes differ, outputs by {worst:.1e}{' FAIL' if bad else ''}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
