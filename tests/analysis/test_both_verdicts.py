"""Verdicts under two networks beside each other."""

import pandas

from helpers.analysis.both_verdicts import beside


def test_verdicts_of_claims_that_apply_to_neither_are_left_out():
    claims = pandas.DataFrame([("1a", "A", "holds", "own"), ("1b", "B", "not applicable", "own"), ("1c", "C", "fails", "own"),
                               ("1a", "A", "fails", "other"), ("1b", "B", "not applicable", "other"), ("1c", "C", "not applicable", "other")],
                              columns=["claim", "statement", "verdict", "network"])
    assert beside(claims).values.tolist() == [["1a", "A", "holds", "fails"], ["1c", "C", "fails", "not applicable"]]
    assert beside(None).empty
