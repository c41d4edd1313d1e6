"""The texts by which scorings name stages, and what each means."""

from ..constants import STAGES

#: Annotation text, lower case → stage, or the ledger's reason for dropping the slot. Bare digits are left out: a 4 is
#: deep sleep to some scorers and REM to others.
TEXTS = {
    **{f"sleep stage {text}": stage for text, stage in
       {"w": "W", "1": "N1", "2": "N2", "3": "N3", "4": "N3", "r": "REM",
        "n1": "N1", "n2": "N2", "n3": "N3", "n4": "N3", "rem": "REM"}.items()},
    **{text: stage for text, stage in
       {"w": "W", "wake": "W", "awake": "W", "n1": "N1", "n2": "N2", "n3": "N3", "n4": "N3", "r": "REM", "rem": "REM",
        "s1": "N1", "s2": "N2", "s3": "N3", "s4": "N3"}.items()},
    "sleep stage ?": "unscored", "?": "unscored", "unscored": "unscored", "unknown": "unscored",
    "movement time": "movement", "movement": "movement", "mt": "movement",
}

#: What the user's text may mean: a stage, a reason for dropping, or nothing, as of "Lights off".
IGNORE = "ignore"
MEANINGS = (*STAGES, "unscored", "movement", IGNORE)
