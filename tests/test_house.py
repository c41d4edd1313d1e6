"""The package stands as designed: floors import from floors above them alone, without circles, files stay small."""

import ast
import json
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "helpers"
#: A floor imports only from those before it.
FLOORS = ["constants", "errors", "files", "data", "model", "relevance", "trust", "analysis", "pipeline", "report", "bench", "study",
          "__main__"]
SOURCES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in SOURCES}


def _name(path):
    """Name of a module below the package: `data.epochs`, `report` of a folder's own file."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(path): path for path in SOURCES}


def _imported(path):
    """Names of the package's modules that a file imports, also within functions."""
    package = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = [*package[: len(package) - node.level + 1], *(node.module.split(".") if node.module else [])]
            elif (node.module or "").split(".")[0] == "helpers":
                base = node.module.split(".")[1:]
            else:
                continue
            for alias in node.names:
                name = ".".join([*base, alias.name])
                yield name if name in MODULES else ".".join(base)


def _floor(name):
    return name.split(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_floor_imports_only_from_floors_above_it(path):
    own = _name(path)
    for name in _imported(path):
        if name and own:
            assert FLOORS.index(_floor(name)) <= FLOORS.index(_floor(own)), name


def test_no_module_is_reached_again_from_what_it_imports():
    imports = {name: {other for other in _imported(path) if other and other != name} for name, path in MODULES.items()}
    free = set()
    while waiting := {name for name, others in imports.items() if name not in free and others <= free}:
        free |= waiting
    assert set(MODULES) - free == set(), "these import each other, or what does"


def test_no_two_files_bear_one_name():
    counts = Counter(path.name for path in SOURCES if path.name != "__init__.py")
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path):
    assert len(path.read_text().splitlines()) <= 400
    for node in ast.walk(TREES[path]):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(node, clean=False) or ""
            lines = node.end_lineno - node.lineno + 1 - len(docstring.splitlines())
            assert lines <= 50, f"{node.name} has {lines} lines"


def test_what_a_notebook_holds_stays_a_list_of_names():
    assert len((PACKAGE / "study.py").read_text().splitlines()) <= 120


@pytest.mark.parametrize("name", ["EPOCH_S", "RATE", "SAMPLES", "STAGES", "REASONS", "ROLES", "ALPHA"])
def test_a_constant_is_written_once(name):
    given = [_name(path) for path, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, ast.Assign)
             for target in node.targets if isinstance(target, ast.Name) and target.id == name]
    assert given == ["constants"]


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_notebook_sources_carry_no_results(path):
    for cell in json.loads(path.read_text())["cells"]:
        assert not cell.get("outputs") and not cell.get("execution_count")
