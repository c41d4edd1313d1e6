"""Folds: who is tested how often, and that no subject stands on two sides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.data.folds import make_folds, sizes, untested
from helpers.errors import InputError

DESIGNS = st.sampled_from(["balanced", "random"])


def _subjects(n):
    return [f"{number:03d}" for number in range(n)]


def test_22_subjects_are_split_as_in_the_paper():
    assert sizes(22) == (17, 2, 3)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(7, 120), n_folds=st.integers(1, 12), seed=st.integers(0, 2**32 - 1), design=DESIGNS)
def test_each_fold_gives_each_subject_one_role(n, n_folds, seed, design):
    folds = make_folds(_subjects(n), n_folds, seed, design)
    assert not folds.duplicated(["fold", "subject"]).any() and len(folds) == n * n_folds
    counts = folds.groupby(["fold", "role"]).size().unstack()
    everyone, validation = -(-n // n_folds), max(1, round(0.09 * n))
    more = design == "balanced" and n - validation - everyone >= 5
    assert (counts["test"] == max(1, round(0.14 * n), everyone if more else 0)).all()
    assert (counts["validation"] == validation).all()
    assert (counts["training"] >= 5).all()


@settings(max_examples=60, deadline=None)
@given(n=st.integers(7, 120), n_folds=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_balanced_folds_test_everyone_about_equally_often(n, n_folds, seed):
    folds = make_folds(_subjects(n), n_folds, seed)
    times = folds[folds["role"] == "test"]["subject"].value_counts().reindex(_subjects(n), fill_value=0)
    assert times.max() - times.min() <= 1
    if n - max(1, round(0.09 * n)) - max(1, round(0.14 * n), -(-n // n_folds)) >= 5:
        assert untested(folds) == []


def test_six_folds_of_22_test_four_each_and_so_everyone():
    tested = make_folds(_subjects(22), 6, 1).query("role == 'test'")
    assert set(tested.groupby("fold").size()) == {4} and set(tested["subject"]) == set(_subjects(22))


def test_a_seed_fixes_the_folds_whatever_the_order_of_subjects():
    folds, others = make_folds(_subjects(22), 10, 5), make_folds(_subjects(22)[::-1], 10, 5)
    assert folds.equals(others) and not folds.equals(make_folds(_subjects(22), 10, 6))


def test_random_folds_list_whom_they_do_not_test():
    folds = make_folds(_subjects(22), 2, 1, "random")
    tested = set(folds[folds["role"] == "test"]["subject"])
    assert set(untested(folds)) == set(_subjects(22)) - tested and untested(folds)


def test_too_few_subjects_are_refused_in_one_line():
    with pytest.raises(InputError, match="6 subjects"):
        make_folds(_subjects(6), 2, 1)
