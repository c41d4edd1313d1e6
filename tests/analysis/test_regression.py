"""Regression of shares, held to the textbook formulas written out in NumPy and to a published example."""

import numpy
import pandas
import pytest
from scipy import stats

from helpers.analysis.regression import chosen, corrected, regress, significant_pairs
from helpers.errors import InputError

from . import synthetic

RULE = "eps=1"
EFFECTS = (("N2", "EEG", "temazepam", 8), ("N3", "EOG", "male", 8))


@pytest.fixture(scope="module")
def shares():
    return synthetic.shares(seed=1, rules=(RULE,), effects=EFFECTS, subject_sd=3)


@pytest.fixture(scope="module")
def people():
    return synthetic.covariates()


def _written_out(y, x, weights, groups):
    """Coefficients, ordinary and clustered standard errors: the sandwich of Liang and Zeger, corrected for size."""
    n, k = x.shape
    bread = numpy.linalg.inv(x.T @ (weights[:, None] * x))
    beta = bread @ x.T @ (weights * y)
    residual = y - x @ beta
    ordinary = numpy.sqrt(numpy.diag(bread) * (weights * residual**2).sum() / (n - k))
    scores = [x[groups == g].T @ (weights * residual)[groups == g] for g in set(groups)]
    size = len(scores) / (len(scores) - 1) * (n - 1) / (n - k)
    return beta, ordinary, numpy.sqrt(numpy.diag(bread @ sum(numpy.outer(s, s) for s in scores) @ bread) * size)


@pytest.mark.parametrize("averaging", ["mean", "pooled"])
@pytest.mark.parametrize("rows", ["epochs", "all"])
def test_coefficients_errors_and_p_are_those_of_the_formulas(averaging, rows, shares, people):
    table = regress(shares, people, RULE, averaging, rows)
    chosen = shares[(shares["true"] == "N2") & (shares["predicted"] == "N2") & (shares["modality"] == "EEG")].copy()
    chosen["weight"] = numpy.exp(chosen["log_total"]) if averaging == "pooled" else 1.0
    chosen["y"] = 100 * chosen["share"] * chosen["weight"]
    if rows == "epochs":
        chosen = chosen.groupby(["recording", "subject", "epoch"], as_index=False)[["y", "weight"]].sum()
    chosen["y"] /= chosen["weight"]
    if averaging == "mean":
        chosen["weight"] = 1.0
    chosen = chosen.merge(people.drop(columns="subject"), on="recording")
    x = numpy.column_stack([numpy.ones(len(chosen)), chosen["medication"] == "temazepam", chosen["sex"] == "male",
                            chosen["age"]]).astype(float)
    weights = (chosen["weight"] / chosen["weight"].mean()).to_numpy()
    beta, ordinary, clustered = _written_out(chosen["y"].to_numpy(), x, weights, chosen["subject"].to_numpy())
    rows = table[(table["stage"] == "N2") & (table["modality"] == "EEG")].set_index("covariate")
    subjects = chosen["subject"].nunique()
    for at, name in enumerate(("medication", "sex", "age"), start=1):
        row = rows.loc[name]
        assert row[["coefficient", "se_ols", "se_clustered"]].astype(float).to_numpy() == pytest.approx(
            [beta[at], ordinary[at], clustered[at]], rel=1e-6)
        assert row["p_ols"] == pytest.approx(2 * stats.t.sf(abs(beta[at] / ordinary[at]), len(x) - 4), rel=1e-6)
        assert row["p_clustered"] == pytest.approx(2 * stats.t.sf(abs(beta[at] / clustered[at]), subjects - 1),
                                                   rel=1e-6)
        reach = stats.t.isf(0.025, subjects - 1) * clustered[at]
        assert row["low_clustered"] == pytest.approx(beta[at] - reach, rel=1e-6)
    assert rows["n"].iloc[0] == len(chosen) and rows["subjects"].iloc[0] == subjects


def test_planted_effects_are_found_and_named_with_their_reference(shares, people):
    table = regress(shares, people, RULE)
    assert len(table) == 45
    row = table[(table["stage"] == "N2") & (table["modality"] == "EEG") & (table["covariate"] == "medication")].iloc[0]
    assert (row["level"], row["reference"]) == ("temazepam", "placebo")
    assert row["coefficient"] > 5 and row["q_clustered"] < 0.001
    assert ("N2", "medication") in significant_pairs(table, "clustered")


def test_traits_of_subjects_fool_ordinary_errors_more_often_than_clustered_ones():
    significant = {"ols": 0, "clustered": 0}
    for seed in range(6):
        table = regress(synthetic.shares(seed=seed, rules=(RULE,), subject_sd=6), synthetic.covariates(), RULE)
        for errors in significant:
            significant[errors] += len(significant_pairs(table, errors))
    assert significant["ols"] > 3 * max(1, significant["clustered"])


def test_benjamini_and_hochberg_s_own_example():
    """Benjamini and Hochberg 1995, section 4.1: of 15 p-values, the first four are rejected at 0.05."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
         0.7590, 1.0]
    q = corrected(p)
    assert (q < 0.05).sum() == 4
    assert q[3] == pytest.approx(0.0095 * 15 / 4) and q[-1] == 1


def test_a_cell_without_numbers_does_not_count_in_the_family():
    q = corrected([0.01, numpy.nan, 0.04])
    assert q[0] == pytest.approx(0.02) and numpy.isnan(q[1]) and q[2] == pytest.approx(0.04)


def test_what_cannot_be_estimated_says_why(shares, people):
    few = shares[shares["subject"].isin(["s00", "s01"])]
    table = regress(few, people, RULE)
    assert table["coefficient"].isna().all()
    assert set(table["reason"]) == {"2 subjects with such epochs, too few for 4 terms"}
    same = shares[shares["subject"].isin(people.loc[people["sex"] == "male", "subject"])]
    assert set(regress(same, people, RULE)["reason"]) == {"covariates cannot be told apart among these epochs"}


def test_one_level_over_all_recordings_is_refused_by_name(shares, people):
    with pytest.raises(InputError, match="covariate sex"):
        regress(shares, people.assign(sex="male"), RULE)


def test_a_category_of_three_levels_has_two_coefficients_a_cell(shares, people):
    doses = people.assign(dose=numpy.resize(["none", "half", "whole"], len(people))).drop(columns=["medication", "sex"])
    table = regress(shares, doses, RULE)
    assert set(zip(table["level"], table["reference"])) == {("none", "half"), ("whole", "half"), ("", "")}


def test_a_recording_of_which_a_covariate_is_not_known_leaves_the_regression_alone(shares, people):
    gap = people.astype({"sex": object})
    gap.loc[gap["recording"] == "s03n0", "age"] = numpy.nan
    gap.loc[gap["recording"] == "s07n1", "sex"] = None
    rows = regress(shares, gap, RULE)
    without = ~people["recording"].isin(["s03n0", "s07n1"])
    wanted = regress(shares[shares["recording"].isin(people.loc[without, "recording"])], people[without], RULE)
    pandas.testing.assert_frame_equal(rows, wanted)
    assert rows["n"].sum() < regress(shares, people, RULE)["n"].sum()


def test_the_reference_level_is_the_one_that_is_asked_for(shares, people):
    """Against the other level, a two-level category's coefficient changes its sign and nothing else."""
    usual = regress(shares, people, RULE)
    other = regress(shares, people, RULE, reference={"medication": "temazepam"})
    for name, sign, level, against in (("medication", -1, "placebo", "temazepam"), ("sex", 1, "male", "female")):
        first, second = (table[table["covariate"] == name] for table in (usual, other))
        assert set(zip(second["level"], second["reference"])) == {(level, against)}
        numpy.testing.assert_allclose(second["coefficient"], sign * first["coefficient"], rtol=1e-9)
        numpy.testing.assert_allclose(second["p_clustered"], first["p_clustered"], rtol=1e-6)
    with pytest.raises(InputError, match="covariate sex: its reference men does not occur; it is female, male"):
        regress(shares, people, RULE, reference={"sex": "men"})


def test_no_covariates_give_an_empty_table(shares, people):
    assert isinstance(regress(shares, people[["recording", "subject"]], RULE), pandas.DataFrame)
    assert len(regress(shares, people[["recording", "subject"]], RULE)) == 0


def _corrected(p):
    """Benjamini and Hochberg's correction written out: min over larger p of p n / rank."""
    p = numpy.asarray(p)
    return [min(min(larger * len(p) / (p <= larger).sum() for larger in p[p >= value]), 1) for value in p]


@pytest.fixture
def coefficients():
    """A table of two rules, of which one test could not be made."""
    random = numpy.random.default_rng(3)
    rows = [(rule, averaging, rows, stage) for rule in ("a", "b") for averaging in ("mean", "pooled")
            for rows in ("epochs", "all") for stage in ("W", "N1", "N2")]
    table = pandas.DataFrame(rows, columns=["rule", "averaging", "rows", "stage"])
    p = random.uniform(0, 0.2, (len(table), 2))
    p[0] = numpy.nan
    return table.assign(p_ols=p[:, 0], p_clustered=p[:, 1], q_ols=0.5, q_clustered=0.5)


def test_p_are_corrected_together_with_those_of_the_family_that_is_asked_for(coefficients):
    same = coefficients[(coefficients["averaging"] == "mean") & (coefficients["rows"] == "epochs")]
    rows = chosen(coefficients, "a", family="all")
    assert list(rows["stage"]) == ["W", "N1", "N2"] and set(rows["family"]) == {5}
    for errors in ("ols", "clustered"):
        p = same[f"p_{errors}"].dropna()
        expected = dict(zip(p.index, _corrected(p)))
        numpy.testing.assert_allclose(rows[f"q_{errors}"].dropna(), [expected[at] for at in rows.index[1:]])
    of_rule = chosen(coefficients, "b", "pooled", rows="all")
    assert set(of_rule["q_ols"]) == {0.5} and set(of_rule["family"]) == {3}


@pytest.mark.parametrize("asked, said", [
    ({"rule": "c"}, "rule = 'c': must be one of a, b"),
    ({"averaging": "median"}, "averaging = 'median': must be one of mean, pooled"),
    ({"family": 3}, "family = 3: must be one of rule, all")])
def test_a_choice_that_there_is_not_is_named_with_those_that_there_are(asked, said, coefficients):
    with pytest.raises(InputError, match=said):
        chosen(coefficients, **{"rule": "a", **asked})
