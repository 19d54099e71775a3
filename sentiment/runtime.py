"""ONNX Runtime, told to report nothing. Whoever needs it imports it from here.

From 1.29 on it tells its maker of the machine and of each network that it loads, and keeps an
identifier of the machine on the disk. Of the ways to decline, this one alone comes before its first
report: it looks at the variable once, when it is imported.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime  # noqa: E402

__all__ = ["onnxruntime"]
