"""Runs that are killed, that run beside each other and that meet a full disk all end with the same bytes."""

import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

from helpers.study import Study

#: How often a run is killed; more on demand.
KILLS = int(os.environ.get("KILLS", 5))

SCRIPT = """
import sys
from helpers.study import Study
if __name__ == "__main__":
    study = Study.open("smoke", artifacts=sys.argv[1], settings={"rules": ["eps=0.01"]}, progress=False)
    study.ablation(), study.shares()
"""


@pytest.fixture
def begin(tmp_path):
    """`begin()` starts a run into tmp_path/store; what is still running at the end is ended."""
    script, runs = tmp_path / "script.py", []
    script.write_text(SCRIPT)

    def start():
        runs.append(subprocess.Popen([sys.executable, script, tmp_path / "store"], stderr=subprocess.PIPE, text=True,
                                     start_new_session=True))
        return runs[-1]

    yield start
    for run in runs:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)


def _digests(folder, **settings):
    """(step, part) → digest of every result that a study names."""
    study = Study.open("smoke", artifacts=folder, settings=settings, progress=False)
    keys = study.run.store.study(study.name)["results"]
    return {(step, part): study.run.store.digest(step, key) for step, parts in keys.items() for part, key in parts.items()}


def _same_as(smoke, folder):
    found, right = _digests(folder, rules=["eps=0.01"]), _digests(smoke.artifacts)
    assert {"epochs", "training", "predictions", "ablation", "shares"} <= {step for step, _ in found}
    assert found == {place: right[place] for place in found}


def test_runs_that_are_killed_again_and_again_and_two_at_once_end_with_the_same_bytes(smoke, begin, tmp_path):
    chance = random.Random(KILLS)
    for number in range(KILLS):
        run = begin()
        time.sleep(chance.uniform(0.5, 14))
        children = psutil.Process(run.pid).children(recursive=True) if run.poll() is None else []
        if number % 2 and children:  # a worker, whose task is done again by another
            chance.choice(children).kill()
        elif run.poll() is None:
            run.kill()
            run.wait()
    for run in [begin(), begin()]:  # beside those of which a worker was killed
        _, said = run.communicate(timeout=300)
        assert run.returncode == 0, said
    _same_as(smoke, tmp_path / "store")
    assert not list((tmp_path / "store").rglob("*.part")) and not list((tmp_path / "store").rglob("*.lock"))
    for step in ("epochs", "training", "predictions", "ablation", "shares"):  # each was made once
        assert len(list((tmp_path / "store" / step).iterdir())) == {"epochs": 16, "ablation": 6}.get(step, 2)


def test_a_store_that_may_only_be_read_serves_what_it_holds(smoke, tmp_path, monkeypatch):
    from helpers import files

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "whole", refused)
    monkeypatch.setattr(files.os, "replace", refused)
    study = Study.open("smoke", artifacts=smoke.artifacts, progress=False)
    assert len(study.shares()) and len(study.claims())
