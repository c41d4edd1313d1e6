"""What the pages say of how nights were read and of what is not known of the sleepers."""

from types import SimpleNamespace

import pandas

from helpers.data.cohort import Cohort
from helpers.report.draw import figures
from helpers.report.words import reading

HOSTILE = "</script><img src=x onerror=alert(1)> & `code` <b>"


def _cohort(reference=None, **changed):
    table = pandas.DataFrame({"recording": list("abcd"), "subject": list("wxyz"), "psg": "p", "hypnogram": "h",
                              "drug": ["none", "half", "whole", "none"], "age": [20.0, 30.5, 41.0, 60.0]})
    return Cohort("t", table.assign(**changed), {}, ("drug", "age"), None, False, reference=reference or {})


def _epochs(*recordings):
    return pandas.DataFrame({"recording": recordings})


def test_reference_levels_are_named_and_a_whole_cohort_is_said_to_be_one():
    said = reading.covariates(_cohort({"drug": "none"}), _epochs(*"aabbcd")).data
    assert said == ("The regression takes drug (half and whole against none) and age (a number, 20 to 60) together. All of it "
                    "is known of every recording.")
    assert "drug (none and whole against half)" in reading.covariates(_cohort(), _epochs("a")).data


def test_recordings_of_which_something_is_not_known_are_counted_with_their_epochs():
    gaps = _cohort(age=[None, 30.5, 41.0, 60.0], drug=["none", None, "whole", "none"])
    said = reading.covariates(gaps, _epochs(*"aaabbcd")).data
    assert "not known of **2 of 4 recordings** (a and b): their **5 epochs** are left out of the regression" in said
    assert "age (a number, 41 to 60)" in said and "drug (whole against none)" in said
    shown = figures.covariates(gaps.table, gaps.covariates)._repr_mimebundle_()["text/html"]
    assert shown.count(">–</td>") == 2


def test_no_covariates_are_no_regression():
    bare = Cohort("t", _cohort().table[["recording", "subject", "psg", "hypnogram"]], {}, (), None, False)
    assert "nothing to regress" in reading.covariates(bare, _epochs("a")).data


def test_what_was_assumed_is_said_with_the_number_of_recordings():
    said = reading.notes(SimpleNamespace(notes={"the hypnogram has one stage per line": 2, "C4 was resampled": 1})).data
    assert said == ("On reading, the hypnogram has one stage per line (in 2 recordings); C4 was resampled (in 1 "
                    "recording).")
    assert "as they are" in reading.notes(SimpleNamespace(notes={})).data


def test_names_from_files_stay_text():
    hostile = _cohort(recording=[HOSTILE, *"bcd"], drug=[None, HOSTILE, "x", "x"])
    for said in (reading.covariates(hostile, _epochs("b")).data, reading.notes(SimpleNamespace(notes={HOSTILE: 1})).data):
        assert "<" not in said and "&lt;img" in said
