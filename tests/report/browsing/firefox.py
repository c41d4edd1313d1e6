"""A Firefox that tests drive by WebDriver BiDi, which it speaks by itself: Playwright knows a Firefox of its own alone. The client of
websockets comes with JupyterLab."""

import itertools
import json
import os
import re
import shutil
import subprocess
import time

import pytest
import websocket

WAIT_S = 30
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "ArrowRight": "\ue014"}


def executable():
    """Firefox's path; without one the test is skipped."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        pytest.skip("no Firefox on this machine: install firefox-esr to test the browser in it")
    return found


class Firefox:
    """One window, with nothing but a fresh profile; `errors` are what pages complained of."""

    def __init__(self, folder, width=1068, height=1000):
        self.errors, self._numbers = [], itertools.count()
        environment = {**os.environ, "HOME": str(folder), "MOZ_HEADLESS": "1"}
        self._process = subprocess.Popen([executable(), "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"],
                                         stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment)
        try:
            self._socket = websocket.create_connection(f"{self._address()}/session", timeout=WAIT_S, suppress_origin=True)
            self.ask("session.new", capabilities={})
            self.ask("session.subscribe", events=["log.entryAdded"])
            self._window = self.ask("browsingContext.getTree")["contexts"][0]["context"]
            self.ask("browsingContext.setViewport", context=self._window, viewport={"width": width, "height": height})
        except BaseException:
            self.close()
            raise

    def _address(self):
        for line in self._process.stderr:
            if found := re.search(r"ws://\S+", line):
                return found[0]
        raise RuntimeError("Firefox ended before it could be driven")

    def ask(self, method, **parameters):
        """What Firefox answers to a command of WebDriver BiDi."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._socket.recv())
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.errors.append(said["params"]["text"])
            if said.get("id") == number:
                assert said["type"] == "success", said
                return said["result"]

    def open(self, address):
        self.ask("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def value(self, expression):
        """A JavaScript expression's value on the page, or that of its promise."""
        said = self.ask("script.evaluate", expression=f"(async () => JSON.stringify((await ({expression})) ?? null))()", awaitPromise=True,
                        target={"context": self._window})
        assert said["type"] == "success", said
        return json.loads(said["result"]["value"])

    def until(self, expression):
        """Wait until an expression holds."""
        end = time.monotonic() + WAIT_S
        while not self.value(expression):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.05)

    def press(self, key):
        keys = [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        self.ask("input.performActions", context=self._window, actions=[{"type": "key", "id": "keys", "actions": keys}])

    def point(self, x, y, click=False):
        """Move the mouse to a place of the window, and click there."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)}]
        if click:
            moves += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.ask("input.performActions", context=self._window, actions=[{"type": "pointer", "id": "mouse", "actions": moves}])

    def close(self):
        self._process.terminate()
        self._process.wait(WAIT_S)
        self._process.stderr.close()
