"""Whose recordings, where they lie and what is known of the sleepers: three ways into the study give a table of one form."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas

from ..errors import InputError
from .listing import read_listing
from .telemetry import recordings

TELEMETRY_MODALITIES = {"EEG": ("EEG Fpz-Cz",), "EOG": ("EOG horizontal",), "EMG": ("EMG submental",)}
TELEMETRY_COVARIATES = ("medication", "sex", "age")


@dataclass(frozen=True)
class Cohort:
    """The recordings of a study.

    Attributes
    ----------
    name : "telemetry", "simulated" or the CSV's stem.
    table : a row per recording: recording, subject, psg, hypnogram (absolute paths; "" for a night that nobody
        scored), then the covariates.
    modalities : modality → names of its channels, in the order in which channels enter the network.
    covariates : columns of `table`; numeric ones are floats, the others text; NaN where not known.
    marker : channel whose negative level means telemetry error, or None.
    simulated : True for simulated nights.
    stages : the user's stage text as `spelling.folded` → what it means, see `stage_texts.MEANINGS`.
    scoring : how scoring files are to be read, see `listing.SCORING`.
    reference : covariate → the level that its others are held against, where it is not the first in the alphabet.
    period : recording → which of the subject's nights it is, where a column says so; else the dates of the recordings do.
    """

    name: str
    table: pandas.DataFrame
    modalities: dict[str, tuple[str, ...]]
    covariates: tuple[str, ...]
    marker: str | None
    simulated: bool
    stages: dict[str, str] = field(default_factory=dict)
    scoring: dict = field(default_factory=dict)
    reference: dict[str, str] = field(default_factory=dict)
    period: dict[str, float] | None = None

    @property
    def scored(self):
        """Whether every recording has a hypnogram."""
        return bool((self.table["hypnogram"] != "").all())

    @property
    def covariate_table(self):
        """Covariates of each recording: recording, subject, then the covariates."""
        return self.table[["recording", "subject", *self.covariates]]

    @classmethod
    def telemetry(cls, folder):
        """The 44 Sleep-EDF telemetry nights in `folder`, as `telemetry.fetch` leaves them there."""
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
    def from_csv(cls, path, modalities=None, unscored=False):
        """The user's nights, listed in a CSV.

        Parameters
        ----------
        path : CSV with the columns recording, subject, psg, hypnogram (paths relative to the CSV); every further
            column is a covariate: numbers are taken as numbers, anything else as a category; a cell that is empty,
            n/a, NA or NaN is not known. A YAML file of the CSV's name beside it (mine.csv, mine.yaml) may have
            `modalities`; `marker`, the channel whose negative level means telemetry error; `stages`, which maps
            the user's stage texts to `stage_texts.MEANINGS`; `others`, what all other texts mean; `scoring`, which says how
            scoring files are to be read (`listing.SCORING`); and `reference`, which maps a category to the level that
            its others are held against.
        modalities : modality → channel names or derivations, e.g. {"EEG": ["C4-M1"], "EOG": ["E1-M2"], "EMG":
            ["Chin"]}. Default: those of the YAML file, or else the telemetry channels.
        unscored : allow nights without a hypnogram (an empty cell), a single subject, and covariates with a single level,
            which leave: for folds trained before.

        Raises
        ------
        InputError
            Naming the row and value: a column or file that is missing, a recording listed twice, an empty cell that
            is no covariate's, a covariate with a single level, fewer than two subjects.
        """
        cohort, faults = cls.with_faults(path, modalities, unscored)
        if faults:
            others = f" ({len(faults) - 1} more: python -m helpers check {path} names all)" if len(faults) > 1 else ""
            raise InputError(faults[0][1] + others)
        return cohort

    @classmethod
    def with_faults(cls, path, modalities=None, unscored=False):
        """The same cohort and all its faults: (Cohort, list of (line of the CSV or None, sentence)), see
        `listing.read_listing`. An InputError is raised only where nothing more can be said."""
        attributes, faults = read_listing(path, TELEMETRY_MODALITIES, modalities, unscored)
        return cls(**attributes), faults


def single_nights(table):
    """Subjects with a single recording where there are several of others, in order."""
    nights = table["subject"].value_counts()
    return sorted(nights.index[nights == 1]) if (nights > 1).any() else []
