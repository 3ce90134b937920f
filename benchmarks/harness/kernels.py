"""Our kernels, taken out of the compiler, and the limits of the machine beside them."""
import concurrent.futures
import itertools
import json
import re
import subprocess
from typing import NamedTuple

import machine
from settings import say

TAILS = ((70, 53), (33, 100))
SOURCES = "Clock Team Memory Peak Layout CompiledKernel Intrinsics Check Options Row Limits Measure Main".split()


class Kind(NamedTuple):
    """The oldest CPU that a kernel is for, and the instruction whose peak it is compared with."""
    cpu: str = "native"
    peak: str = "none"
    # Flags of /proc/cpuinfo that --mcpu=native leaves out, and how the compiler calls them.
    flags: tuple = ()


# Kernels that are not named here are compiled for this CPU and have no peak.
KINDS = {
    "generic": Kind("x86-64"),
    "scalar": Kind("x86-64"),
    "avx2": Kind("haswell", "maddubs-256"),
    "avxvnni": Kind("alderlake", "vpdpbusd-256"),
    "avx512bw": Kind("skylake-avx512", "maddubs-512"),
    "avx512vnni": Kind("cascadelake", "vpdpbusd-512"),
    "avx512vbmi": Kind("icelake-server", "vpdpbusd-512"),
    "amx": Kind("sapphirerapids", "tdpbsud", ("amx_tile", "amx_int8")),
    "neon_dotprod": Kind("native", "sdot"),
}


class Packing(NamedTuple):
    """Rows of a block, k of a chunk (docs/Kernels.md)."""
    row_block: int
    chunk: int


PACKINGS = {"u2": Packing(64, 16), "u1_6": Packing(32, 20)}


def runnable(tools):
    """The kernels that the compiler has and this CPU can run, by asking it."""
    text = tools.run([tools.path("bitnet-compile"), "--help"])
    block = re.search(r"--kernel=<value>.*\n((?:\s+=.*\n)+)", text).group(1)
    names = [name for name in re.findall(r"=([\w-]+)", block) if name != "auto"]
    probe = tools.work / "probe.mlir"
    probe.write_text("module attributes {bitnet.stage = #bitnet.stage<bitnet>} {\n"
                     "  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n    return %x : tensor<4xf32>\n  }\n}\n")
    command = [tools.path("bitnet-compile"), probe, "-q", "--emit=loops", "-o", tools.work / "probe-out.mlir", "--mcpu=native"]
    present = set(machine.cpu()["features"])

    def works(name):
        flags = [flag for flag in KINDS.get(name, Kind()).flags if flag in present]
        features = ",".join("+" + flag.replace("_", "-") for flag in flags)
        options = [f"--kernel={name}"] + [f"--mattr={features}"] * bool(flags)
        done = subprocess.run(command + options, capture_output=True, text=True)
        # Anything but a CPU that lacks something is a fault, not a kernel to leave out.
        if done.returncode != 0 and "the chosen kernel needs" not in done.stderr:
            raise RuntimeError(f"bitnet-compile --kernel={name}: {done.stderr}")
        return done.returncode == 0

    return [name for name in names if works(name)]


def function_text(packing_name, n, k):
    packing = PACKINGS[packing_name]
    blocks, chunks = -(-n // packing.row_block), -(-k // packing.chunk)
    x = f"memref<?x{chunks * packing.chunk}xi8, strided<[?, 1], offset: ?>>"
    w = f"memref<{blocks}x{chunks}x{packing.row_block // 16}x64xi8>"
    y = f"memref<?x{blocks * packing.row_block}xi32, strided<[?, 1], offset: ?>>"
    return f"""
func.func @mm_{n}_{k}(%x: {x}, %w: {w}, %s: memref<?xi32>, %y: {y}) attributes {{llvm.emit_c_interface}} {{
  bitnet.matmul ins(%x, %w, %s : {x}, {w}, memref<?xi32>) outs(%y : {y})
    packing <{packing_name}, rows = {n}, cols = {k}>
  return
}}"""


def all_shapes(settings):
    """A thread's share of a matrix is a matrix of its own."""
    parts = {(n // t, k) for (n, k), t in itertools.product(settings.shapes, settings.threads)}
    return sorted(parts | set(settings.in_cache) | set(TAILS))


def takes(tools, kind, source):
    """Whether the compiler gives `kind` these operands, rather than another kernel."""
    select = f"--bitnet-select-kernels=kernel={kind}"
    done = subprocess.run([tools.path("bitnet-opt"), str(source), select], capture_output=True, text=True)
    chosen = set(re.findall(r"lowering <\[?(\w+)", done.stdout))
    return done.returncode == 0 and chosen == {kind}


def build_kernel(tools, settings, kind, packing):
    """A library of one kernel, or None when the kernel does not take the packing."""
    source = tools.work / f"{kind}-{packing}.mlir"
    source.write_text("".join(function_text(packing, n, k) for n, k in all_shapes(settings)))
    if not takes(tools, kind, source):
        return None
    assembly, library = source.with_suffix(".s"), source.with_suffix(".so")
    script = tools.root / "test/Codegen/Kernels/Inputs/to-assembly.sh"
    cpu = KINDS.get(kind, Kind()).cpu
    path = f"{tools.build / 'bin'}:/usr/lib/llvm-22/bin:/usr/bin:/bin"
    text = tools.run([script, kind, source, f"-mcpu={cpu}", "-relocation-model=pic"], env={"PATH": path})
    assembly.write_text(text)
    tools.run(["clang-22", "-shared", "-fuse-ld=lld", assembly, "-o", library])
    return library


def build_program(tools):
    """The measuring program, in the build folder whatever the results' folder is."""
    folder, native = tools.build / "bench", tools.root / "benchmarks" / "native"
    program = folder / "measure"
    folder.mkdir(exist_ok=True)
    flags = ["-std=c++17", "-O3", "-march=native", "-Wall", "-Werror"]

    def compile_one(source):
        target = (folder / source.name).with_suffix(".o")
        compiler = ["clang++-22", *flags] if source.suffix == ".cpp" else ["clang-22", "-O2"]
        tools.run([*compiler, f"-I{tools.root}/runtime/include", "-c", source, "-o", target])
        return target

    # What the glue of a model finds out about the CPU.
    sources = [native / f"{name}.cpp" for name in SOURCES] + [tools.root / "runtime/model/CpuCore.c"]
    newest = max(path.stat().st_mtime for path in (*native.iterdir(), *sources))
    if not program.exists() or program.stat().st_mtime < newest:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            objects = list(pool.map(compile_one, sources))
        tools.run(["clang++-22", "-fuse-ld=lld", *objects, "-ldl", "-lpthread", "-o", program])
    return program


def build_all(tools, settings):
    """Arguments of the measuring program, one per kernel and packing."""
    kinds = [kind for kind in runnable(tools) if not settings.only or kind in settings.only]
    pairs = [(kind, packing) for packing in PACKINGS for kind in kinds
             if settings.filter in f"kernels/{kind}/{packing}"]
    say(f"compiling kernels: {' '.join(kinds)}")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        libraries = list(pool.map(lambda pair: build_kernel(tools, settings, *pair), pairs))
    arguments = []
    for (kind, packing), library in zip(pairs, libraries):
        if library:
            arguments.append(f"--kernel={kind}:{packing}:{KINDS.get(kind, Kind()).peak}:{library.resolve()}")
        else:
            say(f"kernel {kind} does not take packing {packing}")
    return arguments


def shape_list(shapes):
    return ",".join(f"{n}x{k}" for n, k in shapes)


def measure(tools, settings):
    arguments = build_all(tools, settings)
    if not arguments:
        return [], True
    numbers = lambda values: ",".join(map(str, values))
    command = [build_program(tools).resolve(), f"--mb={settings.megabytes}", f"--budget={settings.budget}",
               f"--threads={numbers(settings.threads)}", f"--rows={numbers(settings.rows)}",
               f"--shapes={shape_list(settings.shapes)}", f"--tails={shape_list(TAILS)}",
               f"--in-cache={shape_list(settings.in_cache)}", *arguments]
    say(f"measuring limits and {len(arguments)} kernels on {settings.megabytes} MB of weights")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode == 0
