"""lit configuration: tools on PATH, substitutions, what counts as a test."""
import glob
import os
import platform
import tarfile

import lit.formats

config.name = "BitNet"
config.test_format = lit.formats.ShTest(execute_external=True)
config.suffixes = [".mlir", ".test", ".onnxtxt", ".py"]
config.excludes = ["Inputs", "lit.cfg.py", "lit.site.cfg.py"]
config.test_source_root = os.path.join(config.bitnet_source_dir, "test")
config.test_exec_root = os.path.join(config.bitnet_binary_dir, "test")

tools = [os.path.join(config.bitnet_binary_dir, "bin"), config.llvm_tools_dir]
config.plain_path = os.pathsep.join(tools + [config.environment["PATH"]])
# Whatever a test compiles and runs, it runs between guard pages: `bitnet-run` on the PATH is a script that adds the flag.
# Tests of bitnet-run itself take plain_path (lit.local.cfg).
guarded = os.path.join(config.test_exec_root, "guarded")
os.makedirs(guarded, exist_ok=True)
script = os.path.join(guarded, "bitnet-run")
with open(script + ".new", "w") as file:
    file.write(f'#!/bin/sh\nexec "{tools[0]}/bitnet-run" --guard-pages "$@"\n')
os.chmod(script + ".new", 0o755)
os.replace(script + ".new", script)
config.environment["PATH"] = os.pathsep.join([guarded, config.plain_path])
config.environment["PYTHONPATH"] = os.path.join(config.bitnet_source_dir, "utils")

# The exported models, unpacked once (7 MB of archive, 38 MB of files).
archive = os.path.join(config.test_source_root, "Inputs", "models.tar.xz")
config.models_dir = os.path.join(config.test_exec_root, "models")
stamp = os.path.join(config.test_exec_root, "models.stamp")
if not os.path.exists(stamp) or os.path.getmtime(stamp) < os.path.getmtime(archive):
    with tarfile.open(archive) as tar:
        tar.extractall(config.test_exec_root)
    with open(stamp, "w"):
        pass

config.substitutions += [
    ("%python", config.python),
    ("%utils", os.path.join(config.bitnet_source_dir, "utils")),
    ("%inputs", os.path.join(config.test_source_root, "Inputs")),
    ("%models", config.models_dir),
    ("%src", config.bitnet_source_dir),
    ("%build", config.bitnet_binary_dir),
]

# The vector forms run natively only where the CPU has them.
flags = ""
if platform.machine() == "x86_64" and os.path.exists("/proc/cpuinfo"):
    with open("/proc/cpuinfo") as cpuinfo:
        flags = next((line for line in cpuinfo if line.startswith("flags")), "")
for feature, words in {
    "host-x86_64": [],
    "host-avx2": ["avx2", "fma"],
    "host-avxvnni": ["avx_vnni"],
    "host-avx512bw": ["avx512bw"],
    "host-avx512vnni": ["avx512_vnni", "avx512bw"],
    "host-avx512vbmi": ["avx512_vnni", "avx512bw", "avx512vbmi"],
    "host-amx": ["amx_tile", "amx_int8", "avx512_vnni"],
}.items():
    if platform.machine() == "x86_64" and all(w in flags.split() for w in words):
        config.available_features.add(feature)
# Other architectures: an emulator and a C compiler with its libraries (scripts/setup).
emulated = ("x86_64", "aarch64", "riscv64")
for tool in [f"qemu-{arch}-static" for arch in emulated] + [f"{arch}-linux-gnu-gcc" for arch in emulated]:
    if any(os.access(os.path.join(p, tool), os.X_OK) for p in config.environment["PATH"].split(os.pathsep)):
        config.available_features.add(tool)
if glob.glob(os.path.join(config.llvm_tools_dir, "../lib/clang/*/lib/*/libclang_rt.tsan*.a")):
    config.available_features.add("thread-sanitizer")
