"""Folds trained before stage and explain nights that they have never seen: their own weights, nothing trained, nothing written."""

import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy
import pandas
import pytest

from helpers import files
from helpers.data.simulation.simulate import simulate
from helpers.errors import InputError
from helpers.pipeline.store import Store
from helpers.study import Study

pytestmark = pytest.mark.usefixtures("few_workers")

MODALITIES = {"EEG": [0], "EOG": [1], "EMG": [2]}


def _times(folder):
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def _weights(smoke, fold):
    study = Study.open("smoke", artifacts=smoke.artifacts, progress=False)
    return study.run.folders("training")[(fold,)] / "weights.npz"


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Nights of other sleepers than the smoke run's, listed with their scoring (mine.csv) and without (unscored.csv)."""
    folder = tmp_path_factory.mktemp("nights")
    simulate(folder, 2, 16, seed=7, cycle_minutes=15)
    listed = pandas.read_csv(folder / "recordings.csv")
    listed = listed.assign(recording=[f"n{number}" for number in range(len(listed))])
    columns = ["recording", "subject", "psg", "hypnogram", "medication", "sex", "age"]
    listed[columns].to_csv(folder / "mine.csv", index=False)
    listed[columns].assign(hypnogram="").to_csv(folder / "unscored.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def unscored(smoke, nights, tmp_path_factory):
    """The report on unscored nights by the smoke run's folds, made by the command that a person types."""
    folder, before = tmp_path_factory.mktemp("unscored"), _times(smoke.artifacts)
    command = [sys.executable, "-m", "helpers", "run", "--cohort", str(nights / "unscored.csv"), "--folds", str(smoke.artifacts),
               "--artifacts", str(folder / "artifacts"), "--output", str(folder / "build"), "-p", "rules", "[eps=100]"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[-6000:]
    study = Study.open("smoke", cohort=nights / "unscored.csv", artifacts=folder / "artifacts", progress=False,
                       settings={"rules": ["eps=100"], "trained_folds": str(smoke.artifacts)})
    return SimpleNamespace(html=folder / "build" / "html", study=study, untouched=before == _times(smoke.artifacts))


def test_nothing_is_trained_and_the_folder_of_trained_folds_is_only_read(unscored):
    assert unscored.untouched
    assert not (unscored.study.run.store.root / "training").exists()


def test_every_fold_stages_every_epoch_and_no_true_stage_is_made_up(unscored):
    predictions, epochs = unscored.study.predictions(), unscored.study.epochs().table
    assert set(predictions["fold"]) == {0, 1} and set(predictions["true"]) == {""}
    for _, of_fold in predictions.groupby("fold"):
        assert of_fold[["recording", "epoch"]].values.tolist() == epochs[["recording", "epoch"]].values.tolist()


def test_shares_are_those_that_each_fold_s_own_weights_give(unscored, smoke):
    from helpers.model import networks
    from helpers.relevance import Explainer, rules

    epochs, shares = unscored.study.epochs(), unscored.study.shares()
    for fold in (0, 1):
        model = networks.build()
        networks.load_weights(model, _weights(smoke, fold))
        own = shares[(shares["fold"] == fold) & (shares["recording"] == "n1")]
        found = own.pivot(index="epoch", columns="modality", values="share")[list(MODALITIES)]
        x = epochs.signals(epochs.rows(pandas.DataFrame({"recording": "n1", "epoch": found.index})))
        expected = Explainer(model, {"eps=100": rules.Epsilon(100)}).shares(x, MODALITIES)[:, 0]
        numpy.testing.assert_allclose(found.to_numpy(), expected, atol=2e-4)


@pytest.mark.parametrize("page, absent", [("01_data", 1), ("02_model", 3), ("03_global_relevance", 2), ("04_local_timelines", 0),
                                          ("05_regression", 1), ("06_claims", 1), ("07_reference", 0),
                                          ("09_simulation", 0), ("11_error_rates", 1), ("12_without", 4), ("13_trust", 2),
                                          ("14_rhythms", 2), ("15_another_network", 1), ("16_sleep_networks", 1)])
def test_pages_say_why_what_needs_true_stages_is_absent_and_show_the_rest(unscored, page, absent):
    text = (unscored.html / "notebooks" / f"{page}.html").read_text()
    assert text.count("not all of these nights were scored") == absent
    assert ("sr-figure" in text) == (page not in ("05_regression", "06_claims", "09_simulation", "11_error_rates", "15_another_network", "16_sleep_networks"))


def test_the_foot_of_a_page_names_the_folds_and_the_notice_what_they_learned_from(unscored, smoke):
    text = (unscored.html / "index.html").read_text()
    assert "Profile smoke, unscored nights by the folds of smoke" in text
    assert "The network learned from simulated nights" in text


def test_the_front_page_gives_the_answers_that_there_are(unscored):
    text = (unscored.html / "index.html").read_text()
    assert "The largest share of relevance falls on" in text and "shares agree to" in text
    assert "agrees with the scorer" not in text
    [source] = (unscored.html.parent / "stage").glob("*/index.md")
    assert "% answer" not in source.read_text()


def test_what_needs_true_stages_says_so(unscored):
    for step in (unscored.study.ablation_regression, unscored.study.regression, unscored.study.claims, unscored.study.misread):
        with pytest.raises(InputError, match="not scored, and this needs true stages"):
            step()


def test_scored_nights_are_judged_as_well(smoke, nights, tmp_path):
    study = Study.open("smoke", cohort=nights / "mine.csv", artifacts=tmp_path, progress=False,
                       settings={"rules": ["eps=1"], "trained_folds": str(smoke.artifacts)})
    assert study.scored and set(study.predictions()["true"]) <= {"W", "N1", "N2", "N3", "REM"}
    assert set(study.exchange()["fold"]) == {0, 1}
    assert len(study.claims()) and set(study.regression()["rule"]) == {"eps=1"}


def test_the_bounds_of_zb_are_those_of_the_training_signals(smoke, nights, tmp_path):
    from helpers.model import networks
    from helpers.relevance import Explainer, rules

    study = Study.open("smoke", cohort=nights / "unscored.csv", artifacts=tmp_path, progress=False,
                       settings={"rules": ["zb"], "trained_folds": str(smoke.artifacts)})
    shares, epochs = study.shares(), study.epochs()
    trained = Study.open("smoke", artifacts=smoke.artifacts, progress=False)
    members = trained.folds().query("fold == 1 and role == 'training'")["subject"]
    learned = trained.epochs().signals(numpy.flatnonzero(trained.epochs().table["subject"].isin(members)))
    bounds = (tuple(map(float, edge(learned, axis=(0, 1)))) for edge in (numpy.min, numpy.max))
    model = networks.build()
    networks.load_weights(model, _weights(smoke, 1))
    rule = rules.bounded(rules.parse("zb"), *bounds)
    own = shares[(shares["fold"] == 1) & (shares["recording"] == "n0")]
    found = own.pivot(index="epoch", columns="modality", values="share")[list(MODALITIES)]
    x = epochs.signals(epochs.rows(pandas.DataFrame({"recording": "n0", "epoch": found.index})))
    expected = Explainer(model, {"zb": rule}).shares(x, MODALITIES)[:, 0]
    numpy.testing.assert_allclose(found.to_numpy(), expected, atol=2e-4)


def test_other_channels_than_those_that_were_trained_on_are_refused(smoke, nights, tmp_path):
    shutil.copy(nights / "mine.csv", nights / "two.csv")
    (nights / "two.yaml").write_text("modalities: {EEG: [EEG Fpz-Cz, EEG Pz-Oz], EOG: EOG horizontal, EMG: EMG submental}\n")
    study = Study.open("smoke", cohort=nights / "two.csv", artifacts=tmp_path / "mine", progress=False,
                       settings={"trained_folds": str(smoke.artifacts)})
    with pytest.raises(InputError, match=r"recording n0: the channels are EEG, EEG, EOG, EMG, the folds were trained on EEG, EOG, EMG"):
        study.predictions()
    assert not (tmp_path / "mine" / "predictions").exists()


@pytest.fixture
def trained(tmp_path):
    """A store with a study of one trained fold."""
    store = Store(tmp_path / "store")
    with store.making("training", "k0", {}) as folder:
        files.write_arrays(folder / "weights.npz", [])
        files.write_json(folder / "learned.json", {"n1": "e1"})
    store.keep_study("smoke", {"about": {"profile": "smoke", "simulated": False, "cohort": "simulated"},
                               "results": {"training": {"0": "k0"}}})
    return store.root


@pytest.mark.parametrize("key, value", [("folds", 3), ("training_epochs", 5), ("learning_rate", 0.1), ("training_seed", 2)])
def test_a_setting_of_training_is_refused_by_name(trained, key, value):
    Study.open("smoke", settings={"trained_folds": str(trained)})
    with pytest.raises(InputError, match=f"{key}: means nothing with --folds"):
        Study.open("smoke", settings={"trained_folds": str(trained), key: value})


@pytest.mark.parametrize("word", ["store", "store/smoke", "store/studies/smoke.json"])
def test_a_study_is_known_by_its_store_its_name_below_it_or_its_file(trained, word, monkeypatch):
    monkeypatch.chdir(trained.parent)
    assert Study.open("smoke", settings={"trained_folds": word}, artifacts="other").run.trained.keys == {0: "k0"}
    assert Study.open("smoke", settings={"trained_folds": "smoke"}, artifacts="store").run.trained.name == "smoke"


@pytest.mark.parametrize("lost, said", [
    (".", "no such folder"), ("studies", "no such folder|no study with trained folds"),
    ("training/k0/weights.npz", "fold 0 is missing or damaged"), ("training/k0/result.json", "fold 0 is missing or damaged")])
def test_folds_that_are_not_there_whole_are_refused(trained, lost, said):
    place = trained / lost
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    with pytest.raises(InputError, match=said):
        Study.open("smoke", settings={"trained_folds": str(trained)})


def test_of_several_studies_one_must_be_named(trained):
    store = Store(trained)
    store.keep_study("paper", store.study("smoke"))
    with pytest.raises(InputError, match="holds 2 studies; name one: .*store/paper, .*store/smoke"):
        Study.open("smoke", settings={"trained_folds": str(trained)})


def test_results_of_an_earlier_version_are_told_from_a_folder_that_is_none(tmp_path):
    (tmp_path / "old" / "training" / "fold-0").mkdir(parents=True)
    with pytest.raises(InputError, match="results of an earlier version"):
        Study.open("smoke", settings={"trained_folds": str(tmp_path / "old")})


def test_a_study_by_the_folds_of_another_says_so_in_its_name(trained):
    study = Study.open("smoke", cohort="mine.csv", artifacts=trained, settings={"trained_folds": str(trained)}, progress=False)
    assert study.name == "smoke-mine-by-smoke"
