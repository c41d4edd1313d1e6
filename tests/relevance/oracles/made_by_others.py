"""Attributions of the small network by Captum, shap and Zennit, written to made_by_others.csv beside this file.

Run by hand in an environment of its own (Python 3.11; torch 2.14, captum 0.9, shap 0.51, zennit 0.5.1, numpy 2.4), none of which the
project needs: python tests/relevance/oracles/made_by_others.py
"""

import csv
from pathlib import Path

import numpy
import shap
import torch
from captum.attr import InputXGradient, IntegratedGradients
from torch import nn
from zennit.attribution import Gradient
from zennit.composites import LayerMapComposite
from zennit.rules import Epsilon, Gamma, Pass
from zennit.types import Activation, Convolution, Linear

#: Samples, the class that is explained in each, modalities.
N, CLASSES, MODALITIES = 4, [0, 3, 1, 4], {"EEG": [0], "EOG": [1], "EMG": [2]}


def weights():
    """As tests/relevance/small_network.py draws them: the same numbers under any NumPy."""
    random = numpy.random.default_rng(1)
    for shape in ((4, 3, 6), (3, 6, 8), (8, 7), (7, 5)):
        yield random.normal(size=shape) / numpy.sqrt(numpy.prod(shape[:-1])), 0.3 * random.normal(size=shape[-1])


def network():
    """The same network; its global maximum, over 16 time points, is written as a pooling layer, which all programs know."""
    model = nn.Sequential(nn.Conv1d(3, 6, 4), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(6, 8, 3), nn.ReLU(), nn.MaxPool1d(16),
                          nn.Flatten(), nn.Linear(8, 7), nn.ReLU(), nn.Linear(7, 5)).double().eval()
    layers = [layer for layer in model if hasattr(layer, "weight")]
    for layer, (kernel, bias) in zip(layers, weights()):
        kernel, bias = (torch.from_numpy(array.astype("float32").astype("float64")) for array in (kernel, bias))
        layer.weight.data, layer.bias.data = kernel.permute(*reversed(range(kernel.ndim))).contiguous(), bias
    return model


def channels_first(x):
    return torch.from_numpy(x.astype("float64")).permute(0, 2, 1).contiguous()


def maps(model, x):
    """Name → attributions (n, 40, 3)."""
    signals, target = channels_first(x), torch.tensor(CLASSES)
    other = torch.roll(signals, -1, 0)
    nothing = torch.zeros_like(signals)
    found = {"gradient-input": InputXGradient(model).attribute(signals.clone().requires_grad_(), target=target)}
    for name, baseline in (("", nothing), ("-epoch", other)):
        found[f"integrated-gradients{name}"] = IntegratedGradients(model).attribute(
            signals, baseline, target, n_steps=4000, method="riemann_middle", internal_batch_size=400)
        found[f"deeplift{name}"] = torch.stack([deeplift(*sample) for sample in zip(signals, baseline, CLASSES)])
    for name, rule in (("eps=0.01", Epsilon(0.01)), ("gamma=0.25", Gamma(0.25, stabilizer=1e-12))):
        composite = LayerMapComposite([(Activation, Pass()), (Convolution, rule), (Linear, rule)])
        with Gradient(model, composite) as attributor:
            found[name] = attributor(signals.clone().requires_grad_(), torch.eye(5, dtype=torch.float64)[CLASSES])[1]
    return {name: value.detach().permute(0, 2, 1).numpy() for name, value in found.items()}


def deeplift(signals, baseline, target):
    """By shap's DeepExplainer: Captum 0.9's DeepLift does not add up to f(x) − f(baseline) where a maximum follows a ReLU."""
    values = shap.DeepExplainer(network(), baseline[None]).shap_values(signals[None], check_additivity=True)
    return torch.from_numpy(values[0, :, :, target])


def shapley(model, x):
    """(n, 3): by shap's exact explainer over all sets of modalities, the other samples as backgrounds."""
    found = []
    for number in range(N):
        def masker(mask, sample, number=number):
            mixed = x[[at for at in range(N) if at != number]].astype("float64")
            for kept, channels in zip(mask, MODALITIES.values()):
                if kept:
                    mixed[:, :, channels] = x[number][:, channels]
            return (mixed,)

        masker.shape = lambda sample: (N - 1, 3)
        masker.clustering = None

        def function(mixed, number=number):
            with torch.no_grad():
                return model(channels_first(mixed))[:, CLASSES[number]].numpy()

        explainer = shap.ExactExplainer(function, masker)
        found.append(explainer(numpy.zeros((1, 3))).values[0].ravel())
    return numpy.array(found)


def main():
    x = numpy.random.default_rng(1).normal(size=(N, 40, 3)).astype("float32")
    model = network()
    with open(Path(__file__).with_suffix(".csv"), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["program", "method", "sample", "time", "channel", "value"])
        for name, values in maps(model, x).items():
            program = "zennit" if "=" in name else "shap" if name.startswith("deeplift") else "captum"
            for (sample, time, channel), value in numpy.ndenumerate(values):
                if sample < 2 and time % 3 == 0:
                    writer.writerow([program, name, sample, time, channel, f"{value:.9g}"])
        for (sample, channel), value in numpy.ndenumerate(shapley(model, x)):
            writer.writerow(["shap", "shapley", sample, "", channel, f"{value:.9g}"])


if __name__ == "__main__":
    main()
