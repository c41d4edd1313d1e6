"""What epochs lose without each modality as shares, and their regression: by hand, and held to that of shares."""

import numpy
import pandas
import pytest

from helpers.analysis.ablation_effects import by_replacement, named, regress_ablation
from helpers.analysis.regression import regress_all
from helpers.relevance.value_shares import shares_of

from . import synthetic


def lost(of_epochs, replacement="zeros"):
    rows = [(0, "n1", "s1", epoch, "N2", "N2", replacement, name, value) for epoch, values in enumerate(of_epochs)
            for name, value in zip(("EEG", "EOG", "EMG"), values)]
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "replacement", "modality", "logit"])


def test_a_share_is_a_modality_s_part_of_the_sizes_and_gains_count_against():
    shares = shares_of(lost([(3.0, -1.0, 0.0), (0.0, 0.0, 0.0)]), "logit", "ablation-zeros")
    first, second = (shares[shares["epoch"] == epoch] for epoch in (0, 1))
    assert first["share"].tolist() == [.75, .25, 0] and first["positive"].tolist() == [.75, 0, 0]
    assert first["negative"].tolist() == [0, .25, 0] and first["log_total"].tolist() == pytest.approx([numpy.log(4)] * 3)
    assert second["share"].isna().all() and numpy.isneginf(second["log_total"]).all() and set(shares["rule"]) == {"ablation-zeros"}


def test_replacements_have_the_names_that_ask_for_them_as_methods():
    from helpers.relevance.rules import is_rule

    tables = by_replacement(pandas.concat([lost([(1, 2, 3)], name) for name in ("zeros", "line noise", "exchange")]), [49.9, 1, .1])
    assert {name: set(table["rule"]) for name, table in tables.items()} == {
        "zeros": {"ablation-zeros"}, "line noise": {"ablation-line=49.9"}, "exchange": {"ablation-exchange"}}
    assert not any(is_rule(named(name, [49.9])) for name in tables)


def test_the_regression_is_that_of_the_same_numbers_as_shares():
    shares = synthetic.shares(seed=1, rules=("ablation-zeros",), subject_sd=3, epochs=20)
    table = shares.assign(logit=5 * shares["share"], replacement="zeros").drop(columns="share")
    found, _ = regress_ablation(table, "zeros", [50], covariates=synthetic.covariates(), reference=None, period=None)
    expected, _ = regress_all(shares.assign(log_total=0.0), synthetic.covariates(), ["ablation-zeros"])
    mean = [rows[(rows["averaging"] == "mean")].reset_index(drop=True) for rows in (found, expected)]
    columns = ["stage", "modality", "covariate", "coefficient_clustered", "p_permutation", "n"]
    pandas.testing.assert_frame_equal(mean[0][columns], mean[1][columns], rtol=1e-6)
