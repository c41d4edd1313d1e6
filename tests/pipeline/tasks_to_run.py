"""Functions that tests give to worker processes, which import them from here."""

import os
import signal
import time

from helpers.errors import InputError


def square(x):
    return x * x


def facts():
    threads = {name: value for name, value in os.environ.items() if name.endswith("_THREADS")}
    return {"pid": os.getpid(), "threads": threads, "noise": os.environ["TF_CPP_MIN_LOG_LEVEL"], "folder": os.getcwd()}


def stepwise(steps, progress=None):
    for step in range(steps):
        time.sleep(0.25)
        progress(step + 1, steps, f"training epoch {step + 1}/{steps}")
    return "done"


def wrong(text):
    raise InputError(text)


def broken():
    return {}["missing"]


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


def killed_once(path):
    if not path.exists():
        path.touch()
        killed()
    return "second time"


def wait(path, seconds):
    path.write_text(str(os.getpid()))
    time.sleep(seconds)


def freed_but_for_the_last(mebibytes):
    """Hold and free so much in pieces, the last of which stays and keeps the C library from giving the others back by itself."""
    import ctypes

    library = ctypes.CDLL("libc.so.6")
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    pieces = [library.malloc(2**16) for _ in range(16 * mebibytes)]
    for piece in pieces:
        ctypes.memset(piece, 1, 2**16)
    for piece in pieces[:-1]:
        library.free(piece)
    return held()


def freed_of_arrow(mebibytes):
    """Hold and free so much in pieces of Arrow's own pool, which keeps them until it is asked."""
    import ctypes

    import pyarrow

    pieces = [pyarrow.allocate_buffer(2**16) for _ in range(16 * mebibytes)]
    for piece in pieces:
        ctypes.memset(piece.address, 1, 2**16)
    del piece, pieces
    return held()


def held():
    import psutil

    return psutil.Process().memory_info().rss / 2**20
