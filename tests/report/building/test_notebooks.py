"""Notebooks are sources: one question each, parameters first, short cells, no outputs and nothing a package should hold."""

import ast
import re

import nbformat
import pytest
import yaml

from helpers.report.building.notebooks import FOLDER, sources

NAMES = ("01_data", "02_model", "03_global_relevance", "04_local_timelines", "05_regression", "06_claims",
         "07_reference", "08_benchmark", "09_simulation", "10_misread", "11_error_rates", "12_without", "13_trust",
         "14_rhythms", "15_another_network", "16_sleep_networks")
COMMON = {"profile": "demo", "data": None, "cohort": None, "artifacts": None, "settings": {}}
OWN = {"03_global_relevance": {"rules": None, "averaging": "mean"},
       "04_local_timelines": {"recording": None, "fold": None, "rule": "eps=100", "start_s": None, "minutes": 120},
       "05_regression": {"rule": "eps=100", "averaging": "mean", "family": "rule"},
       "10_misread": {"rule": "eps=100"}, "11_error_rates": {"rule": "eps=100"},
       "12_without": {"recording": None, "fold": None, "minutes": 120},
       "13_trust": {"rule": "eps=100"},
       "14_rhythms": {"rule": "eps=100", "recording": None, "fold": None, "modality": None, "minutes": 120},
       "15_another_network": {"rule": "eps=100"}, "16_sleep_networks": {"rule": "eps=100"}}


@pytest.fixture(params=NAMES)
def notebook(request):
    return request.param, nbformat.read(FOLDER / f"{request.param}.ipynb", as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def test_the_reading_order_is_in_the_file_names():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == list(NAMES)


def test_the_table_of_contents_lists_every_notebook_in_reading_order_what_belongs_to_another_page_after_it():
    contents = yaml.safe_load((FOLDER.parent / "_toc.yml").read_text())
    listed = [chapter["file"] for chapters in contents["parts"] for chapter in chapters["chapters"]]
    after = {"10_misread": "05_regression", "11_error_rates": "05_regression", "12_without": "04_local_timelines", "13_trust": "04_local_timelines",
             "14_rhythms": "04_local_timelines", "15_another_network": "04_local_timelines", "16_sleep_networks": "08_benchmark"}
    expected = [path.stem for path in sources() if path.stem not in after]
    for name, page in reversed(after.items()):
        expected.insert(expected.index(page) + 1, name)
    assert [name for name in listed if name.startswith("notebooks/")] == [f"notebooks/{name}" for name in expected]


def test_a_notebook_is_valid_and_opens_with_its_only_title(notebook):
    _, source = notebook
    nbformat.validate(source)
    lines = [line for text in prose(source) for line in text.splitlines()]
    assert [line for line in lines if line.startswith("# ")] == [prose(source)[0].splitlines()[0]]
    assert source.cells[0].cell_type == "markdown"


def test_a_notebook_opens_with_its_question_then_answers_it_says_how_and_says_what_it_does_not_show(notebook):
    _, source = notebook
    title, blank, question, *rest = source.cells[0].source.splitlines()
    assert title.startswith("# ") and not blank and not rest
    assert question.startswith("**Question.**") and question.endswith("?")
    text = "\n".join(prose(source))
    assert text.index("**Method.**") < text.index("## What this does not show")
    [answer] = [cell for cell in code(source) if "answer" in cell.metadata.tags]
    last = answer.source.splitlines()[-1]
    assert last.startswith(("answers.", "misread.misread(", "ablating.without(", "trusting.trust(", "rhythms.rhythms(", "another.")) or last == "benchmark.words(measured)"


def test_sources_carry_no_outputs_counts_or_widget_state(notebook):
    _, source = notebook
    assert all(not cell.outputs and cell.execution_count is None for cell in code(source))
    assert "widgets" not in source.metadata


def test_the_first_code_cell_holds_the_parameters_and_each_explains_itself(notebook):
    name, source = notebook
    first, *rest = code(source)
    assert "parameters" in first.metadata.tags
    assert not any("parameters" in cell.metadata.tags for cell in rest)
    values = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(first.source).body}
    assert values == COMMON | OWN.get(name, {})
    assert all("#" in line for line in first.source.splitlines())


def test_papermill_reads_every_parameter_with_its_explanation(notebook):
    """Its parser gives up on a line with a second `=`, which only the names of ε rules may bring."""
    from papermill import inspect_notebook

    name, _ = notebook
    known = inspect_notebook(str(FOLDER / f"{name}.ipynb"))
    assert set(known) == {key for key, value in (COMMON | OWN.get(name, {})).items() if "=" not in str(value)}
    assert all(known[name]["help"] for name in known)


def test_every_parameter_is_used_and_none_is_overwritten_by_something_else(notebook):
    name, source = notebook
    first, *rest = code(source)
    used = {node.id for cell in rest for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)}
    stored = {node.id for cell in rest for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)
              and isinstance(node.ctx, ast.Store)}
    values = {node.targets[0].id for node in ast.parse(first.source).body}
    assert values <= used
    assert values & stored <= {"settings", "recording", "fold"}, "a parameter may be made definite, never replaced"


def test_cells_are_short_and_define_nothing(notebook):
    _, source = notebook
    for cell in code(source):
        assert len(cell.source.splitlines()) <= 12, cell.source
        nodes = list(ast.walk(ast.parse(cell.source)))
        assert not [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.While
                                                         | ast.Lambda | ast.comprehension)], cell.source


def test_code_is_folded_on_the_page_and_controls_are_left_out_of_it(notebook):
    name, source = notebook
    for cell in code(source):
        tags = set(cell.metadata.tags)
        assert tags & {"hide-input", "remove-cell", "lab-only"}
        assert ("lab-only" in tags) == ("study.browser(" in cell.source)
        if "Study.open" in cell.source:
            assert "remove-output" in tags, "what reading and training print does not belong on a page"
    explored = [cell for cell in code(source) if "study.browser(" in cell.source]
    assert len(explored) == (name == "04_local_timelines")


def test_every_figure_of_a_notebook_is_marked_where_nights_are_simulated(notebook):
    """Tables carry no picture that could be passed on alone; figures do."""
    _, source = notebook
    drawn = ("stages", "dropped", "membership", "history", "confusion", "lost", "beside", "both_shares", "terms", "floors", "overall", "groups", "predicted", "magnitude",
             "timeline", "hypnodensity", "accuracy_by_subject", "shares_by_subject", "effects", "examples", "false_positives", "detection")
    calls = [line for cell in code(source) for line in cell.source.splitlines()
             if line.startswith(tuple(f"figures.{name}(" for name in drawn))]
    assert all(line.endswith(".marked(study.notice)") for line in calls)
    assert any("sentences.notice(study.notice)" in cell.source for cell in code(source))


GLOSSARY = (FOLDER.parent / "book" / "glossary.md").read_text().partition(":::{glossary}")[2].partition("\n:::")[0]
TERMS = sorted((line for line in GLOSSARY.splitlines() if line and not line.startswith(" ")), key=len, reverse=True)


def unlinked_terms(text):
    """(terms of the glossary in a page's paragraphs, those that are not a link where they first appear)."""
    paragraphs = [words for words in text.split("\n\n") if not words.startswith(("#", "|", "$", ":", "%", "`"))]
    text = "\n\n".join(paragraphs)
    text = re.sub(r"\[([^\]]*)\]\(<?#([^)>]*)>?\)", r"→\2→\1", text)  # [words](#term)
    text = re.sub(r"{term}`(?:[^`]*<)?([^`>]*)>?`", r"→\1→\1", text)
    text = re.sub(r"`[^`]*`", "", text)
    held, bare = set(), set()
    for term in TERMS:  # the longest first, each taken out, so that `mean of shares` is no `share`
        word = rf"{re.escape(term[:-1])}(?:y|ies)" if term.endswith("y") else rf"{re.escape(term)}s?"
        pattern = rf"(?:→{re.escape(term)}→[\w ]*?)?(?<![\w→-]){word}(?![\w-])|→{re.escape(term)}→{word}"
        first_use = re.search(pattern, text, re.IGNORECASE)
        held |= {term} if first_use else set()
        bare |= {term} if first_use and not first_use[0].startswith("→") else set()
        text = re.sub(pattern, "·", re.sub(rf"→{re.escape(term)}→(?!{word})", "", text), flags=re.IGNORECASE)
    return held, bare


def test_a_term_that_is_linked_too_late_is_noticed():
    assert unlinked_terms("Each fold is a [fold](#fold).") == ({"fold"}, {"fold"})
    assert unlinked_terms("The [mean of shares](<#mean of shares>).\n\nAll {term}`folds <fold>`.") == \
        ({"mean of shares", "fold"}, set())


@pytest.mark.parametrize("name", [*NAMES, "methods", "index"])
def test_terms_of_the_glossary_are_links_where_a_page_first_uses_them(name):
    path = FOLDER / f"{name}.ipynb"
    text = "\n\n".join(prose(nbformat.read(path, 4))) if path.exists() else (FOLDER.parent / "book" / f"{name}.md").read_text()
    held, bare = unlinked_terms(text)
    assert held and not bare


def test_what_notebooks_import_and_call_exists(notebook):
    """Names are looked up in the package without running a notebook."""
    import importlib

    _, source = notebook
    modules = {}
    for cell in code(source):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    module = importlib.import_module(node.module)
                    modules[alias.name] = getattr(module, alias.name, None) or importlib.import_module(
                        f"{node.module}.{alias.name}")
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                assert hasattr(modules[node.value.id], node.attr), f"{node.value.id}.{node.attr}"
