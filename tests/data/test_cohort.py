"""Cohorts: the telemetry table as published, and the user's CSV with its mistakes named."""

import pytest

from helpers.data.cohort import Cohort, single_nights
from helpers.data.telemetry import recordings
from helpers.errors import InputError

HEADER = "recording,subject,psg,hypnogram,drug,age\n"
ROWS = ["a1,a,a1.edf,a1-hyp.edf,yes,30\n", "b1,b,b1.edf,b1-hyp.edf,no,41.5\n", "b2,b,b2.edf,b2-hyp.edf,yes,41.5\n"]


def _csv(folder, text=HEADER + "".join(ROWS)):
    for name in ("a1", "b1", "b2"):
        (folder / f"{name}.edf").touch()
        (folder / f"{name}-hyp.edf").touch()
    (folder / "mine.csv").write_text(text)
    return folder / "mine.csv"


def test_the_telemetry_table_is_the_published_one():
    table = recordings()
    people = table.drop_duplicates("subject")
    assert (len(table), len(people)) == (44, 22)
    assert people["sex"].value_counts().to_dict() == {"female": 15, "male": 7}
    assert (round(people["age"].mean(), 2), round(people["age"].std(), 2)) == (40.18, 18.09)
    assert (table.groupby("subject")["medication"].agg(set).map(sorted).map(tuple) == ("placebo", "temazepam")).all()
    assert round((table["psg_bytes"] + table["hypnogram_bytes"]).sum() / 1e9, 2) == 1.12


def test_telemetry_recordings_have_paths_and_covariates(tmp_path):
    cohort = Cohort.telemetry(tmp_path)
    first = cohort.table.iloc[0]
    assert (first["recording"], first["subject"], first["medication"], first["sex"], first["age"]) == (
        "ST7011", "01", "placebo", "male", 60.0)
    assert first["psg"] == str(tmp_path / "ST7011J0-PSG.edf") and cohort.table["recording"].is_unique
    assert cohort.marker == "Marker" and not cohort.simulated


def test_a_csv_gives_recordings_numbers_and_categories(tmp_path):
    cohort = Cohort.from_csv(_csv(tmp_path), {"EEG": ["C4-M1"], "EOG": "E1"})
    assert cohort.covariates == ("drug", "age") and cohort.name == "mine"
    assert cohort.table["age"].tolist() == [30.0, 41.5, 41.5]
    assert cohort.table["drug"].tolist() == ["yes", "no", "yes"]
    assert cohort.modalities == {"EEG": ("C4-M1",), "EOG": ("E1",)}
    assert cohort.table["psg"][0] == str(tmp_path / "a1.edf")


def test_subjects_with_one_night_are_named_where_others_have_several(tmp_path):
    table = Cohort.from_csv(_csv(tmp_path)).table
    assert single_nights(table) == ["a"]
    assert single_nights(table.drop_duplicates("subject")) == single_nights(table[table["subject"] == "b"]) == []


def test_a_yaml_beside_the_csv_names_channels_and_marker(tmp_path):
    path = _csv(tmp_path)
    (tmp_path / "mine.yaml").write_text("modalities: {EEG: [F3, C3], EMG: [Chin]}\nmarker: Event\n")
    cohort = Cohort.from_csv(path)
    assert cohort.modalities == {"EEG": ("F3", "C3"), "EMG": ("Chin",)} and cohort.marker == "Event"


@pytest.mark.parametrize("text, named", [
    (HEADER.replace("psg", "file") + "".join(ROWS), "no column psg"),
    (HEADER + ROWS[0] + ROWS[1] + ROWS[1], "line 4: recording b1 stands in line 3"),
    (HEADER + "".join(ROWS).replace("b1.edf", "gone.edf"), "line 3: psg gone.edf"),
    (HEADER + "".join(ROWS).replace("yes", "no"), r"covariate drug has one level \(no\)"),
    (HEADER + "".join(ROWS).replace("41.5", ""), r"covariate age has one level \(30.0\)"),
    (HEADER + "".join(ROWS).replace("yes", "").replace("no", "NA"), "covariate drug is empty in all rows"),
    (HEADER + ROWS[0] + ROWS[1].replace("no", "") + ROWS[2], "covariate drug has one level"),
    (HEADER + ROWS[0] + ROWS[1].replace("41.5", "") + ROWS[2], "drug has one level at most in the 2 rows"),
    (HEADER + ROWS[0].replace("a1,a,", "a1,,") + ROWS[1] + ROWS[2], "line 2: subject is empty"),
    (HEADER + ROWS[0].replace("a1-hyp.edf", "") + ROWS[1] + ROWS[2], "line 2: hypnogram is empty; .* --folds"),
    (HEADER + "".join(ROWS).replace("b1.edf", "gone").replace("b2-hyp.edf", "gone"),
     r"line 3: psg gone .*\(1 more: python -m helpers check .*mine.csv names all\)"),
    (HEADER, "lists no recording"),
    (HEADER + "".join(ROWS).replace("a1,a,a1.edf", "B1,a,a1.edf"), "line 3: recording b1 stands in line 2 already as B1"),
    (HEADER + "".join(ROWS).replace("a1,a,a1.edf", "x" * 101 + ",a,a1.edf"), "line 2: recording x+ has .* 101 .*at most 100"),
    (HEADER + "".join(ROWS).replace("a1,a,a1.edf", "a\x071,a,a1.edf"), r"line 2: recording 'a\\x071' holds"),
    (HEADER + "".join(row.replace("\n", ",9\n") for row in ROWS), "line 2: has 7 cells where the first line has 6"),
    (HEADER + ROWS[0] + ROWS[1].replace("no", "no, really") + ROWS[2], "line 3: has 7 cells where the first line has 6; quote"),
    (HEADER + "".join(ROWS).replace("30", "inf"), "line 2: age is inf, .* leave the cell empty"),
    (HEADER + "".join(ROWS).replace("41.5", "-Infinity"), "line 3: age is -Infinity"),
    (HEADER + "".join(ROWS).replace("30", "1e999"), "line 2: age is 1e999"),
    (HEADER + "".join(ROWS).replace("a1,a", "../a1,a"), "line 2: recording ../a1"),
    (HEADER + ROWS[1] + ROWS[2], "one subject"),
    ("", "not a CSV"),
])
def test_a_mistake_in_the_csv_is_named(text, named, tmp_path):
    with pytest.raises(InputError, match=named) as error:
        Cohort.from_csv(_csv(tmp_path, text))
    assert "mine.csv" in str(error.value) or "covariate" in str(error.value)


def test_a_missing_csv_and_a_folder_without_nights_are_named(tmp_path):
    with pytest.raises(InputError, match="none.csv"):
        Cohort.from_csv(tmp_path / "none.csv")
    with pytest.raises(InputError, match="recordings.csv"):
        Cohort.simulated(tmp_path)


def test_a_channel_may_not_stand_in_two_modalities(tmp_path):
    with pytest.raises(InputError, match="no channel may stand twice"):
        Cohort.from_csv(_csv(tmp_path), {"EEG": ["C3"], "EOG": ["C3"]})


def test_a_covariate_that_is_not_known_is_a_gap_and_its_recording_stays(tmp_path):
    files = "b1.edf,b1-hyp.edf"
    rows = [f"{name},{name[0]},{files},{drug},{age}\n" for name, drug, age in
            (("a1", "n/a", "30"), ("a2", "yes", ""), ("b1", "no", "41.5"), ("b2", "yes", "50"), ("b3", "NA", "NaN"))]
    cohort = Cohort.from_csv(_csv(tmp_path, HEADER + "".join(rows)))
    assert len(cohort.table) == 5 and cohort.covariates == ("drug", "age")
    assert cohort.table["drug"].isna().tolist() == [True, False, False, False, True]
    assert cohort.table["age"].isna().tolist() == [False, True, False, False, True]
    assert cohort.table["age"].dtype == float


def _with_yaml(folder, text):
    path = _csv(folder)
    (folder / "mine.yaml").write_text(text)
    return path


def test_a_yaml_maps_stage_texts_and_names_reference_levels(tmp_path):
    path = _with_yaml(tmp_path, "stages: {0: w, NO: unscored, Lights off: Ignore}\nreference: {drug: yes}\n")
    cohort = Cohort.from_csv(path)
    assert cohort.stages == {"0": "W", "no": "unscored", "lights off": "ignore"}
    assert cohort.reference == {"drug": "yes"} and cohort.marker is None


@pytest.mark.parametrize("text, named", [
    ("stages: {Wach: Wake}", "mine.yaml: stages: 'Wach' may mean W, N1, N2, N3, REM, unscored, movement, ignore, not 'Wake'"),
    ("stages: [W]", "mine.yaml: stages must be written like stages: "),
    ("reference: {dose: high}", "mine.yaml: reference: dose is no column"),
    ("reference: {age: 30}", "mine.yaml: reference: age is a number"),
    ("reference: {drug: placebo}", "mine.yaml: reference: drug is never 'placebo' .*; it is no, yes"),
    ("marker: [a, b]", "mine.yaml: marker must"),
    ("channels: {EEG: C3}", "mine.yaml: channels; it may say modalities, marker, stages, others, scoring, reference"),
    ("EEG: [", "mine.yaml: not valid YAML"),
])
def test_a_mistake_in_the_yaml_is_named(text, named, tmp_path):
    with pytest.raises(InputError, match=named):
        Cohort.from_csv(_with_yaml(tmp_path, text))


def test_unscored_nights_of_one_subject_are_a_cohort_for_trained_folds(tmp_path):
    path = _csv(tmp_path, HEADER + ROWS[1].replace("b1-hyp.edf", "") + ROWS[2])
    cohort = Cohort.from_csv(path, unscored=True)
    assert cohort.table["hypnogram"].tolist() == ["", str(tmp_path / "b2-hyp.edf")] and not cohort.scored
    assert cohort.covariates == ("drug",) and list(cohort.table)[4:] == ["drug"]
    assert Cohort.from_csv(_csv(tmp_path)).scored
    with pytest.raises(InputError, match="line 2: psg gone"):
        Cohort.from_csv(_csv(tmp_path, HEADER + ROWS[1].replace("b1.edf", "gone")), unscored=True)
