"""A Sphinx extension that makes every page whole by itself: scripts and formulas come from files beside the pages, and
nothing asks another host for anything, so that the book also opens by double click and without a network.
"""

from __future__ import annotations

import importlib.metadata
import re
import shutil
from pathlib import Path

from ..browsing.scripts import PAGE as BROWSER
from . import downloads, icons, pages

#: Folders of the scripts and style sheets that every page may need.
STATIC = tuple(Path(__file__).parents[1] / folder / "static" for folder in ("draw", "browsing"))
#: What sphinx-thebe writes into the text of every page.
THEBE = re.compile(r'<script type="text/x-thebe-config">.*?</script>\s*|<script>kernelName = .*?</script>\s*', re.DOTALL)
#: What the theme brings and no page of the book asks for: thebe, maps and texts for those who write the theme, fonts of old browsers.
UNUSED = ("*thebe*", "*.map", "locales", "*.ttf")
MATHJAX = "mathjax/tex-svg.js"  # one file, glyphs included


def setup(app):
    """Sphinx calls this once."""
    app.connect("config-inited", _set_options)
    app.connect("builder-inited", _scripts)
    app.connect("html-page-context", _strip, priority=900)
    app.connect("build-finished", _copy)
    pages.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _set_options(app, config):
    """What Jupyter Book leaves open: one search field, the theme that the reader's system asks for."""
    config.html_theme_options["navbar_persistent"] = []
    config.html_context["default_mode"] = "auto"


def _scripts(app):
    app.config.mathjax_path = MATHJAX
    app.add_css_file("figures.css")
    app.add_css_file("browser.css")
    app.add_js_file("plotly.min.js", loading_method="defer")
    app.add_js_file("figures.js", loading_method="defer")
    app.add_js_file("code-button.js", loading_method="defer")
    app.add_js_file("table-filter.js", loading_method="defer")
    for name in BROWSER:
        app.add_js_file(name, loading_method="defer")


def _strip(app, pagename, templatename, context, doctree):
    """Take out what would be fetched from elsewhere (require.js, html-manager, thebe) or leads there."""
    context["script_files"] = [script for script in context.get("script_files", []) if _is_local(script)]
    context["css_files"] = [sheet for sheet in context.get("css_files", []) if _is_local(sheet)]
    context["body"] = THEBE.sub("", context.get("body", ""))
    for mark, names in (("sr-figure", ("plotly.min.js",)), ("data-sleep-browser", BROWSER)):
        if mark not in context["body"]:
            context["script_files"] = [script for script in context["script_files"]
                                       if not any(name in str(script) for name in names)]


def _is_local(asset):
    text = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', {}).get('body', '')}".lower()
    return not any(word in text for word in ("http:", "https:", "thebe", "require", "html-manager"))


def _copy(app, exception):
    if exception is not None:
        return
    import plotly

    target = Path(app.outdir) / "_static"
    for path in (path for folder in STATIC for path in folder.iterdir()):
        shutil.copyfile(path, target / path.name)
    shutil.copyfile(Path(plotly.__file__).with_name("package_data") / "plotly.min.js", target / "plotly.min.js")
    (target / "mathjax").mkdir(exist_ok=True)
    shutil.copyfile(_mathjax(), target / MATHJAX)
    for path in (path for name in UNUSED for path in target.rglob(name)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    icons.keep_shown(app.outdir)
    downloads.offer(app.outdir, app.srcdir)


def _mathjax():
    """MathJax's single file in the installed package."""
    for file in importlib.metadata.files("sphinx-mathjax-offline"):
        if file.name == Path(MATHJAX).name:
            return file.locate()
    raise FileNotFoundError(f"sphinx-mathjax-offline holds no {Path(MATHJAX).name}")
