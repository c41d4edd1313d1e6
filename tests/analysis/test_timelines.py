"""A window of a night: its slots, its gaps, its clock."""

import numpy
import pandas
import pytest

from helpers.analysis.timelines import timeline
from helpers.errors import InputError

RATE, SLOTS, DROPPED = 100, 20, (5, 6)


class _Night:
    """Stands for Epochs: one recording that starts before midnight and drops two slots."""

    modalities = {"EEG": [0], "EMG": [1]}

    def __init__(self):
        scored = [slot for slot in range(SLOTS) if slot not in DROPPED]
        self.table = pandas.DataFrame({"recording": "a", "subject": "s", "epoch": scored,
                                       "onset_s": [10 + 30.0 * slot for slot in scored], "stage": "N2"})
        self.ledger = pandas.DataFrame({"recording": "a", "epoch": range(SLOTS),
                                        "onset_s": [10 + 30.0 * slot for slot in range(SLOTS)],
                                        "kept": [slot not in DROPPED for slot in range(SLOTS)],
                                        "reason": ["movement" if slot in DROPPED else "" for slot in range(SLOTS)]})

    def info(self, recording):
        return {"start": "1994-07-01T23:58:00", "duration_s": 10 + 30 * SLOTS, "rate": RATE,
                "channels": [{"name": "C3", "unit": "µV"}, {"name": "Chin", "unit": "µV"}]}

    def microvolts(self, rows):
        epochs = self.table.loc[rows, "epoch"].to_numpy()
        return numpy.tile(epochs[:, None, None].astype("float32"), (1, 30 * RATE, 2))


@pytest.fixture
def night():
    epochs = _Night()
    predictions = epochs.table.rename(columns={"stage": "true"}).assign(fold=1, predicted="N3", p_N2=0.4, p_N3=0.6)
    shares = pandas.concat([epochs.table.assign(fold=1, rule="eps=1", modality=name, share=share)
                            for name, share in (("EEG", 0.7), ("EMG", 0.3))])
    return epochs, predictions, shares


def test_signals_stand_where_their_epochs_are_and_gaps_stay_empty(night):
    window = timeline(*night, "a", 1, "eps=1", minutes=4)
    assert (window.start_s, window.stop_s) == (10, 250) and window.microvolts.shape == (240 * RATE, 2)
    by_slot = window.microvolts[:, 0].reshape(8, -1)
    assert numpy.isnan(by_slot[[5, 6]]).all()
    assert [set(values) for values in by_slot[[0, 4, 7]]] == [{0.0}, {4.0}, {7.0}]


def test_the_table_has_every_slot_with_its_reason(night):
    table = timeline(*night, "a", 1, "eps=1").table
    assert table["epoch"].tolist() == list(range(SLOTS))
    assert table.loc[~table["kept"], "reason"].tolist() == ["movement"] * 2
    assert table.loc[~table["kept"], ["EEG", "EMG", "p_N2"]].isna().all(axis=None)
    assert (table.loc[table["kept"], "EEG"] == 0.7).all() and set(table["predicted"]) == {"N3", ""}


def test_a_window_may_begin_anywhere_and_is_cut_to_the_recording(night):
    window = timeline(*night, "a", 1, "eps=1", start_s=400, minutes=60)
    assert window.table["epoch"].tolist() == list(range(13, SLOTS)) and window.stop_s == 10 + 30 * SLOTS


@pytest.mark.parametrize("recording, fold, rule, start_s, named", [
    ("b", 1, "eps=1", None, "recording b"), ("a", 2, "eps=1", None, "fold 2"), ("a", 1, "eps=2", None, "rule eps=2"),
    ("a", 1, "eps=1", 99999, "start_s = 99999")])
def test_what_is_not_there_is_named(recording, fold, rule, start_s, named, night):
    with pytest.raises(InputError, match=named):
        timeline(*night, recording, fold, rule, start_s)
