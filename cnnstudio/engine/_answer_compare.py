"""Where two networks disagree about the test sample."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from cnnstudio.core.questions import Disagree, Disagreement
from cnnstudio.engine._answer_pictures import of_sample, sample
from cnnstudio.engine.session import Session


def disagreement(question: Disagree, session: Session) -> Generator[None, None, Disagreement]:
    """The pictures that only one of two networks reads, both ways."""
    test = sample(session)
    one = yield from session.guesses(question.one, question.step)
    other = yield from session.guesses(question.other, question.step)
    reads_one, reads_other = one == test.labels, other == test.labels
    only_one, only_other = np.flatnonzero(reads_one & ~reads_other), np.flatnonzero(reads_other & ~reads_one)
    return Disagreement(
        only_one=of_sample(session, only_one, question.most, {question.one: one, question.other: other}),
        only_other=of_sample(session, only_other, question.most, {question.other: other, question.one: one}),
        neither=int((~reads_one & ~reads_other).sum()),
        tested=len(test.labels),
    )
