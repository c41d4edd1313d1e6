"""One file's header and channels: rates, units, the marker, and files that are not what they should be."""

import datetime

import numpy
import pytest
from small_nights import START, noise, write_psg

from helpers.data.edf import marker_errors, open_recording
from helpers.data.resampling import resample
from helpers.errors import InputError


def test_a_header_says_when_a_recording_starts_and_how_its_channels_were_recorded(tmp_path):
    write_psg(tmp_path / "a.edf", {"EEG": noise(70)}, numpy.ones(700), start=datetime.datetime(2034, 2, 3, 4, 5, 6))
    recording = open_recording(tmp_path / "a.edf")
    assert recording.start == datetime.datetime(2034, 2, 3, 4, 5, 6)
    assert recording.duration_s == 70
    eeg, marker = recording.channels
    assert (eeg.name, eeg.rate, eeg.written_unit, eeg.highpass, eeg.lowpass) == ("EEG", 100, "uV", 0.5, 50)
    assert (marker.name, marker.rate, marker.written_unit, marker.highpass) == ("Marker", 10, "ID+M-E", None)


def test_the_year_is_the_one_that_edf_plus_writes_in_full(tmp_path):
    write_psg(tmp_path / "a.edf", {"EEG": noise(10)}, start=datetime.datetime(2034, 2, 3, 4, 5, 6))
    content = (tmp_path / "a.edf").read_bytes()
    for full, short, year in ((b"2091", b"yy", 2091), (b"1934", b"34", 1934)):
        (tmp_path / "b.edf").write_bytes(
            content.replace(b"03-FEB-2034", b"03-FEB-" + full).replace(b"03.02.34", b"03.02." + short))
        assert open_recording(tmp_path / "b.edf").start.year == year
    (tmp_path / "b.edf").write_bytes(content.replace(b"Startdate 03-FEB-2034", b"X" * 21).replace(b"02.34", b"02.85"))
    assert open_recording(tmp_path / "b.edf").start.year == 1985


@pytest.mark.parametrize("written, factor", [("uV", 1), ("mV", 1000), ("V", 1e6), ("nV", 1e-3)])
def test_voltages_are_read_as_microvolts(tmp_path, written, factor):
    values = noise(20)
    write_psg(tmp_path / "a.edf", {"EEG": values}, unit=written)
    recording = open_recording(tmp_path / "a.edf")
    assert recording.channel("EEG").unit == "µV"
    numpy.testing.assert_allclose(recording.values("EEG"), values * factor, atol=1e-9 * factor)


def test_what_is_no_voltage_keeps_its_unit(tmp_path):
    values = noise(20)
    write_psg(tmp_path / "a.edf", {"Temp": values}, unit="degC")
    recording = open_recording(tmp_path / "a.edf")
    assert recording.channel("Temp").unit == "degC"
    numpy.testing.assert_allclose(recording.values("Temp"), values, atol=1e-9)


def test_a_channel_is_read_at_its_own_rate_beside_faster_and_slower_ones(tmp_path):
    rates = {"slow": 1, "middle": 100, "fast": 256}
    channels = {name: noise(600, seed, rate) for seed, (name, rate) in enumerate(rates.items())}
    write_psg(tmp_path / "a.edf", channels, rates=rates)
    recording = open_recording(tmp_path / "a.edf")
    for name, values in channels.items():
        numpy.testing.assert_allclose(recording.values(name), values, atol=1e-9)


def test_bdf_is_read_like_edf(tmp_path):
    import edfio

    digital = (noise(20) / 0.125).astype("int32") * 1000
    signal = edfio.BdfSignal.from_digital(digital, 100, label="EEG", physical_dimension="uV",
                                          physical_range=(-8388608, 8388607), digital_range=(-8388608, 8388607))
    edfio.Bdf([signal], recording=edfio.Recording(startdate=START.date()), starttime=START.time()).write(
        tmp_path / "a.bdf")
    recording = open_recording(tmp_path / "a.bdf")
    assert (recording.duration_s, recording.start) == (20, START)
    numpy.testing.assert_allclose(recording.values("EEG"), digital, atol=1e-6)


def _annotated(path, form):
    """A file of that form with channels of odd ranges in several units, and annotations."""
    import edfio

    rng, of = numpy.random.default_rng(4), getattr(edfio, f"{form}Signal")
    integers, limit = ("int16", 32767) if form == "Edf" else ("int32", 8388607)
    signals = [of.from_digital(rng.integers(-limit, limit, 20 * rate).astype(integers), rate, label=label,
                               physical_dimension=unit, physical_range=limits, digital_range=(-limit - 1, limit))
               for label, rate, unit, limits in (("C4", 100, "uV", (-312.5, 311.1)), ("E1", 128, "mV", (-3.2768, 3.27)),
                                                 ("Chin", 50, "nV", (-9e5, 8e5)), ("Temp", 1, "degC", (17.3, 41.9)))]
    getattr(edfio, form)(signals, annotations=[edfio.EdfAnnotation(3.5, 2, "Lights off"), edfio.EdfAnnotation(7, None, "W")],
                         starttime=datetime.time(22, 1, 2)).write(path)


@pytest.mark.parametrize("form", ["Edf", "Bdf"])
def test_values_and_annotations_are_those_that_mne_reads(tmp_path, form):
    import mne

    _annotated(tmp_path / f"a.{form.lower()}", form)
    recording = open_recording(tmp_path / f"a.{form.lower()}")
    read = getattr(mne.io, f"read_raw_{form.lower()}")
    for channel, factor in zip(recording.channels, (1e6, 1e6, 1e-3, 1)):
        raw = read(recording.path, include=[channel.name], stim_channel=None, verbose="error")
        assert raw.info["sfreq"] == channel.rate
        numpy.testing.assert_allclose(recording.values(channel.name), raw.get_data()[0] * factor, rtol=1e-12, atol=1e-12)
    texts = mne.read_annotations(recording.path)
    assert recording.annotations == list(zip(texts.onset, texts.duration, texts.description)) == [
        (3.5, 2, "Lights off"), (7, 0, "W")]


def test_annotations_in_latin_1_are_read_as_such(tmp_path):
    _annotated(tmp_path / "a.edf", "Edf")
    content = (tmp_path / "a.edf").read_bytes()
    (tmp_path / "a.edf").write_bytes(content.replace(b"Lights off", "Müde, 5 °C".encode("latin-1")))
    assert [text for _, _, text in open_recording(tmp_path / "a.edf").annotations] == ["Müde, 5 °C", "W"]


def test_channels_keep_their_places_beside_annotations_that_come_first(tmp_path):
    import edfio

    _annotated(tmp_path / "a.edf", "Edf")
    whole = edfio.read_edf(tmp_path / "a.edf")
    whole._signals = tuple(sorted(whole._signals, key=lambda signal: "Annotations" not in signal.label))
    whole.write(tmp_path / "b.edf")
    assert (tmp_path / "b.edf").read_bytes()[256:271] == b"EDF Annotations"
    first, second = open_recording(tmp_path / "a.edf"), open_recording(tmp_path / "b.edf")
    assert second.channels == first.channels and second.annotations == first.annotations
    for channel in first.channels:
        numpy.testing.assert_array_equal(second.values(channel.name), first.values(channel.name))


@pytest.mark.parametrize("rate", [512, 256, 250, 200.5, 128, 64, 10])
def test_a_sine_at_any_rate_is_the_same_sine_at_100_hz(rate):
    seconds, hertz = 2400, 0.19 * min(rate, 100)
    sine = numpy.sin(2 * numpy.pi * hertz * numpy.arange(int(rate * seconds)) / rate)
    resampled = resample(sine, rate)
    wanted = numpy.sin(2 * numpy.pi * hertz * numpy.arange(100 * seconds) / 100)
    assert resampled.dtype == numpy.float32 and len(resampled) == len(wanted)
    inner = slice(int(2000 / min(rate, 100) * 100), -int(2000 / min(rate, 100) * 100))
    assert numpy.abs(resampled - wanted)[inner].max() < 1e-3


def test_resampling_in_stretches_is_what_mne_does_at_once():
    from mne.filter import resample as mne_resample

    activity = numpy.cumsum(numpy.random.default_rng(1).normal(size=128 * 3600 * 2))
    whole = mne_resample(activity, up=100, down=128, npad="auto", verbose="error")
    assert numpy.abs(resample(activity, 128) - whole).max() < 1e-3 * activity.std()


def test_frequencies_above_50_hz_do_not_come_back_as_slow_ones():
    samples = numpy.arange(256 * 300)
    resampled = resample(numpy.sin(2 * numpy.pi * 90 * samples / 256), 256)
    assert numpy.abs(resampled[1000:-1000]).max() < 1e-2


def test_marker_levels_stay_exact_beside_faster_channels(tmp_path):
    marker = numpy.ones(700)
    marker[123:200], marker[650:] = -31, -31
    write_psg(tmp_path / "a.edf", {"EEG": noise(70)}, marker)
    assert marker_errors(open_recording(tmp_path / "a.edf"), "Marker") == [(12.3, 20.0), (65.0, 70.0)]


def test_a_missing_channel_is_said_with_those_that_are_there(tmp_path):
    write_psg(tmp_path / "a.edf", {"C3": noise(20), "C4": noise(20)})
    with pytest.raises(InputError, match=r"a\.edf: no channel EEG; the file has C3, C4$"):
        open_recording(tmp_path / "a.edf").values("EEG")


def test_two_channels_of_one_name_are_refused(tmp_path):
    write_psg(tmp_path / "a.edf", {"C3": noise(20), "C4": noise(20)})
    content = (tmp_path / "a.edf").read_bytes()
    (tmp_path / "a.edf").write_bytes(content.replace(b"C4  ", b"C3  ", 1))
    with pytest.raises(InputError, match=r"a\.edf: 2 channels are called C3"):
        open_recording(tmp_path / "a.edf").values("C3")


@pytest.mark.parametrize("length", [10, 300, 5000])
def test_a_truncated_file_is_refused(tmp_path, length):
    write_psg(tmp_path / "a.edf", {"C3": noise(60), "C4": noise(60)})
    (tmp_path / "a.edf").write_bytes((tmp_path / "a.edf").read_bytes()[:length])
    with pytest.raises(InputError, match=r"a\.edf: .*get a whole copy$"):
        open_recording(tmp_path / "a.edf")


def test_what_is_no_edf_is_refused(tmp_path):
    (tmp_path / "a.edf").write_text("recording,subject\n" * 100)
    with pytest.raises(InputError, match=r"a\.edf: no EDF or BDF file"):
        open_recording(tmp_path / "a.edf")
    with pytest.raises(InputError, match=r"b\.edf: cannot be read \(No such file"):
        open_recording(tmp_path / "b.edf")


def test_a_range_that_is_no_number_is_refused(tmp_path):
    write_psg(tmp_path / "a.edf", {"C3": noise(20)})
    content = bytearray((tmp_path / "a.edf").read_bytes())
    physical_min = 256 + 16 + 80 + 8
    content[physical_min:physical_min + 8] = b"NaN     "
    (tmp_path / "a.edf").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.edf: channel C3 has no physical or digital range .*physical 'NaN' to"):
        open_recording(tmp_path / "a.edf").values("C3")


def test_limits_with_a_decimal_comma_or_needless_decimals_are_read(tmp_path):
    values = noise(20)
    write_psg(tmp_path / "a.edf", {"C3": values})
    content = bytearray((tmp_path / "a.edf").read_bytes())
    limits = 256 + 16 + 80 + 8
    for field, text in enumerate((b"-256,0", b"255,875", b"-2048.0", b"2047")):
        content[limits + 8 * field:limits + 8 * field + 8] = text.ljust(8)
    (tmp_path / "a.edf").write_bytes(content)
    numpy.testing.assert_allclose(open_recording(tmp_path / "a.edf").values("C3"), values, atol=1e-9)


@pytest.mark.parametrize("field, text", [(0, b"255.875"), (1, b"-256"), (2, b"2047"), (3, b"-2048"), (0, b"abc")])
def test_a_range_of_nothing_is_refused_also_in_a_derivation(tmp_path, field, text):
    write_psg(tmp_path / "a.edf", {"C4": noise(20), "M1": noise(20, 1)})
    content = bytearray((tmp_path / "a.edf").read_bytes())
    limit = 256 + 2 * (16 + 80 + 8) + 2 * 8 * field
    content[limit:limit + 8] = text.ljust(8)
    (tmp_path / "a.edf").write_bytes(content)
    for name in ("C4", "C4-M1"):
        with pytest.raises(InputError, match=r"a\.edf: channel C4 has no physical or digital range that can be read"):
            open_recording(tmp_path / "a.edf").values(name)


def test_a_derivation_is_the_difference_of_its_channels_in_microvolts(tmp_path):
    import edfio

    c4, m1 = noise(20, 1, 200), numpy.rint(noise(20, 2, 200))
    signals = [edfio.EdfSignal.from_digital(numpy.rint(values / microvolts).astype("int16"), 200, label=name,
                                            physical_dimension=written, physical_range=(-2048 * step, 2047 * step),
                                            digital_range=(-2048, 2047), prefiltering=filters)
               for name, values, written, microvolts, step, filters in (
                   ("C4", c4, "uV", 0.125, 0.125, "HP:0.3Hz LP:70Hz"), ("M1", m1, "mV", 1, 0.001, "HP:0.3Hz LP:35Hz"))]
    edfio.Edf(signals).write(tmp_path / "a.edf")
    recording = open_recording(tmp_path / "a.edf")
    derivation = recording.channel("C4-M1")
    assert (derivation.name, derivation.rate, derivation.unit, derivation.minus) == ("C4-M1", 200, "µV", ("C4", "M1"))
    assert (derivation.highpass, derivation.lowpass) == (0.3, None)
    for name in ("C4-M1", "C4 - M1"):
        numpy.testing.assert_allclose(recording.values(name), c4 - m1, atol=1e-3)  # edfio writes the limit 2.047 as 2.047001


def test_a_channel_of_the_very_name_goes_before_a_derivation(tmp_path):
    channels = {name: noise(20, seed) for seed, name in enumerate(("C4", "M1", "C4-M1", "EEG F3-A2", "M2"))}
    write_psg(tmp_path / "a.edf", channels)
    recording = open_recording(tmp_path / "a.edf")
    assert recording.channel("C4-M1").minus == ()
    numpy.testing.assert_allclose(recording.values("C4-M1"), channels["C4-M1"], atol=1e-9)
    assert recording.channel("EEG F3-A2-M2").minus == ("EEG F3-A2", "M2")


def test_a_derivation_that_cannot_be_computed_is_named(tmp_path):
    write_psg(tmp_path / "a.edf", {"C4": noise(20), "M1": noise(20, 1, 200), "A": noise(20), "B-C": noise(20),
                                   "A-B": noise(20), "C": noise(20)}, numpy.ones(200), rates={"M1": 200})
    recording = open_recording(tmp_path / "a.edf")
    for name, named in (("C4-M2", r"a\.edf: no channel C4-M2; the file has C4, M1"),
                        ("C4-M1", r"a\.edf: C4-M1 cannot be computed, C4 has 100 Hz and unit 'uV' and M1 has 200 Hz"),
                        ("C4-Marker", "Marker has 10 Hz and unit 'ID\\+M-E'"),
                        ("A-B-C", "A-B-C can be read as A minus B-C and as A-B minus C")):
        with pytest.raises(InputError, match=named):
            recording.channel(name)
