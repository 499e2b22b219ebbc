"""Pictures of one's own: from the folder to a drawing that is read, in the real window with the real engine."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PySide6.QtWidgets import QApplication

from cnnstudio import datasets
from cnnstudio.core.inside import ReadMaps
from cnnstudio.ui.app import Program

PATIENCE_MS = 60_000


@pytest.fixture
def start(qtbot):
    made = []

    def begin():
        program = Program()
        made.append(program)
        program.keeper.restore()
        program.window.show()
        program.start()
        qtbot.waitUntil(lambda: program.studio.ready is not None, timeout=PATIENCE_MS)
        return program

    yield begin
    for program in made:
        program.window.close()
        program.window.deleteLater()
        program.deleteLater()
    QApplication.sendPostedEvents(None, 52)


@pytest.fixture
def folder(tmp_path):
    """Grey pictures, dark on light, of rings and bars."""
    rng = np.random.default_rng(0)
    for name in ("bar", "ring"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for place in range(12):
            image, (x, y) = Image.new("L", (60, 60), 240), rng.integers(2, 28, 2).tolist()
            draw = ImageDraw.Draw(image)
            draw.ellipse((x, y, x + 28, y + 28), outline=10, width=4) if name == "ring" else draw.line(
                (x, y, x + 28, y + 28), fill=10, width=5
            )
            image.save(tmp_path / "own" / name / f"{place}.png")
    (tmp_path / "own" / "bar" / "bad.png").write_text("no picture")
    return tmp_path / "own"


def verdicts_from_run(program):
    verdicts = program.studio.verdicts
    return verdicts is not None and all(one.weights_from == "run" for one in verdicts.verdicts)


def test_grey_pictures_of_ones_own_are_learned_and_drawings_read(start, qtbot, folder):
    program = start()
    studio, window, told = program.studio, program.window, []
    studio.told.connect(told.append)
    studio.set_config(studio.race_on(datasets.all_datasets()["folder"], str(folder)).with_(epochs=2))
    qtbot.waitUntil(lambda: studio.picture.shape == (1, 32, 32), timeout=PATIENCE_MS)
    assert told == ["1 file could not be read and was skipped: bad.png."]
    window.transport.run_button.click()
    with qtbot.waitSignal(studio.run_ended, timeout=PATIENCE_MS) as ended:
        pass
    assert ended.args[0].outcome == "finished"
    qtbot.waitUntil(lambda: verdicts_from_run(program), timeout=PATIENCE_MS)
    assert studio.verdicts.class_names == ("bar", "ring")
    window.picture.open_file(folder / "ring" / "3.png")
    assert np.median(studio.picture) > 200, "as light as what was learned"
    answers = []
    studio.ask(ReadMaps(studio.picture, studio.config.dataset, studio.config.networks), answers.append)
    qtbot.waitUntil(lambda: bool(answers) and not studio.waits_for_answers, timeout=PATIENCE_MS)
    assert [one.spec.input_shape for one in answers[0]] == [(1, 32, 32)] * 2
    window.close()

    again = start()
    assert again.studio.picture.shape == (1, 32, 32)
    qtbot.waitUntil(lambda: verdicts_from_run(again), timeout=PATIENCE_MS)
    assert again.studio.verdicts.class_names == ("bar", "ring")


def test_a_folder_that_cannot_be_learned_leaves_the_run_before_open(start, qtbot, folder):
    program = start()
    studio = program.studio
    studio.set_config(studio.race_on(datasets.all_datasets()["folder"], str(folder)).with_(epochs=1))
    studio.run()
    with qtbot.waitSignal(studio.run_ended, timeout=PATIENCE_MS):
        pass
    qtbot.waitUntil(lambda: verdicts_from_run(program) and not studio.waits_for_answers, timeout=PATIENCE_MS)
    history, moments = studio.history, studio.moments
    for picture in (folder / "bar").iterdir():
        picture.unlink()
    studio.set_config(studio.config.with_(seed=1))
    studio.run()
    with qtbot.waitSignal(studio.run_ended, timeout=PATIENCE_MS) as ended:
        pass
    assert ended.args[0].outcome == "failed"
    assert "has no pictures" in program.window.banner.report.sentence
    assert (studio.history, studio.moments, studio.past) == (history, moments, [])
    studio.set_moment(0)
    qtbot.waitUntil(lambda: [one.step for one in studio.verdicts.verdicts] == [0, 0], timeout=PATIENCE_MS)
