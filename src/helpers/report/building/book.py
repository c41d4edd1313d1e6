"""The book: notebooks are executed and, with the pages of book/, rendered by Jupyter Book. Each study has a book of its own, and
`_build/html` leads to the last that was built.
"""

from __future__ import annotations

import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ... import files
from ...errors import InputError, WorkError
from ...pipeline import code, config, stamps
from ..words import citation
from ..words.ruletable import LAYERS, PLACE, layertable, ruletable
from . import offline
from .changes import changes
from .notebooks import answers, front, outdated, run_notebooks
from .notebooks import sources as notebook_files

PAGES = config.ROOT / "book"
#: A line of a page that the answer of a notebook replaces.
ANSWER = re.compile(r"^% answer +(.*?) *$\n?", re.MULTILINE)
#: Lines of a page that the pictures and the sentences of cells tagged `front` replace.
PICTURES, FINDINGS = "% pictures\n", "% findings\n"
PACKAGES = ("jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme", "plotly", "sphinx-mathjax-offline")


@dataclass(frozen=True)
class Edition:
    """What a book says of the study that it shows, and what it is made of.

    Attributes
    ----------
    name : of the study, which names the stage.
    notice : sentence that marks every page, or "".
    lacking : keys of `notebooks.NEEDS`: what the study lacks.
    stamps : step → part → stamp of its result.
    provenance : name → value, for the foot of every page.
    own_nights : what of a reader's own nights the book shows, {"recordings": names, "subjects": number, "covariates": names};
        None for nights that are public or simulated.
    """

    name: str
    notice: str
    lacking: tuple
    stamps: dict
    provenance: dict
    own_nights: dict | None


def check_pages(name, parameters, output, only, again):
    """Refuse `only` some notebooks where the others were not executed with the same parameters, and a folder of somebody else's where the link
    to the last book goes, before anything is computed.

    Parameters
    ----------
    name : of the study. The others are as in `make`.
    """
    last = Path(output).resolve() / "html"
    if last.exists() and not last.is_symlink() and not (last / stamps.STAMP).is_file():
        raise InputError(f"{last}: is no book, and the link to the last one goes there; move it, or give another folder by --output")
    if only:
        pages = _stage(name, output) / "notebooks"
        _refuse([page for page in outdated(pages, parameters) if f"{page}.ipynb" not in only], again)


def make(edition, write_browser, parameters, extra, output, only=(), again="", progress=True):
    """Execute the notebooks and build the book into `output`/<name>/html, to which `output`/html leads then.

    Parameters
    ----------
    edition : `Edition`.
    write_browser : function that writes the subject browser's files below a folder.
    parameters : given to every notebook.
    extra : given to the notebooks that have them.
    output : folder of builds; `output`/stage/<name> is the only source that Jupyter Book sees. Runs take turns.
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
    stage = _stage(edition.name, output)
    output = Path(output).resolve()
    target = output / edition.name / "html"

    def waiting():
        print(f"Another run is building into {output}: waiting until it ends", file=sys.stderr, flush=True)

    with files.lock(output / ".lock", waiting):
        for left in [*target.parent.glob(".html-*"), *stage.glob("**/.*")]:  # of runs that were killed
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
        _fill_stage(edition, write_browser, parameters, extra, stage, (only, again, progress))
        index = build(stage, target, progress, edition.own_nights)
        _lead_to(target, output / "html")
    if progress:
        print(f"The report: {index}", file=sys.stderr)
    return index


def _stage(name, output):
    return Path(output).resolve() / "stage" / name


def _lead_to(target, last):
    """Make the link `last`; in its place an earlier version built the book itself."""
    if not last.is_symlink() and (last / stamps.STAMP).is_file():
        shutil.rmtree(last)
    link = last.with_name(".last")
    link.unlink(missing_ok=True)
    link.symlink_to(target.relative_to(last.parent))
    os.replace(link, last)


def _fill_stage(edition, write_browser, parameters, extra, stage, options):
    """Put executed notebooks, the browser's files and the pages into `stage`."""
    only, again, progress = options
    pages, inputs = stage / "notebooks", stamps.stamp(edition.stamps)
    measured = "".join(path.read_text() for path in (config.BENCHMARK, config.FLOORS, config.FULL_SIZE) if path.exists())
    with ThreadPoolExecutor(1) as thread:  # notebooks take one core
        browser = thread.submit(write_browser, stage / "extra")
        run_notebooks(pages, parameters, extra, inputs, measured, only, edition.lacking, progress=progress)
        _refuse(outdated(pages, parameters, inputs), again)
        browser.result()
    last = stage.with_name(f"{stage.name}.json")
    changed = changes(last, edition.stamps)
    stage_pages(stage, edition.notice, edition.provenance, changed)
    files.write_json(last, {"stamps": edition.stamps, "changes": changed})


def _refuse(pages, again):
    if pages:
        raise InputError(f"{', '.join(pages)}: made of another configuration or other inputs than the rest of the book; "
                         f"execute all notebooks by {again}")


def stage_pages(stage, notice, provenance, changed):
    """Put pages and configuration beside the executed notebooks; every page then says what it is made of and what changed."""
    import yaml

    answered, names = answers(stage / "notebooks"), [path.stem for path in notebook_files()]
    pictures, findings = front(stage / "notebooks")
    side_by_side = f'```{{raw}} html\n<div class="sr-front">{"".join(pictures)}</div>\n```\n' if pictures else ""

    def answer(line):
        if line[1] not in names:
            raise WorkError(f"% answer {line[1]}: there is no such notebook; there are {', '.join(names)}")
        title, words = answered.get(line[1], ("", ""))
        end = "" if title.endswith("?") else "."
        return words and f"**[{title}](notebooks/{line[1]}.ipynb){end}** {words}\n"

    for path in [path for path in PAGES.rglob("*") if path.is_file()]:
        target = stage / path.relative_to(PAGES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        if path.suffix == ".md":
            target.write_text(ANSWER.sub(answer, path.read_text()).replace(PLACE, ruletable()).replace(LAYERS, layertable())
                              .replace(PICTURES, side_by_side).replace(FINDINGS, "\n".join(findings) + "\n")
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


def build(stage, target, progress=True, own_nights=None):
    """Render a staged book; what stands at `target` is replaced once the new book is whole.

    Parameters
    ----------
    own_nights : as of `Edition`; kept in the book's stamp, for `publish`.

    Raises
    ------
    WorkError
        With what Jupyter Book says when it fails or warns.
    """
    stage, target = Path(stage), Path(target)
    value = stamps.stamp(_contents(stage), code=code.code_hash("helpers.report.building.offline", PACKAGES))
    index, about = target / "index.html", {"sources": sources(), "own_nights": own_nights}
    if stamps.matches(target, value):
        stamps.mark(target, value, **about)  # an edit may have changed sources and no page
        return index
    if progress:
        print("Building the book", file=sys.stderr)
    with files.whole_folder(target) as folder:
        rendered = _jupyter_book(stage)
        shutil.rmtree(folder)
        shutil.move(rendered, folder)
        shutil.rmtree(stage / "_build", ignore_errors=True)
        stamps.mark(folder, value, **about)
    return index


def sources():
    """Hash of all in this project that a book is made by: the package, notebooks, pages and their configuration."""
    root, digest = config.ROOT, hashlib.sha256()
    paths = [root / "_config.yml", root / "_toc.yml", *(root / "notebooks").glob("*.ipynb"),
             *(path for folder in (PAGES, root / "profiles", Path(files.__file__).parent) for path in folder.rglob("*"))]
    for path in sorted(path for path in paths if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _contents(stage):
    """Hash of each file that the book is made of."""
    paths = [(path, path.relative_to(stage)) for path in stage.rglob("*") if "_build" not in path.relative_to(stage).parts]
    paths += [(path, Path("static") / path.name) for folder in offline.STATIC for path in folder.iterdir()]
    return {str(name): hashlib.sha256(path.read_bytes()).hexdigest() for path, name in sorted(paths) if path.is_file()}


def _jupyter_book(stage):
    """Run Jupyter Book with warnings as errors; the folder of its html."""
    shutil.rmtree(stage / "_build", ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(stage),
               "--path-output", str(stage), "--all", "-q", "-W", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=stage,
                          env={**os.environ, "PYTHONWARNINGS": "ignore", "NO_COLOR": "1"})
    printed = f"{done.stdout}\n{done.stderr}"
    rendered = stage / "_build" / "html"
    if done.returncode or not (rendered / "index.html").exists():
        lines = [line for line in printed.splitlines() if "WARNING" in line or "ERROR" in line or "rror:" in line]
        raise WorkError("Jupyter Book: " + ("; ".join(lines[:5]) or printed.strip()[-500:]))
    return rendered
