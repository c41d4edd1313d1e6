"""The one table of measures, of tables in which it is known which way of explaining is better than the size of the signal."""

import numpy
import pandas
import pytest

from helpers.constants import KEYS
from helpers.trust.altered import SEED, SHUFFLED
from helpers.trust.measures import COLUMNS, MEASURES, measures, signs, windows
from helpers.trust.perturbation import EPOCH, POWER, RANDOM, REFERENCES, SIZE, TRIED, ZEROS
from helpers.trust.planted_signs import ANY
from helpers.trust.stability import FOLD, NOISE, SHIFT

NAMES = ("EEG", "EOG")
#: Sleepers, and epochs of each, half of them N2 and half REM.
SUBJECTS, EPOCHS = 10, 6


def each(seed=0):
    """Keys of every epoch, with modality and a number that differs between sleepers and epochs."""
    random = numpy.random.default_rng(seed)
    return [((1, "n", f"s{subject}", 100 * subject + epoch, stage, stage, name), random.normal(scale=.2) + level)
            for subject, level in enumerate(random.normal(scale=.3, size=SUBJECTS))
            for epoch, stage in enumerate(["N2", "REM"] * (EPOCHS // 2)) for name in NAMES]


def lost_by(**beyond):
    """The table of windows: gap of |x| 1 + a number, that of a way `beyond` more; random orders have 0, one by one 5."""
    rows = []
    for key, number in each():
        gaps = {SIZE: 1 + number, RANDOM: 0.0, TRIED: 5.0, POWER: .5}
        gaps |= {name: 1 + number + more(number) for name, more in beyond.items()}
        for rule, gap in gaps.items():
            rows += [(*key, rule, 3.0, EPOCH, 2 + gap, 2.0), (*key, rule, 1.0, EPOCH, 99.0, 0.0), (*key, rule, 3.0, ZEROS, -99.0, 0.0)]
    return pandas.DataFrame(rows, columns=[*KEYS, "modality", "rule", "window_s", "replacement", "most", "least"])


def planted_by(**beyond):
    """The table of signs: they fill a tenth of EEG and a fifth of EOG; the ratio of |x| is 2 + a number."""
    rows = []
    for key, number in each(1):
        for rule, ratio in {SIZE: 2 + number, **{name: 2 + number + more(number) for name, more in beyond.items()}}.items():
            part = .1 if key[-1] == "EEG" else .2
            rows += [(*key, rule, ANY, part, ratio), (*key, rule, "spindle", part / 2, 99.0)]
    return pandas.DataFrame(rows, columns=[*KEYS, "modality", "rule", "sign", "part", "ratio"])


WAYS = {"same": lambda number: 0, "clear": lambda number: .5 + number / 10, "worse": lambda number: -.5, "hardly": lambda number: .01 - number}


def row(table, **wanted):
    for name, value in {"stage": "all", **wanted}.items():
        table = table[table[name] == value]
    [found] = table.itertuples()
    return found


@pytest.mark.parametrize("table, made", [(windows, lost_by), (signs, planted_by)], ids=["windows", "signs"])
def test_a_way_fails_that_is_no_better_than_the_size_of_the_signal_and_a_clearly_better_one_does_not(table, made):
    found = table(made(**WAYS))
    fails = {rule: row(found, rule=rule).fails for rule in WAYS}
    assert fails == {"same": True, "clear": False, "worse": True, "hardly": True}
    assert not found.loc[found["rule"].isin(REFERENCES), "fails"].any(), "what it is held against is not on trial"
    assert (found.loc[found["rule"] == "same", "fails"]).all() and not found.loc[found["rule"] == "clear", "fails"].any(), "in every stage"


def test_a_difference_in_the_same_epochs_counts_where_intervals_overlap():
    """Always .1 more than |x|: far less than sleepers differ, yet certain."""
    found = windows(lost_by(little=lambda number: .1))
    mine, size = row(found, rule="little"), row(found, rule=SIZE)
    assert mine.low < size.value < mine.value < size.high and not mine.fails


def test_windows_are_the_mean_gap_of_the_first_kind_of_window():
    table = lost_by(**WAYS)
    found = windows(table.astype({"rule": "category", "modality": "category", "true": "category"}))
    numbers = numpy.array([number for _, number in each()])
    rem = numpy.array([key[4] == "REM" for key, _ in each()])
    mine = row(found, rule="clear")
    assert mine.value == pytest.approx((1.5 + 1.1 * numbers).mean()) and (mine.nothing, mine.best) == pytest.approx((0, 5))
    assert row(found, rule="clear", stage="REM").value == pytest.approx((1.5 + 1.1 * numbers[rem]).mean())
    assert (mine.epochs, mine.subjects, row(found, rule="clear", stage="REM").epochs) == (60, 10, 30)
    assert mine.low < mine.value < mine.high and row(found, rule=RANDOM).value == 0 and row(found, rule=TRIED).value == 5
    assert set(found["stage"]) == {"all", "N2", "REM"} and set(found["measure"]) == {"windows"}


def test_signs_are_the_mean_ratio_over_all_signs_beside_the_best_there_is():
    found = row(signs(planted_by(**WAYS)), rule="worse")
    assert found.value == pytest.approx(1.5 + numpy.mean([number for _, number in each(1)]))
    assert (found.nothing, found.best) == pytest.approx((1, (10 + 5) / 2)) and found.epochs == 60


def test_an_epoch_without_relevance_is_left_out_of_signs():
    table = planted_by(clear=WAYS["clear"])
    gone = (table["rule"] == "clear") & (table["subject"] == "s3")
    found = row(signs(table.assign(ratio=table["ratio"].where(~gone))), rule="clear")
    kept = [2.5 + 1.1 * number for key, number in each(1) if key[2] != "s3"]
    assert found.value == pytest.approx(numpy.mean(kept)) and not found.fails


def floor_table():
    """Shares with the signal and with noise: EEG has more in every epoch, EOG in none; by sign it is the other way round."""
    rows = []
    for key, _ in each():
        *epoch, name = key
        for noise, share, signed in (("", .5, 0), (name, .4 if name == "EEG" else .6, .2 if name == "EEG" else -.2)):
            rows.append((*epoch, "eps=1", name, noise, share, (share + signed) / 2, (share - signed) / 2))
    return pandas.DataFrame(rows, columns=[*KEYS, "rule", "modality", "noise", "share", "positive", "negative"])


def alike_table(**sizes):
    return pandas.DataFrame([(*key[:-1], rule, size + number / 10, depth) for key, number in each() if key[-1] == "EEG"
                             for rule, size in sizes.items() for depth in (.3, 1.0)], columns=[*KEYS, "rule", "size", "depth"])


def agreement_table():
    return pandas.DataFrame([("eps=1", stage, measure, .3, .2, .4, 0.0, 60, 10) for stage in ("all", "N2") for measure in ("leading", "rank")],
                            columns=["rule", "stage", "measure", "value", "low", "high", "nothing", "epochs", "subjects"])


def stable_table():
    values = {NOISE: .9, "gain of EEG": .8, SHIFT: .4, SEED: .3, FOLD: .2}
    return pandas.DataFrame([("eps=1", change, stage, name, icc + (name == "EEG") / 10, icc - .1, icc + .1, 60, 10)
                             for change, icc in values.items() for stage in ("all", "N2") for name in ("all", "EEG")],
                            columns=["rule", "change", "stage", "modality", "icc", "low", "high", "epochs", "subjects"])


def everything(planted=True, alike=True):
    drawn = alike_table(fixed=.9, free=.2, between=.5)
    drawn.loc[drawn["depth"] < 1, "size"] = -9
    other = pandas.concat([alike_table(free=.3).assign(network=SHUFFLED), alike_table(free=.8).assign(network=SEED)])
    return measures(agreement_table(), floor_table(), lost_by(**WAYS), planted_by(**WAYS) if planted else None, drawn,
                    other if alike else other.iloc[:0], stable_table())


@pytest.fixture(scope="module")
def table():
    return everything()


def test_every_measure_is_there_in_one_table(table):
    assert list(table) == COLUMNS and set(table["measure"]) == set(MEASURES)
    assert not table.duplicated(["rule", "stage", "measure"]).any()
    assert set(table["fails"]) == {True, False} and set(table.loc[table["fails"], "measure"]) == {"windows", "signs", "random weights"}


def test_real_nights_have_no_signs_and_runs_without_other_networks_no_shuffled_stages():
    assert set(MEASURES) - set(everything(planted=False, alike=False)["measure"]) == {"signs", "shuffled stages"}


def test_a_map_fails_that_hardly_depends_on_the_weights(table):
    """Of networks all of whose layers are drawn anew; one of .5 may depend on them."""
    found = {rule: row(table, rule=rule, measure="random weights") for rule in ("fixed", "free", "between")}
    assert [found[rule].fails for rule in found] == [True, False, False] and found["between"].low < .5 < found["between"].high
    numbers = [number / 10 for key, number in each() if key[-1] == "EEG"]
    assert found["fixed"].value == pytest.approx(.9 + numpy.mean(numbers))
    assert (found["fixed"].nothing, found["fixed"].best, found["fixed"].epochs) == (1, 0, 60)
    shuffled = row(table, rule="free", measure="shuffled stages")
    assert shuffled.value == pytest.approx(.3 + numpy.mean(numbers)), "another seed is no such network"


def test_what_tells_signal_from_noise_is_counted_over_epochs_and_modalities(table):
    """EEG is told by its share in all epochs and EOG in none; by sign the other way round."""
    for measure in ("told", "told by sign"):
        found = row(table, rule="eps=1", measure=measure)
        assert (found.value, found.nothing, found.best, found.epochs) == (.5, .5, 1, 60)
    eeg = floor_table().query("modality == 'EEG'")
    tied = eeg.assign(share=numpy.where(eeg["noise"] == "", eeg["share"], numpy.where(eeg["true"] == "N2", .5, .4)))
    misread = eeg.assign(recording="m", predicted="W", share=numpy.where(eeg["noise"] == "", .1, .9))
    found = measures(agreement_table(), pandas.concat([tied, misread]), lost_by(), None, alike_table(free=.2), pandas.DataFrame(),
                     stable_table())
    told = {stage: row(found, rule="eps=1", measure="told", stage=stage).value for stage in ("all", "N2", "REM")}
    assert told == {"all": .75, "N2": .5, "REM": 1}, "ties count half, and epochs that were misread not at all"
    assert row(found, rule="eps=1", measure="told by sign").value == 0


def test_small_changes_are_averaged_and_other_networks_stand_apart(table):
    found = {measure: row(table, rule="eps=1", measure=measure, stage="N2") for measure in ("small changes", "another seed", "another fold")}
    assert [found[measure].value for measure in found] == pytest.approx([.7, .3, .2])
    assert (found["small changes"].low, found["small changes"].high, found["another fold"].high) == pytest.approx((.6, .8, .3))
    assert {(one.nothing, one.best, one.fails) for one in found.values()} == {(0, 1, False)}


def test_agreement_with_shapley_values_is_that_of_the_leading_modality(table):
    found = row(table, measure="leading")
    assert (found.value, found.low, found.high, found.nothing, found.best, found.fails) == (.3, .2, .4, 0, 1, False)
