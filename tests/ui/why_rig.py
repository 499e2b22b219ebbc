"""The panel of reasons in a window, and ways about in it."""

from __future__ import annotations

import numpy as np

from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.why import WhyPanel
from tests.why_answers import WHY_ANSWERS

OTHER = np.full((1, 28, 28), 60, np.uint8)


def begun(rig):
    """A study with a picture, whose engine answers questions about verdicts."""
    rig.engine.answers |= WHY_ANSWERS
    rig.studio.set_picture(three())
    settle(rig)
    return rig


def show(rig, qtbot):
    made = WhyPanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(780, 640)
    made.show()
    settle(rig)
    return made


def settle(rig):
    for _ in range(4):
        rig.drain()


def pick(box, data):
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def asked(rig, kind):
    return rig.engine.questions_of(kind)


def methods_of(questions):
    return [question.method for question in questions]
