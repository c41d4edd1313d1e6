"""One configuration and its folder of results: which steps there are and in which order. It computes nothing itself.

Each step is a method; it returns its result and makes it first when its stamp (configuration, inputs, code) is not
the one that lies in the folder.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import files, findings, networks, work
from .pipeline import config
from .errors import InputError
from .networks import ARRAYS, NETWORK


@dataclass
class Study:
    """A profile's settings, where its files lie and where its artifacts go. Made by `Study.open`."""

    profile: str
    config: dict
    folder: Path
    data: Path | None = None
    scheduler: str | None = None
    progress: bool = True
    given: networks.Given | None = None

    @classmethod
    def open(cls, profile="demo", data=None, cohort=None, artifacts=None, settings=None, scheduler=None,
             progress=True):
        """A study of `profile`.

        Parameters
        ----------
        profile : name of a file in profiles/.
        data : folder of the recordings (fetched or simulated there if they are missing). Default: beside the results.
        cohort : path of a CSV of one's own recordings; takes the place of the profile's cohort.
        artifacts : folder of results. Default: artifacts/<profile> at the project's top, with the names of the CSV and
            of the folder of trained folds added.
        settings : dict of settings that override the profile's; `trained_folds`, a run's folder of results, has the
            folds trained there stage and explain every night, and trains nothing.
        scheduler : address of a dask scheduler; by default local worker processes.

        Raises
        ------
        InputError
            For an unknown profile or setting, a value that does not fit, or folds that were not trained.
        """
        for key, value, kind, wanted in (("data", data, (str, Path), "a path"), ("artifacts", artifacts, (str, Path), "a path"),
                                         ("settings", settings, dict, "settings by name, such as {'folds': 4}")):
            if value is not None and not isinstance(value, kind):
                raise InputError(f"{key} = {value!r}: must be {wanted}")
        chosen = config.load(profile, {**(settings or {}), "cohort": cohort and str(cohort)})
        name = profile if cohort is None else f"{profile}-{Path(cohort).stem}"
        given = networks.Given(chosen["trained_folds"]) if "trained_folds" in chosen else None
        if given:
            name, chosen = f"{name}-by-{given.folder.name}", given.settings(chosen)
        folder = (Path(artifacts) if artifacts else config.ROOT / "artifacts" / name).resolve()
        if given and folder == given.folder:
            raise InputError(f"--artifacts {artifacts}: holds the trained folds, which are only read; give another folder")
        return cls(profile, chosen, folder, Path(data).resolve() if data else None, scheduler, progress, given)

    # ------------------------------------------------------------------ data

    @property
    def simulated(self):
        return self.config["cohort"] == "simulated"

    @property
    def notice(self):
        """The sentence that marks every figure of simulated nights or of a network that learned from them; else empty."""
        if self.simulated:
            return ("Simulated nights: these figures test the machinery against what was planted; "
                    "they say nothing about physiology.")
        if self.given and self.given.simulated:
            return ("The network learned from simulated nights: these figures test the machinery; "
                    "they say nothing about physiology.")
        return ""

    @property
    def scored(self):
        """Whether somebody scored the nights: without true stages there is no exchange, regression, claim or truth."""
        return self.cohort().scored

    def _need_stages(self):
        if not self.scored:
            raise InputError("these nights are not scored, and this needs true stages")

    @cached_property
    def _cohort(self):
        from .data.cohort import Cohort, single_nights

        if self.config["cohort"] == "simulated":
            return Cohort.simulated(self._simulate())
        if self.config["cohort"] == "telemetry":
            from .data.telemetry import fetch

            nights = self.data or self.folder / "nights"
            fetch(nights, progress=self.progress)
            return Cohort.telemetry(nights)
        cohort = Cohort.from_csv(self.config["cohort"], unscored=self.given is not None)
        if alone := single_nights(cohort.table):
            self.say(f"{self.config['cohort']}: one night only of subject {', '.join(alone)}, several of others: what "
                      "changes from night to night is not seen within them")
        return cohort

    def cohort(self):
        """The `Cohort`; its files are simulated or fetched first if they are not there."""
        return self._cohort

    def _simulate(self):
        from .data.simulation.simulate import simulate

        folder = self.data or self.folder / "nights"
        keys = ("subjects", "minutes", "simulation_seed", "cycle_minutes")
        value = files.stamp([self.config[key] for key in keys],
                                code=files.code_hash("helpers.data.simulation.simulate", ("numpy", "scipy", "edfio")))
        if not files.matches(folder, value):
            if folder.exists() and any(folder.iterdir()) and not (folder / files.STAMP).exists():
                raise InputError(f"{folder}: not empty and not a folder of simulated nights; give an empty one")
            self.say(f"Simulating {self.config['subjects']} subjects, two nights each")
            simulate(folder, self.config["subjects"], self.config["minutes"], self.config["simulation_seed"],
                     self.config["cycle_minutes"])
            files.mark(folder, value)
        return folder

    def truth(self):
        """What was planted in simulated nights, or None for real ones."""
        return files.read_json(self._simulate() / "truth.json") if self.simulated else None

    @cached_property
    def _epochs(self):
        from .data.epochs import Epochs

        cohort, folder, tasks, stamps = self.cohort(), self.folder / "epochs", [], {}
        code = files.code_hash("helpers.data.epochs", (*ARRAYS, "mne", "scipy"))
        for row in cohort.table.itertuples():
            about = [row.recording, row.subject, cohort.modalities, cohort.marker, cohort.stages, self.config["drop_flat"]]
            files = [files.file_hash(path, self.folder / "files.json") for path in (row.psg, row.hypnogram) if path]
            value = stamps[row.recording] = files.stamp(about, files, code)
            target = folder / row.recording
            if not files.matches(target, value):
                tasks.append((row.recording, work.read_night, (cohort, row.recording, target, value,
                                                           self.config["drop_flat"])))
        self.run("Reading nights", tasks)
        return Epochs(folder, list(cohort.table["recording"])), stamps

    def epochs(self):
        """The `Epochs` of all recordings."""
        return self._epochs[0]

    def epoch_stamps(self):
        """Recording → stamp of its epochs."""
        return self._epochs[1]

    # ----------------------------------------------------------------- model

    @cached_property
    def _folds(self):
        import pandas

        from .data.folds import make_folds

        subjects = sorted(self.cohort().table["subject"].unique())
        if self.given:
            return pandas.DataFrame([(fold, subject, "test") for fold in self.given.folds for subject in subjects],
                                    columns=["fold", "subject", "role"])
        return make_folds(subjects, self.config["folds"], self.config["fold_seed"], self.config["fold_design"])

    def folds(self):
        """Table of fold, subject, role; folds that are given test everybody."""
        return self._folds

    @cached_property
    def _networks(self):
        """Fold → `networks.Network`; trains those that are missing, or has those that are given stage the nights."""
        return networks.take(self, self.given) if self.given else networks.train(self)

    def missing(self, step, stamps, function, arguments):
        """Tasks for the folds whose folder of `step` does not bear its stamp."""
        targets = {fold: self.folder / step / f"fold-{fold}" for fold in stamps}
        return [(f"fold {fold}", function, (*arguments(fold), targets[fold], value)) for fold, value in stamps.items()
                if not files.matches(targets[fold], value)]

    def _per_fold(self, step, name):
        return _stacked(self.folder / step / f"fold-{fold}" / name for fold in self._networks)

    def predictions(self):
        """One row per fold and test epoch: true stage ("" where nobody scored) and predicted, five probabilities."""
        return _stacked(network.predictions for network in self._networks.values())

    def history(self):
        """One row per fold and training epoch."""
        return _stacked(network.history for network in self._networks.values())

    def exchange(self):
        """Held-out recall lost per fold, stage and modality when the modality is exchanged between epochs."""
        self._need_stages()
        code, seed = files.code_hash("helpers.model.exchange", NETWORK), self.config["fold_seed"]
        stamps = {fold: files.stamp([seed], [network.stamp], code) for fold, network in self._networks.items()}
        self.run("Exchanging modalities", self.missing("exchange", stamps, work.exchange,
                                                       lambda fold: (*self._fold_files(fold), seed)))
        return self._per_fold("exchange", "exchange.parquet")

    def _fold_files(self, fold):
        """What a step after training reads: the epochs' folder, their recordings, and files of the fold's network."""
        network = self._networks[fold]
        return (self.epochs().folder, list(self.cohort().table["recording"]), network.predictions, network.weights,
                network.trained_on)

    # ------------------------------------------------------------- relevance

    @cached_property
    def _relevance(self):
        code = files.code_hash("helpers.relevance.shares", (*NETWORK, "innvestigate"))
        stamps = {}
        for rule in self.config["rules"]:
            about = [rule, self.config["engine"], self.cohort().modalities]
            for fold, network in self._networks.items():
                stamps[rule, fold] = files.stamp(about, [network.stamp], code)
        tasks = []
        for fold in self._networks:
            missing = {rule: (self._rule_folder(rule, fold), stamps[rule, fold]) for rule in self.config["rules"]
                       if not files.matches(self._rule_folder(rule, fold), stamps[rule, fold])}
            if missing:
                tasks.append((f"fold {fold}", work.explain, (*self._fold_files(fold), missing, self.config["engine"])))
        self.run("Explaining folds", tasks)
        return stamps

    def relevance_stamps(self):
        """Stamps of all shares, rule by rule and fold by fold."""
        return list(self._relevance.values())

    def _rule_folder(self, rule, fold):
        return self.folder / "relevance" / rule / f"fold-{fold}"

    def shares(self):
        """One row per fold, epoch, rule and modality: share, its signed parts, log_total."""
        return _stacked(self._rule_folder(*key) / "shares.parquet" for key in self._relevance)

    @cached_property
    def _audit(self):
        code = files.code_hash("helpers.relevance.audit", (*NETWORK, "innvestigate"))
        about = [self.config["rules"], self.config["fold_seed"], self.cohort().modalities]
        stamps = {fold: files.stamp(about, [network.stamp], code) for fold, network in self._networks.items()}
        self.run("Checking against iNNvestigate", self.missing("audit", stamps, work.audit, lambda fold: (
            *self._fold_files(fold), self.config["rules"], self.config["fold_seed"])))
        return stamps

    def agreement(self):
        """Shares of some test epochs by both engines: one row per fold, epoch, rule and modality."""
        self._audit  # noqa: B018
        return self._per_fold("audit", "agreement.parquet")

    def ledger(self):
        """What became of relevance in each layer: one row per fold, epoch, rule and layer."""
        self._audit  # noqa: B018
        return self._per_fold("audit", "ledger.parquet")

    @cached_property
    def _details(self):
        from .analysis.selection import worth_opening

        chosen = worth_opening(self.predictions(), self.config["detail"])
        code = files.code_hash("helpers.relevance.details", (*NETWORK, "innvestigate"))
        about = [self.config["rules"], self.config["engine"], self.cohort().modalities, chosen.values.tolist()]
        stamps = {fold: files.stamp(about, [network.stamp], code) for fold, network in self._networks.items()}
        self.run("Explaining epochs to open", self.missing("details", stamps, work.detail, lambda fold: (
            *self._fold_files(fold), self.config["rules"], self.config["engine"], chosen)))
        return stamps

    def details(self):
        """`relevance.details.Details` of the epochs that a published page lets its readers open."""
        from .relevance.details import Details

        return Details({fold: self.folder / "details" / f"fold-{fold}" for fold in self._details})

    def opener(self):
        """`relevance.details.Opener`, which computes the same of any test epoch."""
        return self._opener

    @cached_property
    def _opener(self):
        from .relevance.details import Opener

        return Opener(self._fold_files, self.config["rules"], self.config["engine"])

    # -------------------------------------------------------------- findings

    def regression(self):
        """Regression of shares on covariates: every rule, way of averaging and kind of rows."""
        self._need_stages()
        return findings.regression(self)

    def claims(self):
        """Each claim of the paper with what this run found and the verdict."""
        self._need_stages()
        return findings.claims(self)

    def truth_checks(self):
        """What was planted against what was found, or None for real nights."""
        self._need_stages()
        return findings.truth_checks(self) if self.simulated else None

    def covariates(self):
        """Covariates of each recording: recording, subject, then the cohort's covariates."""
        cohort = self.cohort()
        return cohort.table[["recording", "subject", *cohort.covariates]]

    # ------------------------------------------------------------ the whole

    def compute(self):
        """Every step, in order; what matches its stamp is skipped, and what needs true stages where there are none."""
        from .pipeline.workers import same_workers

        with same_workers():
            self.predictions()
            if self.scored:
                self.exchange()
            self.shares()
            self.agreement()
            self.details()
        if self.scored:
            self.regression()
            self.claims()

    def stamps(self):
        """Step → its parts → their stamps, to tell whether a page is of this generation."""
        step, relevance = "staging" if self.given else "training", {}
        for (rule, fold), value in self._relevance.items():
            relevance.setdefault(f"relevance under {rule}", {})[f"fold {fold}"] = value
        reference = self.cohort().reference
        known = {str(row[0]): files.stamp([list(row), reference]) for row in self.covariates().itertuples(index=False)}
        return {"epochs": self.epoch_stamps(), "covariates": known,
                step: {f"fold {fold}": network.stamp for fold, network in self._networks.items()}, **relevance,
                "audit": {f"fold {fold}": value for fold, value in self._audit.items()},
                "details": {f"fold {fold}": value for fold, value in self._details.items()},
                "code": files.code_by_floor("helpers.study")}

    def provenance(self):
        """Profile, data, configuration hash, code and package versions."""
        packages = ("sleep-relevance", "numpy", "pandas", "mne", "keras", "tensorflow", "innvestigate", "statsmodels",
                    "plotly")
        return {"profile": self.profile, "data": self.cohort().name, "simulated": self.simulated,
                "folds": self.given.folder.name if self.given else "", "configuration": files.stamp(self.config),
                "code": files.code_hash("helpers.study"), "python": sys.version.split()[0],
                **{package: files.version(package) for package in packages}}

    def say(self, line):
        """One line to the terminal."""
        if self.progress:
            print(line, file=sys.stderr, flush=True)

    def run(self, title, tasks):
        """Results of tasks by name, which workers do."""
        if not tasks:
            return {}
        from .pipeline.workers import run_tasks

        return run_tasks(tasks, scheduler=self.scheduler, progress=title if self.progress else None,
                         of=self.config["folds"])


def _stacked(paths):
    """Tables of several files, one below the other."""
    import pandas

    return pandas.concat([files.read_table(path) for path in paths], ignore_index=True)
