"""What is said of two engines' agreement and of lost relevance, on tables small enough to be summed by hand."""

import pandas
import pytest
from made_tables import compared, ledger
from typed_arrays import traces

from helpers.report.draw import engines, palette
from helpers.report.words import sentences


def test_rules_of_one_formula_are_held_to_the_limit_and_the_bias_error_is_told_apart():
    table = compared(**{"eps=0.01": 2e-6, "alpha1beta0": 0.03, "alpha1beta0-nobias": 1e-6})
    rows = engines.differences(table).set_index("rule")
    assert rows["same formula"].to_dict() == {"eps=0.01": True, "alpha1beta0": False, "alpha1beta0-nobias": True}
    said = sentences.agreement(table).data
    assert "at most **2·10⁻⁶**, within the limit of 1·10⁻⁴" in said
    assert "single shares are moved by up to **3.00 points**" in said


def test_the_bias_error_is_said_in_points_of_the_mean_shares():
    said = sentences.bias_error(compared(alpha1beta0=0.03)).data
    assert "its mean shares less this report's are +3.00 (EEG) and −3.00 (EOG) points" in said
    assert "needs iNNvestigate" in sentences.bias_error(compared(**{"eps=100": 0})).data


def test_a_difference_beyond_the_limit_is_said_so():
    assert "**beyond** the limit" in sentences.agreement(compared(**{"eps=100": 2e-4})).data


def test_an_epoch_that_is_too_small_for_the_reference_is_counted_and_compared_no_further():
    table = compared(**{"eps=100": 0})
    table.loc[table["epoch"] == 1, ["reference_share", "reference_log_total"]] = [float("nan"), float("-inf")]
    row = engines.differences(table).iloc[0]
    assert row["epochs too small for iNNvestigate"] == 1 and row["greatest difference of ln total"] == 0


def test_without_innvestigate_the_page_says_so_and_stays_whole():
    empty = compared(**{"eps=100": 0}).iloc[:0]
    assert "not installed" in sentences.agreement(empty).data
    assert engines.agreement(empty).table.empty and engines.bias_error(empty).table.empty


def test_where_relevance_ended_sums_to_one():
    row = engines.ends(ledger()).iloc[0]
    assert [round(row[name], 12) for name in engines.ENDS] == [0.4, 0.2, 0.4, 0.0]
    assert engines.balance(ledger()) < 1e-12
    said = sentences.ledger(ledger()).data
    assert "0.40 of 1 reached the input, the largest part of the rest was taken up by ε (0.40)" in said


def test_a_layer_that_does_not_balance_is_seen():
    broken = ledger()
    broken.loc[1, "epsilon"] = 0.2
    assert abs(engines.balance(broken) - 0.1 / 0.6) < 1e-12


def test_the_picture_of_what_is_left_starts_at_one_and_ends_at_the_input():
    figure = engines.relevance_kept(ledger())
    line, *ended = figure.plot.data
    assert list(line.x) == ["class", "top", "below"] and round(10 ** line.y[-1], 6) == 0.4
    assert "ε = 0.01 0.4 of 1" in figure.alt
    [points] = ended
    assert [round(10 ** y, 6) if y is not None else None for y in points.y] == [0.4, 0.2, 0.4, None]


def test_tables_of_engines_and_of_layers_write_rules_as_people_do():
    table = engines.agreement(compared(**{"eps=0.01": 2e-6, "alpha1beta0": 0.03})).table
    assert table["rule"].tolist() == ["ε = 0.01", "α1β0"]
    assert set(engines.where_it_went(ledger()).table["rule"]) == {"ε = 0.01"}


def test_boxes_of_both_engines_stand_under_their_names_with_their_own_shares():
    figure = engines.bias_error(compared(alpha1beta0=0.03))
    drawn = {trace["name"]: trace for trace in traces(figure)}
    assert {name: trace["line"]["color"] for name, trace in drawn.items()} == {name: palette.LOOKS[name].line for name in ("EEG", "EOG")}
    for name, reference in (("EEG", 53), ("EOG", 47)):
        points = dict.fromkeys(drawn[name]["x"][0])
        for engine, y in zip(drawn[name]["x"][0], drawn[name]["y"]):
            points[engine] = y
        assert points == pytest.approx({"this report": 50, "iNNvestigate": reference}) and set(drawn[name]["x"][1]) == {name}
    assert "this report: EEG 50 % [50, 50], EOG 50 % [50, 50]; iNNvestigate: EEG 53 %" in figure.alt
    assert "iNNvestigate, α1β0<br>fold 0: 53.0 % on EEG<br>1 epochs" in drawn["EEG"]["hovertext"]


def test_every_rule_has_its_own_line_from_the_class_down_and_its_own_ends():
    second = ledger().assign(rule="eps=100")
    second[["handed_on", "bias", "epsilon"]] = [[0.1, 0.3, 0.6], [-0.01, 0.0, 0.11]]
    second["arrived"] = [1.0, 0.1]
    figure = engines.relevance_kept(pandas.concat([ledger(), second], ignore_index=True))
    above, below = ({trace["name"]: trace for trace in traces(figure) if trace["yaxis"] == axis} for axis in ("y", "y2"))
    assert [10 ** y for y in above["ε = 0.01"]["y"]] == pytest.approx([1, 0.5, 0.4]) and [10 ** y for y in above["ε = 100"]["y"]] == pytest.approx([1, 0.1, 0.01])
    assert above["ε = 100"]["x"] == ["class", "top", "below"] and above["ε = 100"]["line"]["dash"] != above["ε = 0.01"]["line"]["dash"]
    assert below["ε = 100"]["x"] == ["reached the input", "taken up by biases", "taken up by ε", "undefined (0/0)"]
    assert [y and 10 ** y for y in below["ε = 100"]["y"]] == pytest.approx([0.01, 0.3, 0.71, None])
    assert below["ε = 100"]["hovertext"][0].endswith("reached the input: −0.01 of 1"), "its sign is told, its size is drawn"
    assert above["ε = 100"]["hovertext"][2] == "ε = 100<br>below below: 0.01 of 1"
    assert figure.spec()["layout"]["yaxis"]["title"]["text"] == "powers of 10"


def test_what_is_left_is_a_median_over_epochs_and_where_it_ended_a_mean():
    epochs = pandas.concat([ledger().assign(epoch=epoch, handed_on=[0.5 * size, 0.4 * size]) for epoch, size in enumerate((1, 1, -9))], ignore_index=True)
    line, ended = traces(engines.relevance_kept(epochs))
    assert [10 ** y for y in line["y"]] == pytest.approx([1, 0.5, 0.4])
    assert 10 ** ended["y"][0] == pytest.approx(0.4 * 7 / 3) and ended["hovertext"][0].endswith("reached the input: −0.93 of 1")


def test_layers_that_keras_named_are_counted_from_one_and_others_keep_their_names():
    assert [engines.layer_words(name) for name in ("conv1d", "conv1d_7", "conv2d_1", "dense", "dense_2", "eeg_1", "conv1d_slow", "dense_2 (call 1)")] == [
        "conv 1", "conv 8", "conv 2", "dense 1", "dense 3", "eeg_1", "conv1d_slow", "dense_2 (call 1)"]
