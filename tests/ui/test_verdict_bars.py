from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from cnnstudio.core.questions import Verdict, Verdicts
from cnnstudio.ui.theme import DARK, LIGHT, PROJECTOR
from cnnstudio.ui.widgets._verdict_layout import (
    Metrics,
    all_logits,
    chosen_classes,
    formula,
    plan,
    source_text,
)
from cnnstudio.ui.widgets.verdict_bars import VerdictBars

DIGITS = tuple("0123456789")
METRICS = Metrics(head=24, row=15, foot=2, gap=8)


def verdict(network="mlp", role="mlp", best=3, classes=10, source="run", step=128, title="MLP"):
    logits = np.linspace(-1, 1, classes)
    logits[best] = 5.0
    shares = np.exp(logits) / np.exp(logits).sum()
    return Verdict(network, title, role, source, step, shares, logits)


def untrained(network="lenet5", role="cnn"):
    return Verdict(network, "LeNet-5", role, "none", None, None, None)


@pytest.fixture
def bars(qtbot) -> VerdictBars:
    made = VerdictBars()
    qtbot.addWidget(made)
    made.resize(256, 360)
    made.show()
    return made


def test_it_says_the_best_guess_of_each(bars):
    bars.set_verdicts(Verdicts((verdict(), verdict("lenet5", "cnn", 8, source="shipped", step=None)), DIGITS))
    assert bars.text == "MLP says 3, 92.8 %, at step 128. CNN says 8, 93.7 %, shipped weights."
    assert bars.accessibleDescription() == bars.text


def test_no_weights_are_words_and_never_bars(bars):
    bars.set_verdicts(Verdicts((verdict(), untrained()), DIGITS))
    assert "CNN: not trained yet" in bars.text
    blocks = bars._blocks
    assert blocks[1].classes == []
    image = bars.grab().toImage()
    hue = blocks[1].hue
    area = blocks[1].area.adjusted(0, METRICS.head + 24, 0, 0)
    colours = {
        image.pixelColor(x, y).rgb() for x in range(area.left(), area.right()) for y in range(area.top(), area.bottom())
    }
    assert hue.rgb() not in colours


def test_bars_are_as_long_as_the_shares(bars):
    shares = np.array([0.0, 0.25, 0.75])
    bars.set_verdicts(Verdicts((Verdict("mlp", "MLP", "mlp", "run", 1, shares, np.zeros(3)),), ("a", "b", "c")))
    image = bars.grab().toImage()
    block = bars._blocks[0]
    metrics = bars._metrics
    bare = image.pixelColor(block.area.right() - bars._percent_px - 2, block.area.y() + metrics.head + metrics.row // 2)
    lengths = []
    for row in range(3):
        y = block.area.y() + metrics.head + row * metrics.row + metrics.row // 2
        inked = [
            x
            for x in range(bars._name_width(block, ("a", "b", "c")) + 4, block.area.right() - bars._percent_px)
            if image.pixelColor(x, y) != bare
        ]
        lengths.append(len(inked))
    assert lengths[0] <= 1
    assert lengths[2] == pytest.approx(3 * lengths[1], rel=0.05)


def marks(bars):
    """Which pixels of the mark before each name are painted."""
    image, ground = bars.grab().toImage(), bars._theme.colour("window").rgb()
    places = [(x, y) for x in range(8) for y in range(bars._metrics.head)]
    corners = [block.area.topLeft() for block in bars._blocks]
    return [[image.pixelColor(at.x() + x, at.y() + y).rgb() != ground for x, y in places] for at in corners]


def test_networks_of_one_role_are_told_apart_by_their_marks(bars):
    bars.resize(420, 360)
    bars.set_verdicts(Verdicts((verdict("lenet5", "cnn"), verdict("small_cnn", "cnn"), verdict()), DIGITS))
    first, second, other = marks(bars)
    assert any(first)
    assert first != second
    assert first == other


def test_where_a_name_needs_the_room_the_guess_stands_alone(bars):
    image = QImage(200, 40, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    roomy, tight = (bars._paint_guess(painter, "3", 200, 24, 200, named_px) for named_px in (60, 180))
    painter.end()
    assert 60 < roomy < tight < 200
    assert 200 - tight == QFontMetrics(bars._guess_font).horizontalAdvance("3")


def test_new_verdicts_of_the_same_networks_need_no_new_arrangement(bars):
    assert bars.set_verdicts(Verdicts((verdict(),), DIGITS))
    before = bars.grab().toImage()
    assert not bars.set_verdicts(Verdicts((verdict(best=5),), DIGITS))
    assert "says 5" in bars.text
    assert bars.grab().toImage() != before
    assert bars.set_verdicts(Verdicts((verdict(), untrained()), DIGITS))


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("theme", [LIGHT, DARK, PROJECTOR], ids=lambda theme: theme.id)
def test_every_number_of_networks_is_painted(bars, count, theme):
    bars.set_theme(theme)
    verdicts = (verdict("a"), verdict("b", "cnn"), untrained("c"), verdict("d", "local"), verdict("e", ""))
    bars.set_verdicts(Verdicts(verdicts[:count], DIGITS))
    assert len(bars._blocks) == count
    assert not bars.grab().toImage().isNull()


def test_ten_of_many_classes_the_likeliest_first():
    many = verdict(classes=26, best=7)
    chosen = chosen_classes(many, 26, 10)
    assert chosen[0] == 7
    assert len(chosen) == 10
    assert list(many.probabilities[chosen]) == sorted(many.probabilities, reverse=True)[:10]


def test_few_classes_keep_their_order():
    assert chosen_classes(verdict(), 10, 10) == list(range(10))


@pytest.mark.parametrize(
    ("networks", "classes", "longest", "width", "height", "columns", "bars"),
    [
        (2, 10, 1, 256, 400, 1, 10),  # a large window: below each other
        (2, 10, 1, 240, 200, 2, 10),  # a small one: side by side, all bars
        (2, 10, 9, 240, 210, 1, 5),  # long names have no room side by side
        (5, 10, 1, 240, 260, 2, 3),
        (1, 3, 1, 240, 400, 1, 3),
        (2, 2, 1, 240, 400, 1, 2),
        (3, 10, 1, 100, 20, 1, 1),  # too small for anything: scrolls
    ],
)
def test_the_arrangement_shows_as_much_as_fits(networks, classes, longest, width, height, columns, bars):
    found = plan(networks, classes, longest, width, height, METRICS)
    assert (found.columns, found.bars) == (columns, bars)


def test_the_formula_has_the_live_numbers():
    shown = formula(verdict(), 3, DIGITS)
    assert "5.00" in shown
    assert f"{verdict().probabilities[3]:.4f}" in shown
    assert "Press Run" in formula(untrained(), 0, DIGITS)


def test_where_weights_come_from():
    assert source_text(verdict(source="shipped", step=None)) == "shipped weights"
    made = replace(verdict(source="shipped", step=None), learned_on="Digits, made here")
    assert source_text(made) == "trained on digits, made here"
    assert "it learned on digits, made here, the program's own" in all_logits(made, DIGITS)
    assert source_text(verdict(step=1_024)) == "at step 1,024"
    assert source_text(verdict(step=None)) == "now"
    assert source_text(untrained()) == "not trained yet"


def test_the_pointer_finds_the_formula(bars):
    bars.set_verdicts(Verdicts((verdict(),), DIGITS))
    row = QPoint(100, bars._metrics.head + 3 * bars._metrics.row + 4)
    assert bars.tip_at(row).startswith("MLP gives 3 the number z = 5.00")
    assert "nonsense" in bars.tip_at(QPoint(100, 4))
    assert bars.tip_at(QPoint(100, 355)) == ""
    QApplication.sendEvent(bars, QHelpEvent(QEvent.Type.ToolTip, row, bars.mapToGlobal(row)))
    assert QToolTip.text().startswith("MLP gives 3")
    QToolTip.hideText()


def test_the_keyboard_walks_over_the_rows(bars):
    bars.set_verdicts(Verdicts((verdict(), untrained()), DIGITS))
    bars.setFocus()
    for _ in range(4 if bars._row == (0, -1) else 5):  # without an active window no focus arrives
        QTest.keyClick(bars, Qt.Key.Key_Down)
    assert QToolTip.text().startswith("MLP gives 3")
    for _ in range(20):
        QTest.keyClick(bars, Qt.Key.Key_Down)
    assert "Press Run" in QToolTip.text()
    QToolTip.hideText()


def test_a_message_until_there_are_verdicts(bars):
    bars.set_message("Loading PyTorch …")
    assert bars.text == "Loading PyTorch …"
    assert not bars.grab().toImage().isNull()
    bars.set_verdicts(Verdicts((verdict(),), DIGITS))
    assert "Loading" not in bars.text
    bars.forget("Choose a data set.")
    assert bars.text == "Choose a data set."
