"""Whose recordings, where they lie and what is known of the sleepers: the three ways into the study, one table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas

from ..errors import InputError

TELEMETRY_MODALITIES = {"EEG": ("EEG Fpz-Cz",), "EOG": ("EOG horizontal",), "EMG": ("EMG submental",)}
TELEMETRY_COVARIATES = ("medication", "sex", "age")
NEEDED = ("recording", "subject", "psg", "hypnogram")


@dataclass(frozen=True)
class Cohort:
    """The recordings of a study.

    Attributes
    ----------
    name : "telemetry", "simulated" or the CSV's stem.
    table : one row per recording: recording, subject, psg, hypnogram (absolute paths), then the covariates.
    modalities : modality → names of its channels, in the order in which channels enter the network.
    covariates : columns of `table`; numeric ones are floats, the others text.
    marker : channel whose negative level means telemetry error, or None.
    simulated : True for simulated nights.
    """

    name: str
    table: pandas.DataFrame
    modalities: dict[str, tuple[str, ...]]
    covariates: tuple[str, ...]
    marker: str | None
    simulated: bool

    @classmethod
    def telemetry(cls, folder):
        """The 44 Sleep-EDF telemetry nights in `folder`, as `telemetry.fetch` leaves them there."""
        from .telemetry import recordings

        return cls._of_telemetry_shape("telemetry", recordings(), folder, simulated=False)

    @classmethod
    def simulated(cls, folder):
        """The nights that `simulate` wrote into `folder`."""
        path = Path(folder) / "recordings.csv"
        if not path.is_file():
            raise InputError(f"{path}: missing, so this is no folder of simulated nights; make one with "
                             "python -m helpers simulate --data DIR")
        return cls._of_telemetry_shape("simulated", pandas.read_csv(path), folder, simulated=True)

    @classmethod
    def _of_telemetry_shape(cls, name, listed, folder, simulated):
        folder = Path(folder).resolve()
        table = pandas.DataFrame({
            "recording": listed["psg"].str[:6],
            "subject": listed["subject"].map("{:02d}".format),
            **{kind: [str(folder / file) for file in listed[kind]] for kind in ("psg", "hypnogram")},
            "medication": listed["medication"], "sex": listed["sex"], "age": listed["age"].astype(float)})
        return cls(name, table, TELEMETRY_MODALITIES, TELEMETRY_COVARIATES, "Marker", simulated)

    @classmethod
    def from_csv(cls, path, modalities=None):
        """One's own nights, listed in a CSV.

        Parameters
        ----------
        path : CSV with the columns recording, subject, psg, hypnogram (paths relative to the CSV); every further
            column is a covariate: numbers are taken as numbers, anything else as a category.
        modalities : modality → channel names, e.g. {"EEG": ["C4-M1"], "EOG": ["E1-M2"], "EMG": ["Chin"]}. Default:
            the entry `modalities` of a YAML file of the CSV's name beside it (mine.csv, mine.yaml), which may also
            name a `marker` channel whose negative level means telemetry error; without one, the telemetry channels.

        Raises
        ------
        InputError
            Naming the row and value: a column or file that is missing, a recording listed twice, an empty cell, a
            covariate with one level, fewer than two subjects.
        """
        path = Path(path)
        listed = _read(path)
        settings = _settings(path)
        chosen = _modalities(modalities or settings.get("modalities") or TELEMETRY_MODALITIES, path)
        for kind in ("psg", "hypnogram"):
            listed[kind] = [_file(path, line, kind, value) for line, value in _lines(listed[kind])]
        _names(path, listed)
        covariates = tuple(column for column in listed.columns if column not in NEEDED)
        for column in covariates:
            listed[column] = _covariate(path, listed[column])
        return cls(path.stem, listed[[*NEEDED, *covariates]], chosen, covariates, settings.get("marker"), False)


def single_nights(table):
    """Subjects of whom there is one recording where there are several of others, in order."""
    nights = table["subject"].value_counts()
    return sorted(nights.index[nights == 1]) if (nights > 1).any() else []


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
    for column in listed.columns:
        listed[column] = listed[column].str.strip()
        for line, value in _lines(listed[column]):
            if value == "":
                raise InputError(f"{path}, line {line}: {column} is empty; fill it in or take the row out")
    return listed


def _settings(path):
    """What a YAML file of the CSV's name says beside it; {} where there is none."""
    import yaml

    beside = path.with_suffix(".yaml")
    if not beside.is_file():
        return {}
    try:
        settings = yaml.safe_load(beside.read_text()) or {}
    except yaml.YAMLError as error:
        raise InputError(f"{beside}: not valid YAML: {' '.join(str(error).split())}") from error
    unknown = set(settings) - {"modalities", "marker"} if isinstance(settings, dict) else {"no keys"}
    if unknown:
        raise InputError(f"{beside}: {', '.join(sorted(map(str, unknown)))}; it may say modalities and marker")
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


def _file(path, line, kind, value):
    file = (path.parent / value).resolve()
    if not file.is_file():
        raise InputError(f"{path}, line {line}: {kind} {value} is not there; paths are relative to the CSV's folder")
    return str(file)


def _names(path, listed):
    seen = {}
    for line, name in _lines(listed["recording"]):
        if name in seen:
            raise InputError(f"{path}, line {line}: recording {name} stands in line {seen[name]} already; "
                             "give each recording a name of its own")
        if name.startswith(".") or "/" in name or "\\" in name:
            raise InputError(f"{path}, line {line}: recording {name} names a folder of results, so it may not begin "
                             "with a dot or hold a slash")
        seen[name] = line
    if listed["subject"].nunique() < 2:
        raise InputError(f"{path}: all recordings are of one subject; folds need several")


def _covariate(path, column):
    if column.nunique() < 2:
        raise InputError(f"{path}: covariate {column.name} has one level ({column.iloc[0]}) in all rows, so nothing "
                         "can be said of it; take the column out")
    numbers = pandas.to_numeric(column, errors="coerce")
    return column if numbers.isna().any() else numbers.astype(float)
