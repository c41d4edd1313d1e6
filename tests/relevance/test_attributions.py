"""Attribution methods held to their formulas written again in float64, and to what each of them must add up to."""

import numpy
import pytest

from helpers.relevance import methods
from helpers.relevance.attributions import Attributor, parts_of, scaled
from helpers.relevance.logits import Logits

from . import formulas
from .small_network import network, samples

MODALITIES = {"EEG": [0], "EOG": [1, 2]}
N = 4


class Others:
    """Substitutes of a few samples: zeros, and any other sample."""

    modalities = MODALITIES

    def __init__(self, x):
        self.x = x

    def another(self, numbers, draw):
        return self.x[(numpy.asarray(numbers) + 1 + draw) % len(self.x)]

    def without(self, modality, replacement, numbers):
        assert replacement == "zeros"
        taken = numpy.array(self.x[numbers])
        taken[..., self.modalities[modality]] = 0
        return taken


@pytest.fixture(scope="module")
def small():
    """(model, the same as layers, samples, classes that are not all the predicted ones)."""
    model, plain = network(numpy.random.default_rng(1), lambda draws: 0.3 * draws)
    plain = [tuple(entry.astype("float32").astype("float64") if isinstance(entry, numpy.ndarray) else entry for entry in layer)
             for layer in plain]
    return model, plain, samples(N), numpy.array([0, 3, 1, 4])


def logit(plain, x, target):
    return formulas.forward(plain, numpy.asarray(x, "float64"))[1][target]


def gradient(plain, x, target, step=1e-6):
    """Differences of the logit in float64: exact but for rounding, where no ReLU or maximum changes within the step."""
    x, values = numpy.asarray(x, "float64"), numpy.zeros(x.shape)
    for at in numpy.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        moved[0][at] += step
        moved[1][at] -= step
        values[at] = (logit(plain, moved[0], target) - logit(plain, moved[1], target)) / (2 * step)
    return values


def attributed(small, method, target=None):
    """(values of every sample with their sign and size, the attributor)."""
    model, _, x, classes = small
    attributor = Attributor(model, {"method": method}, Others(x))
    maps = attributor.maps(x, numpy.arange(N), classes if target is None else target)["method"]
    return maps.values * numpy.exp(maps.log_scale)[:, None, None], attributor


def test_logits_are_those_of_the_layers_whatever_the_batch(small):
    model, plain, x, _ = small
    expected = [formulas.forward(plain, sample)[1] for sample in x.astype("float64")]
    many = numpy.tile(x, (40, 1, 1))
    numpy.testing.assert_allclose(Logits(model)(many), numpy.tile(expected, (40, 1)), atol=1e-5)
    assert Logits(model)(x[:0]).shape == (0, 5)


def test_gradient_times_input(small):
    _, plain, x, classes = small
    found, _ = attributed(small, methods.GradientInput())
    for number in range(N):
        expected = x[number] * gradient(plain, x[number], classes[number])
        numpy.testing.assert_allclose(found[number], expected, atol=2e-5 * numpy.abs(expected).max())


def test_gradient_times_input_is_lrp0_times_the_logit(small):
    """In networks of ReLU and maxima (Shrikumar et al. 2016): another way through the formulas."""
    _, plain, x, classes = small
    found, _ = attributed(small, methods.GradientInput())
    for number in range(N):
        expected = formulas.relevance(plain, x[number].astype("float64"), ("zero",), classes[number])
        expected = expected * logit(plain, x[number], classes[number])
        numpy.testing.assert_allclose(found[number], expected, atol=1e-4 * numpy.abs(expected).max())


@pytest.mark.parametrize("baseline", [methods.ZERO, methods.EPOCH])
def test_integrated_gradients(small, baseline):
    _, plain, x, classes = small
    found, _ = attributed(small, methods.IntegratedGradients(baseline, steps=5))
    for number in (0, 1):
        start = numpy.zeros(x[0].shape) if baseline == methods.ZERO else x[(number + 1) % N].astype("float64")
        way = x[number] - start
        mean = numpy.mean([gradient(plain, start + (step + .5) / 5 * way, classes[number]) for step in range(5)], axis=0)
        numpy.testing.assert_allclose(found[number], way * mean, atol=1e-4 * numpy.abs(way * mean).max())


@pytest.mark.parametrize("method, limit", [(methods.IntegratedGradients(methods.ZERO, 400), 0.02),
                                           (methods.IntegratedGradients(methods.EPOCH, 400), 0.02),
                                           (methods.DeepLift(methods.ZERO), 1e-5), (methods.DeepLift(methods.EPOCH), 1e-5)])
def test_completeness_against_the_chosen_baseline(small, method, limit):
    """Contributions add up to f(x) − f(baseline); those of integrated gradients as the steps grow."""
    _, plain, x, classes = small
    found, _ = attributed(small, method)
    for number in range(N):
        start = numpy.zeros(x[0].shape) if method.baseline == methods.ZERO else x[(number + 1) % N]
        change = logit(plain, x[number], classes[number]) - logit(plain, start, classes[number])
        assert found[number].sum() == pytest.approx(change, abs=limit)


def lifted(plain, x, baseline, target):
    """DeepLIFT's rescale rule, layer by layer in float64; at a maximum all goes to the winner of the larger."""
    inputs, output = formulas.forward(plain, x)
    others, _ = formulas.forward(plain, baseline)
    multiplier = numpy.eye(len(output))[target]
    outputs, ends = [*inputs[1:], output], [*others[1:], formulas.forward(plain, baseline)[1]]
    for layer, a, b, y, z in reversed(list(zip(plain, inputs, others, outputs, ends))):
        if layer[0] == "dense":
            multiplier = layer[1] @ multiplier
        elif layer[0] == "relu":
            slope = numpy.where(a == b, a > 0, (y - z) / numpy.where(a == b, 1, a - b))
            multiplier = multiplier * slope
        elif layer[0] == "conv":
            down = numpy.zeros(a.shape)
            for time in range(len(y)):
                for tap in range(len(layer[1])):
                    down[time + tap] += layer[1][tap] @ multiplier[time]
            multiplier = down
        else:  # of each filter one winner per window
            size = layer[1] if layer[0] == "maxpool" else len(a)
            down = numpy.zeros(a.shape)
            y, z, multiplier = (numpy.reshape(array, (-1, a.shape[1])) for array in (y, z, multiplier))
            for window, unit in numpy.ndindex(y.shape):
                part = slice(window * size, (window + 1) * size)
                larger = a if y[window, unit] >= z[window, unit] else b
                winner = part.start + larger[part, unit].argmax()
                change = a[winner, unit] - b[winner, unit]
                if change:
                    down[winner, unit] = multiplier[window, unit] * (y - z)[window, unit] / change
            multiplier = down
    return multiplier * (x - baseline)


@pytest.mark.parametrize("baseline", [methods.ZERO, methods.EPOCH])
def test_deeplift(small, baseline):
    _, plain, x, classes = small
    found, _ = attributed(small, methods.DeepLift(baseline))
    for number in range(N):
        start = numpy.zeros(x[0].shape) if baseline == methods.ZERO else x[(number + 1) % N].astype("float64")
        expected = lifted(plain, x[number].astype("float64"), start, classes[number])
        numpy.testing.assert_allclose(found[number], expected, atol=2e-5 * numpy.abs(expected).max())


def test_smoothgrad_is_the_mean_gradient_around_a_sample(small):
    """Without noise the gradient; with noise of many draws the slope of the logit's mean over that noise."""
    model, plain, x, classes = small
    found, _ = attributed(small, methods.SmoothGrad(draws=2, spread=0.0))
    for number in (0, 1):
        expected = gradient(plain, x[number], classes[number])
        numpy.testing.assert_allclose(found[number], expected, atol=2e-5 * numpy.abs(expected).max())
    found, _ = attributed(small, methods.SmoothGrad(draws=400, spread=0.5))
    noise = 0.5 * numpy.random.default_rng(9).standard_normal((4000, *x[0].shape))
    direction = found[0] / numpy.linalg.norm(found[0])
    ends = [Logits(model)((x[0] + noise + sign * 0.05 * direction).astype("float32"))[:, classes[0]].mean(dtype="float64")
            for sign in (1, -1)]
    assert numpy.linalg.norm(found[0]) == pytest.approx((ends[0] - ends[1]) / 0.1, rel=0.1)


def test_occlusion_spreads_what_a_window_costs(small):
    _, plain, x, classes = small
    found, _ = attributed(small, methods.Occlusion(0.16))  # 16 samples of 40: the last window is shorter
    for number, (start, end) in ((0, (0, 16)), (1, (16, 32)), (2, (32, 40))):
        for channels in MODALITIES.values():
            hidden = x[number].copy()
            hidden[start:end, channels] = 0
            lost = logit(plain, x[number], classes[number]) - logit(plain, hidden, classes[number])
            part = found[number, start:end][:, channels]
            assert part.sum() == pytest.approx(lost, abs=1e-5) and numpy.ptp(part) < 1e-6


def test_shapley_values_and_ablation_of_modalities(small):
    model, plain, x, classes = small
    chosen = {"shapley": methods.Shapley(draws=2), "ablation": methods.Ablation("zeros")}
    attributor = Attributor(model, chosen, Others(x))
    assert attributor.maps(x, numpy.arange(N), classes) == {}
    parts = attributor.parts(x, numpy.arange(N), classes)
    for number in range(N):
        def v(sample, other, *taken):
            mixed = other.copy()
            for name in taken:
                mixed[:, MODALITIES[name]] = sample[:, MODALITIES[name]]
            return logit(plain, mixed, classes[number])

        shares = []
        for draw in range(2):
            here = x[number], x[(number + 1 + draw) % N]
            eeg = (v(*here, "EEG") - v(*here) + v(*here, "EEG", "EOG") - v(*here, "EOG")) / 2
            eog = (v(*here, "EOG") - v(*here) + v(*here, "EEG", "EOG") - v(*here, "EEG")) / 2
            shares.append([eeg, eog])
        nothing = numpy.zeros(x[0].shape)
        ablated = [v(x[number], nothing, *MODALITIES) - v(x[number], nothing, other) for other in ("EOG", "EEG")]
        for name, expected in (("shapley", numpy.mean(shares, axis=0)), ("ablation", numpy.array(ablated))):
            positive, negative, log_total = (array[number] for array in parts[name])
            numpy.testing.assert_allclose((positive - negative) * numpy.exp(log_total), expected, atol=2e-5)
            assert (positive + negative).sum() == pytest.approx(1)


def test_the_predicted_class_is_explained_where_none_is_named(small):
    model, _, _, _ = small
    x = numpy.concatenate([samples(20), 20 * samples(20)])
    predicted = Logits(model)(x).argmax(1)
    assert len(set(predicted)) > 1
    attributor = Attributor(model, {"m": methods.GradientInput()}, Others(x))
    unnamed, named = (attributor.maps(x, numpy.arange(40), target)["m"].values for target in (None, predicted))
    numpy.testing.assert_array_equal(unnamed, named)


def test_a_map_of_nothing_has_no_share():
    maps = scaled(numpy.stack([numpy.zeros((4, 2)), numpy.full((4, 2), -2.0)]))
    assert numpy.isneginf(maps.log_scale[0]) and not maps.values[0].any()
    assert maps.log_scale[1] == pytest.approx(numpy.log(16)) and maps.values[1].sum() == pytest.approx(-1)
    positive, negative, log_total = parts_of(numpy.array([[0.0, 0.0], [1.0, -3.0]]))
    assert numpy.isnan(positive[0]).all() and numpy.isnan(negative[0]).all() and numpy.isneginf(log_total[0])
    assert positive[1].tolist() == [.25, 0] and negative[1].tolist() == [0, .75] and log_total[1] == pytest.approx(numpy.log(4))


def test_a_model_of_several_inputs_is_refused_by_name():
    from keras import Input, Model, layers

    inputs = [Input((4,)), Input((4,))]
    model = Model(inputs, layers.Dense(2)(layers.Concatenate()(inputs)), name="two")
    with pytest.raises(ValueError, match="model two: several inputs; only rules explain such a model"):
        Logits(model)
