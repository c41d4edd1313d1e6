"""Fetching against a server on this machine: resume, wrong bytes, files already there, a server that breaks off."""

import hashlib
import http.server
import threading

import pandas
import pytest

from helpers.data.telemetry import fetch
from helpers.errors import WorkError

CONTENT = {"a-PSG.edf": bytes(range(256)) * 4000, "a-Hypnogram.edf": b"sleep stage" * 50}


class _Server(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT; class attributes set by a test say how badly."""

    ranges, breaks, wrong = True, 0, False
    asked = []

    def do_GET(self):
        content, start = CONTENT[self.path[1:]], 0
        type(self).asked.append((self.path[1:], self.headers.get("Range")))
        if self.ranges and self.headers.get("Range"):
            start = int(self.headers["Range"][6:-1])
            if start >= len(content):
                self.send_response(416)
                self.end_headers()
                return
        body = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if type(self).breaks:
            type(self).breaks -= 1
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self.wfile.write(body[::-1] if self.wrong else body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    handler = type("Handler", (_Server,), {"asked": []})
    instance = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=instance.serve_forever, daemon=True).start()
    handler.url = f"http://127.0.0.1:{instance.server_port}/"
    yield handler
    instance.shutdown()
    instance.server_close()


def _row(kind, name):
    return {kind: name, f"{kind}_bytes": len(CONTENT[name]), f"{kind}_sha256": hashlib.sha256(CONTENT[name]).hexdigest()}


TABLE = pandas.DataFrame([{**_row("psg", "a-PSG.edf"), **_row("hypnogram", "a-Hypnogram.edf")}])


def _fetch(folder, server):
    fetch(folder, base_url=server.url, progress=False, table=TABLE)


def _contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_fetch_leaves_the_files_and_nothing_else(tmp_path, server):
    _fetch(tmp_path, server)
    assert _contents(tmp_path) == CONTENT


def test_files_already_there_are_verified_and_not_asked_for_again(tmp_path, server):
    _fetch(tmp_path, server)
    server.asked.clear()
    _fetch(tmp_path, server)
    assert server.asked == []


def test_a_wrong_file_already_there_is_fetched_again(tmp_path, server):
    _fetch(tmp_path, server)
    path = tmp_path / "a-PSG.edf"
    path.write_bytes(path.read_bytes()[::-1])
    _fetch(tmp_path, server)
    assert _contents(tmp_path) == CONTENT


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on_where_it_stopped(ranges, tmp_path, server):
    server.breaks, server.ranges = 1, ranges
    _fetch(tmp_path, server)
    assert _contents(tmp_path) == CONTENT
    assert [asked for name, asked in server.asked if name == "a-PSG.edf"][1].startswith("bytes=")


def test_a_download_stopped_earlier_is_resumed(tmp_path, server):
    (tmp_path / ".a-PSG.edf.part").write_bytes(CONTENT["a-PSG.edf"][:1000])
    _fetch(tmp_path, server)
    assert ("a-PSG.edf", "bytes=1000-") in server.asked and _contents(tmp_path) == CONTENT


def test_a_part_of_another_file_does_not_spoil_the_result(tmp_path, server):
    (tmp_path / ".a-PSG.edf.part").write_bytes(b"x" * 1000)
    _fetch(tmp_path, server)
    assert _contents(tmp_path) == CONTENT


def test_wrong_bytes_never_stand_under_the_final_name(tmp_path, server):
    server.wrong = True
    with pytest.raises(WorkError, match="a-PSG.edf: .*SHA-256"):
        _fetch(tmp_path, server)
    assert not (tmp_path / "a-PSG.edf").exists()


def test_a_server_that_always_breaks_off_is_named_and_the_part_kept(tmp_path, server):
    server.breaks = 99
    with pytest.raises(WorkError, match="a-PSG.edf: http"):
        _fetch(tmp_path, server)
    assert not (tmp_path / "a-PSG.edf").exists() and (tmp_path / ".a-PSG.edf.part").stat().st_size > 0


def test_no_server_is_one_clear_line(tmp_path):
    with pytest.raises(WorkError, match="could not be read"):
        fetch(tmp_path, base_url="http://127.0.0.1:9/", progress=False, table=TABLE)
