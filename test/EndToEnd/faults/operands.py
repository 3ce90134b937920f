# Operands that do not fit: scales, tables, values, pads, positions of other shapes, types or sizes than ONNX asks for.
#
# RUN: %python %s %t
"""One error that names the node, compiled or run, never memory outside of a tensor; and what is right at the edges."""

import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent / "Inputs"))
from faults import F32, Array, Model, Table, f, i64, rand, ternary

table = Table()
MS = "com.microsoft."
LOWEST, HIGHEST = -(2**63), 2**63 - 1
I8, U8, F16, F64 = np.int8, np.uint8, np.float16, np.float64

# Scales of blocks: one per block along the axis, one per element elsewhere.
x, codes = rand(4, 4), (rand(4, 4) * 20).astype(I8)
QUANTIZE = "y = QuantizeLinear <axis = 1, block_size = 2> (x, s)"
DEQUANTIZE = "y = DequantizeLinear <axis = 1, block_size = 2> (x, s)"
WRONG_BLOCKS = "(numbers of scales and blocks|the sizes of scale and its input) differ"
for name, kind, result, node, data in (
    ("quantize", "float", "uint8", QUANTIZE, x),
    ("dequantize", "int8", "float", DEQUANTIZE, codes),
):
    run = table.model(f"{name}_blocks", f"({kind}[n,m] x, float[a,b] s) => ({result}[] y) {{ {node} }}", opset=21)
    run.gives({"x": data, "s": np.abs(rand(4, 2)) + 1})
    for shape in ((1, 2), (2, 2), (5, 2), (4, 1), (4, 3), (0, 2)):
        scale = np.ones(shape, F32)
        run.fails({"x": data, "s": scale}, f"error: .*y: {WRONG_BLOCKS}")
        table.model(
            f"{name}_blocks_{shape[0]}_{shape[1]}",
            f"({kind}[4,4] x) => ({result}[] y) {{ {node} }}",
            opset=21,
            s=scale,
        ).is_refused(f"error: node 'y': .*{WRONG_BLOCKS}")

# RotaryEmbedding: heads that are smaller than what is rotated of them, positions that the tables do not have.
cosines, sines = np.cos(rand(5, 4)), np.sin(rand(5, 4))
ONNX4 = ("float[b,h,s,d] x, int64[p,q] pos", "RotaryEmbedding <{}> (x, c, s0, pos)")
ONNX3 = ("float[b,s,d] x, int64[p,q] pos", "RotaryEmbedding <num_heads = 2, {}> (x, c, s0, pos)")
MS3 = ("float[b,s,d] x, int64[p,q] pos", MS + "RotaryEmbedding <num_heads = 2, {}> (x, pos, c, s0)")


def rotary(name: str, form: tuple[str, str], attributes: str = "rotary_embedding_dim = 8") -> Model:
    node = form[1].format(attributes)
    return table.model(name, f"({form[0]}) => (float[] y) {{ y = {node} }}", opset=23, c=cosines, s0=sines)


def heads(form: tuple[str, str], head: int) -> Array:
    return rand(1, 2, 2, head) if form is ONNX4 else rand(1, 2, 2 * head)


two = np.array([[0, 1]], np.int64)
TOO_SMALL = "error: .*y: the head size is less than rotary_embedding_dim"
for name, form in (("rotary_4", ONNX4), ("rotary_3", ONNX3), ("rotary_ms", MS3)):
    model = rotary(name, form)
    for head in (8, 10):
        model.gives({"x": heads(form, head), "pos": two})
    for head in (0, 4, 6):
        model.fails({"x": heads(form, head), "pos": two}, TOO_SMALL)

model = rotary("positions", ONNX4, "interleaved = 0")
model.gives({"x": rand(2, 2, 2, 8), "pos": np.array([[0, 4], [3, 3]])})
model.gives({"x": rand(1, 2, 0, 8), "pos": two[:, :0]}, {"y": rand(1, 2, 0, 8)})
model.fails({"x": rand(2, 2, 2, 8), "pos": two}, "error: .*y: the sizes of position_ids and its input differ")
model.fails({"x": rand(1, 2, 2, 8), "pos": two[:, :1]}, "error: .*y: the sizes of position_ids and its input differ")
for position in (-1, -5, 5, HIGHEST, LOWEST):
    model.fails({"x": rand(1, 2, 2, 8), "pos": np.array([[0, position]])}, "error: .*y: index out of range")

model = table.model(
    "first_position",
    f"(float[b,h,s,d] x, int64[1] pos) => (float[] y) {{ y = {MS}RotaryEmbedding (x, pos, c, s0) }}",
    c=cosines,
    s0=sines,
)
for position in (0, 3):
    model.gives({"x": rand(2, 2, 2, 8), "pos": i64(position)})
for position in (-1, 4, 2**62, HIGHEST - 1, HIGHEST, LOWEST):
    model.fails({"x": rand(2, 2, 2, 8), "pos": i64(position)}, "error: .*y: position out of range")

# OneHot: exactly two values; a depth of any type, at least 1; indices of any integer type, unsigned ones as they are.
model = table.model(
    "one_hot_values", "(int64[n] i, float[k] v) => (float[] y) { y = OneHot (i, d, v) }", d=np.int64(3)
).gives({"i": i64(0, -1, 3, -4), "v": f(5, 6)})
for count in (0, 1, 3):
    model.fails({"i": i64(0, 1), "v": rand(count)}, "error: .*y: the number of values and 2 differ")
    table.model(
        f"one_hot_{count}", "(int64[n] i) => (float[] y) { y = OneHot (i, d, v) }", d=np.int64(3), v=rand(count)
    ).is_refused(f"error: node 'y': .*the number of values and 2 differ: {count} and 2")


def one_hot(indices: Array, depth: int) -> Array:
    wrapped = [int(i) + depth if i < 0 else int(i) for i in indices]
    return np.array([[float(i == j) for j in range(depth)] for i in wrapped], F32).reshape(-1, depth)


for kind in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
    top = np.iinfo(kind).max
    indices = np.array([0, 1, 200 % (top + 1), top, top - 1], kind)
    model = table.model(
        f"one_hot_{kind}", f"({kind}[n] i) => (float[] y) {{ y = OneHot (i, d, v) }}", d=np.int64(300), v=f(0, 1)
    ).gives({"i": indices}, {"y": one_hot(indices, 300)})
    if kind.startswith("int"):
        indices = np.array([-1, -100, np.iinfo(kind).min], kind)
        model.gives({"i": indices}, {"y": one_hot(indices, 300)})
for kind in ("int8", "uint8", "int32", "uint64", "float", "double", "float16"):
    dtype = {"float": "float32", "double": "float64"}.get(kind, kind)
    depth = 100 if kind == "int8" else 200
    want = {"y": one_hot(i64(0, -1, 99), depth)}
    table.model(
        f"depth_{kind}",
        f"(int64[n] i) => (float[3,{depth}] y) {{ y = OneHot (i, d, v) }}",
        d=np.array(depth, dtype),
        v=f(0, 1),
    ).gives({"i": i64(0, -1, 99)}, want)
    table.model(
        f"depth_{kind}_run", f"(int64[n] i, {kind}[1] d) => (float[] y) {{ y = OneHot (i, d, v) }}", v=f(0, 1)
    ).gives({"i": i64(0, -1, 99), "d": np.array([depth], dtype)}, want).fails(
        {"i": i64(0, 1), "d": np.array([0], dtype)}, "error: .*y: the depth is less than 1"
    )
for depth in (0, -3, -(2**62)):
    table.model(
        f"depth_{depth}", "(int64[n] i) => (float[] y) { y = OneHot (i, d, v) }", d=np.int64(depth), v=f(0, 1)
    ).is_refused(f"error: node 'y': .*the depth is less than 1: {depth} and 1")
table.model("depth_below", "(int64[n] i, int64 d) => (float[] y) { y = OneHot (i, d, v) }", v=f(0, 1)).fails(
    {"i": i64(0, 1), "d": np.int64(LOWEST)}, "error: .*y: the depth is less than 1"
)

# Pads whose sums would overflow, that reflect more than there is, that name an axis twice or have another type.
for mode in ("constant", "edge"):
    for pad in (LOWEST, -(2**62), 2**62, HIGHEST):
        for extents in ("n,3", "2,3"):
            table.model(
                f"pad_{mode}_{pad}_{extents[0]}",
                f'(float[{extents}] x) => (float[] y) {{ y = Pad <mode = "{mode}"> (x, p) }}',
                p=i64(pad, 0, pad, 0),
            ).is_refused(f"error: node 'y': .* has a pad of {pad} elements, supports at most")
for low, high in ((2, 2), (1, 0), (-1, 1), (0, 3), (5, 0), (-1, 2), (2, -1)):
    left = 3 + min(low, 0) + min(high, 0)
    fits = max(low, high) < left
    for known in (True, False):
        extents, kind = ("2,3", "known") if known else ("n,m", "run")
        model = table.model(
            f"reflect_{low}_{high}_{kind}",
            f'(float[{extents}] x) => (float[] y) {{ y = Pad <mode = "reflect"> (x, p) }}',
            p=i64(0, low, 0, high),
        )
        data = rand(2, 3)
        if fits:
            cut = data[:, max(-low, 0) : 3 - max(-high, 0)]
            pads = ((0, 0), (max(low, 0), max(high, 0)))
            model.gives({"x": data}, {"y": np.pad(cut, pads, mode="reflect")})
        elif known:
            model.is_refused("error: node 'y': .*it reflects more elements than there are")
        else:
            model.fails({"x": data}, "error: .*y: it reflects more elements than there are")
table.model(
    "pad_twice", "(float[n,3] x) => (float[] y) { y = Pad (x, p, , a) }", opset=18, p=i64(1, 1, 1, 1), a=i64(0, -2)
).is_refused("error: node 'y': .* has axis 0 twice")
table.model(
    "pad_type", "(float[n,3] x) => (float[] y) { y = Pad (x, p, v) }", p=i64(1, 1, 1, 1), v=np.int32(1)
).is_refused("error: node 'y': .* mixes elements of type 'f32' and 'i32', inputs 1 and 3")

# MatMulNBits: blocks are powers of two, at least 16, so that each has whole bytes.
for bits, block, columns in ((4, 3, 4), (2, 1, 4), (4, 8, 16), (8, 1, 4), (2, 6, 12), (4, 24, 24), (4, 2**62, 16)):
    blocks = -(-columns // block)
    table.model(
        f"bits_{bits}_{block}",
        f"(float[n,{columns}] x) => (float[] y) {{ y = {MS}MatMulNBits <K = {columns}, N = 2, bits = {bits}, "
        f"block_size = {block}> (x, b, s) }}",
        b=np.ones((2, blocks, block * bits // 8 % 2**20), U8),
        s=np.ones(2 * blocks, F32),
    ).is_refused("error: node 'y': .*(needs a block_size that is a power of two and at least 16|needs B of shape)")

# GatherND: batch_dims beside the tuples.
for batch in (-1, 1, HIGHEST, LOWEST):
    table.model(
        f"gather_nd_{batch}",
        f"(float[2,3] x, int64[1] i) => (float[] y) {{ y = GatherND <batch_dims = {batch}> (x, i) }}",
    ).is_refused(f"error: node 'y': .* needs batch_dims from 0 on .*, got {batch} for 1")

# Norms: the scale's type is that of the result, statistics are floats, parameters of groups are vectors.
half, gain = rand(2, 4).astype(F16), rand(4, seed=3)


def normalize(data: Array) -> Array:
    wide = data.astype(F32)
    rounded: Array = (wide / np.sqrt((wide * wide).mean(-1, keepdims=True) + F32(1e-5))).astype(data.dtype)
    return rounded


for op, opset in (("RMSNormalization", 23), ("SimplifiedLayerNormalization", 17)):
    for kinds, types in (("float16 float", (F16, F32)), ("float float16", (F32, F16)), ("float double", (F32, F64))):
        of, to = kinds.split()
        data, scale = half.astype(types[0]), gain.astype(types[1])
        wide = np.promote_types(*types)
        table.model(
            f"{op}_{of}_{to}",
            f"({of}[n,4] x, {to}[4] g) => ({to}[] y) {{ y = {op} (x, g) }}",
            opset=opset,
            tolerance=1e-3 if to == "float16" else 5e-6,
        ).gives({"x": data, "g": scale}, {"y": (normalize(data).astype(wide) * scale.astype(wide)).astype(types[1])})
table.model(
    "statistics",
    "(double[n,4] x) => (double[] y, float[] m, float[] i) { y, m, i = LayerNormalization (x, g) }",
    tolerance=5e-6,
    g=gain.astype(F64),
).gives({"x": rand(2, 4).astype(F64)})
table.model(
    "batch_norm_types",
    "(float[n,3] x, double[3] v) => (float[] y) { y = BatchNormalization (x, s, s, v, v) }",
    s=rand(3),
).gives(
    {"x": rand(2, 3), "v": f(1, 2, 3).astype(F64)},
    {"y": ((rand(2, 3) - f(1, 2, 3)) / np.sqrt(f(1, 2, 3) + F32(1e-5)) * rand(3) + rand(3)).astype(F32)},
)
for opset, shape in ((18, (1, 2)), (21, (2, 2))):
    table.model(
        f"groups_{opset}",
        "(float[n,4,h] x) => (float[] y) { y = GroupNormalization <num_groups = 2> (x, s, s) }",
        opset=opset,
        s=rand(*shape),
    ).is_refused(
        "error: node 'y': .* needs a scale of rank 1, got rank 2",
        "error: node 'y': .* needs a bias of rank 1, got rank 2",
    )

# Sums of bools, and factors of integers.
before, update, after = np.array([[1, 1, 0], [0, 1, 1], [1, 1, 0]], np.bool_)
for op, indices in (("ScatterElements", i64(0, 1, 1)), ("ScatterND", np.array([[0], [1], [1]]))):
    table.model(
        f"{op}_bool",
        f'(bool[3] x, bool[3] u) => (bool[] y) {{ y = {op} <reduction = "add"> (x, i, u) }}',
        opset=18,
        i=indices,
    ).gives({"x": before, "u": update}, {"y": after})
a, b, c = (np.arange(4, dtype=np.int32).reshape(2, 2) + i for i in range(3))
for alpha, beta in ((3.0, 1.0), (-2.0, 3.0), (0.5, 1.0), (1.0, 1.5)):
    node = f"Gemm <alpha = {alpha}, beta = {beta}>"
    model = table.model(
        f"gemm_{alpha}_{beta}",
        f"(int32[2,2] a) => (int32[] y, int32[] z) {{ y = {node} (a, b, c) z = {node} (a, b) }}",
        b=b,
        c=c,
    )
    if alpha.is_integer() and beta.is_integer():
        model.gives({"a": a}, {"y": int(alpha) * (a @ b) + int(beta) * c, "z": int(alpha) * (a @ b)})
    else:
        model.is_refused(*[f"error: node '{node}': .* supports only a whole '\\w+' for integers" for node in "yz"])

# Inputs that the schema gives one type: signs count, too.
MIXED = {
    "Where": ("bool[2] c, float[2] x, int32[2] z", "Where (c, x, z)", "'f32' and 'i32', inputs 2 and 3"),
    "PRelu": ("float[2] x, double[2] z", "PRelu (x, z)", "'f32' and 'f64', inputs 1 and 2"),
    "Scatter": ("float[2] x, int64[2] i, double[2] z", "ScatterElements (x, i, z)", "'f32' and 'f64', inputs 1 and 3"),
    "Gemm": ("float[2,2] x, int32[2] z", "Gemm (x, x, z)", "'f32' and 'i32', inputs 1 and 3"),
    "Conv": ("float[1,2,4] x, double[2,2,1] z", "Conv (x, z)", "'f32' and 'f64', inputs 1 and 2"),
    "Shift": ("uint8[2] x, uint16[2] z", 'BitShift <direction = "LEFT"> (x, z)', "'ui8' and 'ui16', inputs 1 and 2"),
    "Mod": ("int8[2] x, uint8[2] z", "Mod (x, z)", "'i8' and 'ui8', inputs 1 and 2"),
    "Zero": ("int8[2] x, float[1] s, uint8[1] z", "DequantizeLinear (x, s, z)", "'i8' and 'ui8', inputs 1 and 3"),
    "Product": ("int8[2,2] x, uint8[1] z", "MatMulInteger (x, x, z)", "'i8' and 'ui8', inputs 1 and 3"),
    "Concat": ("float[2] x, float16[2] z", "Concat <axis = 0> (x, x, z)", "'f32' and 'f16', inputs 1 and 3"),
}
for name, (inputs, node, says) in MIXED.items():
    table.model(f"mixed_{name}", f"({inputs}) => (float[] y) {{ y = {node} }}").is_refused(
        f"error: node 'y': .* mixes elements of type {says}"
    )

# What repeats the image checks how large it gets, as what fills it does.
for mode in ("edge", "wrap", "constant"):
    table.model(
        f"pad_{mode}_beyond_memory",
        f'(float[a,b] x) => (float[] y) {{ p = Pad <mode = "{mode}"> (x, far) y = ReduceMax <keepdims = 0> (p) }}',
        opset=19,
        far=i64(0, 0, 2**40, 2**40),
    ).fails({"x": rand(1, 1)}, "error: .*too large")

# A layer checks what the operators that it is made of check: their own lowering reports it.
for name, kind, nodes, says in (
    ("strides_0", "n,3,h,w", "y = Conv <strides = [0, 1]> (x, T)", "needs positive strides and dilations"),
    ("strides_1", "n,3,h,w", "y = Conv <strides = [1]> (x, T)", "needs kernel, strides, dilations and pads for 2"),
    ("dilations", "n,3,h,w", "y = Conv <dilations = [1, -1]> (x, T)", "needs positive strides and dilations"),
    ("scale_rank", "n,4", "w = DequantizeLinear (W, s16) y = MatMul (x, w)", "needs a scale that is scalar, per axis"),
    ("scale_block", "n,4", "w = DequantizeLinear <axis = 0, block_size = 2> (W, s11) y = MatMul (x, w)", WRONG_BLOCKS),
    ("scale_row", "n,4", "w = DequantizeLinear <axis = 0, block_size = 2> (W, s21) y = MatMul (x, w)", WRONG_BLOCKS),
    ("scale_zero", "n,4", "w = DequantizeLinear (W, s1, z0) y = MatMul (x, w)", "scale and zero point differ in rank"),
):
    table.model(
        f"layer_{name}",
        f"(float[{kind}] x) => (float[] y) {{ {nodes} }}",
        opset=21,
        T=ternary(4, 3, 3, 3),
        W=ternary(4, 6).astype(np.int8),
        s1=np.ones(1, F32),
        z0=np.zeros((), np.int8),
        s16=np.ones((1, 6), F32),
        s11=np.ones((1, 1), F32),
        s21=np.ones((2, 1), F32),
    ).is_refused(f"error: node '[wy]': .*{says}")

DOUBLE = "() => (double[] t) { t = Cast <to = 11> (x) }"
IN_BRANCHES = f"<then_branch = a {DOUBLE}, else_branch = b {DOUBLE}>"
for name, inputs, nodes, says in (
    ("int32", "int32[n,4] x", "y = MatMul (x, W)", "mixes elements of type 'i32' and 'f32'"),
    ("uint8", "uint8[n,4] x", "y = MatMul (x, W)", "does not take elements of type 'ui8'"),
    ("double", "double[n,4] x", "y = MatMul (x, W)", "mixes elements of type 'f64' and 'f32'"),
    ("half", "float16[n,4] x", "z = Relu (x) y = MatMul (z, W)", "mixes elements of type 'f16' and 'f32'"),
    ("cast", "float[n,4] x", "z = Cast <to = 11> (x) y = MatMul (z, W)", "mixes elements of type 'f64' and 'f32'"),
    # A chain of any length gives a value its type.
    (
        "far",
        "float[n,4] x",
        f"r0 = Cast <to = 11> (x) {' '.join(f'r{i + 1} = Relu (r{i})' for i in range(200))} y = MatMul (r200, W)",
        "mixes elements of type 'f64' and 'f32'",
    ),
    ("bias", "float[n,4] x", "y = Gemm (x, W, b)", "mixes elements of type 'f32' and 'f64'"),
    ("image", "int32[n,3,h,w] x", "y = Conv (x, T)", "does not take elements of type 'i32'"),
    ("branch", "float[n,4] x, bool c", f"z = If (c) {IN_BRANCHES} y = MatMul (z, W)", "mixes elements of type 'f64'"),
    (
        "part",
        "double[n,4] x",
        "q, z = Split <num_outputs = 2, axis = 0> (x) y = MatMul (z, W)",
        "mixes elements of type 'f64' and 'f32'",
    ),
    # Weights that are computed: what the operators' own lowerings refuse is not folded.
    (
        "perm",
        "float[n,4] x",
        "w = Transpose <perm = [1, 1]> (S) y = MatMul (x, w)",
        "has a 'perm' that is no permutation",
    ),
    (
        "perm_conv",
        "float[n,3,h,w] x",
        "w = Transpose <perm = [0, 0, 2, 3]> (T) y = Conv (x, w)",
        "has a 'perm' that is no",
    ),
    ("scatter", "float[n,4] x", "w = ScatterND (W, at, S) y = MatMul (x, w)", "sizes of updates differ"),
    (
        "shift",
        "float[n,4] x",
        'v = BitShift <direction = "left"> (U, U) w = Cast <to = 1> (v) y = MatMul (x, w)',
        "'left'",
    ),
    ("clip", "float[n,4] x", "w = Clip (W, low) y = MatMul (x, w)", "mixes elements of type 'f32' and 'i64'"),
    ("mul", "float[n,4] x", "w = Mul (W, half) y = MatMul (x, w)", "mixes elements of type 'f32' and 'f16'"),
    ("where", "float[n,4] x", "w = Where (U, W, W) y = MatMul (x, w)", "does not take elements of type 'ui8'"),
    (
        "pads",
        "float[1,3,4,4] x",
        f"y = Conv <pads = {[2**31 - 2] * 4}, strides = {[2**31 - 1] * 2}> (x, T)",
        "has sizes of more",
    ),
    (
        "both",
        "float[n,3,7,7] x",
        'y = Conv <auto_pad = "SAME_UPPER", pads = [1, 1, 1, 1]> (x, T)',
        "has both auto_pad and pads",
    ),
    ("columns", "float[n,5] x", "y = MatMul (x, W)", "needs rows of 4 numbers, got 'tensor<.x5xf32>'"),
    (
        "channels",
        "float[n,5,7,7] x",
        "y = Conv (x, T)",
        r"needs images \[N, C, H, W\] of 3 channels, got 'tensor<.x5x7x7xf32>'",
    ),
    ("vector", "float[4] x", "y = Gemm (x, W)", "needs matrices"),
    ("cube", "float[2,n,4] x", "y = Gemm (x, W)", "needs matrices"),
):
    table.model(
        f"layer_of_{name}",
        f"({inputs}) => (float[] y) {{ {nodes} }}",
        opset=18,
        T=ternary(4, 3, 3, 3),
        W=ternary(4, 6),
        S=ternary(4, 4),
        U=np.ones((4, 6), np.uint8),
        b=np.ones(6),
        at=np.array([[0], [2]]),
        low=np.int64(-1),
        half=np.float16(1),
    ).is_refused(f"error: node '[a-z]': .*{says}")

# Branches give values of one type, sign included, and take nothing.
for name, branch, says in (
    ("takes", "(uint8[n,4] q) => (uint8[] t) { t = Identity (q) }", "expects a graph attribute without inputs"),
    ("signs", "() => (int8[] t) { t = Identity (u) }", "branches with results of different type: .*ui8>' and .*xi8>'"),
    ("rank", "() => (uint8[] t) { t = Reshape (x, flat) }", "branches with results of different type"),
):
    table.model(
        f"if_{name}",
        "(uint8[n,4] x, int8[n,4] u, bool c) => (uint8[] y) "
        f"{{ y = If (c) <then_branch = a () => (uint8[] t) {{ t = Identity (x) }}, else_branch = b {branch}> }}",
        flat=i64(-1),
    ).is_refused(f"error: node 'y': .*{says}")

# A branch gives as many values as the node has outputs.
BRANCHES = ("(float[] t) { t = Neg (x) }", "(float[] t, float[] u) { t = Neg (x) u = Exp (x) }")
for outputs, then, other in ((1, 2, 1), (2, 2, 1), (2, 1, 2), (2, 1, 1), (1, 2, 2)):
    for condition in ("c", "known"):
        table.model(
            f"if_{outputs}_{then}_{other}_{condition}",
            f"(float[n,4] x, bool c) => (float[] y) {{ {'y' if outputs == 1 else 'y, z'} = If ({condition}) "
            f"<then_branch = a () => {BRANCHES[then - 1]}, else_branch = b () => {BRANCHES[other - 1]}> }}",
            known=np.array(True),
        ).is_refused(f"error: node 'y': operator 'If' has {outputs} outputs, but its (then|else)_branch has")

table.main()
