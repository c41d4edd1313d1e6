"""Artifacts are written whole or not at all, and a stamp tells whether a folder is what it should be."""

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


def test_a_folder_matches_only_its_own_stamp(tmp_path):
    value = files.stamp({"batch": 64}, ["input"], "code")
    assert not files.matches(tmp_path, value)
    files.mark(tmp_path, value)
    assert files.matches(tmp_path, value)
    assert not files.matches(tmp_path, files.stamp({"batch": 32}, ["input"], "code"))
    (tmp_path / files.STAMP).write_text("{")
    assert not files.matches(tmp_path, value)
