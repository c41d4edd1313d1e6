"""Shares held to themselves: agreement by an analysis of variance written out, on published ratings too; and what is done to signals."""

import numpy
import pandas
import pytest
from small_cohort import epochs_in, write_night
from uncompiled import uncompiled

from helpers.constants import KEYS, STAGES
from helpers.model import networks
from helpers.model.predict import predict_fold
from helpers.relevance import Explainer, rules
from helpers.relevance.shares import explain_fold
from helpers.trust import stability as trial
from helpers.trust.altered import SEED
from helpers.trust.sample import sample
from helpers.trust.stability import FOLD, NOISE, SHIFT, changes, folds_apart, intraclass, pairs, seeds_apart, stability

#: Six targets by four judges (Shrout and Fleiss 1979, table 2).
RATINGS = numpy.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
NAMES = ("EEG", "EOG", "EMG")


@pytest.fixture(scope="module", autouse=True)
def quick():
    with uncompiled():
        yield


def by_variance(table):
    """ICC(A,1) by a two-way analysis of variance of (targets, judges), sum by sum (McGraw and Wong 1996)."""
    n, k = table.shape
    grand = table.mean()
    of_rows = k * sum((row.mean() - grand)**2 for row in table) / (n - 1)
    of_columns = n * sum((column.mean() - grand)**2 for column in table.T) / (k - 1)
    error = sum((table[i, j] - table[i].mean() - table[:, j].mean() + grand)**2 for i in range(n) for j in range(k)) / ((n - 1) * (k - 1))
    return (of_rows - error) / (of_rows + (k - 1) * error + k / n * (of_columns - error))


def moments(x, y):
    return numpy.array([len(x), sum(x), sum(y), sum(x * x), sum(y * y), sum(x * y)])


def test_the_analysis_of_variance_gives_what_was_published():
    """.29 for the four judges (Shrout and Fleiss 1979, table 4)."""
    assert by_variance(RATINGS) == pytest.approx(.29, abs=.005)


@pytest.mark.parametrize("one, other", [(0, 1), (0, 3), (1, 2), (2, 3), (3, 0)])
def test_two_judges_agree_as_the_analysis_of_variance_says(one, other):
    pair = RATINGS[:, [one, other]]
    assert intraclass(moments(*pair.T)) == pytest.approx(by_variance(pair), rel=1e-12)


def test_agreement_of_columns_at_once_and_its_limits():
    random = numpy.random.default_rng(0)
    x, noise = random.uniform(size=(2, 5000))
    found = intraclass(numpy.array([[moments(x, x), moments(x, x + .5)], [moments(x, noise), moments(x, 1 - x)]]))
    assert found[0, 0] == pytest.approx(1)
    assert found[0, 1] == pytest.approx((1 / 12) / (1 / 12 + .5**2 / 2), rel=.03), "a shift of all lowers it, unlike a correlation"
    assert found[1, 0] == pytest.approx(0, abs=.05) and found[1, 1] == pytest.approx(-1, abs=.01)


@pytest.mark.parametrize("value", [1.0, .43, 1 / 3])
def test_nothing_is_said_of_shares_that_never_differ(value):
    assert numpy.isnan(intraclass(moments(numpy.full(60, value), numpy.full(60, value))))


def both(subjects=8, epochs=12, seed=1, rule="eps=1", change=NOISE, true=("N2", "REM")):
    """Pairs of shares of three modalities, and the same as an array (epochs, modalities, 2) with the epochs' subjects."""
    random = numpy.random.default_rng(seed)
    of_subject = random.dirichlet([3, 2, 1], subjects)
    first = numpy.repeat(of_subject, epochs, axis=0) + random.dirichlet([3, 3, 3], subjects * epochs)
    then = first + random.normal(scale=(.05, .1, .3), size=first.shape)
    found = [(1, "n", f"s{at // epochs}", at, true[at % len(true)], "N2", rule, name, change, *pair)
             for at, pairs_of in enumerate(zip(first, then)) for name, *pair in zip(NAMES, *pairs_of)]
    table = pandas.DataFrame(found, columns=[*KEYS, "rule", "modality", "change", "share", "changed"])
    return table, numpy.stack([first, then], axis=2), numpy.arange(subjects * epochs) // epochs


def cell(found, **wanted):
    for name, value in {"stage": "all", "modality": "all", **wanted}.items():
        found = found[found[name] == value]
    [row] = found.itertuples()
    return row


def test_agreement_is_of_every_modality_and_their_mean_over_all_epochs_and_by_true_stage():
    table, values, _ = both()
    found = stability(table.sample(frac=1, random_state=0), draws=20)
    for stage, chosen in (("all", slice(None)), ("N2", slice(0, None, 2)), ("REM", slice(1, None, 2))):
        expected = {name: by_variance(values[chosen, at]) for at, name in enumerate(NAMES)}
        for name in NAMES:
            assert cell(found, stage=stage, modality=name).icc == pytest.approx(expected[name], rel=1e-9)
        assert cell(found, stage=stage).icc == pytest.approx(numpy.mean(list(expected.values())), rel=1e-9)
    assert cell(found, modality="EEG").icc > cell(found, modality="EOG").icc > cell(found, modality="EMG").icc
    assert (cell(found).epochs, cell(found).subjects, cell(found, stage="N2").epochs) == (96, 8, 48)
    assert len(found) == 3 * 4


def test_intervals_are_over_subjects_as_in_a_loop():
    table, values, subjects = both()
    row, drawn = cell(stability(table, draws=200, seed=6)), []
    for counts in numpy.random.default_rng(6).multinomial(8, [1 / 8] * 8, 200):
        chosen = numpy.concatenate([numpy.flatnonzero(subjects == subject) for subject in range(8) for _ in range(counts[subject])])
        drawn.append(numpy.mean([by_variance(values[chosen, at]) for at in range(3)]))
    assert [row.low, row.high] == pytest.approx(numpy.percentile(drawn, [2.5, 97.5]).tolist(), rel=1e-9)
    assert row.low < row.icc < row.high


def test_rules_and_changes_stand_apart_and_epochs_without_a_share_are_left_out():
    table, values, _ = both()
    other, others, _ = both(seed=2, rule="eps=2", change=SHIFT)
    gone = table["epoch"] == 5
    found = stability(pandas.concat([table.assign(changed=table["changed"].where(~gone)), other]), draws=10)
    one, two = cell(found, rule="eps=1", change=NOISE, modality="EOG"), cell(found, rule="eps=2", change=SHIFT, modality="EOG")
    assert one.icc == pytest.approx(by_variance(numpy.delete(values[:, 1], 5, axis=0)), rel=1e-9) and one.epochs == 95
    assert two.icc == pytest.approx(by_variance(others[:, 1]), rel=1e-9) and two.epochs == 96


def shares(*rows):
    """A table of shares of EEG, of which EOG has the rest, from (fold, epoch, predicted, share, more columns)."""
    made = [dict(zip(KEYS, (fold, "n", "s", epoch, "N2", predicted))) | {"rule": "eps=1", "modality": name, "share": part, **more}
            for fold, epoch, predicted, share, more in rows for name, part in (("EEG", share), ("EOG", 1 - share))]
    return pandas.DataFrame(made)


def test_pairs_are_of_the_same_epoch_rule_and_modality():
    table = shares((0, 1, "N2", .2, {"change": ""}), (0, 2, "W", .3, {"change": ""}), (0, 1, "N2", .25, {"change": NOISE}),
                   (0, 2, "W", .6, {"change": NOISE}), (0, 2, "W", .9, {"change": SHIFT}), (1, 1, "N2", .7, {"change": ""}))
    more = pandas.DataFrame({"rule": ["deeplift"], "change": [FOLD], "share": [.1], "changed": [.2]})
    found = pairs(table.astype({"modality": "category", "change": "category"}), [more])
    assert len(found) == 7 and found.iloc[-1]["rule"] == "deeplift"
    eeg = found[found["modality"] == "EEG"].set_index(["change", "epoch"])[["share", "changed"]]
    assert {key: tuple(row) for key, row in zip(eeg.index, eeg.to_numpy())} == {
        (NOISE, 1): (.2, .25), (NOISE, 2): (.3, .6), (SHIFT, 2): (.3, .9)}


def test_folds_are_paired_by_epoch_where_they_predicted_the_same():
    """Epoch 1: folds 2 and 4 say the same. Epoch 2: they do not. Epoch 3: one fold tested it. Epoch 4: of three, the first two count."""
    table = shares((4, 1, "N2", .4, {}), (2, 1, "N2", .2, {}), (2, 2, "N2", .3, {}), (4, 2, "W", .3, {}), (2, 3, "N2", .3, {}),
                   (5, 4, "REM", .5, {}), (4, 4, "REM", .7, {}), (2, 4, "REM", .6, {}))
    found = folds_apart(table)
    eeg = found[found["modality"] == "EEG"].sort_values("epoch")
    assert eeg[["fold", "epoch", "share", "changed"]].values.tolist() == [[2, 1, .2, .4], [2, 4, .6, .7]]
    assert list(found) == [*KEYS, "rule", "modality", "share", "changed", "change"] and set(found["change"]) == {FOLD} and len(found) == 4


def test_seeds_are_paired_with_the_intact_epochs_of_the_same_fold():
    disturbed = shares((0, 1, "N2", .2, {"change": ""}), (0, 1, "N2", .8, {"change": NOISE}), (1, 1, "N2", .5, {"change": ""}))
    theirs = shares((0, 1, "N2", .3, {"network": SEED}), (0, 1, "N2", .9, {"network": "shuffled stages"}))
    found = seeds_apart(disturbed, theirs)
    assert found[["fold", "modality", "share", "changed", "change"]].values.tolist() == [[0, "EEG", .2, .3, SEED], [0, "EOG", .8, .7, SEED]]


def test_signals_change_by_a_tenth_of_noise_by_gains_and_by_a_second():
    x = numpy.random.default_rng(0).normal(size=(5, 3000, 3)).astype("float32")
    made = {name: change(x, numpy.random.default_rng(1)) for name, change in changes({"EEG": [0], "two": [1, 2]}).items()}
    assert list(made) == [NOISE, "gain of EEG", "gain of two", SHIFT]
    noise = made[NOISE] - x
    assert made[NOISE].dtype == "float32" and noise.std(axis=(0, 1)) == pytest.approx([.1] * 3, rel=.02)
    assert abs(numpy.corrcoef(noise.ravel(), x.ravel())[0, 1]) < .02
    numpy.testing.assert_allclose(made["gain of EEG"], x * numpy.float32([1.1, 1, 1]), rtol=1e-6)
    numpy.testing.assert_allclose(made["gain of two"], x * numpy.float32([1, 1.1, 1.1]), rtol=1e-6)
    numpy.testing.assert_array_equal(made[SHIFT][:, :2900], x[:, 100:])
    numpy.testing.assert_array_equal(made[SHIFT][:, 2900:], x[:, :100])
    assert made["gain of EEG"] is not x and x.std() == pytest.approx(1, abs=.02)


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory):
    """(table of `disturb_fold`, epochs, predictions, weights' path, model) of two nights of 2 s epochs."""
    folder, random = tmp_path_factory.mktemp("disturbed"), numpy.random.default_rng(0)
    for number, name in enumerate(("n1", "n2")):
        write_night(folder / "epochs", name, f"s{number}", random.choice(STAGES, 25), number, samples=200)
    epochs, model = epochs_in(folder / "epochs"), networks.build(3, 5, 200, seed=3)
    *others, bias = model.get_weights()
    model.set_weights([*others, bias - numpy.log(model(epochs.signals(range(50)))).mean(axis=0)])  # no stage is the likeliest of all epochs
    networks.save_weights(model, folder / "weights.npz")
    predictions = predict_fold(epochs, folder / "weights.npz", 1)
    table = trial.disturb_fold(epochs, predictions, folder / "weights.npz", None, ["eps=1"], 3, 4)
    return table, epochs, predictions, folder / "weights.npz", model


def test_the_sample_is_explained_as_it_is_and_changed(disturbed):
    table, epochs, predictions, weights, model = disturbed
    tested = sample(predictions, 3, 4)
    assert table.groupby(["rule", "change"]).size().to_dict() == {
        (rule, change): 3 * len(tested) for rule in ("eps=1", "gradient-input")
        for change in ("", NOISE, "gain of EEG", "gain of EOG", "gain of EMG", SHIFT)}
    intact = explain_fold(epochs, tested, weights, None, ["eps=1", "gradient-input"], "own")
    keys = ["rule", "recording", "epoch", "modality"]
    both_tables = [found.sort_values(keys)["share"].to_numpy() for found in (table[table["change"] == ""], intact)]
    numpy.testing.assert_allclose(*both_tables, atol=1e-5)
    stage = tested["predicted"].map(STAGES.index).to_numpy()
    x = epochs.signals(epochs.rows(tested))
    later = numpy.concatenate([x[:, 100:], x[:, :100]], axis=1)
    assert (numpy.argmax(model(later), axis=1) != stage).any(), "another stage is predicted of some, and not explained"
    explainer = Explainer(model, {"eps=1": rules.Epsilon(1)})
    for change, signals in ((SHIFT, later), ("gain of EOG", x * numpy.float32([1, 1.1, 1]))):
        expected = explainer.shares(signals, epochs.modalities, stage)[:, 0]
        here = table[(table["rule"] == "eps=1") & (table["change"] == change)]
        mine = here.set_index(["recording", "epoch", "modality"])["share"].unstack()[list(NAMES)]
        numpy.testing.assert_allclose(mine.loc[list(zip(tested["recording"], tested["epoch"]))], expected, atol=1e-5)
        assert numpy.abs(expected - explainer.shares(x, epochs.modalities, stage)[:, 0]).max() > 1e-3


def test_shares_of_changed_epochs_agree_with_those_of_intact_ones_not_with_those_of_others(disturbed):
    """A little noise leaves shares nearly as they were; shares of other epochs under the same name would not agree."""
    table = pairs(disturbed[0])
    found = stability(table[table["rule"] == "eps=1"], draws=10)
    assert cell(found, change=NOISE).icc > .5
    moved = table.assign(changed=table.groupby(["rule", "modality", "change"])["changed"].shift(7)).dropna()
    assert abs(cell(stability(moved[moved["rule"] == "eps=1"], draws=10), change=NOISE).icc) < .5
