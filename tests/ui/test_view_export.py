"""Every view as PNG, SVG and an animation: what is in the files, and that nothing else changes."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QProgressDialog, QPushButton

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import MomentKept
from cnnstudio.ui import animation
from cnnstudio.ui.animation import check_place, common_palette, frame_times, gif_bytes
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.panels._panel import all_panels
from cnnstudio.ui.view_export import PNG_SCALE, PROGRAM, Page, export
from cnnstudio.ui.widgets.draw_part import draw_part

KEPT = (0, 1, 2, 4, 8, 16, 24, 32, 40)


@pytest.fixture
def raced(rig):
    rig.studio.set_picture(np.zeros((1, 28, 28), np.uint8))
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    return rig


@pytest.mark.parametrize("panel_id", list(all_panels()))
def test_every_view_can_be_a_figure(filled, qtbot, panel_id):
    made = all_panels()[panel_id].make(filled)
    qtbot.addWidget(made)
    made.resize(744, 572)
    made.show()
    QApplication.processEvents()
    whole = page(made)
    root = ET.fromstring(whole.svg())
    assert made.INFO.title.split()[0] in "".join(root.itertext())
    with Image.open(io.BytesIO(whole.png(1.0))) as image:
        assert image.size == (whole.size.width(), whole.size.height())
    qtbot.waitUntil(lambda: not any(timer.isActive() for timer in made.findChildren(QTimer)), timeout=3_000)


@pytest.fixture
def panel(raced, qtbot):
    made = all_panels()["weights"].make(raced.studio)
    qtbot.addWidget(made)
    made.resize(744, 572)
    made.show()
    for _ in range(3):
        raced.drain()
        QApplication.processEvents()
    yield made
    for timer in made.findChildren(type(made._pacer)):
        timer.stop()


def page(panel):
    return Page(panel, panel.studio, panel.INFO.title, (panel.export_button,))


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


# The animation


def until_written(panel, raced, qtbot, path):
    panel.view_menu.save(path)
    recorder, ends = panel.view_menu.recorder, []
    for signal in (recorder.written, recorder.failed, recorder.cancelled):
        signal.connect(lambda what=None: ends.append(what))

    def over():
        raced.drain()
        return bool(ends)

    qtbot.waitUntil(over, timeout=20_000)
    return ends[0]


def test_an_animation_has_a_frame_for_each_moment_and_the_study_is_where_it_was(panel, raced, tmp_path, qtbot):
    raced.studio.set_moment(4)
    visited, said = [], []
    raced.studio.moment_changed.connect(visited.append)
    raced.studio.told.connect(said.append)
    assert until_written(panel, raced, qtbot, tmp_path / "view.gif") == tmp_path / "view.gif"
    assert visited == [*KEPT[:-1], None, 4]
    assert raced.studio.moment == 4
    assert said == [f"Saved as {tmp_path / 'view.gif'}"]
    with Image.open(tmp_path / "view.gif") as gif:
        assert gif.n_frames == len(KEPT)
        assert gif.size == (744, page(panel).size.height())
        assert gif.info["loop"] == 0
        assert PROGRAM.encode() in gif.info["comment"]
        durations = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            durations.append(gif.info["duration"])
    assert durations == frame_times(len(KEPT))
    assert panel.view_menu.recorder is None
    assert [one for one in panel.findChildren(QProgressDialog) if one.isVisible()] == []


def test_cancelling_leaves_nothing(panel, raced, tmp_path, qtbot):
    raced.studio.set_moment(8)
    panel.view_menu.save(tmp_path / "view.gif")
    menu, recorder, ends = panel.view_menu, panel.view_menu.recorder, []
    recorder.cancelled.connect(lambda: ends.append("cancelled"))
    qtbot.waitUntil(lambda: (raced.drain(), len(recorder._frames) > 2)[1])
    menu._progress.findChild(QPushButton).click()
    qtbot.waitUntil(lambda: bool(ends))
    assert list(tmp_path.iterdir()) == [tmp_path / "home"] or list(tmp_path.iterdir()) == []
    assert raced.studio.moment == 8
    assert menu.recorder is None


def test_cancelling_while_the_file_is_written_leaves_nothing(panel, raced, tmp_path, qtbot, monkeypatch):
    recorders = []

    def cancelled_in_the_middle(frames, comment, is_wanted):
        recorders[0]._unwanted.set()
        return gif_bytes(frames, comment, is_wanted)

    monkeypatch.setattr(animation, "gif_bytes", cancelled_in_the_middle)
    panel.view_menu.save(tmp_path / "view.gif")
    recorders.append(panel.view_menu.recorder)
    ends = []
    recorders[0].cancelled.connect(lambda: ends.append(True))
    qtbot.waitUntil(lambda: (raced.drain(), bool(ends))[1], timeout=20_000)
    assert not (tmp_path / "view.gif").exists()


@pytest.mark.parametrize("how", ["moment", "run", "hidden"])
def test_whoever_interferes_ends_it_with_a_sentence(panel, raced, tmp_path, qtbot, how):
    panel.view_menu.save(tmp_path / "view.gif")
    recorder, ends = panel.view_menu.recorder, []
    recorder.failed.connect(ends.append)
    if how == "moment":
        raced.studio.set_moment(32)
    elif how == "run":
        raced.studio.run()
    else:
        panel.hide()
    qtbot.waitUntil(lambda: (raced.drain(), bool(ends))[1])
    assert ends[0].what == "The animation was not made."
    assert not (tmp_path / "view.gif").exists()
    assert how != "moment" or raced.studio.moment == 32


def test_a_failure_to_write_is_a_sentence(panel, raced, tmp_path, qtbot, monkeypatch):
    def fails(path, content):
        raise StudioError("The disk is full.")

    monkeypatch.setattr(animation, "write_atomic", fails)
    report = until_written(panel, raced, qtbot, tmp_path / "view.gif")
    assert report.what == "The disk is full."
    assert not (tmp_path / "view.gif").exists()


def test_many_moments_become_a_bounded_film(panel, raced):
    kept = tuple(range(41)) + tuple(range(100, 300))
    raced.studio.take((), (MomentKept(raced.studio.run_id, 299, kept),))
    recorder = animation.Recorder(raced.studio, lambda: b"", "", panel)
    recorder.walk.gap_ms = 10**6
    recorder.start(Path("nowhere.gif"))
    assert recorder._whole == limits.FILM_FRAMES
    assert raced.studio.moment == 0
    recorder.cancel()


def test_a_large_view_is_made_smaller(panel):
    panel.resize(2_000, 1_000)
    with Image.open(io.BytesIO(panel.view_menu._frame())) as image:
        assert max(image.size) == limits.FILM_WIDE_PX


# The file's format


def png(colour, size=(20, 10)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def test_few_colours_stay_exactly_what_they_are():
    colours = ["#F0B400", "#762A83", "#1B7837", "#FCFCFA"]
    with Image.open(io.BytesIO(gif_bytes([png(colour) for colour in colours], "x"))) as gif:
        found = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            found.append("#{:02X}{:02X}{:02X}".format(*gif.convert("RGB").getpixel((0, 0))))
    assert found == colours


def test_a_rare_colour_has_its_place_in_a_full_palette():
    rng = np.random.default_rng(0)
    noise = rng.integers(200, 256, (100, 100, 3), dtype=np.uint8)
    noise[0, :40] = (240, 180, 0)
    image = Image.fromarray(noise)
    drawn = image.quantize(palette=common_palette([image]), dither=Image.Dither.NONE).convert("RGB")
    assert np.abs(np.asarray(drawn)[0, :40].astype(int) - (240, 180, 0)).max() <= 8


def test_frames_of_another_size_stand_on_the_same_ground():
    frames = [png("red"), png("blue", (10, 20))]
    with Image.open(io.BytesIO(gif_bytes(frames, ""))) as gif:
        assert (gif.size, gif.n_frames) == ((20, 20), 2)
        assert gif.convert("RGB").getpixel((19, 19)) == (255, 0, 0), "of its own colour, and nothing is stretched"
        gif.seek(1)
        assert gif.convert("RGB").getpixel((9, 19)) == (0, 0, 255)


@pytest.mark.parametrize("frames", [1, 2, 9, 60])
def test_a_film_takes_about_eight_seconds_and_its_end_stays(frames):
    times = frame_times(frames)
    assert len(times) == frames
    assert times[-1] == max(times)
    assert all(time % 10 == 0 for time in times)
    assert sum(times) <= 10_000
    assert frame_times(0) == []


def test_a_place_is_tried_before_the_work(tmp_path):
    check_place(tmp_path / "new" / "view.gif")
    assert list((tmp_path / "new").iterdir()) == []


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
