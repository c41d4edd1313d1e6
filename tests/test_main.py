"""The command line as a person types it: exit status, one line, no traceback for a user's mistake."""

import errno
import subprocess
import sys

import pytest

from helpers import artifacts
from helpers.__main__ import main


def _run(*arguments):
    return subprocess.run([sys.executable, "-m", "helpers", *map(str, arguments)], capture_output=True, text=True)


@pytest.mark.parametrize("arguments, named", [
    (("run", "--profile", "nights"), "nights"),
    (("run", "-p", "epsilon", "3"), "epsilon"),
    (("run", "-p", "folds", "none"), "folds"),
    (("run", "--cohort", "missing.csv"), "missing.csv"),
    (("simulate", "--data", "new", "--minutes", "1"), "--minutes 1"),
    (("check", "missing.csv"), "missing.csv"),
    (("check", "missing.csv", "--folds", "nowhere"), "nowhere"),
])
def test_a_mistake_ends_with_2_and_one_line_that_names_it(arguments, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = _run(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1 and named in done.stderr, done.stderr


def test_simulate_does_not_write_into_a_folder_with_files(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    done = _run("simulate", "--data", tmp_path)
    assert done.returncode == 2 and str(tmp_path) in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_full_disk_ends_with_1_and_leaves_nothing_half_written(tmp_path, monkeypatch, capsys):
    def full(path, *args, **kwargs):
        with artifacts.whole(tmp_path / "table.parquet") as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device", str(temporary))

    monkeypatch.setattr("helpers.data.simulate.simulate", full)
    assert main(["simulate", "--data", str(tmp_path / "new")]) == 1
    assert "disk full" in capsys.readouterr().err
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_every_command_has_help():
    assert all(name in _run("--help").stdout for name in ("fetch", "simulate", "check", "run"))
    assert "--scheduler" in _run("run", "--help").stdout
