"""The house stands as designed: floors import downwards only, rooms stay small, notebooks carry no results."""

import ast
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ["data", "model", "relevance", "analysis", "report"]
ALL_FLOORS_ALLOWED = {"study.py", "work.py", "__main__.py"}
SOURCES = sorted((ROOT / "src" / "helpers").rglob("*.py"))


def _floors_imported(path):
    """Names of the floors that a source file imports from."""
    package = ("helpers", *path.relative_to(ROOT / "src" / "helpers").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            for name in [node.module] if node.module else [alias.name for alias in node.names]:
                yield ([*base, *name.split(".")] + [""])[1]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers."):
            yield node.module.split(".")[1]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_floor_imports_only_from_floors_below(path):
    own = path.parent.name
    imported = {name for name in _floors_imported(path) if name in FLOORS}
    if own in FLOORS:
        assert imported <= set(FLOORS[: FLOORS.index(own) + 1])
    elif path.name not in ALL_FLOORS_ALLOWED:
        assert "report" not in imported and len(imported) <= 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_stay_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(node, clean=False) or ""
            lines = node.end_lineno - node.lineno + 1 - len(docstring.splitlines())
            assert lines <= 50, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_notebook_sources_carry_no_results(path):
    for cell in json.loads(path.read_text())["cells"]:
        assert not cell.get("outputs") and not cell.get("execution_count")
