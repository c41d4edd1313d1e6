"""A packet of the browser unpacked by the words of its format, without the code that packs it."""

import json
import zlib

import numpy

TYPES = {"i1": "int8", "u1": "uint8", "u2": "uint16", "i4": "int32", "f4": "float32"}


def unpack(content):
    """A packet by the words of `packet`'s docstring."""
    content = zlib.decompress(content)
    length = int.from_bytes(content[:4], "little")
    header, at = json.loads(content[4:4 + length]), 4 + length + -length % 4
    arrays = {}
    for name, (kind, shape) in header.pop("arrays").items():
        assert at % 4 == 0
        count = int(numpy.prod(shape))
        arrays[name] = numpy.frombuffer(content, TYPES[kind], count, at).reshape(shape)
        at += arrays[name].nbytes + -arrays[name].nbytes % 4
    assert at == len(content)
    return header, arrays
