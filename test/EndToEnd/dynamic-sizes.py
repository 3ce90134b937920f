# One .so serves all sizes: batch 1 and 3, seq 1 and 17, past 0 and 33, against onnxruntime.
#
# RUN: %python %s %models %utils %t
"""For each model: compile once, run at every size, compare with onnxruntime (mm_c4)."""
import itertools
import pathlib
import subprocess
import sys

import numpy as np
import onnxruntime

MODELS = ["bitnet_s_auto_past.dynamo", "bitnet_s_online_past.hf_ort", "bitnet_s_packed_past.dynamo",
          "bitnet_s_plain_past.legacy", "llama_s_past.dynamo", "gpt2_s_past.dynamo", "bert_s.dynamo",
          "bitnet_s_online_prefill.dynamo", "mlp_bit.dynamo", "bitlinear_tips_rms.legacy"]
BATCH, SEQ, PAST = (1, 3), (1, 17), (0, 33)


def sizes(session):
    """The combinations that this model's dims allow."""
    names = {d for i in session.get_inputs() for d in i.shape if isinstance(d, str)}
    past = any("past" in n for n in (i.name for i in session.get_inputs()))
    for batch, seq, length in itertools.product(BATCH, SEQ, PAST if past else (0,)):
        if names == {"batch"} and seq != SEQ[0]:
            continue
        yield batch, seq, length


def feeds(session, batch, seq, past, rng):
    result = {}
    for info in session.get_inputs():
        rank = len(info.shape)
        # transformers' exporter writes even static dims as names: "32".
        dims = [int(d) if str(d).isdigit() else None for d in info.shape]
        if "past" in info.name:
            dims[0], dims[2] = batch, past
        elif info.name == "attention_mask":
            dims = [batch, past + seq]
        else:
            dims[0] = batch
            if rank > 1 and dims[1] is None:
                dims[1] = seq
        if info.name == "input_ids":
            array = rng.integers(0, 320, dims)
        elif info.name == "attention_mask":
            array = np.ones(dims, np.int64)
        elif info.name == "position_ids":
            array = np.broadcast_to(np.arange(past, past + seq), dims).astype(np.int64)
        else:
            array = rng.standard_normal(dims).astype(np.float32)
        result[info.name] = np.ascontiguousarray(array)
    return result


def main():
    models, utils, work = (pathlib.Path(a) for a in sys.argv[1:4])
    work.mkdir(parents=True, exist_ok=True)
    failures = runs = 0
    for name in MODELS:
        model, library = models / f"{name}.onnx", work / f"{name}.so"
        subprocess.run(["bitnet-compile", "-q", "--mcpu=native", str(model), "-o", str(library)], check=True)
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        for batch, seq, past in sizes(session):
            data = work / f"{name}.{batch}.{seq}.{past}.npz"
            inputs = feeds(session, batch, seq, past, np.random.default_rng(runs))
            outputs = dict(zip((o.name for o in session.get_outputs()), session.run(None, inputs)))
            np.savez(data, **{f"in_{k}": v for k, v in inputs.items()}, **{f"out_{k}": v for k, v in outputs.items()})
            run = subprocess.run(["bitnet-run", str(library), "--data", str(data)], capture_output=True, text=True)
            if run.returncode == 1:  # a difference: do rounding ties explain it?
                run = subprocess.run([sys.executable, str(utils / "check-model-codes.py"), str(model), str(library), str(data)],
                                     capture_output=True, text=True)
            runs += 1
            if run.returncode:
                failures += 1
                print(f"{name} batch {batch} seq {seq} past {past}: exit {run.returncode}\n{run.stdout}{run.stderr}")
    print(f"{runs} runs, {failures} failures")
    return 1 if failures or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
