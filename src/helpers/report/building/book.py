"""The book: a study comes in; its notebooks are executed and, with the pages of book/, rendered by Jupyter Book."""

from __future__ import annotations

import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ... import files
from ...pipeline import code, stamps
from ...pipeline import config
from ...errors import InputError, WorkError
from ..browsing import browser_files
from ..words import citation
from . import offline
from .changes import changes
from .notebooks import answers, behind, run_notebooks
from ..words.ruletable import PLACE, ruletable

PAGES = config.ROOT / "book"
#: A line of a page that the answer of a notebook takes the place of.
ANSWER = re.compile(r"^% answer (\w+)\n", re.MULTILINE)
PACKAGES = ("jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme", "plotly", "sphinx-mathjax-offline")


def make(study, parameters, extra, output, only=(), again="", progress=True):
    """Compute a study, execute its notebooks and build its book into `output`/html.

    Parameters
    ----------
    study : `helpers.study.Study`.
    parameters : given to every notebook.
    extra : given to the notebooks that have them.
    output : folder of builds; `output`/stage/<name> is the only source that Jupyter Book sees.
    only : names of notebook files that are executed, the others being taken as they lie; empty for all.
    again : the command that executes all.

    Returns
    -------
    Path of index.html.

    Raises
    ------
    InputError
        When pages would stand in one book that were made of other parameters or other inputs.
    """
    output = Path(output).resolve()
    stage = output / "stage" / study.folder.name
    pages = stage / "notebooks"
    if only:  # known now rather than after hours of training
        _refuse([name for name in behind(pages, parameters) if f"{name}.ipynb" not in only], again)
    study.compute()
    stamps = study.stamps()
    inputs = stamps.stamp(stamps)
    measured = config.BENCHMARK.read_text() if config.BENCHMARK.exists() else ""
    with ThreadPoolExecutor(1) as beside:  # notebooks take one core
        written = beside.submit(browser_files.write, study, stage / "extra", progress)
        run_notebooks(pages, parameters, extra, inputs, measured, only, study.scored, progress=progress)
        _refuse(behind(pages, parameters, inputs), again)
        written.result()
    last = stage.with_name(f"{stage.name}.json")
    said = changes(last, stamps)
    stage_pages(stage, study.notice, study.provenance(), said)
    index = build(stage, output / "html", progress)
    files.write_json(last, {"stamps": stamps, "changes": said})
    if progress:
        print(f"The report: {index}", file=sys.stderr)
    return index


def _refuse(pages, again):
    if pages:
        raise InputError(f"{', '.join(pages)}: made of another configuration or other inputs than the rest of the book; "
                         f"execute all notebooks by {again}")


def stage_pages(stage, notice, provenance, changed):
    """Put pages and configuration beside the executed notebooks; every page then says what it is made of and what changed."""
    import yaml

    said = answers(stage / "notebooks")

    def answer(line):
        title, words = said.get(line[1], ("", ""))
        return words and f"**[{title}](notebooks/{line[1]}.ipynb).** {words}\n"

    for path in [path for path in PAGES.rglob("*") if path.is_file()]:
        target = stage / path.relative_to(PAGES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        if path.suffix == ".md":
            target.write_text(ANSWER.sub(answer, path.read_text()).replace(PLACE, ruletable())
                              .replace(citation.PLACE, citation.entries()))
    shutil.copyfile(config.ROOT / "_toc.yml", stage / "_toc.yml")
    settings = yaml.safe_load((config.ROOT / "_config.yml").read_text())
    settings["html"]["extra_footer"] = f"<p>{_footer(provenance)}</p><p>{html.escape(changed)}</p>"
    if notice:
        settings["html"]["announcement"] = html.escape(notice)
    (stage / "_config.yml").write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))


def _footer(provenance):
    versions = {key: value for key, value in provenance.items()
                if key not in ("profile", "data", "simulated", "folds", "configuration", "code")}
    trained = f" by the folds of {provenance['folds']}" if provenance["folds"] else ""
    text = (f"Profile {provenance['profile']}, {provenance['data']} nights{trained}, configuration "
            f"{provenance['configuration']}, code {provenance['code']}. "
            + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".")
    return html.escape(text)


def build(stage, target, progress=True):
    """Render a staged book; what stands at `target` is replaced once the new book is whole.

    Raises
    ------
    WorkError
        With Jupyter Book's own words when it fails or warns.
    """
    stage, target = Path(stage), Path(target)
    value = stamps.stamp(_contents(stage), code=code.code_hash("helpers.report.building.offline", PACKAGES))
    index = target / "index.html"
    if stamps.matches(target, value):
        if files.read_json(target / stamps.STAMP).get("sources") != sources():  # what changed is on no page
            stamps.mark(target, value, sources=sources())
        return index
    if progress:
        print("Building the book", file=sys.stderr)
    with files.whole_folder(target) as folder:
        made = _jupyter_book(stage)
        shutil.rmtree(folder)
        shutil.move(made, folder)
        stamps.mark(folder, value, sources=sources())
    return index


def sources():
    """Hash of all in this project that a book is made by: the package, notebooks, pages and their configuration."""
    root, digest = config.ROOT, hashlib.sha256()
    files = [root / "_config.yml", root / "_toc.yml", *(root / "notebooks").glob("*.ipynb"),
             *(path for folder in (PAGES, root / "profiles", root / "src" / "helpers") for path in folder.rglob("*"))]
    for path in sorted(path for path in files if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _contents(stage):
    """Hash of each file that the book is made of."""
    files = [(path, path.relative_to(stage)) for path in stage.rglob("*") if "_build" not in path.relative_to(stage).parts]
    files += [(path, Path("static") / path.name) for folder in offline.STATIC for path in folder.iterdir()]
    return {str(name): hashlib.sha256(path.read_bytes()).hexdigest() for path, name in sorted(files) if path.is_file()}


def _jupyter_book(stage):
    """Run Jupyter Book with warnings as errors; the folder of its html."""
    shutil.rmtree(stage / "_build", ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(stage), "--path-output", str(stage), "--all", "-q",
               "-W", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=stage,
                          env={**os.environ, "PYTHONWARNINGS": "ignore", "NO_COLOR": "1"})
    said = f"{done.stdout}\n{done.stderr}"
    made = stage / "_build" / "html"
    if done.returncode or not (made / "index.html").exists():
        lines = [line for line in said.splitlines() if "WARNING" in line or "ERROR" in line or "rror:" in line]
        raise WorkError("Jupyter Book: " + ("; ".join(lines[:5]) or said.strip()[-500:]))
    return made
