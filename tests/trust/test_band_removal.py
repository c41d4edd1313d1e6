"""Bands exchanged between epochs, on sines whose sum is known, and on a network asked by hand."""

import numpy
import pandas
import pytest
from scipy import stats
from small_cohort import epochs_in, write_night
from uncompiled import uncompiled

from helpers.constants import KEYS, STAGES
from helpers.model import networks
from helpers.model.predict import predict_fold
from helpers.relevance.replacement import Substitutes
from helpers.trust.band_removal import agreement, exchanged, remove_bands
from helpers.trust.sample import sample

BANDS = {"delta": 4, "theta": 8, "alpha": 12, "beta": 25, "gamma": 50}


def waves(**sizes):
    """One epoch (1, 3000, 1) of cosines, from sizes by frequency, such as h4=2 for 2 cos at 4 Hz."""
    seconds = numpy.arange(3000) / 100
    return sum(size * numpy.cos(2 * numpy.pi * float(hz[1:]) * seconds) for hz, size in sizes.items())[None, :, None]


@pytest.fixture(scope="module", autouse=True)
def quick():
    with uncompiled():
        yield


@pytest.mark.parametrize("band, taken", [("delta", dict(h0=7, h2=8)), ("theta", dict(h4=9)), ("alpha", dict(h8=10, h10=11)), ("beta", {}),
                                         ("gamma", dict(h25=12, h50=13))])
def test_a_band_takes_its_sines_from_the_other_epoch_its_lower_edge_and_not_its_upper(band, taken):
    """The mean belongs to the first band and half the sampling rate to the last."""
    own, other = dict(h0=1, h2=2, h4=3, h8=4, h10=5, h25=6, h50=1), dict(h0=7, h2=8, h4=9, h8=10, h10=11, h25=12, h50=13)
    found = dict(zip(BANDS, exchanged(waves(**own), waves(**other), BANDS)))
    assert list(found) == list(BANDS)
    numpy.testing.assert_allclose(found[band], waves(**own | taken), atol=1e-4)


def test_what_all_bands_exchange_together_is_the_whole_difference():
    x, other = numpy.random.default_rng(0).normal(size=(2, 4, 3000, 2))
    found = list(exchanged(x, other, BANDS))
    numpy.testing.assert_allclose(sum(band - x for band in found), other - x, atol=1e-5)
    energies = [((band - x)**2).sum() for band in found]
    assert sum(energies) == pytest.approx(((other - x)**2).sum(), rel=1e-5), "bands share no frequency"
    assert numpy.array(energies) / sum(energies) == pytest.approx(numpy.diff([0, *BANDS.values()]) / 50, rel=.1)
    assert {band.dtype for band in found} == {numpy.dtype("float32")}


def test_logits_lose_what_a_network_asked_by_hand_loses(tmp_path):
    """Keep a band of the epoch, or take it from the other, by the Fourier transform of the difference of both."""
    from keras import Model

    bands, random = {"low": 10, "high": 50}, numpy.random.default_rng(0)
    write_night(tmp_path / "epochs", "n1", "s1", random.choice(STAGES, 10), 1, samples=3000)
    epochs, model = epochs_in(tmp_path / "epochs"), networks.build(3, 5, 3000, seed=3)
    *below, kernel, bias = model.get_weights()
    model.set_weights([*below, 50 * kernel, bias])
    networks.save_weights(model, tmp_path / "weights.npz")
    predictions, told = predict_fold(epochs, tmp_path / "weights.npz", 1), []
    found = remove_bands(epochs, predictions, tmp_path / "weights.npz", bands, 1, 4, lambda *said: told.append(said[:2]))
    tested = sample(predictions, 1, 4)
    n = len(tested)
    assert len(found) == n * 3 * 2 and told == [(n, n)]
    x, other = epochs.signals(epochs.rows(tested)), Substitutes(epochs, tested, 4).another(numpy.arange(n), 0)
    before, stage = Model(model.input, model.layers[-1].input), tested["predicted"].map(STAGES.index).to_numpy()

    def logits(signals):
        return (numpy.asarray(before(signals), "float64") @ (50 * kernel) + bias)[numpy.arange(n), stage]

    spectrum, hertz = numpy.fft.fft(other.astype("float64") - x, axis=1), numpy.abs(numpy.fft.fftfreq(3000, .01))
    for channel, modality in enumerate(("EEG", "EOG", "EMG")):
        for band, chosen in (("low", hertz < 9.99), ("high", hertz > 9.99)):
            changed = x.copy()
            changed[:, :, channel] += numpy.fft.ifft(spectrum[:, :, channel] * chosen, axis=1).real
            mine = found[(found["modality"] == modality) & (found["band"] == band)]
            assert mine[list(KEYS)].values.tolist() == tested[list(KEYS)].values.tolist()
            assert mine["lost"].to_numpy() == pytest.approx(logits(x) - logits(changed), abs=1e-3)
    assert found["lost"].abs().max() > .02


def tables(n=30, seed=2):
    """(what bands lose, shares of bands) of one modality by two rules: one that knows the loss, and one that knows nothing."""
    random, removed, shares = numpy.random.default_rng(seed), [], []
    for epoch in range(n):
        for band in BANDS:
            key, lost = (1, "n", "s", epoch, "N2" if epoch % 3 else "", "N2"), random.normal()
            removed.append((*key, "EEG", band, lost))
            shares += [(*key, "knows", "EEG", band, lost**2), (*key, "guesses", "EEG", band, random.uniform())]
    return (pandas.DataFrame(removed, columns=[*KEYS, "modality", "band", "lost"]),
            pandas.DataFrame(shares, columns=[*KEYS, "rule", "modality", "band", "share"]))


def test_shares_of_bands_are_held_against_the_size_of_what_is_lost():
    removed, shares = tables()
    mixed = shares.sample(frac=1, random_state=0).astype({"rule": "category", "band": "category"})
    found = agreement(removed, mixed).set_index(["rule", "stage"])
    assert sorted(found.index) == [("guesses", "N2"), ("guesses", "all"), ("knows", "N2"), ("knows", "all")], "no stage that nobody scored"
    assert found.loc[("knows", "all"), "correlation"] == pytest.approx(1) and found["n"].to_dict()[("knows", "N2")] == 20
    guessed = shares[shares["rule"] == "guesses"]["share"].to_numpy()
    for stage, chosen in (("all", removed["true"] != "?"), ("N2", removed["true"] == "N2")):
        expected = stats.spearmanr(guessed[chosen], removed.loc[chosen, "lost"].abs()).statistic
        assert found.loc[("guesses", stage), "correlation"] == pytest.approx(expected) and abs(expected) < .3


def test_bands_without_a_share_and_epochs_that_were_not_exchanged_are_left_out():
    removed, shares = tables()
    shares.loc[(shares["rule"] == "guesses") & (shares["epoch"] < 10), "share"] = numpy.nan
    found = agreement(removed[removed["epoch"] < 25], shares).set_index(["rule", "stage"])["n"]
    assert (found["knows", "all"], found["guesses", "all"]) == (25, 15)
