import json
import operator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cnnstudio.bench._apart import apart
from cnnstudio.bench._inside_window import _dragged, _places
from cnnstudio.bench._sitting import ContentWatch, Sitting
from cnnstudio.core.errors import StudioError
from cnnstudio.ui.widgets.timeline import Timeline


class Holder(QWidget):
    content: object = None


@pytest.fixture
def holder(qtbot):
    made = Holder()
    qtbot.addWidget(made)
    made.show()
    return made


def painted(holder, content):
    holder.content = content
    holder.repaint()


def test_what_is_waited_for_is_the_paint_of_another_content(holder):
    first, second = [1], [1]
    watch = ContentWatch(holder, lambda: holder.content)
    painted(holder, first)
    watch.begin()
    painted(holder, first)
    assert not watch.painted
    holder.content = second
    assert not watch.painted
    painted(holder, second)
    assert watch.painted
    assert watch.content is second


def test_contents_may_be_compared_by_value(holder):
    watch = ContentWatch(holder, lambda: holder.content, operator.eq)
    painted(holder, [1])
    watch.begin()
    painted(holder, [1])
    assert not watch.painted
    painted(holder, [2])
    assert watch.painted
    assert watch.paints == 2


def test_a_function_is_called_in_another_process():
    assert apart(json.loads, s="[1, 2]") == [1, 2]


def test_a_process_that_fails_says_why():
    with pytest.raises(StudioError, match="JSONDecodeError") as caught:
        apart(json.loads, s="no json")
    assert caught.value.report.what == "The measured process failed."


class FakeSitting(Sitting):
    """A timeline and nothing else; whatever is chosen is painted at once."""

    def __init__(self, app, timeline, studio):
        self.app, self.timeline, self.program = app, timeline, self
        self.studio, self.window = studio, timeline

    def find(self, kind):
        return self.timeline

    def settle(self):
        self.app.processEvents()


class FakeStudio:
    moments = (0, 1, 2, 4, 8, 16, 24, 32)

    def set_moment(self, step):
        self.moment = step


def test_dragging_visits_every_moment_there_and_back(qtbot, qapp, holder):
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(600, 40)
    timeline.set_run(32)
    timeline.set_now(32)
    timeline.set_moments(FakeStudio.moments)
    timeline.show()
    chosen = []

    def show(step):
        chosen.append(step)
        painted(holder, object())

    timeline.chosen.connect(show)
    sitting = FakeSitting(qapp, timeline, FakeStudio())
    places = _places(sitting)
    assert places == [0, 1, 2, 4, 8, 16, 24]  # the last one is now
    samples = _dragged(sitting, [ContentWatch(holder, lambda: holder.content)], places)
    assert chosen == [*places, *reversed(places[:-1])]
    assert len(samples) == len(chosen) - 1
    assert all(sample > 0 for sample in samples)


def test_a_key_is_pressed_and_released(qtbot, qapp):
    heard = []

    class Listener(QWidget):
        def keyPressEvent(self, event):
            heard.append(("down", event.key()))

        def keyReleaseEvent(self, event):
            heard.append(("up", event.key()))

    listener = Listener()
    qtbot.addWidget(listener)
    FakeSitting(qapp, None, None).key(listener, Qt.Key.Key_Right)
    assert heard == [("down", Qt.Key.Key_Right), ("up", Qt.Key.Key_Right)]
