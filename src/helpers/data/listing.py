"""The user's nights as they are listed: a CSV and the YAML file beside it come in; the table, the settings and all that
is wrong with them go out.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pandas

from ..errors import InputError, nearest
from .covariates import PERIOD, complete, is_infinite, is_number, levels, parsed
from .spelling import folded
from .stage_texts import IGNORE, MEANINGS, OTHERS

NEEDED = ("recording", "subject", "psg", "hypnogram")
SETTINGS = ("modalities", "marker", "stages", "others", "scoring", "reference")
#: How scoring files are to be read: columns of a table by name, those of its rows that count, and seconds of each line of a
#: text, or of each row of a table that does not say how long it lasts; whether times such as 0:30:00 are of the clock.
SCORING = {"stage": str, "onset": str, "duration": str, "end": str, "rows": dict, "seconds": str, "times": str}
#: Longest name of a recording: its folder and temporary names beside it must fit a file system's 255 bytes.
LONGEST_NAME = 100
#: Longest line of a scoring, in s.
LONGEST_LINE_S = 600


def read_listing(path, default, modalities=None, unscored=False):
    """What a CSV lists, and its faults.

    Parameters
    ----------
    path, modalities, unscored : as of `cohort.Cohort.from_csv`.
    default : modalities where neither the caller nor the YAML file names any.

    Returns
    -------
    (dict of the attributes of a `cohort.Cohort`, list of (line of the CSV, or None where no single line is at fault,
    sentence)).

    Raises
    ------
    InputError
        Where nothing more can be said: no CSV, a column that is missing, a YAML file that cannot be read.
    """
    path = Path(path)
    listed, settings = _read(path), _settings(path)
    chosen = _modalities(modalities or settings.get("modalities") or default, path)
    stages, beside = _stages(settings.get("stages", {}), path), path.with_suffix(".yaml")
    names = [column for column in listed.columns if column not in NEEDED]
    faults = [*_empty(path, listed, unscored), *_missing(path, listed), *_names(path, listed, unscored),
              *_infinite(path, listed, names)]
    for name in names:
        listed[name] = parsed(listed[name])
    period, unordered = _period(path, listed, names)
    faults += unordered
    names = [name for name in names if name != PERIOD]
    wrong = dict(_uninformative(listed, names))
    if unscored:
        names = [name for name in names if name not in wrong]
    else:
        faults += [(None, f"{path}: covariate {text}") for text in wrong.values()]
    reference = {str(name): str(level) for name, level in settings.get("reference", {}).items()}
    faults += [(None, f"{beside}: reference: {text}") for text in _unfit(reference, listed, names)]
    return {"name": path.stem, "table": listed[[*NEEDED, *names]], "modalities": chosen, "covariates": tuple(names),
            "marker": settings.get("marker") or None, "simulated": False, "stages": stages, "scoring": _scoring(settings, beside), "period": period,
            "reference": {name: level for name, level in reference.items() if name in names}}, faults


def _period(path, listed, names):
    """(recording → which of the subject's nights it is, or None without such a column; faults)."""
    if PERIOD not in names:
        return None, []
    faults = [(line, f"{path}, line {line}: {PERIOD} must be a number, 1 for a subject's first night, 2 for the second")
              for line, value in _lines(pandas.to_numeric(listed[PERIOD], errors="coerce")) if value != value]
    return None if faults else dict(zip(listed["recording"], listed[PERIOD].astype(float))), faults


def _lines(column):
    """(line of the file, value) of each row; the header is line 1."""
    return [(index + 2, value) for index, value in enumerate(column)]


def _read(path):
    try:
        _same_width(path)
        listed = pandas.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True, index_col=False)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputError(f"{path}: no such file; give the CSV that lists your recordings") from None
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a CSV that can be read ({error})") from error
    listed.columns = [column.strip() for column in listed.columns]
    missing = [column for column in NEEDED if column not in listed.columns]
    if missing:
        near = nearest(missing[0], [column for column in listed.columns if column not in NEEDED]).replace("did you mean", "is it")
        raise InputError(f"{path}: no column {', '.join(missing)}{near}; it needs {', '.join(NEEDED)}, then covariates")
    if listed.empty:
        raise InputError(f"{path}: lists no recording; write one row for each")
    return listed.apply(lambda column: column.fillna("").str.strip())


def _same_width(path):
    """Refuse a row with more cells than the first line, which pandas would take as a shift of all columns, and columns without commas."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file, skipinitialspace=True)
        first = next(reader, ())
        columns = len(first)
        for sign, name in (";", "semicolons"), ("\t", "tabs"):
            if columns == 1 and sign in first[0]:
                raise InputError(f"{path}: its columns are separated by {name}; separate them by commas (a spreadsheet program saves such a "
                                 "file as CSV UTF-8, comma delimited), and write numbers with a point")
        for cells in reader:
            if len(cells) > columns:
                raise InputError(f"{path}, line {reader.line_num}: has {len(cells)} cells where the first line has {columns}; "
                                 "quote a text that holds a comma, or take out what is too much")


def _settings(path):
    """What a YAML file of the CSV's name says beside it; {} where there is none."""
    import yaml

    beside = path.with_suffix(".yaml")
    if not beside.is_file():
        return {}
    try:  # every scalar as text: a stage may be written 0, NO or off
        settings = yaml.load(beside.read_text("utf-8-sig"), yaml.BaseLoader) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{beside}: not valid YAML: {' '.join(str(error).split())}") from error
    unknown = set(settings) - set(SETTINGS) if isinstance(settings, dict) else {"no keys"}
    if unknown:
        raise InputError(f"{beside}: {', '.join(sorted(map(str, unknown)))}; it may say {', '.join(SETTINGS)}")
    for name, form, example in (("marker", str, "Event"), ("stages", dict, "{Wake: W, Lights off: ignore}"),
                                ("others", str, IGNORE), ("scoring", dict, "{stage: stage_hum, seconds: 20}"),
                                ("reference", dict, "{medication: placebo}")):
        if not isinstance(settings.get(name, form()), form):
            raise InputError(f"{beside}: {name} must be written like {name}: {example}")
    return settings


def _modalities(modalities, path):
    if not isinstance(modalities, dict):
        raise InputError(f"{path}: modalities must map each modality to its channels, e.g. EEG: [C4-M1]")
    chosen = {str(name): tuple([channels] if isinstance(channels, str) else map(str, channels))
              for name, channels in modalities.items()}
    listed = [channel for channels in chosen.values() for channel in channels]
    if not all(chosen.values()) or len(set(listed)) < len(listed):
        raise InputError(f"{path}: each modality needs a channel, and no channel may stand twice: {chosen}")
    return chosen


def _stages(stages, path):
    """The user's text in lower case → what it means."""
    meaning = {name.lower(): name for name in MEANINGS}
    for text, means in stages.items():
        if str(means).lower() not in meaning:
            raise InputError(f"{path.with_suffix('.yaml')}: stages: '{text}' may mean {', '.join(MEANINGS)}, not '{means}'")
    return {folded(text): meaning[means.lower()] for text, means in stages.items()}


def _scoring(settings, beside):
    """The settings of `SCORING`, and what `others` mean, checked."""
    scoring = dict(settings.get("scoring", {}))
    if unknown := set(scoring) - set(SCORING):
        raise InputError(f"{beside}: scoring: {', '.join(sorted(unknown))}; it may say {', '.join(SCORING)}")
    for name, value in scoring.items():
        if not isinstance(value, SCORING[name]) or not value:
            raise InputError(f"{beside}: scoring: {name} must be written like scoring: {{stage: stage_hum, onset: start, "
                             "duration: length, rows: {scorer: A}, seconds: 20}")
    if "seconds" in scoring:
        try:
            scoring["seconds"] = float(scoring["seconds"])
        except ValueError:
            scoring["seconds"] = 0.0
        if not 0 < scoring["seconds"] <= LONGEST_LINE_S:
            raise InputError(f"{beside}: scoring: seconds is {settings['scoring']['seconds']}; give the seconds of a line, more than "
                             f"0 and at most {LONGEST_LINE_S}")
    if scoring.get("times", "clock") not in ("clock", "elapsed"):
        raise InputError(f"{beside}: scoring: times is {scoring['times']}; it may be clock or elapsed")
    if "others" in settings:
        if folded(settings["others"]) not in OTHERS:
            raise InputError(f"{beside}: others is {settings['others']}; it may be {' or '.join(OTHERS)}")
        scoring["others"] = folded(settings["others"])
    return scoring


def _empty(path, listed, unscored):
    for column in NEEDED:
        for line, value in _lines(listed[column]):
            if value == "" and column == "hypnogram" and not unscored:
                yield line, (f"{path}, line {line}: hypnogram is empty; nights without scoring need folds trained before, "
                             "given by --folds DIR")
            elif value == "" and column != "hypnogram":
                yield line, f"{path}, line {line}: {column} is empty; fill it in or take the row out"


def _missing(path, listed):
    """Faults of files that are not there; the paths are made absolute."""
    for kind in ("psg", "hypnogram"):
        files = [value and str((path.parent / value).resolve()) for value in listed[kind]]
        for (line, value), file in zip(_lines(listed[kind]), files):
            if value and not Path(file).is_file():
                yield line, (f"{path}, line {line}: {kind} {value} is not there; paths are relative to the CSV's folder")
        listed[kind] = files


def _names(path, listed, unscored):
    """Faults of recordings' names, which name files and folders on any system, and of the number of subjects."""
    seen = {}
    for line, name in _lines(listed["recording"]):
        shown = name if name.isprintable() else repr(name)
        before, same = seen.setdefault(name.casefold(), (line, name))
        if name and before != line:
            yield line, (f"{path}, line {line}: recording {shown} stands in line {before} already"
                         f"{'' if same == name else f' as {same}, and some systems do not tell capitals apart'}; give each "
                         "recording a name of its own")
        if name.startswith(".") or "/" in name or "\\" in name:
            yield line, (f"{path}, line {line}: recording {shown} names a folder of results, so it may not begin with a dot "
                         "or hold a slash")
        if not name.isprintable():
            yield line, (f"{path}, line {line}: recording {shown} holds a character that cannot be printed; write its name in "
                         "letters, digits, - and _")
        if len(name) > LONGEST_NAME:
            yield line, (f"{path}, line {line}: recording {shown} has a name of {len(name)} characters; give it one of at most "
                         f"{LONGEST_NAME}")
    if listed["subject"].nunique() < 2 and not unscored:
        yield None, f"{path}: all recordings are of one subject; folds need several"


def _infinite(path, listed, names):
    """Faults of cells that a program would take for an infinite number."""
    for name in names:
        for line, value in _lines(listed[name]):
            if is_infinite(value):
                yield line, (f"{path}, line {line}: {name} is {value}, which is no number to compare people by; write the "
                             "number, or leave the cell empty where none is known")


def _uninformative(listed, names):
    """(covariate, sentence) for those that say nothing of anyone, alone or where every other covariate is known."""
    alone = False
    for name in names:
        known = listed[name].dropna()
        if known.nunique() < 2:
            alone = True
            yield name, (f"{name} has one level ({known.iloc[0]}) in all rows, so nothing can be said of it; take the column "
                         "out" if len(known) else f"{name} is empty in all rows; take the column out")
    together = listed[complete(listed, names)]
    for name in names if not alone else ():
        if together[name].nunique() < 2:
            yield name, (f"{name} has one level at most in the {len(together)} rows in which every covariate is known, so "
                         "nothing can be said of it; fill in what is empty or take a column out")


def _unfit(reference, listed, names):
    """Sentences on reference levels that are none."""
    together = listed[complete(listed, names)]
    for name, level in reference.items():
        if name not in listed:
            yield f"{name} is no column of the CSV"
        elif name in names and is_number(listed[name]):
            yield f"{name} is a number, which has no levels"
        elif name in names and level not in levels(together[name]):
            yield f"{name} is never '{level}' where every covariate is known; it is {', '.join(levels(together[name]))}"
