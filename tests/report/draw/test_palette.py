"""Colours are legible on both papers and stay apart for all eyes, by the formulas of WCAG 2.2 and Machado 2009."""

import itertools

import numpy
import pytest

from helpers.report.draw import palette

#: Machado, Oliveira and Fernandes 2009, severity 1.0, on linear sRGB.
BLINDNESS = {"none": numpy.eye(3),
             "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]],
             "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]],
             "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]}
PAPERS = (palette.THEME[palette.PAPER], palette.DARK[palette.PAPER])
INKS = (palette.THEME[palette.TEXT], palette.DARK[palette.TEXT])


def rgb(colour):
    return numpy.array([int(colour[at:at + 2], 16) for at in (1, 3, 5)]) / 255


def linear(value):
    return numpy.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(first, second):
    low, high = sorted(float(linear(value) @ [0.2126, 0.7152, 0.0722]) for value in (first, second))
    return (high + 0.05) / (low + 0.05)


def lab(value):
    """CIE 1976 L*a*b* of linear sRGB, D65."""
    xyz = numpy.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                       [0.0193339, 0.1191920, 0.9503041]]) @ value / [0.95047, 1, 1.08883]
    root = numpy.where(xyz > 0.008856, numpy.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return numpy.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


LOOKS = {**palette.LOOKS, **{f"spare {at}": look for at, look in enumerate(palette.SPARE)}}


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("paper", PAPERS)
def test_modality_lines_stand_out_from_both_papers(name, paper):
    assert contrast(rgb(LOOKS[name].line), rgb(paper)) >= 3


@pytest.mark.parametrize("eyes", BLINDNESS)
def test_the_three_modalities_stay_apart_for_every_kind_of_eyes(eyes):
    for first, second in itertools.combinations(palette.LOOKS.values(), 2):
        seen = [lab(numpy.clip(numpy.array(BLINDNESS[eyes]) @ linear(rgb(look.line)), 0, 1)) for look in (first, second)]
        assert numpy.linalg.norm(seen[0] - seen[1]) >= 25


def test_every_modality_has_a_second_cue_of_its_own():
    for cue in ("symbol", "dash", "pattern", "line"):
        assert len({getattr(look, cue) for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize("paper, ink", zip(PAPERS, INKS))
def test_text_is_legible_on_paper_and_on_the_strongest_cells(paper, ink):
    strongest = [palette.NEGATIVE, palette.POSITIVE, (31, 119, 200)]
    grounds = [rgb(paper), *(palette.STRONGEST * numpy.array(colour) / 255 + (1 - palette.STRONGEST) * rgb(paper)
                             for colour in strongest)]
    assert min(contrast(rgb(ink), ground) for ground in grounds) >= 4.5


@pytest.mark.parametrize("theme", (palette.THEME, palette.DARK))
def test_muted_words_and_the_predicted_line_are_legible_in_both_themes(theme):
    assert contrast(rgb(theme[palette.MUTED]), rgb(theme[palette.PAPER])) >= 4.5
    assert contrast(rgb(theme[palette.PREDICTED]), rgb(theme[palette.PAPER])) >= 3
    assert contrast(rgb(theme[palette.PREDICTED]), rgb(theme[palette.TEXT])) >= 2


def test_the_ends_of_the_diverging_scale_stay_apart_for_every_kind_of_eyes():
    for eyes in BLINDNESS.values():
        seen = [lab(numpy.clip(numpy.array(eyes) @ linear(numpy.array(colour) / 255), 0, 1))
                for colour in (palette.NEGATIVE, palette.POSITIVE)]
        assert numpy.linalg.norm(seen[0] - seen[1]) >= 25


def test_modalities_of_ones_own_come_after_the_papers_and_keep_their_colours():
    assert palette.modalities(["ECG", "EMG", "breath", "EEG"]) == ["EEG", "EMG", "ECG", "breath"]
    assert palette.look("ECG", ["ECG", "breath"]) != palette.look("breath", ["ECG", "breath"])
