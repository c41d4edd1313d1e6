"""Report on the user's nights before a run: the CSV that lists them comes in, each is read once, and what a run would make of
it, or why it could not, goes out, recording by recording. Nothing is written.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pandas

from ..constants import EPOCH_S, RATE, REASONS, STAGES
from ..errors import InputError
from .cohort import Cohort, single_nights
from .covariates import is_number, levels
from .folds import sizes
from .recorded_night import read_night
from .trained_channels import channel_differences


def check(path, trained=None, folds=None, progress=True):
    """Report on every recording of a cohort on stdout, and end with the command to run.

    Parameters
    ----------
    path : CSV as for `Cohort.from_csv`.
    trained : channels of the folds that shall explain the nights, which then need no scoring, from
        `trained_channels.trained_channels`.
    folds : how the user names those folds, for the command at the end.
    progress : show a bar on stderr.

    Raises
    ------
    InputError
        After the report, when some recordings or the cohort as a whole cannot be used.
    """
    from tqdm import tqdm

    cohort, faults = Cohort.with_faults(path, unscored=trained is not None)
    rows = cohort.table.to_dict("records")
    _say([f"{path}: {_number(rows, 'recording')} of {_number(set(cohort.table['subject']), 'subject')}"])
    faulty, whole = 0, _about(cohort, [text for line, text in faults if line is None], trained is None)
    with tqdm(rows, desc="Checking", disable=not progress, unit="", file=sys.stderr, leave=False) as bar:
        for line, row in enumerate(bar, start=2):
            report = _Report(f"\n{row['recording']}, subject {row['subject']}")
            for text in (text for at, text in faults if at == line):
                report.fault(text)
            _night(report, cohort, row, trained)
            _say(report.lines)
            faulty += report.faults > 0
    if faulty or whole:
        unusable = [f"{faulty} of {_number(rows, 'recording')}"] * (faulty > 0) + ["the cohort as a whole"] * (whole > 0)
        raise InputError(f"{path}: {' and '.join(unusable)} cannot be used; each reason is in a line that begins with fault")
    _say(["", "Every recording can be used. To run:", f"  {_command(path, folds)}"])


class _Report:
    """Lines on a recording and how many of them are faults."""

    def __init__(self, title):
        self.lines, self.faults = [title], 0

    def add(self, what, text):
        self.lines.append(f"  {what:<10} {text}")

    def note(self, text):
        if text:
            self.add("note", text)

    def fault(self, text):
        self.faults += 1
        self.add("fault", " ".join(str(text).split()))

    def faults_of(self, night, topic):
        """What is wrong with a night under a topic."""
        for error in night.faults.get(topic, ()):
            self.fault(error)


def _say(lines):
    from tqdm import tqdm

    tqdm.write("\n".join(lines), file=sys.stdout)


def _about(cohort, faults, trains):
    """Report on the cohort as a whole; the number of its faults."""
    report = _Report("")
    for name in cohort.covariates:
        column = cohort.table[name]
        known = column.dropna()
        if is_number(column):
            said = f"a number, {known.min():g} to {known.max():g}"
        else:
            against, *others = levels(column, cohort.reference.get(name)) or ["nothing"]
            said = f"{', '.join(others) or 'nothing'} against {against}"
            odd = known[pandas.to_numeric(known, errors="coerce").isna()]
            if len(odd) < len(known) / 2:
                report.note(f"{name} is a category, since '{odd.iloc[0]}' is no number")
        gaps = int(column.isna().sum())
        report.add("covariate", f"{name}: {said}" + (f"; not known in {gaps} of {len(column)} recordings" if gaps else ""))
    if alone := single_nights(cohort.table):
        report.note(f"one night only of subject {', '.join(alone)}, several of others")
    for text in faults:
        report.fault(text)
    if trains and cohort.table["subject"].nunique() > 1:
        try:
            sizes(cohort.table["subject"].nunique())
        except InputError as error:
            report.fault(error)
    _say(report.lines[1:] or ["  covariate  none"])
    return report.faults


def _night(report, cohort, row, trained):
    """Report on a recording: all that `make_epochs` would do, and all its faults."""
    if not Path(row["psg"]).is_file():  # which is a fault of the listing
        return
    is_known = Path(row["hypnogram"]).is_file() if row["hypnogram"] else trained is not None
    night = read_night(cohort, {**row, "hypnogram": row["hypnogram"] if is_known else None}, only_check=True)
    report.faults_of(night, "signals")
    if night.psg is None:
        return
    report.add("signals", f"{night.psg.start or 'no start time'}, {night.psg.duration_s:,.0f} s ({night.psg.duration_s / 3600:.1f} h)")
    for (_, name), channel in zip(night.named, night.channels):
        if channel is None:
            report.faults_of(night, name)
    report.faults_of(night, "marker")
    if night.marker_errors:
        report.add("marker", f"{cohort.marker} is negative for {sum(end - start for start, end in night.marker_errors):,g} s")
    _hypnogram(report, night)
    for (modality, name), channel in zip(night.named, night.channels):
        if channel is not None:
            report.add(modality, f"{name}{f' = {channel.minus[0]} minus {channel.minus[1]}' if channel.minus else ''}: "
                                 f"{channel.rate:g} Hz{'' if channel.rate == RATE else f', resampled to {RATE} Hz'}; "
                                 f"{channel.unit or 'no unit'}")
            report.faults_of(night, name)
    if night.hypnogram is not None:
        _account(report, night, bool(row["hypnogram"]))
    if trained is None and (gaps := [name for name in cohort.covariates if pandas.isna(row[name])]):
        report.note(f"{', '.join(gaps)} not known, so the regression leaves this recording out")
    if trained is not None and None not in night.channels:
        _compared(report, trained, night)


def _compared(report, trained, night):
    """What sets the channels of a night apart from those that the folds were trained on."""
    faults, different = channel_differences(trained, night.described())
    for text in faults:
        report.fault(text)
    for text in different:
        report.note(text)


def _hypnogram(report, night):
    """How much of each stage the scoring holds."""
    report.faults_of(night, "hypnogram")
    if night.hypnogram is not None and night.hypnogram.marks:
        marks = night.hypnogram.marks
        seconds = dict.fromkeys((*STAGES, "unscored", "movement"), 0)
        for start, end, label in marks:
            seconds[label] += end - start
        report.add("hypnogram", f"{_counted({label: value / EPOCH_S for label, value in seconds.items()})}, in units of "
                                f"{EPOCH_S} s, from {marks[0][0]:,g} to {max(end for _, end, _ in marks):,g} s")
        report.add("scored", _night_in_minutes(night))


def _night_in_minutes(night):
    """What the scoring says of the sleep within the signals, in the numbers that scoring programs show."""
    minutes, first = dict.fromkeys(STAGES, 0.0), None
    for start, end, label in night.hypnogram.marks:
        within = min(end, night.psg.duration_s) - max(start, 0)
        if within > 0 and label in minutes:
            minutes[label] += within / 60
            first = start if first is None and label != "W" else first
    sleep, total = sum(minutes.values()) - minutes["W"], sum(minutes.values())
    begins = "no sleep"
    if first is not None:
        clock = f"at {night.psg.start + timedelta(seconds=first):%H:%M:%S}, " if night.psg.start else ""
        begins = f"first sleep {clock}{first / 60:,.1f} min after the first sample"
    return (f"total sleep time {sleep:,.1f} min; {_counted(minutes)} min; {begins}; "
            f"{100 * total * 60 / night.psg.duration_s:.0f} % of the signals have a stage")


def _account(report, night, is_scored):
    """Kept and dropped slots, and what is taken for granted of the hypnogram."""
    ledger = night.ledger
    epochs, dropped = ledger[ledger["kept"]], ledger["reason"].value_counts()
    stages = epochs["stage"].value_counts()
    counts = _counted({stage: stages.get(stage, 0) for stage in STAGES}) if is_scored else "without a stage"
    report.add("kept", f"{len(epochs):,} of {len(ledger):,} slots of {EPOCH_S} s: {counts}")
    if reasons := {reason: dropped[reason] for reason in REASONS if reason in dropped}:
        report.add("dropped", _counted(reasons))
    if flat := (ledger["kept"] & night.flat).sum():
        report.note(f"a channel is flat in {flat:,} of the kept slots, which the setting drop_flat would drop")
    report.faults_of(night, "ledger")
    for text, count in night.reading_notes():
        report.note(text if count is None else f"{text} ({count:,} of them)")


def _number(things, name):
    """`1 recording`, `2 recordings`."""
    return f"{len(things)} {name}{'s' * (len(things) != 1)}"


def _counted(numbers):
    """`W 120, N1 30.5`, without those that are 0."""
    said = {name: f"{number:,.1f}".removesuffix(".0") for name, number in numbers.items() if number}
    return ", ".join(f"{name} {number}" for name, number in said.items()) or "nothing"


def _command(path, folds):
    """The command as it can be typed here."""
    python = sys.executable
    if shutil.which("python") == python:
        python = "python"
    elif Path(python).is_relative_to(Path.cwd()):
        python = os.path.relpath(python)
    chosen = ["--folds", str(folds)] if folds else ["--profile", "paper"]
    return shlex.join([python, "-m", "helpers", "run", "--cohort", str(path), *chosen])
