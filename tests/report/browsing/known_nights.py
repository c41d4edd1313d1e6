"""A made-up night of which everything that is drawn is known: one spike at a known second, relevance at known seconds, other shares in
each epoch, fold and rule; as tables, and as the browser's files."""

import made_nights
import numpy
import pandas

from helpers.constants import STAGES
from helpers.report.browsing import browser_files
from helpers.report.browsing.packets import Nights

RULES, FOLDS, MODALITIES = ["eps=0.01", "eps=100"], [2, 5], ["EEG", "EOG", "EMG"]
#: Epochs of which all is flat but one spike: upward in the EEG, downward in the EOG, at these seconds of the epoch.
SPIKED, UP_S, DOWN_S = 7, 6.0, 21.0
SPIKE_UV = {"EEG": 60.0, "EOG": 120.0, "EMG": 12.0}
#: The same epoch's relevance by fold: EEG supports at one second, EOG speaks against at another, EMG has none; as levels of a scale.
SUPPORTS_S, AGAINST_S, LEVEL, SCALE = 6.0, 21.0, {2: 100, 5: 50}, {2: 0.004, 5: 0.002}
#: An epoch on which the folds differ, and its relevance is that of each fold's own stage.
SPLIT = 9


class Epochs(made_nights.Epochs):
    """Twenty slots of one night, of which one was dropped; a wave in all epochs but the spiked one, which is flat but for its spikes."""

    def __init__(self, stage="N2"):
        super().__init__(20)
        self.ledger, self.table = (table[table["recording"] == "a"].reset_index(drop=True) for table in (self.ledger, self.table))
        stages = self.table["epoch"].map(stage if callable(stage) else lambda epoch: stage)
        self.table = self.table.assign(stage=stages)

    def microvolts(self, rows):
        time, signals = numpy.arange(3000) / 100, []
        for row in rows:
            wave = numpy.sin(2 * numpy.pi * time)
            if self.table["epoch"][row] == SPIKED:
                up, down = abs(time - UP_S - 0.02) < 0.024, abs(time - DOWN_S - 0.02) < 0.024  # five samples
                waves = [up * 1.0, down * -1.0, time * 0]
            else:
                waves = [wave] * 3
            signals.append(numpy.stack([values * SPIKE_UV[name] for name, values in zip(MODALITIES, waves)], 1))
        return numpy.array(signals, "float32")


class Details:
    """The spiked epoch and the split one can be opened."""

    def epochs(self, recording):
        return [SPIKED, SPLIT]

    def of(self, recording, epoch):
        levels = {fold: numpy.zeros((len(RULES), 600, 3), "int8") for fold in FOLDS}
        for fold in FOLDS:
            levels[fold][:, round(20 * SUPPORTS_S), 0] = LEVEL[fold]
            levels[fold][:, round(20 * AGAINST_S), 1] = -LEVEL[fold]
        return levels, {fold: numpy.full(len(RULES), SCALE[fold]) for fold in FOLDS}


def predictions(epochs, scored=True, split=True):
    """Each fold's stage is the epoch's but at SPLIT, where the second fold says N3; probabilities differ by fold and epoch."""
    rows = []
    for row in epochs.table.itertuples():
        for number, fold in enumerate(FOLDS):
            predicted = "N3" if split and row.epoch == SPLIT and number else row.stage
            sure = 0.5 + 0.02 * row.epoch + 0.01 * number
            probabilities = [sure if stage == predicted else (1 - sure) * (1 + at) / (15 - 1 - STAGES.index(predicted))
                             for at, stage in enumerate(STAGES)]
            rows.append((fold, row.recording, row.epoch, row.stage if scored else "", predicted, *probabilities))
    return pandas.DataFrame(rows, columns=["fold", "recording", "epoch", "true", "predicted", *(f"p_{stage}" for stage in STAGES)])


def shares(epochs):
    """Shares that no two of epoch, fold and rule have in common; epoch 12 received no relevance."""
    rows = []
    for row in epochs.table.itertuples():
        for fold_number, fold in enumerate(FOLDS):
            for rule_number, rule in enumerate(RULES):
                eeg, eog = 0.02 * row.epoch + 0.2 * fold_number, 0.1 + 0.15 * rule_number
                none = row.epoch == 12
                for name, share in zip(MODALITIES, (eeg, eog, 1 - eeg - eog)):
                    rows.append((fold, row.recording, row.epoch, rule, name, numpy.nan if none else share,
                                 -numpy.inf if none else -0.1 * row.epoch - fold_number))
    return pandas.DataFrame(rows, columns=["fold", "recording", "epoch", "rule", "modality", "share", "log_total"])


def bands(epochs):
    """Each share is divided 3 : 1 between two bands."""
    table = shares(epochs).drop(columns="log_total")
    return pandas.concat([table.assign(band=band, share=table["share"] * part) for band, part in (("slow", 0.75), ("fast", 0.25))])


def stage_of(epoch):
    """Two epochs of each stage in turn, in an order that no list of stages has."""
    return ["N3", "W", "REM", "N1", "N2"][epoch // 2 % 5]


def nights(stage="N2", context=0, **choices):
    epochs = Epochs(stage)
    covariates = pandas.DataFrame({"recording": ["a"], "subject": "01"})
    return Nights(epochs, predictions(epochs, **choices), shares(epochs), covariates, RULES, bands(epochs), context)


def write(folder, **choices):
    """The browser's files of this night below a folder."""
    source = nights(**choices)
    browser_files.write(source, Details(), predictions(source.epochs), "disagreements", "", "1", folder, progress=False)
