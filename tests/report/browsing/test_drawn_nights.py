"""What the browser paints, read back from the pixels of a real browser: a night of which every spike, stage and share is known."""

import known_nights
import numpy
import pytest
from known_nights import AGAINST_S, DOWN_S, SPIKE_UV, SPIKED, SPLIT, SUPPORTS_S, UP_S
from pixels import AGAINST, EEG, EMG, EOG, PIXELS, PREDICTED, SUPPORTS, TEXT, image_of, page_in, painted, place

pytestmark = pytest.mark.browser


def canvas(page, of):
    """The pixels of the canvas in a box."""
    return image_of(page.eval_on_selector(f"{of} canvas", PIXELS))


def written(page, words, box="sr-browser-"):
    """Places (x, y) at which a text was written on a canvas in a box of that class."""
    return [(x, y) for text, x, y, name in page.evaluate("window.written") if text == words and box in name]


ONSET = 30 * SPIKED
LINK = "#subject=01&night=a&fold=2&rule=eps-100"


@pytest.mark.parametrize("filter_", ["off", "on"])
def test_a_spike_of_a_night_stands_at_its_second_and_points_upwards(looking, known, filter_):
    page = looking(f"{known}{LINK}&t=120&w=240&filter={filter_}")
    image = canvas(page, ".sr-browser-night")
    top = next(y for _, y in written(page, "EEG Fpz-Cz" + (", 0.3 to 35 Hz" if filter_ == "on" else "")))
    rows, columns = painted(image[round(top) + 10:round(top) + 68], EEG, opaque=90)
    inside = (columns > place(image, ONSET + 3, 120, 240)) & (columns < place(image, ONSET + 27, 120, 240))
    highest = columns[inside][rows[inside] == rows[inside].min()]
    assert abs(highest.mean() - place(image, ONSET + UP_S, 120, 240)) < 3
    middle = numpy.median(rows[inside])
    assert middle - rows[inside].min() > 18 and (filter_ == "on" or rows[inside].max() - middle < 3)


def test_zooming_into_an_epoch_that_opens_ends_in_every_sample_of_it(looking, known):
    page = looking(f"{known}{LINK}&t={ONSET + UP_S - 1:.0f}&w=2")
    page.wait_for_function("() => window.written.some(([text]) => text === 'EEG Fpz-Cz, every sample')")
    image = canvas(page, ".sr-browser-night")
    _, top = written(page, "EEG Fpz-Cz, every sample")[-1]
    rows, columns = painted(image[round(top) + 10:round(top) + 68], EEG, opaque=90)
    raised = columns[rows < rows.min() + 4]
    start, end = (place(image, UP_S + after, UP_S - 1, 2) for after in (0, 0.05))  # a tenth of a second holds no stretch this narrow
    assert start - 3 <= raised.min() and raised.max() <= end + 3 and raised.max() - raised.min() > 0.5 * (end - start)


def test_relevance_of_an_opened_epoch_stands_at_its_second_channel_and_side(looking, known):
    page = looking(f"{known}{LINK}&epoch={SPIKED}")
    page.wait_for_selector(".sr-browser-epoch canvas")
    image = canvas(page, ".sr-browser-epoch")
    lanes = sorted({y for _, y in written(page, "0", "sr-browser-canvas")})
    for colour, zero, second, upwards in ((EEG, lanes[0], SUPPORTS_S, True), (EOG, lanes[1], AGAINST_S, False)):
        lane, x = image[round(zero) - 30:round(zero) + 30], place(image, second + 0.025, 0, 30)
        rows, columns = painted(lane, colour)
        assert abs(columns.mean() - x) < 2
        assert ((rows - 30 < 0) == upwards).mean() > 0.95 and 20 <= numpy.abs(rows - 30).max() <= 26
        full = len(set(rows)) / (rows.max() - rows.min() + 1)
        assert full > 0.95 if upwards else 0.4 < full < 0.6  # full where it supports, striped where it speaks against
        rows, columns = painted(image[round(zero) - 100:round(zero) - 50], SUPPORTS if upwards else AGAINST, opaque=100)
        assert len(set(rows)) > 20 and abs(columns.mean() - x) < 2  # behind the spike
    assert not len(painted(image[round(lanes[2]) - 30:round(lanes[2]) + 30], EMG)[0])


def test_the_signal_of_an_opened_epoch_is_not_mirrored_and_its_scale_bar_measures_it(looking, known):
    page = looking(f"{known}{LINK}&epoch={SPIKED}")
    page.wait_for_selector(".sr-browser-epoch canvas")
    image = canvas(page, ".sr-browser-epoch")
    for name, second, upwards in (("EEG Fpz-Cz", UP_S, True), ("EOG horizontal", DOWN_S, False)):
        _, top = written(page, name)[-1]
        rows, columns = painted(image[round(top) + 8:round(top) + 76, 58:], TEXT, opaque=90)
        flat = numpy.median(rows)
        far = numpy.abs(rows - flat) > 15
        assert abs(58 + columns[far].mean() - place(image, second + 0.025, 0, 30)) < 2
        assert ((rows[far] < flat) == upwards).all() and far.any()
        bars, _ = painted(image[round(top) + 11:round(top) + 73, 52:54], TEXT, opaque=60)
        [unit] = {text.split()[0] for text, _, y, box in page.evaluate("window.written")
                  if text.endswith(" µV") and "canvas" in box and abs(y - top - 11 - 31) < 2}
        spike = numpy.abs(rows[far] - flat).max()
        assert (bars.max() - bars.min() + 1) / float(unit) == pytest.approx(spike / SPIKE_UV[name[:3]], rel=0.08)


def test_the_words_beside_each_lane_say_the_share_of_its_modality_and_the_scale_says_that_it_is_a_square_root(looking, known):
    page = looking(f"{known}{LINK}&epoch={SPIKED}")
    page.wait_for_selector(".sr-browser-epoch canvas")
    # fold 2 is the first, eps=100 the second rule: EEG 0.02 × epoch, EOG 0.1 + 0.15
    shares = {"EEG": 2 * SPIKED, "EOG": 25, "EMG": 100 - 2 * SPIKED - 25}
    tops = [written(page, f"{name}: {share} % of relevance")[0][1] for name, share in shares.items()]
    assert tops == sorted(tops)
    most = 100 * known_nights.LEVEL[2] * known_nights.SCALE[2]
    for text in (f"{most:g} %", f"{most / 4:g} %", f"−{most:g} %"):
        assert len(written(page, text)) >= 3
    assert written(page, "% of relevance each 1/20 s, square-root scale")


def test_a_scale_bar_is_as_long_as_the_signal_that_it_measures(looking, known):
    page = looking(f"{known}{LINK}")
    image = canvas(page, ".sr-browser-night")
    for colour, name, modality in ((EEG, "EEG Fpz-Cz", "EEG"), (EOG, "EOG horizontal", "EOG"), (EMG, "EMG submental", "EMG")):
        _, top = written(page, name)[-1]
        panel = image[round(top) + 9:round(top) + 9 + 56]
        rows, columns = painted(panel, colour)
        wave = columns < place(image, 90, 0, 600)  # epochs before the dropped one are waves
        tall = rows[wave].max() - rows[wave].min()  # twice the amplitude
        bars, _ = painted(panel[:, 52:54], TEXT, opaque=60)
        [unit] = {text.split()[0] for text, _, y, name in page.evaluate("window.written")
                  if text.endswith(" µV") and "night" in name and abs(y - top - 9 - 28) < 2}
        assert (bars.max() - bars.min() + 1) / float(unit) == pytest.approx(tall / (2 * SPIKE_UV[modality]), rel=0.08)


def test_a_hypnogram_of_one_stage_is_a_line_beside_that_stage_s_name(looking, tmp_path):
    page = looking(page_in(tmp_path, stage="N1", split=False) + LINK)
    image = canvas(page, ".sr-browser-night")
    rows, columns = painted(image[:130], PREDICTED)
    level = written(page, "N1")[-1][1]
    assert numpy.abs(rows - level).max() <= 3 and columns.max() - columns.min() > 0.95 * (image.shape[1] - 68)
    names = {name: written(page, name)[-1][1] for name in ("W", "REM", "N1", "N2", "N3")}
    assert sorted(names, key=names.get) == ["W", "REM", "N1", "N2", "N3"]


def test_each_epoch_that_opens_is_marked_under_the_hypnogram_and_no_other(looking, known):
    page = looking(known + LINK)
    image = canvas(page, ".sr-browser-night")
    [(_, y)] = {tuple(at) for at in written(page, "open")}
    marked = numpy.unique(painted(image[round(y) - 3:round(y) + 3, 58:], TEXT, opaque=200)[1]) + 58
    width = (image.shape[1] - 68) / 20
    found = {int((column - 58) // width) for column in marked}
    assert found == {SPIKED, SPLIT}


def test_stacked_shares_take_up_their_part_of_the_panel(looking, known):
    page = looking(f"{known}{LINK}&t=540&w=60")  # epochs 18 and 19, 500 px each
    image = canvas(page, ".sr-browser-night")
    _, top = written(page, "Share of absolute relevance, %")[-1]
    panel = image[round(top) + 9:round(top) + 9 + 80]
    column = panel[:, round(place(image, 585, 540, 60))]  # epoch 19: EEG 38 %, EOG 25 %, EMG 37 %
    blue, red = (numpy.flatnonzero(numpy.abs(column[:, :3].astype(int) - colour).sum(axis=1) < 40) for colour in (EEG, EMG))
    assert abs(blue.min() - 0.62 * 80) <= 1 and blue.max() >= 78  # from the foot
    assert red.min() <= 3 and abs(red.max() - 0.37 * 80) <= 4  # at the top, in a pattern


def test_stages_and_their_marks_stand_in_their_epoch(looking, known):
    """In the split epoch, N2 was scored and fold 5 predicts N3; in the one before it, all is N2."""
    page = looking(f"{known}{LINK.replace('fold=2', 'fold=5')}")
    image = canvas(page, ".sr-browser-night")
    rows = {name: round(written(page, name)[-1][1]) for name in ("N2", "N3", "open")}

    def has(colour, row, epoch, tall=3):
        middle = round(place(image, 30 * epoch + 15, 0, 600))
        return len(painted(image[row - tall:row + tall + 1, middle - 3:middle + 4], colour, 40 if colour == PREDICTED else 100, opaque=90)[0])

    assert has(PREDICTED, rows["N3"], SPLIT) and not has(PREDICTED, rows["N2"], SPLIT)
    assert has(TEXT, rows["N2"], SPLIT) and has(TEXT, rows["N3"], SPLIT)  # the scored stage; a cross
    assert has(PREDICTED, rows["N2"], SPLIT - 1) and not has(TEXT, rows["N3"], SPLIT - 1)
    diamonds = rows["open"] - 13
    assert [epoch for epoch in range(20) if has(TEXT, diamonds, epoch)] == [SPLIT]
    grey = painted(image[2:6], (118, 123, 130), opaque=40)[1]
    assert abs(grey.min() - place(image, 90, 0, 600)) < 2 and abs(grey.max() - place(image, 120, 0, 600)) < 2  # the dropped slot


def test_clock_times_stand_at_their_second(looking, known):
    page = looking(f"{known}{LINK}&t=60&w=300")  # the night begins at 23:58:00
    image = canvas(page, ".sr-browser-night")
    for text, seconds in (("23:59:30", 90), ("00:00:00", 120), ("00:02:00", 240)):
        assert written(page, text)[-1][0] == pytest.approx(place(image, seconds, 60, 300), abs=1)
