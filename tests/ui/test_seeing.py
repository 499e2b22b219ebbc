"""The left column: what the networks are given, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.core.dataset import Look, Request
from cnnstudio.core.looking import LookAt
from cnnstudio.core.questions import ReadPicture, Verdict, Verdicts
from cnnstudio.core.seeing import blank_words
from cnnstudio.datasets import find, load
from cnnstudio.ui import theme as look
from cnnstudio.ui.theme import GRID_PX, LIGHT, THEMES
from cnnstudio.ui.widgets._seeing import Seeing
from tests.made_up import DIGITS, run_started


def loaded_by(work):
    """What a generator returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def answered_by(source):
    """Verdicts of networks whose weights come from there."""
    shares = np.full(10, 0.1)

    def answer(question):
        verdicts = (Verdict(key, key, "cnn", source, 4, shares, np.zeros(10)) for key in question.networks)
        return Verdicts(tuple(verdicts), DIGITS)

    return answer


def off_the_middle(column, rig):
    """What is said of a digit far on the right, not centred."""
    for _ in range(3):
        rig.drain()  # what is answered there is asked about again
    column.centring.setChecked(False)
    for _ in range(7):
        QTest.keyClick(column.canvas, Qt.Key.Key_Right)
    rig.drain()
    return column._seen_text.text()


class TestWhatTheNetworksLearned:
    """The sentence about a digit off the middle is about the networks that answer."""

    def test_those_of_a_run_with_moved_digits(self, column, rig):
        rig.engine.answers[ReadPicture] = answered_by("run")
        rig.studio.run()
        rig.engine.finish()
        rig.studio.set_config(rig.studio.config.with_(dataset="digits"))
        assert "up to 3 px off the middle;" in off_the_middle(column, rig)

    def test_those_of_a_run_with_centred_digits(self, column, rig):
        rig.engine.answers[ReadPicture] = answered_by("run")
        rig.studio.set_config(rig.studio.config.with_(dataset="digits"))
        rig.studio.run()
        rig.engine.finish()
        rig.studio.set_config(rig.studio.config.with_(dataset="digits:jitter=5"))
        assert "learned digits centred by mass" in off_the_middle(column, rig)

    def test_shipped_ones_learned_centred_digits(self, column, rig):
        rig.engine.answers[ReadPicture] = answered_by("shipped")
        assert rig.studio.config.dataset == "digits:jitter=3"
        assert "learned digits centred by mass" in off_the_middle(column, rig)

    def test_where_moved_digits_were_learned_a_moved_digit_is_nothing_new(self, column, rig):
        rig.engine.answers[ReadPicture] = answered_by("run")
        rig.studio.set_config(rig.studio.config.with_(dataset="digits:jitter=8"))
        rig.studio.run()
        rig.engine.finish()
        assert off_the_middle(column, rig).startswith("What the networks see")


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.id)
@pytest.mark.parametrize("narrow_px", [0, 2 * GRID_PX])
def test_every_hint_has_the_room_that_is_kept_for_hints(column, rig, theme, narrow_px):
    """Nothing moves when one appears, and none is cut or touches the switch below it."""
    look.apply(QApplication.instance(), theme)
    rig.studio.set_theme(theme)
    column.resize((420 if theme.body_px > LIGHT.body_px else 296) - narrow_px, 770)
    seeing = Seeing()
    seeing.set_dataset("digits")
    far = np.zeros((28, 28), np.uint8)
    far[24:, :3] = 255
    hints = [seeing._off_centre(far), blank_words(np.zeros((3, 32, 32), np.uint8))]
    seeing.learned_px = 3
    hints.append(seeing._off_centre(far))
    column.tools.clear.click()
    for hint in (*hints, column._seen_text.text()):
        column._seen_text.setText(hint)
        QApplication.processEvents()
        text = column._seen_text
        assert text.heightForWidth(text.width()) <= text.height(), hint
        assert text.geometry().bottom() < column.centring.geometry().top()


class TestNothingToRead:
    @pytest.mark.parametrize("image", [Image.new("RGB", (1, 1), "black"), Image.new("RGBA", (50, 50)),
                                       Image.new("L", (300, 200), 255)])  # fmt: skip
    def test_a_blank_file_is_said_to_be_blank(self, column, tmp_path, image):
        image.save(tmp_path / "blank.png")
        column.open_file(tmp_path / "blank.png")
        assert column._seen_text.text().startswith("There is nothing on it: at 28 × 28 px nothing shows")

    def test_a_line_that_does_not_survive_is_missed(self, column, rig, tmp_path):
        image = Image.new("L", (8_000, 3), 255)
        ImageDraw.Draw(image).line((0, 1, 8_000, 1), fill=0)
        image.save(tmp_path / "line.png")
        column.open_file(tmp_path / "line.png")
        assert column._seen_text.text().startswith("There is nothing on it: at 28 × 28 px nothing shows")

    def test_what_has_ink_on_it_is_not_talked_about(self, column, tmp_path):
        image = Image.new("L", (80, 80), 255)
        ImageDraw.Draw(image).line((40, 10, 40, 70), fill=0, width=6)
        image.save(tmp_path / "one.png")
        column.open_file(tmp_path / "one.png")
        assert column._seen_text.text().startswith("What the networks see")


class TestOwnPictures:
    """What a folder's networks are given has the shape that they learned, and the tones."""

    @pytest.fixture
    def folder(self, tmp_path):
        rng = np.random.default_rng(0)
        for name in ("cat", "dog"):
            (tmp_path / "own" / name).mkdir(parents=True)
            for place in range(5):
                Image.fromarray(rng.integers(60, 256, (64, 64), np.uint8)).save(
                    tmp_path / "own" / name / f"{place}.png"
                )
        return tmp_path / "own"

    def test_a_look_brings_the_shape(self, column, rig, folder):
        rig.engine.answers[LookAt] = lambda question: Look((1, 32, 32), ("cat", "dog"), 8, 2)
        rig.engine.answer_at_once = False
        rig.studio.set_config(rig.studio.config.with_(dataset=f"folder:{folder}"))
        assert rig.studio.picture.shape == (3, 32, 32)
        rig.engine.answer_waiting()
        rig.drain()
        assert rig.studio.picture.shape == (1, 32, 32)
        assert column.tools.colour.isHidden()
        assert column.centring.isHidden()
        assert "Only dog" in [action.text() for action in column.data_pictures.menu.actions()]

    def test_a_run_that_is_opened_again_brings_it_too(self, column, rig, folder):
        from cnnstudio.core.history import History
        from cnnstudio.ui.studio import KeptRun

        rig.engine.answer_at_once = False
        config = rig.studio.config.with_(dataset=f"folder:{folder}")
        started = replace(run_started(-1, config), shape=(1, 28, 28), class_names=("cat", "dog"))
        rig.studio.set_config(config)
        rig.studio.restore_runs([KeptRun("a", "First", History(started))])
        assert rig.studio.picture.shape == (1, 28, 28)

    def test_an_opened_picture_is_given_as_it_was_learned(self, column, rig, folder):
        found = find(f"folder:{folder}")
        loaded = loaded_by(load(found.info, Request(path=found.path)))
        learned = np.concatenate([loaded.train.images, loaded.test.images]).astype(int)
        rig.engine.answers[LookAt] = lambda question: Look((1, 32, 32), ("cat", "dog"), 8, 2)
        rig.studio.set_config(rig.studio.config.with_(dataset=f"folder:{folder}"))
        rig.drain()
        for path in sorted(folder.rglob("*.png")):
            column.open_file(path)
            assert np.abs(learned - rig.studio.picture).max(axis=(1, 2, 3)).min() <= 1

    def test_digits_of_ones_own_are_framed_as_all_digits_are(self, column, rig, folder):
        rig.engine.answers[LookAt] = lambda question: Look((1, 28, 28), ("3", "7"), 8, 2)
        before = rig.studio.picture
        rig.studio.set_config(rig.studio.config.with_(dataset=f"folder:{folder}"))
        rig.drain()
        assert not column.centring.isHidden()
        np.testing.assert_array_equal(rig.studio.picture, before)
