"""The subject browser in JupyterLab without a browser: what it answers and what it refuses, on made-up nights."""

import made_nights
import numpy
import pytest
from packet_format import unpack

from helpers.errors import InputError
from helpers.report.browsing.lab_widget import Browser
from helpers.report.widget import Browser as BrowserOfStudy


class Opener:
    """Stands for `helpers.relevance.details.Opener`."""

    def of(self, recording, epoch, folds):
        levels = numpy.full((len(made_nights.RULES), 600, 3), epoch, "int8")
        return dict.fromkeys(folds, levels), dict.fromkeys(folds, numpy.ones(len(made_nights.RULES)))


@pytest.fixture
def widget():
    return Browser(made_nights.nights(), Opener(), "Made up: of no meaning", night="b")


def _answer(widget, name):
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    widget._answer(widget, {"ask": name}, [])
    [(content, buffers)] = sent
    return content, unpack(buffers[0]) if buffers else None


def test_the_subject_is_that_of_the_night_that_is_asked_for(widget):
    assert (widget.subject, widget.night) == ("1", "b")


def test_it_answers_with_the_packets_of_the_page_and_can_open_every_epoch(widget):
    assert _answer(widget, "index")[1][0]["notice"] == "Made up: of no meaning"
    header, _ = _answer(widget, "night-1")[1]
    assert (header["recording"], header["opened"]) == ("b", "all")
    header, arrays = _answer(widget, "epoch/night-1/9")[1]
    assert header["epoch"] == 9 and header["folds"] == [0, 1, 2] and (arrays["relevance"] == 9).all()


def test_what_cannot_be_sent_is_said_in_words(widget):
    content, packet = _answer(widget, "night-7")
    assert packet is None and content["name"] == "night-7" and content["error"]


def test_it_refuses_what_there_is_none_of(widget):
    with pytest.raises(InputError, match="subject nobody: there is none; there are 1"):
        widget.subject = "nobody"
    with pytest.raises(InputError, match="rule eps=7: there is none; there are eps=0.01, eps=100"):
        widget.rule = "eps=7"


def test_cells_that_were_written_before_go_on_working():
    class Study:
        def browser(self, **state):
            return state

    assert BrowserOfStudy(Study(), night="b", fold=1) == {"night": "b", "fold": 1}
