"""What several floors' tests share: the real night, and one smoke report per test run."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_runtest_setup(item):
    from helpers.relevance import reference

    if item.get_closest_marker("innvestigate") and not reference.available():
        pytest.skip("iNNvestigate is not installed: it needs Python 3.11 and Keras 2")


def pytest_collection_modifyitems(items):
    """One file makes the smoke report while others, that do not need it, compute; then what needs it, then small tests."""
    first = next((item.path for item in items if "smoke" in item.fixturenames), None)

    def turn(item):
        if item.path == first:
            return 0
        if "smoke" in item.fixturenames:
            return 2
        return 1 if item.path.parent.name in ("relevance", "analysis") else 3

    items.sort(key=turn)


@pytest.fixture(scope="module")
def few_workers():
    """One pair of worker processes for all tests of a module: each loads TensorFlow once."""
    from helpers.pipeline.workers import same_workers

    with same_workers():
        yield


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data beside the checkout; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "sleep-edfx").is_dir():
        pytest.skip(f"no real night: {folder / 'sleep-edfx'} is missing (set SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """The smoke report, made once by the command that a person types, by whichever of the processes that test side by side
    (make test) comes first: its artifacts and its html."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "smoke"
    artifacts, output, said = folder / "artifacts", folder / "build", folder / "stderr"
    command = [sys.executable, "-m", "helpers", "run", "--profile", "smoke", "--artifacts", str(artifacts),
               "--output", str(output)]
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=1800)
            assert done.returncode == 0, done.stderr[-6000:]
            said.write_text(done.stderr)
    return SimpleNamespace(artifacts=artifacts, output=output, html=output / "html", command=command,
                           stderr=said.read_text())
