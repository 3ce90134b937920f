"""emulated.py ARCHITECTURE MODELS WORK NATIVE-DRIVER EMULATED-DRIVER

Compiles models for another architecture and runs them under qemu-user: the same codes or outputs as the x86-64 library
(mm_c1), and the same bits from every variant on every machine that runs it, with one thread and with four.
"""
import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx

import old_qemu

MODELS = ["mlp_bit.dynamo", "bitnet_s_auto_past.dynamo", "bitlinear_tips_rms.dynamo", "bitlinear_tips_fp16.dynamo",
          "cnn_bit.dynamo"]


@dataclasses.dataclass
class Architecture:
    # Machines that qemu knows, with the variants that each runs, worst to best; the last machine runs all.
    machines: dict
    # Flags of libraries, with what must be among their kernels: all variants in one, and others (one CPU, base 3).
    default: tuple
    others: dict
    # Models that are compiled in every way, the others for all machines only. A scalar level of the portable kernel is
    # large, so RISC-V has one.
    every_way: tuple
    # Flags of a library, a machine that cannot run it, and the first thing that it lacks.
    refused: tuple = ()

    def best_machine(self):
        return list(self.machines)[-1]


ARCHITECTURES = {
    "aarch64": Architecture(
        machines={"cortex-a53": ["neon"], "max": ["neon", "neon_dotprod", "i8mm"]},
        default=([], {"neon", "neon_dotprod", "i8mm"}),
        others={"neoverse-v1": (["--mcpu=neoverse-v1"], {"i8mm"}), "base3": (["--packing=1.6"], {"generic_u1_6"})},
        every_way=("mlp_bit.dynamo", "bitnet_s_auto_past.dynamo")),
    "riscv64": Architecture(
        machines={"rv64,v=false": ["generic"], "rv64,v=true,vlen=256,vext_spec=v1.0": ["generic", "rvv"],
                  "rv64,v=true,vlen=128,vext_spec=v1.0": ["generic", "rvv"]},
        default=([], {"generic"}),
        others={"rv64gcv": (["--mattr=+v"], {"generic"}), "base3": (["--packing=1.6"], {"generic_u1_6"})},
        every_way=("mlp_bit.dynamo",),
        refused=(("--mattr=+v,+zvl256b", "rv64,v=true,vlen=128,vext_spec=v1.0", "zvl256b"),
                 ("--mattr=+zve64x", "rv64,v=false", "zve32x"), ("--mattr=+zabha", "rv64,v=false", "zabha"))),
}
# No kernel, on any architecture.
SCALAR = {"scalar": (["--kernel=scalar"], {""})}


def write_inputs(folder, model, data):
    folder.mkdir(parents=True, exist_ok=True)
    for index, value in enumerate(model.graph.input):
        array = np.ascontiguousarray(data["in_" + value.name])
        head = " ".join(map(str, (array.ndim, *array.shape)))
        (folder / f"{index}.in").write_bytes(head.encode() + b"\n" + array.tobytes())


def probes(folder):
    files = sorted(folder.glob("*.probe"), key=lambda f: int(f.stem))
    return [f.read_bytes() for f in files]


def results(folder):
    return probes(folder) + [f.read_bytes() for f in sorted(folder.glob("*.out"))]


def difference(actual, expected):
    actual, expected = (np.asarray(a, np.float64).ravel() for a in (actual, expected))
    return np.linalg.norm(actual - expected) / max(np.linalg.norm(expected), 1e-30)


def compile_model(model, library, flags):
    report = library.with_suffix(".json")
    subprocess.run(["bitnet-compile", "-q", str(model), "-o", str(library), f"--report={report}", *flags], check=True)
    return set(json.loads(report.read_text())["kernel"].split(", "))


class Emulator:
    """Runs libraries of one architecture."""

    def __init__(self, name, driver):
        self.name, self.driver, self.architecture = name, driver, ARCHITECTURES[name]
        self.program = f"qemu-{name}-static"

    def prepare(self, library):
        if self.name == "riscv64" and old_qemu.is_old(self.program):
            old_qemu.rewrite(library)

    def run(self, folder, machine, isa=None, threads=1):
        environment = {**os.environ, **({"BITNET_ISA": isa} if isa else {})}
        command = [self.program, "-L", f"/usr/{self.name}-linux-gnu", "-cpu", machine, self.driver,
                   folder / "model.so", folder, str(threads)]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def check_variants(self, name, folder):
        """Each variant gives the bits of the best one, whatever the number of threads."""
        expected = results(folder)
        for machine, isas in self.architecture.machines.items():
            for isa, threads in [(None, 1), (None, 4)] + [(isa, 1) for isa in isas]:
                done = self.run(folder, machine, isa, threads)
                assert done.returncode == 0, (machine, isa, done.stderr)
                assert done.stdout.strip() == (isa or isas[-1]), (machine, isa, done.stdout)
                assert results(folder) == expected, (name, machine, isa, threads)
        self.check_refusal(folder)

    def check_refusal(self, folder):
        """The worst machine names what it lacks for the best variant."""
        machines = self.architecture.machines
        worst, best = list(machines)[0], machines[self.architecture.best_machine()][-1]
        refused = self.run(folder, worst, best)
        assert refused.returncode == 1 and f"BITNET_ISA={best}: this CPU has no " in refused.stderr, refused


def check_refusals(emulator, models, work):
    """A machine that lacks what a library was compiled for says so; it would compute something else, or end."""
    name = MODELS[0]
    for flags, machine, missing in emulator.architecture.refused:
        folder = work / name / "default"
        compile_model(models / f"{name}.onnx", folder / "model.so",
                      [f"--mtriple={emulator.name}-unknown-linux-gnu", "-O1", flags])
        refused = emulator.run(folder, machine)
        assert refused.returncode == 1 and f"this CPU has no {missing}" in refused.stderr, (flags, machine, refused)


def check(name, build, data, model, native, folder):
    """Largest difference of an output from the native one; how many probes differ, of how many."""
    worst = 0.0
    for index, value in enumerate(model.graph.output):
        dtype = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        actual, expected = (np.frombuffer((f / f"{index}.out").read_bytes(), dtype) for f in (folder, native))
        reference = data["out_" + value.name]
        assert actual.size == expected.size == reference.size, (name, build, value.name)
        worst = max(worst, difference(actual, expected))
    pairs = list(zip(probes(folder), probes(native), strict=True))
    assert pairs, (name, "no probes")
    differing = sum(a != b for a, b in pairs)
    return worst, differing, len(pairs)


def check_model(name, emulator, builds, models, work, x86):
    """Whether every library of the model agrees with the native one."""
    path = models / f"{name}.onnx"
    model = onnx.load(path, load_external_data=False)
    data = np.load(models / f"{name.split('.')[0]}.npz")
    native = work / name / "x86"
    write_inputs(native, model, data)
    # Two variants, with and without what mm_c5 says of plain x86-64, take less time than all.
    compile_model(path, native / "model.so", ["--mtriple=x86_64-linux-gnu", "--isa=generic,avx2"])
    done = subprocess.run([x86, native / "model.so", native], check=True, capture_output=True, text=True)
    tolerance = 5e-6 if done.stdout.strip() == "generic" else 0
    good = True
    for build, (flags, wanted) in builds.items():
        folder = work / name / build
        write_inputs(folder, model, data)
        kernels = compile_model(path, folder / "model.so", [f"--mtriple={emulator.name}-unknown-linux-gnu", *flags])
        assert kernels >= wanted and (wanted != {""} or kernels == wanted), (name, build, kernels)
        emulator.prepare(folder / "model.so")
        done = emulator.run(folder, emulator.architecture.best_machine())
        assert done.returncode == 0, (name, build, done.stderr)
        if build == "default":
            emulator.check_variants(name, folder)
        worst, differing, count = check(name, build, data, model, native, folder)
        bad = worst > tolerance or (differing and not tolerance)
        good &= not bad
        print(f"{name} {build}: {differing} of {count} probes differ, outputs by {worst:.1e}{' FAIL' if bad else ''}")
    return good


def main():
    models, work, x86, driver = (pathlib.Path(a) for a in sys.argv[2:6])
    emulator = Emulator(sys.argv[1], driver)
    default = {"default": emulator.architecture.default}
    every = {**default, **emulator.architecture.others, **SCALAR}
    every_way = emulator.architecture.every_way
    good = [check_model(name, emulator, every if name in every_way else default, models, work, x86) for name in MODELS]
    check_refusals(emulator, models, work)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
