"""Pages for people who do not see them, do not point at them, or see them on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

SHOWN = "document.querySelectorAll('details').forEach(element => { element.open = true })"


def violations(page, **options):
    """What axe finds; without fetching style sheets, which a page from a file may not."""
    return Axe().run(page, options={"preload": False, "resultTypes": ["violations"], **options}).response["violations"]


#: The dark page is the light one in other colours.
CHECKED = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}

#: Lesser rules that the figures and tables keep as well: regions told apart by name, no column without a name.
OURS = ("landmark-unique", "empty-table-header")


@pytest.mark.demo
@pytest.mark.parametrize("theme", CHECKED)
def test_axe_finds_no_serious_violation_on_any_page_with_everything_unfolded(opener, pages, drawn, keep, theme):
    for name in pages:
        page = opener(name, theme, reduced_motion="reduce")  # unfolding fades in
        drawn(page)
        keep(page, name, theme)
        page.evaluate(SHOWN)
        grave = [f"{name}: {fault['id']}, {fault['help']}: {fault['nodes'][0]['html'][:150]}, {fault['nodes'][0]['failureSummary']}"
                 for fault in violations(page, **CHECKED[theme])
                 if fault["impact"] in ("serious", "critical") or fault["id"] in OURS]
        assert not grave, "\n".join(grave)
        page.context.close()


def test_axe_sees_a_page_that_is_wrong(opener):
    page = opener("index.html")
    page.evaluate("document.querySelector('article').innerHTML += '<button></button><p style=\"color:#ccc\">faint</p>'")
    identifiers = {violation["id"] for violation in violations(page)}
    assert {"button-name", "color-contrast"} <= identifiers


FOCUSABLE = """() => {
    const seen = element => { const box = element.getBoundingClientRect(), style = getComputedStyle(element);
        return box.width > 0 && box.height > 0 && style.visibility !== 'hidden' && element.checkVisibility() };
    const controls = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
        .filter(element => seen(element) && !element.disabled && element.tabIndex >= 0)
        .filter(element => element.type !== 'radio' || element.checked);
    controls.forEach((element, number) => { element.dataset.number = number });
    return controls.map(element => element.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize("name", ["index.html", "notebooks/03_global_relevance.html", "notebooks/04_local_timelines.html"])
def test_every_control_is_reached_by_the_tab_key_and_shows_that_it_was(opener, drawn, name):
    page = opener(name)
    drawn(page)
    controls, reached, unmarked = page.evaluate(FOCUSABLE), set(), []
    for _ in range(len(controls) + 20):
        page.keyboard.press("Tab")
        number, ring = page.evaluate("""() => { const element = document.activeElement, style = getComputedStyle(element);
            return [element.dataset ? element.dataset.number : null,
                    style.outlineStyle !== 'none' || style.boxShadow !== 'none'] }""")
        if number is not None:
            reached.add(int(number))
            unmarked += [] if ring else [controls[int(number)]]
    missed = [control for number, control in enumerate(controls) if number not in reached]
    assert not missed, "\n".join(missed)
    assert not unmarked, "\n".join(unmarked)


def test_reduced_motion_is_respected(opener):
    page = opener("index.html", reduced_motion="reduce")
    moving = page.evaluate("""() => [...document.querySelectorAll('*')].map(element => getComputedStyle(element))
        .filter(style => parseFloat(style.transitionDuration) > 0.001 || parseFloat(style.animationDuration) > 0.001
                         || style.scrollBehavior === 'smooth').length""")
    assert moving == 0
