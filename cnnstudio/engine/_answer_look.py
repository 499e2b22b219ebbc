"""What is in a data set that only a look tells."""

from __future__ import annotations

from collections.abc import Generator

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Look, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.looking import LookAt
from cnnstudio.engine.session import Session


def look_at(question: LookAt, session: Session) -> Generator[Progress, None, Look]:
    """Loads what the race would take, and tells what it is like."""
    config = RaceConfig(dataset=question.dataset, examples=question.examples, seed=question.seed)
    prepared = yield from session.load(config)
    if prepared.look is None:
        raise StudioError(f"Nothing was seen of {prepared.info.title}.")
    return prepared.look
