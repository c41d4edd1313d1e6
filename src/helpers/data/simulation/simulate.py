"""Simulated nights: a number of subjects, minutes and a seed go in, a folder of EDF files of the telemetry shape comes
out, with a table of recordings and truth.json, which says what was planted. The default run goes through the same
reader as real nights because of it.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy

from ... import files
from ...constants import EPOCH_S, MODALITIES, RATE
from ...errors import InputError
from . import defects, night_signals, planted_effects, signs, stage_sequence
from .effect_size import standardised

COLUMNS = ("psg", "hypnogram", "subject", "age", "sex", "medication", "lights_off", "psg_bytes", "psg_sha256",
           "hypnogram_bytes", "hypnogram_sha256", "signal_seconds")
RECORD_S = 10
#: File that says by what arguments a folder was made, and what its other files hold.
RECORD = "simulation.json"
#: File of every event that was drawn: columns of `night_signals.EVENT_COLUMNS`.
EVENTS = "events.parquet"
#: Standardised size of the planted effects where none is asked for.
EFFECT_SIZE = 3
#: Channel → (µV of each of its 4,096 steps, transducer, filters).
STEPS = {"EEG Fpz-Cz": (1 / 8, "Ag-AgCl electrodes", "HP:0.5Hz LP:50Hz"),
         "EEG Pz-Oz": (1 / 8, "Ag-AgCl electrodes", "HP:0.5Hz LP:50Hz"),
         "EOG horizontal": (1 / 4, "Ag-AgCl electrodes", "HP:0.5Hz LP:50Hz"),
         "EMG submental": (1 / 16, "Ag-AgCl electrodes", "HP:10Hz LP:50Hz")}


def simulate(folder, subjects, minutes, seed, cycle_minutes=60, effect_size=EFFECT_SIZE, progress=None):
    """Write two nights (placebo and temazepam, in either order) of each simulated subject, whole or not at all.

    The same arguments give the same bytes on any machine: every draw comes from a generator seeded for its subject
    and night, and samples are rounded to steps of 1/16 to 1/4 µV, far above where mathematics libraries differ.

    Parameters
    ----------
    folder : a new or empty folder, or a folder that holds exactly this simulation, into which nothing is written then.
    subjects : 1 to 99, as many as the files' names can number.
    minutes : length of a night, whole epochs, at least 10 minutes. Some nights last 10 or 20 s longer.
    seed : whole number, 0 or more.
    cycle_minutes : length of a sleep cycle, at least 10 minutes.
    effect_size : standardised size d of what medication, sex and age do (`planted_effects`), 0 to 3.
    progress : called with (nights written, nights in all) after each night.

    Returns
    -------
    pathlib.Path of the folder: ST7….edf files, recordings.csv (the columns of the telemetry table), truth.json,
    events.parquet (every event as drawn), and simulation.json, which says by what arguments the others were made.

    Raises
    ------
    InputError
        For a number of subjects, a length, a seed or a size that cannot be simulated, or a folder that holds anything else.
    """
    folder, arguments = Path(folder), _arguments(subjects, minutes, seed, cycle_minutes, effect_size)
    _check(**arguments)
    if holds(folder, **arguments):
        return folder
    _refuse_if_taken(folder)
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as home:
        made = Path(home) / target.name
        made.mkdir()
        _simulate(made, arguments, progress)
        for path in (*made.iterdir(), made):
            files.flush(path)
        try:
            os.rename(made, target)  # onto a new or empty folder: the system refuses any other
        except OSError:
            _refuse_if_taken(folder)
            raise
    return folder


def holds(folder, subjects, minutes, seed, cycle_minutes=60, effect_size=EFFECT_SIZE):
    """Whether a folder holds exactly what `simulate` writes for these arguments: the same files, each with its bytes."""
    folder, arguments = Path(folder), _arguments(subjects, minutes, seed, cycle_minutes, effect_size)
    try:
        record = files.read_json(folder / RECORD)
        hashes = record["sha256"]
        return (record["arguments"] == arguments and {path.name for path in folder.iterdir()} == {RECORD, *hashes}
                and all(_sha256(folder / name) == digest for name, digest in hashes.items()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _refuse_if_taken(folder):
    if folder.is_dir():
        entry = next(iter(sorted(path.name for path in folder.iterdir())), None)
        if entry is not None:
            raise InputError(f"{folder}: holds {entry} and more that is not exactly this simulation, and nothing of it is "
                             "replaced; give a new or empty folder, or empty this one yourself")
    elif folder.exists() or folder.is_symlink():
        raise InputError(f"{folder}: is no folder; give a new or empty folder")


def _arguments(subjects, minutes, seed, cycle_minutes, effect_size):
    return {"subjects": subjects, "minutes": minutes, "seed": seed, "cycle_minutes": cycle_minutes, "effect_size": effect_size}


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _simulate(folder, arguments, progress):
    """Write all files of a simulation."""
    subjects, seed, effect_size = (arguments[name] for name in ("subjects", "seed", "effect_size"))
    epochs, cycle = (int(arguments[name] * 60 // EPOCH_S) for name in ("minutes", "cycle_minutes"))
    defects_of_nights = defects.spread(2 * subjects, numpy.random.default_rng([seed, 1]))
    people = _people(subjects, numpy.random.default_rng([seed, 0]))
    rows, planted, events, drawn = [], {}, [], []

    def both_nights(subject):
        age, sex, order = people[subject - 1]
        traits = night_signals.sleeper(numpy.random.default_rng([seed, 2, subject]))
        for number, medication in enumerate(order, 1):
            rng = numpy.random.default_rng([seed, 3, subject, number])
            about = {"subject": subject, "age": age, "sex": sex, "medication": medication}
            stages = stage_sequence.sequence(epochs, cycle, rng)
            plan = defects.planned(stages, defects_of_nights[2 * (subject - 1) + number - 1], rng)
            night = night_signals.night([*stages, stages[-1]], about, traits, rng, effect_size)
            yield _write(folder, number, about, stages, plan, night.channels, rng), plan, night.events, (subject, about, night.drawn)

    with ThreadPoolExecutor(os.cpu_count()) as threads:  # a subject's draws depend on no other's
        for nights in threads.map(lambda subject: list(both_nights(subject)), range(1, subjects + 1)):
            for row, plan, of_night, deviations in nights:
                recording = row["psg"][:6]
                rows.append(row)
                planted[recording] = _described(plan)
                events += [(recording, *event) for event in (*of_night, *_moved(plan))
                           if event[3] + event[4] <= row["signal_seconds"]]
                drawn.append(deviations)
                if progress:
                    progress(len(rows), 2 * subjects)
    _write_table(folder / "recordings.csv", rows)
    _write_events(folder / EVENTS, events)
    files.write_json(folder / "truth.json", {**planted_effects.truth(effect_size, _sizes(drawn)), "seed": seed,
                                             "traps": planted})
    hashes = {row[kind]: row[f"{kind}_sha256"] for row in rows for kind in ("psg", "hypnogram")}
    hashes |= {name: _sha256(folder / name) for name in ("recordings.csv", "truth.json", EVENTS)}
    files.write_json(folder / RECORD, {"arguments": arguments, "sha256": hashes})


def _moved(plan):
    """Events of epochs that are scored as movement."""
    return [(epoch, modality, signs.ARTEFACT, float(epoch * EPOCH_S), float(EPOCH_S), float(defects.SWAY))
            for epoch in plan.movement for modality in MODALITIES]


def _sizes(drawn):
    """Size d of each planted effect as drawn."""
    return [standardised(effect.covariate, [(subject, about, values[(effect.stage, effect.sign, effect.quantity)])
                                              for subject, about, values in drawn]) for effect in planted_effects.EFFECTS]


def _write_events(path, events):
    """All events in order; s and µV are rounded, so that the bytes do not hang on a machine's mathematics library."""
    import pandas

    table = pandas.DataFrame(sorted(events), columns=night_signals.EVENT_COLUMNS)
    files.write_table(path, table.round({"onset_s": 2, "duration_s": 2, "size": 1}))


def _check(subjects, minutes, seed, cycle_minutes, effect_size):
    if not 1 <= subjects <= 99:
        raise InputError(f"subjects {subjects}: give 1 to 99, as many as the files' names can number")
    if minutes < 10 or minutes * 2 != int(minutes * 2):
        raise InputError(f"minutes {minutes}: give at least 10, in whole or half minutes")
    if cycle_minutes < 10:
        raise InputError(f"cycle_minutes {cycle_minutes}: give at least 10")
    if seed < 0 or seed != int(seed):
        raise InputError(f"seed {seed}: give a whole number, 0 or more")
    planted_effects.check(effect_size)


def _people(subjects, rng):
    """(age, sex, order of medications) of each: ages spread over 18 to 79, sexes as unrelated to age as can be."""
    ages = rng.permutation([18 + int(61 * (index + rng.random()) / subjects) for index in range(subjects)])
    males = round(0.45 * subjects)
    draws = [rng.permutation(subjects) < males for _ in range(300)]
    male = min(draws, key=lambda draw: abs(int(subjects * ages[draw].sum() - males * ages.sum())))
    first = rng.permutation(subjects) % 2
    orders = (("placebo", "temazepam"), ("temazepam", "placebo"))
    return [(int(age), "male" if is_male else "female", orders[order])
            for age, is_male, order in zip(ages, male, first)]


def _write(folder, number, about, stages, plan, channels, rng):
    """Both files of a night; its row of the table."""
    code = f"ST7{about['subject']:02d}{number}J"
    psg, hypnogram = f"{code}0-PSG.edf", f"{code}{rng.choice(list('PMRV'))}-Hypnogram.edf"
    lights_off = datetime.datetime(1994, 7, 1, 22, 30) + datetime.timedelta(
        days=8 * about["subject"] + number, minutes=int(rng.integers(0, 120)))
    start = lights_off - datetime.timedelta(seconds=int(rng.integers(30, 300)))
    seconds = len(stages) * EPOCH_S + plan.extra_s
    channels = {name: values[:seconds * RATE] for name, values in channels.items()}
    marker = defects.disturb(channels, plan, RATE, rng)
    _write_psg(folder / psg, channels, marker, about, start)
    marks = defects.annotations(stage_sequence.scored(stages, rng), plan)
    _write_hypnogram(folder / hypnogram, marks, about, start + datetime.timedelta(seconds=plan.late * EPOCH_S))
    row = {"psg": psg, "hypnogram": hypnogram, **about, "lights_off": lights_off.strftime("%H:%M:%S"),
           "signal_seconds": seconds}
    for kind, name in (("psg", psg), ("hypnogram", hypnogram)):
        content = (folder / name).read_bytes()
        row[f"{kind}_bytes"], row[f"{kind}_sha256"] = len(content), hashlib.sha256(content).hexdigest()
    return row


def _header(about, start):
    import edfio

    letter, word = ("M", "Male") if about["sex"] == "male" else ("F", "Female")
    return {"patient": edfio.Patient(sex=letter, name=f"{word}_{about['age']}yr"),
            "recording": edfio.Recording(startdate=start.date()), "starttime": start.time()}


def _write_psg(path, channels, marker, about, start):
    import edfio

    signals = []
    for name, (step, transducer, filters) in STEPS.items():
        digital = numpy.clip(numpy.rint(channels[name] / step), -2048, 2047).astype(numpy.int16)
        signals.append(edfio.EdfSignal.from_digital(
            digital, RATE, label=name, transducer_type=transducer, physical_dimension="uV",
            physical_range=(-2048 * step, 2047 * step), digital_range=(-2048, 2047), prefiltering=filters))
    signals.append(edfio.EdfSignal.from_digital(
        marker.astype(numpy.int16), defects.MARKER_RATE, label="Marker", transducer_type="Telemetry marker",
        physical_dimension="ID+M-E", physical_range=(-2048, 2047), digital_range=(-2048, 2047)))
    recording = edfio.Edf(signals, **_header(about, start), data_record_duration=RECORD_S)
    path.write_bytes(recording.to_bytes())  # a full disk is then an error with a number


def _write_hypnogram(path, marks, about, start):
    import edfio

    scoring = edfio.Edf([], **_header(about, start), annotations=[edfio.EdfAnnotation(*mark) for mark in marks])
    path.write_bytes(scoring.to_bytes())


def _described(plan):
    return {"movement_epochs": list(plan.movement), "hole_epochs": list(plan.hole),
            "unscored_epochs": list(plan.unscored), "hypnogram_late_s": plan.late * EPOCH_S,
            "marker_errors_s": [list(error) for error in plan.errors], "partial_epoch_s": plan.extra_s}


def _write_table(path, rows):
    with files.whole(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
