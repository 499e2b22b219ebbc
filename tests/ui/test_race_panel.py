"""The race panel: it shows what the study says, and tells the study what the student wants."""

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import NetworkStopped
from cnnstudio.core.questions import Disagree
from cnnstudio.ui.panels.race import RacePanel
from cnnstudio.ui.theme import THEMES
from cnnstudio.ui.widgets._race_lines import Wanted, places_of, race_axes, race_lines, step_at


@pytest.fixture
def panel(rig, qtbot):
    made = RacePanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(780, 740)
    made.show()
    return made


def play(rig, events=10**9):
    rig.studio.run()
    rig.engine.advance(events)
    rig.drain()
    rig.drain()


def names(panel):
    return [line.name for line in panel.curve.lines()]


def test_before_a_run_it_says_what_to_do_and_what_the_networks_cost(panel):
    assert "Press Run" in panel.curve.surface._caption
    assert [row.card.parameters for row in panel.board.rows] == [61_225, 61_706]
    assert panel.strip.isHidden()
    assert panel.runs_button.isHidden()
    assert not any(action.isEnabled() for action in panel.export_menu.actions())
    assert "1998" in panel.sentence.text(), "LeNet-5's modern form is told on screen"


def test_a_run_fills_everything(rig, panel):
    play(rig)
    assert names(panel) == ["MLP train", "MLP test", "CNN train", "CNN test"]
    assert panel.board.rows[1].score.test.accuracy > 0.8
    assert "looked at 6 times · a sample of 1,000, the last point: all 2,000" in panel.key.whole
    assert panel.strip.isVisible()
    sides = panel.strip.sides
    assert [side.title.text() for side in sides] == ["Only the CNN\nis right: 7", "Only the MLP\nis right: 4"], (
        "never the evidence of one side alone"
    )
    assert [side.mosaic.count for side in sides] == [7, 4]
    assert sides[1].title.toolTip() == "Of 1,000 test pictures, the MLP reads 4 that the CNN does not."
    assert panel.curve.surface._caption == ""
    assert panel.curve.axes.x_end == 4 * 4_000, "40 steps of 10 an epoch, 4,000 examples each"


def test_points_move_the_cursor_only_through_the_timer(rig, panel):
    play(rig, 12)
    panel.curve.flush()
    before = panel.curve.surface._cursor
    rig.engine.advance(3)
    rig.drain()
    assert panel._refresh_timer.isActive()
    assert panel.curve.surface._cursor == before
    panel._refresh_curve()
    assert panel.curve.surface._cursor != before


def test_loss_and_the_other_axes(rig, panel, qtbot):
    play(rig)
    qtbot.mouseClick(panel.loss, Qt.MouseButton.LeftButton)
    assert not panel.curve.axes.percent
    assert panel.curve.axes.log_y
    panel.against.setFocus()
    QTest.keyClick(panel.against, Qt.Key.Key_End)
    assert panel.curve.axes.x_name == "own seconds"
    ends = {line.name: line.xs[-1] for line in panel.curve.lines()}
    assert ends["CNN test"] == pytest.approx(2 * ends["MLP test"]), "each network has its own clock"
    assert len(panel.curve.surface._cursor) == 2


def test_more_shows_validation_batches_and_smoothing(rig, panel, qtbot):
    play(rig)
    assert panel.options.isHidden()
    qtbot.mouseClick(panel.more_button, Qt.MouseButton.LeftButton)
    assert panel.options.isVisible()
    for box in (panel.options.boxes["validation"], panel.options.boxes["batches"]):
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Space)
    assert {"CNN validation", "CNN batches"} <= set(names(panel))
    panel.options.smoothing.setFocus()
    QTest.keyClick(panel.options.smoothing, Qt.Key.Key_End)
    assert panel.curve._smoothing > 0.9


def test_a_click_on_the_plot_sets_the_moment_and_the_table_follows(rig, panel):
    play(rig)
    panel.curve.flush()
    area, view = panel.curve.area(), panel.curve.view
    examples = 16 * 64
    x = area.left() + examples / view.x1 * area.width()
    QTest.mouseClick(panel.curve.surface, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(area.center().y())))
    assert rig.studio.moment == 16
    assert panel.board.model().headerData(0, Qt.Orientation.Horizontal) == "at step 16"
    assert panel.curve.surface._cursor[0][0] == pytest.approx(examples)
    QTest.mouseClick(panel.curve.surface, Qt.MouseButton.LeftButton,
                     pos=QPoint(round(area.right()) - 3, round(area.center().y())))  # fmt: skip
    assert rig.studio.moment is None, "beyond the newest point is now"


def test_arrow_keys_walk_the_moments(rig, panel):
    play(rig)
    panel.curve.surface.setFocus()
    QTest.keyClick(panel.curve.surface, Qt.Key.Key_Home)
    assert rig.studio.moment == 0
    QTest.keyClick(panel.curve.surface, Qt.Key.Key_Right)
    assert rig.studio.moment == 1
    QTest.keyClick(panel.curve.surface, Qt.Key.Key_End)
    assert rig.studio.moment is None
    QTest.keyClick(panel.curve.surface, Qt.Key.Key_Left)
    assert rig.studio.moment == rig.studio.moments[-2]


def test_the_strip_asks_about_the_moment_at_most_once_a_second(rig, panel):
    play(rig)
    asked = len(rig.engine.questions_of(Disagree))
    rig.studio.set_moment(8)
    rig.studio.set_moment(16)
    assert len(rig.engine.questions_of(Disagree)) == asked
    panel._strip_pacer._on_timeout()
    assert rig.engine.questions_of(Disagree)[-1] == Disagree("lenet5", "mlp", 16, 24)


def test_a_picture_of_the_strip_goes_to_the_networks(rig, panel):
    play(rig)
    for side in panel.strip.sides:
        QTest.mouseClick(side.mosaic, Qt.MouseButton.LeftButton, pos=side.mosaic.tile_rect(2).center())
        assert (rig.studio.picture == side.shown.images[2]).all()


@pytest.mark.parametrize(
    ("networks", "pair"),
    [
        (("mlp", "mlp_deep"), ("mlp_deep", "mlp")),
        (("lenet5", "small_cnn", "local"), ("lenet5", "local")),
        (("mlp", "local", "small_cnn"), ("small_cnn", "mlp")),
        (("lenet5", "small_cnn"), ("lenet5", "small_cnn")),
    ],
)
def test_the_strip_compares_a_cnn_with_a_network_of_another_role(rig, panel, networks, pair):
    rig.studio.set_config(RaceConfig(networks=networks))
    play(rig)
    question = rig.engine.questions_of(Disagree)[-1]
    assert (question.one, question.other) == pair
    assert all(side.shown is not None for side in panel.strip.sides)


def test_ways_out(rig, panel, qtbot):
    play(rig)
    with qtbot.waitSignal(rig.studio.panel_wanted, timeout=1000) as wanted:
        qtbot.mouseClick(panel.strip.more, Qt.MouseButton.LeftButton)
    assert wanted.args == ["mistakes"]
    with qtbot.waitSignal(rig.studio.setup_wanted, timeout=1000) as wanted:
        qtbot.mouseClick(panel.chips.seed, Qt.MouseButton.LeftButton)
    assert wanted.args == ["seed"]


def test_the_chips_follow_the_setup(rig, panel):
    rig.studio.set_config(RaceConfig(dataset="digits", examples=1_000, seed=7))
    assert panel.chips.examples.text() == "1,000 examples"
    assert panel.chips.seed.text() == "seed 7"
    assert "jitter" not in panel.chips.dataset.text()


def test_a_network_that_leaves_the_race_is_told(rig, panel):
    play(rig, 20)
    rig.engine.mailbox.put(NetworkStopped(1, 5, "mlp", ErrorReport("The loss became NaN.")))
    rig.drain()
    assert panel.stopped.isVisible()
    assert panel.stopped.text() == "MLP left the race at step 5. The loss became NaN."


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_earlier_runs_are_faint_and_can_be_named_hidden_and_removed(rig, panel, qtbot):
    play(rig)
    play(rig)
    assert panel.runs_button.text() == "Earlier runs (1)"
    assert "CNN test, Run 1" in names(panel)
    assert {line.kind for line in panel.curve.lines() if "Run 1" in line.name} == {"past"}
    qtbot.mouseClick(panel.runs_button, Qt.MouseButton.LeftButton)
    assert panel.runs_popover.isVisible()
    listed = panel.runs.list
    listed.setFocus()
    qtbot.mouseClick(panel.runs.rename, Qt.MouseButton.LeftButton)
    editor = listed.findChild(QLineEdit)
    QTest.keyClicks(editor, "wide")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: rig.studio.past[0].name == "wide", timeout=2000)
    assert rig.studio.past[0].name == "wide"
    assert "CNN test, wide" in names(panel)
    listed.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert rig.studio.past[0].hidden
    assert "CNN test, wide" not in names(panel)
    QTest.keyClick(listed, Qt.Key.Key_Delete)
    assert (panel.runs.remove.text(), len(rig.studio.past)) == ("Undo", 1)
    QTest.keyClick(panel.runs_popover, Qt.Key.Key_Escape)
    assert not panel.runs_popover.isVisible()
    assert rig.studio.past == []
    assert panel.runs_button.isHidden()


def test_zoom_can_be_ended_by_a_button(rig, panel, qtbot):
    play(rig)
    panel.curve.zoom_by(0.5)
    assert panel.whole_button.isVisible()
    qtbot.mouseClick(panel.whole_button, Qt.MouseButton.LeftButton)
    assert not panel.curve.is_zoomed
    assert panel.whole_button.isHidden()


def test_settings_come_back(rig, panel, qtbot):
    qtbot.mouseClick(panel.loss, Qt.MouseButton.LeftButton)
    panel.against.setCurrentIndex(2)
    panel.options.boxes["validation"].setChecked(True)
    panel.options.smoothing.setValue(40)
    kept = panel.settings()
    other = RacePanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(kept)
    assert other.settings() == kept
    assert other._wanted == panel._wanted
    other.restore({"metric": 3, "x": [], "smoothing": "much", "validation": "yes"})
    assert other._wanted.metric == "accuracy"


def test_hidden_it_is_not_fed_and_shown_again_it_is_up_to_date(rig, panel):
    panel.hide()
    play(rig)
    assert names(panel) == []
    panel.show()
    assert len(names(panel)) == 4


@pytest.mark.parametrize("size", [(780, 740), (700, 560)])
def test_five_networks_fit(rig, qtbot, size):
    rig.studio.set_config(RaceConfig(networks=("mlp", "mlp_deep", "lenet5", "small_cnn", "local")))
    panel = RacePanel(rig.studio)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.show()
    play(rig)
    qtbot.wait(1)
    assert (panel.width(), panel.height()) == size
    assert panel.minimumSizeHint().width() <= size[0]
    assert panel.curve.height() >= 100


def test_steps_and_places_are_inverse(rig):
    play(rig)
    history = rig.studio.history
    theme = rig.studio.theme
    for axis in ("examples", "steps", "epochs"):
        (place, _), *rest = places_of(history, 16, axis, theme)
        assert rest == []
        assert step_at(history, place, axis) == 16
    places = places_of(history, 16, "seconds", theme)
    assert step_at(history, max(place for place, _ in places), "seconds") == 16
    assert step_at(history, 1e9, "examples") is None
    assert step_at(history, 0.0, "examples") == 0


def test_lines_of_a_race_are_named_and_dashed(rig):
    play(rig)
    lines = race_lines(rig.studio.history, [], Wanted(metric="loss", validation=True), rig.studio.theme)
    assert {line.name: line.dashed for line in lines} == {
        "MLP train": False, "MLP validation": True, "MLP test": True,
        "CNN train": False, "CNN validation": True, "CNN test": True,
    }  # fmt: skip
    assert all(math.isfinite(line.ys[-1]) for line in lines)
    assert race_axes(None, Wanted(), RaceConfig(examples=100, epochs=3)).x_end == 300


@pytest.mark.parametrize("theme", list(THEMES))
def test_the_data_sets_chip_can_be_read_in_the_smallest_window(theme, filled, qtbot):
    filled.set_theme(THEMES[theme])
    panel = RacePanel(filled)
    qtbot.addWidget(panel)
    panel.resize(618, 538)
    panel.show()
    QApplication.processEvents()
    assert panel.chips.dataset.width() >= 10 * THEMES[theme].body_px
    assert "4,000 examples" in panel.chips.dataset.toolTip()
    for part in (panel.chips.examples, panel.chips.seed, panel.accuracy, panel.loss):
        assert part.isHidden() or part.width() >= part.sizeHint().width()


def test_a_low_panel_keeps_its_curves_and_leaves_the_strip_out(rig, qtbot):
    panel = RacePanel(rig.studio)
    qtbot.addWidget(panel)
    panel.resize(700, 400)
    panel.show()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.drain()
    assert not panel.strip.isVisible()
    panel.resize(700, 700)
    panel._strip_pacer.stop()
    panel._ask_strip()
    rig.drain()
    assert panel.strip.isVisible()
    rig.studio.set_theme(THEMES["projector"])
    panel.resize(700, 600)
    assert not panel.strip.isVisible(), "large letters leave less room"
    panel._strip_pacer.stop()


def places(panel):
    parts = (panel.curve, panel.key, panel.board, panel.sentence, panel.strip)
    return [(part.geometry().top(), part.geometry().height()) for part in parts]


def test_nothing_moves_while_a_run_goes_on_or_the_pointer_is_over_the_table(rig, panel, qtbot):
    rig.studio.set_config(RaceConfig(networks=("mlp", "lenet5", "local")))
    qtbot.wait(1)
    empty = places(panel)
    rig.studio.run()
    rig.engine.advance(12)
    rig.drain()
    qtbot.wait(1)
    assert places(panel) == empty, "no strip yet, and its room is there"
    rig.engine.finish()
    rig.drain()
    rig.drain()
    qtbot.wait(1)
    assert panel.strip.isVisible()
    assert places(panel) == empty
    said = set()
    for row in range(3):
        panel.board.setCurrentIndex(panel.board.model().index(row, 1))
        qtbot.wait(1)
        said.add(panel.sentence.text())
        assert places(panel) == empty
        bounds = panel.sentence.fontMetrics().boundingRect(
            panel.sentence.rect().adjusted(0, 0, 0, 999), Qt.TextFlag.TextWordWrap, panel.sentence.text()
        )
        assert bounds.height() <= panel.sentence.height(), "and no sentence is cut"
    assert len(said) == 3


def test_the_chips_describe_the_run_on_show_and_the_next_run_is_told_beside_them(rig, panel):
    panel.resize(808, 745)  # the middle column of the window at its first size
    play(rig)
    assert panel.chips.next_run.whole == ""
    rig.studio.set_config(RaceConfig(dataset="shapes", examples=6_000))
    assert panel.chips.dataset.text().startswith("Digits, made here")
    assert panel.chips.examples.text() == "4,000 examples"
    assert panel.chips.next_run.whole == "next run: Coloured shapes · 6,000 examples"
    assert panel.chips.next_run.isVisible()
    assert panel.chips.next_run.text().startswith("next run: Coloured shapes"), "beside the title there is room for it"
    assert "next run: Coloured shapes" in panel.chips.dataset.toolTip()
    rig.studio.set_config(RaceConfig(dataset="digits:jitter=6", examples=6_000))
    assert panel.chips.next_run.text().startswith("next run: Digits, jitter 6 px"), "no word is cut"
    rig.studio.set_config(RaceConfig(epochs=3))
    assert panel.chips.next_run.whole == "next run: other settings"
    rig.studio.set_config(RaceConfig(networks=("mlp",)))
    assert panel.chips.next_run.whole == "next run: MLP"
    rig.studio.set_config(rig.studio.history.started.config)
    assert panel.chips.next_run.whole == ""


def test_runs_of_another_data_set_are_left_out_until_they_are_asked_for(rig, panel):
    play(rig)
    rig.studio.set_config(RaceConfig(dataset="digits:jitter=0"))
    play(rig)
    assert "CNN test, Run 1" in names(panel), "the same set with other settings can be compared"
    rig.studio.set_config(RaceConfig(dataset="glyphs"))
    assert "CNN test, Run 1" in names(panel), "the run on show is one of digits"
    play(rig)
    assert not any("Run" in name for name in names(panel))
    boxes = [panel.runs.list.item(row) for row in range(2)]
    assert [one.text() for one in boxes] == [
        "Run 2: digits (jitter 0), 4,000, MLP and LeNet-5",
        "Run 1: digits (jitter 3), 4,000, MLP and LeNet-5",
    ]
    assert [one.checkState() for one in boxes] == [Qt.CheckState.Unchecked] * 2
    boxes[1].setCheckState(Qt.CheckState.Checked)
    assert "CNN test, Run 1" in names(panel)
    assert not any("Run 2" in name for name in names(panel))
    assert [run.name for run in rig.studio.past] == ["Run 1", "Run 2"], "a box renames nothing"
    assert not any(run.hidden for run in rig.studio.past)
    boxes[1].setCheckState(Qt.CheckState.Unchecked)
    assert not any("Run" in name for name in names(panel))
