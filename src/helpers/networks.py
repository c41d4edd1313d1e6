"""A study's networks, one a fold: trained on its own nights, or taken as they lie in another study's folder, which is only
read and whose folds then all stage and explain every night.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from . import files, work
from .pipeline.config import LEARNING, TRAINING
from .data.trained_channels import held_against, trained_channels
from .errors import InputError

ARRAYS = ("numpy", "pandas")
NETWORK = (*ARRAYS, "keras", "tensorflow")
#: In the folder of trained folds: what another study must know of them.
RECORD = "trained.json"


@dataclass(frozen=True)
class Network:
    """One fold's files: weights, history of training, predictions of the study's nights and the stamp of those.

    `trained_on` is (folder of epochs, recordings) that it learned from; None where their signals are not there.
    """

    weights: Path
    history: Path
    predictions: Path
    trained_on: tuple | None
    stamp: str


def train(study):
    """Fold → Network, trained on the study's own nights; those that bear their stamp are not trained again."""
    epochs, stamps, folds = study.epochs(), study.epoch_stamps(), study.folds()
    subject_of = study.cohort().table.set_index("recording")["subject"]
    settings = {key: study.config[key] for key in LEARNING} | {"seed": study.config["training_seed"]}
    code = files.code_hash("helpers.model.train", NETWORK)
    values = {}
    for fold in sorted(int(fold) for fold in folds["fold"].unique()):
        members = folds.query("fold == @fold")[["subject", "role"]].sort_values("subject")
        inputs = [stamps[name] for name in subject_of.index if subject_of[name] in set(members["subject"])]
        values[fold] = files.stamp([settings, fold, members.values.tolist()], inputs, code)
    about = (epochs.folder, list(subject_of.index), folds)
    tasks = study.missing("training", values, work.train, lambda fold: (*about, fold, settings))
    if tasks and study.progress:
        workers = min(os.cpu_count(), len(values))
        guess = study.run(None, [("estimate", work.estimate, (*about, settings, workers))])
        study.say(guess["estimate"]["text"])
    study.run("Training folds", tasks)
    learned = {fold: _learned(folds, fold, subject_of) for fold in values}
    _keep(study, values, learned)
    places = {fold: study.folder / "training" / f"fold-{fold}" for fold in values}
    return {fold: Network(place / "weights.npz", place / "history.parquet", place / "predictions.parquet",
                          (epochs.folder, learned[fold]), values[fold]) for fold, place in places.items()}


def _learned(folds, fold, subject_of):
    """The recordings that a fold learned from."""
    subjects = set(folds.loc[(folds["fold"] == fold) & (folds["role"] == "training"), "subject"])
    return [name for name, subject in subject_of.items() if subject in subjects]


def _keep(study, values, learned):
    """Write RECORD beside the folds, where it is not there as it should be."""
    path = study.folder / "training" / RECORD
    record = {"profile": study.profile, "simulated": study.simulated, "folds": {str(fold): {"stamp": value, "learned": learned[fold]}
                                                      for fold, value in values.items()}}
    if not path.exists() or files.read_json(path) != record:
        files.write_json(path, record)


def take(study, given):
    """Fold → Network of `given`, a `Given`, with its predictions of every night of the study.

    Raises
    ------
    InputError
        When the nights' channels are not those that the folds were trained on.
    """
    trained = trained_channels(given.folder)
    epochs, recordings = study.epochs(), list(study.cohort().table["recording"])
    for name in recordings:
        faults, _ = held_against(trained, epochs.info(name)["channels"])
        if faults:
            raise InputError(f"recording {name}: {faults[0]}; name other channels in {study.cohort().name}.yaml beside the CSV, "
                             "or take the recording out")
    code = files.code_hash("helpers.model.predict", NETWORK)
    inputs = list(study.epoch_stamps().values())
    stamps = {fold: files.stamp([fold, recordings], [given.folds[fold]["stamp"], *inputs], code) for fold in given.folds}
    study.run("Staging nights", study.missing("predictions", stamps, work.predict, lambda fold: (
        epochs.folder, recordings, given.place(fold) / "weights.npz", fold)))
    return {fold: Network(given.place(fold) / "weights.npz", given.place(fold) / "history.parquet",
                          study.folder / "predictions" / f"fold-{fold}" / "predictions.parquet",
                          given.trained_on(fold), value) for fold, value in stamps.items()}


class Given:
    """Folds that another study has trained.

    Parameters
    ----------
    folder : its folder of results.

    Attributes
    ----------
    folds : fold → {"stamp", "learned": recordings that it learned from}.
    profile : of the study that trained them.
    simulated : whether its nights were simulated.

    Raises
    ------
    InputError
        When there is no such folder, or a fold in it is not trained to its end.
    """

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        if not self.folder.is_dir():
            raise InputError(f"--folds {folder}: no such folder; give a run's folder of results, such as artifacts/paper")
        record = self.folder / "training" / RECORD
        if not record.is_file():
            raise InputError(f"--folds {folder}: training/{RECORD} is missing, so no run trained its folds there to the end; "
                             "run it first")
        found = files.read_json(record)
        self.profile, self.simulated = found["profile"], found["simulated"]
        self.folds = {int(fold): about for fold, about in sorted(found["folds"].items(), key=lambda item: int(item[0]))}
        for fold, about in self.folds.items():
            place = self.place(fold)
            if not (place / "weights.npz").is_file() or not files.matches(place, about["stamp"]):
                raise InputError(f"--folds {folder}: training/fold-{fold}/weights.npz is missing or of another training; "
                                 "run that study to its end first")

    def place(self, fold):
        """Folder of a trained fold."""
        return self.folder / "training" / f"fold-{fold}"

    def trained_on(self, fold):
        """(folder of epochs, recordings) that a fold learned from; None where their signals are not there."""
        epochs, learned = self.folder / "epochs", self.folds[fold]["learned"]
        return (epochs, learned) if all((epochs / name / "signals.npy").is_file() for name in learned) else None

    def settings(self, settings):
        """The settings without those that say how to train; the seed of the folds is that of every later draw as well."""
        kept = {key: value for key, value in settings.items() if key not in TRAINING}
        return {**kept, "folds": len(self.folds), "fold_seed": settings["fold_seed"],
                "trained_folds": files.stamp([], [about["stamp"] for about in self.folds.values()])}
