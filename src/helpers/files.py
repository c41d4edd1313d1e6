"""Tables, arrays and JSON on disk, each written whole or not at all: a temporary file on the same disk, flushed, renamed."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path):
    """Yield a temporary path beside `path`; rename it to `path` when the block succeeds, remove it when it fails."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o644)
        flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path):
    """Yield a temporary folder beside `path`; it takes the place of `path` when the block succeeds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    old = temporary.with_name(f"{temporary.name}-old")
    try:
        yield temporary
        os.chmod(temporary, 0o755)
        if path.exists():
            os.replace(path, old)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def flush(path):
    """Have the system write a file or a folder's entries to its disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def lock(path, waiting=None):
    """Hold the lock file `path` within the block, alone among all processes; it is free again when this process dies.

    waiting : function without arguments, called once when another process holds it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = open(path, "a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                waiting()
                waiting = None
            fcntl.flock(file, fcntl.LOCK_EX)
        try:
            if os.stat(path).st_ino == os.fstat(file.fileno()).st_ino:
                break
        except FileNotFoundError:
            pass
        file.close()  # whoever held it before has removed it meanwhile
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        file.close()


def write_table(path, table):
    with whole(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path, columns=None, coded=(), **equal):
    """A table; of it the rows in which columns have the values given by name. coded : columns of text that become categories, which
    take far less memory where rows are many."""
    import pandas

    return pandas.read_parquet(path, columns=columns, read_dictionary=list(coded), filters=[(name, "==", value) for name, value in equal.items()] or None)


def write_json(path, content):
    with whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, sort_keys=True, default=str) + "\n")


def read_json(path):
    return json.loads(Path(path).read_text())


def write_array(path, array):
    """Write an array as .npy, without pickling."""
    import numpy

    with whole(path) as temporary, open(temporary, "wb") as file:
        numpy.save(file, array, allow_pickle=False)


def write_arrays(path, arrays):
    """Write a list of arrays as .npz, in order, without pickling."""
    import numpy

    content = io.BytesIO()  # a zip file that a full disk cuts short complains once more when it is closed
    numpy.savez(content, **{f"{index:04d}": numpy.asarray(array) for index, array in enumerate(arrays)})
    with whole(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def read_arrays(path):
    import numpy

    with numpy.load(path, allow_pickle=False) as archive:
        return [archive[name] for name in sorted(archive.files)]
