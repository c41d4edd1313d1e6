"""A task reads its own fold's results and says what its network learned from."""

import pandas
import pytest
from small_cohort import write_night

from helpers import files
from helpers.constants import STAGES
from helpers.pipeline.step import Task, learned, stacked

#: Settings of a run, of which training takes its part.
SETTINGS = {"training_epochs": 1, "samples_per_epoch": 4, "batch": 4, "learning_rate": 1e-3, "class_weights": "balanced", "plateau_patience": 5,
            "stop_patience": 20, "training_seed": 12, "fold_seed": 3, "seed": 4}


def task(part, settings=None, facts=None, inputs=None, folders=None):
    return Task(part, settings or {}, facts or {}, inputs or {}, {}, folders or {})


def test_a_task_of_a_fold_reads_that_fold_s_files(tmp_path):
    inputs = {"training": {(fold,): tmp_path / f"of-{fold}" for fold in (0, 1, 2)}}
    assert task({"fold": 1}, inputs=inputs).of_fold("training", "weights.npz") == tmp_path / "of-1" / "weights.npz"


def test_tables_of_all_parts_stand_below_one_another_those_rows_that_are_asked_for(tmp_path):
    for fold in (0, 1):
        (tmp_path / str(fold)).mkdir()
        files.write_table(tmp_path / str(fold) / "shares.parquet", pandas.DataFrame({"fold": fold, "rule": ["eps=1", "zb"], "share": [.1 + fold, .2 + fold]}))
    mine = task({}, inputs={"shares": {("eps=1", fold): tmp_path / str(fold) for fold in (0, 1)}})
    assert mine.tables("shares")["share"].tolist() == [.1, .2, 1.1, 1.2]
    assert mine.tables("shares", rule="zb")[["fold", "share"]].values.tolist() == [[0, .2], [1, 1.2]]
    coded = mine.tables("shares", coded=("rule",))
    assert coded["rule"].dtype == "category" and coded["rule"].tolist() == ["eps=1", "zb"] * 2 and coded["share"].tolist() == [.1, .2, 1.1, 1.2]
    assert stacked([]).empty


def test_a_network_is_seeded_by_the_seed_of_training():
    found = task({"fold": 0}, SETTINGS).learning({"name": "paper"})
    assert (found["seed"], found["network"], found["batch"]) == (12, {"name": "paper"}, 4) and "training_seed" not in found and "fold_seed" not in found


def test_members_are_those_of_each_fold():
    facts = {"members": {"0": [["a", "test"], ["b", "training"]], "1": [["a", "training"]]}}
    assert task({}, facts=facts).members().values.tolist() == [[0, "a", "test"], [0, "b", "training"], [1, "a", "training"]]


@pytest.fixture
def store(tmp_path):
    """Results of four nights' epochs by key, and of the training of a fold."""
    for number, name in enumerate("abcd"):
        write_night(tmp_path / "store" / "epochs", f"key-{name}", f"s{name}", list(STAGES), number, samples=3000)
    (tmp_path / "store" / "training" / "key").mkdir(parents=True)
    return tmp_path / "store"


def test_what_a_fold_learned_from_is_found_in_its_store_by_its_key(store):
    path = store / "training" / "key" / "learned.json"
    files.write_json(path, {"n1": "key-a", "n2": "key-b"})
    assert learned(path).folders == {"n1": store / "epochs" / "key-a", "n2": store / "epochs" / "key-b"}
    files.write_json(path, {"n1": "key-a", "n2": "key-gone"})
    assert learned(path) is None


def test_a_trained_fold_names_the_nights_of_its_training_subjects_alone(store):
    folder = store / "training" / "key"
    facts = {"members": {1: [["sa", "training"], ["sb", "validation"], ["sc", "test"], ["sd", "training"]]}, "network": {"network": "paper"}}
    inputs = {"epochs": {(f"key-{name}",): store / "epochs" / f"key-{name}" for name in "abcd"}}
    task({"fold": 1}, SETTINGS, facts, inputs, {(1,): folder}).train({"network": "paper"})
    assert files.read_json(folder / "learned.json") == {"key-a": "key-a", "key-d": "key-d"} and (folder / "weights.npz").is_file()
