"""What the tests of panels of experiments share: an answered question, a study that changes, a look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from cnnstudio.ui import theme as look
from cnnstudio.ui.demo import three
from cnnstudio.ui.theme import THEMES
from tests.ui.test_panels import ROOM_PX, cut_off


def settle(rig: Any) -> None:
    """Delivers what the engine said, and what was asked because of it."""
    for _ in range(4):
        rig.drain()
        QApplication.processEvents()


def skipped(studio: Any, qtbot: Any, kind: type) -> Any:
    """The panel of an experiment, its question skipped."""
    panel = kind(studio)
    qtbot.addWidget(panel)
    panel.resize(820, 740)
    panel.show()
    panel.guess_card.skip.click()
    QApplication.processEvents()
    return panel


def opened(rig: Any, qtbot: Any, kind: type, answers: dict[type, Callable[[Any], Any]], *, picture: bool = True) -> Any:
    """The panel, its question answered, its engine ready with some answers."""
    rig.engine.answers |= answers
    if picture:
        rig.studio.set_picture(three())
    panel = kind(rig.studio)
    qtbot.addWidget(panel)
    panel.resize(780, 640)
    panel.show()
    settle(rig)
    panel.guess_card.answered.emit(1)
    settle(rig)
    return panel


def follows_pen_and_moment(rig: Any, question: type) -> None:
    """The panel asks at once about another picture, and about another moment."""
    rig.studio.set_picture(three()[:, ::-1])
    assert (rig.engine.questions_of(question)[-1].pixels == three()[:, ::-1]).all()
    rig.studio.run()
    rig.engine.finish()
    settle(rig)
    rig.studio.set_moment(16)
    assert rig.engine.questions_of(question)[-1].step == 16


def fits(rig: Any, qtbot: Any, qapp: Any, kind: type, answers: dict[type, Any], tabs: Sequence[str] = ()) -> None:
    """The answered panel has room in the smallest window, in every theme and tab."""
    rig.engine.answers |= answers
    rig.studio.set_picture(three())
    rig.studio.set_config(rig.studio.config.with_(networks=("mlp", "lenet5", "mlp_deep", "local")))
    for name, theme in THEMES.items():
        look.apply(qapp, theme)
        rig.studio.set_theme(theme)
        room, panel = QWidget(), kind(rig.studio)
        qtbot.addWidget(room)
        panel.setParent(room)
        panel.resize(*ROOM_PX[name])
        room.resize(panel.size())
        room.show()
        panel.guess_card.answered.emit(0)
        settle(rig)
        found = {one for one in panel.findChildren(QPushButton) if one.property("kind") == "tab" and one.isVisible()}
        assert len(found) >= 2 + len(tabs)
        for tab in [None, *sorted(found, key=lambda one: one.text())]:
            if tab is not None and tab.isVisible():
                tab.click()
            settle(rig)
            needs = panel.minimumSizeHint()
            said = name, tab.text() if tab is not None else "", needs
            assert (needs.width() <= panel.width(), needs.height() <= panel.height()) == (True, True), said
            lost = cut_off(panel)
            assert not lost, (said, lost)
        room.hide()
