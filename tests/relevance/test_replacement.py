"""What stands in for a modality: what it leaves alone, what it keeps of the night, and that it is the same when asked again."""

import numpy
import pandas
import pytest
import scipy.signal

from helpers.relevance.replacement import EXCHANGE, NOISE, ZEROS, LineNoise, Substitutes, mean_amplitudes, permuted, spectral_noise

MODALITIES = {"EEG": [0, 2], "EOG": [1]}


class Nights:
    """Two nights of each of two sleepers, 30 epochs of 3 channels; the second channel is slow, and louder in the second night, the third is
    louder than the first, of the same modality."""

    modalities = MODALITIES

    def __init__(self):
        random = numpy.random.default_rng(4)
        self.x = random.normal(size=(120, 3000, 3)).astype("float32")
        self.x[:, :, 1] = scipy.signal.lfilter([1], [1, -0.95], self.x[:, :, 1], axis=1) / 3
        self.x[30:60, :, 1] *= 2
        self.x[:, :, 2] *= 3
        self.table = pandas.DataFrame({"recording": numpy.repeat(["a1", "a2", "b1", "b2"], 30), "epoch": numpy.tile(range(30), 4),
                                       "subject": numpy.repeat(["a", "b"], 60)})

    def rows(self, wanted):
        return pandas.MultiIndex.from_frame(self.table[["recording", "epoch"]]).get_indexer(
            pandas.MultiIndex.from_frame(wanted[["recording", "epoch"]]))

    def signals(self, rows):
        return self.x[numpy.asarray(rows, int)].copy()


@pytest.fixture(scope="module")
def nights():
    return Nights()


@pytest.fixture(scope="module")
def tested(nights):
    return nights.table[nights.table["epoch"] % 3 > 0].assign(fold=2).reset_index(drop=True)


@pytest.fixture(scope="module")
def substitutes(nights, tested):
    return Substitutes(nights, tested, 7)


@pytest.mark.parametrize("replacement", [ZEROS, EXCHANGE, NOISE, LineNoise()])
def test_the_other_modalities_stay_as_they_are_and_the_same_is_given_again(replacement, nights, tested, substitutes):
    numbers = numpy.arange(len(tested))
    intact, without = substitutes.intact(numbers), substitutes.without("EEG", replacement, numbers)
    numpy.testing.assert_array_equal(without[:, :, 1], intact[:, :, 1])
    assert all((without[:, :, channel] != intact[:, :, channel]).any(axis=1).mean() > .9 for channel in (0, 2))
    again = Substitutes(nights, tested, 7).without("EEG", replacement, numbers[[50, 3]])
    numpy.testing.assert_array_equal(again, without[[50, 3]])
    other = Substitutes(nights, tested, 8).without("EEG", replacement, numbers)
    assert (other == without).all() == (replacement == ZEROS)
    assert (substitutes.intact(numbers) == intact).all()


def test_zeros_and_exchange(nights, tested, substitutes):
    numbers = numpy.arange(len(tested))
    assert not substitutes.without("EOG", ZEROS, numbers)[:, :, 1].any()
    exchanged = substitutes.without("EOG", EXCHANGE, numbers)[:, :, 1]
    of_tested = nights.signals(nights.rows(tested))[:, :, 1]
    origin = [numpy.flatnonzero((of_tested == epoch).all(axis=1)).item() for epoch in exchanged]
    assert sorted(origin) == list(numbers)  # each is used once
    assert (tested["subject"].to_numpy()[origin] == tested["subject"]).all()
    assert (tested["recording"].to_numpy()[origin] != tested["recording"]).any()


def test_epochs_are_exchanged_within_a_subject_alone():
    subjects = numpy.array(["a", "b"] * 20 + ["a"] * 10)
    places = permuted(subjects, numpy.random.default_rng(0))
    assert sorted(places) == list(range(50)) and (subjects[places] == subjects).all()
    assert (places != numpy.arange(50)).mean() > 0.8


def test_noise_has_the_mean_spectrum_and_amplitude_of_its_night(nights, tested, substitutes):
    """By Welch's method, of which the code under test knows nothing; each night has its own."""
    for recording in ("a1", "a2"):
        numbers = numpy.flatnonzero(tested["recording"] == recording)
        noise = substitutes.without("EOG", NOISE, numbers)[:, :, 1]
        of_night = nights.x[nights.table["recording"] == recording][:, :, 1]
        powers = [scipy.signal.welch(signals, 100, nperseg=500)[1].mean(axis=0) for signals in (noise, of_night)]
        assert numpy.abs(numpy.log(powers[0] / powers[1])).mean() < 0.08
        assert noise.std() == pytest.approx(of_night.std(), rel=0.1)
        of_eeg = substitutes.without("EEG", NOISE, numbers)
        assert [of_eeg[:, :, channel].std() for channel in (0, 2)] == pytest.approx([1, 3], rel=0.05)
        assert abs(numpy.corrcoef(noise.ravel(), of_night[tested.loc[numbers, "epoch"]].ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("samples", [3000, 2999])
def test_the_spectrum_of_noise_is_kept_at_every_frequency(samples):
    random = numpy.random.default_rng(1)
    amplitudes = 1 + numpy.arange(samples // 2 + 1)[:, None] % 7
    drawn = numpy.stack([spectral_noise(amplitudes, samples, random) for _ in range(400)])
    numpy.testing.assert_allclose(mean_amplitudes(drawn) / amplitudes, 1, atol=0.25)
    assert (mean_amplitudes(drawn) / amplitudes)[[0, -1]].mean() == pytest.approx(1, abs=0.08)


@pytest.mark.parametrize("rate", [100, 256])
@pytest.mark.parametrize("hz", [50.0, 49.9])
def test_line_noise_is_no_zero_out_in_disguise(rate, hz):
    """sin(2π 50 t) is 0 at every sample of 100 Hz."""
    random = numpy.random.default_rng(3)
    drawn = numpy.stack([LineNoise(hz, noise=0).drawn(30 * rate, 2, random, rate) for _ in range(50)])
    assert numpy.abs(drawn).max(axis=(1, 2)).min() > 0.49
    assert (drawn[:, :, 0] == drawn[:, :, 1]).all() and (drawn[0] != drawn[1]).any()
    power = numpy.abs(numpy.fft.rfft(drawn[:, :, 0], axis=1)) ** 2
    assert numpy.fft.rfftfreq(30 * rate, 1 / rate)[power.mean(axis=0).argmax()] == pytest.approx(hz, abs=1 / 30)
    louder = LineNoise(hz, amplitude=3, noise=0).drawn(30 * rate, 1, numpy.random.default_rng(1), rate)
    assert numpy.abs(louder).max() > 1.4
    noisy = LineNoise(hz, amplitude=0, noise=2).drawn(30 * rate, 1, numpy.random.default_rng(1), rate)
    assert noisy.std() == pytest.approx(2, rel=0.1)


def test_other_epochs_are_of_the_same_night_and_differ(nights, tested, substitutes):
    numbers = numpy.array([0, 25, 70])
    drawn = [substitutes.another(numbers, draw) for draw in range(40)]
    for at, number in enumerate(numbers):
        of_night = numpy.flatnonzero(nights.table["recording"] == tested["recording"][number])
        origin = [next(row for row in of_night if (nights.x[row] == of_draw[at]).all()) for of_draw in drawn]
        own = nights.rows(tested.iloc[[number]]).item()
        assert own not in origin and len(set(origin[:29])) == 29 and origin[29:] == origin[:11]
