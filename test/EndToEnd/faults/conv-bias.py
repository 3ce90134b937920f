# The bias of a convolution goes along the channels, whatever makes it and whatever the activations are.
#
# RUN: %python %s %t
"""Ternary convolutions with a bias; the images make as many columns as there are channels, or one."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import ROWS, Table, clip_codes, f, quantize_rows, rand, ternary

table = Table()
CHANNELS = 3
# How a bias comes to be: the nodes before, and its name.
BIASES = {
    "input": ("", "bias"),
    "dynamic": ("", "open"),
    "constant": ("", "constant"),
    "computed": ("twice = Add (bias, bias)", "twice"),
    "folded": ("double = Add (constant, constant)", "double"),
}
ALL = tuple(BIASES)
# How q is made of x.
ACTIVATIONS = {
    "floats": "q = Identity (x)",
    "codes": clip_codes("x", "q"),
    "scaled_codes": clip_codes("x", "q", scale="half"),
    "divided": "d = Div (x, half) " + clip_codes("d", "q", scale="half"),
    "per_sample": "",  # which has other axes for each rank
}
SCALES = {"plain": f(1), "one_scale": f(0.25), "scales": f(0.5, 0.25, 2)}
FORMS = {
    "dense": 'auto_pad = "NOTSET"',
    "strided": "strides = [2, 2]",
    "padded": "strides = [1, 2], pads = [1, 0, 1, 1]",
    "dilated": "dilations = [1, 2], pads = [0, 1, 0, 1]",
}


def add(activations: str, rank: int, biases: tuple[str, ...], scales: str = "plain", form: str = "dense") -> None:
    """One convolution for each bias."""
    quantized = quantize_rows("x", "q", range(1, rank + 2)) if activations == "per_sample" else ACTIVATIONS[activations]
    nodes = " ".join(f"{BIASES[b][0]} y_{b} = Conv <{FORMS[form]}> (q, W, {BIASES[b][1]})" for b in biases)
    scale = SCALES[scales].reshape([-1] + [1] * (rank + 1)) if scales == "scales" else SCALES[scales]
    model = table.model(
        f"{activations}_{rank}d_{scales}_{form}_{len(biases)}",
        f"(float[n,2,{','.join('hw'[-rank:])}] x, float[{CHANNELS}] bias, float[k] open) => "
        f"({', '.join(f'float[] y_{bias}' for bias in biases)}) {{ {quantized} {nodes} }}",
        W=ternary(CHANNELS, 2, *[2] * rank, seed=rank) * scale,
        half=f(0.5),
        constant=f(1, 5, -3),
        **ROWS,
    )
    biased = {"bias": f(1, 5, -3), "open": f(-1, 7, 2)}
    for batch, size in ((2, CHANNELS + 1), (1, 2), (CHANNELS, 7)):
        model.gives({"x": rand(batch, 2, *[size] * rank) * 9, **biased})
    for wrong in (rand(1), rand(2), rand(0)) if "dynamic" in biases else ():
        feeds = {"x": rand(2, 2, *[CHANNELS + 1] * rank), **biased, "open": wrong}
        model.fails(feeds, "error: .*y_dynamic: the length of bias and dimension 1 differ")


for activations in ACTIVATIONS:
    add(activations, 2, ALL)
    add(activations, 2, ("input",))
    add(activations, 1, ("input", "constant"))
    add(activations, 2, ("input", "constant"), "scales")
add("scaled_codes", 2, ALL, "one_scale")
for form in FORMS:
    add("floats", 2, ("input",), "scales", form)
    add("per_sample", 2, ("input",), "scales", form)

# Weights that are no layer take another way.
table.model(
    "float_weights",
    "(float[n,2,h,w] x, float[3] bias) => (float[] y) { y = Conv (x, W, bias) }",
    W=rand(3, 2, 2, 2),
).gives({"x": rand(1, 2, 4, 4), "bias": f(1, 5, -3)}).gives({"x": rand(2, 2, 2, 2), "bias": f(1, 5, -3)})

table.main()
