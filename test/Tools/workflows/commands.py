# Arguments, kinds of files, names and folders, stages.
#
# REQUIRES: host-x86_64
# RUN: %python %s %t
"""Command lines that tell bitnet-compile and bitnet-run what to do."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from workflow import (
    BAD_DATA,
    CANNOT_WRITE,
    COMPILE,
    NO_CPU,
    NO_INPUT,
    RUN,
    USAGE,
    Case,
    main,
)

DEEP = "D=$(printf 'd%.0s' {1..200}); mkdir -p $D/$D/$D; cp m.onnx d.npz $D/$D/$D/; cd $D/$D/$D"
ODD = "a 'b' \\\"c\\\" \\$d %41 *"

ARGUMENTS = [
    Case("plain", f"bitnet-compile m.onnx -o p.so && {RUN} p.so --data d.npz"),
    Case("no_output_name", f"cp m.onnx q.onnx; {COMPILE} q.onnx && ls q.so"),
    Case("no_arguments", "bitnet-compile", USAGE, "usage: bitnet-compile"),
    Case("run_no_arguments", RUN, USAGE),
    Case("help", f"bitnet-compile --help && {RUN} --help", says="--guard-pages"),
    Case("help_h", "bitnet-compile -h", says="--external-data"),
    Case("help_of_others", "bitnet-opt --help >/dev/null && bitnet-translate --help", says="--external-root"),
    Case("version", f"bitnet-compile --version && {RUN} --version"),
    Case("unknown_flag", f"{COMPILE} --optimize m.onnx -o a.so", USAGE, "--optimize"),
    Case("flag_of_onnx_mlir", f"{COMPILE} --EmitLib m.onnx", USAGE, "--EmitLib"),
    Case("flag_after", "bitnet-compile m.onnx -o a.so -q -O3"),
    Case("unknown_emit", f"{COMPILE} --emit=lib m.onnx", USAGE, "lib"),
    Case("two_models", f"{COMPILE} m.onnx m.onnx -o a.so", USAGE),
    Case("mcpu_wrong", "bitnet-compile m.onnx --mcpu=nonsense -o a.so", BAD_DATA, "nonsense"),
    Case("packing_wrong", f"{COMPILE} m.onnx --packing=1.58 -o a.so", USAGE, "1.58"),
    Case("isa_list", f"bitnet-compile m.onnx -q -O0 --isa=avx2,avx512vnni -o a.so && {RUN} a.so --data d.npz"),
    Case("isa_wrong", "bitnet-compile m.onnx --isa=avx1 -o a.so", USAGE, "avx1"),
    Case("quantize_typo", f"{COMPILE} m.onnx --quantize=ternary -o a.so", USAGE, "ternary"),
    Case("external_typo", f"{COMPILE} m.onnx --external-data=yes -o a.so", USAGE, "yes"),
    Case("exclude_matches_nothing", f"{COMPILE} m.onnx --quantize=absmean --quantize-exclude='*nothing*' -o a.so"),
    Case("exclude_without_quantize", f"{COMPILE} m.onnx --quantize-exclude='*' -o a.so", USAGE, "need --quantize"),
    Case("empty_output", f"{COMPILE} m.onnx -o ''", USAGE, "the option o has an empty value"),
    Case("empty_report", f"{COMPILE} m.onnx -o a.so --report=", USAGE, "the option report has an empty value"),
    Case(
        "empty_root",
        f"{COMPILE} m.onnx -o a.so --external-root=",
        USAGE,
        "the option external-root has an empty value",
    ),
    Case(
        "root_is_file",
        f"{COMPILE} m.onnx -o a.so --external-root=d.npz",
        USAGE,
        "--external-root: 'd.npz' is not a folder",
    ),
    Case("run_empty_data", f"{RUN} m.so --data=", USAGE, "the option --data has an empty value"),
    Case("run_empty_folder", f"{RUN} m.so --save-outputs=", USAGE, "the option --save-outputs has an empty value"),
    Case("run_empty_codes", f"{RUN} m.so --dump-codes=", USAGE, "the option --dump-codes has an empty value"),
    Case("run_empty_tolerance", f"{RUN} m.so --data d.npz --tol=", USAGE, "expected a number, got ''"),
    Case("run_input_no_name", f"{RUN} m.so --input =d.npz", USAGE, "--input: expected name=file.npy, got '=d.npz'"),
    Case("empty_environment", f"env -i PATH=$PATH {COMPILE} m.onnx -o t.so && env -i PATH=$PATH {RUN} t.so --data d.npz"),
    Case("no_folder_for_temporary_files", f"TMPDIR=/nonexistent {COMPILE} m.onnx -o t.so && {RUN} t.so --data d.npz"),
]

KINDS = [
    Case("missing", f"{COMPILE} nothing.onnx -o a.so", BAD_DATA, "nothing.onnx"),
    Case("missing_kind", f"{COMPILE} model.safetensors -o a.so", BAD_DATA, "model.safetensors"),
    Case("folder", f"mkdir -p dir.onnx; {COMPILE} dir.onnx -o a.so", BAD_DATA, "dir.onnx"),
    Case("dash", f"cat m.onnx | {COMPILE} - -o a.so", BAD_DATA),
    Case("pipe", f"cat m.onnx | {COMPILE} /dev/stdin -o a.so", BAD_DATA, "not a regular file"),
    Case("process_substitution", f"{COMPILE} <(cat m.onnx) -o a.so", BAD_DATA, "not a regular file"),
    Case("npz", f"{COMPILE} d.npz -o a.so", BAD_DATA, "d.npz"),
    Case("so", f"{COMPILE} m.so -o a.so", BAD_DATA, "m.so"),
    Case("text", f"echo hello >t.onnx; {COMPILE} t.onnx -o a.so", BAD_DATA, "t.onnx"),
    Case(
        "git_lfs_pointer",
        "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:aa\\nsize 123\\n' >lfs.onnx; "
        f"{COMPILE} lfs.onnx -o a.so",
        BAD_DATA,
        "lfs.onnx",
    ),
    Case("web_page", f"echo '<!DOCTYPE html><html>404</html>' >h.onnx; {COMPILE} h.onnx -o a.so", BAD_DATA, "h.onnx"),
    Case("ort_format", f"printf '\\x20\\x00\\x00\\x00ORTM' >a.ort; {COMPILE} a.ort -o a.so", BAD_DATA, "a.ort"),
    Case("truncated", f"head -c 2000 m.onnx >tr.onnx; {COMPILE} tr.onnx -o a.so", BAD_DATA, "tr.onnx"),
    Case("empty", f": >e.onnx; {COMPILE} e.onnx -o a.so", BAD_DATA, "e.onnx"),
    Case("gzip", f"gzip -kc m.onnx >g.onnx; {COMPILE} g.onnx -o a.so", BAD_DATA, "g.onnx"),
    Case("run_onnx", f"{RUN} m.onnx --data d.npz", BAD_DATA, "m.onnx"),
    Case("run_missing", f"{RUN} no.so --data d.npz", NO_INPUT, "no.so"),
    Case("run_truncated", f"head -c 3000 m.so >ts.so; {RUN} ts.so", BAD_DATA, "ts.so"),
    Case(
        "run_another_library",
        f"{RUN} $(ldd $(command -v {RUN}) | sed -n 's/.*=> *\\(.*libc\\.so[^ ]*\\).*/\\1/p')",
        BAD_DATA,
        "not a compiled model",
    ),
    Case("run_without_permission_to_execute", f"cp m.so ne.so; chmod 444 ne.so; {RUN} ne.so --data d.npz"),
]

PLACES = [
    Case("run_without_slash", f"{RUN} m.so --data d.npz"),
    Case("run_from_below", f"mkdir -p sub; cd sub; {RUN} ../m.so --data ../d.npz"),
    Case("compile_from_below", f"mkdir -p sub; cd sub; {COMPILE} ../m.onnx -o ./x.so && {RUN} x.so --data ../d.npz"),
    Case("moved", f"mkdir -p mv; cp m.so mv/n.so; {RUN} mv/n.so --data d.npz"),
    Case(
        "letters",
        f"mkdir -p 'モデル é'; cp m.onnx d.npz 'モデル é/'; cd 'モデル é'; {COMPILE} m.onnx -o 'ausgabe ü.so' && "
        f"{RUN} 'ausgabe ü.so' --data d.npz",
    ),
    Case(
        "spaces_quotes",
        f'mkdir -p "{ODD}"; cp m.onnx d.npz "{ODD}/"; cd "{ODD}"; {COMPILE} m.onnx -o "x%y z.so" && '
        f'{RUN} "x%y z.so" --data d.npz',
    ),
    Case("dash_first", f"cp m.onnx ./-m.onnx; {COMPILE} ./-m.onnx -o ./-m.so && {RUN} ./-m.so --data d.npz"),
    Case("deep", f"{DEEP}; {COMPILE} m.onnx -o m.so && {RUN} m.so --data d.npz"),
    Case("longest_name", f"N=$(printf 'n%.0s' {{1..252}}).so; {COMPILE} m.onnx -o $N && {RUN} $N --data d.npz"),
    Case("name_too_long", f"{COMPILE} m.onnx -o $(printf 'n%.0s' {{1..256}})", CANNOT_WRITE, "too long"),
    Case("line_break_in_model", f"{COMPILE} $'no\\nmodel' -o a.so", BAD_DATA, "no\\x0Amodel: error"),
    Case("line_break_in_data", f"{RUN} m.so --data $'no\\nfile.npz'", NO_INPUT, "no\\x0Afile.npz: No such"),
    Case(
        "linked_model",
        f"mkdir -p links; ln -s ../m.onnx links/; {COMPILE} links/m.onnx -o links/m.so && {RUN} links/m.so --data d.npz",
    ),
]

SWITCHES = [
    Case("threads_0", f"{RUN} m.so --threads=0"),
    Case("threads_many", f"{RUN} m.so --threads=2000", USAGE, "1024"),
    Case("threads_nonsense", f"BITNET_NUM_THREADS=abc {RUN} m.so", USAGE, "BITNET_NUM_THREADS"),
    Case("isa_unknown", f"BITNET_ISA=avx9 {RUN} m.so --data d.npz", NO_CPU, "avx9"),
    Case("isa_generic", f"bitnet-compile -q m.onnx -o g.so && BITNET_ISA=generic {RUN} g.so --data d.npz"),
    Case("dim_unknown", f"{RUN} m.so --dim batch=2", BAD_DATA, "batch"),
    Case("dim_zero", f"{RUN} m.so --dim n=0", says="f32[0,24]"),
    Case("dim_negative", f"{RUN} m.so --dim n=-1", USAGE, "n=-1"),
    Case("dim_twice", f"{RUN} m.so --dim n=3 --dim n=4", USAGE, "--dim: 'n' is given twice"),
    Case("dim_no_name", f"{RUN} m.so --dim =3", USAGE, "--dim: expected name=size, got '=3'"),
    Case("dim_huge", f"{RUN} m.so --dim n=99999999999", BAD_DATA, "takes 12.8 TB with --dim n=99999999999"),
    Case("compile_dim", f"{COMPILE} m.onnx --dim n=3 -o md.so && {RUN} md.so --data d.npz"),
    Case("compile_dim_other_data", f"{COMPILE} m.onnx --dim n=4 -o md.so && {RUN} md.so --data d.npz", BAD_DATA, "input 'x'"),
    Case("compile_dim_unknown", f"{COMPILE} m.onnx --dim batch=4 -o md.so", BAD_DATA, "batch"),
    Case("compile_dim_twice", f"{COMPILE} m.onnx --dim n=3 --dim n=3 -o md.so", USAGE, "--dim: 'n' is given twice"),
    Case("compile_dim_no_name", f"{COMPILE} m.onnx --dim =4 -o md.so", USAGE, "--dim: expected name=size, got '=4'"),
    Case("compile_dim_no_size", f"{COMPILE} m.onnx --dim n= -o md.so", USAGE, "--dim: expected name=size, got 'n='"),
    Case("compile_dim_zero", f"{COMPILE} m.onnx --dim n=0 -o md.so && {RUN} md.so", says="f32[0,24]"),
]

STAGES = [
    *(
        Case(f"emit_{stage}", f"{COMPILE} m.onnx --emit={stage} -o e_{stage}.out && test -s e_{stage}.out")
        for stage in ("onnx", "bitnet", "quantized", "packed", "dispatches", "loops", "llvm", "asm", "obj")
    ),
    *(
        Case(
            f"emit_{stage}_then_go_on",
            f"{COMPILE} m.onnx --emit={stage} -o s.mlir && {COMPILE} s.mlir -o s.so && {RUN} s.so --data d.npz",
        )
        for stage in ("bitnet", "packed", "dispatches")
    ),
    Case("other_suffix", f"{COMPILE} m.onnx -o a.onnx2 && {RUN} ./a.onnx2 --data d.npz"),
    Case("hls", f"{COMPILE} m.onnx --target=hls --dim n=1 -o hls/ && ls hls", says="model.cpp"),
    Case("hls_stage", f"{COMPILE} m.onnx --target=hls --dim n=1 --emit=loops -o -", says="memref"),
    Case(
        "hls_object",
        f"{COMPILE} m.onnx --target=hls --dim n=1 --emit=obj -o hls3",
        USAGE,
        "--emit stops at loops or before",
    ),
    Case(
        "hls_weights",
        f"{COMPILE} m.onnx --target=hls --dim n=1 --weights=file -o hls3",
        USAGE,
        "--weights=file goes without it",
    ),
    Case("hls_dynamic", f"{COMPILE} m.onnx --target=hls -o hls2/", BAD_DATA, "--dim n=<n>"),
]

if __name__ == "__main__":
    main(ARGUMENTS + KINDS + PLACES + SWITCHES + STAGES)
