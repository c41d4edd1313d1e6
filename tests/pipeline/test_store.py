"""The store: results whole or not at all, found by key, checked on opening, made once, freed only when told."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from helpers.errors import InputError, WorkError
from helpers.pipeline.store import Store, prune


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def _make(store, key="k1", content=b"\0\1\2\3", step="training", resumes=False):
    with store.making(step, key, {"settings": {"batch": 64}}, resumes) as folder:
        if folder is not None:
            (folder / "weights.npz").write_bytes(content)
    return folder


def test_a_result_is_found_by_its_key_and_says_what_it_was_made_of(store):
    assert store.digest("training", "k1") is None
    _make(store)
    record = json.loads((store.opened("training", "k1") / "result.json").read_text())
    assert record["made_of"] == {"settings": {"batch": 64}} and list(record["files"]) == ["weights.npz"]
    assert store.digest("training", "k1") and store.digest("training", "k2") is None


def test_results_of_the_same_content_have_one_digest_whatever_their_keys(store):
    for key, content in (("k1", b"same"), ("k2", b"same"), ("k3", b"other")):
        _make(store, key, content)
    digests = [store.digest("training", key) for key in ("k1", "k2", "k3")]
    assert digests[0] == digests[1] != digests[2]


def test_another_setting_adds_a_result_beside_the_old_one(store):
    _make(store, "k1", b"old")
    _make(store, "k2", b"new")
    assert (store.opened("training", "k1") / "weights.npz").read_bytes() == b"old"


def test_a_failed_attempt_leaves_no_result_and_the_next_begins_anew(store):
    with pytest.raises(RuntimeError), store.making("training", "k1", {}) as folder:
        (folder / "half").write_text("half")
        raise RuntimeError
    assert store.digest("training", "k1") is None
    with store.making("training", "k1", {}) as folder:
        assert list(folder.iterdir()) == []


def test_an_attempt_that_resumes_finds_what_was_left(store):
    with pytest.raises(RuntimeError), store.making("training", "k1", {}, resumes=True) as folder:
        (folder / "checkpoint.npz").write_text("epoch 3")
        raise RuntimeError
    with store.making("training", "k1", {}, resumes=True) as folder:
        assert (folder / "checkpoint.npz").read_text() == "epoch 3"


@pytest.mark.parametrize("name", ["weights.npz", "result.json"])
def test_one_flipped_byte_is_seen_on_opening_and_the_result_set_aside_and_made_again(tmp_path, name):
    first = Store(tmp_path)
    folder = _make(first) and first.opened("training", "k1")
    for place in range(0, os.path.getsize(folder / name), max(1, os.path.getsize(folder / name) // 7)):
        content = bytearray((folder / name).read_bytes())
        content[place] ^= 1
        (folder / name).write_bytes(content)
        said = []
        again = Store(tmp_path, said.append)
        if again.digest("training", "k1") is not None:  # white space of the record, which says the same
            assert name == "result.json" and chr(content[place] ^ 1).isspace()
            content[place] ^= 1
            (folder / name).write_bytes(content)
            continue
        assert len(said) == 1 and "training/k1" in said[0] and "set aside" in said[0]
        assert (tmp_path / "training" / ".k1.damaged" / name).read_bytes() == content
        with pytest.raises(WorkError, match="missing or damaged"):
            again.opened("training", "k1")
        _make(again)
        assert (again.opened("training", "k1") / "weights.npz").read_bytes() == b"\0\1\2\3"


@pytest.mark.parametrize("change", [lambda folder: (folder / "weights.npz").unlink(),
                                    lambda folder: (folder / "added").write_text("by hand"),
                                    lambda folder: (folder / "result.json").write_text("{")])
def test_a_file_that_is_lost_or_added_shows(tmp_path, change):
    _make(Store(tmp_path))
    change(tmp_path / "training" / "k1")
    assert Store(tmp_path).digest("training", "k1") is None


def test_two_processes_share_the_work(tmp_path):
    code = textwrap.dedent("""
        import sys, time
        from helpers.pipeline.store import Store
        with Store(sys.argv[1]).making("training", "k1", {}) as folder:
            if folder is None:
                print("found")
            else:
                time.sleep(1)
                (folder / "weights.npz").write_text("made")
                print("made")
    """)
    both = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(process.communicate(timeout=60)[0].strip() for process in both) == ["found", "made"]
    assert sorted(path.name for path in (tmp_path / "training").iterdir()) == ["k1"]


def test_a_lock_dies_with_its_process(tmp_path):
    code = ("import sys, time\nfrom helpers.pipeline.store import Store\n"
            "with Store(sys.argv[1]).making('training', 'k1', {}) as folder:\n    print('held', flush=True); time.sleep(60)")
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline().strip() == "held"
    said, done = [], threading.Event()

    def wait():
        _make(Store(tmp_path, said.append))
        done.set()

    threading.Thread(target=wait, daemon=True).start()
    deadline = time.monotonic() + 20
    while not said and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "waiting" in said[0] and not done.is_set()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert done.wait(20) and Store(tmp_path).digest("training", "k1")


def test_a_file_is_hashed_again_when_it_changed(store, tmp_path):
    path = tmp_path / "night.edf"
    path.write_bytes(b"one night")
    [first] = store.file_hashes([path]).values()
    path.write_bytes(b"another night")
    [second] = store.file_hashes([path]).values()
    assert first != second
    (store.root / "files.json").write_text("{")
    assert store.file_hashes([path]) == {str(path): second}


def test_prune_says_first_and_frees_only_what_no_study_names(store, capsys):
    for key in ("k1", "k2", "k3"):
        _make(store, key, b"x" * 1000)
    (store.root / "training" / ".k9.part").mkdir()
    (store.root / "mine").mkdir()
    store.keep_study("demo", {"about": {}, "results": {"training": {"0": "k1"}}})
    store.keep_study("demo-abcdef", {"about": {}, "results": {"training": {"0": "k2"}}})
    prune(store, ["training"])
    said = capsys.readouterr().out
    assert "training: 2 results of no study" in said and "nothing was" in said and store.folder("training", "k3").is_dir()
    prune(store, ["training"], free=True)
    assert sorted(path.name for path in (store.root / "training").iterdir()) == ["k1", "k2"]
    assert (store.root / "mine").is_dir()
    prune(store, ["training"], forget=["demo-abcdef"], free=True)
    assert [path.name for path in (store.root / "training").iterdir()] == ["k1"] and store.studies() == ["demo"]


def test_prune_frees_nothing_when_a_study_cannot_be_read_or_is_unknown_or_a_run_goes_on(store):
    _make(store)
    store.keep_study("demo", {"about": {}, "results": {"training": {"0": "k1"}}})
    with pytest.raises(InputError, match="--forget night: no such study"):
        prune(store, ["training"], forget=["night"], free=True)
    with store.in_use(), pytest.raises(InputError, match="a run is making results"):
        prune(store, ["training"], free=True)
    path = store.root / "studies" / "demo.json"
    path.write_text(path.read_text().replace('"k1"', '"k7"'))
    with pytest.raises(InputError, match="demo.json: is not what was written"):
        prune(store, ["training"], free=True)
    assert store.folder("training", "k1").is_dir()
