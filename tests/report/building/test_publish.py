"""Publishing a built book to a git remote: a bare repository in a folder."""

import subprocess

import pytest
import yaml

from helpers import __main__ as command
from helpers import files
from helpers.errors import InputError, WorkError
from helpers.pipeline import stamps
from helpers.pipeline.config import ROOT
from helpers.report.building.book import sources
from helpers.report.building.publish import publish


def _git(folder, *words):
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout


NIGHTS = {"recordings": [f"s{number}" for number in range(1, 9)], "subjects": 4, "covariates": ["age", "drug"]}


def _book(folder, text="a book", made_by=None, own_nights=None):
    (folder / "_static").mkdir(parents=True, exist_ok=True)
    (folder / "_static" / "figures.js").write_text("// drawn")
    (folder / "index.html").write_text(text)
    stamps.mark(folder, "stamp", sources=made_by or sources(), own_nights=own_nights)
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


def test_what_html_leads_to_is_published(tmp_path, bare):
    _book(tmp_path / "demo" / "html", "of the demo")
    (tmp_path / "html").symlink_to("demo/html")
    publish(tmp_path / "html", _repository(tmp_path / "here", bare))
    assert _git(bare, "show", "gh-pages:index.html") == "of the demo"


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


def _of_own_nights(output):
    """A built book of a reader's own nights, of which three epochs can be opened."""
    book = _book(output / "html", own_nights=NIGHTS)
    for name in ("night-0/1", "night-0/2", "night-1/7"):
        path = book / "nights" / "epoch" / f"{name}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("SleepBrowser.file()")
    return book


PUBLIC = ("your own nights become public: 8 recordings by name (s1, s2, s3, s4, s5, s6 and 2 more) of 4 subjects, their "
          "covariates (age, drug), the stages and signals of whole nights and the signals of 3 epochs in detail")


def _publish(arguments, output, here, monkeypatch):
    monkeypatch.setattr(command, "HOME", here)
    return command.main(["publish", "--output", str(output), *arguments])


def test_one_s_own_nights_are_not_published_without_a_word(tmp_path, bare, monkeypatch, capfd):
    here = _repository(tmp_path / "here", bare)
    _of_own_nights(tmp_path)
    assert _publish([], tmp_path, here, monkeypatch) == 2
    [line] = capfd.readouterr().err.splitlines()
    assert PUBLIC in line and "--own-nights" in line and "make publish OWN_NIGHTS=1" in line
    assert not _git(bare, "branch", "--list")


def test_one_s_own_nights_are_published_where_that_is_asked_for_and_the_same_is_said(tmp_path, bare, monkeypatch, capfd):
    here = _repository(tmp_path / "here", bare)
    _of_own_nights(tmp_path)
    assert _publish(["--own-nights"], tmp_path, here, monkeypatch) == 0
    assert PUBLIC in capfd.readouterr().err
    assert _git(bare, "show", "gh-pages:index.html") == "a book"


def test_public_and_simulated_nights_are_published_as_before(tmp_path, bare, monkeypatch, capfd):
    _book(tmp_path / "html")
    assert _publish([], tmp_path, _repository(tmp_path / "here", bare), monkeypatch) == 0
    assert "become public" not in capfd.readouterr().err


def test_a_book_that_does_not_say_whose_nights_it_shows_is_not_published(tmp_path, bare):
    book = _book(tmp_path / "html")
    stamps.mark(book, "stamp", sources=sources())
    with pytest.raises(InputError, match="build it again by make book"):
        publish(book, _repository(tmp_path / "here", bare))


def test_make_publish_passes_the_agreement_on():
    def said(*words):
        return subprocess.run(["make", "-n", "-o", ".venv/.ready", "-o", ".venv-keras3/.ready", "publish", *words], cwd=ROOT,
                              capture_output=True, text=True, check=True).stdout
    assert "helpers publish" in said() and "--own-nights" not in said()
    assert "helpers publish --own-nights" in said("OWN_NIGHTS=1") and "--own-nights" not in said("OWN_NIGHTS=0")


def test_a_push_that_fails_ends_in_git_s_own_words(tmp_path):
    with pytest.raises(WorkError, match="could not push to origin: .*does not appear to be a git repository"):
        publish(_book(tmp_path / "html"), _repository(tmp_path / "here", tmp_path / "nowhere"))


def test_continuous_publishing_builds_and_publishes_by_the_same_commands():
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "publish.yml").read_text())
    steps = content["jobs"]["book"]["steps"]
    said = [step.get("run", "") for step in steps]
    assert any("make book" in line for line in said[:-1]) and "make publish" in said[-1]
    browser, test, build = (next(at for at, line in enumerate(said) if words in line)
                            for words in ("chromium", "make test", "make book"))
    assert browser < test < build, "what fails a test is not published"
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
