"""The browser's scripts and style sheet, by name, in the order in which they run: those that both hosts share, then the host's own."""

from pathlib import Path

#: Folder of the browser's scripts and style sheet.
STATIC = Path(__file__).with_name("static")
#: Scripts that draw nothing: numbers, words and addresses of a view.
PURE = ("browser-data.js", "browser-night.js", "browser-choice.js", "browser-scale.js")
SHARED = (*PURE, "browser-pen.js", "browser-draw.js", "browser-epoch.js", "browser-lists.js", "browser.js", "browser-reader.js")
#: Of a published page, and of JupyterLab.
PAGE, LAB = (*SHARED, "browser-page.js"), (*SHARED, "browser-widget.js")
