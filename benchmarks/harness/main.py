#!/usr/bin/env python3
"""Measures the limits of this machine, our kernels, a layer and a stack of layers.

Kernels come out of the compiler and are checked, bit by bit, against plain int32
arithmetic before they are timed. Times are the best of repetitions that take turns
with their baselines, so that ratios hold on a machine that does other things too.
"""
import argparse
import json
import os
import pathlib
import sys

import kernels
import layer
import machine
import report
import roofline
import rows
import stack
from settings import FULL, QUICK, SMOKE, Tools

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECTIONS = (kernels.measure, layer.measure, stack.measure)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="fewer shapes and repetitions: under 3 minutes")
    size.add_argument("--smoke", action="store_true", help="tiny sizes, no comparators: seconds; shows that it works")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "benchmarks" / "out", help="where results go")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="build folder of the tools")
    parser.add_argument("--filter", default="", metavar="TEXT",
                        help="only what has TEXT in its name: kernels/<isa>/<packing>, layer, stack")
    parser.add_argument("--with-llama-cpp", action="store_true",
                        help="the layer in the ternary formats of llama.cpp, too: 5 minutes to build it the first time")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (default 1,2)")
    return parser.parse_args()


def make_settings(args):
    settings = SMOKE if args.smoke else QUICK if args.quick else FULL
    available = len(os.sched_getaffinity(0))
    threads = [t for t in map(int, args.threads.split(",")) if t <= available]
    return settings._replace(threads=threads, filter=args.filter, with_llama_cpp=args.with_llama_cpp)


def write(out, results, record):
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in results) + "\n]\n")
    (out / "machine.json").write_text(json.dumps(record, indent=2) + "\n")
    text = report.markdown(results, record)
    (out / "report.md").write_text(text)
    (out / "roofline.svg").write_text(roofline.svg(results))
    return text


def main():
    args = parse_arguments()
    settings = make_settings(args)
    work = args.out / "work" if args.smoke else args.build / "bench"
    tools = Tools(ROOT, args.build, work)
    tools.work.mkdir(parents=True, exist_ok=True)
    record = machine.record(ROOT, " ".join(sys.argv[1:]))
    results, good = [], True
    for measure in SECTIONS:
        part, part_good = measure(tools, settings)
        results += [rows.complete(row) for row in part]
        good = good and part_good
    record["load_after"] = os.getloadavg()
    print(write(args.out, results, record))
    print(f"{len(results)} rows in {args.out}/results.json")
    rows.check(results)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
