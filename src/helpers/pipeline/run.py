"""A study's results in order: which parts each step has, the key of each part, and the work that makes what the store lacks."""

from __future__ import annotations

import json
import os
import sys
from functools import cached_property
from itertools import product
from pathlib import Path

from ..errors import InputError
from ..files import read_json, read_table
from .code import PACKAGE, code_hash
from .facts import FACTS, members_of
from .step import Task, learned, stacked
from .steps import STEPS
from .store import Store, hash_of
from .trial_steps import TRIAL_STEPS

#: Steps that look at what was planted in simulated nights, and those of the trial of explanations.
PLANTED = ("truth_checks", "likeness")
TRIAL = tuple(step.name for step in TRIAL_STEPS)


class Run:
    """The steps of one study, each made when it is asked for and not there.

    Parameters
    ----------
    study : name of the study.
    about : plain values that its file is to say besides the keys of its results.
    settings : the checked settings.
    store : folder of the store.
    data : folder of the recordings, or None.
    scheduler : address of a dask scheduler, or None.
    progress : whether to say on stderr what is done.
    trained : `trained.Trained`, the folds of another study that stage and explain these nights; None to train.
    """

    def __init__(self, study, about, settings, store, data=None, scheduler=None, progress=True, trained=None):
        self.study, self.about, self.settings = study, about, settings
        self.data, self.scheduler, self.progress, self.trained = data, scheduler, progress, trained
        self.store = Store(store, self.say)
        self._keys, self.notes = {}, {}

    def say(self, line):
        """One line to the terminal."""
        if self.progress:
            print(line, file=sys.stderr, flush=True)

    # ---------------------------------------------------------------- cohort

    @cached_property
    def cohort(self):
        """The `Cohort`; its files are simulated or fetched first if they are not there."""
        from ..data.cohort import Cohort, single_nights

        name = self.settings["cohort"]
        if name == "simulated":
            return Cohort.simulated(self.nights)
        if name == "telemetry":
            from ..data.telemetry import fetch

            nights = self.data or self.store.root / "telemetry"
            fetch(nights, progress=self.progress)
            return Cohort.telemetry(nights)
        cohort = Cohort.from_csv(name, unscored=self.trained is not None)
        if alone := single_nights(cohort.table):
            self.say(f"{name}: one night only of subject {', '.join(alone)}, several of others: what changes from night to "
                     "night is not seen within them")
        return cohort

    @cached_property
    def nights(self):
        """Folder of simulated nights: the user's, or one in the store."""
        if self.data is None:
            return self.folders("simulation")[()] / "nights"
        from ..data.simulation.simulate import holds, simulate

        settings = [self.settings[name] for name in STEPS["simulation"].settings]
        if not holds(self.data, *settings):
            self.say(f"{STEPS['simulation'].title} into {self.data}")
        return simulate(self.data, *settings)

    @cached_property
    def folds(self):
        """Table of fold, subject, role; folds that were trained before test everybody."""
        import pandas

        from ..data.folds import make_folds

        subjects = sorted(self.cohort.table["subject"].unique())
        if self.trained:
            return pandas.DataFrame(list(product(self.trained.keys, subjects, ["test"])), columns=["fold", "subject", "role"])
        settings = self.settings
        return make_folds(subjects, settings["folds"], settings["fold_seed"], settings["fold_design"])

    @cached_property
    def epochs(self):
        """The `Epochs` of all recordings; of one's own nights, no page and no file of a book shall hold a true date."""
        from ..data.epochs import Epochs

        return Epochs({recording: folder for (recording,), folder in self.folders("epochs").items()}, shift_dates=self.own_nights)

    @property
    def own_nights(self):
        """Whether these are a reader's own nights, neither simulated nor the telemetry's."""
        return self.settings["cohort"] not in ("simulated", "telemetry")

    @cached_property
    def truth(self):
        """What was planted in simulated nights, or None for real ones."""
        return read_json(Path(self.nights) / "truth.json") if self.settings["cohort"] == "simulated" else None

    def need_stages(self):
        """Refuse what needs true stages where nobody scored the nights."""
        if not self.cohort.scored:
            raise InputError("these nights are not scored, and this needs true stages")

    @cached_property
    def details(self):
        """`relevance.details.Details` of the epochs that a published page lets its readers open."""
        from ..relevance.details import Details

        return Details({fold: folder for (fold,), folder in self.folders("details").items()})

    @cached_property
    def opener(self):
        """`relevance.details.Opener`, which computes the same of any test epoch."""
        from ..relevance.details import Opener

        training, predictions = self.folders("training"), self.folders("predictions")
        epochs = self.epochs.with_context(self.network.get("context", 0))
        return Opener(lambda fold: (epochs, read_table(predictions[(fold,)] / "predictions.parquet"),
                                    training[(fold,)] / "weights.npz", learned(training[(fold,)] / "learned.json")),
                      self.settings["rules"], self.settings["engine"])

    @property
    def network(self):
        """Which network the folds are of, as `model.networks.made` takes it."""
        from ..model.networks import about_of

        if self.trained:
            return about_of(self.trained.store.folder("training", next(iter(self.trained.keys.values()))) / "weights.npz")
        return FACTS["network"](self)

    @property
    def networks(self):
        """Words for the run's own network and for the one that is trained beside it: {"own": …, "other": …}."""
        from ..trust.second_network import named, second

        return {"own": named(self.network), "other": named(second(self.network))}

    # ----------------------------------------------------------------- parts

    def parts(self, step):
        """Parts of a step: tuples of a value for each of its dimensions."""
        return [part for part in product(*(self._values(dimension) for dimension in STEPS[step].per))
                if STEPS[step].only(self.settings, part)]

    def _values(self, dimension):
        if dimension == "recording":
            return list(self.cohort.table["recording"])
        if dimension == "rule":
            return self.settings["rules"]
        if dimension == "replacement":
            from ..relevance.replacement import ABLATIONS, EXCHANGE

            return (EXCHANGE,) if self.settings["trial"] == "off" else ABLATIONS
        if dimension == "network":
            from ..trust.altered import networks

            return networks(self.settings["trial"], self.cohort.modalities)
        return sorted(int(fold) for fold in self.folds["fold"].unique())

    def read_by(self, step, part):
        """(step, parts) that a part reads: those that agree with it in all dimensions that both have."""
        mine = dict(zip(STEPS[step].per, part))
        for source in STEPS[step].reads:
            dimensions = STEPS[source].per
            yield source, [other for other in self.parts(source)
                           if all(mine.get(name, value) == value for name, value in zip(dimensions, other))]

    def facts(self, step, part):
        """The facts that a row names, of one of its parts: plain values."""
        return {name: FACTS[name](self, *part) for name in STEPS[step].facts}

    # ------------------------------------------------------------------ keys

    def made_of(self, step, part):
        """All that the result depends on, as plain values; its hash is the key."""
        row = STEPS[step]
        settings = {name: self.settings[name] for name in row.settings}
        paths = {kind: path for kind, path in self.files(step, part).items() if path}
        hashes = self.store.file_hashes(paths.values())
        return {"step": step, "part": list(part), "settings": settings, "facts": self.facts(step, part),
                "files": {kind: hashes[str(path)] for kind, path in paths.items()},
                "inputs": {source: {_text(other): self.digest(source, other) for other in parts}
                           for source, parts in self.read_by(step, part)},
                "code": code_hash(f"{PACKAGE}.{row.code}", row.packages, row.without(self.settings, part))}

    def files(self, step, part):
        """Column of the cohort, or "events" for what was planted → path of a file that a part is read from; "" where there is none."""
        if STEPS[step].files == ("events",):
            return {"events": str(Path(self.nights) / "events.parquet") if self.settings["cohort"] == "simulated" else ""}
        if not STEPS[step].files:
            return {}
        [row] = self.cohort.table.set_index("recording").loc[[part[0]]].to_dict("records")
        return {kind: row[kind] for kind in STEPS[step].files}

    def digest(self, step, part):
        """Digest of a result that is there."""
        store, key = self._place(step, part)
        return store.digest(step, key)

    def _place(self, step, part):
        """(store, key) of a result."""
        if step == "training" and self.trained:
            return self.trained.store, self.trained.keys[part[0]]
        return self.store, self.keys(step)[part]

    def _root_and_key(self, step, part):
        store, key = self._place(step, part)
        return str(store.root), key

    def keys(self, step):
        """Part → key of all results of a step; those that the store lacks are made."""
        if step not in self._keys:
            self._keys[step] = self._ensured(step)
            self._record()
        return self._keys[step]

    def folders(self, step):
        """Part → folder of each result of a step, its files checked."""
        if step == "training" and self.trained:
            return {part: self.trained.store.opened(step, self.trained.keys[part[0]]) for part in self.parts(step)}
        return {part: self.store.opened(step, key) for part, key in self.keys(step).items()}

    def table(self, step, name):
        """Tables of that name of all parts of a step, one below the other; None of what only simulated nights have."""
        if step in PLANTED and self.settings["cohort"] != "simulated":
            return None
        if STEPS[step].scored:
            self.need_stages()
        if step in TRIAL and self.settings["trial"] == "off":
            raise InputError("trial = off: this was not computed; ask for it by -p trial brief")
        return stacked(folder / name for folder in self.folders(step).values())

    def _record(self):
        """Write down which results the study has."""
        results = {step: {_text(part): key for part, key in keys.items()} for step, keys in self._keys.items()}
        before = self.store.study_or_none(self.study) or {}
        if before.get("about") == json.loads(json.dumps(self.about)):  # what this process was not asked for is still named
            results = {**before.get("results", {}), **results}
        self.store.keep_study(self.study, {"about": self.about, "results": results})

    # ------------------------------------------------------------------ work

    def compute(self):
        """Every step that these nights allow, in order; results that are there are not made again."""
        from .workers import same_workers

        with same_workers():
            for step in self.steps():
                self.folders(step)

    def steps(self):
        """Names of the steps that these nights allow: without a scorer's stages, planted facts or training some are left out."""
        simulated = self.settings["cohort"] == "simulated"
        left_out = {"simulation": not simulated or self.data is not None, **dict.fromkeys(PLANTED, not simulated),
                    **dict.fromkeys(TRIAL, self.settings["trial"] == "off"), "training": self.trained is not None}
        return [name for name, row in STEPS.items()
                if not left_out.get(name) and (self.cohort.scored or not row.scored)]

    def _ensured(self, step):
        row = STEPS[step]
        if row.scored:
            self.need_stages()
        for source in row.reads:
            self.folders(source)
        if self.trained and step == "predictions":
            self._check_channels()
        if "psg" in row.files:  # all at once: what is known of files is written once
            self.store.file_hashes(path for kind in row.files for path in self.cohort.table[kind] if path)
        made_of = {part: self.made_of(step, part) for part in self.parts(step)}
        keys = {part: hash_of(content) for part, content in made_of.items()}
        missing = [part for part, key in keys.items() if self.store.digest(step, key) is None]
        if missing:
            with self.store.in_use():
                self._make(row, {part: (keys[part], made_of[part]) for part in missing})
        return keys

    def _check_channels(self):
        """Refuse nights whose channels are not those that the folds of another study were trained on."""
        from ..data.trained_channels import channel_differences

        channels = self.trained.channels()
        if channels is None:
            self.say("What these weights were trained on is not known: channels are taken in the order of the cohort's modalities")
            return
        for recording in self.epochs.folders:
            faults, _ = channel_differences(channels, self.epochs.info(recording)["channels"])
            if faults:
                raise InputError(f"recording {recording}: {faults[0]}; name other channels in {self.cohort.name}.yaml beside the "
                                 "CSV, or take the recording out")

    def _make(self, row, wanted):
        """Make the results of some parts of a step."""
        groups = {}
        for part in wanted:
            shared = tuple(value for name, value in zip(row.per, part) if name != row.together)
            groups.setdefault(shared, []).append(part)
        if not row.per and "keras" not in row.packages:
            [[part]] = groups.values()
            if row.title:
                self.say(row.title)
            make_results(*self._order(row, [part], wanted))
            return
        tasks = [(_called(row, shared), make_results, self._order(row, parts, wanted)) for shared, parts in groups.items()]
        if row.estimate and self.progress:
            self.say(self.work(None, [("estimate", estimate, (row.name, self._estimated(row)))])["estimate"])
        self.work(row.title, tasks)

    def _order(self, row, parts, wanted):
        """Arguments of `make_results` for some parts of a step that one task makes."""
        first = parts[0]
        values = {name: value for name, value in zip(row.per, first) if name != row.together}
        about = {"part": values, "settings": {name: self.settings[name] for name in row.settings},
                 "facts": self.facts(row.name, first), "files": self.files(row.name, first),
                 "inputs": {source: {part: self._root_and_key(source, part) for part in others}
                            for source, others in self.read_by(row.name, first)}}
        return row.name, str(self.store.root), {part: wanted[part] for part in parts}, about

    def _estimated(self, row):
        """A task that stands for all folds."""
        facts = {"members": {fold: members_of(self, fold)[fold] for (fold,) in self.parts("training")},
                 "workers": min(os.cpu_count(), len(self.parts(row.name))), "trial": self.settings["trial"],
                 "rules": len(self.settings["rules"]), "network": self.network, "second": FACTS["second"](self) if not self.trained else None}
        return Task({}, {name: self.settings[name] for name in row.settings}, facts, {"epochs": self.folders("epochs")}, {}, {})

    def work(self, title, tasks):
        """Results of tasks by name, which workers do."""
        from .workers import run_tasks

        return run_tasks(tasks, scheduler=self.scheduler, progress=title if self.progress else None, of=self.settings["folds"])


def make_results(step, root, wanted, about, progress=None):
    """Make results of one step, in this process.

    Parameters
    ----------
    wanted : part → (key, all that it is made of).
    about : part, settings, facts and files as of `Task`; inputs: step → part → (root of its store, key).
    """
    from contextlib import ExitStack

    row, store, folders = STEPS[step], Store(root), {}
    inputs = {source: {part: _opened(*place, source) for part, place in places.items()}
              for source, places in about["inputs"].items()}
    with ExitStack() as stack:
        for part, (key, made_of) in sorted(wanted.items(), key=lambda item: item[1][0]):  # all in one order: no deadlock
            folder = stack.enter_context(store.making(step, key, made_of, row.resumes))
            if folder is not None:
                folders[part] = folder
        if folders:
            row.make(Task(**{**about, "inputs": inputs, "folders": folders, "progress": progress}))


#: Root → the store from which this process has opened results, each checked once.
_stores = {}


def _opened(root, key, step):
    """Folder of a result that is read."""
    return _stores.setdefault(root, Store(root)).opened(step, key)


def estimate(step, task):
    """The line on how long a step will take."""
    return STEPS[step].estimate(task)


def _called(row, values):
    """Name of a task in the progress bar: `fold 3`, or the recording."""
    return " ".join(f"fold {value}" if name == "fold" else str(value)
                    for name, value in zip([name for name in row.per if name != row.together], values))


def _text(part):
    """A part as a key of JSON: `eps=0.01, 3`; `all` where a step has only one."""
    return ", ".join(map(str, part)) or "all"
