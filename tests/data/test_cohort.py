"""Cohorts: the telemetry table as published, and one's own CSV with its mistakes named."""

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
    (HEADER + "".join(ROWS).replace("41.5", ""), "line 3: age is empty"),
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
