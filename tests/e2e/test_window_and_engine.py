"""Start, draw, run, look back, close, start again: the whole program, with torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.paths import study_folder
from cnnstudio.ui.keep import study_file
from tests.e2e.conftest import PATIENCE_MS

TINY = RaceConfig(dataset="digits", networks=("mlp", "lenet5"), examples=64, batch_size=32, epochs=2, evaluations=2)
LONG = TINY.with_(epochs=1_000)


def ended(qtbot, program):
    with qtbot.waitSignal(program.studio.run_ended, timeout=PATIENCE_MS) as signal:
        pass
    return signal.args[0]


def read(program):
    return {verdict.network: verdict for verdict in program.studio.verdicts.verdicts}


def test_a_race_from_the_first_paint_to_the_next_start(start, qtbot):
    program = start(TINY)
    studio, window = program.studio, program.window
    qtbot.waitUntil(lambda: studio.verdicts is not None, timeout=PATIENCE_MS)
    window.transport.run_button.click()
    assert ended(qtbot, program).outcome == "finished"
    assert studio.history.step == 4
    assert studio.moments[0] == 0
    assert {"mlp", "lenet5"} == set(studio.history.networks)
    qtbot.waitUntil(lambda: read(program)["mlp"].step == 4, timeout=PATIENCE_MS)
    now = read(program)["mlp"].probabilities
    studio.set_moment(0)
    qtbot.waitUntil(lambda: read(program)["mlp"].step == 0, timeout=PATIENCE_MS)
    assert not (read(program)["mlp"].probabilities == now).all()
    qtbot.waitUntil(lambda: not len(studio._questions), timeout=PATIENCE_MS)
    drawing = window.picture.drawing_json()
    window.close()

    again = start()
    assert again.studio.config == TINY
    assert again.window.picture.drawing_json() == drawing
    assert again.studio.history.step == 4
    qtbot.waitUntil(lambda: again.studio.moments == studio.moments, timeout=PATIENCE_MS)
    again.studio.set_moment(4)
    qtbot.waitUntil(lambda: again.studio.verdicts is not None and read(again)["mlp"].step == 4, timeout=PATIENCE_MS)
    assert (read(again)["mlp"].probabilities == now).all()


def test_closing_in_the_middle_of_a_run_ends_the_thread(start, qtbot):
    program = start(LONG)
    program.studio.run()
    with qtbot.waitSignal(program.studio.points_arrived, timeout=PATIENCE_MS):
        pass
    program.window.close()
    assert not program.window.isVisible()
    assert not program.engine._thread.is_alive()


def test_a_run_that_closing_breaks_off_comes_back_whole(start, qtbot):
    program = start(LONG)
    studio = program.studio
    qtbot.waitUntil(lambda: studio.verdicts is not None, timeout=PATIENCE_MS)
    studio.run()
    qtbot.waitUntil(lambda: studio.history is not None and studio.history.step > 5, timeout=PATIENCE_MS)
    program.window.close()
    step = studio.history.step
    assert (studio.outcome.outcome, studio.outcome.step) == ("stopped", step)

    again = start()
    studio, transport = again.studio, again.window.transport
    again.window.resize(1440, 900)  # wide enough for whole sentences
    qtbot.waitUntil(lambda: studio.weights == "there", timeout=PATIENCE_MS)
    assert studio.history.step == step
    assert studio.moments[0] == 0
    assert studio.moments[-1] == step
    assert transport.left.text() == f"stopped at step {step:,}"
    assert transport.timeline.accessibleDescription() == f"Now: step {step:,} of {studio.history.started.steps:,}."
    qtbot.waitUntil(lambda: read(again)["mlp"].weights_from == "run", timeout=PATIENCE_MS)
    assert {one.step for one in read(again).values()} == {step}, "all have learned the same batches"
    assert again.window.banner.report is None


def test_pause_step_stop_with_the_real_engine(start, qtbot):
    program = start(LONG)
    studio = program.studio
    studio.step()
    qtbot.waitUntil(lambda: studio.run_state == "paused", timeout=PATIENCE_MS)
    assert studio.history.step == 1
    studio.step()
    qtbot.waitUntil(lambda: studio.history.step == 2, timeout=PATIENCE_MS)
    studio.resume()
    qtbot.waitUntil(lambda: studio.history.step > 5, timeout=PATIENCE_MS)
    studio.stop()
    assert ended(qtbot, program).outcome == "stopped"


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_earlier_runs_are_named_hidden_and_removed_for_good(start, qtbot):
    program = start(TINY)
    studio, window = program.studio, program.window
    for _ in range(4):
        window.transport.run_button.click()
        ended(qtbot, program)
    assert [run.name for run in studio.past] == ["Run 1", "Run 2", "Run 3"]
    runs = window.panel.runs
    window.panel.runs_button.click()
    qtbot.waitUntil(runs.isVisible, timeout=PATIENCE_MS)
    second = runs.list.visualItemRect(runs.list.item(1)).center()
    qtbot.mouseClick(runs.list.viewport(), Qt.MouseButton.LeftButton, pos=second)
    qtbot.mouseClick(runs.rename, Qt.MouseButton.LeftButton)
    editor = runs.list.findChild(QLineEdit)
    qtbot.keyClicks(editor, "few examples")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: studio.past[1].name == "few examples", timeout=5_000)
    qtbot.keyClick(runs.list, Qt.Key.Key_Space)
    qtbot.keyClick(runs.list, Qt.Key.Key_Down)
    qtbot.keyClick(runs.list, Qt.Key.Key_Delete)
    assert [run.name for run in studio.past] == ["Run 1", "few examples", "Run 3"], "until the list closes"
    qtbot.keyClick(window.panel.runs_popover, Qt.Key.Key_Escape)
    assert [(run.name, run.hidden) for run in studio.past] == [("few examples", True), ("Run 3", False)]
    window.close()

    again = start().studio
    assert [(run.name, run.hidden) for run in again.past] == [("few examples", True), ("Run 3", False)]
    assert again.history.step == 4, "the last one is the open one"


CHILD = """
import os, sys
from PySide6.QtCore import QTimer
from cnnstudio.ui import app, keep
keep._DELAY_MS = 1
made = app.Program.start
def start(self):
    made(self)
    self.studio.set_config(self.studio.config.with_(epochs=3))
    QTimer.singleShot(0, self.keeper.save)
    def look():
        if keep.study_file().exists() and not self.keeper._timer.isActive():
            self.keeper._writer.submit(lambda: os.kill(os.getpid(), 9))
    timer = QTimer(self, interval=20)
    timer.timeout.connect(look)
    timer.start()
app.Program.start = start
sys.exit(app.main([]))
"""


def run_child(code, *args):
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal that cannot be caught")
def test_after_a_kill_the_study_is_there_and_can_be_opened(start):
    done = run_child(CHILD)
    assert done.returncode == -9
    assert json.loads(study_file().read_text(encoding="utf-8"))["config"]["epochs"] == 3
    assert (study_folder() / "lock").exists()
    from cnnstudio.ui.keep import lock_study

    lock = lock_study()
    assert lock is not None, "the lock of a killed process is taken over"
    lock.unlock()
    assert start().studio.config.epochs == 3


IMPATIENT = """
import sys
from PySide6.QtCore import QTimer
from cnnstudio.ui import app
made = app.Program.start
def start(self):
    made(self)
    QTimer.singleShot(100, self.window.close)
app.Program.start = start
sys.exit(app.main([]))
"""


def test_closing_while_torch_is_loaded_ends_the_process_in_silence():
    done = run_child(IMPATIENT)
    assert (done.returncode, done.stdout) == (0, "")
    assert [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line] == []


def test_the_window_is_painted_without_torch_and_says_nothing(tmp_path):
    code = (
        "import sys; from cnnstudio.ui.app import main; status = main(['--quit-after-show']);"
        "heavy = ('torch', 'torchvision', 'pyqtgraph', 'matplotlib', 'sklearn', 'captum');"
        "late = [name for name in heavy if name in sys.modules];"
        "assert not late, late; sys.exit(status)"
    )
    note = tmp_path / "start.json"
    os.environ["CNNSTUDIO_STARTUP_FILE"] = str(note)
    try:
        done = run_child(code)
    finally:
        del os.environ["CNNSTUDIO_STARTUP_FILE"]
    assert (done.returncode, done.stdout) == (0, "")
    assert [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line] == []
    assert json.loads(note.read_text())["torch_at_paint"] is False


FIRST_FRAME = """
import sys
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget
from cnnstudio.ui.app import Program, make_application

class Camera(QObject):
    first = None

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and self.first is None:
            self.first = places()
        return False

def places():
    curve = window.panel.curve
    return {part: part.geometry() for part in window.findChildren(QWidget)
            if part.isVisible() and (part is curve or not curve.isAncestorOf(part))}

app = make_application()
program = Program(writes=False)
window = program.window
camera = Camera()
window.picture.installEventFilter(camera)
program.show()
window.resize(int(sys.argv[1]), int(sys.argv[2]))
while camera.first is None:
    assert "pyqtgraph" not in sys.modules
    app.processEvents()
while window.panel.curve._plot is None or window.panel.curve._timer.isActive():
    app.processEvents()
for _ in range(9):
    app.processEvents()
moved = [(part, camera.first.get(part), place) for part, place in places().items() if camera.first.get(part) != place]
assert not moved, moved
window.close()
"""


@pytest.mark.parametrize("size", [("1440", "900"), ("1024", "700")])
def test_the_first_frame_is_whole_and_nothing_moves_when_the_plot_comes(size):
    done = run_child(FIRST_FRAME, *size)
    assert done.returncode == 0, done.stderr


def test_screenshots_of_every_panel_in_every_state(tmp_path):
    from cnnstudio.ui.panels._panel import all_panels
    from cnnstudio.ui.screenshots import states_of

    code = "import sys; from cnnstudio.ui.screenshots import main; sys.exit(main(sys.argv[1:]))"
    done = run_child(code, str(tmp_path / "shots"), "--made-up", "--size", "1024x700", "--theme", "dark")
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "shots").iterdir()}
    assert names == {f"{panel}-{state}.png" for panel in all_panels() for state in states_of(panel)}
    asked = {name.partition("-")[0] for name in names if name.endswith("-question.png")}
    assert len(asked) == 12
    assert all({f"{panel}-running.png", f"{panel}-finished.png"} <= names for panel in asked)
    pictures = [(tmp_path / "shots" / f"{panel}-{state}.png").read_bytes() for panel in asked
                for state in ("question", "running", "finished")]  # fmt: skip
    assert len(set(pictures)) == len(pictures), "every state looks different"
