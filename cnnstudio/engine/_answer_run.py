"""The run that questions are about."""

from __future__ import annotations

from cnnstudio.core.errors import StudioError
from cnnstudio.engine.session import OpenRun, Session


def opened(session: Session) -> OpenRun:
    """The open run.

    Raises:
        StudioError: None is open.
    """
    if session.open_run is None:
        raise StudioError("No run is open.", remedy="Press Run, or open a kept run.")
    return session.open_run
