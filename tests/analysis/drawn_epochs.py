"""Epochs of sleepers in whom nothing is there, drawn one by one: traits of subjects and of nights, correlated neighbours."""

from pathlib import Path

import numpy
import pandas
from scipy.signal import lfilter

import helpers
from helpers.analysis.linear_model import NightSums

RECORDINGS = Path(helpers.__file__).parent / "data" / "sleep_telemetry_recordings.csv"
#: Standard deviations of traits of subjects and of nights, of epochs, and the correlation of neighbours.
TRAITS = {"subjects": 0.06, "nights": 0.04, "epochs": 0.12, "correlation": 0.6}


def telemetry(subjects=None):
    """(covariates, period) of the 44 telemetry nights, or of so many subjects of whom three are men."""
    table = pandas.read_csv(RECORDINGS, dtype={"subject": str})
    table["recording"] = table["psg"].str[:6]
    if subjects:
        of_sex = table.drop_duplicates("subject").groupby("sex")["subject"]
        wanted = [*of_sex.get_group("male")[:3], *of_sex.get_group("female")[:subjects - 3]]
        table = table[table["subject"].isin(wanted)]
    columns = ["recording", "subject", "medication", "sex", "age"]
    return (table[columns].astype({"age": float}).reset_index(drop=True),
            dict(zip(table["recording"], table["recording"].str[5].astype(int))))


def unequal(nights, random):
    """Numbers of epochs: lognormal, median 30, σ 1, at least 1."""
    return numpy.maximum(numpy.exp(random.normal(numpy.log(30), 1, nights)).round().astype(int), 1)


def series(numbers, columns, correlation, random):
    """Autoregressive epochs of variance 1 of all nights, one night below the other: (epochs, columns)."""
    longest = max(numbers)
    noise = random.standard_normal((longest, len(numbers), columns))
    noise[1:] *= numpy.sqrt(1 - correlation**2)
    values = lfilter([1], [1, -correlation], noise, axis=0)
    return numpy.concatenate([values[:number, at] for at, number in enumerate(numbers)])


def epochs(numbers, subjects, columns, random, traits=TRAITS):
    """(epochs, columns): each column one cohort. numbers : of each night. subjects : (nights,) names."""
    codes = numpy.unique(subjects, return_inverse=True)[1]
    of_nights = (traits["subjects"] * random.standard_normal((codes.max() + 1, columns)))[codes]
    of_nights += traits["nights"] * random.standard_normal((len(numbers), columns))
    return numpy.repeat(of_nights, numbers, axis=0) + traits["epochs"] * series(numbers, columns, traits["correlation"], random)


def summed(values, numbers):
    """NightSums of epochs, as sums are written by hand."""
    starts = numpy.concatenate([[0], numpy.cumsum(numbers)[:-1]])
    means = numpy.add.reduceat(values, starts) / numbers[:, None]
    squares = ((values - numpy.repeat(means, numbers, axis=0)) ** 2).sum(axis=0)
    return NightSums(numbers.astype(float), means, squares, len(values))


def shares_of(percent, covariates, numbers, rule="eps=0.01", stage="N2", fold=0):
    """Shares of one rule and stage, all epochs read correctly. percent : (epochs, 2), of EEG and of EOG; EMG has the rest."""
    nights = numpy.repeat(numpy.arange(len(numbers)), numbers)
    epoch = numpy.concatenate([numpy.arange(number) for number in numbers])
    three = numpy.column_stack([percent, 100 - percent.sum(axis=1)]) / 100
    return pandas.concat([pandas.DataFrame({
        "fold": fold, "recording": covariates["recording"].to_numpy()[nights], "subject": covariates["subject"].to_numpy()[nights],
        "epoch": epoch, "true": stage, "predicted": stage, "rule": rule, "modality": modality, "share": three[:, at],
        "log_total": 0.0}) for at, modality in enumerate(("EEG", "EOG", "EMG"))], ignore_index=True)
