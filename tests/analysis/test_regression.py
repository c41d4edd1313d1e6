"""Regression of shares, held to statsmodels on rows that are made again here, and to a published example."""

import itertools

import numpy
import pandas
import pytest
import statsmodels.api

from helpers.analysis.p_values import corrected
from helpers.analysis.regression import chosen, regress_all, significant_pairs
from helpers.errors import InputError

from . import synthetic

RULE = "eps=1"
EFFECTS = (("N2", "EEG", "temazepam", 8), ("N3", "EOG", "male", 8))
#: Night order: a third of the subjects took the drug first.
PERIOD = {f"s{subject:02d}n{night}": 1 + (night if subject % 3 else 1 - night) for subject in range(22) for night in (0, 1)}


@pytest.fixture(scope="module")
def shares():
    return synthetic.shares(seed=1, rules=(RULE,), effects=EFFECTS, subject_sd=3)


@pytest.fixture(scope="module")
def people():
    return synthetic.covariates()


@pytest.fixture(scope="module")
def tables(shares, people):
    """(coefficients, joint tests) with the order of nights."""
    return regress_all(shares, people, [RULE], period=PERIOD, draws=1999)


@pytest.fixture(scope="module")
def unordered(shares, people):
    """Coefficients where the order of nights is not known."""
    return regress_all(shares, people, [RULE], draws=1999)[0]


def _rows(shares, people, selection, averaging, rows, scale, modality):
    """Rows of N2 made again: recording, subject, y, weight, design and the order of nights."""
    table = shares[shares["true"] == "N2"].copy()
    right = table["true"] == table["predicted"]
    table = table[right if selection == "correct" else ~right] if selection != "all" else table
    keys = ["recording", "subject", "epoch", "fold"]
    wide = table.pivot_table(index=keys, columns="modality", values="share")
    others = [name for name in wide if name != modality]
    y = 100 * wide[modality]
    if scale == "log-ratio":
        y = numpy.sqrt(2 / 3) * numpy.log(wide[modality] / numpy.sqrt(wide[others[0]] * wide[others[1]]))
    weight = numpy.exp(table.groupby(keys)["log_total"].first()) if averaging == "pooled" else pandas.Series(1.0, wide.index)
    frame = pandas.DataFrame({"y": y, "weight": weight}).reset_index()
    if rows != "all":
        frame["y"] *= frame["weight"]
        counted = frame.groupby(keys[:3], as_index=False)[["y", "weight"]].sum()
        counted["y"] /= counted["weight"]
        frame = counted.assign(weight=1.0) if averaging == "mean" else counted
    if rows == "nights":
        size = frame.groupby("recording")["y"].transform("size")
        frame = frame[size >= 5].assign(y=frame["y"] * frame["weight"]).groupby(keys[:2], as_index=False)[["y", "weight"]].sum()
        frame = frame.assign(y=frame["y"] / frame["weight"], weight=1.0)
    frame = frame.merge(people.drop(columns="subject"), on="recording")
    x = numpy.column_stack([numpy.ones(len(frame)), frame["medication"] == "temazepam", frame["sex"] == "male",
                            frame["age"]]).astype(float)
    return frame, x, frame["recording"].map(PERIOD).to_numpy(float)


@pytest.mark.parametrize("selection, averaging, rows, scale", list(itertools.product(
    ("correct", "all", "misread"), ("mean", "pooled"), ("epochs", "all", "nights"), ("percent", "log-ratio"))))
def test_coefficients_errors_and_p_are_those_of_statsmodels(selection, averaging, rows, scale, shares, people, tables):
    table = tables[0]
    table = table[(table["selection"] == selection) & (table["averaging"] == averaging) & (table["rows"] == rows)
                  & (table["scale"] == scale) & (table["stage"] == "N2") & (table["modality"] == "EEG")].set_index("covariate")
    frame, x, order = _rows(shares, people, selection, averaging, rows, scale, "EEG")
    if (selection, rows) == ("misread", "nights"):  # hardly a night with five misread epochs of N2
        assert set(table["reason_clustered"]) == {f"{len(frame)} subjects with such epochs, too few for 4 terms"}
        return
    plain = statsmodels.api.WLS(frame["y"].to_numpy(), x, weights=frame["weight"].to_numpy()).fit()
    clustered = statsmodels.api.WLS(frame["y"].to_numpy(), numpy.column_stack([x, order]), weights=frame["weight"].to_numpy()).fit(
        cov_type="cluster-crv3", cov_kwds={"groups": frame["subject"].astype("category").cat.codes.to_numpy()})
    for at, name in enumerate(("medication", "sex", "age"), start=1):
        row = table.loc[name]
        assert [row["coefficient_ols"], row["se_ols"]] == pytest.approx([plain.params[at], plain.bse[at]], rel=1e-8)
        assert row["p_ols"] == pytest.approx(plain.pvalues[at], rel=1e-6, abs=1e-300)
        assert [row["low_ols"], row["high_ols"]] == pytest.approx(list(plain.conf_int()[at]), rel=1e-6, abs=1e-9)
        assert [row["coefficient_clustered"], row["se_clustered"]] == pytest.approx(
            [clustered.params[at], clustered.bse[at]], rel=1e-8)
        assert 3 < row["freedom"] < 22
    if rows != "nights":
        assert row["n"] == len(frame)
    assert row["subjects"] == frame["subject"].nunique()


def test_in_pairs_of_nights_permutation_tests_their_differences(shares, people, unordered):
    frame, _, _ = _rows(shares, people, "correct", "mean", "nights", "percent", "EEG")
    wide = frame.pivot(index="subject", columns="medication", values="y").dropna()
    change = (wide["temazepam"] - wide["placebo"]).to_numpy()
    row = chosen(unordered, RULE).query("stage == 'N2' and modality == 'EEG' and covariate == 'medication'").iloc[0]
    assert row["coefficient_permutation"] == pytest.approx(change.mean())
    assert row["effect_size"] == pytest.approx(change.mean() / change.std(ddof=1))
    signs = numpy.random.default_rng(99).choice((-1, 1), (4000, len(change)))
    drawn = numpy.abs((signs * change).mean(axis=1) / (signs * change).std(axis=1))
    p = (drawn >= abs(change.mean() / change.std())).mean()
    assert row["p_permutation"] == pytest.approx(p, abs=0.01)


def test_planted_effects_are_found_by_all_tests_and_named_with_their_reference(tables):
    table = chosen(tables[0], RULE)
    assert len(table) == 45
    row = table[(table["stage"] == "N2") & (table["modality"] == "EEG") & (table["covariate"] == "medication")].iloc[0]
    assert (row["level"], row["reference"]) == ("temazepam", "placebo")
    for test in ("ols", "clustered", "permutation"):
        assert row[f"coefficient_{test}"] > 5 and row[f"q_{test}"] < 0.01
        assert ("N2", "medication") in significant_pairs(table, test)
    joint = tables[1].query("selection == 'correct' and averaging == 'mean'").set_index(["stage", "covariate"])
    assert len(joint) == 15 and joint.loc[("N2", "medication"), ["q_clustered", "q_permutation"]].max() < 0.01
    assert joint.loc[("N3", "sex"), ["q_clustered", "q_permutation"]].max() < 0.05
    assert joint.loc[("W", "age"), ["p_clustered", "p_permutation"]].min() > 0.05


def test_log_ratios_are_read_back_as_points(tables):
    """The change of the mean night's composition, in points: three that sum to 0 and come near the change of percent."""
    table = tables[0].query("selection == 'correct' and averaging == 'mean' and rows == 'nights' and stage == 'N2'")
    drug = table[table["covariate"] == "medication"].set_index(["scale", "modality"])["points"]
    assert drug["log-ratio"].sum() == pytest.approx(0, abs=1e-9)
    assert drug["log-ratio"].to_numpy() == pytest.approx(drug["percent"].to_numpy(), abs=1.0)
    assert drug["percent", "EEG"] == pytest.approx(
        table.query("scale == 'percent' and modality == 'EEG' and covariate == 'medication'")["coefficient_clustered"].item())


def test_the_joint_test_is_hotelling_s_of_paired_differences_of_log_ratios(shares, people):
    """Whichever orthonormal log-ratios are taken; Egozcue's z₁ and z₂ here, without order and with all nights there."""
    joint = regress_all(shares, people[["recording", "subject", "medication"]], [RULE], draws=99)[1]
    row = joint.query("selection == 'all' and averaging == 'mean' and stage == 'N2'").iloc[0]
    table = shares[shares["true"] == "N2"]
    wide = table.set_index(["recording", "subject", "epoch", "fold", "modality"])["share"].unstack()
    z = pandas.DataFrame({"z1": numpy.sqrt(1 / 2) * numpy.log(wide["EEG"] / wide["EOG"]),
                          "z2": numpy.sqrt(2 / 3) * numpy.log(numpy.sqrt(wide["EEG"] * wide["EOG"]) / wide["EMG"])})
    assert row["left_out"] == 0 and row["subjects"] == 22
    nights = z.groupby(level=["subject", "recording", "epoch"]).mean().groupby(level=["subject", "recording"]).mean()
    change = nights.groupby(level="subject").diff().dropna().to_numpy()
    hotelling = 22 * change.mean(axis=0) @ numpy.linalg.solve(numpy.cov(change.T), change.mean(axis=0))
    assert row["T2"] == pytest.approx(hotelling) and (row["df1"], row["df2"]) == (2, pytest.approx(20))


def test_traits_of_subjects_fool_ordinary_errors_more_often_than_the_others():
    significant = {"ols": 0, "clustered": 0, "permutation": 0}
    for seed in range(2):
        of_seed = synthetic.shares(seed=seed, rules=(RULE,), subject_sd=6, epochs=40)
        table = chosen(regress_all(of_seed, synthetic.covariates(), [RULE], draws=999)[0], RULE)
        for test in significant:
            significant[test] += len(significant_pairs(table, test))
    assert significant["ols"] > 3 * max(1, significant["clustered"], significant["permutation"])


def test_medians_of_nights_stand_beside_their_means(shares, tables):
    row = tables[0].query("selection == 'correct' and averaging == 'median' and stage == 'N2' and modality == 'EOG' "
                          "and scale == 'percent' and covariate == 'medication'")
    assert set(row["rows"]) == {"nights"} and len(row) == 1
    table = shares[(shares["true"] == "N2") & (shares["predicted"] == "N2") & (shares["modality"] == "EOG")]
    epochs = 100 * table.groupby(["recording", "epoch"])["share"].mean()
    nights = epochs.groupby("recording").median()[epochs.groupby("recording").size() >= 5]
    drug = nights[[name.endswith("n1") for name in nights.index]].rename(lambda name: name[:3])
    placebo = nights[[name.endswith("n0") for name in nights.index]].rename(lambda name: name[:3])
    order = pandas.Series({name: 1.0 if int(name[1:]) % 3 else -1.0 for name in drug.index})
    change = (drug - placebo).dropna()
    x = numpy.column_stack([numpy.ones(len(change)), order[change.index]])
    assert row["coefficient_permutation"].item() == pytest.approx(numpy.linalg.lstsq(x, change.to_numpy(), rcond=None)[0][0])


def test_a_night_with_few_epochs_is_left_out_and_counted(shares, people, unordered):
    few = shares[(shares["recording"] != "s03n0") | (shares["true"] != "N2") | (shares["epoch"] < 8)]
    count = few[(few["recording"] == "s03n0") & (few["true"] == "N2")]["epoch"].nunique()
    assert 0 < count < 5
    after, before = (chosen(table, RULE, rows="nights", selection="all").groupby("stage")["left_out"].first()
                     for table in (regress_all(few, people, [RULE], draws=199)[0], unordered))
    assert (after - before).to_dict() == {"W": 0, "N1": 0, "N2": 1, "N3": 0, "REM": 0}


def test_shares_of_nothing_are_replaced_and_counted(shares, people):
    table = shares.copy()
    nothing = (table["recording"] == "s04n0") & (table["modality"] == "EMG") & (table["true"] == "N2") & (table["fold"] == 0)
    assert nothing.sum() > 3
    table.loc[nothing, "share"] = 0.0
    joint = regress_all(table, people, [RULE], draws=99)[1].query("selection == 'all' and averaging == 'mean'")
    assert set(joint["replaced"]) == {int(nothing.sum())} and joint["T2"].notna().all()


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
    table = chosen(regress_all(few, people, [RULE], draws=199)[0], RULE)
    assert table[["coefficient_ols", "coefficient_clustered", "coefficient_permutation"]].isna().all(axis=None)
    assert set(table["reason_ols"]) == set(table["reason_clustered"]) == {"2 subjects with such epochs, too few for 4 terms"}
    men = people.loc[people["sex"] == "male", "subject"]
    table = chosen(regress_all(shares[shares["subject"].isin(men)], people, [RULE], draws=199)[0], RULE)
    assert set(table["reason_ols"]) == {"covariates cannot be told apart among these epochs"}


def test_the_only_man_is_a_reason_for_no_clustered_error_and_none_against_the_paper_s(shares, people):
    """Without him sex and the intercept are one, so that no jackknife can say how sure its coefficient is."""
    one = shares[shares["subject"].isin([*people.loc[people["sex"] == "female", "subject"], "s03"])]
    rows = chosen(regress_all(one, people, [RULE], draws=199)[0], RULE)
    assert set(rows["reason_clustered"]) == {"without subject s03 covariates cannot be told apart"}
    assert rows["p_ols"].notna().all() and rows["p_clustered"].isna().all()
    permuted = rows.groupby("covariate")["p_permutation"].apply(lambda p: p.notna().all())
    assert permuted.to_dict() == {"medication": True, "sex": False, "age": False}


def test_one_level_over_all_recordings_is_refused_by_name(shares, people):
    with pytest.raises(InputError, match="covariate sex"):
        regress_all(shares, people.assign(sex="male"), [RULE])


def test_a_category_of_three_levels_has_two_coefficients_a_cell(shares, people):
    doses = people.assign(dose=numpy.resize(["none", "half", "whole"], len(people))).drop(columns=["medication", "sex"])
    table = chosen(regress_all(shares, doses, [RULE], draws=199)[0], RULE)
    assert set(zip(table["level"], table["reference"])) == {("none", "half"), ("whole", "half"), ("", "")}


def test_a_recording_of_which_a_covariate_is_not_known_leaves_the_regression_alone(shares, people, unordered):
    gap = people.astype({"sex": object})
    gap.loc[gap["recording"] == "s03n0", "age"] = numpy.nan
    gap.loc[gap["recording"] == "s07n1", "sex"] = None
    rows = chosen(regress_all(shares, gap, [RULE], draws=199)[0], RULE)
    without = ~people["recording"].isin(["s03n0", "s07n1"])
    known = shares[shares["recording"].isin(people.loc[without, "recording"])]
    pandas.testing.assert_frame_equal(rows, chosen(regress_all(known, people[without], [RULE], draws=199)[0], RULE))
    assert 0 < rows["n"].iloc[0] < chosen(unordered, RULE)["n"].iloc[0]


def test_the_reference_level_is_the_one_that_is_asked_for(shares, people, unordered):
    """Against the other level, a two-level category's coefficient changes its sign and nothing else."""
    other = chosen(regress_all(shares, people, [RULE], {"medication": "temazepam"}, draws=1999)[0], RULE)
    usual = chosen(unordered, RULE)
    for name, sign, level, against in (("medication", -1, "placebo", "temazepam"), ("sex", 1, "male", "female")):
        first, second = (table[table["covariate"] == name] for table in (usual, other))
        assert set(zip(second["level"], second["reference"])) == {(level, against)}
        for test in ("ols", "clustered", "permutation"):
            numpy.testing.assert_allclose(second[f"coefficient_{test}"], sign * first[f"coefficient_{test}"], rtol=1e-9)
            numpy.testing.assert_allclose(second[f"p_{test}"], first[f"p_{test}"], rtol=1e-6, atol=1e-12)
    with pytest.raises(InputError, match="covariate sex: its reference men does not occur; it is female, male"):
        regress_all(shares, people, [RULE], {"sex": "men"})


def test_no_covariates_give_empty_tables(shares, people):
    assert [len(table) for table in regress_all(shares, people[["recording", "subject"]], [RULE])] == [0, 0]


def test_a_number_that_differs_between_nights_has_no_permutation_and_says_so(shares, people):
    caffeine = people[["recording", "subject"]].assign(caffeine=numpy.arange(len(people)) % 5 * 40.0)
    rows = chosen(regress_all(shares, caffeine, [RULE], draws=199)[0], RULE)
    assert set(rows["reason_permutation"]) == {"caffeine is a number that differs between nights of a subject"}
    assert rows["p_clustered"].notna().all()


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
    p = random.uniform(0, 0.2, (len(table), 3))
    p[0] = numpy.nan
    names = ("ols", "clustered", "permutation")
    return table.assign(selection="correct", scale="percent", **{f"p_{name}": p[:, at] for at, name in enumerate(names)},
                        **{f"q_{name}": 0.5 for name in names})


def test_p_are_corrected_together_with_those_of_the_family_that_is_asked_for(coefficients):
    same = coefficients[(coefficients["averaging"] == "mean") & (coefficients["rows"] == "epochs")]
    rows = chosen(coefficients, "a", family="all")
    assert list(rows["stage"]) == ["W", "N1", "N2"] and set(rows["family"]) == {5}
    for errors in ("ols", "clustered", "permutation"):
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
