"""Random ONNX graphs, compiled and compared with onnxruntime; see randomgraphs/ and docs/Testing.md.

random-graphs.py --count 20000 --seed 7 --jobs 2
"""

import sys

from randomgraphs.runner import main

if __name__ == "__main__":
    sys.exit(main())
