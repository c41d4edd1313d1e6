"""A study of the user's nights: what the YAML file says reaches the epochs, and another word in it has them read again."""

import json

import pytest
from small_nights import write_night

from helpers.study import Study


@pytest.fixture
def study(tmp_path):
    """Opens the study of seven nights in the channels of the telemetry files, scored as text by other words than the usual."""
    write_night(tmp_path)
    (tmp_path / "night.txt").write_text("Wach\nTief\nTief\nTraum\nWach\n")
    rows = [f"n{at},s{at},psg.edf,night.txt,{'ab'[at % 2]},{20 + at if at else ''}" for at in range(7)]
    (tmp_path / "mine.csv").write_text("\n".join(["recording,subject,psg,hypnogram,drug,age", *rows]))

    def opened(stages, reference="b"):
        (tmp_path / "mine.yaml").write_text(f"stages: {stages}\nreference: {{drug: {reference}}}\n")
        return Study.open("smoke", cohort=tmp_path / "mine.csv", artifacts=tmp_path / "artifacts", progress=False)

    return opened


def test_another_map_of_stage_texts_reads_the_nights_again(study):
    first = study("{Wach: W, Tief: N3, Traum: REM}")
    assert first.epochs().table["stage"].tolist() == 7 * ["W", "N3", "N3", "REM", "W"]
    assert list(first.epochs().notes.values()) == [7] and first.covariates()["age"].isna().tolist() == [True] + 6 * [False]
    other = study("{Wach: W, Tief: N2, Traum: ignore}")
    assert other.epochs().table["stage"].tolist() == 7 * ["W", "N2", "N2", "W"]


def test_a_regression_is_made_again_for_another_reference_and_no_other_time(study, monkeypatch):
    monkeypatch.setattr("helpers.pipeline.run.Run.read_by", lambda run, step, part: ())  # no network, no shares
    made_of = [json.dumps(study("{Wach: W, Tief: N3, Traum: REM}", reference).run.made_of("regression", ("eps=100",)), sort_keys=True)
               for reference in ("b", "b", "a", "a")]
    assert made_of[0] == made_of[1] and made_of[2] == made_of[3] and made_of[0] != made_of[2]
    assert json.loads(made_of[0])["facts"]["covariates"]["reference"] == {"drug": "b"}
