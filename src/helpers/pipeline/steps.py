"""The table of steps: what each result is made of, and the function that makes it. Adding a step is one row and one function.

A step is made once for each of its parts: for each recording, fold, or rule and fold, or once for the study. The functions run
in worker processes; each gets a `Task` and writes its files into the task's folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..files import read_json, read_table, write_array, write_table
from .code import PACKAGE
from .config import LEARNING

ARRAYS = ("numpy", "pandas")
NETWORK = (*ARRAYS, "keras", "tensorflow")
ENGINES = (*NETWORK, "innvestigate")
STATISTICS = (*ARRAYS, "scipy", "statsmodels")
#: Settings that say how explanations are tried.
TRIAL = ("trial", "trial_epochs", "fold_seed")


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
        return Epochs({name: folders[name] for name in recordings or folders})

    def of_fold(self, step, name):
        """Path of a file of the fold's result of a step."""
        return self.inputs[step][(self.part["fold"],)] / name

    def tables(self, step):
        """Tables of all parts of a step, one below the other."""
        return stacked(folder / TABLES[step] for folder in self.inputs[step].values())

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
    without: object = field(default=lambda settings, part: ())
    estimate: object = None


def stacked(paths):
    """Tables of several files, one below the other."""
    import pandas

    return pandas.concat([read_table(path) for path in paths], ignore_index=True)


def learned(path):
    """`Epochs` that a fold learned from, by the learned.json of its training; None where they are not in its store."""
    from ..data.epochs import Epochs

    store = Path(path).parents[2]
    folders = {recording: store / "epochs" / key for recording, key in read_json(path).items()}
    return Epochs(folders) if all((folder / "signals.npy").is_file() for folder in folders.values()) else None


def _simulation(task):
    from ..data.simulation.simulate import simulate

    settings = task.settings
    simulate(task.folder / "nights", settings["subjects"], settings["minutes"], settings["simulation_seed"],
             settings["cycle_minutes"], settings["effect_size"])


def _epochs(task):
    import pandas

    from ..data.cohort import Cohort
    from ..data.epochs import make_epochs

    night, recording = task.facts["night"], task.part["recording"]
    table = pandas.DataFrame([{"recording": recording, "subject": night["subject"], **task.files}])
    cohort = Cohort("", table, night["modalities"], (), night["marker"], False, night["stages"], night["scoring"])
    make_epochs(cohort, recording, task.folder, task.settings["drop_flat"])


def _members(task):
    import pandas

    return pandas.DataFrame([(fold, subject, role) for fold, members in task.facts["members"].items()
                             for subject, role in members], columns=["fold", "subject", "role"]).astype({"fold": int})


def _learning(task):
    return {name: task.settings[name] for name in LEARNING} | {"seed": task.settings["training_seed"]}


def _training(task):
    from ..files import write_json
    from ..model.train import train_fold

    epochs, folds, fold = task.epochs(), _members(task), task.part["fold"]
    train_fold(epochs, folds, fold, _learning(task), task.folder, task.progress)
    training = set(folds.loc[folds["role"] == "training", "subject"])
    write_json(task.folder / "learned.json", {name: folder.name for name, folder in epochs.folders.items()
                                              if epochs.info(name)["subject"] in training})


def _training_estimate(task):
    from ..model.estimate import estimate

    return estimate(task.epochs(), _members(task), _learning(task), task.facts["workers"])["text"]


def _predictions(task):
    from ..model.predict import predict_fold

    table = predict_fold(task.epochs(task.facts["tested"]), task.of_fold("training", "weights.npz"), task.part["fold"])
    write_table(task.folder / "predictions.parquet", table)


def _ablation(task):
    from ..trust.ablation import ablate_fold, recall_lost

    epochs, predictions, weights, _ = task.network()
    names = [name for name, _ in task.folders]
    lost = ablate_fold(epochs, predictions, weights, names, task.settings["fold_seed"], task.settings["line_noise"], task.progress)
    for (name, _), folder in task.folders.items():
        of_name = lost[lost["replacement"] == name]
        write_table(folder / "ablation.parquet", of_name)
        write_table(folder / "recall.parquet", recall_lost(of_name))


def _shares(task):
    from ..relevance.shares import explain_fold

    rules = [rule for rule, _ in task.folders]
    shares = explain_fold(*task.network(), rules, task.settings["engine"], task.progress)
    for (rule, _), folder in task.folders.items():
        write_table(folder / "shares.parquet", shares[shares["rule"] == rule])


def _audit(task):
    from ..relevance.audit import audit_fold

    agreement, ledger = audit_fold(*task.network(), task.settings["rules"], task.settings["fold_seed"])
    write_table(task.folder / "agreement.parquet", agreement)
    write_table(task.folder / "ledger.parquet", ledger)


def _coalitions(task):
    from ..trust.shapley import shapley_fold

    epochs, predictions, weights, _ = task.network()
    sets, values = shapley_fold(epochs, predictions, weights, *_trial(task), task.progress)
    write_table(task.folder / "sets.parquet", sets)
    write_table(task.folder / "shapley.parquet", values)


def _attributions(task):
    from ..trust.comparison import attribute_fold

    write_table(task.folder / "attributions.parquet", attribute_fold(*task.network(), *_trial(task), task.progress))


def _trial(task):
    """(how much is computed, epochs of each stage, seed of their choice)."""
    return task.settings["trial"], task.settings["trial_epochs"], task.settings["fold_seed"]


def _method_agreement(task):
    from ..trust.agreement import agreement

    shares = stacked([folder / TABLES[step] for step in ("shares", "attributions") for folder in task.inputs[step].values()])
    values, sets = (stacked(folder / f"{name}.parquet" for folder in task.inputs["coalitions"].values()) for name in ("shapley", "sets"))
    write_table(task.folder / "method_agreement.parquet", agreement(shares, values, sets))


def _floor(task):
    from ..trust.floor import floor_fold

    rules, engine = task.settings["rules"], task.settings["engine"]
    write_table(task.folder / "floor.parquet", floor_fold(*task.network(), rules, engine, *_trial(task)[1:], task.progress))


def _floors(task):
    from ..trust.floor_summary import floors

    write_table(task.folder / "floors.parquet", floors(task.tables("floor")))


def _ablation_regression(task):
    from ..analysis.ablation_effects import regress_ablation

    table = stacked(folder / "ablation.parquet" for folder in task.inputs["ablation"].values())
    coefficients, joint = regress_ablation(table, task.part["replacement"], task.settings["line_noise"], **_sleepers(task))
    write_table(task.folder / "ablation_regression.parquet", coefficients)


def _details(task):
    import pandas

    from ..relevance.details import detail_fold

    chosen = pandas.DataFrame(task.facts["epochs_to_open"], columns=["recording", "epoch"])
    levels, scale, table = detail_fold(*task.network(), task.settings["rules"], task.settings["engine"], chosen, task.progress)
    write_array(task.folder / "levels.npy", levels)
    write_array(task.folder / "scale.npy", scale)
    write_table(task.folder / "details.parquet", table)


def _regression(task):
    from ..analysis.regression import regress_all

    coefficients, joint = regress_all(task.tables("shares"), rules=[task.part["rule"]], **_sleepers(task))
    write_table(task.folder / "regression.parquet", coefficients)
    write_table(task.folder / "joint.parquet", joint)


def _variance(task):
    from ..analysis.variance import variances

    write_table(task.folder / "variance.parquet", variances(task.tables("shares"), rules=[task.part["rule"]], **_sleepers(task)))


def _error_rates(task):
    from ..analysis.error_rates import error_rates

    write_table(task.folder / "error_rates.parquet", error_rates(
        task.tables("shares"), task.tables("variance"), rules=[task.part["rule"]], **_sleepers(task)))


def _covariates(task):
    import pandas

    return pandas.DataFrame(task.facts["covariates"]["table"])


def _sleepers(task):
    """What is known of the sleepers, as `analysis.covariate_design.design_of` takes it."""
    about = task.facts["covariates"]
    return {"covariates": _covariates(task), "reference": about["reference"], "period": about["period"]}


def _misread(task):
    from ..analysis.misread import differences, rates

    write_table(task.folder / "differences.parquet", differences(task.tables("shares"), task.settings["rules"]))
    write_table(task.folder / "rates.parquet", rates(task.tables("predictions"), **_sleepers(task)))


def _claims(task):
    from ..analysis.claims import judge

    claims, specifications = judge(task.tables("shares"), task.tables("regression"), task.tables("ablation"), task.epochs().table,
                                   _covariates(task), task.facts["telemetry"], task.facts["truth"])
    write_table(task.folder / "claims.parquet", claims)
    write_table(task.folder / "specifications.parquet", specifications)


def _truth_checks(task):
    from ..analysis.truth import check_truth

    write_table(task.folder / "truth_checks.parquet", check_truth(
        task.facts["truth"], task.tables("shares"), task.tables("ablation"), task.tables("regression"), _covariates(task)))


def _likeness(task):
    from ..analysis.likeness import compare

    write_table(task.folder / "likeness.parquet", compare(task.epochs()))


#: What computes by iNNvestigate; what computes methods that are no rules.
REFERENCE = (f"{PACKAGE}.relevance.reference",)
OTHER_METHODS = tuple(f"{PACKAGE}.relevance.{name}" for name in ("attributions", "methods", "replacement"))


def _idle_reference(settings, part):
    """The reference's code, for this package's own engine."""
    return REFERENCE if settings["engine"] == "own" else ()


def _idle_engines(settings, part):
    """The reference's code for this package's own engine, and that of other methods for rules alone."""
    from ..relevance.rules import is_rule

    names = part[:1] if len(part) == 2 else settings["rules"]
    return _idle_reference(settings, part) + (OTHER_METHODS if all(map(is_rule, names)) else ())


#: The table that a result of each step holds, where it is the step's answer.
TABLES = {"predictions": "predictions.parquet", "ablation": "recall.parquet", "shares": "shares.parquet",
          "attributions": "attributions.parquet", "floor": "floor.parquet", "regression": "regression.parquet", "variance": "variance.parquet", "error_rates": "error_rates.parquet",
          "claims": "claims.parquet", "truth_checks": "truth_checks.parquet", "likeness": "likeness.parquet"}

_FOLD = ("epochs", "training", "predictions")

STEPS = {step.name: step for step in (
    Step("simulation", (), _simulation, "data.simulation.simulate", (*ARRAYS, "scipy", "edfio"),
         settings=("subjects", "minutes", "simulation_seed", "cycle_minutes", "effect_size"), title="Simulating nights"),
    Step("epochs", ("recording",), _epochs, "data.epochs", (*ARRAYS, "defusedxml", "mne", "scipy"),
         settings=("drop_flat",), facts=("night",), files=("psg", "hypnogram"), title="Reading nights"),
    Step("training", ("fold",), _training, "model.train", NETWORK, reads=("epochs",), settings=(*LEARNING, "training_seed"),
         facts=("members",), title="Training folds", resumes=True, estimate=_training_estimate),
    Step("predictions", ("fold",), _predictions, "model.predict", NETWORK, reads=("epochs", "training"), facts=("tested",),
         title="Staging nights"),
    Step("ablation", ("replacement", "fold"), _ablation, "trust.ablation", NETWORK, reads=_FOLD, settings=("fold_seed", "line_noise"),
         title="Taking modalities away", together="replacement"),
    Step("shares", ("rule", "fold"), _shares, "relevance.shares", ENGINES, reads=_FOLD, settings=("engine",),
         title="Explaining folds", together="rule", without=_idle_engines),
    Step("coalitions", ("fold",), _coalitions, "trust.shapley", NETWORK, reads=_FOLD, settings=TRIAL,
         title="Computing Shapley values"),
    Step("attributions", ("fold",), _attributions, "trust.comparison", NETWORK, reads=_FOLD, settings=TRIAL,
         title="Explaining by other methods", without=lambda settings, part: REFERENCE),
    Step("method_agreement", (), _method_agreement, "trust.agreement", ARRAYS, reads=("shares", "attributions", "coalitions"),
         title="Comparing methods"),
    Step("floor", ("fold",), _floor, "trust.floor", ENGINES, reads=_FOLD, settings=("rules", "engine", *TRIAL),
         title="Explaining noise", without=_idle_reference),
    Step("floors", (), _floors, "trust.floor_summary", ARRAYS, reads=("floor",)),
    Step("audit", ("fold",), _audit, "relevance.audit", ENGINES, reads=_FOLD, settings=("rules", "fold_seed"),
         title="Checking against iNNvestigate", without=lambda settings, part: OTHER_METHODS),
    Step("details", ("fold",), _details, "relevance.details", ENGINES, reads=_FOLD, settings=("rules", "engine"),
         facts=("epochs_to_open",), title="Explaining epochs to open", without=_idle_engines),
    Step("regression", ("rule",), _regression, "analysis.regression", STATISTICS, reads=("shares",), facts=("covariates",),
         title="Regressing shares", scored=True),
    Step("ablation_regression", ("replacement",), _ablation_regression, "analysis.ablation_effects", STATISTICS,
         reads=("ablation",), settings=("line_noise",), facts=("covariates",), title="Regressing what is lost", scored=True),
    Step("variance", ("rule",), _variance, "analysis.variance", STATISTICS, reads=("shares",), facts=("covariates",),
         title="Comparing nights with sleepers", scored=True),
    Step("error_rates", ("rule",), _error_rates, "analysis.error_rates", STATISTICS, reads=("shares", "variance"),
         facts=("covariates",), title="Drawing cohorts without effects", scored=True),
    Step("misread", (), _misread, "analysis.misread", STATISTICS, reads=("predictions", "shares"), settings=("rules",),
         facts=("covariates",), title="Comparing misread epochs", scored=True),
    Step("claims", (), _claims, "analysis.claims", STATISTICS, reads=("epochs", "shares", "ablation", "regression"),
         facts=("telemetry", "truth", "covariates"), title="Judging claims", scored=True),
    Step("truth_checks", (), _truth_checks, "analysis.truth", STATISTICS, reads=("shares", "ablation", "regression"),
         facts=("truth", "covariates"), scored=True),
    Step("likeness", (), _likeness, "analysis.likeness", (*ARRAYS, "scipy"), reads=("epochs",), scored=True),
)}
