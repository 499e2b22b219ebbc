"""A fresh home, and a small file server on this computer."""

from __future__ import annotations

import http.server
import threading
from pathlib import Path

import pytest

from tests.datasets.files import Server, exhaust, handler


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """The user's folders lie in a fresh place whose name has a blank and an accent."""
    folder = tmp_path / "Zoë's home"
    monkeypatch.setenv("CNNSTUDIO_HOME", str(folder))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def finish():
    """Runs a generator to its end and gives what it returns."""
    return lambda work: exhaust(work)[1]


@pytest.fixture
def server():
    """A running `Server`; its thread has ended when the test has."""
    state = Server()
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
    state.address = f"http://127.0.0.1:{httpd.server_address[1]}/"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    state.release.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()
    for each in threading.enumerate():
        if each.name == "download":
            each.join(5)
