# What outputs lead to: devices, fifos, links, files that are inputs, full disks, names.
#
# RUN: %python %s %t
"""Outputs of all tools. Devices are nodes of the test's own: as root, -o /dev/null once replaced the system's."""

import pathlib
import sys
from collections.abc import Iterator

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from workflow import CANNOT_WRITE, COMPILE, RUN, Case, main

# How each tool is asked for each kind of output; {} is its name.
WRITERS = {
    "so": COMPILE + " m.onnx -o {}",
    "object": COMPILE + " m.onnx --emit=obj -o {}",
    "text": COMPILE + " m.onnx --emit=packed -o {}",
    "llvm": COMPILE + " m.onnx --emit=llvm -o {}",
    "report": COMPILE + " m.onnx -o a.so --report={}",
    "codes": RUN + " m.so --data d.npz --dump-codes={}",
    "profile": RUN + " m.so --data d.npz --bench=1 --profile={}",
    "translate": "bitnet-translate --import-onnx m.onnx -o {}",
    "opt": "bitnet-opt in.mlir -o {}",
}
MAKE = f"[ -e in.mlir ] || {COMPILE} m.onnx --emit=bitnet -o in.mlir; "
# The tools of MLIR have exit codes of MLIR.
FAILS = {"translate": 1, "opt": 1}


def fails(writer: str) -> int:
    return FAILS.get(writer, CANNOT_WRITE)


def nodes() -> Iterator[Case]:
    for name, writer in WRITERS.items():
        yield Case(f"null_{name}", f"{MAKE}rm -f nul; mknod nul c 1 3; {writer.format('nul')} && test -c nul", root=True)
        yield Case(
            f"full_{name}",
            f"{MAKE}rm -f ful; mknod ful c 1 7; {writer.format('ful')}; c=$?; test -c ful && exit $c",
            fails(name),
            "cannot write 'ful': No space left on device",
            root=True,
        )


def kinds() -> Iterator[Case]:
    for name, writer in WRITERS.items():
        yield Case(
            f"fifo_{name}",
            f"{MAKE}rm -f ff; mkfifo ff; (timeout 60 cat ff >got.{name}; echo >done) & {writer.format('ff')} && "
            f"wait && test -p ff && test -s got.{name}",
        )
        yield Case(
            f"link_{name}",
            f"{MAKE}rm -f to ln; echo old >to; chmod 640 to; ln -s to ln; {writer.format('ln')} && test -L ln && "
            "test $(stat -c %s to) -gt 10 && stat -c 'mode %a' to",
            says="mode 640",
        )
        yield Case(f"dangling_{name}", f"{MAKE}rm -f ln new; ln -s new ln; {writer.format('ln')} && test -L ln && test -s new")
        yield Case(
            f"dangling_nowhere_{name}",
            f"{MAKE}rm -f ln; ln -s no/new ln; {writer.format('ln')}",
            fails(name),
            "cannot write 'ln': No such file or directory",
        )
        yield Case(
            f"loop_{name}",
            f"{MAKE}rm -f ln; ln -s ln ln; {writer.format('ln')}",
            fails(name),
            "cannot write 'ln': Too many levels of symbolic links",
        )
        yield Case(
            f"folder_{name}", f"{MAKE}mkdir -p dout; {writer.format('dout')}", fails(name), "cannot write 'dout': Is a directory"
        )
        yield Case(
            f"no_folder_{name}",
            f"{MAKE}{writer.format('no/such/x')}",
            fails(name),
            "cannot write 'no/such/x': No such file or directory",
        )
        yield Case(
            f"line_break_{name}", f"{MAKE}" + writer.format("$'no\\n/x'"), fails(name), "cannot write 'no\\x0A/x': No such file"
        )
        # As /dev/stdout, but a link of the test's own.
        yield Case(
            f"stdout_{name}",
            f"{MAKE}ln -sf /proc/self/fd/1 out; echo first >all.{name}; {writer.format('out')} >>all.{name} && "
            f"test -L out && head -1 all.{name}; test $(stat -c %s all.{name}) -gt 20",
            says="first",
        )


def limits() -> Iterator[Case]:
    """A limit of file sizes is the full disk that needs no root; the old file stays, and nothing else is left."""
    for name, writer in WRITERS.items():
        yield Case(
            f"limit_{name}",
            f"{MAKE}rm -rf lim; mkdir lim; echo old >lim/x; (ulimit -f 0; {writer.format('lim/x')} 2>&1 | cat); "
            "cat lim/*; ls -A lim | wc -l",
            says="old\n1\n",
        )


CONFLICTS = [
    Case(
        "model",
        f"cp m.onnx s.onnx; {COMPILE} s.onnx -o s.onnx; c=$?; cmp m.onnx s.onnx && exit $c",
        CANNOT_WRITE,
        "cannot write 's.onnx': it is the model, 's.onnx', which is read",
    ),
    Case(
        "model_by_link",
        f"cp m.onnx s.onnx; ln -sf s.onnx sl; {COMPILE} s.onnx -o sl; c=$?; cmp m.onnx s.onnx && exit $c",
        CANNOT_WRITE,
        "cannot write 'sl': it is the model, 's.onnx', which is read",
    ),
    Case("model_by_hard_link", f"cp m.onnx s.onnx; ln -f s.onnx sh; {COMPILE} s.onnx -o sh", CANNOT_WRITE, "cannot write 'sh'"),
    Case(
        "model_as_report", f"{COMPILE} m.onnx -o a.so --report=./m.onnx", CANNOT_WRITE, "cannot write './m.onnx': it is the model"
    ),
    Case(
        "report_is_output",
        f"rm -f b.so; {COMPILE} m.onnx -o b.so --report=./b.so; c=$?; ls b.so* && exit 1; exit $c",
        CANNOT_WRITE,
        "cannot write './b.so': it is both the output and the report",
    ),
    Case(
        "report_is_output_by_link",
        f"rm -f b.so bl; ln -s b.so bl; {COMPILE} m.onnx -o b.so --report=bl",
        CANNOT_WRITE,
        "it is both",
    ),
    Case(
        "report_is_weights",
        f"{COMPILE} m.onnx --weights=file -o w.so --report=w.weights",
        CANNOT_WRITE,
        "cannot write 'w.weights': it is both the report and the file of weights",
    ),
    Case(
        "stage",
        f"{COMPILE} m.onnx --emit=packed -o st.mlir && {COMPILE} st.mlir --emit=loops -o st.mlir",
        CANNOT_WRITE,
        "cannot write 'st.mlir': it is the model",
    ),
    Case(
        "stage_blobs",
        f"{COMPILE} large.onnx --emit=packed -o st.mlir && {COMPILE} st.mlir -o st.mlir.blobs",
        CANNOT_WRITE,
        "cannot write 'st.mlir.blobs': it is data of the model",
    ),
    # A descriptor leads to a file as its names do.
    Case(
        "model_by_descriptor",
        f"cp m.onnx s.onnx; {COMPILE} /dev/stdin -o s.onnx <s.onnx; c=$?; cmp m.onnx s.onnx && exit $c",
        CANNOT_WRITE,
        "cannot write 's.onnx': it is the model, '/dev/stdin', which is read",
    ),
    Case(
        "descriptor_of_model",
        f"cp m.onnx s.onnx; exec 5<>s.onnx; {COMPILE} s.onnx -o /dev/fd/5; c=$?; cmp m.onnx s.onnx && exit $c",
        CANNOT_WRITE,
        "cannot write '/dev/fd/5': it is the model, 's.onnx', which is read",
    ),
    Case(
        "stdout_is_model",
        f"cp m.onnx s.onnx; {COMPILE} s.onnx -o - >>s.onnx; c=$?; cmp m.onnx s.onnx && exit $c",
        CANNOT_WRITE,
        "cannot write '-': it is the model, 's.onnx', which is read",
    ),
    Case(
        "report_to_model",
        f"cp m.onnx s.onnx; {COMPILE} s.onnx -o a.so --report=/dev/stdout 1<>s.onnx; c=$?; "
        "cmp m.onnx s.onnx && exit $c",
        CANNOT_WRITE,
        "cannot write '/dev/stdout': it is the model",
    ),
    Case(
        "report_into_output",
        f"{COMPILE} m.onnx -o b.so --report=- >b.so",
        CANNOT_WRITE,
        "cannot write '-': it is both the output and the report",
    ),
    Case(
        "codes_are_data_by_descriptor",
        f"cp d.npz s.npz; {RUN} m.so --data /dev/stdin --dump-codes=s.npz <s.npz; c=$?; cmp d.npz s.npz && exit $c",
        CANNOT_WRITE,
        "cannot write 's.npz': it is an input, '/dev/stdin', which is read",
    ),
    Case(
        "opt_by_descriptor",
        f"{MAKE}bitnet-opt - -o in.mlir <in.mlir",
        1,
        "it is the input, '/dev/stdin', which is read",
    ),
    Case("translate", "bitnet-translate --import-onnx m.onnx -o m.onnx", 1, "it is the model"),
    Case("opt", f"{MAKE}bitnet-opt in.mlir -o in.mlir", 1, "it is the input"),
    Case(
        "codes_are_data", f"{RUN} m.so --data d.npz --dump-codes=./d.npz", CANNOT_WRITE, "cannot write './d.npz': it is an input"
    ),
    Case("codes_are_library", f"{RUN} m.so --dump-codes=m.so", CANNOT_WRITE, "cannot write 'm.so': it is an input"),
    Case("profile_is_codes", f"{RUN} m.so --dump-codes=x.out --profile=x.out", CANNOT_WRITE, "it is both"),
    Case(
        "outputs_are_input",
        f"mkdir -p o; {RUN} m.so --save-outputs=o && {RUN} m.so --input x=o/0_y.npy --save-outputs=o",
        CANNOT_WRITE,
        "cannot write 'o/0_y.npy': it is an input",
    ),
    Case(
        "hls_report",
        f"{COMPILE} m.onnx --target=hls --dim n=1 -o hc --report=hc/model.h; c=$?; ls -d hc* && exit 1; exit $c",
        CANNOT_WRITE,
        "No such file",
    ),
    Case(
        "hls_file",
        f"mkdir hd; {COMPILE} m.onnx --target=hls --dim n=1 -o hd --report=hd/model.h; c=$?; ls hd | wc -l; exit $c",
        CANNOT_WRITE,
        "cannot write 'hd/model.h': it is both the report and the output/model.h",
    ),
    Case(
        "hls_input",
        f"mkdir he; cp m.onnx he/Makefile; {COMPILE} he/Makefile --target=hls --dim n=1 -o he; c=$?; cmp m.onnx he/Makefile && exit $c",
        CANNOT_WRITE,
        "cannot write 'he/Makefile': it is the model",
    ),
    Case("shared_device", f"rm -f nul; mknod nul c 1 3; {COMPILE} m.onnx -o nul --report=nul && test -c nul", root=True),
]

FILES = [
    Case(
        "mode",
        f"{COMPILE} m.onnx -o mo.so; chmod 600 mo.so; {COMPILE} m.onnx -o mo.so && stat -c 'mode %a' mo.so",
        says="mode 600",
    ),
    Case(
        "owner",
        f"{COMPILE} m.onnx -o ow.so; chown 65534:65534 ow.so; {COMPILE} m.onnx -o ow.so && stat -c 'owner %u:%g' ow.so",
        says="owner 65534:65534",
        root=True,
    ),
    Case("umask", f"umask 077; {COMPILE} m.onnx -o um.so && stat -c 'mode %a' um.so", says="mode 700"),
    Case(
        "read_only_folder",
        f"rm -rf ro; mkdir ro; chmod 555 ro; $AS_USER {COMPILE} m.onnx -o ro/a.so; c=$?; chmod 755 ro; exit $c",
        CANNOT_WRITE,
        "cannot write 'ro/a.so': Permission denied",
        user=True,
    ),
    Case(
        "weights_device",
        f"rm -f nul; mknod nul c 1 3; {COMPILE} m.onnx --weights=file -o nul",
        CANNOT_WRITE,
        "--weights=embed",
        root=True,
    ),
    Case(
        "weights_stdout", f"{COMPILE} m.onnx --weights=file -o - | cat; exit ${{PIPESTATUS[0]}}", CANNOT_WRITE, "--weights=embed"
    ),
    Case("stdout", f"{COMPILE} m.onnx -o - >o.so && {RUN} o.so --data d.npz"),
    Case("report_stdout", f"{COMPILE} m.onnx -o a.so --report=-", says='"layers"'),
    Case("closed_stdout", f"{COMPILE} m.onnx -o t.so >&-"),
    Case("closed_stdout_written", f"{COMPILE} m.onnx -o - >&-", CANNOT_WRITE, "cannot write '-': Bad file descriptor"),
    Case("reader_gone", f"{COMPILE} m.onnx -o - | true; exit ${{PIPESTATUS[0]}}", CANNOT_WRITE, "cannot write '-': Broken pipe"),
    Case(
        "run_to_full",
        f"rm -f ful; mknod ful c 1 7; {RUN} m.so --data d.npz >ful",
        CANNOT_WRITE,
        "cannot write standard output",
        root=True,
    ),
    Case("save_outputs", f"{RUN} m.so --data d.npz --save-outputs so/deep && ls so/deep", says="0_y.npy"),
    Case("save_outputs_over_file", f": >fil; {RUN} m.so --data d.npz --save-outputs fil", CANNOT_WRITE, "cannot write 'fil"),
    Case(
        "save_outputs_linked",
        f"rm -rf sl to; mkdir sl; ln -s ../to sl/0_y.npy; {RUN} m.so --save-outputs sl && test -L sl/0_y.npy -a -s to",
    ),
    Case(
        "hls_link",
        f"rm -rf h1 cc; mkdir h1; ln -s ../cc h1/model.cpp; {COMPILE} m.onnx --target=hls --dim n=1 -o h1 && test -L h1/model.cpp -a -s cc",
    ),
    Case(
        "hls_limit",
        f"rm -rf h2; (ulimit -f 1; {COMPILE} m.onnx --target=hls --dim n=1 -o h2/a 2>&1 | cat); ls -d h2",
        2,
        "cannot write",
    ),
    Case(
        "hls_over_file", f": >h3; {COMPILE} m.onnx --target=hls --dim n=1 -o h3", CANNOT_WRITE, "cannot write 'h3': not a folder"
    ),
    Case(
        "hls_beneath_file",
        f"echo old >h4; {COMPILE} m.onnx --target=hls --dim n=1 -o h4/x; c=$?; grep old h4 && exit $c",
        CANNOT_WRITE,
        "cannot write 'h4/x': 'h4' is not a folder",
    ),
    Case(
        "hls_beneath_model",
        f"cp m.onnx s.onnx; {COMPILE} s.onnx --target=hls --dim n=1 -o s.onnx/x; c=$?; cmp m.onnx s.onnx && exit $c",
        CANNOT_WRITE,
        "cannot write 's.onnx/x': 's.onnx' is not a folder",
    ),
    Case(
        "hls_over_dangling_link",
        f"rm -f h5; ln -s nowhere h5; {COMPILE} m.onnx --target=hls --dim n=1 -o h5; c=$?; test -L h5 && exit $c",
        CANNOT_WRITE,
        "cannot write 'h5': not a folder",
    ),
    Case(
        "hls_beneath_dangling_link",
        f"rm -f h5; ln -s nowhere h5; {COMPILE} m.onnx --target=hls --dim n=1 -o h5/x; c=$?; test -L h5 && exit $c",
        CANNOT_WRITE,
        "cannot write 'h5/x': 'h5' is not a folder",
    ),
    Case(
        "hls_linked_folder",
        f"rm -rf h6 to6; mkdir to6; ln -s to6 h6; {COMPILE} m.onnx --target=hls --dim n=1 -o h6/x && ls to6/x/golden",
        says="0_y.npy",
    ),
    Case("hls_dash", f"{COMPILE} m.onnx --target=hls --dim n=1 -o -h7 && ls ./-h7/golden", says="0_y.npy"),
    Case("hls_stdout", f"{COMPILE} m.onnx --target=hls --dim n=1 -o -", CANNOT_WRITE, "cannot write '-': not a folder"),
    Case(
        "hls_ended",
        f"rm -rf h8; {COMPILE} large.onnx --target=hls --dim n=1 -o h8/a & p=$!; "
        "until ls -d h8/*.tmp; do kill -0 $p || exit 9; sleep 0.01; done 2>/dev/null; "
        "kill -TERM $p; wait $p; c=$?; test ! -e h8 && exit $c",
        128 + 15,
    ),
    Case("failed_keeps_old", f"echo old >k.so; {COMPILE} d.npz -o k.so; cat k.so; ls k.so* | wc -l", says="old\n1\n"),
    Case(
        "concurrent",
        f"for i in 1 2 3 4; do {COMPILE} m.onnx -o par.so & done; wait; ls par.so* | wc -l; {RUN} par.so --data d.npz",
        says="1\n",
    ),
    Case("overwrite", f"{COMPILE} m.onnx -o ov.so && {COMPILE} m.onnx -o ov.so && {RUN} ov.so --data d.npz"),
    Case(
        "interrupted",
        "rm -f kill.so; timeout -s INT 0.05 bitnet-compile -q m.onnx -o kill.so; [ -e kill.so ] && "
        f"{RUN} kill.so --data d.npz; ls kill.so.*",
        2,
    ),
]

if __name__ == "__main__":
    main([*nodes(), *kinds(), *limits(), *CONFLICTS, *FILES])
