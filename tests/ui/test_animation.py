"""A view as an animated GIF: a frame for each moment, each of its own moment, and what stops it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication, QProgressDialog, QPushButton

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import MomentKept
from cnnstudio.ui import animation
from cnnstudio.ui.animation import check_place, common_palette, frame_times, gif_bytes
from cnnstudio.ui.panels._panel import all_panels
from cnnstudio.ui.view_export import PROGRAM
from tests.ui.exporting import KEPT, page, race, until_written, weights_panel
from tests.unit_answers import unit_answers
from tests.why_answers import WHY_ANSWERS


@pytest.fixture
def raced(rig):
    return race(rig)


@pytest.fixture
def panel(raced, qtbot):
    yield from weights_panel(raced, qtbot)


# The animation


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


# Every frame is of its own moment


def shown_of(panel_id, rig, qtbot):
    """A panel, with what it says about its moment: what is read whenever a frame is taken."""
    rig.engine.answers |= WHY_ANSWERS | unit_answers()
    made = all_panels()[panel_id].make(rig.studio)
    qtbot.addWidget(made)
    made.resize(840, 740)
    made.show()
    for _ in range(6):
        rig.drain()
        QApplication.processEvents()
    return made


def recorded(panel, raced, qtbot, tmp_path, read):
    """What `read` gave at each frame, beside the moment that it was taken at."""
    seen, grab = [], panel.view_menu._frame

    def note():
        seen.append((raced.studio.moment, read()))
        return grab()

    panel.view_menu._frame = note
    assert until_written(panel, raced, qtbot, tmp_path / "view.gif") == tmp_path / "view.gif"
    return seen


@pytest.mark.parametrize("mode", ["over", "all"])
def test_slow_maps_are_in_the_frame_of_their_moment(raced, qtbot, tmp_path, mode):
    panel = shown_of("why", raced, qtbot)
    panel.pixels.method.setCurrentIndex(panel.pixels.method.findData("occlusion"))
    panel.pixels.modes[mode].click()
    panel.pixels._settle.setInterval(10**6)

    def read():
        found = panel.pixels.grid.found.values() if mode == "all" else [card.attribution for card in panel.pixels.cards]
        return {one.step for one in found}

    seen = recorded(panel, raced, qtbot, tmp_path, read)
    assert seen == [(step, {step}) for step in (*KEPT[:-1], None)]


def test_what_excites_a_unit_is_in_the_frame_of_its_moment(raced, qtbot, tmp_path):
    panel = shown_of("unit", raced, qtbot)
    panel.parts.tabs["pictures"].click()
    seen = recorded(panel, raced, qtbot, tmp_path, lambda: panel.searches.record and panel.searches.record.step)
    assert seen == [(step, step) for step in (*KEPT[:-1], None)]
    panel.searches.stop()


def test_it_says_how_long_the_rest_takes_once_that_can_be_told(panel, raced):
    recorder = animation.Recorder(raced.studio, lambda: b"frame", "", panel)
    recorder.walk.gap_ms = 10**6
    recorder.start(Path("nowhere.gif"))
    assert recorder.seconds_left is None
    recorder._took_ms, recorder._frames = [100, 5_000, 120], [b""] * 3
    assert recorder.seconds_left == pytest.approx(0.12 * (len(KEPT) - 3)), "one slow frame does not count"
    recorder.cancel()


def test_frames_of_a_large_view_are_made_smaller_together(monkeypatch):
    monkeypatch.setattr(limits, "FILM_PIXELS", 800)
    with Image.open(io.BytesIO(gif_bytes([png("red", (40, 20)), png("blue", (40, 80))], ""))) as gif:
        assert gif.size == (20, 40)
        gif.seek(1)
        assert gif.convert("RGB").getpixel((19, 39)) == (0, 0, 255)
