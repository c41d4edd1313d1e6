"""Every slot of a recording is accounted for once, on a grid that follows the scoring."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.constants import STAGES
from helpers.data.ledger import drop_flat, make_ledger

MARK = st.tuples(st.sampled_from((0, 30, 30, 60, 7.5)), st.sampled_from((30, 60, 300, 12.25)),
                 st.sampled_from((*STAGES, *STAGES, "unscored", "movement")))


def _reasons(*arguments):
    return make_ledger(*arguments)["reason"].tolist()


def _touches(start, end, slot):
    return min(end, slot + 30) - max(start, slot) > 0.01


def _reason_written_out_again(slot, marks, duration, errors):
    """The reason by the words of the definition, looked up a tenth of a second at a time."""
    moments = [slot + 0.03 + tenth / 10 for tenth in range(300)]
    labels_at = [{label for start, end, label in marks if start < moment < end} for moment in moments]
    labels = set().union(*labels_at)
    if moments[0] < 0 or moments[-1] > duration:
        return "partial"
    if moments[0] < marks[0][0] or moments[-1] > max(end for _, end, _ in marks):
        return "outside hypnogram"
    if set() in labels_at or "unscored" in labels or len(labels & set(STAGES)) > 1:
        return "unscored"
    if "movement" in labels:
        return "movement"
    return "marker error" if any(_touches(*error, slot) for error in errors) else ""


@settings(max_examples=150, deadline=None)
@given(first=st.sampled_from((0, 0, 30, 10, -40, 17.5, 600)), parts=st.lists(MARK, min_size=1, max_size=12),
       duration=st.sampled_from((10, 300, 307, 1000)),
       errors=st.lists(st.tuples(st.integers(0, 900), st.sampled_from((0.5, 20, 95))), max_size=3))
def test_slots_are_kept_or_dropped_with_exactly_the_first_reason_that_applies(first, parts, duration, errors):
    marks, moment = [], first
    for hole, length, label in parts:
        marks.append((moment + hole, moment + hole + length, label))
        moment += hole + length
    errors = [(start, start + length) for start, length in errors]
    ledger = make_ledger(marks, duration, errors)
    assert ledger["kept"].sum() + (ledger["reason"] != "").sum() == len(ledger)
    assert ((ledger["reason"] == "") == ledger["kept"]).all()
    assert set(ledger.loc[ledger["kept"], "stage"]) <= set(STAGES)
    assert ledger["epoch"].tolist() == list(range(len(ledger)))
    assert ledger["onset_s"].iloc[0] <= 0 < ledger["onset_s"].iloc[0] + 30
    assert ledger["onset_s"].iloc[-1] < duration <= ledger["onset_s"].iloc[-1] + 30
    assert (ledger["onset_s"].diff().dropna() == 30).all()
    assert ledger["reason"].tolist() == [
        _reason_written_out_again(slot, marks, duration, errors) for slot in ledger["onset_s"]]


def test_a_scored_night_is_kept_whole():
    ledger = make_ledger([(0, 60, "W"), (60, 90, "N1"), (90, 150, "N2")], 150)
    assert ledger["kept"].all()
    assert ledger["stage"].tolist() == ["W", "W", "N1", "N2", "N2"]


def test_slots_follow_a_hypnogram_that_starts_at_no_multiple_of_30_s():
    ledger = make_ledger([(70, 100, "W"), (100, 160, "N2")], 185)
    assert ledger["onset_s"].tolist() == [-20, 10, 40, 70, 100, 130, 160]
    assert ledger["reason"].tolist() == ["partial", "outside hypnogram", "outside hypnogram", "", "", "", "partial"]
    assert ledger["stage"].tolist()[3:6] == ["W", "N2", "N2"]


def test_slots_follow_most_of_the_scoring_not_its_first_annotation():
    ledger = make_ledger([(-12, 0, "unscored"), (0, 90, "W")], 90)
    assert ledger["onset_s"].tolist() == [0, 30, 60] and ledger["kept"].all()


def test_a_hole_is_unscored_and_what_lies_around_the_hypnogram_is_outside():
    reasons = _reasons([(30, 60, "W"), (90, 120, "W")], 150)
    assert reasons == ["outside hypnogram", "", "unscored", "", "outside hypnogram"]


def test_a_slot_between_two_stages_has_none():
    ledger = make_ledger([(0, 60, "W"), (60, 80, "N1"), (80, 150, "N2")], 150)
    assert ledger["reason"].tolist() == ["", "", "unscored", "", ""]
    assert ledger["stage"].tolist() == ["W", "W", "", "N2", "N2"]


def test_movement_that_only_touches_a_slot_drops_it_and_its_stage_is_still_known():
    ledger = make_ledger([(0, 90, "N2"), (40, 43, "movement")], 90)
    assert ledger["reason"].tolist() == ["", "movement", ""]
    assert ledger["stage"].tolist() == ["N2", "N2", "N2"]


@pytest.mark.parametrize("reason, duration, marks, errors", [
    ("partial", 20, [(10, 30, "unscored"), (10, 30, "movement")], [(0, 20)]),
    ("outside hypnogram", 30, [(10, 30, "unscored"), (10, 30, "movement")], [(0, 20)]),
    ("unscored", 30, [(0, 30, "unscored"), (10, 30, "movement")], [(0, 20)]),
    ("movement", 30, [(0, 30, "W"), (10, 30, "movement")], [(0, 20)]),
    ("marker error", 30, [(0, 30, "W")], [(0, 20)]),
    ("flat", 30, [(0, 30, "W")], [])])
def test_of_all_that_befalls_a_slot_the_first_reason_is_given(reason, duration, marks, errors):
    ledger = drop_flat(make_ledger([*marks, (300, 3000, "W")], duration, errors), [True])
    assert ledger["reason"].tolist() == [reason]


@pytest.mark.parametrize("error, dropped", [
    ((30, 60), [1]), ((29.9, 30), [0]), ((45, 60.1), [1, 2]), ((10, 80), [0, 1, 2])])
def test_each_slot_that_a_marker_error_touches_is_dropped(error, dropped):
    reasons = _reasons([(0, 120, "REM")], 120, [error])
    assert [slot for slot, reason in enumerate(reasons) if reason == "marker error"] == dropped


def test_flat_slots_are_dropped_last():
    ledger = drop_flat(make_ledger([(0, 60, "W"), (60, 90, "movement")], 90), [False, True, True])
    assert ledger["reason"].tolist() == ["", "flat", "movement"]
    assert ledger["kept"].tolist() == [True, False, False]


def test_an_unscored_night_keeps_every_whole_slot_without_a_stage():
    ledger = make_ledger([], 130, [(40, 41)])
    assert ledger["onset_s"].tolist() == [0, 30, 60, 90, 120]
    assert ledger["reason"].tolist() == ["", "marker error", "", "", "partial"]
    assert set(ledger["stage"]) == {""}
    assert drop_flat(ledger, [True] * 5)["reason"].tolist() == ["flat", "marker error", "flat", "flat", "partial"]
