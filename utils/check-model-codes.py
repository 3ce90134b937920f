#!/usr/bin/env python3
"""Decides whether rounding ties explain a difference from the reference (rule mm_c4).

    check-model-codes.py MODEL.onnx MODEL.so DATA.npz      runs bitnet-run itself
    check-model-codes.py MODEL.onnx CODES.npz DATA.npz     codes from bitnet-run --dump-codes

A value that lies next to a .5 tie may be rounded to either side by two correct engines, and one
other code changes the outputs visibly. So our codes take the place of onnxruntime's in its own
graph, and then
  - every code it would have chosen otherwise must lie within 8 ulp of a tie, an ulp being that of the
    value or of its row's root mean square, whichever is larger: a value is a sum, and rounding
    errors of a sum scale with its terms, not with a result that cancellation made small,
  - at most 3 in 10,000 may be such (rounded up),
  - its outputs must agree with ours to 5e-6.
Where DATA.npz also stores outputs (out_<name>, PyTorch's), a second reference is checked: the same
graph must give the stored outputs to 5e-6 after at most 3 in 10,000 codes at a tie have been rounded
the other way; which ones is searched (tie_search.py), as no codes are stored.
Prints one line; exit 0 when all of this holds, 1 when not.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper

from tie_search import Search

MAX_ULP = 8
MAX_PER_10000 = 3
TOLERANCE = 5e-6
REFERENCE = "/reference"  # suffix of what onnxruntime itself would have chosen


class Verdict(Exception):
    """Ends the check with a failure."""


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="the ONNX file")
    parser.add_argument("codes", help="the compiled .so, or the .npz of --dump-codes")
    parser.add_argument("data", help=".npz with in_<name> and out_<name> arrays")
    parser.add_argument("--tol", type=float, default=TOLERANCE)
    parser.add_argument("-v", action="store_true", help="one line per layer")
    return parser.parse_args()


def dump_codes(codes, data):
    """The arrays of --dump-codes, in call order."""
    if codes.endswith(".npz"):
        with np.load(codes) as arrays:
            return {name: arrays[name] for name in arrays.files}
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "codes.npz")
        command = ["bitnet-run", codes, "--data", data, f"--dump-codes={out}"]
        run = subprocess.run(command, capture_output=True, text=True)
        if not os.path.exists(out):
            raise Verdict(f"bitnet-run failed: {run.stderr.strip()}")
        return dump_codes(out, data)


class Layer:
    """One quantized activation of the graph: value -> Round -> (Clip, Min, Max)* -> codes."""

    def __init__(self, round_node, last_node):
        self.value = round_node.input[0]
        self.codes = last_node.output[0]
        self.last = last_node
        self.ours = None
        self.name = None


def find_layers(graph):
    constant = {i.name for i in graph.initializer} | {""}
    users = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    layers = []
    for node in graph.node:
        if all(name in constant for name in node.input):
            constant.update(node.output)  # weight paths, Constant nodes
        elif node.op_type == "Round":
            last = node
            while True:
                following = users.get(last.output[0], [])
                if len(following) != 1 or following[0].op_type not in ("Clip", "Min", "Max"):
                    break
                last = following[0]
            layers.append(Layer(node, last))
    return layers


def make_session(model):
    options = ort.SessionOptions()
    # The graph as it is written: fusions would round elsewhere.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise Verdict(f"onnxruntime cannot run it: {str(error).splitlines()[0]}")


def expose(graph, names):
    have = {output.name for output in graph.output}
    for name in names:
        if name not in have:
            have.add(name)
            graph.output.append(helper.make_empty_tensor_value_info(name))


NUMPY = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
}


def bind_inputs(session, data):
    """in_<name> arrays by name, the others in order."""
    with np.load(data) as file:
        arrays = {n[3:]: file[n] for n in file.files if n.startswith("in_")}
    names = {i.name for i in session.get_inputs()}
    rest = [a for n, a in arrays.items() if n not in names]
    feeds = {}
    for i in session.get_inputs():
        array = arrays[i.name] if i.name in arrays else rest.pop(0)
        feeds[i.name] = array.astype(NUMPY.get(i.type, array.dtype))
    return feeds


def run_model(session, feeds):
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds)))


def fit(ours, shape):
    """Our codes in the reference's shape: leading dims may be collapsed, K padded."""
    size = int(np.prod(shape))
    if ours.size == size:
        return ours.reshape(shape)
    if ours.ndim < 1 or not shape or ours.shape[-1] < shape[-1]:
        return None
    cut = ours[..., : shape[-1]]
    return cut.reshape(shape) if cut.size == size else None


def match(layers, values, dump):
    """Gives each layer the codes of ours that agree best; equal fake-quants share theirs."""
    ours = {n[6:]: a for n, a in dump.items() if n.startswith("codes_")}
    used = set()
    for layer in layers:
        reference = values[layer.codes]
        best = None
        for name, array in ours.items():
            fitted = fit(array, reference.shape)
            if fitted is None:
                continue
            # Among equals, the next one that no layer has taken.
            key = (np.count_nonzero(fitted != reference), name in used)
            if best is None or key < best[0]:
                best = (key, name, fitted)
        if best:
            layer.name, layer.ours = best[1], best[2]
            used.add(best[1])
    unused = [n for n in ours if n not in used]
    if unused:
        raise Verdict(f"codes of '{unused[0]}' match no rounded activation of the graph")
    return [layer for layer in layers if layer.ours is not None]


def inject(model, layers):
    """Makes each layer's codes an input; what the graph computes gets another name."""
    for layer in layers:
        layer.last.output[0] = layer.codes + REFERENCE
    codes = {layer.codes for layer in layers}
    kept = [output for output in model.graph.output if output.name not in codes]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    for layer in layers:
        element = helper.np_dtype_to_tensor_dtype(layer.dtype)
        model.graph.input.append(
            helper.make_tensor_value_info(layer.codes, element, layer.ours.shape)
        )
    expose(model.graph, [layer.codes + REFERENCE for layer in layers])


def ties_off(values):
    """Distance of each value from the nearest .5 tie, in ulp of the value or of its row."""
    tie = np.floor(values) + np.asarray(0.5, values.dtype)
    distance = np.abs(values.astype(np.float64) - tie.astype(np.float64))
    row = np.sqrt(np.mean(np.square(values.astype(np.float64)), axis=-1, keepdims=True))
    return distance / np.spacing(np.maximum(np.abs(values), row.astype(values.dtype))).astype(np.float64)


def check_layer(layer, values, verbose):
    """How many codes differ; each must be one step over a near tie."""
    reference = values[layer.codes + REFERENCE]
    differ = layer.ours != reference
    count = int(np.count_nonzero(differ))
    if verbose:
        print(f"{layer.name}: {layer.ours.size} codes, {count} differ")
    if not count:
        return 0
    steps = np.abs(layer.ours[differ].astype(np.float64) - reference[differ].astype(np.float64))
    ulps = ties_off(values[layer.value])[differ]
    if steps.max() > 1 or not ulps.max() <= MAX_ULP:
        worst = int(np.argmax(np.where(steps > 1, np.inf, ulps)))
        raise Verdict(
            f"layer '{layer.name}': {count} of {layer.ours.size} codes differ, one by "
            f"{steps[worst]:g}, {ulps[worst]:.3g} ulp from a tie (at most {MAX_ULP})"
        )
    return count


def relative_l2(ours, reference):
    ours, reference = ours.astype(np.float64), reference.astype(np.float64)
    both_nan = np.isnan(ours) & np.isnan(reference)
    difference = np.where(both_nan | (ours == reference), 0.0, ours - reference)
    norm = np.linalg.norm(np.where(both_nan, 0.0, reference))
    error = np.linalg.norm(difference)
    return error / norm if norm else error


def check_outputs(outputs, values, dump, tolerance):
    """The largest relative L2 of all outputs, with our codes in the reference."""
    ours = [a for n, a in dump.items() if n.startswith("out_")]
    worst = 0.0
    for name, array in zip(outputs, ours):
        reference = values[name]
        if array.shape != reference.shape:
            raise Verdict(f"output '{name}': {array.shape}, onnxruntime gives {reference.shape}")
        error = relative_l2(array, reference)
        if not error <= tolerance:
            raise Verdict(
                f"output '{name}': relative L2 {error:.3g} even with our codes (at most {tolerance:g})"
            )
        worst = max(worst, error)
    return worst


def max_ties(layers):
    return -(-MAX_PER_10000 * sum(layer.ours.size for layer in layers) // 10000)


def stored_outputs(data, names):
    """out_<name> arrays by name, else in order; empty when there are none."""
    with np.load(data) as file:
        arrays = {n[4:]: file[n] for n in file.files if n.startswith("out_")}
    return arrays if set(arrays) <= set(names) else dict(zip(names, arrays.values()))


def check_stored(stored, layers, session, feeds, tolerance):
    """Flips at ties from which the reference gives the stored outputs."""

    def natural(layer, values):
        return values[layer.codes + REFERENCE].astype(layer.dtype)

    def error(values):
        return max(relative_l2(values[name], array) for name, array in stored.items())

    def run(codes):
        return {**run_model(session, {**feeds, **codes}), **codes}

    search = Search(layers, run, natural, ties_off, error, (MAX_ULP, max_ties(layers)))
    flips, distance = search.find(tolerance)
    if not distance <= tolerance:
        raise Verdict(
            f"stored outputs: relative L2 {distance:.3g} (at most {tolerance:g}), and no choice of "
            f"at most {max_ties(layers)} codes at a tie explains it"
        )
    return f"; the stored outputs to {distance:.2g} with {flips} codes at a tie rounded the other way"


def check(args):
    dump = dump_codes(args.codes, args.data)
    model = onnx.load(args.model)
    outputs = [output.name for output in model.graph.output]
    layers = find_layers(model.graph)
    expose(model.graph, [n for layer in layers for n in (layer.codes, layer.value)])
    session = make_session(model)
    feeds = bind_inputs(session, args.data)
    plain = run_model(session, feeds)
    layers = match(layers, plain, dump)
    for layer in layers:
        layer.dtype = plain[layer.codes].dtype
        layer.ours = layer.ours.astype(layer.dtype)
    inject(model, layers)
    session = make_session(model)
    codes = {layer.codes: layer.ours for layer in layers}
    # An output may itself be a layer's codes.
    values = {**run_model(session, {**feeds, **codes}), **codes}
    total = sum(layer.ours.size for layer in layers)
    differ = sum(check_layer(layer, values, args.v) for layer in layers)
    if differ > max_ties(layers):
        raise Verdict(f"{differ} of {total} codes differ: more than {MAX_PER_10000} in 10,000")
    error = check_outputs(outputs, values, dump, args.tol)
    stored = stored_outputs(args.data, outputs)
    return (
        f"{len(layers)} layers, {total} codes, {differ} differ, each within {MAX_ULP} ulp of a tie; "
        f"with our codes the outputs agree to {error:.2g}"
        + (check_stored(stored, layers, session, feeds, args.tol) if stored else "")
    )


def main():
    args = parse_arguments()
    try:
        print(f"ok: {check(args)}")
    except Verdict as verdict:
        print(f"FAIL: {os.path.basename(args.model)}: {verdict}")
        sys.exit(1)


if __name__ == "__main__":
    main()
