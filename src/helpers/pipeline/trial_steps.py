"""Steps that put explanations on trial: what each result is made of, and the function that makes it. They are left out by `trial: off`,
and always explain by this package's own engine.
"""

from __future__ import annotations

from ..files import read_table, write_table
from .code import PACKAGE
from .config import LEARNING
from .step import ARRAYS, NETWORK, STATISTICS, Step, stacked

#: What a trial of a fold reads.
FOLD = ("epochs", "training", "predictions")
#: Settings of the sample of epochs, and of how explanations are tried.
SAMPLE = ("trial_epochs", "fold_seed")
TRIAL = ("trial", *SAMPLE)
#: Code of the other engine, which no trial uses, and of methods that are no rules.
REFERENCE = (f"{PACKAGE}.relevance.reference",)
OTHER_METHODS = tuple(f"{PACKAGE}.relevance.{name}" for name in ("attributions", "methods"))


def _sample(task):
    """(epochs of each stage, seed of their choice)."""
    return task.settings["trial_epochs"], task.settings["fold_seed"]


def _trial(task):
    """(how much is computed, epochs of each stage, seed of their choice)."""
    return task.settings["trial"], *_sample(task)


def _coalitions(task):
    from ..trust.shapley import shapley_fold

    epochs, predictions, weights, _ = task.network()
    sets, values = shapley_fold(epochs, predictions, weights, *_trial(task), task.progress)
    write_table(task.folder / "sets.parquet", sets)
    write_table(task.folder / "shapley.parquet", values)


def _trial_estimate(task):
    from ..trust.cost import estimate

    settings = task.settings
    return estimate(task.epochs(), task.facts["network"], settings["trial"], task.facts["rules"], settings["trial_epochs"],
                    len(task.facts["members"]), task.facts["workers"])


def _other_training_estimate(task):
    import pandas

    from ..model.estimate import estimate
    from ..trust.altered import FOLDS, networks

    epochs, members = task.epochs(), task.members()
    first = members[members["fold"].isin(sorted(members["fold"].unique())[:FOLDS[task.facts["trial"]]])]
    names = networks(task.facts["trial"], epochs.modalities)
    count = members["fold"].max() + 1
    several = [first.assign(fold=first["fold"] + at * count) for at in range(len(names))]
    return f"Other networks ({', '.join(names)}): {estimate(epochs, pandas.concat(several), task.learning(task.facts['network']), task.facts['workers'])['text']}"


def _attributions(task):
    from ..trust.comparison import compare_fold

    events = read_table(task.files["events"]) if task.files["events"] else None
    shares, lost, planted = compare_fold(*task.network(), task.settings["rules"], *_trial(task), events, task.progress)
    write_table(task.folder / "attributions.parquet", shares)
    write_table(task.folder / "perturbation.parquet", lost)
    if planted is not None:
        write_table(task.folder / "planted.parquet", planted)


def _floor(task):
    from ..trust.floor import floor_fold

    write_table(task.folder / "floor.parquet", floor_fold(*task.network(), task.settings["rules"], *_sample(task), task.progress))


def _floors(task):
    from ..trust.floor_summary import floors

    write_table(task.folder / "floors.parquet", floors(task.tables("floor")))


def _randomisation(task):
    from ..trust.randomisation import randomise_fold

    write_table(task.folder / "randomisation.parquet", randomise_fold(*task.network(), task.settings["rules"], *_trial(task), task.progress))


def _disturbed(task):
    from ..trust.stability import disturb_fold

    write_table(task.folder / "disturbed.parquet", disturb_fold(*task.network(), task.settings["rules"], *_sample(task), task.progress))


def _other_training(task):
    from ..trust.other_training import train_other

    train_other(task.epochs(), task.members(), task.part["fold"], task.part["network"], task.learning(task.facts["network"]), task.settings["fold_seed"],
                task.folder, task.progress)


def _other_networks(task):
    from ..trust.other_networks import scores, try_other

    epochs, predictions, weights, learned = task.network()
    [other] = task.inputs["other_training"].values()
    name = task.part["network"]
    read, shares, alike = try_other(epochs, predictions, weights, other / "weights.npz", name, learned, task.settings["rules"],
                                    *_sample(task), task.progress)
    write_table(task.folder / "scores.parquet", scores(read, name))
    write_table(task.folder / "other_shares.parquet", shares.assign(network=name))
    write_table(task.folder / "alike.parquet", alike.assign(network=name))


def _second_training(task):
    task.train(task.facts["second"])


def _second_training_estimate(task):
    from ..model.estimate import estimate
    from ..trust.second_network import FOLDS, named

    members = task.members()
    first = members[members["fold"].isin(sorted(members["fold"].unique())[:FOLDS])]
    network = task.facts["second"]
    return f"Another network ({named(network)}): {estimate(task.epochs(), first, task.learning(network), task.facts['workers'])['text']}"


def _second_network(task):
    from ..trust.second_network import explain_second

    epochs, predictions, _, learned = task.network()
    [other] = task.inputs["second_training"].values()
    tested = task.epochs(predictions["recording"].astype(str).unique())
    names = ("predictions", "shares", "floor", "recall")
    found = explain_second(tested, task.part["fold"], other / "weights.npz", learned, task.settings["rules"], *_sample(task), task.progress)
    for name, table in zip(names, found):
        write_table(task.folder / f"{name}.parquet", table)


def _second_claims(task):
    from ..analysis.both_verdicts import verdicts_of_both

    claims, specifications = verdicts_of_both(
        task.tables("shares"), task.tables("ablation", "recall"), task.tables("second_network", "shares"), task.tables("second_network", "recall"),
        task.epochs().table, task.sleepers(), task.settings["rules"], task.facts["telemetry"], task.facts["truth"])
    write_table(task.folder / "second_claims.parquet", claims)
    write_table(task.folder / "second_specifications.parquet", specifications)


def _examples(task):
    from ..trust.examples_tried import try_examples

    found, maps = try_examples(task.epochs(), task.members(), task.part["fold"], task.settings["rules"], task.settings["fold_seed"], task.progress)
    write_table(task.folder / "examples.parquet", found)
    write_table(task.folder / "example_maps.parquet", maps)


def _method_agreement(task):
    from ..trust.agreement import agreement

    shares = stacked([folder / f"{step}.parquet" for step in ("shares", "attributions") for folder in task.inputs[step].values()])
    write_table(task.folder / "method_agreement.parquet", agreement(shares, task.tables("coalitions", "shapley"), task.tables("coalitions", "sets")))


def _stability(task):
    from ..trust import stability

    disturbed, others = task.tables("disturbed"), [stability.folds_apart(task.tables("shares"))]
    if task.inputs["other_networks"]:
        others.append(stability.seeds_apart(disturbed, task.tables("other_networks", "other_shares")))
    write_table(task.folder / "stability.parquet", stability.stability(stability.pairs(disturbed, others)))


def _measures(task):
    from ..trust.measures import measures

    planted = all((folder / "planted.parquet").is_file() for folder in task.inputs["attributions"].values())
    write_table(task.folder / "measures.parquet", measures(
        task.tables("method_agreement"), task.tables("floor"), task.tables("attributions", "perturbation"),
        task.tables("attributions", "planted") if planted else None, task.tables("randomisation"),
        task.tables("other_networks", "alike"), task.tables("stability")))


def _known_answers(task):
    from ..trust.known_answers import answers

    write_table(task.folder / "known_answers.parquet", answers())


def _bands(task):
    from ..relevance.bands import band_fold

    names = [rule for rule, _ in task.folders]
    tables, spectra = band_fold(*task.network(), names, task.settings["bands"], task.progress)
    folders = {rule: folder for (rule, _), folder in task.folders.items()}
    for rule, bands in tables:
        write_table(folders[rule] / "bands.parquet", bands)
        write_table(folders[rule] / "spectra.parquet", spectra[spectra["rule"] == rule])


def _band_removal(task):
    from ..trust.band_removal import remove_bands

    epochs, predictions, weights, _ = task.network()
    write_table(task.folder / "band_removal.parquet",
                remove_bands(epochs, predictions, weights, task.settings["bands"], *_sample(task), task.progress))


def _band_regression(task):
    from ..analysis.part_effects import regress_parts

    rule, parts = task.part["rule"], ("modality", "band")
    bands = task.tables("bands", coded=("recording", "subject", "true", "predicted", "rule", *parts), rule=rule)  # millions of rows
    write_table(task.folder / "band_regression.parquet", regress_parts(bands, rule, **task.sleepers(), by=parts))


def _floor_regression(task):
    from ..analysis.floor_effects import regress_above_floor

    found = regress_above_floor(task.tables("shares"), task.tables("floor"), task.part["rule"], **task.sleepers())
    write_table(task.folder / "floor_regression.parquet", found)


def _has_bands(settings, part):
    from ..relevance.bands import with_frequencies

    return bool(with_frequencies(part[:1]))


def _has_others(settings, part):
    """Other networks are trained where a fold's own is, on the first folds."""
    from ..trust.altered import FOLDS

    return "trained_folds" not in settings and part[1] < FOLDS[settings["trial"]]


def _has_second(settings, part):
    from ..trust.second_network import FOLDS

    return "trained_folds" not in settings and part[0] < FOLDS


def _has_examples(settings, part):
    return "trained_folds" not in settings and part[0] == 0


def _without_reference(settings, part):
    return REFERENCE


def _rules_alone(settings, part):
    return REFERENCE + OTHER_METHODS


TRIAL_STEPS = (
    Step("coalitions", ("fold",), _coalitions, "trust.shapley", NETWORK, reads=FOLD, settings=TRIAL, title="Computing Shapley values",
         estimate=_trial_estimate),
    Step("attributions", ("fold",), _attributions, "trust.comparison", NETWORK, reads=FOLD, settings=("rules", *TRIAL), files=("events",),
         title="Comparing ways of explaining", without=_without_reference),
    Step("method_agreement", (), _method_agreement, "trust.agreement", ARRAYS, reads=("shares", "attributions", "coalitions"),
         title="Holding shares against Shapley values"),
    Step("floor", ("fold",), _floor, "trust.floor", NETWORK, reads=FOLD, settings=("rules", *SAMPLE), title="Explaining noise",
         without=_without_reference),
    Step("floors", (), _floors, "trust.floor_summary", ARRAYS, reads=("floor",)),
    Step("floor_regression", ("rule",), _floor_regression, "analysis.floor_effects", STATISTICS, reads=("shares", "floor"),
         facts=("covariates",), title="Regressing what lies above the floor", scored=True),
    Step("randomisation", ("fold",), _randomisation, "trust.randomisation", (*NETWORK, "scipy"), reads=FOLD, settings=("rules", *TRIAL),
         title="Explaining networks of random weights", without=_without_reference),
    Step("disturbed", ("fold",), _disturbed, "trust.stability", NETWORK, reads=FOLD, settings=("rules", *SAMPLE),
         title="Explaining disturbed signals", without=_without_reference),
    Step("other_training", ("network", "fold"), _other_training, "trust.other_training", NETWORK, reads=("epochs",),
         settings=(*LEARNING, "training_seed", "fold_seed"), facts=("members", "network"), title="Training other networks", resumes=True, only=_has_others,
         estimate=_other_training_estimate),
    Step("other_networks", ("network", "fold"), _other_networks, "trust.other_networks", NETWORK, reads=(*FOLD, "other_training"),
         settings=("rules", *SAMPLE), title="Explaining by other networks", only=_has_others, without=_without_reference),
    Step("second_training", ("fold",), _second_training, "model.train", NETWORK, reads=("epochs",), settings=(*LEARNING, "training_seed"),
         facts=("members", "second"), title="Training another network", resumes=True, only=_has_second,
         estimate=_second_training_estimate),
    Step("second_network", ("fold",), _second_network, "trust.second_network", NETWORK, reads=(*FOLD, "second_training"),
         settings=("rules", *SAMPLE), title="Explaining by another network", only=_has_second, without=_without_reference),
    Step("second_claims", (), _second_claims, "analysis.both_verdicts", STATISTICS, reads=("epochs", "shares", "ablation", "second_network"),
         settings=("rules",), facts=("telemetry", "truth", "covariates"), title="Judging claims by another network", scored=True),
    Step("examples", ("fold",), _examples, "trust.examples_tried", NETWORK, reads=("epochs",), settings=("rules", "fold_seed"), facts=("members",),
         title="Trying networks of other shapes", scored=True, only=_has_examples, without=_rules_alone),
    Step("stability", (), _stability, "trust.stability", ARRAYS, reads=("shares", "disturbed", "other_networks"), without=_without_reference),
    Step("measures", (), _measures, "trust.measures", ARRAYS, reads=("method_agreement", "floor", "attributions", "randomisation",
         "other_networks", "stability"), title="Measuring explanations", without=_without_reference),
    Step("known_answers", (), _known_answers, "trust.known_answers", NETWORK, title="Explaining what is known", without=_without_reference),
    Step("bands", ("rule", "fold"), _bands, "relevance.bands", (*NETWORK, "scipy"), reads=FOLD, settings=("bands",), title="Explaining frequencies",
         together="rule", only=_has_bands, without=_rules_alone),
    Step("band_removal", ("fold",), _band_removal, "trust.band_removal", NETWORK, reads=FOLD, settings=("bands", *SAMPLE),
         title="Exchanging frequency bands", without=_rules_alone),
    Step("band_regression", ("rule",), _band_regression, "analysis.part_effects", STATISTICS, reads=("bands",), facts=("covariates",),
         title="Regressing frequency bands", scored=True, only=_has_bands),
)
