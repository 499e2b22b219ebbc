import json

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.core.drawing import Sheet, first_sheet, stroke
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.framing import frame
from cnnstudio.core.questions import BrowseExamples, Shown
from cnnstudio.ui.theme import DARK, LIGHT
from cnnstudio.ui.widgets._seeing import centre_of_mass
from cnnstudio.ui.widgets.picture_column import PictureColumn
from tests.made_up import DIGITS, shown


@pytest.fixture
def notices(rig) -> list[ErrorReport]:
    found: list[ErrorReport] = []
    rig.studio.notice.connect(found.append)
    return found


def picture_file(folder, name="cat.png", size=(40, 30), colour=(250, 250, 250)):
    path = folder / name
    image = Image.new("RGB", size, colour)
    image.paste((10, 10, 10), (size[0] // 3, size[1] // 4, size[0] // 2, size[1] * 3 // 4))
    image.save(path)
    return path


def drop(column, mime) -> None:
    place = QPoint(20, 20)
    action, left, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, action, mime, left, keys)
    QApplication.sendEvent(column.canvas, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(column.canvas, QDropEvent(QPointF(place), action, mime, left, keys))


def urls(*paths) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([path if isinstance(path, QUrl) else QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def test_a_digit_stands_there_at_once_and_is_read(column, rig):
    assert column.canvas.sheet == first_sheet()
    assert column._caption.text() == "drawn"
    assert rig.studio.picture.shape == (1, 28, 28)
    assert rig.studio.picture.max() == 255
    assert "MLP says" in column.verdicts.text
    assert "CNN says" in column.verdicts.text


def test_a_stroke_changes_the_picture_and_undo_restores_it_exactly(column, rig):
    before = rig.studio.picture
    QTest.mouseClick(column.canvas, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert not np.array_equal(rig.studio.picture, before)
    QTest.mouseClick(column.tools.undo, Qt.MouseButton.LeftButton)
    assert np.array_equal(rig.studio.picture, before)
    QTest.mouseClick(column.tools.redo, Qt.MouseButton.LeftButton)
    assert not np.array_equal(rig.studio.picture, before)


def test_the_verdicts_follow_the_pen_before_it_is_lifted(column, rig):
    asked = len(rig.engine.asked)
    QTest.mousePress(column.canvas, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert len(rig.engine.asked) == asked + 1
    assert rig.engine.asked[-1][2] == "verdicts"
    QTest.mouseRelease(column.canvas, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))


def test_the_first_stroke_on_an_empty_canvas_is_read_while_it_is_drawn(column, rig):
    column.canvas.clear()
    assert not rig.studio.picture.any()
    QTest.mousePress(column.canvas, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert rig.studio.picture.any()
    dot = rig.studio.picture
    QTest.mouseMove(column.canvas, QPoint(60, 140))
    assert not np.array_equal(rig.studio.picture, dot)
    QTest.mouseRelease(column.canvas, Qt.MouseButton.LeftButton, pos=QPoint(60, 140))


def test_a_stroke_over_a_stored_picture_is_read_while_it_is_drawn(column, rig):
    rig.studio.offer_picture(np.full((1, 28, 28), 40, np.uint8), "grey")
    stored = rig.studio.picture
    QTest.mousePress(column.canvas, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert not np.array_equal(rig.studio.picture, stored)
    QTest.mouseRelease(column.canvas, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))


def test_the_networks_get_the_framed_canvas(column, rig):
    assert np.array_equal(rig.studio.picture[0], frame(column.canvas.ink()))


def test_buttons_say_what_can_be_done(column):
    assert not column.tools.undo.isEnabled()
    assert column.tools.clear.isEnabled()
    column.tools.clear.click()
    assert column.tools.undo.isEnabled()
    assert not column.tools.clear.isEnabled()
    column.tools.undo.click()
    assert column.tools.redo.isEnabled()


def test_an_empty_canvas_is_explained(column, rig):
    column.tools.clear.click()
    assert rig.studio.picture.max() == 0
    assert "habit" in column._seen_text.text()
    assert column._caption.text() == "empty"


def test_without_centring_an_off_centre_digit_stays_there_and_is_explained(column, rig):
    column.centring.click()
    for _ in range(6):
        column.canvas.setFocus()
        QTest.keyClick(column.canvas, Qt.Key.Key_Right)
    x, _ = centre_of_mass(rig.studio.picture[0])
    assert x > 19
    assert "px off the middle" in column._seen_text.text()
    column.centring.click()
    x, _ = centre_of_mass(rig.studio.picture[0])
    assert x == pytest.approx(14.5, abs=0.6)
    assert column._seen_text.text().startswith("What the networks see")


def test_hovering_the_switch_marks_box_and_centre(column):
    plain = column.canvas.grab().toImage()
    column.centring.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    if column.canvas._marks is None:  # without an active window no focus arrives
        column._mark(True)
    assert column.canvas.grab().toImage() != plain
    column._mark(False)
    assert column.canvas._marks is None


def test_a_dropped_file_lies_on_the_canvas(column, rig, tmp_path):
    drop(column, urls(picture_file(tmp_path)))
    assert column._caption.text() == "opened cat.png"
    assert rig.studio.picture.max() == 255
    x, y = centre_of_mass(rig.studio.picture[0])
    assert (x, y) == pytest.approx((14.5, 14.5), abs=0.6)


def test_a_huge_picture_is_reduced(column, tmp_path):
    drop(column, urls(picture_file(tmp_path, "huge.png", (4_000, 1_000))))
    assert max(column.canvas.sheet.bitmap.pixels.shape) == 320


def test_a_picture_of_one_pixel_is_taken(column, tmp_path):
    Image.new("RGB", (1, 1), (255, 255, 255)).save(tmp_path / "dot.png")
    drop(column, urls(tmp_path / "dot.png"))
    assert column._caption.text() == "opened dot.png"


def test_a_corrupt_file_is_told_and_changes_nothing(column, notices, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    drop(column, urls(tmp_path / "text.png"))
    assert len(notices) == 1
    assert "text.png" in notices[0].what
    assert column.canvas.sheet == first_sheet()


def test_what_is_on_the_web_is_not_fetched(column, notices):
    drop(column, urls(QUrl("https://example.org/cat.png")))
    assert "web" in notices[0].what
    assert column.canvas.sheet == first_sheet()


def test_paste(column):
    image = QImage(30, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    for place in range(8, 22):
        image.setPixelColor(15, place, Qt.GlobalColor.black)
    QGuiApplication.clipboard().setImage(image)
    column.canvas.setFocus()
    QTest.keyClick(column.canvas, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert column._caption.text() == "pasted picture"


def test_paste_of_nothing_is_told(column, notices):
    QGuiApplication.clipboard().clear()
    column.paste()
    assert "no picture to paste" in notices[0].what


def test_next_puts_the_very_pixels_before_the_networks(column, rig):
    column.data_pictures.next.click()
    rig.drain()
    assert np.array_equal(rig.studio.picture, shown(1).images[0])
    assert (
        column._caption.toolTip() == "Built-in digits test 0: labelled 0"
        or "test 0: labelled 0" in column._caption.toolTip()
    )
    column.canvas.nudge(dx=1 / 28)
    assert not np.array_equal(rig.studio.picture, shown(1).images[0])
    column.canvas.undo()
    assert np.array_equal(rig.studio.picture, shown(1).images[0])


def _browse(question: BrowseExamples) -> Shown:
    everything = shown(30)
    places = np.flatnonzero(everything.labels == question.label) if question.label is not None else np.arange(30)
    chosen = places[question.start : question.start + question.most]
    return Shown(
        everything.images[chosen], everything.labels[chosen], None, (), len(places), chosen.astype(np.int64), DIGITS
    )


def test_a_digit_key_takes_that_class_and_next_stays_with_it(column, rig):
    rig.engine.answers[BrowseExamples] = _browse
    column.canvas.setFocus()
    seen = []
    for press in (lambda: QTest.keyClick(column.canvas, Qt.Key.Key_7), column.data_pictures.next.click,
                  column.data_pictures.next.click, column.data_pictures.next.click):  # fmt: skip
        press()
        rig.drain()
        seen.append(column.canvas.sheet.source.rsplit(" ", 3)[1:])
    assert column.data_pictures.next.text() == "Next 7"
    assert [column.canvas.sheet.label, *[place for place, *_ in seen]] == [7, "7:", "17:", "27:", "7:"]


def test_the_menu_picks_a_class_by_keyboard(column, rig):
    rig.engine.answers[BrowseExamples] = _browse
    action = next(a for a in column.data_pictures.menu.actions() if a.text() == "Only 4")
    action.trigger()
    rig.drain()
    assert column.canvas.sheet.label == 4
    next(a for a in column.data_pictures.menu.actions() if a.text() == "Any class").trigger()
    rig.drain()
    assert column.data_pictures.label is None


def test_one_by_chance(column, rig):
    column.data_pictures.take_random()
    column.data_pictures.take_random()
    seeds = [question.shuffle_seed for question in rig.engine.questions_of(BrowseExamples)]
    assert None not in seeds
    assert seeds[0] != seeds[1]


def test_a_set_that_cannot_be_read_is_told(column, rig, notices):
    rig.engine.answers[BrowseExamples] = lambda _: ErrorReport("MNIST is not here.")
    column.data_pictures.take_next()
    rig.drain()
    assert notices == [ErrorReport("MNIST is not here.")]


def test_a_class_without_pictures_is_told(column, rig, notices):
    empty = shown(0)
    rig.engine.answers[BrowseExamples] = lambda _: empty
    column.data_pictures.take_next()
    rig.drain()
    assert len(notices) == 1


def test_colour_sets_show_colours(column, rig):
    studio = rig.studio
    assert column.tools.colour.isHidden()
    studio.set_config(studio.config.with_(dataset="shapes"))
    assert studio.picture.shape == (3, 32, 32)
    assert not column.tools.colour.isHidden()
    assert column.centring.isHidden()
    column.tools._choose_colour((255, 0, 0))
    QTest.mouseClick(column.canvas, Qt.MouseButton.LeftButton, pos=column.canvas.rect().center())
    assert studio.picture[0].max() == 255
    studio.set_config(studio.config.with_(dataset="digits"))
    assert studio.picture.shape == (1, 28, 28)


def test_an_unknown_data_set_leaves_the_canvas_usable(column, rig):
    rig.studio.set_config(rig.studio.config.with_(dataset="nonsense"))
    assert rig.studio.picture.shape == (1, 28, 28)


def test_the_drawing_is_kept_and_restored(column, qtbot, rig, tmp_path):
    drop(column, urls(picture_file(tmp_path)))
    column.canvas.nudge(dx=0.1)
    QTest.mouseClick(column.canvas, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    column.centring.click()
    kept = json.loads(json.dumps(column.drawing_json()))
    other = PictureColumn(rig.studio)
    qtbot.addWidget(other)
    other.restore(kept)
    assert other.canvas.sheet == column.canvas.sheet
    assert np.array_equal(other.canvas.ink(), column.canvas.ink())
    assert not other.centring.isChecked()
    assert not other.tools.undo.isEnabled()


@pytest.mark.parametrize("broken", [None, 7, {}, {"sheet": {"schema": 1}}, {"sheet": []}])
def test_a_damaged_drawing_is_told_and_changes_nothing(column, notices, broken):
    column.restore(broken)
    assert len(notices) == 1
    assert column.canvas.sheet == first_sheet()


def test_every_lasting_change_is_told(column, qtbot):
    for change in (lambda: column.canvas.nudge(dx=0.1), column.canvas.undo, column.canvas.clear, column.centring.click):
        with qtbot.waitSignal(column.drawing_changed):
            change()


def test_the_pen_width_changes_the_line(column):
    column.canvas.change(Sheet())
    areas = []
    for place in (0, 4):
        column.tools.width_slider.setValue(place)
        QTest.mouseClick(column.canvas, Qt.MouseButton.LeftButton, pos=column.canvas.rect().center())
        areas.append(np.count_nonzero(column.canvas.ink()))
        column.canvas.clear()
    assert areas[1] > 5 * areas[0]


def test_tools_are_chosen_by_button_and_by_key(column):
    column.tools.tools["move"].click()
    assert column.canvas.tool == "move"
    column.canvas.setFocus()
    QTest.keyClick(column.canvas, Qt.Key.Key_P)
    assert column.canvas.tool == "pen"
    assert column.tools.tools["pen"].isChecked()


def test_the_menu_has_the_picture_s_actions(column):
    texts = [action.text() for action in column.actions()]
    assert "Open a picture ..." in texts
    next(action for action in column.actions() if action.text() == "Clear the canvas").trigger()
    assert column.canvas.sheet == Sheet()


@pytest.mark.parametrize("height", [500, 570, 770, 1_200])
def test_everything_has_its_place(column, rig, height):
    column.resize(280, height)
    column.grab()
    canvas, scroll = column.canvas.geometry(), column._scroll.geometry()
    assert canvas.width() == canvas.height() >= 120
    assert canvas.right() < 280
    assert scroll.bottom() < height
    assert column.tools.geometry().right() < 280
    assert column.verdicts.arrangement.height <= scroll.height()


def test_the_theme_follows(column, rig):
    rig.studio.set_theme(DARK)
    dark = column.grab().toImage()
    rig.studio.set_theme(LIGHT)
    assert column.grab().toImage() != dark


def test_the_large_view_has_the_same_pixels(column):
    column.seen._show_large()
    large = column.seen._large
    assert large.isVisible()
    assert not large.grab().toImage().isNull()
    column.hide()
    assert not large.isVisible()


def test_the_first_engine_is_waited_for_in_words(qtbot, studio):
    made = PictureColumn(studio)
    qtbot.addWidget(made)
    assert "PyTorch" in made.verdicts.text


def test_an_engine_that_cannot_be_loaded_is_told(column, rig):
    rig.engine.start_broken("PyTorch could not be loaded.")
    rig.drain()
    assert column.verdicts.text == "PyTorch could not be loaded."


def test_strokes_outside_the_canvas_do_no_harm(column):
    column.canvas.change(Sheet((stroke([(-3.0, 0.5, 0.1), (4.0, 0.5, 0.1)]),)))
    assert column.canvas.ink()[140].min() == 255
