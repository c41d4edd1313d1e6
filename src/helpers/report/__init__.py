"""The report; notebooks import its modules by short names: `from helpers.report import answers, figures, sentences`."""

from importlib import import_module

MODULES = {"ablating": "words.ablating", "another": "words.another", "answers": "words.answers", "benchmark": "words.benchmark", "effects": "words.covariate_effects",
           "figures": "draw.figures", "found": "words.found", "misread": "words.misreading", "reading": "words.reading", "rhythms": "words.rhythms",
           "sentences": "words.sentences", "sleeping": "words.sleeping", "trusting": "words.trusting"}


def __getattr__(name):
    if name not in MODULES:
        raise AttributeError(f"helpers.report has no {name}; it has {', '.join(MODULES)}")
    return import_module(f".{MODULES[name]}", __name__)
