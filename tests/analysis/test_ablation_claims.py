"""What the papers on ablation say, held against recall that is lost without a modality: tables made by hand."""

import numpy
import pandas
import pytest

from helpers.analysis.findings import Findings
from helpers.constants import STAGES

from . import worlds
from .worlds import judged

NREM = ("N1", "N2", "N3")


def _lost(**by_modality):
    """(stage, modality) → recall lost, the same in every stage."""
    return {(stage, name): value for name, value in by_modality.items() for stage in STAGES}


#: claim → recall lost with which it holds, then some in each of which one part of it is the other way round.
WORLDS = {
    "8a": (_lost(EEG=.3), *({**_lost(EEG=-.05), **{(stage, "EEG"): .3 for stage in stages}} for stages in (("W", "N2"), ("REM",)))),
    "8b": (_lost(EEG=.3, EOG=.2, EMG=.1), *({**_lost(EEG=.3, EOG=.2, EMG=.1), (stage, name): .4}
                                            for stage in ("W", "N2", "N3", "REM") for name in ("EOG", "EMG"))),
    "8c": (_lost(EOG=.2), *({**_lost(EOG=.2), (stage, "EOG"): -.1} for stage in (*NREM, "REM"))),
    "8d": (_lost(EMG=.047, EEG=.5), *({**_lost(EEG=.5), (stage, "EMG"): value} for stage in STAGES for value in (.053, -.053))),
}


@pytest.mark.parametrize("claim", WORLDS)
def test_what_ablation_says_is_judged_by_every_replacement(claim):
    first, *others = WORLDS[claim]
    assert judged(claim, of_ablation=worlds.ablated(first))[0]["verdict"] == "holds"
    for other in others:
        row, specifications = judged(claim, of_ablation=worlds.ablated(other))
        assert row["verdict"] == "fails", (other, row["found"])
        assert row["combinations"] == len(specifications) == row["fails"] == 3 and row["choice"] == "replaced by zeros"
    for table in (worlds.ablated(first, spread=.5), worlds.ablated(first, folds=2)):
        assert judged(claim, of_ablation=table)[0]["verdict"] == "undecided"
    assert judged(claim, of_ablation=None)[0]["verdict"] == "not applicable"
    assert judged(claim, worlds.equal_shares().query("modality == 'EOG'"))[0]["verdict"] == "not applicable" or claim == "8c"


def test_eeg_may_matter_least_in_nrem1():
    lost = worlds.ablated({**_lost(EEG=.3, EOG=.2, EMG=.1), ("N1", "EEG"): 0})
    assert judged("8b", of_ablation=lost)[0]["verdict"] == "holds"


@pytest.mark.parametrize("lost, verdict", [(_lost(EEG=.3, EOG=.05, EMG=.05), "holds"), (_lost(EEG=.1, EOG=.4, EMG=.05), "fails"),
                                           (_lost(EEG=.1, EOG=.05, EMG=.4), "fails")])
def test_relevance_gives_eog_and_emg_more_than_ablation_does(lost, verdict):
    """A third of relevance each, against these parts of what ablation costs."""
    row, specifications = judged("8e", of_ablation=worlds.ablated(lost, folds=4))
    assert row["verdict"] == verdict, row["found"]
    assert len(specifications) == 18 and set(specifications["averaging"]) == {"mean", "pooled"}


def test_relevance_against_ablation_is_undecided_with_folds_that_disagree_and_not_applicable_without():
    assert judged("8e", of_ablation=worlds.ablated(_lost(EEG=.2, EOG=.1, EMG=.1), 4, .1))[0]["verdict"] == "undecided"
    assert judged("8e", of_ablation=None)[0]["verdict"] == "not applicable"


def test_an_interval_over_folds_allows_for_what_they_share():
    """Nadeau and Bengio's variance, (1/F + 0.18) s², by hand; t with 4 degrees of freedom is 2.776 at 97.5 %."""
    settings = {**worlds.CONTENT["settings"], "draws": 10}
    findings = Findings(worlds.equal_shares(), None, None, worlds.EPOCHS, None, False, settings)
    interval = findings.over_folds([1, 2, 3, 4, numpy.nan, 5])
    assert interval.value == 3 and interval.high - 3 == pytest.approx(2.7764 * (2.5 * (1 / 5 + 0.18)) ** 0.5, rel=1e-4)
    assert interval.inner_high - 3 == pytest.approx(2.1318 * (2.5 * (1 / 5 + 0.18)) ** 0.5, rel=1e-4)


def test_without_results_of_a_replacement_there_is_no_choice_of_it():
    """Of a run whose trial is off, exchange alone: the paper's own replacement cannot be judged, the other can."""
    row, specifications = judged("8c", of_ablation=worlds.ablated(_lost(EOG=.2), by=["exchange"]))
    assert row["verdict"] == "not applicable" and "replaced by zeros" in row["found"]
    assert list(specifications["replacement"]) == ["exchange"] and row["holds"] == 1


@pytest.mark.parametrize("line, verdict", [(_lost(EEG=.3), "holds"), (_lost(EOG=.3), "fails"),
                                           ({**_lost(EEG=.3), ("REM", "EOG"): .4, ("W", "EMG"): .4}, "holds"),
                                           ({**_lost(EOG=.3), ("REM", "EEG"): .4, ("W", "EEG"): .4}, "fails")])
def test_zeros_and_line_noise_agree_where_the_same_modality_costs_most_in_most_stages(line, verdict):
    tables = [worlds.ablated(_lost(EEG=.2), by=["zeros"]), worlds.ablated(line, by=["line noise"])]
    row, _ = judged("8g", of_ablation=pandas.concat(tables))
    assert row["verdict"] == verdict, row["found"]


def test_agreement_of_replacements_is_undecided_with_folds_that_disagree_and_not_applicable_without_both():
    random = numpy.random.default_rng(1)
    tables = [worlds.ablated(_lost(EEG=.2), by=["zeros"]), worlds.ablated({}, by=["line noise"])]
    tables[1]["lost"] = random.normal(size=len(tables[1]))
    tables[1].loc[tables[1]["fold"] < 3, "lost"] += 9 * (tables[1]["modality"] == "EEG")
    assert judged("8g", of_ablation=pandas.concat(tables))[0]["verdict"] == "undecided"
    assert judged("8g", of_ablation=tables[0])[0]["verdict"] == "not applicable"
