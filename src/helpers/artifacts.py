"""Artifacts: tables, arrays and JSON that are written whole or not at all, in folders stamped with what made them.

A folder's stamp is the hash of its configuration, its inputs' stamps and the code that computes it. A step whose
stamp matches is skipped; any other is redone.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

STAMP = "stamp.json"


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
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path):
    """Yield a temporary folder beside `path`; it takes the place of `path` when the block succeeds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield temporary
        os.chmod(temporary, 0o755)
        if path.exists():
            shutil.rmtree(path)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def stamped_folder(path, value):
    """`whole_folder` that bears the stamp `value` when the block succeeds."""
    with whole_folder(path) as temporary:
        yield temporary
        mark(temporary, value)


def write_table(path, table):
    with whole(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path, columns=None):
    import pandas

    return pandas.read_parquet(path, columns=columns)


def write_json(path, content):
    with whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, sort_keys=True, default=str) + "\n")


def read_json(path):
    return json.loads(Path(path).read_text())


def write_arrays(path, arrays):
    """Write a list of arrays as .npz, in order, without pickling."""
    import numpy

    with whole(path) as temporary, open(temporary, "wb") as file:
        numpy.savez(file, **{f"{index:04d}": numpy.asarray(array) for index, array in enumerate(arrays)})


def read_arrays(path):
    import numpy

    with numpy.load(path, allow_pickle=False) as archive:
        return [archive[name] for name in sorted(archive.files)]


@lru_cache
def _imports(module):
    """Source file of a module of this package and the modules of this package that it imports."""
    spec = importlib.util.find_spec(module)
    source = Path(spec.origin)
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".") if source.name == "__init__.py" else module.split(".")[:-1]
            base = parts[: len(parts) - node.level + 1] if node.level else []
            stem = ".".join(base + ([node.module] if node.module else []))
            found.add(stem)
            found.update(f"{stem}.{alias.name}" for alias in node.names)
    return source, tuple(sorted(name for name in found if name.startswith("helpers") and is_module(name)))


def is_module(name):
    """Whether a module of that name can be imported from source."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return False
    return spec is not None and spec.origin is not None


@lru_cache
def code_hash(module, packages=()):
    """Hash of the source of `module` and all it imports from this package, and of the versions of `packages`."""
    return _digest(_sources(module), packages)


@lru_cache
def code_by_floor(module):
    """Floor → hash of those of its sources that `module` imports; "study" is what stands on no floor."""
    floors = {}
    for name, source in _sources(module).items():
        floor = name.split(".")[1] if name.count(".") > 1 else "study"
        floors.setdefault(floor, {})[name] = source
    return {floor: _digest(sources) for floor, sources in sorted(floors.items())}


def _sources(module):
    """Source of `module` and of all it imports from this package, by name."""
    todo, seen = [module], {}
    while todo:
        name = todo.pop()
        if name not in seen:
            source, imported = _imports(name)
            seen[name] = source.read_bytes()
            todo.extend(imported)
    return seen


def _digest(sources, packages=()):
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(name.encode() + b"\0" + sources[name] + b"\0")
    for package in sorted(packages):
        digest.update(f"{package}=={version(package)}\0".encode())
    return digest.hexdigest()[:16]


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def stamp(config, inputs=(), code=""):
    """Hash of a configuration (plain values), the stamps or file hashes of its inputs, and a code hash."""
    text = json.dumps([config, list(inputs), code], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_hash(path, memory):
    """SHA-256 of a file, remembered in the JSON file `memory` by its size and time of change."""
    path, memory = Path(path), Path(memory)
    known, state = read_json(memory) if memory.exists() else {}, path.stat()
    entry = known.get(str(path))
    if entry is None or entry[:2] != [state.st_size, state.st_mtime_ns]:
        with open(path, "rb") as file:
            entry = [state.st_size, state.st_mtime_ns, hashlib.file_digest(file, "sha256").hexdigest()]
        write_json(memory, {**known, str(path): entry})
    return entry[2]


def matches(folder, value):
    """True when `folder` was made, whole, under this stamp."""
    try:
        return read_json(Path(folder) / STAMP)["stamp"] == value
    except (OSError, ValueError, KeyError):
        return False


def mark(folder, value, **details):
    """Stamp a finished folder; the last thing written into it."""
    write_json(Path(folder) / STAMP, {"stamp": value, **details})
