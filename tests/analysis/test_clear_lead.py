"""Who leads, against an interval worked out by hand."""

import numpy
import pandas
import pytest

from helpers.analysis.clear_lead import clear_lead


def table(**shares):
    """Shares of each modality by unit."""
    return pandas.DataFrame([(unit, name, value) for name, values in shares.items() for unit, value in enumerate(values)],
                            columns=["fold", "modality", "share"])


@pytest.mark.parametrize("last, clear", [(0.14, True), (0.141, False)])
def test_a_lead_is_clear_where_the_interval_of_its_difference_excludes_zero(last, clear):
    """Differences of EEG less EOG: 0.1, 0.1 + d, 0.1 − d with SD d; half width t(2) d / √3 = 4.303 d / √3 = 2.484 d, so that 0.1 / 2.484 = 0.0403 is the bound."""
    spread = last - 0.1
    eog = numpy.array([0.3, 0.3, 0.3])
    found = clear_lead(table(EMG=[0.01] * 3, EOG=eog, EEG=eog + [0.1, 0.1 + spread, 0.1 - spread]))
    assert found == ("EEG", clear)


def test_a_lead_is_over_every_other_modality():
    """EEG leads EMG in every fold by the same, EOG only as a mean."""
    assert clear_lead(table(EEG=[0.5, 0.5, 0.5], EOG=[0.1, 0.45, 0.55], EMG=[0.1, 0.1, 0.1])) == ("EEG", False)


def test_the_first_is_that_of_the_figures_the_largest_median():
    assert clear_lead(table(EEG=[0.6, 0.6, 0.1], EOG=[0.3, 0.3, 1.0])) == ("EEG", False), "EOG has the larger mean"


def test_units_without_a_share_are_left_out_and_one_alone_proves_nothing():
    assert clear_lead(table(EEG=[0.6, numpy.nan, 0.62], EOG=[0.3, 0.9, 0.3])) == ("EEG", True)
    assert clear_lead(table(EEG=[0.6], EOG=[0.3])) == ("EEG", False)
    assert clear_lead(table(EEG=[numpy.nan], EOG=[0.3])) is None


def test_subjects_can_be_the_units():
    assert clear_lead(table(EEG=[0.6, 0.7], EOG=[0.3, 0.4]).rename(columns={"fold": "subject"}), "subject") == ("EEG", True)
