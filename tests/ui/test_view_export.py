"""Every view as PNG and SVG: what is in the files, and that nothing else changes."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, QTimer
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from cnnstudio.core.errors import StudioError
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.panels._panel import all_panels
from cnnstudio.ui.view_export import PNG_SCALE, PROGRAM, export
from cnnstudio.ui.widgets.draw_part import draw_part
from tests.ui.exporting import looks, page, race, weights_panel


@pytest.fixture
def raced(rig):
    return race(rig)


@pytest.mark.parametrize("panel_id", list(all_panels()))
def test_every_view_can_be_a_figure(filled, qtbot, panel_id):
    made = all_panels()[panel_id].make(filled)
    qtbot.addWidget(made)
    made.resize(744, 572)
    made.show()
    QApplication.processEvents()
    whole, before = page(made), (looks(made), made.settings())
    root = ET.fromstring(whole.svg())
    assert made.INFO.title.split()[0] in "".join(root.itertext())
    with Image.open(io.BytesIO(whole.png(1.0))) as image:
        assert image.size == (whole.size.width(), whole.size.height())
    assert (looks(made), made.settings()) == before
    qtbot.waitUntil(lambda: not any(timer.isActive() for timer in made.findChildren(QTimer)), timeout=3_000)


@pytest.fixture
def panel(raced, qtbot):
    yield from weights_panel(raced, qtbot)


# PNG and SVG


def test_a_png_is_twice_as_large_and_says_what_it_is(panel, tmp_path):
    panel.studio.set_moment(8)
    export(tmp_path / "view.png", page(panel))
    with Image.open(tmp_path / "view.png") as image:
        assert image.size == (PNG_SCALE * 744, PNG_SCALE * page(panel).size.height())
        assert image.size[1] > PNG_SCALE * 572, "there is a foot"
        assert image.text["Title"] == panel.INFO.title
        assert image.text["Description"] == f"{panel.INFO.title} · step 8 of 40"
        assert image.text["Software"] == PROGRAM
        colours = image.convert("RGB").getcolors(2**24)
    assert len(colours) > 100, "the weights are in it"


def test_an_svg_has_text_as_text_and_pictures_inside(panel, tmp_path):
    export(tmp_path / "view.svg", page(panel))
    content = (tmp_path / "view.svg").read_bytes()
    root = ET.fromstring(content)
    said = "".join(root.itertext())
    assert panel.INFO.title in said
    assert "step 40 of 40" in said
    assert PROGRAM in said
    assert "Export" not in [text.strip() for text in root.itertext()], "the button is for the screen alone"
    images = [part for part in root.iter() if part.tag.endswith("image")]
    places = [part.get("{http://www.w3.org/1999/xlink}href") for part in images]
    assert len(places) > 24
    assert all(place.startswith("data:image/png") for place in places)
    assert len(set(places)) > 24, "each tile has its own part of the mosaic"
    assert b"sans-serif" in content
    renderer = QSvgRenderer(QByteArray(content))
    assert renderer.isValid()
    assert renderer.viewBoxF().size().toSize() == page(panel).size


def test_a_text_is_as_long_in_another_font(panel):
    root = ET.fromstring(page(panel).svg())
    texts = [part for part in root.iter() if part.tag.endswith("text") and (part.text or "").strip()]
    title = next(part for part in texts if part.text == panel.INFO.title)
    font = QFont(panel.title.font())
    assert float(title.get("textLength")) == pytest.approx(QFontMetricsF(font).horizontalAdvance(title.text), abs=1)
    assert {part.get("lengthAdjust") for part in texts} == {"spacingAndGlyphs"}


def test_an_svg_looks_as_the_window_does(panel):
    made = page(panel)
    renderer = QSvgRenderer(QByteArray(made.svg()))
    drawn = QImage(made.size, QImage.Format.Format_RGB888)
    painter = QPainter(drawn)
    renderer.render(painter)
    painter.end()
    tile = QRect(panel._cards[0].mosaic.mapTo(panel, panel._cards[0].mosaic.tile_rect(0).topLeft()), QSize(40, 40))
    one, other = (pixels(image.copy(tile)) for image in (drawn, made.image(1.0)))
    assert np.abs(one - other).mean() < 12, "of 255: scaled differently, but the same tile"


def pixels(image):
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].astype(int)


def test_the_button_keeps_its_place_and_comes_back(panel):
    before = panel.export_button.geometry(), panel.title.geometry()
    page(panel).png()
    assert panel.export_button.isVisible()
    assert (panel.export_button.geometry(), panel.title.geometry()) == before


def test_the_button_keeps_the_keyboard_and_nothing_else_has_its_frame(panel):
    reached, application = [], QApplication.instance()

    def note(before, now):
        reached.append(now)

    panel.window().activateWindow()
    panel.export_button.setFocus()
    application.focusChanged.connect(note)
    page(panel).png()
    application.focusChanged.disconnect(note)
    assert panel.export_button.hasFocus()
    assert {one for one in reached if one is not None} <= {panel.export_button}


def test_before_a_run_there_is_no_moment_to_name(studio, qtbot):
    made = all_panels()["race"].make(studio)
    qtbot.addWidget(made)
    assert page(made).said == made.INFO.title


def test_another_ending_is_refused(panel, tmp_path):
    with pytest.raises(StudioError, match="cannot be written"):
        export(tmp_path / "view.bmp", page(panel))


def test_part_of_an_image_is_drawn_alike_on_screen_and_in_a_file(tmp_path):
    image = QImage(2, 1, QImage.Format.Format_RGB888)
    image.setPixelColor(0, 0, "#ff0000")
    image.setPixelColor(1, 0, "#0000ff")
    drawn = QImage(4, 4, QImage.Format.Format_RGB888)
    painter = QPainter(drawn)
    draw_part(painter, QRect(0, 0, 4, 4), image, QRect(1, 0, 1, 1))
    draw_part(painter, QRectF(0, 0, 2, 4), image, QRect(0, 0, 1, 1))
    painter.end()
    assert [drawn.pixelColor(x, 2).name() for x in (0, 3)] == ["#ff0000", "#0000ff"]


# The menu


def answer(monkeypatch, path):
    asked = []

    def ask(*args):
        asked.append(args)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return asked


@pytest.mark.parametrize(("entry", "ending"), [(0, "png"), (1, "svg")])
def test_the_menu_writes_where_the_dialog_says(panel, monkeypatch, tmp_path, qtbot, entry, ending):
    asked = answer(monkeypatch, tmp_path / "figure")
    panel.studio.set_moment(8)
    with qtbot.waitSignal(panel.studio.told) as told:
        panel.view_menu.actions()[entry].trigger()
    assert asked[0][2].endswith(f"weights-step-8.{ending}")
    assert told.args == [f"Saved as {tmp_path / f'figure.{ending}'}"]
    assert (tmp_path / f"figure.{ending}").stat().st_size > 1_000
    panel.view_menu.actions()[entry].trigger()
    assert asked[1][2].startswith(str(tmp_path)), "the next one begins in the same folder"


def test_a_cancelled_dialog_writes_nothing(panel, monkeypatch, tmp_path):
    answer(monkeypatch, "")
    for action in panel.view_menu.actions()[:3]:
        action.trigger()
    assert panel.view_menu.recorder is None


@pytest.mark.parametrize("ending", ["png", "svg", "gif"])
def test_a_place_that_cannot_be_written_is_one_sentence(panel, tmp_path, qtbot, ending):
    (tmp_path / "file").write_text("")
    with qtbot.waitSignal(panel.studio.notice) as told:
        panel.view_menu.save(tmp_path / "file" / f"view.{ending}")
    assert "failed" in told.args[0].what
    assert panel.view_menu.recorder is None
    assert panel.studio.moment is None


def test_an_animation_needs_two_moments(studio, qtbot):
    made = all_panels()["weights"].make(studio)
    qtbot.addWidget(made)
    made.view_menu.refresh()
    gif = made.view_menu.actions()[2]
    assert not gif.isEnabled()
    assert "two kept moments" in gif.toolTip()


def test_the_race_has_one_menu_for_everything(raced, qtbot):
    window = MainWindow(raced.studio)
    qtbot.addWidget(window)
    window.show()
    QApplication.processEvents()
    texts = [action.text() for action in window.panel.view_menu.actions() if action.text()]
    assert [text.split(" as ")[-1].rstrip(" …") for text in texts[:3]] == ["PNG", "SVG", "animated GIF"]
    assert {"Curves as CSV …", "Run as JSON …", "Weights at this moment …"} <= set(texts[3:])
    menu = window.top.menu_button.menu()
    menu.aboutToShow.emit()
    inner = next(action.menu() for action in menu.actions() if action.text() == "Export")
    assert [action.text() for action in inner.actions() if action.text()] == texts
    window.panel._strip_pacer.stop()


def test_ctrl_e_opens_the_menu(raced, qtbot, monkeypatch):
    window = MainWindow(raced.studio)
    qtbot.addWidget(window)
    window.show()
    QApplication.processEvents()
    opened = []
    monkeypatch.setattr(window.panel.export_button, "showMenu", lambda: opened.append(True))
    QTest.keySequence(window, "Ctrl+E")
    assert opened == [True]
    window.panel._strip_pacer.stop()
