"""Headers, annotations, tables and XML that were damaged at random: a night is read, or one clear line says why not.

`FUZZ=20000 pytest tests/data/test_mutated_files.py` tries that many.
"""

import os
import resource
import signal
from pathlib import Path

import numpy
import pandas
import pytest
from edf_bytes import STAGES as SCORED
from edf_bytes import channels, marks, stamped, write, write_scoring

from helpers.constants import REASONS, STAGES
from helpers.data.cohort import Cohort
from helpers.data.recorded_night import read_night

CASES = int(os.environ.get("FUZZ", 500))
REAL = Path(__file__).parents[3] / "shared" / "data"
ODD = (b"-1", b"0", b"1e9", b"nan", b"inf", b"99999999", b"0.0001", b"-0", b"\0" * 8, b"\xff" * 4, b"\x14", b"\x15", b"+", b"EDF+D",
       b"EDF Annotations", b"00.00.00", b"1,5", b"</", b"<!DOCTYPE x>", b"&a;", b"\n", b"\t", b";", b"99:99:99", b"23:59:59", b'"',
       b"-5", b"1e308", b"n/a", "é".encode(), b"\xef\xbb\xbf", b"\xff\xfe")
COHORT = Cohort("t", pandas.DataFrame(), {"EEG": ("C4-M1",), "EOG": ("E1-M2",)}, (), None, False)


def _mutated(content, rng, upto):
    """The bytes with one to four changes, most of them before `upto`."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(0, min(upto, len(content)) + 1)) if rng.random() < 0.9 else int(rng.integers(0, len(content) + 1))
        odd = ODD[rng.integers(len(ODD))]
        way = rng.integers(6)
        if way == 0:
            content[at:at + 1] = bytes([int(rng.integers(256))])
        elif way == 1:
            content[at:at + len(odd)] = odd
        elif way == 2:
            content[at:at] = odd
        elif way == 3:
            del content[at:at + int(rng.integers(1, 40))]
        elif way == 4:
            content[at:at] = content[at:at + int(rng.integers(1, 200))]
        else:
            start = at // 8 * 8
            content[start:start + 8] = odd[:8].ljust(8)
        if rng.random() < 0.02:
            del content[at:]
    return bytes(content)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Small valid files: name → (bytes, end of what is worth changing)."""
    folder = tmp_path_factory.mktemp("valid")
    keeping = [stamped(0.5 + 10 * record) for record in range(12)]
    keeping[0] += b"".join(stamped(30 * at, f"Sleep stage {stage}", 30) for at, stage in enumerate("W2R"))
    write(folder / "psg.edf", channels(120), keeping, form="EDF+C")
    write(folder / "psg.bdf", channels(120), kind="BDF")
    write_scoring(folder / "h.edf", marks()[:6])
    (folder / "h.csv").write_text("onset,duration,stage\n" + "".join(f"{30 * at},30,{stage}\n" for at, stage in enumerate("W?12")))
    (folder / "clock.csv").write_text("onset;duration;stage\n01/03/24 22:00:00;30,0;W\n01/03/24 22:00:30;n/a;N2\n")
    (folder / "h.txt").write_text("\n".join(SCORED[8:12]))
    (folder / "p.xml").write_text("<C><EpochLength>30</EpochLength><SleepStages>" + "<SleepStage>2</SleepStage>" * 4
                                  + "</SleepStages></C>")
    (folder / "n.xml").write_text("<P><ScoredEvents><ScoredEvent><EventType>Stages</EventType><EventConcept>Wake|0</EventConcept>"
                                  "<Start>0</Start><Duration>90</Duration></ScoredEvent></ScoredEvents></P>")
    return {path.name: (path.read_bytes(), 1400 if path.suffix in (".edf", ".bdf") else 500) for path in folder.iterdir()}


def _read(folder, psg, hypnogram):
    """A night is read, its slots are accounted for, or every fault is one line."""
    night = read_night(COHORT, {"recording": "r", "psg": str(folder / psg), "hypnogram": str(folder / hypnogram)})
    for fault in night.all_faults():
        assert str(fault).isprintable() and len(str(fault)) < 20_000, fault
    if not night.all_faults():
        ledger = night.ledger
        assert (ledger["kept"] == (ledger["reason"] == "")).all() and set(ledger["reason"]) <= {"", *REASONS}
        assert set(ledger["stage"]) <= {"", *STAGES} and ledger["kept"].any()
        assert all(numpy.isfinite(values).all() for values in night.signals)


@pytest.mark.parametrize("part", range(10))
def test_damaged_files_never_end_in_a_traceback_or_a_hang(files, tmp_path, part):
    rng, scorings = numpy.random.default_rng(part), [name for name in files if not name.startswith("psg")]
    _quickly(CASES // 10, lambda: _one(files, scorings, tmp_path, rng))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000  # kB, with all that pytest has loaded


def _one(files, scorings, folder, rng):
    psg, hypnogram = ("psg.edf", "psg.bdf")[rng.integers(2)], [*scorings, "psg.edf"][rng.integers(len(scorings) + 1)]
    damaged = (psg, hypnogram)[rng.integers(2)]
    for name in {psg, hypnogram}:
        content, upto = files[name]
        (folder / name).write_bytes(_mutated(content, rng, upto) if name == damaged else content)
    _read(folder, psg, hypnogram)


def _quickly(times, function):
    """Call a function; a call of more than ten seconds is an error."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("hangs"))
    try:
        for _ in range(times):
            signal.alarm(10)
            function()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files of ../shared/data are not here")
def test_damaged_real_scorings_never_end_in_a_traceback_or_a_hang(tmp_path, files):
    rng = numpy.random.default_rng(7)
    (tmp_path / "psg.bdf").write_bytes(files["psg.bdf"][0])
    real = [path for path in sorted(REAL.rglob("*")) if path.suffix == ".tsv" or "Hypnogram" in path.name]

    def one():
        path = real[rng.integers(len(real))]
        content = path.read_bytes()
        (tmp_path / "h").write_bytes(_mutated(content, rng, len(content)))
        _read(tmp_path, "psg.bdf", "h")

    _quickly(CASES // 10, one)
