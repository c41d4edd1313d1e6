"""Frequency bands: they divide 0 to 50 Hz and each modality's share, on signals whose frequencies are known."""

from types import SimpleNamespace

import numpy
import pandas
import pytest

from helpers.constants import KEYS, STAGES
from helpers.errors import InputError
from helpers.model import networks
from helpers.relevance import bands
from helpers.relevance.bands import band_fold, starts, with_frequencies
from helpers.relevance.frequencies import hertz
from helpers.relevance.shares import explain_fold

BANDS = {"delta": 4, "theta": 8, "alpha": 12, "sigma": 16, "beta": 25, "gamma": 50}
MODALITIES = {"EEG": [0, 1], "EOG": [2]}
RULES = ["eps=0.01", "alpha1beta0"]


def sine(hz, phase=.5):
    return numpy.sin(2 * numpy.pi * hz * numpy.arange(3000) / 100 + phase)


def nights(x):
    """What `band_fold` asks of epochs, in memory."""
    return SimpleNamespace(modalities=MODALITIES, context=0, middle=slice(None), signals=lambda rows: x[rows], rows=lambda tested: tested["epoch"].to_numpy())


def predictions(true, predicted):
    return pandas.DataFrame({"fold": 1, "recording": "n", "subject": "s", "epoch": numpy.arange(len(true)), "true": true,
                             "predicted": predicted})


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("bands") / "weights.npz"
    networks.save_weights(networks.build(3, 5, 3000, seed=3), path)
    return path


@pytest.fixture(scope="module")
def explained(weights, uncompiled):
    """(x, its predictions, table and spectra of `band_fold`, shares): noise, sines in EEG, silence, and EOG that is off."""
    random = numpy.random.default_rng(0)
    x = random.normal(size=(7, 3000, 3))
    for epoch, wave in ((2, sine(10)), (3, sine(4)), (4, numpy.ones(3000))):
        x[epoch, :, :2] = wave[:, None] * [1, -.7]
    x[5], x[6, :, 2] = 0, 0
    x, tested = x.astype("float32"), predictions(["N2", "W", "N2", "W", "REM", "REM", "N2"], ["N2", "N2", "N2", "W", "REM", "W", "W"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bands, "BATCH", 2)
        tables, spectra = band_fold(nights(x), tested, weights, None, RULES, BANDS)
        table = pandas.concat([of_rule for _, of_rule in tables], ignore_index=True)
    return x, tested, table, spectra, explain_fold(nights(x), tested, weights, None, RULES, "own")


def wide(table, rule, epoch):
    """(modalities, bands) of one epoch."""
    here = table[(table["rule"] == rule) & (table["epoch"] == epoch)]
    return here.set_index(["modality", "band"])["share"].unstack().loc[list(MODALITIES), list(BANDS)].to_numpy()


@pytest.mark.parametrize("samples", [3000, 80, 81])
def test_every_frequency_is_in_one_band_that_holds_its_lower_edge_and_not_its_upper(samples):
    """0 Hz is in the first band and 50 Hz in the last, which holds both of its edges."""
    frequencies, edges = hertz(samples), [0, *BANDS.values()]
    cuts = [*starts(BANDS.values(), frequencies), len(frequencies)]
    assert cuts[0] == 0
    for number, (low, high) in enumerate(zip(edges, edges[1:])):
        mine = [round(hz, 6) for hz in frequencies[cuts[number]:cuts[number + 1]]]
        assert mine == [round(hz, 6) for hz in frequencies if low <= round(hz, 6) and (round(hz, 6) < high or high == 50)]


def test_edges_that_rounding_moves_stay_in_the_band_that_they_begin():
    """A thirtieth of a Hz is no binary number: every edge that is a frequency begins its own band."""
    edges = [round(step / 30, 12) for step in range(1, 1500)]
    assert starts([*edges, 50], hertz(3000)).tolist() == list(range(1500))


def test_bands_of_a_modality_add_up_to_its_share(explained):
    _, tested, table, _, shares = explained
    assert len(table) == len(tested) * 2 * 2 * 6 and list(table) == [*KEYS, "rule", "modality", "band", "share"]
    keys = [*KEYS, "rule", "modality"]
    both = table.groupby(keys)["share"].sum(min_count=6).rename("added").reset_index().merge(shares, on=keys)
    both = both[both["epoch"] < 5]
    assert len(both) == 5 * 2 * 2 and both["added"].to_numpy() == pytest.approx(both["share"].to_numpy(), abs=1e-5)
    assert table.loc[table["epoch"] < 5, "share"].min() >= 0


def test_a_modality_that_is_off_has_bands_of_0_as_it_has_a_share_of_0(explained):
    _, _, table, _, shares = explained
    of_modality = shares[(shares["epoch"] == 6) & (shares["rule"] == "eps=0.01")].set_index("modality")["share"]
    assert of_modality.to_dict() == pytest.approx({"EEG": 1, "EOG": 0})
    assert wide(table, "eps=0.01", 6).sum(axis=1) == pytest.approx([1, 0], abs=1e-5)


def test_an_epoch_without_relevance_has_no_bands(explained):
    assert explained[2].loc[explained[2]["epoch"] == 5, "share"].isna().all()


@pytest.mark.parametrize("rule", RULES)
def test_a_sine_has_all_of_its_modality_s_share_in_its_band_and_the_mean_in_the_first(explained, rule):
    """10 Hz is alpha; 4 Hz, an edge, is theta; a signal that does not move is delta. EOG is noise in all three."""
    _, _, table, _, shares = explained
    for epoch, place in ((2, 2), (3, 1), (4, 0)):
        found = wide(table, rule, epoch)
        share = shares[(shares["rule"] == rule) & (shares["epoch"] == epoch) & (shares["modality"] == "EEG")]["share"].item()
        assert found[0, place] == pytest.approx(share, abs=1e-5) and share > .05
        assert (found[1] > .01 * found[1].sum()).all()


def test_spectra_are_means_over_epochs_that_were_read_correctly(explained):
    """N2: epoch 0 of noise and epoch 2 with 10 Hz in EEG. Of REM, silence was misread. In W, 4 Hz."""
    x, _, _, spectra, _ = explained
    assert list(spectra) == ["rule", "stage", "modality", "hz", "relevance", "power", "n"]
    assert len(spectra) == 2 * 3 * 2 * 100 and spectra.groupby("stage")["n"].unique().apply(list).to_dict() == {"W": [1], "N2": [2], "REM": [1]}
    for name in ("relevance", "power"):
        sums = spectra[(spectra["stage"] != "REM")].groupby(["rule", "stage", "modality"])[name].sum()
        assert sums.to_numpy() == pytest.approx(1, abs=1e-4)
    eeg = spectra[(spectra["rule"] == "eps=0.01") & (spectra["modality"] == "EEG")].set_index(["stage", "hz"])
    assert eeg.loc[("W", 4.0), ["relevance", "power"]].tolist() == pytest.approx([1, 1], abs=1e-4)
    assert eeg.loc[("N2", 10.0), ["relevance", "power"]].min() > .5 > eeg.loc["N2"].drop(10.0)[["relevance", "power"]].max().max()


def test_power_of_a_step_is_that_of_the_fourier_sum_of_the_signal_without_its_mean(explained):
    """Half-open steps of 0.5 Hz, of EOG of epochs 0 and 2; the last holds 50 Hz too."""
    x, _, _, spectra, _ = explained
    expected = []
    for epoch in (0, 2):
        signal = x[epoch, :, 2].astype("float64")
        power = numpy.abs(numpy.fft.fft(signal - signal.mean())[:1501])**2
        steps = numpy.minimum(numpy.arange(1501) // 15, 99)
        expected.append(numpy.bincount(steps, power) / power.sum())
    found = spectra[(spectra["rule"] == "eps=0.01") & (spectra["stage"] == "N2") & (spectra["modality"] == "EOG")]
    assert found["hz"].tolist() == [step / 2 for step in range(100)]
    assert found["power"].to_numpy() == pytest.approx(numpy.mean(expected, axis=0), rel=1e-3)


@pytest.mark.usefixtures("uncompiled")
def test_nights_that_nobody_scored_have_spectra_of_what_was_predicted(weights):
    x = numpy.random.default_rng(0).normal(size=(3, 3000, 3)).astype("float32")
    told = []
    _, spectra = band_fold(nights(x), predictions([""] * 3, ["N1", "N3", "N1"]), weights, None, ["eps=1"], {"all": 50},
                           lambda *said: told.append(said[:2]))
    assert spectra.groupby("stage")["n"].unique().apply(list).to_dict() == {"N1": [2], "N3": [1]} and told == [(3, 3)]
    wrong = predictions(["W"] * 3, ["N1"] * 3)
    assert band_fold(nights(x), wrong, weights, None, ["eps=1"], {"all": 50})[1].empty
    assert set(STAGES) > set(spectra["stage"])


def test_rules_by_which_frequencies_have_no_relevance_are_told_apart_and_refused_by_name(weights):
    names = ["eps=0.01", "wsquare", "gradient-input", "gamma=0.25", "zb", "alpha1beta0", "shapley", "composite"]
    assert with_frequencies(names) == ["eps=0.01", "gamma=0.25", "alpha1beta0"]
    x = numpy.zeros((1, 3000, 3), "float32")
    with pytest.raises(InputError, match="rule wsquare: .*choose the rules of the bands by -p rules"):
        band_fold(nights(x), predictions(["W"], ["W"]), weights, None, ["eps=0.01", "wsquare"], BANDS)


def test_a_band_without_a_frequency_is_refused_with_the_way_out():
    with pytest.raises(InputError, match="apart, lies below the edge of 4.02 Hz and above the one before it; choose edges further apart"):
        starts([4, 4.01, 4.02, 50], hertz(3000))
