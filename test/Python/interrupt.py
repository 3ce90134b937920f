# RUN: rm -rf %t && mkdir %t && %python %s %models %t
"""Ctrl-C ends a compilation: the command with 130, the function with KeyboardInterrupt, and nothing is written."""

import pathlib
import signal
import subprocess
import sys
import threading

import bitnet

models, folder = map(pathlib.Path, sys.argv[1:])
model = models / "bitnet_s_online_past.dynamo.onnx"
# Tests may run in the background, where shells have Ctrl-C ignored; what Python starts inherits what it has.
signal.signal(signal.SIGINT, signal.SIG_DFL)
command = [sys.executable, "-m", "bitnet", "compile", str(model), "-o", str(folder / "m.so")]
with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
    assert process.stderr
    first = process.stderr.readline()
    assert "import" in first, first
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
assert process.returncode == 130, (process.returncode, rest)
assert "Traceback" not in rest and "ignored" not in rest and "link" not in rest, rest
assert not list(folder.iterdir())
signal.signal(signal.SIGINT, signal.default_int_handler)


def interrupt(step: bitnet.Progress) -> None:
    if step.stage == "import":
        signal.raise_signal(signal.SIGINT)


try:
    bitnet.compile(model, folder / "m.so", progress=interrupt)
except KeyboardInterrupt:
    assert not list(folder.iterdir())
else:
    raise AssertionError("not interrupted")
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

# A handler of the program stays in charge, and threads without signals compile.
heard: list[int] = []
signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
small = models / "mlp_bit.dynamo.onnx"
bitnet.compile(small, folder / "m.so", progress=interrupt, cpu="native", opt_level=0)
assert heard == [signal.SIGINT] and (folder / "m.so").exists()
signal.signal(signal.SIGINT, signal.default_int_handler)
thread = threading.Thread(target=bitnet.compile, args=(small, folder / "t.so"), kwargs={"cpu": "native"})
thread.start()
thread.join()
assert (folder / "t.so").exists()
