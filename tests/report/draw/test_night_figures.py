"""Figure 3: what is drawn of a window of a night stands at its second, in its unit and in its modality's colour."""

import numpy
import pandas
import pytest
from made_tables import window
from typed_arrays import traces

from helpers.report.draw import figures, palette

#: Where the only deflection of a channel lies: sample of the window, and how many microvolts.
SPIKES = {0: (150, 70.0), 1: (3250, -35.0), 2: (9100, 6.0)}
EPOCHS = [10, 11, 13]


def night():
    """The made window with a spike in each channel, each elsewhere and of another size."""
    seen = window()
    signals = numpy.tile(numpy.linspace(-1, 1, 12000)[:, None], (1, 3)).astype("float32") * [50, 30, 5]
    for channel, (sample, microvolts) in SPIKES.items():
        signals[sample, channel] = microvolts
    signals[6000:9000] = numpy.nan
    seen.microvolts = signals
    return seen


def drawn(figure, row):
    """Traces of a panel from the top."""
    axis = f"y{row}" if row > 1 else "y"
    return [trace for trace in traces(figure) if trace["yaxis"] == axis]


def axis(figure, row):
    return figure.spec()["layout"][f"yaxis{row if row > 1 else ''}"]


def test_panels_stand_in_order_under_their_names_over_one_clock():
    layout = figures.timeline(night()).spec()["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["Hypnogram", "EEG Fpz-Cz, µV", "EOG horizontal, µV", "EMG, µV", "Share of absolute relevance, %"]
    tops = [note["y"] for note in layout["annotations"]]
    assert tops == sorted(tops, reverse=True)
    for row in range(1, 6):
        assert layout[f"xaxis{row if row > 1 else ''}"]["range"] == ["1989-05-08 00:03:00", "1989-05-08 00:05:00"]


@pytest.mark.parametrize("channel, name", enumerate(("EEG", "EOG", "EMG")))
def test_a_deflection_is_drawn_at_its_second_with_its_microvolts_and_its_sign(channel, name):
    [trace] = [trace for trace in drawn(figures.timeline(night()), channel + 2) if "dx" in trace]
    sample, microvolts = SPIKES[channel]
    assert (trace["x0"], trace["dx"]) == ("1989-05-08 00:03:00", 10), "100 Hz, in milliseconds"
    assert trace["y"][sample] == microvolts and numpy.nanargmax(numpy.abs(trace["y"])) == sample
    assert trace["line"]["color"] == palette.LOOKS[name].line
    assert trace["meta"] == [["EEG Fpz-Cz", "EOG horizontal", "EMG"][channel], "µV"]


def test_an_axis_of_a_signal_spans_all_but_its_extremes_with_ticks_of_1_2_or_5():
    figure = figures.timeline(night())
    for row, (reach, tick) in enumerate(((50, 20), (30, 20), (5, 2)), start=2):  # four fifths of 50, 30 and 5: 40, 24 and 4
        low, high = axis(figure, row)["range"]
        assert low == -high and high == pytest.approx(1.05 * reach, rel=0.01)
        assert axis(figure, row)["tickvals"] == [-tick, 0, tick]


def test_a_long_signal_keeps_its_clock_when_it_is_thinned():
    seen = window()
    seen.microvolts = numpy.zeros((100 * 1800, 3), "float32")
    seen.microvolts[100 * 1234] = 80
    seen.stop_s = seen.start_s + 1800
    [trace] = [trace for trace in drawn(figures.timeline(seen), 2) if "dx" in trace]
    assert max(trace["y"]) == 80 and len(trace["y"]) <= 12000 and trace["dx"] * numpy.argmax(trace["y"]) / 1000 == pytest.approx(1234, abs=0.3)
    assert trace["dx"] * len(trace["y"]) / 1000 == pytest.approx(1800, abs=1)


def test_shares_are_stacked_bars_of_30_seconds_from_the_onset_of_their_epoch():
    figure = figures.timeline(night())
    bars = [trace for trace in drawn(figure, 5) if trace["type"] == "bar"]
    assert [bar["name"] for bar in bars] == ["EEG", "EOG", "EMG"]
    for bar, values in zip(bars, ((50, 20, 20), (30, 60, 60), (20, 20, 20))):
        look = palette.LOOKS[bar["name"]]
        assert list(bar["y"]) == pytest.approx(values)
        assert (bar["marker"]["color"], bar["marker"]["pattern"]["shape"]) == (look.line, look.pattern)
        assert list(bar["x"]) == ["1989-05-08 00:03:00", "1989-05-08 00:03:30", "1989-05-08 00:04:30"]
        assert (bar["width"], bar["offset"]) == (30_000, 0)
        assert bar["hovertext"][1] == "00:03:30, epoch 11<br>true N1, predicted W<br>EEG 20 %, EOG 60 %, EMG 20 %"
    assert axis(figure, 5)["range"] == [0, 100] and figure.spec()["layout"]["barmode"] == "relative"


def test_what_lies_below_its_floor_is_not_cut_off():
    seen = night()
    seen.table["EEG"] -= 0.6
    figure = figures.timeline(seen, measured="Share above its floor, points")
    assert drawn(figure, 5)[0]["hovertext"][0].endswith("<br>EEG −10 %, EOG 30 %, EMG 20 %") and "EEG −30 %, EOG 50 %" in figure.alt
    assert list(drawn(figure, 5)[0]["y"]) == pytest.approx([-10, -40, -40]) and "range" not in axis(figure, 5)
    assert figure.spec()["layout"]["annotations"][-1]["text"] == "Share above its floor, points"


def test_stages_stand_at_their_height_the_true_ones_in_ink_and_disagreements_are_crossed():
    figure = figures.timeline(night())
    assert dict(zip(axis(figure, 1)["ticktext"], axis(figure, 1)["tickvals"])) == {"W": 4, "REM": 3, "N1": 2, "N2": 1, "N3": 0}
    low, high = axis(figure, 1)["range"]
    assert low < 0 and high > 4, "awake on top"
    named = {trace["name"]: trace for trace in drawn(figure, 1) if trace.get("name")}
    assert named["predicted"]["y"] == [1, 1, 4, 4, None, 3, 3] and named["true"]["y"] == [1, 1, 2, 2, None, 3, 3]
    assert (named["predicted"]["line"]["color"], named["true"]["line"]["color"]) == (palette.PREDICTED, palette.TEXT)
    assert named["predicted"]["x"] == named["true"]["x"] == ["1989-05-08 00:03:00", "1989-05-08 00:03:30", "1989-05-08 00:03:30", "1989-05-08 00:04:00", None,
                                                             "1989-05-08 00:04:30", "1989-05-08 00:05:00"]
    crossed = named["disagreement"]
    assert (crossed["x"], crossed["y"], crossed["marker"]["symbol"]) == (["1989-05-08 00:03:45"], [4], "x")
    assert crossed["hovertext"] == ["00:03:30, epoch 11<br>true N1, predicted W<br>EEG 20 %, EOG 60 %, EMG 20 %"]


def test_a_band_over_all_panels_covers_the_slots_that_were_dropped():
    shape = figures.timeline(night()).spec()["layout"]["shapes"][0]
    assert (shape["x0"], shape["x1"], shape["y0"], shape["y1"], shape["yref"]) == ("1989-05-08 00:04:00", "1989-05-08 00:04:30", 0, 1, "paper")


BANDS = {"delta": 4, "alpha": 12}


def bands(rule="eps=100"):
    """Of EEG's and EMG's shares in fold 2 the slow half and the fast one, another number for every epoch; other folds lie far off."""
    rows = [(fold, "ST7011", rule, name, band, epoch, (part + .01 * epoch) * (1 if fold == 2 else 5)) for fold in (1, 2) for epoch in EPOCHS
            for name, parts in (("EMG", (.02, .01)), ("EEG", (.2, .1))) for band, part in zip(BANDS, parts)]
    return pandas.DataFrame(rows, columns=["fold", "recording", "rule", "modality", "band", "epoch", "share"])


def test_bands_of_a_modality_stand_under_the_hypnogram_at_their_epochs():
    figure = figures.band_timeline(night(), bands(), None, BANDS)
    delta, alpha = drawn(figure, 2)
    assert (delta["name"], alpha["name"]) == ("δ", "α") and figure.spec()["layout"]["barmode"] == "stack"
    assert list(delta["y"]) == pytest.approx([30, 31, 33]) and list(alpha["y"]) == pytest.approx([20, 21, 23])
    assert list(delta["x"]) == ["1989-05-08 00:03:00", "1989-05-08 00:03:30", "1989-05-08 00:04:30"] and (delta["width"], delta["offset"]) == (30_000, 0)
    assert delta["hovertext"][2] == "00:04:30, epoch 13<br>EEG δ 33.0 %" and "δ 31 %, α 21 %" in figure.alt
    blue = "rgba(31,119,200,"
    assert delta["marker"]["color"].startswith(blue) and alpha["marker"]["color"].startswith(blue) and delta["marker"]["color"] != alpha["marker"]["color"]
    assert figure.table[["epoch", "δ, %", "α, %"]].values.tolist() == [[10, 30, 20], [11, 31, 21], [13, 33, 23]]
    other = figures.band_timeline(night(), bands(), "EMG", BANDS)
    assert list(drawn(other, 2)[0]["y"]) == pytest.approx([12, 13, 15]) and "Bands of EMG" in other.spec()["layout"]["annotations"][1]["text"]
