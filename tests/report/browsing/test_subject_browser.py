"""The subject browser in a real browser, from files and from a server: what it shows, against the artifacts."""

import re

import numpy
import pytest

from helpers.constants import STAGES
from helpers.report.browsing.packets import slug

pytestmark = pytest.mark.browser

PAGE = "browse.html"


@pytest.fixture(scope="module")
def tables(study):
    """Predictions, shares and covariates with plain names."""
    return study.predictions().astype({"recording": str}), study.shares().astype({"recording": str}), study.covariates()


@pytest.fixture(scope="module")
def night(tables):
    """A tested night: subject, medication, recording, a fold."""
    predictions, _, covariates = tables
    row = covariates[covariates["recording"].isin(predictions["recording"])].iloc[-1]
    fold = int(predictions.loc[predictions["recording"] == row["recording"], "fold"].iloc[-1])
    return str(row["subject"]), row["medication"], row["recording"], fold


@pytest.fixture
def opened(reader):
    """`opened(hash, …)` opens the page and waits for the night."""
    def open_(hash_="", **options):
        page = reader(PAGE + hash_, **options)
        page.wait_for_selector("[data-ready=yes]")
        return page
    return open_


def _link(night, rule="eps-100", **more):
    subject, medication, _, fold = night
    values = {"subject": subject, "night": slug(medication), "fold": fold, "rule": rule, **more}
    return "#" + "&".join(f"{name}={value}" for name, value in values.items())


def _of(table, night):
    return table[(table["recording"] == night[2]) & (table["fold"] == night[3])].sort_values("epoch")


def _status(page):
    return page.inner_text(".sr-browser-status")


def _chosen(page):
    return {name: page.eval_on_selector(f"[id$='-{name}']", "select => select.value")
            for name in ("subject", "night", "fold", "rule", "average")}


def _shares(words):
    """Percentages by modality in a sentence."""
    return {name: int(value) for name, value in re.findall(r"(EEG|EOG|EMG) (\d+) %", words)}


def _misread(tables, night):
    rows = _of(tables[0], night)
    return rows.loc[rows["true"] != rows["predicted"], "epoch"].tolist()


def test_it_offers_every_tested_night_with_its_folds_and_the_rules(opened, tables):
    page, (predictions, shares, covariates) = opened(), tables
    recordings = set(predictions["recording"])
    tested = covariates[covariates["recording"].isin(recordings)]
    offered = "select => [...select.options].map(option => option.value)"
    assert page.eval_on_selector("[id$=-subject]", offered) == list(dict.fromkeys(tested["subject"].astype(str)))
    assert set(page.eval_on_selector("[id$=-rule]", offered)) == set(shares["rule"].astype(str))
    for subject in page.eval_on_selector("[id$=-subject]", offered)[:3]:
        page.select_option("[id$=-subject]", subject)
        of_subject = tested[tested["subject"].astype(str) == subject]
        page.wait_for_function("subject => location.hash.startsWith(`#subject=${subject}&`)", arg=subject)
        assert page.eval_on_selector("[id$=-night]", offered) == list(of_subject["medication"])
        folds = sorted(predictions.loc[predictions["recording"] == of_subject["recording"].iloc[0], "fold"].unique())
        expected = [str(fold) for fold in folds] + (["all"] if len(folds) > 1 else [])
        assert page.eval_on_selector("[id$=-fold]", offered) == expected


def test_a_link_shows_the_view_that_was_sent(opened, tables, night):
    predictions, shares, _ = tables
    row = _of(predictions, night).iloc[3]
    page = opened(_link(night, t=60, w=300, epoch=row.epoch))
    assert _chosen(page) == {"subject": night[0], "night": night[1], "fold": str(night[3]), "rule": "eps=100",
                             "average": "mean"}
    exact = _of(shares, night).query("epoch == @row.epoch and rule == 'eps=100'").set_index("modality")["share"]
    words = _status(page)
    assert f"epoch {row.epoch}: planted {row.true}, predicted {row.predicted}" in words
    assert _shares(words) == pytest.approx({name: 100 * share for name, share in exact.items()}, abs=0.51)
    assert f"({round(100 * row[f'p_{row.predicted}'])} %" in words
    page.click("[aria-label='Zoom in']")
    page.wait_for_function("location.hash.includes('w=150')")
    hash_values = dict(pair.split("=") for pair in page.evaluate("location.hash.slice(1)").split("&"))
    assert {name: hash_values[name] for name in ("subject", "night", "fold", "rule", "epoch")} == {
        "subject": night[0], "night": slug(night[1]), "fold": str(night[3]), "rule": "eps-100", "epoch": str(row.epoch)}


def test_the_address_follows_every_control_and_leads_back_to_the_same_view(opened, tables, night):
    page = opened(_link(night))
    for name, value, words in (("rule", "alpha1beta0", "rule=alpha1beta0"), ("average", "pooled", "average=pooled")):
        page.select_option(f"[id$=-{name}]", value)
        page.wait_for_function("words => location.hash.includes(words)", arg=words)
    page.check("[id$=-filter]")
    page.wait_for_function("location.hash.includes('filter=on')")
    page.click("[aria-label='Next disagreement (d)']")
    page.wait_for_function("location.hash.includes('epoch=')")
    before = page.evaluate("location.hash"), _chosen(page), _status(page), page.inner_text(".sr-browser-summary")
    again = opened(before[0])
    assert (again.evaluate("location.hash"), _chosen(again), _status(again),
            again.inner_text(".sr-browser-summary")) == before
    assert again.is_checked("[id$=-filter]")


def test_frequency_bands_are_a_lane_and_columns_that_add_up_to_shares(opened, night):
    page = opened(_link(night, epoch=None).replace("&epoch=None", ""))
    height = page.eval_on_selector(".sr-browser-night canvas", "canvas => canvas.clientHeight")
    page.check("[id$=-bands]")
    page.wait_for_function("() => location.hash.includes('bands=on')")
    assert page.eval_on_selector(".sr-browser-night canvas", "canvas => canvas.clientHeight") > height + 100
    page.click("text=The epochs in view as a table")
    page.wait_for_selector(".sr-browser tbody tr")
    columns = page.locator(".sr-browser table th").all_inner_texts()
    assert columns[-6:] == ["EMG gamma %", *(f"probability of {stage} %" for stage in STAGES)] and len(columns) == 4 + 3 + 18 + 5
    rows = page.eval_on_selector_all(".sr-browser tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    numbers = numpy.array([[float(cell) for cell in row[4:-5]] for row in rows if row[4]])
    assert len(numbers) and numpy.abs(numbers[:, 3:].reshape(len(numbers), 3, 6).sum(axis=2) - numbers[:, :3]).max() < 0.4  # rounded to 0.1


def test_what_is_worth_a_look_is_listed_and_shown_by_a_click(opened, tables):
    page, predictions = opened(), tables[0]
    page.click(".sr-browser-worth summary")
    least = predictions.assign(sure=predictions.filter(like="p_").max(axis=1)).sort_values("sure", kind="stable").iloc[0]
    first = page.locator(".sr-browser-worth li").first
    assert first.inner_text().removesuffix(" ▮").endswith(f"{least['predicted']} with {100 * least['sure']:.0f} %")
    first.locator("button").click()
    page.wait_for_function("words => location.hash.includes(words)", arg=f"epoch={least['epoch']}")
    assert int(_chosen(page)["fold"]) == least["fold"] and least["predicted"] in _status(page)


def test_a_link_to_a_second_shows_the_half_hour_from_there_or_the_whole_of_a_shorter_night(opened, night, study):
    onsets = study.epochs().ledger.query("recording == @night[2]")["onset_s"]
    length = onsets.max() + 30 - onsets.min()
    page = opened(_link(night, t=240))
    page.check("[id$=-filter]")
    page.wait_for_function("location.hash.includes('filter=on')")
    hash_values = dict(pair.split("=") for pair in page.evaluate("location.hash.slice(1)").split("&"))
    assert float(hash_values["w"]) == pytest.approx(min(1800, length), abs=1)
    assert float(hash_values["t"]) == pytest.approx(240 if length > 2040 else onsets.max() + 30 - min(1800, length), abs=1)


def test_what_is_not_there_is_said_and_what_is_there_is_shown(opened):
    page = opened("#subject=nobody&rule=eps-7&epoch=999999")
    words = _status(page)
    first = page.eval_on_selector("[id$=-subject]", "select => select.options[0].value")
    assert words.startswith(f"No subject nobody; showing {first}. No rule eps-7; showing ε = 0.01. No epoch 999999 in this night; showing none.")
    assert page.inner_text(".sr-browser-summary").count("%") == 3


@pytest.mark.parametrize("average", ["mean", "pooled"])
def test_the_summary_says_what_the_artifacts_say(average, opened, tables, night):
    predictions, shares, _ = tables
    page = opened(_link(night, average=average))
    rows, table = _of(predictions, night), _of(shares, night).query("rule == 'eps=100'")
    weights = numpy.exp(table["log_total"] - table["log_total"].max()) if average == "pooled" else table["log_total"] * 0 + 1
    wide = (table["share"] * weights).groupby(table["modality"]).sum() / weights.groupby(table["modality"]).sum()
    words = page.inner_text(".sr-browser-summary")
    assert _shares(words) == pytest.approx({name: 100 * share for name, share in wide.items()}, abs=0.51)
    assert f"{len(rows)} epochs, {(rows['true'] == rows['predicted']).sum()} of {len(rows)} predicted as planted" in words


def test_the_table_twin_holds_each_slot_of_the_view(opened, tables, night, study):
    page = opened(_link(night))
    page.click("text=The epochs in view as a table")
    page.wait_for_selector(".sr-browser tbody tr")
    rows = page.eval_on_selector_all(".sr-browser tbody tr", "rows => rows.map(row => [...row.cells].map(c => c.textContent))")
    ledger = study.epochs().ledger.query("recording == @night[2]").sort_values("onset_s")
    assert [int(row[1]) for row in rows] == ledger["epoch"].tolist()
    rows_by_epoch = _of(tables[0], night).set_index("epoch")
    shares = _of(tables[1], night).query("rule == 'eps=100'").pivot(index="epoch", columns="modality", values="share")
    for row, slot in zip(rows, ledger.itertuples()):
        if slot.kept:
            assert row[2:4] == [rows_by_epoch.loc[slot.epoch, "true"], rows_by_epoch.loc[slot.epoch, "predicted"]]
            exact = [*shares.loc[slot.epoch, ["EEG", "EOG", "EMG"]], *rows_by_epoch.loc[slot.epoch, [f"p_{stage}" for stage in STAGES]]]
            assert [float(cell) for cell in row[4:]] == pytest.approx([100 * value for value in exact], abs=0.051)
        else:
            assert row[2:] == [slot.reason, *[""] * 9]


def test_the_keyboard_alone_goes_from_disagreement_to_disagreement_and_opens_them(opened, tables, night):
    misread = _misread(tables, night)
    assert len(misread) >= 2, "the night must have disagreements"
    page = opened(_link(night))
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('sr-browser-night')"):
            break
    else:
        pytest.fail("the night cannot be reached by the keyboard")

    def pressed(key, epoch):
        page.keyboard.press(key)
        page.wait_for_function("words => location.hash.endsWith(words)", arg=f"epoch={epoch}")

    pressed("d", misread[0])
    pressed("d", misread[1])
    pressed("D", misread[0])
    page.wait_for_selector(".sr-browser-epoch:not([hidden])")
    page.keyboard.press("Escape")
    page.wait_for_function("!location.hash.includes('epoch=')")
    assert page.is_hidden(".sr-browser-epoch")
    width = "+new URLSearchParams(location.hash.slice(1)).get('w')"
    whole = page.evaluate(width)
    page.keyboard.press("+")
    page.wait_for_function(f"whole => Math.abs({width} - whole / 2) < 3", arg=whole)
    page.keyboard.press("0")
    page.wait_for_function(f"whole => Math.abs({width} - whole) < 3", arg=whole)


def test_the_next_stage_change_is_where_scoring_changes(opened, tables, night):
    rows = _of(tables[0], night)
    changed = rows.loc[rows["true"] != rows["true"].shift(fill_value=rows["true"].iloc[0]), "epoch"].tolist()
    page = opened(_link(night))
    for epoch in changed[:3]:
        page.click("[aria-label='Next stage change (s)']")
        page.wait_for_function("words => location.hash.endsWith(words)", arg=f"epoch={epoch}")


DIVERGING = """canvas => { const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let drawn = 0, coloured = 0;
    for (let at = 0; at < pixels.length; at += 4) {
        if (!pixels[at + 3]) continue;
        drawn += 1;
        const [r, g, b] = [pixels[at], pixels[at + 1], pixels[at + 2]];
        if (Math.abs(r - 20) + Math.abs(g - 138) + Math.abs(b - 84) < 12) coloured += 1;
        if (Math.abs(r - 126) + Math.abs(g - 66) + Math.abs(b - 166) < 12) coloured += 1;
    }
    return [drawn, coloured]; }"""


def test_a_click_on_an_epoch_opens_its_30_seconds_with_relevance_on_the_signals(opened, tables, night, study):
    epoch = study.details().epochs(night[2])[0]
    onset = study.epochs().table.query("recording == @night[2] and epoch == @epoch")["onset_s"].iloc[0]
    page = opened(_link(night, t=onset - 60, w=150))
    box = page.locator(".sr-browser-night canvas").bounding_box()
    first = float(study.epochs().ledger.query("recording == @night[2]")["onset_s"].min())
    start = max(onset - 60, first)
    left, right = 58, box["width"] - 10
    page.mouse.click(box["x"] + left + (right - left) * (onset + 15 - start) / 150, box["y"] + 60)
    page.wait_for_selector(".sr-browser-epoch canvas")
    page.wait_for_function("words => location.hash.endsWith(words)", arg=f"epoch={epoch}")
    drawn, coloured = page.eval_on_selector(".sr-browser-epoch canvas", DIVERGING)
    assert drawn > 2000 and coloured > 10
    predicted = _of(tables[0], night).set_index("epoch").loc[epoch, "predicted"]
    assert f"supports {predicted}" in page.inner_text(".sr-browser-epoch")
    page.click("text=Close")
    page.wait_for_selector(".sr-browser-epoch", state="hidden")


def test_an_epoch_that_the_page_does_not_hold_says_which_it_holds(opened, tables, night, study):
    held = set(study.details().epochs(night[2]))
    missing = [epoch for epoch in _of(tables[0], night)["epoch"] if epoch not in held]
    if not missing:
        pytest.skip("the page holds every epoch of this night")
    page = opened(_link(night, epoch=missing[0]))
    page.wait_for_selector(".sr-browser-epoch:not([hidden])")
    assert "at most 40 a night" in page.inner_text(".sr-browser-epoch")


def test_a_view_loads_less_than_a_megabyte_beyond_what_pages_share(reader, book, night, study):
    asked = []
    page = reader("index.html")
    page.on("request", lambda request: asked.append(request.url))
    epoch = study.details().epochs(night[2])[0]
    page.goto(page.url.replace("index.html", PAGE) + _link(night, epoch=epoch))
    page.wait_for_selector(".sr-browser-epoch canvas")
    files_asked = [url.split("?")[0] for url in asked if "/nights/" in url or "/_static/browser" in url]
    sizes = {url: (book / url.split("html/")[-1] if "html/" in url else book / url.split("/", 3)[-1]).stat().st_size
             for url in files_asked}
    assert sum("/nights/" in url for url in sizes) == 3, sizes  # the index, one night, one epoch
    assert sum(sizes.values()) < 1_000_000, sizes


def test_the_drawing_follows_the_theme_and_the_filter(opened, night):
    page = opened(_link(night))
    look = "canvas => canvas.toDataURL()"
    light = page.eval_on_selector(".sr-browser-night canvas", look)
    page.check("[id$=-filter]")
    page.wait_for_function("location.hash.includes('filter=on')")
    other = page.eval_on_selector(".sr-browser-night canvas", look)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function("before => document.querySelector('.sr-browser-night canvas').toDataURL() !== before", arg=other)
    assert len({light, other, page.eval_on_selector(".sr-browser-night canvas", look)}) == 3


def test_dragging_moves_along_the_night_without_leaving_it(opened, night):
    page = opened(_link(night, t=120, w=240))
    box = page.locator(".sr-browser-night canvas").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 50, steps=5)
    page.mouse.up()
    page.wait_for_function("+new URLSearchParams(location.hash.slice(1)).get('t') > 120")
    page.mouse.move(box["x"] + 100, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 100 + 5000, box["y"] + 50, steps=5)
    page.mouse.up()
    page.wait_for_function("+new URLSearchParams(location.hash.slice(1)).get('t') < 100")
    assert page.evaluate("+new URLSearchParams(location.hash.slice(1)).get('w')") == 240


MODEL = """async (module) => {
    const values = {}, heard = {};
    const model = {
        get: name => values[name] ?? null, save_changes: () => {},
        set: (name, value) => { if (JSON.stringify(values[name]) !== JSON.stringify(value)) {
            values[name] = value; (heard['change:' + name] || []).forEach(f => f()); } },
        on: (event, f) => (heard[event] = heard[event] || []).push(f), off: () => {},
        send: async message => {
            const [content, base64] = await window.ask(message.ask);
            const bytes = base64 ? [new DataView(Uint8Array.from(atob(base64), c => c.charCodeAt(0)).buffer)] : [];
            heard['msg:custom'].forEach(f => f(content, bytes)); } };
    Object.assign(values, {average: 'mean', filter: false});
    const made = await import(URL.createObjectURL(new Blob([module], {type: 'text/javascript'})));
    window.model = model;
    document.body.innerHTML = '<div id="cell"></div>';
    made.default.render({ model, el: document.getElementById('cell') });
}"""


def test_going_back_from_the_view_finds_the_epoch_just_before_it(opened, tables, night, study):
    misread = _misread(tables, night)
    onset = study.epochs().table.query("recording == @night[2]").set_index("epoch")["onset_s"]
    page = opened(_link(night, t=onset[misread[1]] + 30, w=60))
    page.click("[aria-label='Previous disagreement (D)']")
    page.wait_for_function("words => location.hash.endsWith(words)", arg=f"epoch={misread[1]}")


def test_a_link_means_the_mean_of_shares_unless_it_says_otherwise(opened, night):
    page = opened(_link(night, average="pooled"))
    page.evaluate("hash => { location.hash = hash; }", _link(night))
    page.wait_for_function("document.querySelector('[id$=-average]').value === 'mean'")


def test_in_jupyterlab_python_sets_and_observes_the_same_browser(reader, study, night, tables):
    """The widget's module in a page whose model is a stand-in for JupyterLab's; its questions reach the real widget."""
    import base64

    widget = study.browser()
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))

    def ask(name):
        widget._answer(widget, {"ask": name}, [])
        content, buffers = sent.pop()
        return [content, base64.b64encode(buffers[0]).decode() if buffers else None]

    page = reader("index.html")
    page.expose_function("ask", ask)
    page.evaluate(MODEL, widget._esm)
    page.wait_for_selector("#cell[data-ready=yes]")
    assert page.evaluate("model.get('subject')") == str(tables[2].loc[tables[2]["recording"].isin(
        tables[0]["recording"]), "subject"].iloc[0])
    page.evaluate("([s, n]) => { model.set('subject', s); model.set('night', n); }", [night[0], night[2]])
    page.wait_for_function("name => model.get('night') === name", arg=night[1])
    every = _of(tables[0], night)["epoch"].tolist()
    page.evaluate("([fold, epoch]) => { model.set('fold', fold); model.set('epoch', epoch); }", [night[3], every[1]])
    page.wait_for_selector(".sr-browser-epoch canvas", timeout=60_000)  # every epoch can be opened here
    page.click("[aria-label='Zoom in']")
    page.wait_for_function("model.get('window') !== null && model.get('window')[1] - model.get('window')[0] > 0")
    assert page.evaluate("model.get('epoch')") == every[1]


def test_the_widget_refuses_what_there_is_none_of(study):
    from helpers.errors import InputError

    with pytest.raises(InputError, match="subject nobody: there is none; there are "):
        study.browser(subject="nobody")
    widget = study.browser()
    with pytest.raises(InputError, match="rule eps=7: there is none; there are eps=0.01, eps=100, alpha1beta0"):
        widget.rule = "eps=7"
