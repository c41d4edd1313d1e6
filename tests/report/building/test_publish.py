"""Publishing a built book to a git remote: a bare repository in a folder."""

import subprocess

import pytest
import yaml

from helpers.pipeline import stamps
from helpers import files
from helpers.pipeline.config import ROOT
from helpers.errors import InputError, WorkError
from helpers.report.building.book import sources
from helpers.report.building.publish import publish


def _git(folder, *words):
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def _book(folder, text="a book", made_by=None):
    (folder / "_static").mkdir(parents=True, exist_ok=True)
    (folder / "_static" / "figures.js").write_text("// drawn")
    (folder / "index.html").write_text(text)
    stamps.mark(folder, "stamp", sources=made_by or sources())
    return folder


@pytest.fixture
def bare(tmp_path):
    _git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    return tmp_path / "bare.git"


def _repository(folder, bare):
    folder.mkdir()
    _git(folder, "init", "--quiet")
    _git(folder, "config", "user.name", "A reader")
    _git(folder, "config", "user.email", "reader@example.org")
    _git(folder, "remote", "add", "origin", str(bare))
    return folder


def test_the_book_is_what_the_branch_of_the_remote_holds(tmp_path, bare):
    publish(_book(tmp_path / "html"), _repository(tmp_path / "here", bare))
    files = set(_git(bare, "ls-tree", "-r", "--name-only", "gh-pages").split())
    assert {"index.html", ".nojekyll", "_static/figures.js"} <= files
    assert _git(bare, "show", "gh-pages:index.html") == "a book"


def test_another_copy_of_the_repository_goes_on_from_what_was_published(tmp_path, bare):
    publish(_book(tmp_path / "html"), _repository(tmp_path / "here", bare))
    publish(_book(tmp_path / "html", "the next"), _repository(tmp_path / "there", bare))
    assert _git(bare, "show", "gh-pages:index.html") == "the next"
    assert _git(bare, "rev-list", "--count", "gh-pages").strip() == "2"


def test_what_cannot_be_published_is_refused_with_the_way_out(tmp_path, bare):
    here = _repository(tmp_path / "here", bare)
    with pytest.raises(InputError, match="there is no built book; build it by make book"):
        publish(tmp_path / "html", here)
    with pytest.raises(InputError, match="other sources"):
        publish(_book(tmp_path / "old", made_by="of yesterday"), here)
    with pytest.raises(InputError, match="no git remote upstream; name yours by git remote add upstream"):
        publish(_book(tmp_path / "html"), here, "upstream")
    assert not _git(bare, "branch", "--list")


def test_a_push_that_fails_ends_in_git_s_own_words(tmp_path):
    with pytest.raises(WorkError, match="could not push to origin: .*does not appear to be a git repository"):
        publish(_book(tmp_path / "html"), _repository(tmp_path / "here", tmp_path / "nowhere"))


def test_continuous_publishing_builds_and_publishes_by_the_same_commands():
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "publish.yml").read_text())
    steps = content["jobs"]["book"]["steps"]
    said = [step.get("run", "") for step in steps]
    assert any("make book" in line for line in said[:-1]) and "make publish" in said[-1]
    assert content["permissions"] == {"contents": "write"}
    assert {"python-version": "3.11"} in [step.get("with") for step in steps]


def test_a_book_that_is_still_the_same_after_an_edit_counts_as_built_by_it(tmp_path, monkeypatch):
    from helpers.report.building import book

    built = []

    def render(stage):
        built.append(stage)
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / "index.html").write_text("a book")
        return tmp_path / "made"

    (tmp_path / "stage").mkdir()
    (tmp_path / "stage" / "index.md").write_text("# A book")
    monkeypatch.setattr(book, "_jupyter_book", render)
    for made_by in ("before an edit", "after it"):
        monkeypatch.setattr(book, "sources", lambda made_by=made_by: made_by)
        book.build(tmp_path / "stage", tmp_path / "html", progress=False)
        assert files.read_json(tmp_path / "html" / "stamp.json")["sources"] == made_by
    assert len(built) == 1
