"""Verdicts under two networks beside each other."""

import pandas

from helpers.analysis.both_verdicts import beside


def test_verdicts_of_claims_that_apply_to_neither_are_left_out():
    claims = pandas.DataFrame([("1a", "A", "holds", 5, 8, "own"), ("1b", "B", "not applicable", 0, 0, "own"), ("1c", "C", "fails", 1, 8, "own"),
                               ("1a", "A", "fails", 2, 6, "other"), ("1b", "B", "not applicable", 0, 0, "other"),
                               ("1c", "C", "not applicable", 0, 0, "other")],
                              columns=["claim", "statement", "verdict", "holds", "combinations", "network"])
    assert list(beside(claims)) == ["claim", "statement", "own", "own_holds", "own_combinations", "other", "other_holds", "other_combinations"]
    assert beside(claims).values.tolist() == [["1a", "A", "holds", 5, 8, "fails", 2, 6], ["1c", "C", "fails", 1, 8, "not applicable", 0, 0]]
    assert beside(None).empty
