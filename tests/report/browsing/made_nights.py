"""Two made-up nights of a subject for the browser: what each fold predicts and leans on is known."""

import numpy
import pandas

from helpers.constants import STAGES
from helpers.report.browsing import browser_files
from helpers.report.browsing.packets import Nights

RULES = ["eps=100", "eps=0.01"]
#: Share of EEG by fold: what a fold leans on tells it from the others.
EEG = {0: 0.9, 1: 0.5, 2: 0.1}
DROPPED = 3
#: Epochs of night a at which the folds differ: stages by fold, and the probability of W, N1 and N2 by fold.
SPLIT, NOBODY = 5, 6
PREDICTED = {SPLIT: ("N1", "N2", "N2"), NOBODY: ("W", "W", "N2")}
PROBABILITY = {SPLIT: ((0, 0.6, 0.4), (0, 0.1, 0.9), (0, 0.2, 0.8)),
               NOBODY: ((0.51, 0.49, 0), (0.51, 0.49, 0), (0, 0.49, 0.51))}


class Epochs:
    """Twelve slots of a night and what is asked of `helpers.data.epochs.Epochs`."""

    modalities = {"EEG": [0], "EOG": [1], "EMG": [2]}

    def __init__(self, slots=12):
        rows = [(recording, epoch, 30.0 * epoch, epoch != DROPPED, "" if epoch != DROPPED else "movement", "N2")
                for recording in "ab" for epoch in range(slots)]
        self.ledger = pandas.DataFrame(rows, columns=["recording", "epoch", "onset_s", "kept", "reason", "stage"])
        self.table = self.ledger.loc[self.ledger["kept"], ["recording", "epoch", "onset_s", "stage"]].reset_index(drop=True)

    def info(self, recording):
        return {"start": "1989-05-07T23:58:00", "duration_s": 360.0, "channels": [
            {"name": name, "unit": "µV", "modality": modality} for modality, name in
            (("EEG", "EEG Fpz-Cz"), ("EOG", "EOG horizontal"), ("EMG", "EMG submental"))]}

    def microvolts(self, rows):
        time = numpy.arange(3000) / 100
        waves = [50 * numpy.sin(2 * numpy.pi * time), 90 * numpy.sin(0.6 * time),
                 9 * numpy.sin(90 * time) + 4 * numpy.sin(time)]
        return numpy.stack([numpy.stack(waves, 1) * (1 + row % 3) for row in rows]).astype("float32")


class Details:
    """Two epochs of each night that can be opened."""

    def epochs(self, recording):
        return [SPLIT, NOBODY]

    def of(self, recording, epoch):
        levels = numpy.random.default_rng(epoch).integers(-100, 100, (len(RULES), 600, 3)).astype("int8")
        return dict.fromkeys(EEG, levels), dict.fromkeys(EEG, numpy.full(len(RULES), 0.001))


def predictions(epochs):
    rows = []
    for row in epochs.table.itertuples():
        for fold in EEG:
            predicted = PREDICTED.get(row.epoch, ("N2",) * 3)[fold]
            known = PROBABILITY.get(row.epoch, ((0, 0, 1),) * 3)[fold]
            rows.append((fold, row.recording, row.epoch, row.stage, predicted, *known, 0, 0))
    probabilities = [f"p_{stage}" for stage in STAGES]
    return pandas.DataFrame(rows, columns=["fold", "recording", "epoch", "true", "predicted", *probabilities])


def shares(epochs):
    rows = [(fold, row.recording, row.epoch, rule, name, share, -1.0) for row in epochs.table.itertuples() for rule in RULES
            for fold, eeg in EEG.items() for name, share in (("EEG", eeg), ("EOG", 1 - eeg), ("EMG", 0.0))]
    return pandas.DataFrame(rows, columns=["fold", "recording", "epoch", "rule", "modality", "share", "log_total"])


def nights():
    epochs = Epochs()
    covariates = pandas.DataFrame({"recording": ["a", "b"], "subject": "1", "drug": ["placebo", "Some drug"]})
    return Nights(epochs, predictions(epochs), shares(epochs), covariates, RULES)


def write(folder, stamp="1", source=nights):
    """The browser's files of these nights below a folder."""
    browser_files.write(source, Details(), predictions(Epochs()), "disagreements", "", stamp, folder, progress=False)
