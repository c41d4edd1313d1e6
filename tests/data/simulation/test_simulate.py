"""Simulated nights: the shape of telemetry files, the same bytes for a seed, waveforms where sleep has them, and a truth
that says what was planted. Files are read back with MNE and edfio; frequencies come from scipy's Welch estimate.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import json
from collections import Counter, defaultdict

import mne
import numpy
import pytest

from helpers.constants import MODALITIES, STAGES
from helpers.data.simulation import defects, stage_sequence
from helpers.data.simulation.simulate import COLUMNS, holds, simulate
from helpers.data.stage_texts import TEXTS
from helpers.errors import InputError

CHANNELS = ["EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal", "EMG submental", "Marker"]
pytestmark = pytest.mark.filterwarnings("ignore:Channels contain different:RuntimeWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("nights") / "made", 8, 12, 1, cycle_minutes=12)


@pytest.fixture(scope="module")
def table(folder):
    with open(folder / "recordings.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def truth(folder):
    return json.loads((folder / "truth.json").read_text())


def scoring(folder, row):
    """(s from the start of the signal, duration, text) of a hypnogram, placed by both files' header times."""
    import edfio

    psg, hypnogram = (edfio.read_edf(folder / row[kind]) for kind in ("psg", "hypnogram"))
    late = (hypnogram.startdatetime - psg.startdatetime).total_seconds()
    return [(mark.onset + late, mark.duration, mark.text) for mark in hypnogram.annotations]


def test_the_same_seed_gives_the_same_bytes_on_any_machine_and_another_seed_others(tmp_path):
    def digests(folder):
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    first, other = digests(simulate(tmp_path / "a", 1, 10, 5)), digests(simulate(tmp_path / "b", 1, 10, 6))
    assert len(first) == 8 and not set(first.values()) & set(other.values())
    # The table holds the hashes of the nights. Taken with AVX-512, and the same without it or AVX2 (set
    # NPY_DISABLE_CPU_FEATURES to see). Changes with what is simulated, with edfio's
    # header and with numpy's generators, all of which are pinned.
    assert first["recordings.csv"] == "781cde500e2c1781965959a027900c631a0ed1fa0b2cd09506793a35f7441bce"


def test_every_recording_has_the_telemetry_shape(folder, table):
    assert len(table) == 16
    for row in table:
        path = folder / row["psg"]
        size, header = path.stat().st_size, path.read_bytes()[:1536]
        assert header[:8].strip() == b"0" and header[184:192].strip() == b"1536" and header[192:236].strip() == b""
        assert float(header[244:252]) == 10 and (size - 1536) % 8200 == 0
        assert (size - 1536) // 8200 * 10 == int(row["signal_seconds"])
        raw = mne.io.read_raw_edf(path, verbose="error")
        assert raw.ch_names == CHANNELS and raw.info["sfreq"] == 100
        assert raw.info["subject_info"]["sex"] == {"male": 1, "female": 2}[row["sex"]]
        assert row["psg"][:7] == row["hypnogram"][:7] and row["psg"][7:] == "0-PSG.edf"
        assert (folder / row["hypnogram"]).read_bytes()[192:197] == b"EDF+C"


def test_the_marker_is_at_10_hz_with_two_levels(folder, table, truth):
    import edfio

    seen = set()
    for row in table:
        marker = edfio.read_edf(folder / row["psg"]).get_signal("Marker")
        assert (marker.sampling_frequency, marker.physical_dimension) == (10, "ID+M-E")
        expected = numpy.ones(len(marker.data))
        for start, end in truth["traps"][row["psg"][:6]]["marker_errors_s"]:
            expected[round(10 * start):round(10 * end)] = -31
            seen.add(start % 30 == 0)
        numpy.testing.assert_array_equal(marker.data, expected)
    assert False in seen, "no error begins inside an epoch"


def test_the_table_has_the_telemetry_columns_and_true_sizes_and_hashes(folder, table):
    assert tuple(table[0]) == COLUMNS
    for row in table:
        for kind in ("psg", "hypnogram"):
            content = (folder / row[kind]).read_bytes()
            assert len(content) == int(row[f"{kind}_bytes"])
            assert hashlib.sha256(content).hexdigest() == row[f"{kind}_sha256"]


def test_each_subject_has_one_night_on_each_medication_in_either_order(table):
    orders = defaultdict(list)
    for row in table:
        orders[row["subject"]].append(row["medication"])
    assert all(sorted(order) == ["placebo", "temazepam"] for order in orders.values())
    assert Counter(order[0] for order in orders.values()) == {"placebo": 4, "temazepam": 4}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ages_are_spread_sexes_balanced_and_the_two_nearly_unrelated(seed):
    from helpers.data.simulation.simulate import _people

    people = _people(22, numpy.random.default_rng([seed, 0]))
    ages, male = (numpy.array(values) for values in zip(*((age, sex == "male") for age, sex, _ in people)))
    assert ages.min() < 25 and ages.max() > 72 and ages.max() <= 79 and ages.min() >= 18
    assert 22 / 3 <= male.sum() <= 44 / 3
    assert abs(numpy.corrcoef(ages, male)[0, 1]) < 0.1


def test_hypnograms_place_stages_defects_and_a_trailing_unknown_that_outlasts_the_signal(folder, table, truth):
    for row in table:
        marks, known = scoring(folder, row), truth["traps"][row["psg"][:6]]
        seconds = int(row["signal_seconds"])
        onset, duration, text = marks[-1]
        assert text == "Sleep stage ?" and onset + duration > seconds
        at = {second: text for onset, duration, text in marks for second in
              range(int(onset), int(min(onset + duration, seconds)), 30)}
        assert {TEXTS[text.lower()] for text in at.values()} >= set(STAGES)
        assert marks[0][0] == known["hypnogram_late_s"]
        assert {at[30 * epoch] for epoch in known["movement_epochs"]} <= {"Movement time"}
        assert {at[30 * epoch] for epoch in known["unscored_epochs"]} <= {"Sleep stage ?"}
        assert not set(at) & {30 * epoch for epoch in known["hole_epochs"]}
        assert seconds % 30 == known["partial_epoch_s"]


def test_each_defect_is_in_some_nights_and_not_in_all(truth):
    for defect in ("movement_epochs", "hole_epochs", "unscored_epochs", "hypnogram_late_s", "marker_errors_s",
                 "partial_epoch_s"):
        nights_with = sum(bool(known[defect]) for known in truth["traps"].values())
        assert 0 < nights_with < len(truth["traps"]), defect


def test_mne_alone_would_lay_a_late_hypnogram_early(folder, table, truth):
    row = next(row for row in table if truth["traps"][row["psg"][:6]]["hypnogram_late_s"])
    start, late = (mne.io.read_raw_edf(folder / row["psg"], verbose="error").info["meas_date"],
                   truth["traps"][row["psg"][:6]]["hypnogram_late_s"])
    header = (folder / row["hypnogram"]).read_bytes()[168:184].decode()
    begun = datetime.datetime.strptime(header, "%d.%m.%y%H.%M.%S").replace(tzinfo=datetime.UTC)
    assert (begun - start).total_seconds() == late > 0
    assert mne.read_annotations(folder / row["hypnogram"]).onset[0] == 0


def test_stage_3_and_4_are_both_scored_and_no_sequence_lacks_a_stage():
    texts = set()
    for seed in range(40):
        rng = numpy.random.default_rng(seed)
        stages = stage_sequence.sequence(240, 120, rng)
        assert set(stages) == set(STAGES) and len(stages) == 240 and stages[0] == "W"
        texts |= set(stage_sequence.scored(stages, rng))
    assert texts == {f"Sleep stage {text}" for text in "W1234R"}


def test_cycles_end_in_rem_and_n3_gives_way_to_rem_over_the_night():
    early, late = Counter(), Counter()
    for seed in range(20):
        stages = stage_sequence.sequence(960, 180, numpy.random.default_rng(seed))
        early.update(stages[:480])
        late.update(stages[480:])
    assert early["N3"] > 1.2 * late["N3"] and late["REM"] > 1.2 * early["REM"]


def test_truth_names_leaders_effects_and_the_pairs_where_nothing_acts(truth):
    assert set(truth["leading"]) == set(STAGES)
    assert all(leaders and set(leaders) <= set(MODALITIES) for leaders in truth["leading"].values())
    affected = {(effect["stage"], effect["covariate"]) for effect in truth["effects"]}
    nothing = {(pair["stage"], pair["covariate"]) for pair in truth["unaffected"]}
    assert not affected & nothing and len(affected | nothing) == 15
    assert {covariate for _, covariate in affected} == {"medication", "sex", "age"}
    assert all(effect["direction"] in (-1, 1) for effect in truth["effects"])
    assert {"EMG"} <= {effect["modality"] for effect in truth["effects"]} and truth["leading"]["REM"] == ["EOG", "EMG"]


def test_a_run_that_fails_leaves_nothing_behind(tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "nights", 2, 10, 1, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_exactly_this_simulation_is_left_as_it_is(tmp_path):
    (tmp_path / "nights").mkdir()
    folder = simulate(tmp_path / "nights", 1, 10, 5)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert holds(folder, 1, 10, 5) and simulate(folder, 1, 10, 5) == folder
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["nights"]
    for arguments in ((2, 10, 5), (1, 11, 5), (1, 10, 6), (1, 10, 5, 30), (1, 10, 5, 60, 1)):
        assert not holds(folder, *arguments)
        with pytest.raises(InputError, match="nights: holds .* give a new or empty folder"):
            simulate(folder, *arguments)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.mark.parametrize("change", ["another file", "a byte", "a file less", "only a person's files", "a file"])
def test_a_folder_with_anything_else_in_it_is_refused_and_keeps_it(tmp_path, change):
    folder = tmp_path / "nights"
    if change == "a file":
        folder.write_text("mine")
    elif change == "only a person's files":
        folder.mkdir()
        (folder / "thesis.txt").write_text("mine")
    else:
        simulate(folder, 1, 10, 5)
        psg = next(folder.glob("*-PSG.edf"))
        if change == "another file":
            (folder / "thesis.txt").write_text("mine")
        elif change == "a byte":
            content = psg.read_bytes()
            psg.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        else:
            psg.unlink()
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    with pytest.raises(InputError, match="nights: .*give a new or empty"):
        simulate(folder, 1, 10, 5)
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("arguments", [(0, 10, 1), (100, 10, 1), (2, 5, 1), (2, 10.3, 1), (2, 10, -1),
                                       (2, 10, 1, 60, -1), (2, 10, 1, 60, float("nan"))])
def test_what_cannot_be_simulated_is_said_in_one_line(tmp_path, arguments):
    with pytest.raises(InputError) as error:
        simulate(tmp_path / "nights", *arguments)
    assert "\n" not in str(error.value) and "give" in str(error.value)


def test_defects_spare_the_last_two_epochs_of_a_stage():
    for seed in range(200):
        rng = numpy.random.default_rng(seed)
        stages = stage_sequence.sequence(24, 24, rng)
        plan = defects.planned(stages, tuple(defects.SHARES), rng)
        touched = {int(second // 30) for start, end in plan.errors for second in numpy.arange(start, end, 0.1)}
        lost = {*plan.movement, *plan.hole, *plan.unscored, *range(plan.late)} | touched
        left = Counter(stage for epoch, stage in enumerate(stages) if epoch not in lost)
        assert all(left[stage] >= min(2, stages.count(stage)) for stage in STAGES)
