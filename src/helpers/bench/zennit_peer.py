"""The three rules by Zennit on PyTorch, for `bench --zennit PYTHON`: run by hand in an environment of its own, which the project does
not need (Python 3.11; torch 2.14, zennit 0.5.1, numpy). It imports nothing of this package.

    python zennit_peer.py WEIGHTS.npz X.npy SHARES.npy

The study's network is built of the weights as `model.networks.save_weights` writes them. Mean shares of the signals (n, time, channels) by
each rule, (n, rules, channels), are written to SHARES.npy; then, for each line on stdin that holds a size of batch, the seconds that all of them take
are printed.
"""

import sys
import time

import numpy
import torch
from torch import nn
from zennit.attribution import Gradient
from zennit.composites import LayerMapComposite
from zennit.rules import AlphaBeta, Epsilon, Pass
from zennit.types import Activation, Convolution, Linear

#: α1β0 leaves biases out, as the engine that it is held against does here.
RULES = (Epsilon(0.01), Epsilon(100), AlphaBeta(1, 0, zero_params=["bias"]))


def network(weights, samples):
    """The study's network without its softmax; global max pooling is written as a pooling layer, which Zennit knows."""
    kernels, biases = weights[::2], weights[1::2]
    layers, length = [], samples
    convolutions = sum(kernel.ndim == 3 for kernel in kernels)
    for number, (kernel, bias) in enumerate(zip(kernels, biases)):
        if kernel.ndim == 3:
            layer = nn.Conv1d(kernel.shape[1], kernel.shape[2], kernel.shape[0])
            length -= kernel.shape[0] - 1
        else:
            layer = nn.Linear(*kernel.shape)
        layer.weight.data = torch.from_numpy(kernel.transpose().copy())
        layer.bias.data = torch.from_numpy(bias.copy())
        layers += [layer, nn.ReLU()]
        if kernel.ndim == 3 and number % 2:
            last = number == convolutions - 1
            layers += [nn.MaxPool1d(length), nn.Flatten()] if last else [nn.MaxPool1d(2)]
            length //= 2
    return nn.Sequential(*layers[:-1]).eval()


def shares(model, x):
    """(n, rules, channels) of the largest logit."""
    found = []
    for rule in RULES:
        composite = LayerMapComposite([(Activation, Pass()), (Convolution, rule), (Linear, rule)])
        with Gradient(model, composite) as attributor:
            _, relevance = attributor(x, lambda logits: nn.functional.one_hot(logits.argmax(1), logits.shape[1]).to(logits.dtype))
        sums = relevance.abs().sum(2, dtype=torch.float64)
        found.append(sums / sums.sum(1, keepdim=True))
    return torch.stack(found, 1)


def main(weights, signals, target):
    with numpy.load(weights) as arrays:
        model = network([arrays[name] for name in arrays.files], numpy.load(signals, mmap_mode="r").shape[1])
    x = torch.from_numpy(numpy.load(signals).transpose(0, 2, 1).copy()).requires_grad_()
    numpy.save(target, torch.cat([shares(model, part) for part in x.split(64)]).detach().numpy())
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for part in x.split(int(line)):
            shares(model, part.detach().requires_grad_())
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
