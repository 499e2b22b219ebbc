"""A look into a folder."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Look
from cnnstudio.core.errors import StudioError
from cnnstudio.core.looking import LookAt
from cnnstudio.engine.answers import answer_now
from cnnstudio.engine.session import Session, finish


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for place in range(10):
            Image.fromarray(rng.integers(0, 256, (40, 40), np.uint8)).save(tmp_path / name / f"{place}.png")
    return tmp_path


def test_a_look_tells_what_the_race_will_take(folder):
    (folder / "cat" / "bad.png").write_text("no picture")
    session, key = Session(), f"folder:{folder}"
    note = "1 file could not be read and was skipped: bad.png."
    assert answer_now(LookAt(key, 4_000), session) == Look((1, 32, 32), ("cat", "dog"), 16, 4, (note,))
    prepared = session.loaded(key)
    assert prepared is finish(session.load(RaceConfig(dataset=key, examples=4_000))), "it is read once"
    assert len(prepared.train) + len(prepared.validation) == 16


def test_all_are_counted_where_few_are_asked_for(folder):
    assert answer_now(LookAt(f"folder:{folder}", 2), Session()).train == 16


def test_a_folder_that_cannot_be_read_is_explained(tmp_path):
    with pytest.raises(StudioError, match="has no folders in it"):
        answer_now(LookAt(f"folder:{tmp_path}", 2), Session())
