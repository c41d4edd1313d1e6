"""Import TensorFlow without its messages: current versions say which processor and drivers they found before they read that
TF_CPP_MIN_LOG_LEVEL asks them not to, in the middle of a progress bar.
"""

from __future__ import annotations

import os
import sys


def load_tensorflow():
    """Import TensorFlow; where TF_CPP_MIN_LOG_LEVEL is 3, with this process's stderr turned away meanwhile."""
    if "tensorflow" in sys.modules or os.environ.get("TF_CPP_MIN_LOG_LEVEL") != "3":
        return
    sys.stderr.flush()
    stderr, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        import tensorflow  # noqa: F401
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nothing)
