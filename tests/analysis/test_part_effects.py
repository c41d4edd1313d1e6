"""Effects on frequency bands, planted in one band of one modality and stage, against means of nights taken by hand."""

import numpy
import pandas
import pytest

from helpers.analysis.part_effects import regress_parts
from helpers.constants import STAGES

from . import synthetic

RULE, BANDS = "eps=1", ("delta", "sigma", "gamma")
PARTS = [(modality, band) for modality in ("EEG", "EOG") for band in BANDS]
BY = ("modality", "band")


def drawn(seed=0, subjects=8, epochs=50, points=.06):
    """Shares of bands of two nights of each sleeper; temazepam takes points from delta of EEG in N2 and gives them to sigma."""
    random, tables = numpy.random.default_rng(seed), []
    people = synthetic.covariates(subjects)
    traits = {name: random.normal(0, .01, 6) for name in people["subject"].unique()}
    for row in people.itertuples():
        true = random.choice(STAGES, epochs)
        predicted = numpy.where(random.random(epochs) < .2, random.choice(STAGES, epochs), true)
        shares = numpy.array([.3, .1, .1, .3, .1, .1]) + traits[row.subject] + random.normal(0, .01, (epochs, 6))
        moved = (true == "N2") & (row.medication == "temazepam")
        shares[moved, 0] -= points
        shares[moved, 1] += points
        names = numpy.array(PARTS)
        tables.append(pandas.DataFrame({
            "fold": 0, "recording": row.recording, "subject": row.subject, "epoch": numpy.repeat(numpy.arange(epochs), 6),
            "true": numpy.repeat(true, 6), "predicted": numpy.repeat(predicted, 6), "rule": RULE, "modality": numpy.tile(names[:, 0], epochs),
            "band": numpy.tile(names[:, 1], epochs), "share": (shares / shares.sum(axis=1, keepdims=True)).ravel()}))
    return pandas.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def table():
    return drawn()


@pytest.fixture(scope="module")
def people():
    return synthetic.covariates(8)


@pytest.fixture(scope="module")
def found(table, people):
    return regress_parts(table.astype({"modality": "category", "band": "category"}), RULE, people, by=BY)


def cell(found, stage, modality, band, covariate="medication"):
    [row] = found[(found["stage"] == stage) & (found["modality"] == modality) & (found["band"] == band)
                  & (found["covariate"] == covariate)].to_dict("records")
    return row


def test_there_is_a_test_of_every_stage_band_and_covariate(found):
    assert len(found) == 5 * 6 * 3 and not found.duplicated(["stage", *BY, "covariate"]).any()
    assert set(found["rule"]) == {RULE} and set(found["scale"]) == {"percent"} and set(found["stage"]) == set(STAGES)
    assert set(zip(found["modality"], found["band"])) == set(PARTS)


def test_coefficients_are_differences_of_nights_in_percent_of_an_epoch_s_relevance(table, found):
    """Of correct epochs, night by night; the mean over sleepers of temazepam less placebo."""
    right = table[table["true"] == table["predicted"]]
    nights = 100 * right.groupby(["true", *BY, "subject", "recording"])["share"].mean()
    counts = right.groupby(["true", "recording"])["epoch"].nunique()
    for stage in STAGES:
        for modality, band in PARTS:
            of_nights = {name: value for (_, name), value in nights[stage, modality, band].items() if counts[stage, name] >= 5}
            changes = [of_nights[f"{name}n1"] - of_nights[f"{name}n0"] for name in sorted(set(table["subject"]))
                       if {f"{name}n0", f"{name}n1"} <= set(of_nights)]
            row = cell(found, stage, modality, band)
            assert row["coefficient_permutation"] == pytest.approx(numpy.mean(changes), rel=1e-9)


def test_the_planted_effect_is_found_in_its_band_and_stage_and_nowhere_else(found):
    sigma, delta = cell(found, "N2", "EEG", "sigma"), cell(found, "N2", "EEG", "delta")
    assert sigma["coefficient_clustered"] == pytest.approx(6, abs=1) and delta["coefficient_clustered"] == pytest.approx(-6, abs=1)
    assert max(row["q_clustered"] for row in (sigma, delta)) < .01
    of_medication = found[found["covariate"] == "medication"]
    others = of_medication[(of_medication["stage"] != "N2") | (of_medication["modality"] == "EOG") | (of_medication["band"] == "gamma")]
    assert len(others) == 28 and others["coefficient_clustered"].abs().max() < 1.5 and (others["q_clustered"] < .05).sum() <= 1


@pytest.mark.parametrize("test", ["ols", "clustered", "permutation"])
def test_q_are_over_all_tests_of_the_rule(found, test):
    """Benjamini and Hochberg 1995, written out: q of rank i is the least of p m/j over ranks j ≥ i."""
    p = found[f"p_{test}"].to_numpy()
    known = numpy.flatnonzero(numpy.isfinite(p))
    order = known[numpy.argsort(p[known])]
    q, least = numpy.full(len(p), numpy.nan), 1.0
    for rank in range(len(order), 0, -1):
        least = min(least, p[order[rank - 1]] * len(order) / rank)
        q[order[rank - 1]] = least
    assert len(order) >= 60
    numpy.testing.assert_allclose(found[f"q_{test}"], q, rtol=1e-9)


def test_other_rules_and_nights_of_which_nothing_is_known_are_left_out(table, people, found):
    other = table.assign(rule="eps=2", share=table["share"].sample(frac=1, random_state=0).to_numpy())
    stranger = table[table["subject"] == "s03"].assign(recording="unknown", subject="unknown")
    again = regress_parts(pandas.concat([table, other, stranger]), RULE, people, by=BY)
    pandas.testing.assert_frame_equal(again, found, check_dtype=False)


def test_the_order_of_nights_is_a_term_of_the_clustered_test_where_it_is_known(table, people, found):
    """Five of eight sleepers had placebo first; the order explains nothing here, and coefficients move a little."""
    period = {row.recording: float((row.medication == "placebo") == (int(row.subject[1:]) < 5)) for row in people.itertuples()}
    with_order = regress_parts(table, RULE, people, period=period, by=BY)
    assert len(with_order) == len(found)
    both = [cell(rows, "N2", "EEG", "sigma") for rows in (with_order, found)]
    assert both[0]["coefficient_ols"] == both[1]["coefficient_ols"] and both[0]["coefficient_clustered"] != both[1]["coefficient_clustered"]
    assert both[0]["coefficient_clustered"] == pytest.approx(6, abs=1)


def test_one_part_alone_is_a_modality(people):
    """By modality alone, shares of two modalities are what regression of shares has."""
    from helpers.analysis.regression import regress_all

    shares = synthetic.shares(seed=3, rules=(RULE,), subjects=6, epochs=50, folds=2)
    found = regress_parts(shares, RULE, people)
    table, _ = regress_all(shares, people, [RULE])
    plain = table[(table["averaging"] == "mean") & (table["rows"] == "nights") & (table["scale"] == "percent")
                  & (table["selection"] == "correct")]
    keys = ["stage", "modality", "covariate", "level"]
    columns = [*keys, "coefficient_clustered", "p_clustered", "p_permutation", "q_permutation", "n"]
    both = [rows.sort_values(keys)[columns].reset_index(drop=True) for rows in (found, plain)]
    pandas.testing.assert_frame_equal(*both)
