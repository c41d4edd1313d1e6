"""One's own nights as they are listed: a CSV and the YAML file beside it come in, a `Cohort` and all that is wrong with
them go out.
"""

from __future__ import annotations

from pathlib import Path

import pandas

from ..errors import InputError
from .cohort import NEEDED, TELEMETRY_MODALITIES, Cohort
from .covariates import complete, is_number, levels, parsed
from .stage_texts import MEANINGS

SETTINGS = ("modalities", "marker", "stages", "reference")


def read_listing(path, modalities=None, unscored=False):
    """A cohort and its faults; see `Cohort.from_csv`, which raises the first of them.

    Returns
    -------
    (Cohort, list of (line of the CSV, or None where no single one is at fault, sentence)).

    Raises
    ------
    InputError
        Where nothing more can be said: no CSV, a column that is missing, a YAML file that cannot be read.
    """
    path = Path(path)
    listed, settings = _read(path), _settings(path)
    chosen = _modalities(modalities or settings.get("modalities") or TELEMETRY_MODALITIES, path)
    stages, beside = _stages(settings.get("stages", {}), path), path.with_suffix(".yaml")
    faults = [*_empty(path, listed, unscored), *_missing(path, listed), *_names(path, listed, unscored)]
    names = [column for column in listed.columns if column not in NEEDED]
    for name in names:
        listed[name] = parsed(listed[name])
    wrong = dict(_uninformative(listed, names))
    if unscored:
        names = [name for name in names if name not in wrong]
    else:
        faults += [(None, f"{path}: covariate {text}") for text in wrong.values()]
    reference = {str(name): str(level) for name, level in settings.get("reference", {}).items()}
    faults += [(None, f"{beside}: reference: {text}") for text in _unfit(reference, listed, names)]
    cohort = Cohort(path.stem, listed[[*NEEDED, *names]], chosen, tuple(names), settings.get("marker") or None, False, stages,
                    {name: level for name, level in reference.items() if name in names})
    return cohort, faults


def _lines(column):
    """(line of the file, value) of each row; the header is line 1."""
    return [(index + 2, value) for index, value in enumerate(column)]


def _read(path):
    try:
        listed = pandas.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give the CSV that lists your recordings") from None
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a CSV that can be read ({error})") from error
    listed.columns = [column.strip() for column in listed.columns]
    missing = [column for column in NEEDED if column not in listed.columns]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; it needs {', '.join(NEEDED)}, then covariates")
    if listed.empty:
        raise InputError(f"{path}: lists no recording; write one row for each")
    return listed.apply(lambda column: column.fillna("").str.strip())


def _settings(path):
    """What a YAML file of the CSV's name says beside it; {} where there is none."""
    import yaml

    beside = path.with_suffix(".yaml")
    if not beside.is_file():
        return {}
    try:  # every scalar as text: a stage may be written 0, NO or off
        settings = yaml.load(beside.read_text(), yaml.BaseLoader) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{beside}: not valid YAML: {' '.join(str(error).split())}") from error
    unknown = set(settings) - set(SETTINGS) if isinstance(settings, dict) else {"no keys"}
    if unknown:
        raise InputError(f"{beside}: {', '.join(sorted(map(str, unknown)))}; it may say {', '.join(SETTINGS)}")
    for name, form, example in (("marker", str, "Event"), ("stages", dict, "{Wake: W, Lights off: ignore}"),
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
    """Text of one's own in lower case → what it means."""
    meaning = {name.lower(): name for name in MEANINGS}
    for text, means in stages.items():
        if str(means).lower() not in meaning:
            raise InputError(f"{path.with_suffix('.yaml')}: stages: '{text}' may mean {', '.join(MEANINGS)}, not '{means}'")
    return {text.strip().lower(): meaning[means.lower()] for text, means in stages.items()}


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
    seen = {}
    for line, name in _lines(listed["recording"]):
        if name and name in seen:
            yield line, (f"{path}, line {line}: recording {name} stands in line {seen[name]} already; give each recording a "
                         "name of its own")
        if name.startswith(".") or "/" in name or "\\" in name:
            yield line, (f"{path}, line {line}: recording {name} names a folder of results, so it may not begin with a dot "
                         "or hold a slash")
        seen.setdefault(name, line)
    if listed["subject"].nunique() < 2 and not unscored:
        yield None, f"{path}: all recordings are of one subject; folds need several"


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
