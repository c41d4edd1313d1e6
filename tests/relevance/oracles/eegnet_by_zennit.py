"""Relevance of a small EEGNet by Zennit, written to eegnet_by_zennit.csv beside this file.

Run by hand in an environment of its own (Python 3.11; torch 2.14, zennit 0.5.1, numpy 2.4), none of which the project needs:
python tests/relevance/oracles/eegnet_by_zennit.py
"""

import csv
from pathlib import Path

import numpy
import torch
from torch import nn
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import LayerMapComposite
from zennit.rules import Epsilon, Pass
from zennit.types import Activation, AvgPool, Convolution, Linear

TIME, CHANNELS, CLASSES, EXPLAINED, EVERY = 600, 3, 5, [3, 1], 7


def weights():
    """As tests/relevance/test_oracles.py draws them, in Keras's order and shapes: the same numbers under any NumPy."""
    random = numpy.random.default_rng(2)
    for kernels, filters in (([(50, 1, 1, 8)], 8), ([(1, 3, 8, 2)], 16), ([(16, 1, 16, 1), (1, 1, 16, 16)], 16)):
        for shape in kernels:
            yield random.normal(size=shape) / 4
        yield from (random.uniform(.5, 1.5, filters), random.normal(size=filters) / 4, random.normal(size=filters) / 4, random.uniform(.5, 1.5, filters))
    yield from (random.normal(size=(48, CLASSES)) / 4, random.normal(size=CLASSES) / 4)


def network():
    """helpers.model.example_networks.eegnet without its softmax and its dropout."""
    normal = {"eps": 0}  # Keras's 1e-3 is added to the variance: Zennit leaves eps in a layer that it has merged
    model = nn.Sequential(
        nn.ConstantPad2d((0, 0, 24, 24), 0), nn.Conv2d(1, 8, (50, 1), (2, 1), bias=False), nn.BatchNorm2d(8, **normal),
        nn.Conv2d(8, 16, (1, 3), groups=8, bias=False), nn.BatchNorm2d(16, **normal), nn.ELU(), nn.AvgPool2d((10, 1)),
        nn.ConstantPad2d((0, 0, 7, 8), 0), nn.Conv2d(16, 16, (16, 1), groups=16, bias=False), nn.Conv2d(16, 16, 1, bias=False),
        nn.BatchNorm2d(16, **normal), nn.ELU(), nn.AvgPool2d((10, 1)), Rows(), nn.Linear(48, CLASSES)).double().eval()
    arrays = iter([torch.from_numpy(array.astype("float32").astype("float64")) for array in weights()])
    for layer in model:
        if isinstance(layer, nn.Conv2d):  # Keras: (height, width, in, out); of depthwise kernels (height, width, in, out per in)
            kernel = next(arrays)
            depthwise = layer.groups > 1
            layer.weight.data = (kernel.permute(2, 3, 0, 1).flatten(0, 1)[:, None] if depthwise else kernel.permute(3, 2, 0, 1)).contiguous()
        elif isinstance(layer, nn.BatchNorm2d):
            layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var = (next(arrays) for _ in range(4))
            layer.running_var += 1e-3
        elif isinstance(layer, nn.Linear):
            layer.weight.data, layer.bias.data = next(arrays).T.contiguous(), next(arrays)
    return model


class Rows(nn.Module):
    """Flattened as Keras does, channels last."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def main():
    x = numpy.random.default_rng(3).normal(size=(len(EXPLAINED), TIME, CHANNELS)).astype("float32")
    signals, rule = torch.from_numpy(x.astype("float64"))[:, None].requires_grad_(), Epsilon(1e-12)
    composite = LayerMapComposite([(Activation, Pass()), (Convolution, rule), (AvgPool, rule), (Linear, rule)], canonizers=[SequentialMergeBatchNorm()])
    model = network()
    with Gradient(model, composite) as attributor:
        logits, relevance = attributor(signals, torch.eye(CLASSES, dtype=torch.float64)[EXPLAINED])
    rows = [(sample, time, channel, f"{float(relevance.detach()[sample, 0, time, channel]):.9g}")
            for sample in range(len(EXPLAINED)) for time in range(0, TIME, EVERY) for channel in range(CHANNELS)]
    rows += [(sample, -1, number, f"{float(value):.9g}") for sample, of_sample in enumerate(logits) for number, value in enumerate(of_sample.detach())]
    with open(Path(__file__).with_suffix(".csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["sample", "time", "channel", "value"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
