"""Scores against worked numbers that others published."""

import numpy
import pandas
import pytest

from helpers.constants import STAGES
from helpers.model.scores import confusion, scores


def table(true, predicted, **columns):
    return pandas.DataFrame({"true": true, "predicted": predicted, **columns})


def value(measures, measure, stage="all"):
    [row] = measures[(measures["measure"] == measure) & (measures["stage"] == stage)].itertuples()
    return row.value


def test_kappa_of_fifty_grant_proposals_is_0_4():
    """Two readers: 20 times both yes, 5 and 10 times they differ, 15 times both no; agreement 0.7, by chance 0.5."""
    pairs = [("W", "W")] * 20 + [("W", "REM")] * 5 + [("REM", "W")] * 10 + [("REM", "REM")] * 15
    measures = scores(table(*zip(*pairs)))
    assert value(measures, "kappa") == pytest.approx(0.4)
    assert value(measures, "balanced accuracy") == pytest.approx((20 / 25 + 15 / 25) / 2)
    assert value(measures, "weighted f1") == pytest.approx((25 * 40 / 55 + 25 * 30 / 45) / 50)
    assert value(measures, "accuracy") == pytest.approx(0.7)


def test_precision_recall_and_f1_are_those_of_scikit_learns_example():
    """`precision_recall_fscore_support` there: cat, dog, pig against cat, pig, dog and cat, cat, dog."""
    names = {"cat": "N1", "dog": "N2", "pig": "N3"}
    true = [names[n] for n in ("cat", "dog", "pig", "cat", "dog", "pig")]
    predicted = [names[n] for n in ("cat", "pig", "dog", "cat", "cat", "dog")]
    measures = scores(table(true, predicted))
    assert [value(measures, "precision", s) for s in ("N1", "N2", "N3")] == pytest.approx([2 / 3, 0, 0])
    assert [value(measures, "recall", s) for s in ("N1", "N2", "N3")] == pytest.approx([1, 0, 0])
    assert [value(measures, "f1", s) for s in ("N1", "N2", "N3")] == pytest.approx([0.8, 0, 0])
    assert value(measures, "balanced accuracy") == pytest.approx(1 / 3)  # as `balanced_accuracy_score` and `f1_score` have it
    assert value(measures, "weighted f1") == pytest.approx(0.8 / 3)


def test_a_score_of_nothing_is_nan_not_0():
    measures = scores(table(["N2", "N2"], ["N2", "N2"]))
    assert value(measures, "recall", "N2") == 1 and value(measures, "accuracy") == 1
    for measure in ("precision", "recall", "f1"):
        assert numpy.isnan(value(measures, measure, "REM"))
    assert numpy.isnan(value(measures, "kappa"))


def test_a_stage_never_predicted_has_recall_0_and_no_precision():
    measures = scores(table(["N1", "N2"], ["N2", "N2"]))
    assert value(measures, "recall", "N1") == 0 and value(measures, "f1", "N1") == 0
    assert numpy.isnan(value(measures, "precision", "N1"))


def test_confusion_counts_every_pair_of_stages_per_fold_and_all_together():
    predictions = table(["W", "W", "N3"], ["W", "N1", "N3"], fold=[1, 2, 2])
    per_fold = confusion(predictions, by=("fold",)).set_index(["fold", "true", "predicted"])["n"]
    assert len(per_fold) == 2 * 25 and per_fold.sum() == 3
    assert per_fold[1, "W", "W"] == per_fold[2, "W", "N1"] == per_fold[2, "N3", "N3"] == 1
    together = confusion(predictions)
    assert list(together["true"].unique()) == list(STAGES) and together["n"].sum() == 3


def test_scores_are_given_for_each_fold():
    predictions = table(["W", "W", "N3", "N3"], ["W", "W", "N3", "N2"], fold=[1, 1, 2, 2])
    measures = scores(predictions, by=("fold",))
    accuracy = measures[measures["measure"] == "accuracy"].set_index("fold")
    assert accuracy["value"].to_dict() == {1: 1.0, 2: 0.5} and accuracy["n"].to_dict() == {1: 2, 2: 2}
