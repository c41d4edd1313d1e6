"""Files and folders are written whole or not at all."""

import errno
import subprocess
import sys
import threading
import time

import numpy
import pytest

from helpers import files


def test_a_failed_write_leaves_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "table.json"
    files.write_json(path, {"night": 1})
    with pytest.raises(RuntimeError), files.whole(path) as temporary:
        temporary.write_text("{")
        raise RuntimeError
    assert files.read_json(path) == {"night": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["table.json"]


def test_a_failed_folder_leaves_the_old_folder_as_it_was(tmp_path):
    folder = tmp_path / "fold-0"
    with files.whole_folder(folder) as temporary:
        (temporary / "a").write_text("old")
    with pytest.raises(RuntimeError), files.whole_folder(folder) as temporary:
        (temporary / "a").write_text("new")
        raise RuntimeError
    assert (folder / "a").read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_arrays_come_back_in_order_and_unpickled(tmp_path):
    arrays = [numpy.arange(n, dtype="float32") for n in range(12)]
    files.write_arrays(tmp_path / "weights.npz", arrays)
    for written, read in zip(arrays, files.read_arrays(tmp_path / "weights.npz"), strict=True):
        numpy.testing.assert_array_equal(written, read)
    with pytest.raises(ValueError):
        numpy.savez(tmp_path / "objects.npz", numpy.array([{}], dtype=object))
        files.read_arrays(tmp_path / "objects.npz")


def test_a_new_folder_takes_the_place_of_the_old_one_and_nothing_stays_beside_it(tmp_path):
    folder = tmp_path / "html"
    for text in ("old", "new"):
        with files.whole_folder(folder) as temporary:
            (temporary / "index.html").write_text(text)
    assert (folder / "index.html").read_text() == "new" and [path.name for path in tmp_path.iterdir()] == ["html"]


def test_a_disk_that_is_full_while_arrays_are_written_is_said_once(tmp_path):
    """numpy.savez, cut short in a file, complains a second time when its zip file is closed."""
    code = ("import errno, os, numpy, pathlib, sys\nfrom helpers import files\n"
            "def full(*_): raise OSError(errno.ENOSPC, 'No space left on device')\n"
            "pathlib.Path.write_bytes = full\n"
            "try: files.write_arrays(sys.argv[1], [numpy.zeros(9)])\n"
            "except OSError as error: print(error.errno)")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "weights.npz")], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (str(errno.ENOSPC), "") and list(tmp_path.iterdir()) == []


def test_a_lock_is_held_by_one_at_a_time_and_leaves_no_file(tmp_path):
    path, order = tmp_path / ".lock", []

    def work(number):
        with files.lock(path):
            order.append(("in", number))
            time.sleep(0.05)
            order.append(("out", number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [kind for kind, _ in order] == ["in", "out"] * 5
    assert all(entered[1] == left[1] for entered, left in zip(order[::2], order[1::2])) and not path.exists()
