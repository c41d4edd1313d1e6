"""What is shared by tests that read pixels back: a page with the browser of a known night, its canvases as arrays, and where a colour is."""

import base64
import shutil

import known_nights
import numpy

from helpers.report.browsing.scripts import PAGE, STATIC
from helpers.report.draw.display import STATIC as FIGURES

HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="stylesheet" href="figures.css">
<link rel="stylesheet" href="browser.css"><style>body {{ margin: 0; background: #fff }}</style>{scripts}</head>
<body><div data-sleep-browser="nights"></div></body></html>"""
#: Colours of the light theme and of modalities.
TEXT, PREDICTED, EEG, EOG, EMG = (0x1b, 0x1f, 0x24), (0x14, 0x80, 0x4a), (0x1f, 0x77, 0xc8), (0xb8, 0x86, 0x00), (0xc8, 0x28, 0x3c)
SUPPORTS, AGAINST = (20, 138, 84), (126, 66, 166)
#: Height, width and bytes of a canvas, as JavaScript.
PIXELS = """canvas => { const context = canvas.getContext('2d'), data = context.getImageData(0, 0, canvas.width, canvas.height).data;
    return [canvas.height, canvas.width, btoa(Array.from(data, byte => String.fromCharCode(byte)).join(''))]; }"""


def page_in(folder, **choices):
    """Address of a page below `folder` with the browser of a known night and nothing else."""
    known_nights.write(folder, **choices)
    for static in (STATIC, FIGURES):
        shutil.copytree(static, folder, dirs_exist_ok=True)
    scripts = "".join(f'<script defer src="{name}"></script>' for name in PAGE)
    (folder / "page.html").write_text(HTML.format(scripts=scripts))
    return (folder / "page.html").as_uri()


def image_of(said):
    """What `PIXELS` says as an array (height, width, 4)."""
    height, width, text = said
    return numpy.frombuffer(base64.b64decode(text), "uint8").reshape(height, width, 4)


def painted(image, colour, within=40, opaque=150):
    """Where an image has a colour: rows and columns."""
    near = numpy.abs(image[..., :3].astype(int) - colour).sum(axis=2) < within
    return numpy.nonzero(near & (image[..., 3] > opaque))


def place(image, seconds, start, length):
    """x of a second, by the margins of the drawing: 58 px on the left, 10 px on the right."""
    return 58 + (image.shape[1] - 68) * (seconds - start) / length
