"""Scoring in XML, as the National Sleep Research Resource (NSRR) and Compumedics Profusion write it: bytes go in, events in
seconds from the signal's first sample come out (docs: sleepdata.org, NSRR annotations). No entity is expanded.
"""

from __future__ import annotations

from ..constants import EPOCH_S
from ..errors import InputError
from .scoring_table import Events
from .stage_texts import quoted

#: A stage of Profusion's <SleepStages> → its text.
PROFUSION = {"0": "W", "1": "N1", "2": "N2", "3": "N3", "4": "N4", "5": "REM", "6": "movement", "9": "unscored", "10": "unscored"}
#: Longest epoch, and times that no night reaches.
LONGEST_EPOCH_S, ENDLESS_S = 600, 1e9
PROFUSION_NOTE = "stages of the hypnogram were taken as {:g} s each from the first sample"


def read_xml(content, path):
    """`Events` of an XML file.

    Raises
    ------
    InputError
        Naming the file: no XML, a document type, neither of the two forms, an event without a time.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:
        why = "it has a document type" if isinstance(error, DefusedXmlException) else " ".join(str(error).split())
        raise InputError(f"{path}: no XML that can be read ({why}); export the scoring anew") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # of whatever namespace
    epoch_s = _seconds(root.findtext("EpochLength") or str(EPOCH_S), "EpochLength", path)
    if not 0 < epoch_s <= LONGEST_EPOCH_S:
        raise InputError(f"{path}: EpochLength is {epoch_s:g} s; export the scoring anew")
    lines = [(element.text or "").strip() for element in root.iterfind("SleepStages/SleepStage")]
    if lines:
        return Events([(index * epoch_s, epoch_s, PROFUSION.get(text, text), f"SleepStage {index + 1}: {quoted(text)}")
                       for index, text in enumerate(lines)], epoch_s, True, (PROFUSION_NOTE.format(epoch_s),))
    events = list(_scored(root, path))
    if not events:
        raise InputError(f"{path}: XML without a scored stage, neither <SleepStages> as Profusion writes them nor <ScoredEvent>s "
                         "of the type Stages as NSRR does; give the file with the scoring")
    return Events(events, epoch_s)


def _scored(root, path):
    """Events of NSRR's form: `Stage 2 sleep|2`, with onset and duration in s."""
    for number, event in enumerate(root.iterfind("ScoredEvents/ScoredEvent"), start=1):
        if (event.findtext("EventType") or "").partition("|")[0].strip().lower() == "stages":
            text = (event.findtext("EventConcept") or "").partition("|")[0].strip()
            onset, duration = (_seconds(event.findtext(name) or "", f"{name} of ScoredEvent {number}", path)
                               for name in ("Start", "Duration"))
            yield onset, duration, text, f"ScoredEvent {number}: {quoted(text)}"


def _seconds(text, name, path):
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < ENDLESS_S:
        raise InputError(f"{path}: {name} is {quoted(text)}, not a number of seconds")
    return value
