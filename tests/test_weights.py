"""Weights from elsewhere stage and explain a cohort with nothing trained: of a named network, of one's own, or a whole saved model."""

import csv
import shutil

import numpy
import pytest

from helpers import files
from helpers.errors import InputError
from helpers.study import Study

OWN = """
from keras import Sequential, layers

def build(time, channels, classes):
    return Sequential([layers.Input((time, channels)), layers.Conv1D(6, 50, strides=25, activation="relu", name="first"),
                       layers.LSTM(5, name="memory"), layers.Dense(classes, activation="softmax", name="stages")])
"""
SHARES = {"EEG": [0], "EOG": [1], "EMG": [2]}


@pytest.fixture(scope="module")
def place(smoke, tmp_path_factory):
    """A folder with a night that nobody scored, a network of one's own and its weights in every form."""
    folder = tmp_path_factory.mktemp("weights")
    nights = next(smoke.artifacts.glob("simulation/*/nights"))
    with open(nights / "recordings.csv") as file:
        row = next(csv.DictReader(file))
    shutil.copyfile(nights / row["psg"], folder / "n1.edf")
    (folder / "mine.csv").write_text("recording,subject,psg,hypnogram\nn1,s1,n1.edf,\n")
    (folder / "mine.yaml").write_text("modalities: {EEG: [EEG Fpz-Cz], EOG: [EOG horizontal], EMG: [EMG submental]}\nmarker: Marker\n")
    (folder / "my_models.py").write_text(OWN)
    model = _model()
    files.write_arrays(folder / "mine.npz", model.get_weights())
    model.save_weights(folder / "mine.weights.h5")
    model.save(folder / "mine.keras")
    return folder


def _model():
    scope = {}
    exec(OWN, scope)
    model = scope["build"](3000, 3, 5)
    random = numpy.random.default_rng(3)
    model.set_weights([random.normal(size=array.shape) * .3 for array in model.get_weights()])
    return model


def _study(place, weights, network=None, **settings):
    settings |= {"trained_folds": str(place / weights), "rules": ["eps=0.01"], "trial": "off"} | ({"network": network} if network else {})
    return Study.open("smoke", cohort=place / "mine.csv", artifacts=place / "artifacts", settings=settings, progress=False)


@pytest.mark.parametrize("weights, named", [("mine.npz", True), ("mine.weights.h5", True), ("mine.keras", False)])
def test_weights_of_one_s_own_network_stage_and_explain_nights(place, weights, named):
    from helpers.relevance import Explainer, rules

    study = _study(place, weights, f"{place}/my_models.py:build" if named else None)
    predictions, shares, epochs, model = study.predictions(), study.shares(), study.epochs(), _model()
    x = epochs.signals(epochs.rows(predictions))
    probabilities = predictions[[name for name in predictions if name.startswith("p_")]].to_numpy()
    numpy.testing.assert_allclose(probabilities, numpy.asarray(model(x)), atol=1e-5)
    expected = Explainer(model, {"rule": rules.Epsilon(.01)}).shares(x[:4], SHARES)[:, 0]
    found = shares.pivot(index="epoch", columns="modality", values="share")[list(SHARES)].to_numpy()[:4]
    numpy.testing.assert_allclose(found, expected, atol=1e-4)
    assert study.history().empty and not study.scored


def test_what_is_not_said_or_does_not_fit_is_told_in_one_line(place):
    from helpers.model import networks

    with pytest.raises(InputError, match="mine.npz: say which network they are of by --network"):
        _study(place, "mine.npz")
    with pytest.raises(InputError, match="none.npz: no such file"):
        _study(place, "none.npz", "paper")
    with pytest.raises(InputError, match="weights of another network"):
        _study(place, "mine.npz", "paper").predictions()
    with pytest.raises(InputError, match="no weights of this network"):
        _study(place, "mine.weights.h5", "branches").predictions()
    assert networks.NAMES == ("paper", "branches")


def test_a_saved_model_with_code_of_its_own_is_not_loaded(place):
    from keras import Sequential, layers

    model = Sequential([layers.Input((3000, 3)), layers.Lambda(lambda x: x * 2), layers.GlobalAveragePooling1D(), layers.Dense(5, activation="softmax")])
    model.save(place / "code.keras")
    with pytest.raises(InputError, match="Keras cannot load it in its safe mode"):
        _study(place, "code.keras").predictions()


def test_folds_that_are_trained_leave_no_choice_of_a_network(place, smoke):
    with pytest.raises(InputError, match="network: means nothing with --folds"):
        Study.open("smoke", artifacts=smoke.artifacts, settings={"trained_folds": "smoke", "network": "branches"}, progress=False)
