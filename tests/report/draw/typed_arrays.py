"""Plotly packs arrays of numbers as base64; here they are unpacked as plotly.js does."""

import base64

import numpy


def decoded(array):
    """A trace's array as a list."""
    if not isinstance(array, dict) or "bdata" not in array:
        return array
    values = numpy.frombuffer(base64.b64decode(array["bdata"]), array["dtype"])
    return values.reshape([int(size) for size in array["shape"].split(",")]).tolist() if "shape" in array else values.tolist()


def traces(figure):
    """The traces of a figure with all arrays as lists."""
    return [_unpacked(trace) for trace in figure.spec()["data"]]


def _unpacked(part):
    return {key: _unpacked(value) if isinstance(value, dict) and "bdata" not in value else decoded(value) for key, value in part.items()}
