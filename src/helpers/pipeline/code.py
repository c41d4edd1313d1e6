"""Hash of the code that computes a result: the meaning of its module and of all that this imports from the package's floors.

Comments, docstrings and layout are left out, data files that a module names are in, as are the versions of packages.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import threading
from functools import lru_cache
from pathlib import Path

PACKAGE = __name__.split(".")[0]
#: Modules whose code decides how results are written or said, not what they are.
OUTSIDE = (f"{PACKAGE}.files", f"{PACKAGE}.errors")
CONSTANTS = f"{PACKAGE}.constants"
_PARSING = threading.Lock()


@lru_cache
def code_hash(modules, packages=(), without=()):
    """Hash of some modules, of all that they import from this package, and of the versions of packages.

    Parameters
    ----------
    modules : name of a module, or a tuple of them, such as "helpers.data.epochs".
    packages : names of the installed packages that compute.
    without : modules that are left out with what only they import.
    """
    sources = _sources((modules,) if isinstance(modules, str) else modules, without)
    return _digest(sources, packages)


@lru_cache
def code_by_floor(module):
    """Floor → hash of those of its sources that `module` imports; "study" is what stands on no floor."""
    floors = {}
    for name, source in _sources((module,), ()).items():
        floor = name.split(".")[1] if name.count(".") > 1 else "study"
        floors.setdefault(floor, {})[name] = source
    return {floor: _digest(sources) for floor, sources in sorted(floors.items())}


def parsed(source):
    """The tree of a source, one thread at a time: on Python 3.11 two at once may end in a SystemError (python/cpython#106905)."""
    with _PARSING:
        return ast.parse(source)


def is_module(name):
    """Whether a module of that name can be imported from source."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return False
    return spec is not None and spec.origin is not None


def version(package):
    """Version of an installed package, or "absent"."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _sources(modules, without):
    """Meaning of `modules` and of all they import from this package, by name, as bytes."""
    waiting, sources = list(modules), {}
    while waiting:
        name = waiting.pop()
        if name not in sources and name not in (*OUTSIDE, CONSTANTS, *without):
            meaning, imported = _module(name)
            sources[name] = meaning
            waiting.extend(imported)
    return sources


@lru_cache
def _module(name):
    """(meaning of a module of this package, names of the modules of this package that it imports)."""
    path = Path(importlib.util.find_spec(name).origin)
    tree = parsed(path.read_text())
    imported, constants = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, name, path)
            imported.add(source)
            if source == CONSTANTS:
                constants.update(alias.name for alias in node.names)
            else:
                imported.update(f"{source}.{alias.name}" for alias in node.names)
    values = [(constant, getattr(importlib.import_module(CONSTANTS), constant)) for constant in sorted(constants)]
    data = [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in _data_files(tree, path.parent)]
    meaning = repr((ast.dump(_without_docstrings(tree)), values, data)).encode()
    return meaning, tuple(sorted(other for other in imported if other.split(".")[0] == PACKAGE and is_module(other)))


def _absolute(node, name, path):
    """Name of the module that `from … import` reads, in full."""
    if not node.level:
        return node.module
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


def _without_docstrings(tree):
    """The tree without strings that stand as statements, which mean nothing to Python."""
    for node in ast.walk(tree):
        for block in ("body", "orelse", "finalbody"):
            statements = getattr(node, block, None)
            if isinstance(statements, list):
                setattr(node, block, [statement for statement in statements if not _is_text(statement)])
    return tree


def _is_text(statement):
    return (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str))


def _data_files(tree, folder):
    """Files beside a module that it names, such as criteria.yaml."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".py" and path.name in texts)


def _digest(sources, packages=()):
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(name.encode() + b"\0" + sources[name] + b"\0")
    for package in sorted(packages):
        digest.update(f"{package}=={version(package)}\0".encode())
    return digest.hexdigest()[:16]
