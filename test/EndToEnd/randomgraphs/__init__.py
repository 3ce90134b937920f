"""Random ONNX graphs, compiled and compared with onnxruntime (docs/Testing.md, "Random graphs").

model       what a graph is: nodes, values with their arrays of every run, outputs
dice, data  random choices, random arrays
builder     adds nodes to a graph and runs each at once, so that a graph is valid by construction
gen_*       families of operators, a table each; families joins them
generate    a graph from (seed, index); wild runs it at other sizes
evaluate    one node on arrays: onnxruntime, else onnx.reference; undefined lists what nobody defines, ort_faults
            where onnxruntime is wrong; audit compares with whole graphs in onnxruntime
emit, load  graphs to one ONNX model and back
toolchain   bitnet-compile and bitnet-run; self_test has some that lie
compare     rule mm_c4 of docs/Semantics.md; explain shows when rounding alone moves the reference as far
shrink      a failing graph to a small one
block       graphs that are compiled together, taken apart when one fails; check judges one alone
runner      blocks on all cores, the command line; findings and report count
"""
