"""Misread epochs against correct ones of the same people, held to differences written out and to statsmodels."""

import itertools

import numpy
import pandas
import pytest
import statsmodels.api

from helpers.analysis.misread import differences, rates

from . import synthetic

RULE = "eps=1"


@pytest.fixture(scope="module")
def shares():
    """8 subjects; where N2 is misread, EEG has 12 points less and EOG as many more."""
    table = synthetic.shares(seed=4, rules=(RULE,), subjects=8, epochs=150, wrong=0.4)
    moved = (table["true"] == "N2") & (table["predicted"] != "N2")
    table["share"] += moved * table["modality"].map({"EEG": -0.12, "EOG": 0.12, "EMG": 0.0})
    return table


@pytest.fixture(scope="module")
def found(shares):
    return differences(shares, [RULE]).set_index(["stage", "scale", "modality"])


def _changes(shares, stage, of):
    """Each subject's mean over misread epochs minus that over correct ones, an epoch being a mean over its folds."""
    table = shares[shares["true"] == stage].assign(wrong=shares["true"] != shares["predicted"])
    wide = table.set_index(["wrong", "subject", "recording", "epoch", "fold", "modality"])["share"].unstack()
    value = of(wide).groupby(level=["wrong", "subject", "recording", "epoch"]).mean().groupby(level=["wrong", "subject"]).mean()
    return (value[True] - value[False]).to_numpy()


def test_differences_are_within_subjects_and_tested_by_flipping_their_signs(shares, found):
    change = _changes(shares, "N2", lambda wide: 100 * wide["EEG"])
    row = found.loc["N2", "percent", "EEG"]
    assert row["difference"] == pytest.approx(change.mean()) and -14 < row["difference"] < -10
    reach = 2.364624 * change.std(ddof=1) / 8**0.5  # t of 7 degrees of freedom
    assert [row["low"], row["high"]] == pytest.approx([change.mean() - reach, change.mean() + reach], rel=1e-5)
    flips = numpy.array(list(itertools.product((1, -1), repeat=8)))
    drawn = numpy.abs((flips * change).mean(axis=1) / (flips * change).std(axis=1))
    assert row["p"] == pytest.approx((drawn >= drawn[0] - 1e-9).mean()) == 2 / 256
    assert row["subjects"] == 8 and row["p_joint"] == 2 / 256


def test_log_ratios_are_those_of_the_formula(shares, found):
    change = _changes(shares, "N2", lambda wide: numpy.sqrt(2 / 3) * numpy.log(wide["EMG"] / numpy.sqrt(wide["EEG"] * wide["EOG"])))
    assert found.loc["N2", "log-ratio", "EMG"]["difference"] == pytest.approx(change.mean())


def test_where_misread_epochs_are_like_correct_ones_little_is_found(found):
    others = found.loc[["W", "N1", "N3", "REM"]]
    assert len(set(others.index.get_level_values("stage")[others["q"] < 0.05])) <= 1  # of 12 true nulls, three to a stage
    assert (others.xs("percent", level="scale")["difference"].abs() < 4).all()


def test_few_misread_epochs_are_a_reason_for_no_numbers():
    table = synthetic.shares(seed=1, rules=(RULE,), subjects=6, epochs=30, wrong=0.02)
    rows = differences(table, [RULE])
    assert rows["difference"].isna().all()
    assert set(rows["reason"]) == {"0 subjects with at least 5 misread and as many correct epochs"}


@pytest.fixture(scope="module")
def predictions():
    """22 subjects whose N2 is misread in 10 % of epochs of women and in 30 % of those of men; a third of the epochs twice tested."""
    random, rows = numpy.random.default_rng(2), []
    for person in synthetic.covariates().itertuples():
        for stage, epoch in itertools.product(("W", "N2"), range(40)):
            chance = {"female": 0.1, "male": 0.3}[person.sex] if stage == "N2" else 0.1
            for fold in range(1 + (epoch % 3 == 0)):
                wrong = random.random() < chance
                rows.append((fold, person.recording, epoch + 40 * (stage == "N2"), stage, "N1" if wrong else stage))
    return pandas.DataFrame(rows, columns=["fold", "recording", "epoch", "true", "predicted"])


def test_the_rate_of_misreading_is_regressed_as_shares_are(predictions):
    people = synthetic.covariates()
    table = rates(predictions, people, draws=999)
    rows = table[(table["stage"] == "N2") & (table["rows"] == "epochs")].set_index("covariate")
    epochs = predictions.assign(y=100.0 * (predictions["true"] != predictions["predicted"])).query("true == 'N2'").groupby(
        ["recording", "epoch"], as_index=False)["y"].mean().merge(people, on="recording")
    x = numpy.column_stack([numpy.ones(len(epochs)), epochs["medication"] == "temazepam", epochs["sex"] == "male", epochs["age"]])
    plain = statsmodels.api.OLS(epochs["y"], x.astype(float)).fit()
    clustered = statsmodels.api.OLS(epochs["y"], x.astype(float)).fit(
        cov_type="cluster-crv3", cov_kwds={"groups": epochs["subject"].astype("category").cat.codes.to_numpy()})
    for at, name in enumerate(("medication", "sex", "age"), start=1):
        assert rows.loc[name, ["coefficient_ols", "se_ols", "se_clustered"]].astype(float).to_numpy() == pytest.approx(
            [plain.params.iloc[at], plain.bse.iloc[at], clustered.bse.iloc[at]], rel=1e-8)
    assert 13 < rows.loc["sex", "coefficient_clustered"] < 27
    assert rows.loc["sex", ["q_clustered", "q_permutation"]].max() < 0.01 and (rows.loc[["medication", "age"], "q_permutation"] > 0.05).all()
    awake = table[(table["stage"] == "W") & (table["rows"] == "nights")]
    assert (awake["q_permutation"] > 0.05).all()
    assert set(table.loc[table["stage"] == "REM", "reason_ols"]) == {"0 subjects with such epochs, too few for 4 terms"}
