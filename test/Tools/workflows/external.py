# Models whose weights lie in other files: caches of links, other folders, files that are not what they seem.
#
# RUN: %python %s %t
"""External data at the command line. test/Import/external-links.test has every rule."""

import pathlib
import sys

import onnx

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from workflow import BAD_DATA, COMPILE, RUN, Case, main, ternary_layer

POINTER = "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:aa\\nsize 123\\n'"
# What huggingface_hub makes: names in snapshots are links to blobs named by their hashes.
HUB = (
    "rm -rf hub; mkdir -p hub/blobs hub/snapshots/abc; cp ext/e.onnx hub/blobs/1111; cp ext/e.onnx.data hub/blobs/2222; "
    "ln -s ../../blobs/1111 hub/snapshots/abc/e.onnx; ln -s ../../blobs/2222 hub/snapshots/abc/e.onnx.data; S=hub/snapshots/abc; "
)
HARD = "rm -rf hl; mkdir hl; cp ext/e.onnx hl/; cp ext/e.onnx.data spare; ln spare hl/e.onnx.data; "

CASES = [
    Case("other_folder", f"{COMPILE} ext/e.onnx -o ext/e.so && cd / && {RUN} $OLDPWD/ext/e.so --data $OLDPWD/d.npz"),
    Case(
        "library_without_data",
        f"mkdir alone; {COMPILE} ext/e.onnx -o alone/e.so && mv ext away; {RUN} alone/e.so --data d.npz; "
        "c=$?; mv away ext; exit $c",
    ),
    Case(
        "missing",
        f"mkdir em; cp ext/e.onnx em/; {COMPILE} em/e.onnx -o em/e.so",
        BAD_DATA,
        "'e.onnx.data' cannot be opened: No such",
    ),
    Case("renamed_model", f"cp ext/e.onnx ext/renamed.onnx; {COMPILE} ext/renamed.onnx -o ext/renamed.so"),
    Case(
        "truncated",
        f"mkdir et; cp ext/e.onnx et/; head -c 100 ext/e.onnx.data >et/e.onnx.data; {COMPILE} et/e.onnx -o et/e.so",
        BAD_DATA,
        "'e.onnx.data', which has 100 bytes",
    ),
    Case(
        "git_lfs_pointer",
        f"mkdir el; cp ext/e.onnx el/; {POINTER} >el/e.onnx.data; {COMPILE} el/e.onnx -o el/e.so",
        BAD_DATA,
        "'e.onnx.data'",
    ),
    Case("subfolder", f"{COMPILE} extsub/e.onnx -o extsub/e.so && {RUN} extsub/e.so --data d.npz"),
    Case("backslash", f"{COMPILE} back/e.onnx -o back/e.so", BAD_DATA, "e.onnx.data' cannot be opened"),
    Case(
        "cache",
        f"{HUB}{COMPILE} $S/e.onnx -o hub/e.so",
        BAD_DATA,
        "--external-data=trusted takes links to regular files, --external-root=<folder> those that lead beneath that folder",
    ),
    Case("cache_trusted", f"{HUB}{COMPILE} $S/e.onnx -o hub/e.so --external-data=trusted && {RUN} hub/e.so --data d.npz"),
    Case("cache_root", f"{HUB}{COMPILE} $S/e.onnx -o hub/e.so --external-root=hub && {RUN} hub/e.so --data d.npz"),
    Case(
        "cache_other_root",
        f"{HUB}{COMPILE} $S/e.onnx -o hub/e.so --external-root=hub/snapshots",
        BAD_DATA,
        "leads to a file that is not beneath --external-root",
    ),
    Case("cache_from_below", f"{HUB}cd $S; {COMPILE} e.onnx -o e.so --external-root=../.. && {RUN} e.so --data ../../../d.npz"),
    Case(
        "cache_strict", f"{HUB}{COMPILE} $S/e.onnx -o hub/e.so --external-data=strict", BAD_DATA, "passes through a symbolic link"
    ),
    Case("hard_link", f"{HARD}{COMPILE} hl/e.onnx -o hl/e.so", BAD_DATA, "has several hard links; if you trust"),
    Case("hard_link_trusted", f"{HARD}{COMPILE} hl/e.onnx -o hl/e.so --external-data=trusted && {RUN} hl/e.so --data d.npz"),
    Case("linked_folder", f"rm -f lnk; ln -s ext lnk; {COMPILE} lnk/e.onnx -o e2.so && {RUN} e2.so --data d.npz"),
    Case("linked_model", f"mkdir lm; ln -s ../ext/e.onnx lm/; {COMPILE} lm/e.onnx -o lm/e.so && {RUN} lm/e.so --data d.npz"),
    Case(
        "to_weights_file",
        f"{HUB}{COMPILE} $S/e.onnx -o hub/e.so --external-data=trusted --weights=file && {RUN} hub/e.so --data d.npz && "
        f"mkdir -p lw && ln -sf ../hub/e.so lw/ && {RUN} lw/e.so --data d.npz",
    ),
    Case(
        "output_is_data",
        f"{COMPILE} ext/e.onnx -o ext/e.onnx.data",
        74,
        "cannot write 'ext/e.onnx.data': it is data of the model",
    ),
    Case(
        "output_is_linked_data",
        f"{HUB}{COMPILE} $S/e.onnx -o hub/blobs/2222 --external-data=trusted",
        74,
        "cannot write 'hub/blobs/2222': it is data of the model, 'hub/snapshots/abc/e.onnx.data', which is read",
    ),
    Case(
        "weights_are_data",
        f"{COMPILE} wts/e.onnx -o wts/e.so --weights=file; c=$?; cmp ext/e.onnx.data wts/e.weights && exit $c",
        74,
        "cannot write 'wts/e.weights': it is data of the model",
    ),
]

# The text of a stage names the files of earlier command lines, relative to the working directory.
STAGE = f"rm -rf st; mkdir st; cp ext/f.onnx ext/f.onnx.data st/; {COMPILE} st/f.onnx --emit=bitnet -o st/f.mlir; "
LINKED = STAGE + "mv st/f.onnx.data kept; ln -s ../kept st/f.onnx.data; "
STAGES = [
    Case("stage", f"{STAGE}grep -c 'blob<\"st/f.onnx.data\"' st/f.mlir && {COMPILE} st/f.mlir -o f.so && {RUN} f.so"),
    Case("stage_strict", f"{STAGE}{COMPILE} st/f.mlir -o f.so --external-data=strict && {RUN} f.so"),
    Case("stage_linked", f"{LINKED}{COMPILE} st/f.mlir -o f.so && {RUN} f.so"),
    Case(
        "stage_linked_strict",
        f"{LINKED}{COMPILE} st/f.mlir -o f.so --external-data=strict",
        BAD_DATA,
        "external data 'f.onnx.data' passes through a symbolic link",
    ),
    Case("stage_linked_trusted", f"{LINKED}{COMPILE} st/f.mlir -o f.so --external-data=trusted && {RUN} f.so"),
    Case("stage_linked_root", f"{LINKED}{COMPILE} st/f.mlir -o f.so --external-root=. && {RUN} f.so"),
    Case("stage_moved_strict", f"{STAGE}mv st/f.mlir . && {COMPILE} f.mlir -o f.so --external-data=strict && {RUN} f.so"),
    Case(
        "stage_elsewhere_strict",
        f"{STAGE}mkdir -p else; mv st/f.mlir else/; {COMPILE} else/f.mlir -o f.so --external-data=strict",
        BAD_DATA,
        "is absolute; external data must lie beneath the model's folder, or beneath --external-root=<folder>",
    ),
    Case(
        "stage_elsewhere_root",
        f"{STAGE}mkdir -p else; mv st/f.mlir else/; {COMPILE} else/f.mlir -o f.so --external-root=st && {RUN} f.so",
    ),
    Case("stage_missing", f"{STAGE}rm st/f.onnx.data; {COMPILE} st/f.mlir -o f.so", BAD_DATA, "st/f.onnx.data"),
]


def save_external(folder: pathlib.Path, location: str, name: str = "e.onnx", model: onnx.ModelProto | None = None) -> None:
    folder.mkdir(exist_ok=True)
    (folder / location).parent.mkdir(exist_ok=True)
    (folder / location).unlink(missing_ok=True)
    onnx.save(
        model or ternary_layer()[0],
        folder / name,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=location,
        size_threshold=0,
    )


def float_layer() -> onnx.ModelProto:
    """Its weights stay in their file: they are not ternary, and more than text holds."""
    model, _, _ = ternary_layer(64, 64)
    weights = model.graph.initializer[0]
    weights.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weights) * 0.3 + 0.1, "W"))
    return model


def prepare(folder: pathlib.Path) -> None:
    save_external(folder / "ext", "e.onnx.data")
    save_external(folder / "ext", "f.onnx.data", "f.onnx", float_layer())
    save_external(folder / "extsub", "weights/w.bin")
    save_external(folder / "wts", "e.weights")
    save_external(folder / "back", "e.onnx.data")
    model = onnx.load(folder / "back" / "e.onnx", load_external_data=False)
    model.graph.initializer[0].external_data[0].value = ".\\e.onnx.data"
    onnx.save(model, folder / "back" / "e.onnx")


if __name__ == "__main__":
    main(CASES + STAGES, prepare)
