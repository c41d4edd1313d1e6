"""The signals of simulated nights: spectra as stated, events where the record has them, effects of the size asked for.

References are written out again here: densities integrated by trapezoids, Welch's method by hand, and sizes d from the events.
"""

import json

import numpy
import pandas
import pytest

from helpers.constants import STAGES
from helpers.data.edf import open_recording
from helpers.data.simulation import backgrounds, effect_size, night_signals, planted_effects, signs, stage_sequence
from helpers.data.simulation.simulate import simulate
from helpers.errors import InputError

RNG = numpy.random.default_rng
SIGN = {sign.name: sign for sign in signs.SIGNS}


def density(values, window=500):
    """Power spectral density by Welch's method, written out: (Hz, µV²/Hz) of a (epochs, 3000) array, means over epochs."""
    taper = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(window) / window)
    pieces = numpy.stack([values[:, start:start + window] for start in range(0, values.shape[1] - window + 1, window // 2)], 1)
    pieces = (pieces - pieces.mean(2, keepdims=True)) * taper
    power = 2 * numpy.abs(numpy.fft.rfft(pieces, axis=2)) ** 2 / (100 * (taper ** 2).sum())
    return numpy.arange(power.shape[2]) * 100 / window, power.mean((0, 1))


@pytest.mark.parametrize("spectra", [backgrounds.EEG, backgrounds.EOG], ids=["EEG", "EOG"])
def test_the_background_of_a_stage_has_the_density_that_is_stated(spectra):
    traits = {"steeper": 0.0, "level": dict.fromkeys(STAGES, 1.0)}
    for stage, spectrum in spectra.items():
        presence = backgrounds.weights([stage] * 60, RNG(1))
        noise = backgrounds.noise(spectra, traits, presence, RNG(2))
        hertz, found = density(noise.reshape(60, 3000))
        band = (hertz >= 1) & (hertz <= 40)
        stated = spectrum.density(numpy.arange(0, 50.1, 0.1))[numpy.round(hertz[band] * 10).astype(int)]
        ratio = found[band] / stated / numpy.exp(2 * backgrounds.LEVEL_SD["epoch"] ** 2)
        assert abs(numpy.median(ratio) - 1) < 0.12 and ratio.min() > 0.6 and ratio.max() < 1.6, stage
        spectral, hertz = numpy.abs(numpy.fft.rfft(noise)) ** 2, numpy.fft.rfftfreq(len(noise), 0.01)
        total = 2 * spectral[(hertz >= 0.4) & (hertz < 30)].sum() / len(noise) ** 2 - spectrum.floor * 29.6
        assert total ** 0.5 == pytest.approx(spectrum.sd, rel=0.2), stage


def test_there_is_one_stage_at_a_time_and_it_gives_way_within_seconds():
    stages = ["W"] * 4 + ["N1"] * 3 + ["N2"] * 5
    presence = backgrounds.weights(stages, RNG(3))
    total = sum(presence.values())
    numpy.testing.assert_allclose(total, 1, atol=1e-5)
    reach = 100 * (backgrounds.EARLY_OR_LATE_S + backgrounds.PASSAGE_S)
    assert presence["W"][:12000 - reach].min() > 0.999 and presence["N2"][21000 + reach:].min() > 0.999


@pytest.fixture(scope="module")
def nights():
    """(stages, Night) of two nights of an hour each of four sleepers, without effects and without ambiguous epochs."""
    result = []
    for number in range(4):
        traits = {**night_signals.sleeper(RNG([5, number])), "ambiguous": 0.0}
        for medication in ("placebo", "temazepam"):
            stages = stage_sequence.sequence(120, 60, RNG([6, number]))
            about = {"medication": medication, "sex": ("male", "female")[number % 2], "age": 30 + 10 * number}
            result.append((stages, night_signals.night(stages, about, traits, RNG([7, number, len(result)]))))
    return result


@pytest.fixture(scope="module")
def power(nights):
    """quantity → stage → median over epochs."""
    values = {}
    for stages, night in nights:
        fpz, eyes, chin = (night.channels[name].reshape(-1, 3000) for name in ("EEG Fpz-Cz", "EOG horizontal", "EMG submental"))
        for index, stage in enumerate(stages):
            hertz, found = density(fpz[index:index + 1])
            for band, low, high in (("slow", 0.4, 4), ("alpha", 8, 12), ("sigma", 12, 16)):
                values.setdefault((band, stage), []).append(found[(hertz >= low) & (hertz < high)].sum())
            values.setdefault(("eyes", stage), []).append(numpy.abs(numpy.diff(eyes[index, ::5])).max())
            values.setdefault(("tone", stage), []).append(numpy.median(numpy.abs(chin[index])))
    return {key: numpy.median(of) for key, of in values.items()}


@pytest.mark.parametrize("quantity, stage", [("slow", "N3"), ("sigma", "N2"), ("alpha", "W")])
def test_a_stage_has_the_most_power_in_its_own_band(power, quantity, stage):
    others = [power[quantity, other] for other in STAGES if other != stage]
    assert power[quantity, stage] > 1.25 * max(others)


def test_tone_between_bursts_falls_from_w_to_rem_and_is_two_to_four_times_higher_awake(power):
    tone = [power["tone", stage] for stage in STAGES]
    assert tone == sorted(tone, reverse=True) and 2 <= tone[0] / tone[-1] <= 4


def test_eyes_move_fastest_awake_and_in_rem(power):
    speed = {stage: power["eyes", stage] for stage in STAGES}
    assert min(speed["W"], speed["REM"]) > max(speed["N1"], speed["N2"], speed["N3"])


def test_events_lie_within_their_epochs_and_stages_show_only_signs_of_the_table(nights):
    for stages, night in nights:
        for epoch, modality, sign, onset, duration, size in night.events:
            assert 30 * epoch <= onset and onset + duration <= 30 * (epoch + 1) + 1e-9 and size > 0
            if sign != signs.TONE_SIGN:
                assert stages[epoch] in SIGN[sign].chances and modality in SIGN[sign].seen_in


def test_an_ambiguous_epoch_looks_like_a_neighbouring_stage():
    about = {"medication": "placebo", "sex": "male", "age": 48}
    traits = {**night_signals.sleeper(RNG(5)), "tone": dict.fromkeys(STAGES, 1.0)}
    clear, ambiguous = (night_signals.night(["N3"] * 200, about, {**traits, "ambiguous": part}, RNG(6)).events for part in (0.0, 1.0))
    shown = {sign for _, _, sign, *_ in ambiguous} - {signs.TONE_SIGN}
    assert "single slow wave" in shown and "slow wave" not in shown
    assert shown <= {sign.name for sign in signs.SIGNS if "N2" in sign.chances}
    levels = [numpy.median([event[5] for event in events if event[2] == signs.TONE_SIGN]) for events in (clear, ambiguous)]
    assert levels[1] / levels[0] == pytest.approx(signs.TONE["N2"] / signs.TONE["N3"], rel=0.05)


def test_few_epochs_of_few_sleepers_are_ambiguous():
    parts = [night_signals.sleeper(RNG([1, number]))["ambiguous"] for number in range(400)]
    assert min(parts) >= 0 and max(parts) <= 2 * signs.AMBIGUOUS_SD
    assert numpy.mean(parts) == pytest.approx(signs.AMBIGUOUS_SD * (2 / numpy.pi) ** 0.5, rel=0.1)


@pytest.mark.parametrize("sign, channel, low, high", [
    ("spindle", "EEG Fpz-Cz", 11, 16), ("alpha", "EEG Fpz-Cz", 8, 12), ("K-complex", "EEG Fpz-Cz", 0.5, 3),
    ("slow wave", "EEG Fpz-Cz", 0.5, 3), ("blink", "EOG horizontal", 1, 8), ("glance", "EOG horizontal", 0.5, 8),
    ("rapid eye movement", "EOG horizontal", 0.5, 8), ("slow eye movement", "EOG horizontal", 0.2, 0.7),
    ("twitch", "EMG submental", 12, 45), ("activity", "EMG submental", 12, 45), ("artefact", "EEG Fpz-Cz", 0.2, 2)])
def test_events_are_in_the_signal_where_the_record_has_them(nights, sign, channel, low, high):
    """Energy of the sign's band, from a brick-wall filter, within events against the rest of the epochs that have some, in the stage
    that shows it most often."""
    within, without, chances = [], [], SIGN[sign].chances
    for stages, night in nights:
        values = night.channels[channel]
        spectrum, hertz = numpy.fft.rfft(values), numpy.fft.rfftfreq(len(values), 0.01)
        energy = numpy.fft.irfft(spectrum * ((hertz >= low) & (hertz <= high)), len(values)) ** 2
        marked = numpy.zeros(len(values), bool)
        epochs = set()
        for epoch, _, name, onset, duration, _ in night.events:
            if name == sign and stages[epoch] == max(chances, key=chances.get):
                marked[round(100 * onset):round(100 * (onset + duration))] = True
                epochs.add(epoch)
        around = numpy.isin(numpy.arange(len(values)) // 3000, list(epochs))
        within.append(energy[marked])
        without.append(energy[around & ~marked])
    times = 1.1 if sign == "glance" else 1.5  # glances follow each other so closely that little of an epoch is without
    assert numpy.concatenate(within).mean() > times * numpy.concatenate(without).mean()


def test_signs_are_as_frequent_as_the_table_says():
    shown, epochs = dict.fromkeys([(sign.name, stage) for sign in signs.SIGNS for stage in sign.chances], 0), 120
    for number in range(12):
        for stage in STAGES:
            about = {"medication": "placebo", "sex": "male", "age": 48}
            traits = {**night_signals.sleeper(RNG([8, number])), "ambiguous": 0.0}
            night = night_signals.night([stage] * 10, about, traits, RNG([9, number, len(stage)]))
            for epoch, sign in {(event[0], event[2]) for event in night.events if event[2] != signs.TONE_SIGN}:
                shown[sign, stage] += 1
    for (name, stage), count in shown.items():
        chance = SIGN[name].chances[stage]
        error = (chance * (1 - chance) / epochs + 0.065 ** 2 / 12) ** 0.5
        assert abs(count / epochs - chance) < 4.5 * error + 0.01, (name, stage)


# ------------------------------------------------------------------ effects

PEOPLE, ASKED = 20, 2.0


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = simulate(tmp_path_factory.mktemp("effects") / "nights", PEOPLE, 30, 3, 30, ASKED)
    about = pandas.read_csv(folder / "recordings.csv")
    about["recording"] = about["psg"].str[:6]
    stages = {}
    for row in about.itertuples():
        scoring = open_recording(folder / row.hypnogram)
        begins = (scoring.start - open_recording(folder / row.psg).start).total_seconds()
        for onset, duration, text in scoring.annotations:
            for epoch in range(int((onset + begins) // 30), int((onset + begins + duration) // 30)):
                stages[row.recording, epoch] = {"W": "W", "1": "N1", "2": "N2", "3": "N3", "4": "N3", "R": "REM"}.get(text[-1])
    events = pandas.read_parquet(folder / "events.parquet")
    assert list(events) == ["recording", "epoch", "modality", "sign", "onset_s", "duration_s", "size"]
    events["stage"] = [stages.get(key) for key in zip(events["recording"], events["epoch"])]
    return folder, about, events, stages


def test_events_are_on_record_with_their_place_and_covered_by_the_hashes(cohort):
    folder, about, events, _ = cohort
    assert set(events["recording"]) == set(about["recording"])
    assert {"spindle", "K-complex", "slow wave", "alpha", "theta", "blink", "slow eye movement", "rapid eye movement", "tone",
            "artefact"} <= set(events["sign"])
    ends = (events["onset_s"] + events["duration_s"]).groupby(events["recording"]).max()
    assert (ends <= about.set_index("recording")["signal_seconds"]).all()
    assert "events.parquet" in json.loads((folder / "simulation.json").read_text())["sha256"]


def values_of(effect, cohort):
    """The effect's quantity on each night, recomputed from the record: mean log size, or part of the epochs that show it."""
    _, about, events, stages = cohort
    of_sign = events[(events["sign"] == effect.sign) & (events["stage"] == effect.stage)]
    if effect.quantity == "size":
        return numpy.log(of_sign.groupby("recording")["size"].median())
    epochs = pandas.Series([recording for (recording, _), stage in stages.items() if stage == effect.stage]).value_counts()
    return (of_sign.groupby("recording")["epoch"].nunique() / epochs).fillna(0)


@pytest.mark.parametrize("effect", planted_effects.EFFECTS, ids=lambda effect: f"{effect.sign} in {effect.stage}")
def test_effects_have_the_size_asked_for_as_the_events_tell(cohort, effect):
    """The change over the unit that the tables state: the record holds all that was drawn, with the noise of few epochs."""
    _, about, _, _ = cohort
    table = about.assign(value=about["recording"].map(values_of(effect, cohort)))
    if effect.covariate == "medication":
        both = table.pivot(index="subject", columns="medication", values="value")
        found = (both["temazepam"] - both["placebo"]).mean()
        error = planted_effects.unit(effect) * (2 / PEOPLE) ** 0.5
    else:
        subject = table.groupby("subject").agg(value=("value", "mean"), sex=("sex", "first"), age=("age", "first"))
        x = subject["age"] / 30 if effect.covariate == "age" else (subject["sex"] == "male").astype(float)
        found = numpy.polyfit(x, subject["value"], 1)[0]
        error = planted_effects.unit(effect) / (PEOPLE ** 0.5 * x.std())
    assert abs(found - effect.direction * ASKED * planted_effects.unit(effect)) < 3.5 * error + 0.03


def test_truth_says_the_size_asked_for_and_as_drawn(cohort):
    folder, about, _, _ = cohort
    truth = json.loads((folder / "truth.json").read_text())
    assert truth["effect_size"] == ASKED
    for change in truth["changes"]:
        assert abs(change["d_asked"]) == ASKED and change["d_asked"] * change["d_drawn"] > 0
        # Hedges 1981: the sampling error of a d between two groups
        assert abs(abs(change["d_drawn"]) - ASKED) < 3.5 * (4 / PEOPLE + ASKED**2 / (2 * PEOPLE)) ** 0.5


def test_standardised_sizes_are_those_of_a_hand_computation():
    about = [{"medication": "placebo", "sex": "male", "age": 48}, {"medication": "temazepam", "sex": "male", "age": 48}]
    changes = numpy.array([1.0, 2.0, 4.0])
    nights = [(subject, about[on], 10 * subject + on * change) for subject, change in enumerate(changes) for on in (0, 1)]
    expected = changes.mean() / (changes.std(ddof=1) / 2 ** 0.5)
    assert effect_size.standardised("medication", nights) == pytest.approx(expected)
    values = {"female": [1.0, 3.0, 2.0], "male": [5.0, 4.0, 9.0]}
    nights = [((sex, number), {"sex": sex}, value) for sex, of_sex in values.items() for number, value in enumerate(of_sex)]
    pooled = (numpy.var(values["male"], ddof=1) / 2 + numpy.var(values["female"], ddof=1) / 2) ** 0.5
    assert effect_size.standardised("sex", nights) == pytest.approx((6 - 2) / pooled)
    assert effect_size.standardised("sex", nights[:3]) is None


def test_without_an_effect_no_sign_depends_on_who_sleeps():
    for effect in planted_effects.EFFECTS:
        about = {"medication": "temazepam", "sex": "male", "age": 75}
        assert planted_effects.change(effect.stage, effect.sign, effect.quantity, about, 0) == 0
    truth = planted_effects.truth(0)
    assert truth["effects"] == [] and len(truth["unaffected"]) == 15


def test_a_pair_without_a_planted_effect_has_none():
    affected = {(effect.stage, effect.covariate) for effect in planted_effects.EFFECTS}
    woman = {"medication": "placebo", "sex": "female", "age": 48}
    for stage in STAGES:
        for covariate, value in (("medication", "temazepam"), ("sex", "male"), ("age", 78)):
            differs = any(planted_effects.change(stage, name, quantity, woman | {covariate: value}, 2)
                          != planted_effects.change(stage, name, quantity, woman, 2)
                          for name in (*SIGN, signs.TONE_SIGN) for quantity in ("size", "chance"))
            assert differs == ((stage, covariate) in affected), (stage, covariate)


def test_a_size_that_would_take_a_probability_out_of_0_to_1_is_refused_in_one_line(tmp_path):
    with pytest.raises(InputError, match=r"effect_size 20: the probability of a twitch in REM would reach -?\d") as error:
        simulate(tmp_path / "nights", 2, 10, 1, 60, 20)
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0, 1.5, 3])
def test_no_probability_is_cut_off_at_a_size_that_may_be_set(size):
    planted_effects.check(size)
    for sign in signs.SIGNS:
        for stage, chance in sign.chances.items():
            for age in planted_effects.AGES:
                for medication in ("placebo", "temazepam"):
                    for sex in ("female", "male"):
                        about = {"medication": medication, "sex": sex, "age": age}
                        assert 0 < chance + planted_effects.change(stage, sign.name, "chance", about, size) < 1
