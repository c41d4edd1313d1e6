"""The notebook that a page offers, in a real JupyterLab: it runs as it was taken, its links lead somewhere, and its widget answers to a
choice, to a key and to Python.
"""

import json
import os
import subprocess
import sys
import time

import pytest
from jupyter_client import BlockingKernelClient

pytestmark = [pytest.mark.browser, pytest.mark.demo]

NAME = "04_local_timelines.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, chromium, reading, book):
    """A folder with the notebook, taken from the page of one night by its button."""
    folder = tmp_path_factory.mktemp("lab")
    with reading(book.as_uri()) as read:
        page = read(f"notebooks/{NAME.replace('.ipynb', '.html')}")
        page.locator(".dropdown-download-buttons button").first.click()
        with page.expect_download() as waiting:
            page.locator(f'a[download="{NAME}"]').click()
        waiting.value.save_as(folder / NAME)
    return folder


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory):
    """(address of a JupyterLab on that folder, where its runtime files are)."""
    home = tmp_path_factory.mktemp("home")
    settings = home / "config" / "labconfig"
    settings.mkdir(parents=True)
    asks_for_news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (settings / "page_config.json").write_text(json.dumps(asks_for_news))
    runtime = home / "runtime"
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.port=0", "--IdentityProvider.token=",
               f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True"]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_RUNTIME_DIR": str(runtime),
                   "JUPYTERLAB_SETTINGS_DIR": str(home), "JUPYTERLAB_WORKSPACES_DIR": str(home), "IPYTHONDIR": str(home)}
    with open(home / "said", "w") as said, subprocess.Popen(command, env=environment, stdout=said, stderr=said) as process:
        until = time.monotonic() + 60
        while not (found := list(runtime.glob("jpserver-*.json"))) and time.monotonic() < until and process.poll() is None:
            time.sleep(0.1)
        assert found, (home / "said").read_text()[-3000:]
        yield json.loads(found[0].read_text())["url"], runtime
        process.terminate()


@pytest.fixture(scope="module")
def lab(server, chromium):
    """The notebook in JupyterLab, all of its cells run."""
    address, _ = server
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{address}lab/tree/{NAME}")
    page.wait_for_function("() => window.jupyterapp && window.jupyterapp.shell.currentWidget?.context?.isReady", timeout=60_000)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    yield page
    context.close()


@pytest.fixture(scope="module")
def python(server, lab):
    """`python(expression)`: its value in the kernel of the notebook."""
    _, runtime = server
    client = BlockingKernelClient(connection_file=str(next(runtime.glob("kernel-*.json"))))
    client.load_connection_file()
    client.start_channels()

    def value(expression):
        said = []
        reply = client.execute_interactive(f"import json; print(json.dumps({expression}))", timeout=60, store_history=False, allow_stdin=False,
                                           output_hook=lambda message: said.append(message["content"].get("text", "")))
        assert reply["content"]["status"] == "ok", reply["content"]
        return json.loads("".join(said))

    yield value
    client.stop_channels()


@pytest.fixture(scope="module")
def widget(lab):
    """The subject browser below its cell, once its night is drawn."""
    shown = lab.locator('.sr-browser[data-ready="yes"]')
    shown.wait_for(timeout=120_000)
    return shown


BROWSER = "[one for one in Out.values() if type(one).__name__ == 'Browser'][-1]"


def eventually(python, expression, expected):
    until = time.monotonic() + 30
    while (found := python(expression)) != expected and time.monotonic() < until:
        time.sleep(0.1)
    assert found == expected


def test_every_cell_runs_and_the_widget_appears(lab, widget):
    faults = lab.evaluate("""() => window.jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === 'code')
        .flatMap(cell => cell.model.outputs.toJSON()).filter(output => output.output_type === 'error').map(output => output.evalue)""")
    assert faults == []
    assert widget.locator("canvas").first.is_visible()


def test_a_choice_in_the_widget_reaches_python(widget, python):
    before, select = python(f"{BROWSER}.rule"), widget.locator('select[id$="-rule"]')
    other = next(value for value in select.locator("option").evaluate_all("options => options.map(option => option.value)") if value != before)
    select.select_option(other)
    eventually(python, f"{BROWSER}.rule", other)


def test_a_key_moves_the_chosen_epoch_and_python_knows_it(widget, python):
    night = widget.locator(".sr-browser-night")
    night.focus()
    night.press("ArrowRight")
    eventually(python, f"{BROWSER}.epoch is None", False)
    first = python(f"{BROWSER}.epoch")
    night.press("ArrowRight")
    eventually(python, f"{BROWSER}.epoch > {first}", True)


def test_what_python_sets_the_widget_shows(widget, python):
    names = python(f"[{BROWSER}._nights.rules, {BROWSER}.rule]")
    wanted = next(name for name in names[0] if name != names[1])
    python(f"setattr({BROWSER}, 'rule', {wanted!r})")
    widget.locator(f'select[id$="-rule"] option[value="{wanted}"]:checked').wait_for(state="attached", timeout=30_000)


def test_a_term_leads_to_its_meaning_in_the_same_notebook(lab):
    lab.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0)")
    lab.locator('.jp-RenderedMarkdown a[href$="#epoch"]').first.click()
    heading = lab.locator(".jp-RenderedMarkdown h3", has_text="epoch").first
    heading.wait_for(timeout=30_000)
    lab.wait_for_function("heading => { const box = heading.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight }",
                          arg=heading.element_handle())
