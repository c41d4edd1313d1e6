"""What the demo book must find in its simulated nights. Run after `make book`, by `pytest -m demo`."""

import pytest

from helpers import config
from helpers.model.scores import scores
from helpers.study import Study

pytestmark = pytest.mark.demo


@pytest.fixture(scope="module")
def demo():
    study = Study.open("demo", progress=False)
    if not (study.folder / "findings").is_dir():
        pytest.fail(f"no demo results in {study.folder.relative_to(config.ROOT)}: run `make book` first")
    return study


def test_staging_is_as_hard_as_in_life_and_n1_is_worst(demo):
    overall = scores(demo.predictions())
    accuracy = overall.loc[overall["measure"] == "accuracy", "value"].item()
    f1 = overall[overall["measure"] == "f1"].set_index("stage")["value"]
    assert 0.75 <= accuracy <= 0.92
    assert f1.idxmin() == "N1"


def test_what_was_planted_is_found(demo):
    checks = demo.truth_checks()
    binding = checks[checks["binding"]]
    assert len(binding) > 10
    assert binding["passed"].all(), binding[~binding["passed"]].to_string()


def test_every_subject_is_tested_and_none_is_on_two_sides(demo):
    folds = demo.folds()
    assert not folds.duplicated(["fold", "subject"]).any()
    assert set(folds.loc[folds["role"] == "test", "subject"]) == set(demo.cohort().table["subject"])
