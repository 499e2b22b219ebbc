"""Films of views whose answers take long, with the real engine: every frame is complete and of its own moment."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from cnnstudio.core import limits
from cnnstudio.core.attribution import METHODS
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.inside import Unit
from cnnstudio.engine import _answer_unit
from cnnstudio.ui.app import Program
from cnnstudio.ui.demo import three
from cnnstudio.ui.studio import UnitOf

TINY = RaceConfig(dataset="digits", networks=("mlp", "lenet5"), examples=64, batch_size=32, epochs=2, evaluations=2)
UNIT = Unit("1_conv", 2, 9, 9)
PATIENCE_MS = 60_000
"""How long a test waits before it fails; none waits for time to pass."""


@pytest.fixture
def program(qtbot, monkeypatch):
    """A window whose race is over."""
    # More pictures than this are made in seconds, and what is tested is whether they are waited for.
    monkeypatch.setattr(limits, "RECORD_PICTURES", 300)
    monkeypatch.setattr(_answer_unit, "ENOUGH", 0)
    made = Program(writes=False)
    studio = made.studio
    studio.set_config(TINY)
    made.window.show()
    made.start()
    qtbot.waitUntil(lambda: studio.ready is not None, timeout=PATIENCE_MS)
    studio.set_picture(three())
    with qtbot.waitSignal(studio.run_ended, timeout=PATIENCE_MS):
        studio.run()
    assert len(studio.moments) >= 3
    yield made
    made.window.close()
    assert not made.engine._thread.is_alive()
    made.window.deleteLater()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def film(program, qtbot, path, read):
    """Writes a film of the panel that is open; gives its steps, and what `read` said when each was taken."""
    menu, seen, ends = program.window.panel.view_menu, [], []
    grab = menu._frame

    def note():
        seen.append((program.studio.moment, read()))
        return grab()

    menu._frame = note
    menu.save(path)
    menu.recorder.written.connect(ends.append)
    menu.recorder.failed.connect(ends.append)
    qtbot.waitUntil(lambda: bool(ends), timeout=PATIENCE_MS)
    menu._frame = grab
    assert ends == [path]
    with Image.open(path) as gif:
        frames = []
        for place in range(gif.n_frames):
            gif.seek(place)
            frames.append(np.asarray(gif.convert("RGB")).astype(int))
    assert len(frames) == len(program.studio.moments)
    assert all(np.abs(one - other).max() > 60 for one, other in pairwise(frames)), "it moves"
    assert [step for step, _ in seen] == [*program.studio.moments[:-1], None]
    return [(program.studio.moments[-1] if step is None else step, said) for step, said in seen]


def test_every_frame_is_complete_and_of_its_own_moment(program, qtbot, tmp_path):
    program.window.open_panel("unit")
    unit = program.window.panel
    qtbot.waitUntil(lambda: bool(unit._networks), timeout=PATIENCE_MS)
    program.studio.set_unit(UnitOf("lenet5", UNIT))
    unit.parts.tabs["pictures"].click()

    def of_unit():
        record = unit.searches.record
        return record.step, record.unit, record.pictures, unit._told.step, unit.parts.said.text()

    for step, said in film(program, qtbot, tmp_path / "unit.gif", of_unit):
        assert said == (step, UNIT, 300, step, "")

    program.window.open_panel("why")
    why = program.window.panel
    why.pixels.modes["all"].click()
    maps = why.pixels.grid
    for step, found in film(
        program, qtbot, tmp_path / "why.gif", lambda: {key: one.step for key, one in maps.found.items()}
    ):
        assert found == {(network, method): step for network in TINY.networks for method in METHODS}
    for tab, read in (("neighbours", lambda: why.neighbours._found), ("map", lambda: why.map._pca)):
        why.tabs[tab].click()
        for step, found in film(program, qtbot, tmp_path / "why.gif", read):
            assert [one.step for one in found] == [step, step]
