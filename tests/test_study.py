"""A study's results: what is there is kept, what changed is added beside it, and nothing else is made."""

import shutil

import pytest

from helpers.errors import InputError
from helpers.study import Study

pytestmark = pytest.mark.usefixtures("few_workers")


def _times(folder):
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def _open(smoke, folder=None, **settings):
    return Study.open("smoke", artifacts=folder or smoke.artifacts, settings=settings, progress=False)


def test_a_second_run_computes_nothing(smoke):
    before = _times(smoke.artifacts)
    _open(smoke).compute()
    assert _times(smoke.artifacts) == before


def test_another_rule_or_method_makes_new_shares_beside_the_old_ones_and_trains_nothing(smoke, tmp_path):
    folder = tmp_path / "store"
    shutil.copytree(smoke.artifacts, folder)
    before = _times(folder)
    study = _open(smoke, folder, rules=["eps=1", "shapley"])
    shares = study.shares()
    assert set(shares["rule"].astype(str)) == {"eps=1", "shapley"}
    totals = shares.groupby(["rule", "fold", "recording", "epoch"], observed=True)["share"].sum()
    assert len(totals) == 2 * len(study.predictions()) and (abs(totals - 1) < 1e-6).all()
    after = _times(folder)
    new = {path for path, time in after.items() if before.get(path) != time}
    assert {path.parts[0] for path in new} == {"shares", "studies", "files.json"} and set(before) <= set(after)


def test_results_of_another_setting_of_training_are_still_there_afterwards(smoke, tmp_path):
    folder = tmp_path / "store"
    shutil.copytree(smoke.artifacts, folder)
    before = _times(folder)
    study = _open(smoke, folder, training_epochs=2)
    assert study.history()["training_epoch"].max() == 2
    after = _times(folder)
    changed = {str(path) for path in before if before[path] != after[path]}
    assert changed == {"files.json"}  # where these copied nights lie
    assert len(list((folder / "training").iterdir())) == 4 and len(list((folder / "epochs").iterdir())) == 16
    assert _open(smoke, folder).history()["training_epoch"].max() == 1


def test_the_study_names_the_keys_of_its_results(smoke):
    study = _open(smoke)
    content = study.run.store.study("smoke")
    assert set(content["results"]) == set(study.run.steps())
    for step, keys in content["results"].items():
        for key in keys.values():
            assert (smoke.artifacts / step / key / "result.json").is_file()


def test_the_same_content_stops_the_wave(smoke, tmp_path, monkeypatch):
    """Epochs that come out the same under other code train nothing anew."""
    from helpers.pipeline import run

    folder = tmp_path / "store"
    shutil.copytree(smoke.artifacts, folder)
    actual = run.code_hash
    monkeypatch.setattr(run, "code_hash", lambda module, *rest: actual(module, *rest) + module.endswith("data.epochs") * "edited")
    before = _times(folder)
    _open(smoke, folder).shares()
    new = {path.parts[0] for path in _times(folder).keys() - before.keys()}
    assert new == {"epochs"} and len(list((folder / "epochs").iterdir())) == 32


def test_one_flipped_byte_is_met_by_making_the_result_again(smoke, tmp_path, capsys):
    folder = tmp_path / "store"
    shutil.copytree(smoke.artifacts, folder)
    [path] = {_open(smoke, folder).run.folders("ablation")[("zeros", 1)] / "ablation.parquet"}
    right = path.read_bytes()
    path.write_bytes(right[:100] + bytes([right[100] ^ 4]) + right[101:])
    study = Study.open("smoke", artifacts=folder)
    study.ablation()
    said = [line for line in capsys.readouterr().err.splitlines() if "set aside" in line]
    assert len(said) == 1 and "ablation.parquet" in said[0]
    assert path.read_bytes() == right


def test_old_results_are_left_alone_and_one_line_says_so(tmp_path, capsys):
    old = tmp_path / "demo" / "training" / "fold-0"
    old.mkdir(parents=True)
    (old / "stamp.json").write_text("{}")
    Study.open("smoke", artifacts=tmp_path)
    said = capsys.readouterr().err
    assert "demo" in said and "earlier version" in said and len(said.strip().splitlines()) == 1
    assert (old / "stamp.json").read_text() == "{}"


def test_two_lists_of_one_name_are_two_studies(tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.csv").write_text("recording,subject,psg,hypnogram\n")
    one = Study.open("smoke", cohort=tmp_path / "here" / "mine.csv", artifacts=tmp_path / "store", progress=False)
    assert one.name == "smoke-mine"
    one.run._record()
    other = Study.open("smoke", cohort=tmp_path / "there" / "mine.csv", artifacts=tmp_path / "store", progress=False)
    assert other.name.startswith("smoke-mine-") and other.name != one.name


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
    kept = exact[exact["reference_log_total"] > -60]  # an untrained network and ε = 100 leave less than iNNvestigate can tell
    assert len(kept) > len(exact) / 2
    assert (kept["share"] - kept["reference_share"]).abs().max() < 1e-4
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
