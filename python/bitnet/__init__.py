"""Compiles BitNet-style networks to small libraries and runs them.

>>> import bitnet
>>> bitnet.compile("model.onnx", "model.so")
>>> session = bitnet.InferenceSession("model.so")
>>> (y,) = session.run(None, {"x": x})
"""

from .compiler import CompileError, CompileResult, CompileWarning, Diagnostic, Layer, Progress, compile
from .session import InferenceSession, NodeArg

__all__ = [
    "CompileError",
    "CompileResult",
    "CompileWarning",
    "Diagnostic",
    "InferenceSession",
    "Layer",
    "NodeArg",
    "Progress",
    "compile",
]
