"""The page on how often tests are wrong: its words, figures and tables say what was counted; names from files stay text."""

import json

import pandas
import pytest
from typed_arrays import traces

from helpers.analysis.error_rates import EFFECT_SIZES, interval, of_rule
from helpers.analysis.null_cohorts import METHODS
from helpers.errors import InputError
from helpers.report.draw import figures, palette
from helpers.report.words import answers, sentences
from helpers.report.words.markdown import plain

HOSTILE = "<img src=x onerror=alert(1)>"
#: Method → of 1,000 cohorts, how many reject where nothing is there; with effects, 250 × d more of 250.
NULL = {"ols": 640, "crv1": 90, "clustered": 40, "nights": 42, "permutation": 50}


def rates(stages=("N2", "REM"), drug="temazepam"):
    rows = []
    for stage in (*stages, "all"):
        for covariate, level, reference in (("medication", drug, "placebo"), ("sex", "male", "female"), ("age", "", "")):
            for method, rejected in NULL.items():
                for size in EFFECT_SIZES:
                    times, of = (len(stages) if stage == "all" else 1), 250 if size else 1000
                    count = int(size * 240) if size else rejected + 10 * (covariate == "age") + 5 * (stage == "REM")
                    rows.append({"rule": "eps=0.01", "method": method, "covariate": covariate, "level": level,
                                 "reference": reference, "stage": stage, "effect_size": size, "subjects": 22,
                                 "rejected": count * times, "cohorts": of * times})
    table = pandas.DataFrame(rows)
    return table.assign(**interval(table["rejected"].to_numpy(), table["cohorts"].to_numpy()))


def variances():
    rows = [{"rule": "eps=0.01", "stage": stage, "modality": name, "between_subjects": 9.0, "between_nights": 3.0, "icc": icc,
             "within_nights": 30.0, "correlation": 0.1, "sampling": 1.0, "between_networks": 2.0, "icc_networks": 0.8, "nights": 44,
             "subjects": 22, "shared_subjects": 9, "reason": "", "reason_networks": "", "note": ""}
            for stage in ("N2", "REM") for name, icc in (("EEG", 0.75), ("EOG", 0.5))]
    table = pandas.DataFrame(rows)
    table.loc[0, "note"] = "lbfgs: Singular matrix"
    return table


def test_the_answer_says_who_is_fooled_who_is_not_and_what_is_found():
    said = answers.error_rates(rates()).data
    assert "With these 22 subjects and under ε = 0.01" in said
    assert "in 64 % for medication, 64 % for sex and 65 % for age, with 5 % allowed" in said
    assert "errors clustered by subject (CRV3) in 4.0 to 5.0 % and permutation in 5.0 to 6.0 %" in said
    assert "d = 0.8, is found by permutation in 77 % for medication, 77 % for sex and 77 % for age" in said


def test_levels_are_named_where_a_covariate_has_several():
    table = pandas.concat([rates(), rates(drug="aspirin")]).drop_duplicates()
    said = answers.error_rates(table).data
    assert "64 % for medication temazepam" in said and "64 % for medication aspirin" in said and "for sex and" not in said


def test_sentences_give_the_range_over_stages_and_how_many_were_drawn():
    said = sentences.error_rates(rates()).data
    assert "1,000 cohorts of each of 2 stages, of which 250 were also given effects" in said
    assert "for OLS from 64 % (medication in N2) to 66 % (age in REM)" in said
    assert "for permutation from 5.0 % (medication in N2) to 6.5 % (age in REM)" in said


def test_variances_are_said_with_what_optimisers_had_to_say():
    said = sentences.variances(variances()).data
    assert "**62 %** lies between subjects" in said and "50 to 75 %" in said and "correlate by 0.10" in said
    assert "agree on nights to 0.80" in said and "In 1 of 4 models an optimiser failed" in said
    alone = variances().assign(icc_networks=float("nan"), shared_subjects=2, note="")
    assert "several folds tested 2 subjects at most" in sentences.variances(alone).data
    assert "models" not in sentences.variances(alone).data
    assert "No stage has nights enough" in sentences.variances(alone.assign(icc=float("nan"))).data
    shown = figures.variances(variances()).table
    assert shown["note"].tolist() == ["lbfgs: Singular matrix", "", "", ""] and shown["between subjects"].iloc[0] == 9


def test_false_positives_stand_beside_the_line_of_5_percent_with_their_intervals():
    shown = figures.false_positives(rates())
    lines = [shape for shape in shown.plot.layout.shapes if shape.x0 == 5 == shape.x1]
    assert len(lines) == 3 and len(shown.plot.data) == 15
    [point] = [trace for trace in shown.plot.data if trace.y == ("permutation",) and "age" in trace.hovertext[0]]
    low, high = (100 * float(end[0]) for end in (interval(120, 2000)["low"][None], interval(120, 2000)["high"][None]))
    assert point.x[0] == pytest.approx(6) and point.error_x.array[0] == pytest.approx(high - 6)
    assert point.error_x.arrayminus[0] == pytest.approx(6 - low)
    assert "age: OLS 65 %" in shown.alt and f"permutation 6.0 % [{low:.1f}, {high:.1f}]" in shown.alt
    assert set(shown.table["d"]) == {0} and set(shown.table["stage"]) == {"N2", "REM", "all"}


def test_detection_is_drawn_against_the_size_of_the_effect_over_all_stages():
    shown = figures.detection(rates())
    assert len(shown.plot.data) == 15 and {shape.y0 for shape in shown.plot.layout.shapes} == {5, 80}
    for trace in shown.plot.data:
        assert tuple(trace.x) == EFFECT_SIZES and trace.y[-1] == pytest.approx(96)
    legend = ["OLS", "CRV1", "CRV3, epochs", "CRV3, nights", "permutation"]
    assert [trace.name for trace in shown.plot.data if trace.showlegend] == legend
    assert "At d = 1: medication: temazepam against placebo: OLS 96 %" in shown.alt


@pytest.mark.parametrize("draw", [figures.false_positives, figures.detection])
def test_both_hosts_get_drawings_in_which_names_are_text(draw):
    shown = draw(rates(drug=HOSTILE))
    bundle = shown._repr_mimebundle_()
    assert "<img" not in bundle["text/html"] and "<img" not in json.dumps(bundle["application/vnd.plotly.v1+json"]["data"])
    assert "var(--" not in json.dumps(bundle["application/vnd.plotly.v1+json"])
    assert "<img" not in json.dumps(bundle["application/vnd.plotly.v1+json"]["layout"]["annotations"])
    said = answers.error_rates(pandas.concat([rates(), rates(drug=HOSTILE)]).drop_duplicates()).data
    assert plain(HOSTILE) in said and "<img" not in said


def test_where_nothing_could_be_drawn_the_page_says_so_and_shows_nothing():
    nothing = rates()[:0]
    assert "no test can be wrong" in answers.error_rates(nothing).data and sentences.error_rates(nothing).data == ""
    for draw in (figures.false_positives, figures.detection, figures.variances):
        assert draw(nothing).table.empty
    only = rates()[lambda table: (table["effect_size"] == 0) & (table["method"] != "permutation")]
    assert "found by permutation" not in answers.error_rates(only).data and figures.detection(only).table.empty


def test_a_rule_that_the_run_does_not_have_is_refused():
    assert len(of_rule(rates(), "eps=0.01")) == len(rates()) and of_rule(rates()[:0], "eps=7").empty
    with pytest.raises(InputError, match="rule"):
        of_rule(rates(), "eps=7")


def test_every_method_has_a_look_of_its_own():
    from helpers.report.draw.rejections import LOOKS

    assert list(LOOKS) == list(METHODS)
    assert len({look[1] for look in LOOKS.values()}) == len({look[2] for look in LOOKS.values()}) == len(METHODS)


def panel_of(figure, heading):
    """Method → its trace in the panel with that heading."""
    at = next(number for number, note in enumerate(figure.spec()["layout"]["annotations"]) if note["text"].startswith(f"<b>{heading}</b>"))
    axis = f"x{at + 1 if at else ''}"
    return {trace["name"] if trace.get("name") else trace["y"][0]: trace for trace in traces(figure) if trace["xaxis"] == axis}


def test_every_rate_stands_in_the_row_of_its_method_and_the_panel_of_its_covariate():
    figure = figures.false_positives(rates())
    for covariate, more in (("medication", 0), ("sex", 0), ("age", 10)):
        drawn = panel_of(figure, covariate)
        for method, name in (("ols", "OLS"), ("crv1", "CRV1"), ("clustered", "CRV3, epochs"), ("nights", "CRV3, nights"), ("permutation", "permutation")):
            rejected = 2 * (NULL[method] + more)  # over N2 and REM
            assert drawn[name]["x"][0] == pytest.approx(rejected / 20), (covariate, method)
            assert f"rejects in {rejected:,} of 2,000 cohorts" in drawn[name]["hovertext"][0]
    layout = figure.spec()["layout"]
    assert layout["yaxis"]["categoryarray"] == ["permutation", "CRV3, nights", "CRV3, epochs", "CRV1", "OLS"], "the paper's on top"
    assert layout["xaxis"]["type"] == "log" and layout["xaxis"]["title"]["text"] == "rejects, % of cohorts"
    assert {shape["x0"] for shape in layout["shapes"]} == {5}
    assert drawn["OLS"]["marker"]["color"] == drawn["CRV1"]["marker"]["color"] == palette.MUTED


def test_detection_rises_with_d_by_each_method_s_own_rates():
    table = rates()
    at = (table["effect_size"] > 0) & (table["method"] == "nights") & (table["covariate"] == "sex")
    table.loc[at, "rate"] = table.loc[at, "effect_size"] / 2
    drawn = panel_of(figures.detection(table), "sex")
    # Where nothing is there 640 and 42 of 1,000; d × 240 of 250 else.
    assert drawn["OLS"]["x"] == [0, .2, .4, .6, .8, 1] and drawn["OLS"]["y"] == pytest.approx([64, 19.2, 38.4, 57.6, 76.8, 96], abs=0.1)
    assert drawn["CRV3, nights"]["y"] == pytest.approx([4.2, 10, 20, 30, 40, 50], abs=0.1)
    layout = figures.detection(table).spec()["layout"]
    assert layout["yaxis"]["range"] == [-3, 103] and layout["xaxis"]["title"]["text"] == "standardised effect d"
    assert "d = 0.4<br>rejects in 192 of 500 cohorts:<br>38 %" in drawn["OLS"]["hovertext"][2]
