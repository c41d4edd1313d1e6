"""The subject browser as a widget in JupyterLab, whose state Python can set and observe. It draws with the same scripts as the
published page; here the kernel answers what is asked for, and every epoch can be opened.
"""

from __future__ import annotations

import anywidget
import traitlets

from ...errors import InputError
from ..draw.display import STATIC as FIGURES
from .scripts import LAB, STATIC


def _style():
    """The page's style sheets, with JupyterLab's mark of a dark theme."""
    figures = (FIGURES / "figures.css").read_text().replace('html[data-theme="dark"]', 'body[data-jp-theme-light="false"]')
    return figures + (STATIC / "browser.css").read_text()


class Browser(anywidget.AnyWidget):
    """Shows a night at a time.

    Parameters
    ----------
    nights : `packets.Nights`.
    opener : `helpers.relevance.details.Opener`, which explains any epoch.
    notice : sentence that marks the nights, or "".
    state : any of the attributes below; what is left out the browser chooses.

    Attributes
    ----------
    subject, night : which recording; a night is called by what tells it from the subject's others, or by its recording.
    fold : number of a fold that tested the night, or "all" for the mean.
    rule, average : name of a rule; "mean" of shares or "pooled".
    filter : whether signals are shown filtered. bands : whether frequency bands are shown.
    window : [from, to] in s of the recording, or None for the whole night.
    epoch : number of the epoch that is opened, or None.
    """

    _esm = "\n".join((STATIC / name).read_text() for name in LAB)
    _css = _style()
    subject = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    night = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    fold = traitlets.Union([traitlets.Int(), traitlets.Unicode()], default_value=None, allow_none=True).tag(sync=True)
    rule = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    average = traitlets.Enum(["mean", "pooled"], "mean").tag(sync=True)
    filter = traitlets.Bool(False).tag(sync=True)
    bands = traitlets.Bool(False).tag(sync=True)
    window = traitlets.List(traitlets.Float(), None, minlen=2, maxlen=2, allow_none=True).tag(sync=True)
    epoch = traitlets.Int(None, allow_none=True).tag(sync=True)

    def __init__(self, nights, opener, notice="", **state):
        self._nights, self._opener, self._notice = nights, opener, notice
        if "subject" not in state and state.get("night") in nights.subjects:
            state["subject"] = nights.subjects[state["night"]]
        super().__init__(**state)
        self.on_msg(self._answer)

    @traitlets.validate("subject", "rule")
    def _known(self, proposal):
        value, nights = proposal["value"], self._nights
        name = proposal["trait"].name
        known = nights.rules if name == "rule" else list(dict.fromkeys(nights.subjects.values()))
        if value is not None and value not in known:
            raise InputError(f"{name} {value}: there is none; there are {', '.join(known)}")
        return value

    def _answer(self, _, message, buffers):
        """Send the packet that the front end asks for, or in words why there is none."""
        name = message["ask"]
        try:
            self.send({"name": name}, buffers=[self._packet(name)])
        except Exception as error:  # shown in the browser, which would wait for ever otherwise
            self.send({"name": name, "error": " ".join(str(error).split())})

    def _packet(self, name):
        nights = self._nights
        if name == "index":
            return nights.index("every epoch", self._notice)
        recording = nights.recordings[int(name.split("/")[-2 if "/" in name else -1].removeprefix("night-"))]
        if "/" not in name:
            return nights.night(recording, "all")
        epoch = int(name.split("/")[-1])
        relevance = self._opener.of(recording, epoch, nights.folds(recording))
        return nights.epoch(epoch, nights.epoch_signals(recording)(epoch), *relevance)
