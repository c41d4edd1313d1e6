"""What a step is: one result to be made is a `Task`, a row of the table of steps is a `Step`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..files import read_json, read_table, write_json
from .config import LEARNING

#: Packages that compute: tables of numbers, networks, statistics.
ARRAYS = ("numpy", "pandas")
NETWORK = (*ARRAYS, "keras", "tensorflow")
STATISTICS = (*ARRAYS, "scipy", "statsmodels")


@dataclass(frozen=True)
class Task:
    """One result to be made, or several of one fold that one pass makes.

    Attributes
    ----------
    part : values by the step's dimensions, such as {"fold": 3}; of a task with several results, the dimensions they share.
    settings, facts : what the row names, by name.
    inputs : step → part (a tuple) → folder of that result.
    files : column of the cohort → path.
    folders : part (a tuple) → folder to write into.
    progress : function (done, total, text), or None.
    """

    part: dict
    settings: dict
    facts: dict
    inputs: dict
    files: dict
    folders: dict
    progress: object = None

    @property
    def folder(self):
        """The only folder to write into."""
        [folder] = self.folders.values()
        return folder

    def epochs(self, recordings=None):
        """`Epochs` of these recordings, by default of all."""
        from ..data.epochs import Epochs

        folders = {recording: folder for (recording,), folder in self.inputs["epochs"].items()}
        return Epochs({name: folders[name] for name in recordings or folders}, context=self._context())

    def _context(self):
        """Neighbours on each side that the network takes, by which this part's folds are trained or are to be."""
        from ..model.networks import about_of

        trained = [about_of(folder / "weights.npz") for folder in self.inputs.get("training", {}).values()]
        wanted = [self.facts[name] for name in ("network", "second") if self.facts.get(name)]
        return [*trained, *wanted, {}][0].get("context", 0)

    def of_fold(self, step, name):
        """Path of a file of the fold's result of a step."""
        return self.inputs[step][(self.part["fold"],)] / name

    def tables(self, step, name=None, **how):
        """Tables of all parts of a step, by default those of its name, one below the other, as `stacked` reads them."""
        return stacked((folder / f"{name or step}.parquet" for folder in self.inputs[step].values()), **how)

    def members(self):
        """Table of fold, subject, role: who is in a fold's training, validation and test."""
        import pandas

        return pandas.DataFrame([(fold, subject, role) for fold, members in self.facts["members"].items() for subject, role in members],
                                columns=["fold", "subject", "role"]).astype({"fold": int})

    def learning(self, network):
        """Settings of how a fold of a network learns, as `model.train.train_fold` takes them."""
        return {name: self.settings[name] for name in LEARNING} | {"seed": self.settings["training_seed"], "network": network}

    def train(self, network):
        """Train a network on the fold, once it was found that it can be explained."""
        from ..model.train import train_fold
        from ..relevance.network_check import check_network

        epochs, folds = self.epochs(), self.members()
        check_network(network, epochs)
        train_fold(epochs, folds, self.part["fold"], self.learning(network), self.folder, self.progress)
        training = set(folds.loc[folds["role"] == "training", "subject"])
        write_json(self.folder / "learned.json", {name: folder.name for name, folder in epochs.folders.items()
                                                  if epochs.info(name)["subject"] in training})

    def covariates(self):
        """Table of what is known of each recording's sleeper."""
        import pandas

        return pandas.DataFrame(self.facts["covariates"]["table"])

    def sleepers(self):
        """What is known of the sleepers, as `analysis.covariate_design.design_of` takes it."""
        about = self.facts["covariates"]
        return {"covariates": self.covariates(), "reference": about["reference"], "period": about["period"]}

    def network(self):
        """(epochs, predictions, path of the weights, epochs that it learned from or None) of the fold."""
        return (self.epochs(), read_table(self.of_fold("predictions", "predictions.parquet")),
                self.of_fold("training", "weights.npz"), learned(self.of_fold("training", "learned.json")))


@dataclass(frozen=True)
class Step:
    """A row of the table.

    Attributes
    ----------
    name : of the step and of its folder in the store.
    per : dimensions of which it has one part for each value: (), ("recording",), ("fold",) or ("rule", "fold").
    make : function of a `Task`.
    code : module that computes it, below the package; packages : installed packages that compute as well.
    reads : steps whose results it reads: those parts that agree with its own in all dimensions that both have.
    settings : names of settings; facts : names of `facts.FACTS`; files : columns of the cohort with paths of files read.
    title : of the progress bar.
    scored : whether it needs a scorer's stages.
    resumes : whether it goes on from what a killed attempt has left in its folder.
    together : dimension whose parts one task makes in one pass.
    only : function of the study's settings and a part that says whether that part is made; by default all are.
    without : function of the study's settings and a part that gives modules which its code imports and does not use there.
    estimate : function of a `Task` that gives a line on how long all of it will take, or None.
    """

    name: str
    per: tuple
    make: object
    code: str
    packages: tuple
    reads: tuple = ()
    settings: tuple = ()
    facts: tuple = ()
    files: tuple = ()
    title: str = ""
    scored: bool = False
    resumes: bool = False
    together: str | None = None
    only: object = field(default=lambda settings, part: True)
    without: object = field(default=lambda settings, part: ())
    estimate: object = None


def stacked(paths, **how):
    """Tables of several files, one below the other, read as `read_table` takes it (`coded`, values of columns); an empty one of no file."""
    import pandas

    tables = [read_table(path, **how) for path in paths]
    return pandas.concat(tables, ignore_index=True) if tables else pandas.DataFrame()


def learned(path):
    """`Epochs` that a fold learned from, by the learned.json of its training; None where they are not in its store."""
    from ..data.epochs import Epochs

    store = Path(path).parents[2]
    folders = {recording: store / "epochs" / key for recording, key in read_json(path).items()}
    return Epochs(folders) if folders and all((folder / "signals.npy").is_file() for folder in folders.values()) else None
