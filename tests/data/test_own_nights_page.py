"""The page "Your own nights" says what is true: its files are written out as they stand there, and its commands are run."""

import datetime
import re
import shlex
from pathlib import Path

import numpy
import pytest
from small_nights import noise, write_hypnogram, write_psg

from helpers.__main__ import _parser, main
from helpers.data.cohort import Cohort
from helpers.data.epochs import Epochs, make_epochs
from helpers.files import write_json
from helpers.pipeline.store import Store

PAGE = (Path(__file__).parents[2] / "book" / "your-own-nights.md").read_text()
BLOCKS = dict(re.findall(r"```\{code-block\} \w+\n:caption: ([^\n]+)\n\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
CHANNELS = ("C4", "M1", "E1", "M2", "Chin")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The page's files in a folder of recordings of 300 s; that whose check the page shows lasts an hour."""
    for name, text in BLOCKS.items():
        if "." in name:
            (tmp_path / name).write_text(text)
    for name in re.findall(r"^\w+(?=,)|(?<=,)\w+\.edf", BLOCKS["mine.csv"] + BLOCKS["new.csv"], re.MULTILINE):
        if name.endswith(".edf"):
            _write(tmp_path / name, 3600 if name == "s02n1.edf" else 300)
    for name in re.findall(r"[\w-]+-hypnogram\.edf", BLOCKS["mine.csv"]):
        write_hypnogram(tmp_path / name, [(0, 150, "Sleep stage W"), (150, 150, "Sleep stage 2")],
                        datetime.datetime(2024, 3, 1, 13, 30))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(path, seconds):
    event = numpy.ones(seconds * 200)
    event[40 * 200:44 * 200] = -1
    channels = {name: noise(seconds, at, 200) for at, name in enumerate(CHANNELS)}
    write_psg(path, {**channels, "Event": event}, start=datetime.datetime(2024, 3, 1, 13, 30),
              rates=dict.fromkeys((*CHANNELS, "Event"), 200))


def test_the_check_of_the_page_says_what_the_page_shows(folder, capsys):
    assert main(shlex.split(COMMANDS[0])[3:]) == 0
    out = capsys.readouterr().out
    assert BLOCKS["of an hour's nap"] in out
    assert "medication: zolpidem against placebo" in out and "one stage per line" in out and "fault" not in out
    assert out.strip().splitlines()[-1].endswith(COMMANDS[1].removeprefix("python"))


def test_every_form_of_a_hypnogram_on_the_page_gives_its_stages(folder):
    cohort, made = Cohort.from_csv("mine.csv"), {}
    for name in ("s01n1", "s01n2", "s02n1", "s03n1"):
        make_epochs(cohort, name, folder / "epochs" / name)
        ledger = Epochs({name: folder / "epochs" / name}).ledger
        made[name] = ledger["stage"].tolist()
    assert made["s01n1"] == ["W"] * 5 + ["N2"] * 5
    assert made["s01n2"] == ["W"] * 3 + ["N1"] * 2 + ["N2"] * 5
    assert made["s02n1"] == ["W"] * 20 + ["N1"] * 10 + ["N2"] * 60 + ["N3"] * 30
    assert made["s03n1"] == ["W", "W", "N1", "N2", "N2", "N2", "N3", "N3", "N2", "REM"]


@pytest.mark.parametrize("scoring, settings, stages", [
    ("boas_events.tsv", "boas", ["W", "W", "N2", "REM"]),
    ("sessions.tsv", "sessions", ["W", "N1", "N2"]),
    ("noxturnal.csv", "noxturnal", ["W", "W", "N2", "N2", "N2"]),
    ("nsrr.xml", "new", ["W", "W", "N2", "N2", "N2"]),
    ("profusion.xml", "new", ["W", "N1", "N2", "REM"]),
    ("twenty.txt", "twenty", ["W", "N1", "N1", "N2"]),
])
def test_every_further_form_on_the_page_gives_its_stages(folder, scoring, settings, stages):
    if settings == "noxturnal":
        (folder / scoring).write_bytes(BLOCKS[scoring].encode("utf-16"))
    rows = [f"r{at},s{at},s01n1.edf,{scoring}" for at in range(2)]
    (folder / "cohort.csv").write_text("\n".join(["recording,subject,psg,hypnogram", *rows]) + "\n")
    (folder / "cohort.yaml").write_text(BLOCKS[f"{settings}.yaml"])
    make_epochs(Cohort.from_csv("cohort.csv"), "r0", folder / "epochs" / "r0")
    made = Epochs({"r0": folder / "epochs" / "r0"})
    assert made.table["stage"].tolist() == stages and len(made.ledger) == 10


def test_unscored_nights_are_checked_against_the_folds_of_the_run_before(folder, capsys, monkeypatch):
    monkeypatch.setattr("helpers.pipeline.config.HOME", folder)
    store, check, run = Store(folder / "artifacts"), *COMMANDS[2:4]
    with store.making("epochs", "a", {}) as night:
        make_epochs(Cohort.from_csv("mine.csv"), "s01n1", night)
    with store.making("training", "b", {}) as fold:
        write_json(fold / "learned.json", {"s01n1": "a"})
    store.keep_study("paper", {"about": {"profile": "paper", "simulated": False}, "results": {"training": {"0": "b"}}})
    assert main(shlex.split(check)[3:]) == 0
    out = capsys.readouterr().out
    assert "kept       10 of 10 slots of 30 s: without a stage" in out
    assert out.strip().splitlines()[-1].endswith(run.removeprefix("python"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_is_one(command):
    options, unknown = _parser().parse_known_args(shlex.split(command)[3:])
    assert options.command and {word for word in unknown if word.startswith("-")} <= {"--folds"}


def test_the_page_names_every_entry_of_the_yaml_and_all_that_a_text_may_mean():
    from helpers.data.listing import SETTINGS
    from helpers.data.stage_texts import MEANINGS

    table = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in table] == list(SETTINGS)
    assert all(f"`{meaning}`" in " ".join(table) for meaning in MEANINGS)
