"""A view with nothing scrolled away: larger while it is drawn, and exactly as before after that."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QScrollArea, QSplitter, QVBoxLayout, QWidget

from cnnstudio.core import limits
from cnnstudio.networks import spec_for
from cnnstudio.ui.theme import LIGHT
from cnnstudio.ui.view_export import Page
from cnnstudio.ui.whole_view import whole
from cnnstudio.ui.widgets._inside_row import NetworkRow
from cnnstudio.ui.widgets.rooms import Scrolled
from tests.ui.exporting import looks, page, race, weights_panel

LINES = 40


class Tall(QWidget):
    """A heading above scrolled lines, in a window with a neighbour."""

    def __init__(self, lines: int = LINES) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.addWidget(QLabel("Heading"))
        inner = QWidget()
        rows = QVBoxLayout(inner)
        self.lines = [QLabel(f"line {place}") for place in range(lines)]
        for line in self.lines:
            rows.addWidget(line)
        self.area = Scrolled(inner)
        column.addWidget(self.area, 1)
        self.foot = QLabel("Foot")
        column.addWidget(self.foot)


@pytest.fixture
def framed(qtbot):
    """Puts a view into a window of 400 x 300, beside another one in a splitter."""

    def put(view):
        window = QWidget()
        qtbot.addWidget(window)
        split = QSplitter()
        split.addWidget(view)
        split.addWidget(QLabel("Beside"))
        QHBoxLayout(window).addWidget(split)
        window.resize(400, 300)
        window.show()
        QApplication.processEvents()
        return view

    return put


def test_while_it_is_drawn_all_of_it_is_in_sight_and_then_everything_is_as_before(framed):
    view = framed(Tall())
    window, bar = view.window(), view.area.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    QApplication.processEvents()
    before, height = looks(window), view.height()
    hidden_px = bar.maximum()
    assert hidden_px > 300
    with whole(view) as beyond:
        assert beyond == QSize(0, 0)
        assert view.height() == height + hidden_px
        assert not bar.isVisible()
        for line in view.lines:
            assert view.area.rect().contains(line.mapTo(view.area, line.rect().center()))
        assert window.height() == 300, "nobody outside hears of it"
    assert looks(window) == before
    QApplication.processEvents()
    assert looks(window) == before


class Square(QWidget):
    """As high as it is wide."""

    def __init__(self):
        super().__init__()
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self):
        return True

    def heightForWidth(self, width):
        return width


def test_what_is_as_high_as_it_is_wide_pushes_nothing_out_of_the_view(framed):
    view = Tall()
    view.layout().insertWidget(1, Square(), 3)
    framed(view)
    with whole(view):
        last = view.lines[-1]
        assert view.rect().contains(last.mapTo(view, last.rect().bottomRight()))
        assert view.rect().contains(view.foot.geometry())


def test_a_part_that_shows_itself_meanwhile_does_not_shrink_the_view(framed):
    view = framed(Tall())
    before = looks(view.window())
    with whole(view):
        size = view.size()
        view.foot.hide()
        view.foot.show()
        assert view.size() == size
    assert looks(view.window()) == before


def test_a_view_that_fits_is_left_alone(framed):
    view = framed(Tall(lines=2))
    before = looks(view.window())
    with whole(view):
        assert looks(view.window()) == before


def test_areas_within_areas_show_everything_too(framed):
    view, inner = QWidget(), QWidget()
    wide = QScrollArea()
    content = QLabel("wide")
    content.setFixedSize(900, 80)
    wide.setWidget(content)
    rows = QVBoxLayout(inner)
    rows.addWidget(wide)
    rows.addWidget(QLabel("\n".join("below" for _ in range(30))))
    outer = Scrolled(inner)
    QVBoxLayout(view).addWidget(outer)
    framed(view)
    before = looks(view.window())
    with whole(view) as beyond:
        assert beyond == QSize(0, 0)
        assert wide.viewport().width() >= 900
        assert outer.verticalScrollBar().maximum() == 0
        assert view.width() < 1_100, "no wider than it needs"
    assert looks(view.window()) == before


def test_what_is_too_large_is_cut_off_and_said(framed, studio):
    view = framed(Tall(lines=LINES))
    view.area.verticalScrollBar().setValue(100)
    with whole(view, most_px=500) as beyond:
        assert view.height() == 500
        assert beyond.height() > 100
        assert view.area.verticalScrollBar().value() == 0, "the beginning is in it"
    assert view.area.verticalScrollBar().value() == 100
    made = Page(view, studio, "Tall")
    made.most_px = 500
    made.image(1.0)
    assert made.left_out.startswith("Too large for one picture: ")
    assert made.left_out.endswith("px further down are left out.")


def test_a_view_may_be_asked_to_be_at_least_so_large(framed):
    view = framed(Tall(lines=2))
    before = looks(view.window())
    with whole(view, least=QSize(100, 700)):
        assert (view.width(), view.height()) == (view.width(), 700)
    assert looks(view.window()) == before


def test_a_large_page_has_fewer_pixels_not_more_memory(framed, studio, monkeypatch):
    view = framed(Tall())
    monkeypatch.setattr(limits, "EXPORT_PIXELS", 50_000)
    image = Page(view, studio, "Tall").image(2.0)
    assert image.width() * image.height() <= 50_000
    assert image.devicePixelRatio() < 1


# A panel of the program


@pytest.fixture
def panel(rig, qtbot):
    yield from weights_panel(race(rig), qtbot)


def test_an_export_holds_what_was_scrolled_away(panel, tmp_path):
    panel.resize(620, 330)
    QApplication.processEvents()
    bar = panel._scroll.verticalScrollBar()
    bar.setValue(bar.maximum())
    QApplication.processEvents()
    hidden_px, before = bar.maximum(), looks(panel)
    assert hidden_px > 50
    panel.view_menu.save(tmp_path / "view.png")
    panel.view_menu.save(tmp_path / "view.svg")
    assert looks(panel) == before
    with Image.open(tmp_path / "view.png") as image:
        assert image.size == (2 * 620, 2 * page(panel).size.height())
        assert image.size[1] > 2 * (330 + hidden_px)
    root = ET.fromstring((tmp_path / "view.svg").read_bytes())
    assert float(root.get("viewBox").split()[3]) == page(panel).size.height()
    tiles = [part for part in root.iter() if part.tag.endswith("image")]
    assert len(tiles) >= sum(card.mosaic.count for card in panel._cards), "every template and every kernel"


def test_a_film_holds_it_too(panel):
    panel.resize(620, 330)
    QApplication.processEvents()
    with Image.open(io.BytesIO(panel.view_menu._frame())) as frame:
        assert frame.size == (620, page(panel).size.height())


# Strips of layers are painted for the part in sight alone


@pytest.fixture
def strip(framed, studio):
    spec = spec_for("lenet5", (1, 28, 28), 10)
    row = NetworkRow(LIGHT, "lenet5")
    row.show_structure(spec, True, frozenset(), QColor("#0072B2"))
    view = QWidget()
    QVBoxLayout(view).addWidget(row)
    return framed(view), row


def ink(image):
    """Where an image is not its ground, bool [height, width]."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)
    return np.abs(pixels - pixels[0, 0]).max(axis=2) > 40


def test_a_strip_is_whole_in_a_picture_and_its_words_are_text(strip, studio):
    view, row = strip
    assert row.sight.horizontalScrollBar().maximum() > 200
    made = Page(view, studio, "Strip")
    image = made.image(1.0)
    columns = ink(image).any(axis=0)
    assert np.flatnonzero(columns)[-1] > image.width() - 120, "up to its last layer"
    root = ET.fromstring(made.svg())
    words = [part.text for part in root.iter() if part.tag.endswith("text")]
    assert {"softmax", "picture"} <= set(words)
    drawn = QImage(made.size, QImage.Format.Format_RGB888)
    drawn.fill(image.pixelColor(0, 0))
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(made.svg())).render(painter)
    painter.end()
    assert np.mean(ink(drawn) != ink(image)) < 0.06, "another renderer draws the same"
