"""Hashes of code: a module and what it imports from this package, without comments and docstrings, and package versions."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
from functools import lru_cache
from pathlib import Path


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
