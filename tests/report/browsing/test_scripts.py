"""The browser's scripts without a browser: Node runs their pure parts (browser-*.test.js) on packets that Python has just made, and reads
the syntax of every script of the package."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import known_nights
import numpy
import pytest
from known_nights import FOLDS, MODALITIES, RULES, SPIKED, SPLIT
from packet_format import unpack

import helpers
from helpers.constants import STAGES
from helpers.report.browsing import packets, scripts
from helpers.report.browsing.lab_widget import Browser
from helpers.report.draw import palette

PACKAGE = Path(helpers.__file__).parent
TESTS = sorted(Path(__file__).parent.glob("browser-*.test.js"))


@pytest.fixture(scope="session")
def node():
    """Runs Node with arguments; gives what it said, and fails where it failed."""
    executable = shutil.which("node") or shutil.which("nodejs")
    if executable is None:
        message = "no Node on this machine: install nodejs to test the browser's scripts"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)

    def run(*arguments, **environment):
        done = subprocess.run([executable, *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **environment})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
    return run


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.js")), ids=lambda path: path.name)
def test_the_syntax_of_a_script_is_right(node, path, tmp_path):
    if path.name == scripts.LAB[-1]:  # a module's end: JupyterLab takes all as one
        path = tmp_path / "widget.mjs"
        path.write_text(Browser._esm)
    node("--check", path)


def test_every_script_of_the_browser_runs_on_a_page_or_in_jupyterlab():
    assert {path.name for path in scripts.STATIC.glob("*.js")} == {*scripts.PAGE, *scripts.LAB}


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_pure_parts_of_the_scripts(node, made, path):
    said = node("--test", "--test-reporter=spec", path, BROWSER_MADE=str(made),
                BROWSER_SCRIPTS=os.pathsep.join(str(scripts.STATIC / name) for name in scripts.PURE))
    assert int(re.search(r"pass (\d+)", said)[1]) >= 5, said


# ------------------------------------------------------------------ what the scripts are held to


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of packets and of what each must lead to, by pandas from the tables that the packets were made of."""
    folder = tmp_path_factory.mktemp("packets")
    nights = known_nights.nights(known_nights.stage_of, context=1)
    arrays = {"i1": numpy.int8([-128, 0, 127]), "u1": numpy.uint8([0, 255]), "u2": numpy.uint16([[1], [65535], [256]]),
              "i4": numpy.int32([[-2**31, 2**31 - 1]]), "f4": numpy.float32([1.5, -numpy.inf, numpy.nan]), "none": numpy.zeros((0, 3), "int32"),
              "last": numpy.int8([[1, 2], [3, 4]])}
    details = known_nights.Details()
    contents = {"types": packets.packet({"name": "Nächte </script> 夜"}, arrays), "index": nights.index("some"),
                "night": nights.night("a", details.epochs("a")),
                "epoch": nights.epoch(SPIKED, nights.epoch_signals("a")(SPIKED), *details.of("a", SPIKED))}
    for name, content in contents.items():
        (folder / f"{name}.packet").write_bytes(content)
    stages = nights.epochs.table.set_index("epoch")["stage"]
    changes = [int(epoch) for epoch, stage, before in zip(stages.index[1:], stages[1:], stages) if stage != before]
    expected = {"packets": {name: _listed(unpack(content)[1]) for name, content in contents.items()}, "changes": changes,
                "views": [_view(nights.epochs, fold, rule) for fold in (*FOLDS, "all") for rule in RULES],
                "averages": _averages(known_nights.shares(nights.epochs)), "known": {
                    "positive": palette.POSITIVE, "negative": palette.NEGATIVE, "missing": packets.MISSING, "spike": known_nights.SPIKE_UV,
                    "up_s": known_nights.UP_S, "down_s": known_nights.DOWN_S, "supports_s": known_nights.SUPPORTS_S,
                    "against_s": known_nights.AGAINST_S,
                    "support": {fold: known_nights.LEVEL[fold] * known_nights.SCALE[fold] for fold in FOLDS}}}
    (folder / "expected.json").write_text(json.dumps(expected, allow_nan=False))
    return folder


def _listed(arrays):
    """Name → [type, shape, values], in which what is no number is written out."""
    words = {"nan": "NaN", "-inf": "-Infinity"}
    return {name: [array.dtype.str[1:], list(array.shape), [value if numpy.isfinite(value) else words[str(value)] for value in array.ravel().tolist()]]
            for name, array in arrays.items()}


def _numbers(values):
    return [float(value) if numpy.isfinite(value) else None for value in values]


def _view(epochs, fold, rule):
    """What a view says of each epoch: of one fold, or the mean of those folds that predict what all together do."""
    predictions, shares, bands = (table(epochs).set_index("epoch") for table in (known_nights.predictions, known_nights.shares, known_nights.bands))
    shares, bands, found = shares[shares["rule"] == rule], bands[bands["rule"] == rule], {}
    for epoch in epochs.table["epoch"]:
        rows = predictions.loc[[epoch]].set_index("fold")
        differs, chosen = rows["predicted"].nunique() > 1, rows if fold == "all" else rows.loc[[fold]]
        probabilities = chosen[[f"p_{stage}" for stage in STAGES]].mean()
        predicted = probabilities.idxmax().removeprefix("p_")
        folds = chosen.index[chosen["predicted"] == predicted]
        own = [table.loc[[epoch]][table.loc[[epoch]]["fold"].isin(folds)] for table in (shares, bands)]
        true = rows["true"].iloc[0]
        found[int(epoch)] = {
            "true": true, "predicted": predicted, "differs": differs, "misread": true != predicted, "probabilities": list(probabilities),
            "shares": _numbers(own[0].groupby("modality")["share"].mean()[MODALITIES]),
            "bands": _numbers(own[1].groupby(["modality", "band"])["share"].mean()[name, band] for name in MODALITIES for band in ("slow", "fast")),
            "log_total": _numbers([own[0].groupby("fold")["log_total"].first().mean()])[0]}
    assert found[SPLIT]["differs"]
    return {"fold": fold, "rule": rule, "epochs": found}


def _averages(shares):
    """Shares of the night under fold 2 and the rule eps=100: mean of epochs, and pooled."""
    rows = shares[(shares["fold"] == 2) & (shares["rule"] == "eps=100")].dropna()
    weights = numpy.exp(rows["log_total"])
    pooled = (rows["share"] * weights).groupby(rows["modality"]).sum() / weights.groupby(rows["modality"]).sum()
    return {"mean": list(rows.groupby("modality")["share"].mean()[MODALITIES]), "pooled": list(pooled[MODALITIES])}
