"""The texts by which scorings name stages, and what each means."""

from ..constants import STAGES

_NAMES = {"w": "W", "wake": "W", "awake": "W", "n1": "N1", "n2": "N2", "n3": "N3", "n4": "N3", "r": "REM", "rem": "REM"}
_NUMBERED = {"1": "N1", "2": "N2", "3": "N3", "4": "N3"}

#: Annotation text, lower case → stage, or the ledger's reason for dropping the slot. Bare digits are left out: a 4 is
#: deep sleep to some scorers and REM to others.
TEXTS = {
    **_NAMES,
    **{prefix + text: stage for prefix in ("sleep stage ", "stage ") for text, stage in {**_NAMES, **_NUMBERED}.items()},
    **{prefix + text: stage for prefix in ("s", "nrem", "nrem ", "nrem-") for text, stage in _NUMBERED.items()},
    **{f"stage {text} sleep": stage for text, stage in _NUMBERED.items()}, "rem sleep": "REM",
    **{f"sleep-{text}": stage for text, stage in {**_NAMES, **{f"s{text}": stage for text, stage in _NUMBERED.items()}}.items()},
    "s0": "W", "sleep stage ?": "unscored", "?": "unscored", "unscored": "unscored", "unknown": "unscored",
    "movement time": "movement", "movement": "movement", "mt": "movement",
}

#: What the user's text may mean: a stage, a reason for dropping, or nothing, as of "Lights off".
IGNORE = "ignore"
MEANINGS = (*STAGES, "unscored", "movement", IGNORE)
#: What texts that nothing is said of may mean.
OTHERS = ("unscored", IGNORE)

#: Characters of a text that are quoted.
QUOTED = 40


def quoted(text):
    """A text in quotes, cut where it is long."""
    return f"'{text if len(text) <= QUOTED else text[:QUOTED] + '…'}'"
