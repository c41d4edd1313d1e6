"""The table of steps: what each result is made of, and the function that makes it. Adding a step is one row and one function.

A step is made once for each of its parts: for each recording, fold, or rule and fold, or once for the study. The functions run
in worker processes; each gets a `Task` and writes its files into the task's folder.
"""

from __future__ import annotations

from ..files import write_array, write_table
from .code import PACKAGE
from .config import LEARNING
from .step import ARRAYS, NETWORK, STATISTICS, Step
from .trial_steps import FOLD, OTHER_METHODS, REFERENCE, TRIAL_STEPS

ENGINES = (*NETWORK, "innvestigate")


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


def _training(task):
    task.train(task.facts["network"])


def _training_estimate(task):
    from ..model.estimate import estimate

    return estimate(task.epochs(), task.members(), task.learning(task.facts["network"]), task.facts["workers"])["text"]


def _predictions(task):
    from ..model.predict import predict_fold
    from ..relevance.network_check import check_trained

    epochs, weights = task.epochs(task.facts["tested"]), task.of_fold("training", "weights.npz")
    check_trained(epochs, weights)
    table = predict_fold(epochs, weights, task.part["fold"])
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

    coefficients, joint = regress_all(task.tables("shares"), rules=[task.part["rule"]], **task.sleepers())
    write_table(task.folder / "regression.parquet", coefficients)
    write_table(task.folder / "joint.parquet", joint)


def _ablation_regression(task):
    from ..analysis.ablation_effects import regress_ablation

    coefficients, joint = regress_ablation(task.tables("ablation"), task.part["replacement"], task.settings["line_noise"], **task.sleepers())
    write_table(task.folder / "ablation_regression.parquet", coefficients)


def _variance(task):
    from ..analysis.variance import variances

    write_table(task.folder / "variance.parquet", variances(task.tables("shares"), rules=[task.part["rule"]], **task.sleepers()))


def _error_rates(task):
    from ..analysis.error_rates import error_rates

    write_table(task.folder / "error_rates.parquet", error_rates(
        task.tables("shares"), task.tables("variance"), rules=[task.part["rule"]], **task.sleepers()))


def _misread(task):
    from ..analysis.misread import differences, rates

    write_table(task.folder / "differences.parquet", differences(task.tables("shares"), task.settings["rules"]))
    write_table(task.folder / "rates.parquet", rates(task.tables("predictions"), **task.sleepers()))


def _claims(task):
    from ..analysis.claims import judge

    claims, specifications = judge(task.tables("shares"), task.tables("regression"), task.tables("ablation", "recall"), task.epochs().table,
                                   task.covariates(), task.facts["telemetry"], task.facts["truth"])
    write_table(task.folder / "claims.parquet", claims)
    write_table(task.folder / "specifications.parquet", specifications)


def _truth_checks(task):
    from ..analysis.truth import check_truth

    write_table(task.folder / "truth_checks.parquet", check_truth(
        task.facts["truth"], task.tables("shares"), task.tables("ablation", "recall"), task.tables("regression"), task.covariates()))


def _likeness(task):
    from ..analysis.likeness import compare

    write_table(task.folder / "likeness.parquet", compare(task.epochs()))


#: What computes methods that are no rules, and nothing else where rules alone explain.
NO_RULES = (*OTHER_METHODS, f"{PACKAGE}.relevance.replacement")


def _idle_reference(settings, part):
    """The reference's code, for this package's own engine."""
    return REFERENCE if settings["engine"] == "own" else ()


def _idle_engines(settings, part):
    """The reference's code for this package's own engine, and that of other methods for rules alone."""
    from ..relevance.rules import is_rule

    names = part[:1] if len(part) == 2 else settings["rules"]
    return _idle_reference(settings, part) + (NO_RULES if all(map(is_rule, names)) else ())


STEPS = {step.name: step for step in (
    Step("simulation", (), _simulation, "data.simulation.simulate", (*ARRAYS, "scipy", "edfio"),
         settings=("subjects", "minutes", "simulation_seed", "cycle_minutes", "effect_size"), title="Simulating nights"),
    Step("epochs", ("recording",), _epochs, "data.epochs", (*ARRAYS, "defusedxml", "mne", "scipy"),
         settings=("drop_flat",), facts=("night",), files=("psg", "hypnogram"), title="Reading nights"),
    Step("training", ("fold",), _training, "model.train", NETWORK, reads=("epochs",), settings=(*LEARNING, "training_seed"),
         facts=("members", "network"), title="Training folds", resumes=True, estimate=_training_estimate),
    Step("predictions", ("fold",), _predictions, "model.predict", NETWORK, reads=("epochs", "training"), facts=("tested",),
         title="Staging nights"),
    Step("ablation", ("replacement", "fold"), _ablation, "trust.ablation", NETWORK, reads=FOLD, settings=("fold_seed", "line_noise"),
         title="Taking modalities away", together="replacement"),
    Step("shares", ("rule", "fold"), _shares, "relevance.shares", ENGINES, reads=FOLD, settings=("engine",),
         title="Explaining folds", together="rule", without=_idle_engines),
    *TRIAL_STEPS,
    Step("audit", ("fold",), _audit, "relevance.audit", ENGINES, reads=FOLD, settings=("rules", "fold_seed"),
         title="Checking against iNNvestigate", without=lambda settings, part: NO_RULES),
    Step("details", ("fold",), _details, "relevance.details", ENGINES, reads=FOLD, settings=("rules", "engine"),
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
