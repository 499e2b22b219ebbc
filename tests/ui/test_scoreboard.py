"""The scoreboard: its numbers, how it follows the moment, and how it is copied."""

import csv
import io

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import NetworkStopped, RunStarted
from cnnstudio.core.history import History
from cnnstudio.ui.theme import DARK, LIGHT, PROJECTOR
from cnnstudio.ui.widgets._names import layer_name, short_names
from cnnstudio.ui.widgets._score_rows import COLUMNS, rows_of
from cnnstudio.ui.widgets.scoreboard import Scoreboard
from tests.made_up import competitor, scripted_run

FIVE = ("mlp", "mlp_deep", "lenet5", "small_cnn", "local")
HEADS = [column.head for column in COLUMNS]


def history(networks=("mlp", "lenet5"), extra=()):
    made = None
    for event in scripted_run(1, RaceConfig(networks=networks)):
        if isinstance(event, RunStarted):
            made = History(event)
        if made is not None:
            made.add(event)
    for event in extra:
        made.add(event)
    return made


@pytest.fixture
def board(qtbot):
    made = Scoreboard(LIGHT)
    qtbot.addWidget(made)
    made.resize(760, 200)
    made.show_run(history(), None)
    made.show()
    return made


def cell(board, row, head):
    return board.model().index(row, HEADS.index(head))


def test_a_row_says_what_was_measured(board):
    texts = {head: board.model().data(cell(board, 1, head)) for head in HEADS}
    assert texts == {
        "network": "CNN", "weights": "61,706", "multiply-adds": "416,520", "train": "94.6 %", "test": "82.6 %",
        "gap": "12.0", "best (validation)": "82.6 %", "images/s": "8,000", "seconds": "0.3",
    }  # fmt: skip


def test_the_moment_is_followed_and_named(board):
    board.show_run(history(), 16)
    assert board.model().headerData(0, Qt.Orientation.Horizontal) == "at step 16"
    assert board.model().data(cell(board, 1, "test")) == "69.1 %"
    board.show_run(history(), None)
    assert board.model().headerData(0, Qt.Orientation.Horizontal) == "now, step 40"


def test_between_two_measurements_the_step_of_the_last_one_is_named(board):
    record = history()
    newest = record.measurement(17)
    assert newest.step < 17
    board.show_run(record, 17)
    head = board.model().headerData
    assert head(0, Qt.Orientation.Horizontal) == f"measured at step {newest.step}"
    tip = head(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    count, size = int(newest.scores[0].confusion.sum()), record.started.test_size
    which = "all" if count == size else "a sample of"
    assert tip == (
        f"Measured at step {newest.step}, the last measurement before step 17, on {which} {count:,} test pictures."
    )


def test_best_so_far_looks_no_further_than_the_moment():
    rows = rows_of(history(), 16, LIGHT)
    assert rows[1].best == pytest.approx(history().at(16, "lenet5").validation.accuracy)
    assert rows[1].best_step == 16


def test_tips_carry_the_live_numbers(board):
    tip = board.model().data(cell(board, 1, "gap"), Qt.ItemDataRole.ToolTipRole)
    assert "94.6 - 82.6 = 12.0" in tip
    assert "of 1,000" in board.model().data(cell(board, 1, "test"), Qt.ItemDataRole.ToolTipRole)
    assert "6.8 uses" in board.model().data(cell(board, 1, "multiply-adds"), Qt.ItemDataRole.ToolTipRole)


def test_a_stopped_network_says_why(board):
    report = ErrorReport("The loss became NaN.", remedy="Try a smaller learning rate.")
    stopped = history(extra=[NetworkStopped(1, 20, "mlp", report)])
    assert rows_of(stopped, None, LIGHT)[0].stopped == report.sentence
    assert rows_of(stopped, 16, LIGHT)[0].stopped == "", "before it stopped it had not stopped"
    board.show_run(stopped, None)
    assert board.model().data(cell(board, 0, "network"), Qt.ItemDataRole.ToolTipRole) == report.sentence


def test_before_a_run_the_cost_is_known_already(board):
    board.show_cards([competitor("mlp"), competitor("lenet5")])
    assert board.model().data(cell(board, 0, "weights")) == "61,225"
    assert board.model().data(cell(board, 0, "test")) == ""
    board.show_run(None, None)
    assert board.rows == []


@pytest.mark.parametrize("theme", [LIGHT, DARK, PROJECTOR], ids=lambda theme: theme.id)
@pytest.mark.parametrize("networks", [FIVE[:2], FIVE], ids=len)
@pytest.mark.parametrize("width", [760, 640])
def test_it_fits(board, qtbot, theme, networks, width):
    board.set_theme(theme)
    board.resize(width, board.height())
    board.show_run(history(networks), None)
    qtbot.wait(1)
    shown = [i for i in range(len(COLUMNS)) if not board.isColumnHidden(i)]
    assert sum(board.columnWidth(i) for i in shown) <= board.viewport().width()
    for head in ("network", "weights", "train", "test", "gap"):
        assert HEADS.index(head) in shown
    last = board.visualRect(board.model().index(len(networks) - 1, 0))
    assert last.bottom() <= board.viewport().height()


def test_copying(board):
    board.setFocus()
    QTest.keyClick(board, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == HEADS
    assert lines[2].split("\t")[0] == "LeNet-5"
    board.copy_csv()
    rows = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text())))
    assert rows[2][1] == "61,706"


def test_arrow_keys_reach_every_cell(board):
    board.setFocus()
    board.setCurrentIndex(cell(board, 0, "network"))
    QTest.keyClick(board, Qt.Key.Key_Down)
    QTest.keyClick(board, Qt.Key.Key_Right)
    assert (board.currentIndex().row(), board.currentIndex().column()) == (1, 1)


def test_short_names():
    assert short_names([competitor(n) for n in ("mlp", "lenet5")]) == {"mlp": "MLP", "lenet5": "CNN"}
    names = short_names([competitor(n) for n in FIVE])
    assert names == {
        "mlp": "MLP",
        "mlp_deep": "Deep MLP",
        "lenet5": "LeNet-5",
        "small_cnn": "Small CNN",
        "local": "Local",
    }
    twice = short_names([competitor("mlp"), competitor("mlp:hidden=200")])
    assert len(set(twice.values())) == 2


def test_the_name_says_that_lenet_is_in_its_modern_form(board):
    board.show_run(history(), None)
    said = board.model().data(cell(board, 1, "network"), Qt.ItemDataRole.ToolTipRole)
    assert "LeNet-5 (1998). Modern form: ReLU, max-pooling" in said


@pytest.mark.parametrize(("name", "title", "said"), [
    ("1_conv", "conv 5 x 5", "1 conv 5 x 5"),
    ("1_relu", "", "1 relu"),
    ("3_residual.add", "", "3 residual: add"),
    ("3_residual.body.3_conv", "conv 3 x 3", "3 residual, body: 3 conv 3 x 3"),
    ("3_residual.after.0_relu", "relu", "3 residual, after: relu"),
    ("2_branches.4.0_max_pool", "max pool 3 x 3", "2 branches, branch 4: max pool 3 x 3"),
    ("2_branches.concat", "", "2 branches: concat"),
    ("4_repeat.2.1_residual.body.1_conv", "", "4 repeat 2, 1 residual, body: 1 conv"),
])  # fmt: skip
def test_a_layers_name_tells_its_blocks(name, title, said):
    assert layer_name(name, title) == said
