"""The table of steps, held to a table written here by hand: what each result depends on, and that nothing else changes its key."""

import copy

import pandas
import pytest

from helpers.data.cohort import Cohort
from helpers.pipeline import config, parameters, run
from helpers.pipeline.code import code_hash
from helpers.pipeline.run import Run
from helpers.pipeline.steps import STEPS
from helpers.pipeline.store import hash_of

LEARNING = {"training_epochs", "samples_per_epoch", "batch", "learning_rate", "class_weights", "plateau_patience", "stop_patience"}
FOLD = {"epochs", "training", "predictions"}
SAMPLE = {"trial_epochs", "fold_seed"}
TRIAL = {"trial"} | SAMPLE
SIMULATED = {"subjects", "minutes", "cycle_minutes", "simulation_seed", "effect_size"}

#: step → dimensions, settings, steps that it reads, facts, files.
DEPENDS = {
    "simulation": ((), SIMULATED, set(), set(), set()),
    "epochs": (("recording",), {"drop_flat"}, set(), {"night"}, {"psg", "hypnogram"}),
    "training": (("fold",), LEARNING | {"training_seed"}, {"epochs"}, {"members", "network"}, set()),
    "predictions": (("fold",), set(), {"epochs", "training"}, {"tested"}, set()),
    "ablation": (("replacement", "fold"), {"fold_seed", "line_noise"}, FOLD, set(), set()),
    "shares": (("rule", "fold"), {"engine"}, FOLD, set(), set()),
    "coalitions": (("fold",), TRIAL, FOLD, set(), set()),
    "attributions": (("fold",), {"rules"} | TRIAL, FOLD, set(), {"events"}),
    "method_agreement": ((), set(), {"shares", "attributions", "coalitions"}, set(), set()),
    "floor": (("fold",), {"rules"} | SAMPLE, FOLD, set(), set()),
    "floors": ((), set(), {"floor"}, set(), set()),
    "floor_regression": (("rule",), set(), {"shares", "floor"}, {"covariates"}, set()),
    "randomisation": (("fold",), {"rules"} | TRIAL, FOLD, set(), set()),
    "disturbed": (("fold",), {"rules"} | SAMPLE, FOLD, set(), set()),
    "other_training": (("network", "fold"), LEARNING | {"training_seed", "fold_seed"}, {"epochs"}, {"members", "network"}, set()),
    "other_networks": (("network", "fold"), {"rules"} | SAMPLE, FOLD | {"other_training"}, set(), set()),
    "second_training": (("fold",), LEARNING | {"training_seed"}, {"epochs"}, {"members", "second"}, set()),
    "second_network": (("fold",), {"rules"} | SAMPLE, FOLD | {"second_training"}, set(), set()),
    "second_claims": ((), {"rules"}, {"epochs", "shares", "ablation", "second_network"}, {"telemetry", "truth", "covariates"}, set()),
    "examples": (("fold",), {"rules", "fold_seed"}, {"epochs"}, {"members"}, set()),
    "stability": ((), set(), {"shares", "disturbed", "other_networks"}, set(), set()),
    "measures": ((), set(), {"method_agreement", "floor", "attributions", "randomisation", "other_networks", "stability"}, set(), set()),
    "known_answers": ((), set(), set(), set(), set()),
    "bands": (("rule", "fold"), {"bands"}, FOLD, set(), set()),
    "band_removal": (("fold",), {"bands"} | SAMPLE, FOLD, set(), set()),
    "band_regression": (("rule",), set(), {"bands"}, {"covariates"}, set()),
    "audit": (("fold",), {"rules", "fold_seed"}, FOLD, set(), set()),
    "details": (("fold",), {"rules", "engine"}, FOLD, {"epochs_to_open"}, set()),
    "regression": (("rule",), set(), {"shares"}, {"covariates"}, set()),
    "ablation_regression": (("replacement",), {"line_noise"}, {"ablation"}, {"covariates"}, set()),
    "variance": (("rule",), set(), {"shares"}, {"covariates"}, set()),
    "error_rates": (("rule",), set(), {"shares", "variance"}, {"covariates"}, set()),
    "misread": ((), {"rules"}, {"predictions", "shares"}, {"covariates"}, set()),
    "claims": ((), set(), {"epochs", "shares", "ablation", "regression"}, {"telemetry", "truth", "covariates"}, set()),
    "truth_checks": ((), set(), {"shares", "ablation", "regression"}, {"truth", "covariates"}, set()),
    "likeness": ((), set(), {"epochs"}, set(), set()),
}
ARRAYS = {"numpy", "pandas"}
NETWORK = ARRAYS | {"keras", "tensorflow"}
STATISTICS = ARRAYS | {"scipy", "statsmodels"}
PACKAGES = {"simulation": ARRAYS | {"scipy", "edfio"}, "likeness": ARRAYS | {"scipy"}, "epochs": ARRAYS | {"defusedxml", "mne", "scipy"},
            **dict.fromkeys(("training", "predictions", "ablation", "coalitions", "attributions", "floor", "disturbed", "other_training", "other_networks",
                             "second_training", "second_network", "band_removal", "known_answers", "examples"), NETWORK),
            **dict.fromkeys(("randomisation", "bands"), NETWORK | {"scipy"}),
            **dict.fromkeys(("method_agreement", "floors", "stability", "measures"), ARRAYS),
            **dict.fromkeys(("shares", "audit", "details"), NETWORK | {"innvestigate"}),
            **dict.fromkeys(("regression", "ablation_regression", "band_regression", "floor_regression", "variance", "error_rates", "misread", "claims",
                             "second_claims", "truth_checks"), STATISTICS)}
#: Which parts there are follows from the rules.
OF_RULES = {"shares", "method_agreement", "misread", "claims", "truth_checks", "regression", "variance", "error_rates", "bands",
            "band_regression", "floor_regression", "stability"}
#: Which parts there are follows from how much is tried.
OF_TRIAL = {"stability", "measures"}
ANOTHER = {str: "another", int: 12, float: 0.5, bool: None, list: ["eps=7"], dict: {"all": 50}}


class Imagined(Run):
    """A run whose inputs are as the test says: nothing is read or computed."""

    def __init__(self):
        settings = config.load("smoke")
        super().__init__("imagined", {}, settings, "nowhere", progress=False)
        self.facts_told = {name: name for name in run.FACTS}
        self.digests, self.hashes = {}, {}
        self.store.file_hashes = lambda paths: {path: self.hashes.get(path, path) for path in paths}
        table = pandas.DataFrame({"recording": ["n1", "n2"], "subject": ["1", "2"], "psg": ["p1", "p2"], "hypnogram": ["h1", "h2"]})
        self.cohort = Cohort("imagined", table, {"EEG": ("C4",)}, (), None, False)
        self.nights = "nights"
        self.folds = pandas.DataFrame({"fold": [0, 0, 1, 1], "subject": ["1", "2"] * 2, "role": ["test", "training"] * 2})

    def facts(self, step, part):
        return {name: self.facts_told[name] for name in STEPS[step].facts}

    def digest(self, step, part):
        return self.digests.get((step, part), "as before")

    def key(self, step):
        return hash_of(self.made_of(step, self.parts(step)[0]))


def test_the_table_has_the_rows_that_are_expected_here():
    assert list(STEPS) == list(DEPENDS)
    for name, row in STEPS.items():
        assert (row.per, set(row.settings), set(row.reads), set(row.facts), set(row.files)) == DEPENDS[name]
        assert set(row.packages) == PACKAGES[name]


@pytest.mark.parametrize("step", DEPENDS)
def test_each_setting_input_file_and_fact_changes_the_key_and_nothing_else_does(step):
    before, (_, settings, reads, facts, files) = Imagined().key(step), DEPENDS[step]
    for name, value in config.load("smoke").items():
        other = Imagined()
        changed = (not value) if isinstance(value, bool) else "full" if name == "trial" else ANOTHER[type(value)]
        other.settings = {**other.settings, name: changed}
        named = name in settings or name == "rules" and step in OF_RULES or name == "trial" and step in OF_TRIAL
        named = named or (name, step) == ("cohort", "attributions")  # nights that are not simulated have no events
        assert (other.key(step) != before) == named, name
    for name in run.FACTS:
        other = Imagined()
        other.facts_told[name] = "another"
        assert (other.key(step) != before) == (name in facts), name
    for source in STEPS:
        part = other.parts(source)[0]
        other = Imagined()
        other.digests[source, part] = "another"
        assert (other.key(step) != before) == (source in reads), source
    for kind, path in (("psg", "p1"), ("hypnogram", "h1"), ("psg of another night", "p2"), ("events", "nights/events.parquet")):
        other = Imagined()
        other.hashes[path] = "another"
        assert (other.key(step) != before) == (kind in files), kind


@pytest.mark.parametrize("step", DEPENDS)
def test_other_code_changes_the_key(step, monkeypatch):
    before = Imagined().key(step)
    asked = []
    monkeypatch.setattr(run, "code_hash", lambda *asked_for: asked.append(asked_for) or "another")
    assert Imagined().key(step) != before
    [(module, packages, without)] = asked
    assert module == f"helpers.{STEPS[step].code}" and set(packages) == PACKAGES[step]
    other_methods = ("helpers.relevance.attributions", "helpers.relevance.methods", "helpers.relevance.replacement")
    reference = ("helpers.relevance.reference",)
    no_rules = ("helpers.relevance.attributions", "helpers.relevance.methods")
    tried = dict.fromkeys(("attributions", "floor", "randomisation", "disturbed", "other_networks", "second_network", "stability", "measures",
                           "known_answers"), reference)
    tried |= dict.fromkeys(("bands", "band_removal", "examples"), reference + no_rules)
    assert without == {"shares": reference + other_methods, "details": reference + other_methods, "audit": other_methods, **tried}.get(step, ())


@pytest.mark.parametrize("rules, part, whole", [(["eps=1", "shapley"], ("shapley", 0), True), (["eps=1", "shapley"], ("eps=1", 0), False)])
def test_what_computes_other_methods_is_code_of_their_shares_alone(rules, part, whole):
    imagined = Imagined()
    imagined.settings = {**imagined.settings, "rules": rules}
    reference = ("helpers.relevance.reference",)
    other_methods = ("helpers.relevance.attributions", "helpers.relevance.methods", "helpers.relevance.replacement")
    for step, of_part, left_out in (("shares", part, reference if whole else reference + other_methods), ("details", (0,), reference)):
        row = STEPS[step]
        assert imagined.made_of(step, of_part)["code"] == code_hash(f"helpers.{row.code}", row.packages, left_out)
        assert code_hash(f"helpers.{row.code}", row.packages, left_out) != code_hash(f"helpers.{row.code}", row.packages, left_out[1:])


def test_a_part_reads_what_agrees_with_it():
    imagined = Imagined()
    assert dict(imagined.read_by("shares", ("eps=100", 1))) == {"epochs": [("n1",), ("n2",)], "training": [(1,)], "predictions": [(1,)]}
    assert dict(imagined.read_by("ablation", ("zeros", 0)))["training"] == [(0,)]
    rules = imagined.settings["rules"]
    assert dict(imagined.read_by("regression", ()))["shares"] == [(rule, fold) for rule in rules for fold in (0, 1)]


def test_members_of_another_fold_are_no_fact_of_a_fold():
    imagined = Imagined()
    other = copy.copy(imagined.folds)
    before = run.FACTS["members"](imagined, 0)
    other.loc[other["fold"] == 1, "role"] = "validation"
    imagined.folds = other
    assert run.FACTS["members"](imagined, 0) == before == {0: [["1", "test"], ["2", "training"]]}
    assert run.FACTS["tested"](imagined, 0) == ["n1"]


@pytest.mark.parametrize("one, same", [("eps=1e-2", "eps=0.01"), ("eps=100.0", "eps=100"), ("alpha1.0beta0", "alpha1beta0"),
                                       ("alpha2beta1-nobias", "alpha2beta1-nobias"), ("lrp0", "lrp0"), ("gamma=.25e0", None)])
def test_a_rule_written_in_another_way_is_the_same_rule(one, same):
    if same is None:
        with pytest.raises(config.InputError):
            config.load("smoke", {"rules": [one]})
    else:
        assert config.load("smoke", {"rules": [one, same]})["rules"] == [same]


@pytest.mark.parametrize("text, trial", [("off", "off"), ("brief", "brief"), ("full", "full")])
def test_the_trial_is_asked_for_by_a_word_that_yaml_takes_for_another(text, trial):
    settings, _ = parameters.split_parameters([("trial", text)])
    assert config.load("smoke", settings)["trial"] == trial
    with pytest.raises(config.InputError, match="trial = True: must be off, brief or full"):
        config.load("smoke", {"trial": True})


def test_without_a_trial_its_steps_are_left_out_and_exchange_is_the_only_ablation():
    imagined = Imagined()
    tried = {"coalitions", "floor", "floors", "attributions", "method_agreement", "measures", "bands", "other_training"}
    assert tried <= set(imagined.steps())
    imagined.settings = {**imagined.settings, "trial": "off"}
    assert not tried & set(imagined.steps())
    assert imagined.parts("ablation") == [("exchange", 0), ("exchange", 1)] and "ablation" in imagined.steps()
    with pytest.raises(config.InputError, match="trial = off: this was not computed; ask for it by -p trial brief"):
        imagined.table("floors", "floors.parquet")


@pytest.mark.parametrize("value", [float("inf"), 0, -0.1, float("nan"), "fast", True])
def test_a_learning_rate_that_is_no_positive_number_is_refused(value):
    with pytest.raises(config.InputError, match="learning_rate = .*: must be a positive number"):
        config.load("smoke", {"learning_rate": value})


def test_other_networks_are_trained_on_the_first_folds_and_not_where_folds_were_trained_before():
    imagined = Imagined()
    imagined.folds = pandas.DataFrame([(fold, subject, "test") for fold in range(5) for subject in "12"], columns=["fold", "subject", "role"])
    assert imagined.parts("other_training") == [("another seed", 0), ("shuffled stages", 0)]
    imagined.settings = {**imagined.settings, "trial": "full"}
    full = imagined.parts("other_training")
    assert {fold for _, fold in full} == {0, 1, 2} and {"EEG as noise", "EEG alone", "noise of EEG alone"} < {name for name, _ in full}
    imagined.settings = {**imagined.settings, "trained_folds": "abc"}
    assert imagined.parts("other_training") == [] == dict(imagined.read_by("measures", ()))["other_networks"]


def test_frequencies_are_told_of_rules_by_which_they_have_relevance():
    imagined = Imagined()
    imagined.settings = {**imagined.settings, "rules": ["flat", "gamma=1", "shapley", "zb", "lrp0"]}
    assert imagined.parts("bands") == [(rule, fold) for rule in ("gamma=1", "lrp0") for fold in (0, 1)]


@pytest.mark.parametrize("bands", [{}, {"all": 40}, {"low": 20, "high": 10, "rest": 50}, {"low": 0, "high": 50}, {"low": "4", "high": 50},
                                   {"low": 10, "same": 10, "high": 50}, "delta"])
def test_bands_that_do_not_divide_all_frequencies_are_refused(bands):
    with pytest.raises(config.InputError, match="bands = .*: must be names of frequency bands with their upper edges in Hz"):
        config.load("smoke", {"bands": bands})
