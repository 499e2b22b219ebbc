"""Whether somebody takes calls at an address, and if not, why: the system knows more than "no answer"."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from typing import Final
from urllib.parse import urlsplit

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError

_DEFAULT: Final = "Check the address, and that it is running: dask scheduler"
_ASK: Final = "Ask whoever runs the cluster for its address and for the three certificate files that belong to it."
_MOST_CAUSES: Final = 10


def knock(address: str, context: ssl.SSLContext | None = None) -> None:
    """Calls once and hangs up.

    Args:
        address: As in tcp://10.0.0.7:8786.
        context: For an encrypted call.

    Raises:
        StudioError: Nobody takes calls there; within `limits.CLUSTER_TIMEOUT_S`.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 0
    told: queue.SimpleQueue[OSError | None] = queue.SimpleQueue()
    # Looking up a name cannot be given a time limit, and may take half a minute where the network is down.
    threading.Thread(target=_try, args=(host, port, context, told), name="knock", daemon=True).start()
    try:
        error = told.get(timeout=limits.CLUSTER_TIMEOUT_S)
    except queue.Empty:
        error = TimeoutError()
    if error is not None:
        why = why_no_scheduler(error, encrypted=True) if isinstance(error, ssl.SSLError) else _why(error, host, port)
        raise unreachable(address, *why, str(error)) from error


def unreachable(address: str, cause: str, remedy: str = _DEFAULT, details: str = "") -> StudioError:
    """What is said of a scheduler that cannot be had."""
    return StudioError(f"The Dask scheduler {address} cannot be reached.", cause, remedy, details)


def why_no_scheduler(error: BaseException, *, encrypted: bool) -> tuple[str, str]:
    """Cause and remedy where somebody took the call, but did not speak as a scheduler does."""
    refused = next((each for each in _causes(error) if isinstance(each, ssl.SSLError)), None)
    if isinstance(refused, ssl.SSLCertVerificationError):
        return f"Its certificate is not accepted: {refused.verify_message}.", _ASK
    if refused is not None or encrypted:
        return "The encrypted call was refused: it takes calls without certificates, or does not accept ours.", _ASK
    if isinstance(error, TimeoutError):
        return f"Somebody takes calls there, but said nothing within {limits.CLUSTER_TIMEOUT_S:g} s.", _DEFAULT
    return "Who answers there is no Dask scheduler, or one that wants certificates (tls://).", _DEFAULT


def _causes(error: BaseException | None) -> list[BaseException]:
    """An error and what it comes from."""
    found: list[BaseException] = []
    while error is not None and len(found) < _MOST_CAUSES:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _try(host: str, port: int, context: ssl.SSLContext | None, told: queue.SimpleQueue[OSError | None]) -> None:
    error: OSError | None = None
    try:
        with socket.create_connection((host, port), limits.CLUSTER_TIMEOUT_S) as line:
            if context is not None:
                context.wrap_socket(line).close()
    except OSError as refused:
        error = refused
    except UnicodeError:  # a name that no computer can have
        error = socket.gaierror()
    told.put(error)


def _why(error: OSError, host: str, port: int) -> tuple[str, str]:
    """Cause and remedy."""
    if isinstance(error, socket.gaierror):
        return f"No computer is known here by the name {host}.", "Check the name, or write the number of its address."
    if isinstance(error, ConnectionRefusedError):
        return f"Nobody takes calls at port {port} of {host}.", f"Start it there: dask scheduler --port {port}"
    if isinstance(error, TimeoutError):
        return (
            f"Nobody answered within {limits.CLUSTER_TIMEOUT_S:g} s.",
            "Check the address, that the computer is on, and that no firewall stands between.",
        )
    return f"The system says: {error.strerror or error}.", _DEFAULT
