"""A stamp tells whether a folder is what it should be."""

from helpers.pipeline import stamps


def test_a_folder_matches_only_its_own_stamp(tmp_path):
    value = stamps.stamp({"batch": 64}, ["input"], "code")
    assert not stamps.matches(tmp_path, value)
    stamps.mark(tmp_path, value)
    assert stamps.matches(tmp_path, value)
    assert not stamps.matches(tmp_path, stamps.stamp({"batch": 32}, ["input"], "code"))
    (tmp_path / stamps.STAMP).write_text("{")
    assert not stamps.matches(tmp_path, value)
