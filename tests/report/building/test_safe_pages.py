"""Names that try to be markup, in every file that a reader may bring, through the whole book: each is shown as text."""

import csv
import os
import shutil
import subprocess
import sys

import pytest
import yaml

pytestmark = pytest.mark.browser

#: Label of a channel as written in the header → what it is called instead; at most 16 characters, as EDF has them.
CHANNELS = {"EEG Fpz-Cz": "<b>EEG</b>", "EOG horizontal": "**EOG** $x$", "EMG submental": "[a](javascript:)"}
MODALITIES = {"<u>EEG</u>": "<b>EEG</b>", "__EOG__ $y$": "**EOG** $x$", "`EMG` &amp;": "[a](javascript:)"}
RECORDING = "<img src=x onerror=alert({})>"
SUBJECT = "</script><script>alert({})</script> $x_{}$"
LEVELS = ("[a](javascript:alert(1))", "**bold** <img src=x onerror=alert(2)>")


@pytest.fixture(scope="module")
def hostile(request, tmp_path_factory):
    """The book of the smoke report's first eight nights under such names; its html."""
    if os.environ.get("BOOK_HTML"):
        pytest.skip("this book is made of the smoke nights, whichever other book is under test")
    folder = tmp_path_factory.mktemp("hostile")
    nights = next(request.getfixturevalue("smoke").artifacts.glob("simulation/*/nights"))
    with open(nights / "recordings.csv") as file:
        listed = list(csv.DictReader(file))[::2]
    rows = []
    for number, night in enumerate(listed):
        for kind in ("psg", "hypnogram"):
            shutil.copyfile(nights / night[kind], folder / f"{number}-{kind}.edf")
        rename(folder / f"{number}-psg.edf")
        rows.append({"recording": RECORDING.format(number), "subject": SUBJECT.format(number, number),
                     "psg": f"{number}-psg.edf", "hypnogram": f"{number}-hypnogram.edf",
                     "<i>dose</i> {{x}}": LEVELS[number % 2]})
    cohort = folder / "mine <i> *x*.csv"
    with open(cohort, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    modalities = {name: [channel] for name, channel in MODALITIES.items()}
    cohort.with_suffix(".yaml").write_text(yaml.safe_dump({"modalities": modalities,
                                                           "marker": "Marker"}, sort_keys=False))
    command = [sys.executable, "-m", "helpers", "run", "--profile", "smoke", "--cohort", str(cohort), "-p", "rules",
               "[eps=100]", "--artifacts", str(folder / "artifacts"), "--output", str(folder / "build")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[-6000:]
    return folder / "build" / "html"


def rename(path):
    """Give the channels of an EDF file other labels: 16 bytes each after the fixed header of 256."""
    content = bytearray(path.read_bytes())
    for number in range(int(content[252:256])):
        label = content[256 + 16 * number: 272 + 16 * number].decode().strip()
        content[256 + 16 * number: 272 + 16 * number] = CHANNELS.get(label, label).ljust(16).encode()
    path.write_bytes(content)


@pytest.fixture
def victim(reading, hostile):
    with reading(hostile.as_uri()) as read:
        yield read


def test_no_name_becomes_an_element_or_runs_on_any_page(victim, hostile, drawn):
    names = [str(path.relative_to(hostile)) for path in sorted(hostile.rglob("*.html")) if "_static" not in path.parts]
    for name in names:
        page = victim(name)
        drawn(page)
        page.evaluate("document.querySelectorAll('details').forEach(element => { element.open = true })")
        assert page.locator('img[src="x"], a[href^="javascript"], script:not([src]):text("alert")').count() == 0, name
        marked = page.evaluate("""() => [...document.querySelectorAll('article b, article u, article i, article strong, '
            + 'article em, article a, article code, svg b, svg a')].map(element => element.textContent.trim())""")
        assert not {"EEG", "EOG", "EMG", "x", "dose", "bold", "a", "a(1)"} & set(marked), name
        if name == "index.html" or name.startswith("notebooks/") and not name.startswith("notebooks/08"):
            assert page.locator("mjx-container").count() == 0, f"{name}: dollar signs became a formula"
        page.context.close()


@pytest.mark.parametrize("name, literal", [
    ("notebooks/01_data.html", [RECORDING.format(0), SUBJECT.format(1, 1), *LEVELS, "<i>dose</i> {{x}}"]),
    *((f"notebooks/{name}.html", list(MODALITIES)) for name in (
        "03_global_relevance", "12_without", "13_trust", "14_rhythms", "15_another_network", "16_sleep_networks")),
    ("notebooks/04_local_timelines.html", [*CHANNELS.values(), *MODALITIES, RECORDING.partition("{")[0]]),
    ("notebooks/05_regression.html", [*LEVELS, "<i>dose</i> {{x}}", *MODALITIES]),
    ("browse.html", [SUBJECT.partition("{")[0], RECORDING.partition("{")[0], *MODALITIES]),
    ("index.html", ["mine <i> *x*"])])
def test_names_stand_on_the_pages_letter_by_letter(victim, drawn, name, literal):
    page = victim(name)
    drawn(page)
    page.evaluate("document.querySelectorAll('details').forEach(element => { element.open = true })")
    for words in literal:
        page.wait_for_function("""words => (document.body.innerText + ' ' + [...document.querySelectorAll('svg text')]
            .map(element => element.textContent).join(' ')).replaceAll('\\xa0', ' ').includes(words)""", arg=words, timeout=10_000)


def test_the_front_page_repeats_an_answer_with_its_names_letter_by_letter(victim):
    answer = victim("notebooks/03_global_relevance.html").locator(".sr-answer").first.inner_text().strip()
    assert any(name in answer for name in MODALITIES)
    assert answer.removeprefix("Answer. ") in victim("index.html").locator("article").inner_text()


def test_a_name_is_text_under_the_pointer_too(victim, drawn):
    page = victim("notebooks/01_data.html")
    drawn(page)
    bar = page.locator(".sr-figure").first.locator(".point path").first
    bar.scroll_into_view_if_needed()
    bar.hover(force=True)
    shown = page.locator(".hoverlayer text").first
    shown.wait_for()
    assert RECORDING.format(0) in shown.text_content()


def test_numbers_taken_away_carry_the_names_as_they_are(victim):
    page = victim("notebooks/01_data.html")
    link = page.locator('.sr-downloads[data-name^="epochs-by-stage"] a')
    with page.expect_download() as waiting:
        link.click()
    with open(waiting.value.path(), newline="") as file:
        assert [row["recording"] for row in csv.DictReader(file)] == [RECORDING.format(number) for number in range(8)]
