"""What the demo book must find in its simulated nights. Run after `make book`, by `pytest -m demo`."""

import numpy
import pytest

from helpers.model.scores import scores
from helpers.study import Study

pytestmark = pytest.mark.demo


@pytest.fixture(scope="module")
def demo():
    study = Study.open("demo", progress=False)
    if "claims" not in (study.run.store.study_or_none("demo") or {"results": {}})["results"]:
        pytest.fail("no demo results in artifacts/: run `make book` first")
    return study


def test_staging_is_as_hard_as_in_life_and_n1_is_worst(demo):
    overall = scores(demo.predictions())
    accuracy = overall.loc[overall["measure"] == "accuracy", "value"].item()
    f1 = overall[overall["measure"] == "f1"].set_index("stage")["value"]
    assert 0.75 <= accuracy <= 0.90
    assert f1.idxmin() == "N1"


def test_subjects_differ_in_how_well_they_are_staged_and_some_epochs_are_misread_for_every_stage(demo):
    predictions = demo.predictions().astype({"true": str, "predicted": str}).merge(demo.covariates()[["recording", "subject"]])
    right = predictions["true"] == predictions["predicted"]
    assert 0.04 <= right.groupby(predictions["subject"]).mean().std() <= 0.10
    assert (~right).groupby(predictions["true"]).sum().min() >= 10


def test_simulated_nights_come_near_a_real_one(demo):
    table = demo.likeness()
    assert len(table) == 50 and table["inside"].all(), table[~table["inside"]].to_string()


def test_what_was_planted_is_found(demo):
    checks = demo.truth_checks()
    binding = checks[checks["binding"]]
    assert len(binding) > 10
    assert binding["passed"].all(), binding[~binding["passed"]].to_string()


def test_every_subject_is_tested_and_none_is_on_two_sides(demo):
    folds = demo.folds()
    assert not folds.duplicated(["fold", "subject"]).any()
    assert set(folds.loc[folds["role"] == "test", "subject"]) == set(demo.cohort().table["subject"])


@pytest.fixture(scope="module")
def explained(demo):
    """The first fold's trained network and 32 of its test epochs."""
    from helpers.model import networks

    predictions = demo.predictions().query("fold == 0")
    x = demo.epochs().signals(demo.epochs().rows(predictions.sample(32, random_state=1)))
    model = networks.build(channels=x.shape[2])
    networks.load_weights(model, demo.run.folders("training")[(0,)] / "weights.npz")
    return model, x


def _plain(model):
    """The trained network as the formulas take it."""
    kinds = {"Conv1D": "conv", "Dense": "dense", "MaxPooling1D": "maxpool", "GlobalMaxPooling1D": "globalmax"}
    layers = []
    for layer in model.layers:
        kind = kinds.get(type(layer).__name__)
        if kind in ("conv", "dense"):
            layers.append((kind, *(array.astype("float64") for array in layer.get_weights())))
            layers += [("relu",)] if layer.activation.__name__ == "relu" else []
        elif kind:
            layers.append((kind, 2)[: 2 if kind == "maxpool" else 1])
    return layers


def test_the_trained_network_is_explained_as_the_formulas_say(explained):
    from relevance import formulas

    from helpers.relevance import Explainer, rules

    model, x = explained
    chosen = {"eps=0.01": ("epsilon", 0.01), "eps=100": ("epsilon", 100.0), "alpha1beta0": ("alphabeta", 1, 0)}
    maps, layers = Explainer(model, {name: rules.parse(name) for name in chosen}).maps(x[:2]), _plain(model)
    for name, formula in chosen.items():
        for number in range(2):
            expected = formulas.relevance(layers, x[number], formula)
            total = numpy.abs(expected).sum()
            assert numpy.abs(maps[name].values[number] - expected / total).sum() < 1e-4
            assert abs(maps[name].log_scale[number] - numpy.log(total)) < 1e-4


def test_single_precision_is_enough_from_the_smallest_epsilon_to_the_largest(explained):
    """Against double precision without shortcuts: L1 error per map at most 1e-4 and median 1e-5, shares to 1e-5.
    Below ε = 0.001 nothing bounds how far a denominator that nearly cancels magnifies rounding: one epoch in 32 may reach ten times
    as much."""
    from helpers.relevance import rules
    from helpers.relevance.engine import Engine

    model, x = explained
    chosen = {f"eps=1e{power}": rules.Epsilon(10.0 ** power) for power in (-9, -6, -3, -2, 0, 2, 4, 6)}
    found, exact = Engine(model, chosen).maps(x), Engine(model, chosen, "float64", shortcuts=False).maps(x)
    for name in chosen:
        ([values], log), ([right], right_log) = found[name], exact[name]
        apart = numpy.abs(values - right).sum(axis=(1, 2))
        of_shares = numpy.abs(numpy.abs(values).sum(1) - numpy.abs(right).sum(1)).max(axis=1)
        for errors, most in ((apart, 1e-4), (of_shares, 1e-5)):
            assert (errors > most).sum() <= (chosen[name].epsilon < 1e-3) and errors.max() <= 10 * most, name
        assert numpy.median(apart) <= 1e-5, name
        assert numpy.abs(log - right_log).max() <= 1e-4, name


def test_both_engines_agree_in_every_fold(demo):
    from helpers.report.draw import engines

    rows = engines.differences(demo.agreement())
    assert (rows["epochs"] == 64 * demo.config["folds"]).all()
    assert (rows.loc[rows["same formula"], "greatest difference of shares"] <= 1e-4).all()
    assert engines.balance(demo.ledger()) <= 1e-5


def test_bands_of_a_modality_add_up_to_its_share_in_every_test_epoch(demo):
    keys = ["fold", "recording", "epoch", "rule", "modality"]
    texts = {"recording": str, "rule": str, "modality": str}
    bands = demo.bands().astype(texts).groupby(keys)["share"].sum(min_count=1)
    shares = demo.shares().astype(texts).set_index(keys)["share"].reindex(bands.index)
    assert len(bands) == len(demo.shares()) and numpy.nanmax(numpy.abs(bands - shares)) <= 1e-5


def test_maps_of_a_network_of_random_weights_differ_from_the_trained_one_s(demo):
    measures = demo.measures().astype({"rule": str, "stage": str, "measure": str})
    rows = measures[(measures["measure"] == "random weights") & (measures["stage"] == "all")].set_index("rule")
    assert not rows.loc[["gradient-input", "eps=0.01"], "fails"].any() and (rows.loc[["gradient-input", "eps=0.01"], "high"] < 0.5).all()


def test_a_network_of_another_seed_stages_as_well_and_one_of_shuffled_stages_no_better_than_the_commonest(demo):
    scores_of = demo.other_scores().set_index("network")
    assert scores_of.loc["another seed", "accuracy"] >= 0.75
    assert scores_of.loc["shuffled stages", "accuracy"] <= scores_of.loc["shuffled stages", "commonest"] + 0.05
