"""The run that questions are about."""

from __future__ import annotations

from cnnstudio.core.errors import StudioError
from cnnstudio.core.questions import NO_RUN
from cnnstudio.engine.session import OpenRun, Session


def opened(session: Session, run_id: int | None = None) -> OpenRun:
    """The open run, or the one before when it is asked for by its id.

    Raises:
        StudioError: None is open, or the one asked for is gone.
    """
    if session.open_run is None:
        raise StudioError(NO_RUN, remedy="Press Run, or open a kept run.")
    for run in (session.open_run, session.previous_run):
        if run is not None and run_id in (None, run.started.run_id):
            return run
    raise StudioError("The weights of this run are no longer in memory.", "Other runs have begun since.")
