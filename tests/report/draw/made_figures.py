"""A figure of every kind that pages show, of small tables, and what of it a browser is handed."""

import functools
import json
from html.parser import HTMLParser

import numpy
import pandas
from made_tables import LEVEL, MODALITIES, by_fold, joint, pairs, regressions, window

from helpers.constants import STAGES
from helpers.report.draw import figures

NAMES = ("overall", "groups", "predicted", "stages", "dropped", "folds", "confusion", "history", "lost", "effects",
         "intervals", "joints", "pairs", "magnitude", "timeline")
#: Figure → its versions, where there are several.
VERSIONS = {"overall": 4, "lost": 2, "groups": 4, "predicted": 4, "effects": 18, "intervals": 6, "joints": 6, "pairs": 6}
HOSTILE = "</script><img src=x onerror=alert(1)> & `code` <b>"


def page_of(shown):
    return shown._repr_mimebundle_()["text/html"]


def specs(shown):
    """The JSON in a figure's markup, as a browser's HTML parser would hand it to figures.js."""
    read = []

    class Reader(HTMLParser):
        inside = False

        def handle_starttag(self, tag, attributes):
            assert tag not in ("img", "b"), f"a name became the element {tag}"
            self.inside = tag == "script" and ("type", "application/json") in attributes

        def handle_data(self, data):
            if self.inside:
                read.append(json.loads(data))
                self.inside = False

    Reader().feed(page_of(shown))
    return read


@functools.cache
def all_figures():
    epochs = pandas.DataFrame({"recording": ["a", "a", "b"], "stage": ["W", "N2", "REM"]})
    ledger = pandas.DataFrame({"recording": ["a", "a", "b"], "kept": [True, False, True], "reason": ["", "movement", ""]})
    folds = pandas.DataFrame({"fold": [0, 0, 0], "subject": ["1", "2", "3"], "role": ["training", "validation", "test"]})
    counts = pandas.DataFrame([(a, b, 3 if a == b else 1) for a in STAGES for b in STAGES],
                              columns=["true", "predicted", "n"])
    history = pandas.DataFrame({"fold": [0, 0], "training_epoch": [1, 2], "loss": [1, 0.5], "accuracy": [0.5, 0.7],
                                "val_loss": [1, 0.6], "val_accuracy": [0.4, 0.65], "learning_rate": [1e-3, 1e-3]})
    lost = pandas.DataFrame([(by, 0, stage, name, 9, 0.8, 0.8 - LEVEL[name], LEVEL[name]) for by in ("exchange", "zeros")
                             for stage in STAGES for name in MODALITIES],
                            columns=["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"])
    return {"overall": figures.overall(by_fold(), by_fold()), "groups": figures.groups(*[by_fold(grid())] * 2),
            "predicted": figures.predicted(*[by_fold(said())] * 2),
            "stages": figures.stages(epochs), "dropped": figures.dropped(ledger), "folds": figures.membership(folds),
            "confusion": figures.confusion(counts), "history": figures.history(history),
            "lost": figures.lost(lost), "effects": figures.effects(figures.versions(regressions(), "eps=100", "mean")),
            "intervals": figures.intervals(figures.versions(regressions(), "eps=100", "mean")),
            "joints": figures.joints(joint(), regressions(), "eps=100", "mean"), "pairs": figures.pairs(pairs(), "eps=100", "mean"),
            "magnitude": figures.magnitude(magnitudes()), "timeline": figures.timeline(window())}


def grid():
    return [(("true", "W"), ("predicted", "W")), (("true", "N1"), ("predicted", "N2"))]


def said():
    return [(("predicted", "W"),), (("predicted", "N2"),)]


def magnitudes():
    return pandas.DataFrame({"rule": "eps=100", "modality": "EEG",
                             "log_total": numpy.log(10) * numpy.array([-20.0, -20, -10, -numpy.inf])})
