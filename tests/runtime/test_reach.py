"""Why nobody answers at an address, in words."""

from __future__ import annotations

import errno
import socket
import ssl
import threading

import pytest

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.runtime import _reach
from cnnstudio.runtime._reach import knock, why_no_scheduler

ADDRESS = "tcp://h:8786"


def test_who_takes_calls_is_found():
    with socket.create_server(("127.0.0.1", 0)) as server:
        knock(f"tcp://127.0.0.1:{server.getsockname()[1]}")


@pytest.mark.parametrize(
    ("error", "cause", "remedy"),
    [
        (socket.gaierror(-2, "Name or service not known"), "No computer is known here by the name h.", "the name"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "no"), "Nobody takes calls at port 8786 of h.", "--port 8786"),
        (TimeoutError(), "Nobody answered within 5 s.", "firewall"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "The system says: No route to host.", "Check the address"),
    ],
)
def test_what_the_system_says_is_said(monkeypatch, error, cause, remedy):
    def refuse(place, timeout):
        assert place == ("h", 8786)
        raise error

    monkeypatch.setattr(_reach.socket, "create_connection", refuse)
    with pytest.raises(StudioError, match="scheduler tcp://h:8786 cannot be reached") as told:
        knock(ADDRESS)
    assert told.value.report.cause == cause
    assert remedy in told.value.report.remedy


def test_a_name_that_no_computer_can_have():
    with pytest.raises(StudioError, match="No computer is known"):
        knock("tcp://" + "a" * 70 + ".b:1")


def test_a_name_that_takes_too_long_is_not_waited_for(monkeypatch):
    forever = threading.Event()

    def look_up(place, timeout):
        forever.wait()
        raise socket.gaierror

    monkeypatch.setattr(limits, "CLUSTER_TIMEOUT_S", 0.05)
    monkeypatch.setattr(_reach.socket, "create_connection", look_up)
    with pytest.raises(StudioError, match="Nobody answered within"):
        knock(ADDRESS)
    forever.set()


def _from(cause):
    error = OSError("Timed out trying to connect")
    error.__cause__ = cause
    return error


def test_why_it_is_no_scheduler():
    refused = ssl.SSLCertVerificationError("no")
    refused.verify_message = "self-signed certificate"
    cause, remedy = why_no_scheduler(_from(refused), encrypted=True)
    assert cause == "Its certificate is not accepted: self-signed certificate."
    assert "three certificate files" in remedy
    assert "refused" in why_no_scheduler(_from(ssl.SSLError("no")), encrypted=True)[0]
    assert "refused" in why_no_scheduler(ValueError("closed"), encrypted=True)[0]
    assert "said nothing" in why_no_scheduler(TimeoutError(), encrypted=False)[0]
    assert "no Dask scheduler" in why_no_scheduler(ValueError("it is no scheduler"), encrypted=False)[0]
