"""Notebooks executed in reading order, each copy written whole; what did not change since it was last executed is not
executed again.
"""

from __future__ import annotations

import ast
import logging
import os
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from ... import files
from ...errors import InputError, WorkError, nearest
from ...pipeline import code, config, stamps
from ...pipeline.parameters import COMMON
from ...pipeline.parameters import assigned as parameters_of
from .. import MODULES
from ..words.markdown import ANSWER

FOLDER = config.ROOT / "notebooks"
STAMP = "sleep_relevance_stamp"
#: What a page was made of beside the parameters that only it has: all pages of a book must be of the same generation.
GENERATION = "sleep_relevance_generation"

#: Name by which notebooks import a module of the report → its name.
ALIASES = {f"{code.PACKAGE}.report.{name}": f"{code.PACKAGE}.report.{target}" for name, target in MODULES.items()}

#: Kernels at once; each holds a study's tables in memory.
SIDE_BY_SIDE = 2
#: Times that a kernel is started which ends before its first answer.
ATTEMPTS = 3

#: Tag of a cell that is of use in JupyterLab alone, so it is neither executed nor shown here. Controls that redraw are such: nbclient may
#: wait forever for a cell with an Output widget (jupyter/nbclient#312).
LAB_ONLY = "lab-only"

#: Tag of a cell, or of the title where a whole page is meant → what stands in its place in a study that lacks what it needs: a scorer's
#: stages, the trial of explanations, simulated nights, a network that takes neighbours of an epoch. "" where nothing does.
NEEDS = {
    "scored-only": "*Left out: not all of these nights were scored, and this needs the true stage of each epoch. What needs the "
                   "network's stages alone is on the pages about global relevance and about one night.*",
    "trial-only": "*Left out: the trial of explanations was off in this run. Ask for it by `-p trial brief`, or by `-p trial full`, which "
                  "takes longer and looks at more.*",
    "simulated-only": "", "context-only": ""}


def lacking(study):
    """Keys of `NEEDS`: what a `helpers.study.Study` lacks."""
    has = {"scored-only": study.scored, "trial-only": study.config["trial"] != "off", "simulated-only": study.config["cohort"] == "simulated",
           "context-only": study.run.network.get("context", 0) > 0}
    return tuple(need for need in NEEDS if not has[need])


def sources(folder=FOLDER):
    """The notebooks' files in reading order, which is that of the numbers before their names."""
    numbered = [path for path in Path(folder).glob("*.ipynb") if _number(path) is not None]
    return sorted(numbered, key=lambda path: (_number(path), path.name))


def _number(path):
    """The number of `10_name.ipynb`, or None."""
    digits, _, name = path.stem.partition("_")
    return int(digits) if name and digits.isdecimal() else None


def selected(wanted, folder=FOLDER):
    """The notebooks' files that are meant by number, name or file name, in reading order.

    Raises
    ------
    InputError
        For a notebook that there is not.
    """
    paths, chosen = sources(folder), set()
    for text in wanted:
        meant = [path for path in paths if text in (path.name, path.stem, path.stem.partition("_")[2]) or
                 text.isdecimal() and int(text) == _number(path)]
        if not meant:
            names = [path.stem for path in paths]
            near = nearest(text, [*names, *(name.partition("_")[2] for name in names)])
            raise InputError(f"--only {text}: no such notebook; there are {', '.join(names)}{near}")
        chosen.update(meant)
    return [path for path in paths if path in chosen]


def run_notebooks(folder, parameters, extra=None, inputs="", other_inputs="", only=(), lacking=(), source_folder=FOLDER,
                  progress=True):
    """Execute the notebooks by papermill, two side by side; begin no other once a cell has failed.

    Parameters
    ----------
    folder : where executed copies go, under the sources' names.
    parameters : given to every notebook.
    extra : given to the notebooks whose `parameters` cell has them.
    inputs : what the notebooks read, as a stamp; another has all of them executed again.
    other_inputs : the same of what is no result of the study; pages that differ in it may stand side by side.
    only : names of notebook files that are executed; the others are taken as they lie in `folder`. Empty: all.
    lacking : keys of `NEEDS`: what the study lacks.

    Raises
    ------
    InputError
        When a cell raised it: a parameter does not fit.
    WorkError
        When a cell failed otherwise; the notebook with its traceback is kept as failed-<name>.
    """
    from tqdm import tqdm

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = sources(source_folder)
    for stale in set(folder.glob("*.ipynb")) - {folder / path.name for path in paths}:
        stale.unlink()
    paths = [path for path in paths if not only or path.name in only]
    with (_quiet_kernels(), ThreadPoolExecutor(SIDE_BY_SIDE) as pool,
          tqdm(total=len(paths), desc="Notebooks", disable=not progress, unit="", file=sys.stderr) as bar):
        for run in as_completed([pool.submit(_run, path, folder / path.name, parameters, extra or {},
                                             inputs, other_inputs, sorted(lacking)) for path in paths]):
            if run.exception():
                pool.shutdown(cancel_futures=True)
            run.result()
            bar.update()


def outdated(folder, parameters, inputs=None, source_folder=FOLDER):
    """Names of the executed notebooks in `folder` that are of another generation than these parameters and inputs.

    Parameters
    ----------
    inputs : as in `run_notebooks`; None where they are not known yet: then only the parameters are compared.

    Raises
    ------
    InputError
        When a notebook was never executed.
    """
    import nbformat

    paths = [Path(folder) / path.name for path in sources(source_folder)]
    if never := [path.stem for path in paths if not path.exists()]:
        raise InputError(f"{', '.join(never)}: never executed, so there is no page to take; run all notebooks once, without "
                         "--only")
    wanted = _generation(parameters, inputs)
    generations = {path.stem: nbformat.read(path, 4).metadata.get(GENERATION, {}) for path in paths}
    return [name for name, generation in generations.items()
            if any(generation.get(key) != value for key, value in wanted.items())]


def answers(folder):
    """Name of each executed notebook in `folder` → (its title, its answer as Markdown); without those that have no answer."""
    answered = {}
    for path in sources(folder):
        cells, outputs = _outputs(path, "answer")
        texts = [data["text/markdown"] for data in outputs if "text/markdown" in data]
        if texts:
            answered[path.stem] = (cells[0].source.splitlines()[0].lstrip("# "), texts[0].removeprefix(ANSWER))
    return answered


def front(folder):
    """What cells tagged `front` of the executed notebooks in `folder` put out: (pictures as HTML, sentences as Markdown)."""
    outputs = [data for path in sources(folder) for data in _outputs(path, "front")[1]]
    return tuple([data[kind] for data in outputs if kind in data] for kind in ("text/html", "text/markdown"))


def _outputs(path, tag):
    """(cells of a notebook, what its code cells of a tag put out)."""
    import nbformat

    cells = nbformat.read(path, 4).cells
    return cells, [output.data for cell in cells if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])
                   for output in cell.outputs if "data" in output]


def _generation(parameters, inputs):
    return {"parameters": stamps.stamp(parameters), **({} if inputs is None else {"inputs": inputs})}


@contextmanager
def _quiet_kernels():
    """Kernels of this environment, without the reader's profile and without lines of logs and warnings between the bars."""
    logging.getLogger("papermill").setLevel(logging.ERROR)
    with (warnings.catch_warnings(action="ignore"),
          tempfile.TemporaryDirectory(prefix="helpers-", ignore_cleanup_errors=True) as folder):
        profile = Path(folder) / "profile_default"
        profile.mkdir()
        (profile / "ipython_kernel_config.py").write_text("c = get_config()\nc.IPKernelApp.log_level = 40\n")
        before = {name: os.environ.get(name) for name in ("IPYTHONDIR", "JUPYTER_PREFER_ENV_PATH")}
        os.environ.update(IPYTHONDIR=folder, JUPYTER_PREFER_ENV_PATH="1")
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _run(path, target, parameters, extra, *inputs):
    import nbformat

    source, lacking = nbformat.read(path, 4), inputs[-1]
    left_out = {tag for tag in lacking if not NEEDS[tag]}
    source.cells = [cell for cell in source.cells if left_out.isdisjoint(cell.metadata.get("tags", []))]
    parameters_here = {**parameters, **{name: value for name, value in extra.items() if name in _given(source, "parameters")}}
    stamp = stamps.stamp([path.read_text(), parameters_here, LAB_ONLY], inputs, _code(source))
    if target.exists() and nbformat.read(target, 4).metadata.get(STAMP) == stamp:
        return
    for tag in lacking:
        if NEEDS[tag]:
            source.cells = _without(source.cells, tag, NEEDS[tag])
    with files.whole(target) as temporary:
        _retype(source.cells, "code", "raw")  # which is passed over
        executed = _execute(source, path.name, temporary, parameters_here, target.with_name(f"failed-{path.name}"))
        _retype(executed.cells, "raw", "code")
        _clean(executed)
        executed.metadata.update({STAMP: stamp, GENERATION: _generation(parameters, inputs[0])})
        nbformat.write(executed, temporary)


def _retype(cells, old, new):
    """Make cells of the tag LAB_ONLY that are of one type into another's; a page shows neither."""
    from nbformat.v4 import new_code_cell, new_raw_cell

    for at, cell in enumerate(cells):
        if cell.cell_type == old and LAB_ONLY in cell.metadata.get("tags", []):
            make = new_code_cell if new == "code" else new_raw_cell
            tags = [*dict.fromkeys([*cell.metadata.tags, "remove-cell"])]
            cells[at] = make(cell.source, id=cell.id, metadata={**cell.metadata, "tags": tags})


def _without(cells, tag, words):
    """The cells without a tag, and a sentence for each row of those that have it."""
    from nbformat.v4 import new_markdown_cell

    needed = [tag in cell.metadata.get("tags", []) for cell in cells]
    if needed[0]:
        return [cells[0], new_markdown_cell(words, id=f"no-{tag}")]
    remaining = []
    for number, cell in enumerate(cells):
        if not needed[number]:
            remaining.append(cell)
        elif not needed[number - 1]:
            remaining.append(new_markdown_cell(words, id=f"no-{tag}-{number}"))
    return remaining


def _execute(notebook, name, temporary, parameters, failed):
    import nbformat
    import papermill

    from .silent_kernel import SilentKernel

    try:
        _started(lambda: papermill.execute_notebook(notebook, temporary, parameters, kernel_name="python3", progress_bar=False,
                                                    cwd=os.getcwd(), kernel_manager_class=SilentKernel), name)
    except papermill.PapermillExecutionError as error:
        if error.ename == "InputError":
            raise InputError(error.evalue) from None
        os.replace(temporary, failed)
        temporary.touch()
        raise WorkError(f"notebook {name}, cell {error.cell_index + 1}: {error.ename}: {error.evalue} "
                        f"(kept with its traceback as {failed})") from None
    failed.unlink(missing_ok=True)
    return nbformat.read(temporary, 4)


def _started(execute, name):
    """Do what starts a kernel, again where the kernel ends before its first answer: another program may have taken one of the ports that
    were free when they were chosen.
    """
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            return execute()
        except RuntimeError as error:
            if "before replying" not in str(error):
                raise
            if not attempts_left:
                raise WorkError(f"notebook {name}: no kernel could be started: {error}") from error


def _clean(notebook):
    """Leave what a reader needs: no widget state, no paths of this machine, and no cell of injected parameters."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        tags = cell.metadata.get("tags", [])
        if "injected-parameters" in tags:
            cell.metadata["tags"] = [*tags, "remove-cell"]
        if "remove-cell" in tags and cell.cell_type == "code":
            cell.outputs = []


def _given(notebook, tag):
    """Name → value, as Python, of what the cells of a tag assign."""
    return {name: value for cell in notebook.cells if tag in cell.metadata.get("tags", []) for name, value in parameters_of(cell.source).items()}


def own_parameters(path):
    """Name → value, as Python, by which an executed notebook was run, less those that every notebook takes."""
    import nbformat

    notebook = nbformat.read(path, 4)
    given = {**_given(notebook, "parameters"), **_given(notebook, "injected-parameters")}
    return {name: value for name, value in given.items() if name not in COMMON}


def _code(notebook):
    """Hash of this package's modules that the notebook imports, and of what they import."""
    return [code.code_hash(name, ("plotly", "pandas")) for name in imported(notebook)]


def imported(notebook):
    """Names of this package's modules that a notebook imports, sorted; `helpers.report.answers` is where its code lies."""
    names = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for node in ast.walk(code.parsed(cell.source)):
                if isinstance(node, ast.ImportFrom):
                    names.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
                elif isinstance(node, ast.Import):
                    names.update(alias.name for alias in node.names)
    names = {ALIASES.get(name, name) for name in names if name.split(".")[0] == code.PACKAGE}
    return sorted(name for name in names if code.is_module(name))
