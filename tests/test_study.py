"""The order of the steps: what matches its stamp is kept, what changed is redone, and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.errors import InputError
from helpers.study import Study

ROOT = Path(__file__).resolve().parents[1]
STEPS = ("helpers.data.epochs", "helpers.model.train", "helpers.model.exchange", "helpers.relevance.shares",
         "helpers.relevance.audit", "helpers.analysis.regression", "helpers.analysis.claims")


def _hashes(source):
    """Code hash of every step, computed by the package whose source folder is given."""
    code = f"from helpers.files import code_hash\nfor step in {STEPS!r}: print(code_hash(step))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(source)})
    return dict(zip(STEPS, done.stdout.split(), strict=True))


@pytest.mark.parametrize("edited, redone", [
    ("report/figures.py", set()),
    ("relevance/shares.py", {"helpers.relevance.shares", "helpers.relevance.audit"}),
    ("model/train.py", {"helpers.model.train"}),
    ("data/epochs.py", {"helpers.data.epochs", "helpers.model.train", "helpers.model.exchange",
                        "helpers.relevance.shares"}),
])
def test_an_edit_redoes_the_steps_above_it_and_no_other(edited, redone, tmp_path):
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    before = _hashes(source)
    with open(source / "helpers" / edited, "a") as file:
        file.write("\n# an edit\n")
    after = _hashes(source)
    changed = {step for step in STEPS if before[step] != after[step]}
    assert redone <= changed
    assert not {step for step in changed - redone if step.startswith(("helpers.data", "helpers.model"))}


def _times(folder):
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def _open(smoke, folder=None, **settings):
    return Study.open("smoke", artifacts=folder or smoke.artifacts, settings=settings, progress=False)


def test_a_second_run_computes_nothing(smoke):
    before = _times(smoke.artifacts)
    _open(smoke).compute()
    assert _times(smoke.artifacts) == before


def test_another_rule_makes_new_shares_and_trains_nothing(smoke, tmp_path):
    folder = tmp_path / "artifacts"
    shutil.copytree(smoke.artifacts, folder)
    _open(smoke, folder).epochs()  # files are known by where they lie
    before = _times(folder)
    study = _open(smoke, folder, rules=["eps=1"])
    assert set(study.shares()["rule"].astype(str)) == {"eps=1"}
    new = {path for path, time in _times(folder).items() if before.get(path) != time}
    assert new and all(path.parts[:2] == ("relevance", "eps=1") for path in new)


def test_every_test_epoch_has_shares_that_sum_to_one(smoke):
    study = _open(smoke)
    shares, predictions = study.shares(), study.predictions()
    totals = shares.groupby(["fold", "recording", "epoch", "rule"], observed=True)["share"].agg(["sum", "count"])
    assert len(totals) == len(predictions) * len(study.config["rules"])
    whole = totals[totals["count"] == 3]
    assert len(whole) and (abs(whole["sum"] - 1) < 1e-6).all()


@pytest.mark.innvestigate
def test_the_reference_check_is_of_the_run_s_own_shares(smoke):
    study, keys = _open(smoke), ["fold", "recording", "epoch", "rule", "modality"]
    agreement = study.agreement()
    assert set(agreement["rule"]) == {*study.config["rules"], "alpha1beta0-nobias"}
    tested = study.predictions().groupby("fold")["epoch"].count().clip(upper=64)
    counted = agreement.groupby(["fold", "rule"])["epoch"].count().unstack()
    assert (counted.T == 3 * tested).all(axis=None)
    both = agreement.merge(study.shares(), on=keys, suffixes=("", "_of_run"))
    assert len(both) == len(agreement) * 3 // 4
    assert (both["share"] - both["share_of_run"]).abs().max() < 1e-5
    exact = agreement[agreement["rule"] != "alpha1beta0"]
    assert (exact["share"] - exact["reference_share"]).abs().max() < 1e-4
    kept = exact[exact["reference_log_total"] > -60]  # an untrained network and ε = 100 leave less than iNNvestigate can tell
    assert len(kept) > len(exact) / 2
    assert (kept["log_total"] - kept["reference_log_total"]).abs().max() < 1e-3


def test_the_ledger_of_relevance_starts_with_one_and_balances(smoke):
    ledger = _open(smoke).ledger()
    assert (ledger.loc[ledger["depth"] == 0, "arrived"] - 1).abs().max() < 1e-6
    parts = ledger[["handed_on", "bias", "epsilon", "undefined"]]
    apart = (ledger["arrived"] - parts.sum(axis=1)).abs()
    assert (apart <= 1e-5 * parts.abs().sum(axis=1)).all()
    for _, of_epoch in ledger.groupby(["fold", "recording", "epoch", "rule"]):
        of_epoch = of_epoch.sort_values("depth")
        scale = of_epoch[["arrived", "handed_on"]].abs().max(axis=1).to_numpy()[:-1]
        assert (abs(of_epoch["arrived"].to_numpy()[1:] - of_epoch["handed_on"].to_numpy()[:-1]) <= 1e-4 * scale).all()


def test_slots_are_kept_or_dropped_with_one_reason(smoke):
    epochs = _open(smoke).epochs()
    ledger = epochs.ledger
    assert ledger["kept"].sum() == len(epochs.table)
    assert ((ledger["reason"] == "") == ledger["kept"]).all()


@pytest.mark.parametrize("settings, named", [
    ({"batch": 0}, "batch = 0"),
    ({"rules": ["gradient"]}, "gradient"),
    ({"colour": 1}, "colour"),
    ({"learning_rate": "fast"}, "learning_rate"),
])
def test_a_setting_that_does_not_fit_is_named(settings, named):
    with pytest.raises(InputError, match=named):
        Study.open("smoke", settings=settings)


@pytest.mark.parametrize("name", ["data", "artifacts", "settings"])
def test_a_parameter_of_another_kind_is_named(name):
    with pytest.raises(InputError, match=f"^{name} = 5: must be "):
        Study.open("smoke", **{name: 5})


def test_an_unknown_profile_is_told_which_there_are():
    with pytest.raises(InputError, match="demo, paper, smoke"):
        Study.open("night")
